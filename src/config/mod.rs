//! The person's config: which environments there are, and how the console looks. Everything is
//! optional; every mistake is told with its place and remedy.

mod cache;
pub mod complaint;
pub mod document;
mod entry;
mod exec;
mod logs;
mod queries;
mod resolve;
mod rules;

use std::io::ErrorKind;
use std::path::Path;

use complaint::Complaint;
use document::{Document, in_order};
use entry::{Entry, OWN, SHARED};
use rules::Rules;

use crate::domain::rules::Declared;
use crate::domain::text::Text;
use crate::logs::settings::LogSettings;

/// The keys at the top of the file: name, type and default, meaning.
const TOP: &[(&str, &str, &str)] = &[
    ("theme", "string; \"midnight\"", "midnight, daylight, contrast, mono, or a file beside this one"),
    ("keymap", "string; \"default\"", "default, vim, emacs, or a file beside this one"),
    ("mouse", "boolean; true", "click to focus and select, wheel to scroll"),
    ("colour", "string; \"auto\"", "auto, truecolor, 256, 16, none"),
    ("charts", "string; \"auto\"", "auto, braille, blocks, ascii: what charts are drawn with"),
    ("profiles", "boolean; true", "profiles that no environment uses are environments too"),
    (
        "watch",
        "boolean; true",
        "the environments that are not open are asked each minute who we are there and which alarms ring",
    ),
    ("logs", "table", "how logs are held and shown"),
    ("exec", "table", "shells in containers"),
    ("defaults", "table", "what environments have that do not say otherwise"),
    ("environment", "tables by name", "the environments"),
    ("query", "table by name", "saved queries of Logs Insights, for all environments"),
    ("rules", "table", "by which thresholds something counts as wrong, for all environments; see below"),
];

/// What `colour` may be.
pub const COLOURS: &[&str] = &["auto", "truecolor", "256", "16", "none"];

/// What `charts` may be.
pub const CHARTS: &[&str] = &["auto", "braille", "blocks", "ascii"];

/// A whole config.
#[derive(Clone, Debug)]
pub struct Config {
    pub theme: String,
    pub keymap: String,
    pub mouse: bool,
    pub colour: String,
    pub charts: String,
    pub profiles: bool,
    /// The environments that are not open are asked from afar.
    pub watch: bool,
    pub logs: LogSettings,
    /// What exec starts in a container, where it is named.
    pub shell: Option<String>,
    defaults: Entry,
    environments: Vec<Entry>,
    queries: Vec<(Text, Text)>,
    rules: Rules,
    file: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            theme: "midnight".to_string(),
            keymap: "default".to_string(),
            mouse: true,
            colour: "auto".to_string(),
            charts: "auto".to_string(),
            profiles: true,
            watch: true,
            logs: LogSettings::default(),
            shell: None,
            defaults: Entry::default(),
            environments: Vec::new(),
            queries: Vec::new(),
            rules: Rules::default(),
            file: "config".to_string(),
        }
    }
}

impl Config {
    /// Reads a config. What is wrong is left out of it and complained of.
    pub fn parse(text: &str, file: &str) -> (Self, Vec<Complaint>) {
        let (mut document, table) = Document::parse(text, file);
        let mut config = Self { file: file.to_string(), ..Self::default() };
        for (key, span, value) in in_order(&table) {
            match key {
                "theme" => config.theme = document.filled(key, value).unwrap_or(config.theme),
                "keymap" => config.keymap = document.filled(key, value).unwrap_or(config.keymap),
                "mouse" => config.mouse = document.boolean(key, value).unwrap_or(true),
                "profiles" => config.profiles = document.boolean(key, value).unwrap_or(true),
                "watch" => config.watch = document.boolean(key, value).unwrap_or(true),
                "colour" => {
                    if let Some(colour) = document.filled(key, value) {
                        if COLOURS.contains(&colour.as_str()) {
                            config.colour = colour;
                        } else {
                            document.unknown(value.span(), "colour", &colour, COLOURS);
                        }
                    }
                }
                "charts" => {
                    if let Some(charts) = document.filled(key, value) {
                        if CHARTS.contains(&charts.as_str()) {
                            config.charts = charts;
                        } else {
                            document.unknown(value.span(), "charts", &charts, CHARTS);
                        }
                    }
                }
                "logs" => {
                    if let Some(table) = document.table(key, value) {
                        config.logs = logs::parse(&mut document, table);
                    }
                }
                "exec" => {
                    if let Some(table) = document.table(key, value) {
                        config.shell = exec::parse(&mut document, table);
                    }
                }
                "defaults" => {
                    if let Some(table) = document.table(key, value) {
                        config.defaults = Entry::parse(&mut document, "defaults", span, table, SHARED);
                    }
                }
                "query" => config.queries = queries::parse(&mut document, key, value),
                "rules" => {
                    if let Some(table) = document.table(key, value) {
                        config.rules = rules::parse(&mut document, table);
                    }
                }
                "environment" => {
                    for (name, span, value) in document.table(key, value).map(in_order).unwrap_or_default() {
                        let Some(table) = document.table(name, value) else { continue };
                        let keys: Vec<_> = OWN.iter().chain(SHARED).copied().collect();
                        let entry = Entry::parse(&mut document, name, span.clone(), table, &keys);
                        if name.trim().is_empty() {
                            document.complain(span, "an environment has no name", "[environment.NAME]");
                        } else {
                            config.environments.push(entry);
                        }
                    }
                }
                _ => {
                    let keys: Vec<&str> = TOP.iter().map(|(name, ..)| *name).collect();
                    document.unknown(span, "key", key, &keys);
                }
            }
        }
        (config, document.into_complaints())
    }

    /// Leaves out what is said of rules that there are not, or of thresholds that they cannot have, and
    /// complains of it.
    pub fn check_rules(&mut self, declared: &[Declared]) -> Vec<Complaint> {
        let Self { rules, environments, file, .. } = self;
        let all = environments.iter_mut().map(|entry| &mut entry.rules);
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
        match document::read(path) {
            Ok(text) => Self::parse(&text, &path.to_string_lossy()),
            Err(complaint) => (Self::default(), vec![complaint]),
        }
    }
}

/// Every key of the config in a Markdown table; the README holds it.
pub fn reference() -> String {
    let mut text = String::from("| key | type; default | means |\n|---|---|---|\n");
    let rows = |text: &mut String, prefix: &str, keys: &[(&str, &str, &str)]| {
        for (name, kind, help) in keys {
            *text += &format!("| `{prefix}{name}` | {kind} | {help} |\n");
        }
    };
    rows(&mut text, "", TOP);
    rows(&mut text, "logs.", logs::KEYS);
    rows(&mut text, "exec.", exec::KEYS);
    rows(&mut text, "rules.", rules::KEYS);
    rows(&mut text, "environment.NAME.", OWN);
    rows(&mut text, "environment.NAME.", SHARED);
    rows(&mut text, "environment.NAME.cache.CACHE.", cache::KEYS);
    text
}
