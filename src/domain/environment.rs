//! An environment is where one works: profile + region + account + tier, and which of the
//! account's resources belong to it.

use std::collections::BTreeMap;
use std::time::Duration;

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Serialize};

use super::cache::CacheAccess;
use super::rules::RuleSettings;
use super::text::Text;

/// How much a mistake costs there. Production raises every confirmation by one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    Production,
    Staging,
    Development,
}

impl Tier {
    pub const ALL: [Self; 3] = [Self::Production, Self::Staging, Self::Development];

    pub fn word(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
        }
    }

    /// The tier that a name suggests, by its parts between `-`, `_`, `.`, `/` and digits.
    /// `None` when it suggests nothing: the caller treats that as production, the safe side.
    pub fn guess(name: &str) -> Option<Self> {
        name.split(|c: char| !c.is_ascii_alphabetic()).find_map(|part| match part.to_ascii_lowercase().as_str() {
            "production" | "prod" | "prd" | "live" => Some(Self::Production),
            "staging" | "stage" | "stg" | "preprod" | "uat" | "qa" | "test" => Some(Self::Staging),
            "development" | "dev" | "sandbox" | "local" | "demo" => Some(Self::Development),
            _ => None,
        })
    }
}

/// Which resources of the account belong to the environment. Empty means all.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// ECS clusters by name; empty means every cluster.
    pub clusters: Vec<Text>,
    include: GlobSet,
    exclude: GlobSet,
    /// Tags a resource must all carry.
    pub tags: BTreeMap<Text, Text>,
}

impl Scope {
    /// Builds a scope of name globs.
    ///
    /// # Errors
    /// The glob that cannot be read, and why.
    pub fn new(
        include: &[String],
        exclude: &[String],
        clusters: &[String],
        tags: &BTreeMap<String, String>,
    ) -> Result<Self, globset::Error> {
        Ok(Self {
            clusters: clusters.iter().map(Text::from).collect(),
            include: globs(include)?,
            exclude: globs(exclude)?,
            tags: tags.iter().map(|(k, v)| (k.into(), v.into())).collect(),
        })
    }

    /// Everything of the account belongs.
    pub fn is_open(&self) -> bool {
        self.clusters.is_empty() && self.include.is_empty() && self.exclude.is_empty() && self.tags.is_empty()
    }

    /// Whether a resource of this name belongs, as far as its name tells.
    pub fn admits_name(&self, name: &str) -> bool {
        (self.include.is_empty() || self.include.is_match(name)) && !self.exclude.is_match(name)
    }

    /// Whether a resource that goes by several names belongs: one of them is wanted, none excluded.
    pub fn admits_names<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> bool {
        let mut wanted = self.include.is_empty();
        for name in names {
            if self.exclude.is_match(name) {
                return false;
            }
            wanted |= self.include.is_match(name);
        }
        wanted
    }

    /// Whether a resource with these tags belongs, as far as its tags tell.
    pub fn admits_tags<'a>(&self, tags: impl IntoIterator<Item = (&'a str, &'a str)> + Clone) -> bool {
        self.tags.iter().all(|(key, value)| tags.clone().into_iter().any(|(k, v)| k == &**key && v == &**value))
    }

    /// Whether a cluster of this name is looked into.
    pub fn admits_cluster(&self, cluster: &str) -> bool {
        self.clusters.is_empty() || self.clusters.iter().any(|c| &**c == cluster)
    }
}

fn globs(patterns: &[String]) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern)?);
    }
    set.build()
}

