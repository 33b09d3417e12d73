//! An environment is where one works: profile + region + account + tier, and which of the
//! account's resources belong to it.

use std::collections::BTreeMap;
use std::time::Duration;

use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::{Deserialize, Serialize};

use strum::{IntoStaticStr, VariantArray};
use toml::de::DeValue;

use super::cache_access::CacheAccess;
use super::insights::one_line;
use super::rules::RuleSettings;
use super::schema::document::{Document, Item, Value, in_order};
use super::schema::{nested, table};
use super::text::{MAX_CHARS, Text};

/// How much a mistake costs there. Production raises every confirmation by one step.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr, VariantArray,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Tier {
    Production,
    Staging,
    Development,
}

words!(Tier);

impl Tier {
    pub const ALL: &[Self] = Self::VARIANTS;

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

table! {
    /// Which resources of the account belong to the environment. Empty means all.
    #[derive(Clone, Debug)]
    pub struct Scope {
        include: GlobSet = GlobSet::empty(), read_globs,
            "list of globs; all", "names of the resources that belong to it";
        exclude: GlobSet = GlobSet::empty(), read_globs,
            "list of globs", "names that do not";
        tags: BTreeMap<Text, Text> = BTreeMap::new(), read_tags,
            "table", "tags that a resource must all carry";
        clusters: Vec<Text> = Vec::new(), read_clusters,
            "list of strings; all", "ECS clusters to look into";
    }
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

table! {
    /// One environment, as the config, the AWS files or the command line made it.
    #[derive(Clone, Debug)]
    pub struct Environment {
        /// Unique; what the person types and sees.
        name: Text = Text::default();
        /// The tier was guessed from the name, and is shown as a guess.
        tier_guessed: bool = true;
        /// Why it cannot be used yet, when that is known without asking AWS (`mfa_serial`, …).
        obstacle: Option<Text> = None;
        /// Its credentials come from a program (`credential_process`), which may ask the person something: it
        /// runs only when one goes there.
        program: bool = false;
        /// `None`: the SDK's own chain (environment variables, container, instance).
        profile: Option<Text> = None, read_profile,
            "string; the name", "profile of the AWS files; `false` for the credentials of the surroundings";
        /// Any other account makes the environment read-only.
        account: Option<Text> = None, read_account,
            "string", "twelve digits; in any other account it is read-only";
        scope: Scope = Scope::default() => flat;
        /// How to get to caches, by their names.
        caches("cache"): BTreeMap<Text, CacheAccess> = BTreeMap::new(), read_caches,
            "tables by cache", "how to get to a cache; see below";
        /// Name and text, in the order of the file.
        queries("query"): Vec<(Text, Text)> = Vec::new(), read_queries,
            "table by name", "saved queries of Logs Insights";
        rules: RuleSettings = RuleSettings::default(), nested::<RuleSettings>,
            "table; as for all", "thresholds of the rules by which something counts as wrong";
        /// `None`: the profile has none, and the person is asked.
        region: Option<Text> = None, read_region,
            "string; the profile's", "AWS Region", shared;
        tier: Tier = Tier::Production, |document, key, value| document.choice(key, value, "tier", Tier::ALL, Tier::word),
            "string; guessed", "production, staging or development; guessed from the name, else production", shared;
        read_only: bool = false, Document::boolean,
            "boolean; false", "nothing that changes AWS can be called", shared;
        /// `None` for each kind's own pace.
        refresh: Option<Duration> = None,
            |document, key, value| document.duration(key, value, "write 5, \"5s\" or \"1m\""),
            "seconds or \"5s\", \"1m\"", "how often visible data is read", shared;
    }
    check Environment::note_tier;
}

impl Environment {
    /// An environment of a profile alone, with a guessed tier.
    pub fn of_profile(name: &str, profile: Option<&str>, region: Option<&str>) -> Self {
        Self {
            name: name.into(),
            profile: profile.map(Text::from),
            region: region.map(Text::from),
            tier: Tier::guess(name).unwrap_or(Tier::Production),
            ..Self::default()
        }
    }

    fn note_tier(&mut self, _: &mut Document, items: &[Item]) {
        self.tier_guessed &= items.iter().all(|(key, ..)| *key != "tier");
    }
}

/// `Some(None)`: none, but the credentials of the surroundings.
fn read_profile(document: &mut Document, key: &str, value: &Value) -> Option<Option<Text>> {
    match value.get_ref() {
        DeValue::Boolean(false) => Some(None),
        DeValue::String(_) => document.filled(key, value).map(|name| Some(name.into())),
        _ => {
            document.mismatch(key, value, "a string or false");
            None
        }
    }
}

/// A Region becomes part of a host name.
fn read_region(document: &mut Document, key: &str, value: &Value) -> Option<Text> {
    let region = document.filled(key, value)?;
    if region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Some(region.into());
    }
    document.complain(value.span(), format!("`{region}` is no region"), "a region reads like us-east-1");
    None
}

fn read_account(document: &mut Document, key: &str, value: &Value) -> Option<Text> {
    if let DeValue::Integer(_) = value.get_ref() {
        document.complain(value.span(), "`account` must be a string", "put it in quotes: a number loses its zeros");
        return None;
    }
    let account = document.filled(key, value)?;
    if account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) {
        return Some(account.into());
    }
    document.complain(value.span(), format!("`{account}` is no account"), "an account has twelve digits");
    None
}

