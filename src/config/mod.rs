//! The person's config: which environments there are, and how the console looks. Everything is
//! optional; every mistake is told with its place and remedy.

pub mod file;
mod resolve;

use std::io::ErrorKind;
use std::path::Path;

use crate::domain::cache_access::CacheAccess;
use crate::domain::environment::{Environment, Tier, read_queries};
use crate::domain::rules::{DeclaredRule, RuleSettings};
use crate::domain::schema::complaint::{Complaint, FilePlace};
use crate::domain::schema::document::{Document, Item, in_order};
use crate::domain::schema::{KeyRow, Table, nested, table};
use crate::domain::text::Text;
use crate::logs::settings::LogSettings;
use crate::settings::{ExecSettings, Settings};

table! {
    /// A whole config.
    #[derive(Clone, Debug)]
    pub struct Config {
        file: String = "config".to_string();
        settings: Settings = Settings::default() => flat;
        defaults: Environment = Environment::default(), |document, key, value| {
            document.table(key, value).map(|table| Environment::default().read(document, table, |row| row.is_shared))
        }, "table", "what environments have that do not say otherwise";
        // Each begins with the defaults, wherever these stand: `read_environments` does it.
        environments("environment"): Vec<Listed> = Vec::new(), |_, _, _| None::<Vec<Listed>>,
            "tables by name", "the environments";
        queries("query"): Vec<(Text, Text)> = Vec::new(), read_queries,
            "table by name", "saved queries of Logs Insights, for all environments";
        rules: RuleSettings = RuleSettings::default(), nested::<RuleSettings>,
            "table", "by which thresholds something counts as wrong, for all environments; see below";
    }
    check Config::read_environments;
}

/// An environment as the config says it, whatever the profiles say.
#[derive(Clone, Debug)]
pub struct Listed {
    environment: Environment,
    place: FilePlace,
    /// Of its profile, else its own.
    profile_place: FilePlace,
}

impl Config {
    /// Reads a config. What is wrong is left out of it and complained of.
    pub fn parse(text: &str, file: &str) -> (Self, Vec<Complaint>) {
        let (mut document, table) = Document::parse(text, file);
        let config = Self { file: file.to_string(), ..Self::default() };
        (config.read(&mut document, &table, |_| true), document.into_complaints())
    }

    fn read_environments<'a>(&mut self, document: &mut Document<'a>, items: &[Item<'_, 'a>]) {
        for (key, _, value) in items.iter().filter(|(key, ..)| *key == "environment") {
            for (name, span, value) in document.table(key, value).map(in_order).unwrap_or_default() {
                let Some(table) = document.table(name, value) else { continue };
                let environment = self.begin(name).read(document, table, |_| true);
                if name.trim().is_empty() {
                    document.complain(span, "an environment has no name", "[environment.NAME]");
                    continue;
                }
                let place = document.place(&span);
                let profile_place = table.get("profile").map_or(place, |value| document.place(&value.span()));
                self.environments.push(Listed { environment, place, profile_place });
            }
        }
    }

    /// An environment of which nothing is said but its name.
    fn begin(&self, name: &str) -> Environment {
        // A default never lowers what the name says.
        let guess = Tier::guess(name);
        Environment {
            name: name.into(),
            profile: Some(name.into()),
            // The profile's goes before the default one.
            region: None,
            tier: guess.unwrap_or(self.defaults.tier),
            tier_guessed: guess.is_some() || self.defaults.tier_guessed,
            ..self.defaults.clone()
        }
    }

    /// Leaves out what is said of rules that there are not, or of thresholds that they cannot have, and
    /// complains of it.
    pub fn check_rules(&mut self, declared: &[DeclaredRule]) -> Vec<Complaint> {
        let Self { rules, environments, file, .. } = self;
        let all = environments.iter_mut().map(|listed| &mut listed.environment.rules);
        let mut complaints: Vec<Complaint> =
            std::iter::once(rules).chain(all).flat_map(|rules| rules.check(declared, file)).collect();
        complaints.sort_by_key(|complaint| (complaint.line, complaint.column));
        complaints
    }

    /// Reads a config file. One that is not there is an empty config, unless it was asked for.
    pub fn load(path: &Path, required: bool) -> (Self, Vec<Complaint>) {
        // Only a file that is surely not there is no config. A dangling link or a folder that may
        // not be entered would else drop every pin and `read_only` without a word.
        let absent = path.symlink_metadata().is_err_and(|why| why.kind() == ErrorKind::NotFound);
        if absent && !required {
            return (Self::default(), vec![]);
        }
        match file::read(path) {
            Ok(text) => Self::parse(&text, &path.to_string_lossy()),
            Err(complaint) => (Self::default(), vec![complaint]),
        }
    }
}

/// Every key of the config in a Markdown table; the README holds it.
pub fn reference() -> String {
    let mut text = String::from("| key | type; default | means |\n|---|---|---|\n");
    let mut tell = |prefix: &str, rows: Vec<KeyRow>| {
        for KeyRow { name, kind, help, .. } in rows {
            text += &format!("| `{prefix}{name}` | {kind} | {help} |\n");
        }
    };
    tell("", Config::rows());
    tell("logs.", LogSettings::rows());
    tell("exec.", ExecSettings::rows());
    tell("rules.", RuleSettings::rows());
    tell("environment.NAME.", Environment::rows());
    tell("environment.NAME.cache.CACHE.", CacheAccess::rows());
    text
}