/// One environment, as the config, the AWS files or the command line made it.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Unique; what the person types and sees.
    pub name: Text,
    /// The AWS profile. `None`: the SDK's own chain (environment variables, container, instance).
    pub profile: Option<Text>,
    /// `None`: the profile has none, and the person is asked.
    pub region: Option<Text>,
    /// The account that it must be; any other makes the environment read-only.
    pub account: Option<Text>,
    pub tier: Tier,
    /// The tier was guessed from the name, and is shown as a guess.
    pub tier_guessed: bool,
    /// Nothing that changes AWS may be called.
    pub read_only: bool,
    pub scope: Scope,
    /// How to get to caches, by their names.
    pub caches: BTreeMap<Text, CacheAccess>,
    /// Saved queries of Logs Insights: name and text, in the order of the file.
    pub queries: Vec<(Text, Text)>,
    /// How often visible data is read; `None` for each kind's own pace.
    pub refresh: Option<Duration>,
    /// What is said of the rules by which something counts as wrong.
    pub rules: RuleSettings,
    /// Why it cannot be used yet, when that is known without asking AWS (`mfa_serial`, …).
    pub obstacle: Option<Text>,
    /// Its credentials come from a program (`credential_process`), which may ask the person something: it
    /// runs only when one goes there.
    pub program: bool,
}

impl Environment {
    /// An environment of a profile alone, with a guessed tier.
    pub fn of_profile(name: &str, profile: Option<&str>, region: Option<&str>) -> Self {
        Self {
            name: name.into(),
            profile: profile.map(Text::from),
            region: region.map(Text::from),
            account: None,
            tier: Tier::guess(name).unwrap_or(Tier::Production),
            tier_guessed: true,
            read_only: false,
            scope: Scope::default(),
            caches: BTreeMap::new(),
            queries: Vec::new(),
            refresh: None,
            rules: RuleSettings::default(),
            obstacle: None,
            program: false,
        }
    }
}

/// A profile as found in the AWS files, or an environment of the demo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    pub name: Text,
    pub region: Option<Text>,
    /// Known without a request: it cannot work here, and what to do (`mfa_serial`, `login_session`).
    pub obstacle: Option<Text>,
    /// See [`Environment::program`].
    pub program: bool,
}

/// Who we are there, as STS GetCallerIdentity tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Twelve digits.
    pub account: Text,
    pub arn: Text,
}

impl Identity {
    /// The role or user in one word: `ops-role` of `…:assumed-role/ops-role/dana`, `dana` of
    /// `…:user/dana`, `root` of the account's root.
    pub fn who(&self) -> &str {
        let tail = self.arn.rsplit(':').next().unwrap_or_default();
        let mut parts = tail.split('/');
        match parts.next() {
            Some("assumed-role" | "federated-user") => parts.next().unwrap_or(tail),
            _ => tail.rsplit('/').next().unwrap_or(tail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_are_guessed_by_whole_words() {
        for (name, tier) in [
            ("marine-production", Some(Tier::Production)),
            ("prod_eu1", Some(Tier::Production)),
            ("PRD", Some(Tier::Production)),
            ("chronotrail-stage", Some(Tier::Staging)),
            ("acme.preprod", Some(Tier::Staging)),
            ("dev2", Some(Tier::Development)),
            ("product-catalogue", None),
            ("default", None),
        ] {
            assert_eq!(Tier::guess(name), tier, "{name}");
        }
    }

    #[test]
    fn scope_filters_names_tags_and_clusters() {
        let tags = BTreeMap::from([("system".to_string(), "hub".to_string())]);
        let scope = Scope::new(&["hub-*".into()], &["*-old".into()], &["main".into()], &tags).unwrap();
        assert!(scope.admits_name("hub-api") && !scope.admits_name("api") && !scope.admits_name("hub-old"));
        assert!(scope.admits_tags([("a", "b"), ("system", "hub")]) && !scope.admits_tags([("system", "x")]));
        assert!(scope.admits_cluster("main") && !scope.admits_cluster("other"));
        assert!(Scope::default().admits_name("x") && Scope::default().admits_tags([]));
    }

    #[test]
    fn identity_in_a_word() {
        for (arn, who) in [
            ("arn:aws:sts::123456789012:assumed-role/ops-role/dana", "ops-role"),
            ("arn:aws:iam::123456789012:user/path/dana", "dana"),
            ("arn:aws:iam::123456789012:root", "root"),
        ] {
            assert_eq!(Identity { account: "123456789012".into(), arn: arn.into() }.who(), who);
        }
    }
}