fn read_globs<'a>(document: &mut Document<'a>, key: &str, value: &Value<'a>) -> Option<GlobSet> {
    let mut sound = GlobSetBuilder::new();
    for (glob, span) in document.strings(key, value)? {
        match Glob::new(&glob) {
            Ok(glob) => drop(sound.add(glob)),
            Err(why) => document.complain(span, format!("`{glob}` is no glob: {}", why.kind()), ""),
        }
    }
    // Each was read alone, so that all of them together can be.
    sound.build().ok()
}

fn read_tags<'a>(document: &mut Document<'a>, key: &str, value: &Value<'a>) -> Option<BTreeMap<Text, Text>> {
    let items = in_order(document.table(key, value)?).into_iter();
    Some(items.filter_map(|(tag, _, value)| Some((tag.into(), document.string(tag, value)?.into()))).collect())
}

fn read_clusters<'a>(document: &mut Document<'a>, key: &str, value: &Value<'a>) -> Option<Vec<Text>> {
    let mut names = Vec::new();
    for (cluster, span) in document.strings(key, value)? {
        // It is compared with names, so that an ARN would match none, in silence.
        match cluster.rsplit_once('/').filter(|_| cluster.starts_with("arn:")) {
            Some((_, name)) => {
                document.complain(span, "`clusters` takes names, not ARNs", format!("write \"{name}\""));
            }
            None => names.push(cluster.into()),
        }
    }
    Some(names)
}

fn read_caches<'a>(document: &mut Document<'a>, key: &str, value: &Value<'a>) -> Option<BTreeMap<Text, CacheAccess>> {
    let items = in_order(document.table(key, value)?).into_iter();
    Some(items.filter_map(|(name, _, value)| Some((name.into(), nested(document, name, value)?))).collect())
}

/// Names and queries, in the order of the file. A query of several lines
/// becomes one.
pub fn read_queries<'a>(document: &mut Document<'a>, key: &str, value: &Value<'a>) -> Option<Vec<(Text, Text)>> {
    let mut queries = Vec::new();
    for (name, span, value) in in_order(document.table(key, value)?) {
        let Some(text) = document.filled(name, value) else { continue };
        if name.trim().is_empty() {
            document.complain(span, "a query has no name", "\"slow requests\" = \"filter …\"");
        } else if text.chars().count() > MAX_CHARS {
            let said = format!("`{name}` has more than {MAX_CHARS} characters");
            document.complain(value.span(), said, "paste it into the query's line instead");
        } else {
            queries.push((name.into(), one_line(&text).into()));
        }
    }
    Some(queries)
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
