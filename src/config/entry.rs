//! One environment as the config says it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::complaint::Place;
use super::document::{Document, Value, in_order};
use super::rules::{self, Rules};
use super::{cache, queries};
use crate::domain::cache::CacheAccess;
use crate::domain::environment::{Scope, Tier};
use crate::domain::text::Text;

/// A key: name, type and default, meaning.
pub type Key = (&'static str, &'static str, &'static str);

/// Keys of an environment alone.
pub const OWN: &[Key] = &[
    ("profile", "string; the name", "profile of the AWS files; `false` for the credentials of the surroundings"),
    ("account", "string", "twelve digits; in any other account it is read-only"),
    ("include", "list of globs; all", "names of the resources that belong to it"),
    ("exclude", "list of globs", "names that do not"),
    ("tags", "table", "tags that a resource must all carry"),
    ("clusters", "list of strings; all", "ECS clusters to look into"),
    ("cache", "tables by cache", "how to get to a cache; see below"),
    ("query", "table by name", "saved queries of Logs Insights"),
    ("rules", "table; as for all", "thresholds of the rules by which something counts as wrong"),
];

/// Keys of an environment that `[defaults]` may say for all.
pub const SHARED: &[Key] = &[
    ("region", "string; the profile's", "AWS Region"),
    ("tier", "string; guessed", "production, staging or development; guessed from the name, else production"),
    ("read_only", "boolean; false", "nothing that changes AWS can be called"),
    ("refresh", "seconds or \"5s\", \"1m\"", "how often visible data is read"),
];

/// One environment, or the defaults.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    pub name: String,
    pub place: Place,
    /// `Some(None)`: no profile, the credentials of the surroundings.
    pub profile: Option<Option<String>>,
    pub profile_place: Place,
    pub region: Option<String>,
    pub account: Option<String>,
    pub tier: Option<Tier>,
    pub read_only: Option<bool>,
    pub refresh: Option<Duration>,
    pub scope: Scope,
    pub caches: BTreeMap<Text, CacheAccess>,
    pub queries: Vec<(Text, Text)>,
    pub rules: Rules,
}

impl Entry {
    /// Reads the table of an environment; `keys` are those that it may have.
    pub fn parse<'a>(
        document: &mut Document<'a>,
        name: &str,
        span: Range<usize>,
        table: &DeTable<'a>,
        keys: &[Key],
    ) -> Self {
        let mut entry = Self { name: name.to_string(), place: document.place(&span), ..Self::default() };
        let (mut include, mut exclude, mut clusters, mut tags) = (vec![], vec![], vec![], BTreeMap::new());
        for (key, span, value) in in_order(table) {
            if !keys.iter().any(|(name, ..)| *name == key) {
                let names: Vec<&str> = keys.iter().map(|(name, ..)| *name).collect();
                document.unknown(span, "key", key, &names);
                continue;
            }
            match key {
                "profile" => {
                    entry.profile_place = document.place(&value.span());
                    entry.profile = match value.get_ref() {
                        DeValue::Boolean(false) => Some(None),
                        DeValue::String(_) => document.filled(key, value).map(Some),
                        _ => {
                            document.mismatch(key, value, "a string or false");
                            None
                        }
                    };
                }
                "region" => entry.region = region(document, key, value),
                "account" => entry.account = account(document, key, value),
                "tier" => entry.tier = tier(document, key, value),
                "read_only" => entry.read_only = document.boolean(key, value),
                "refresh" => entry.refresh = refresh(document, key, value),
                "include" => include = globs(document, key, value),
                "exclude" => exclude = globs(document, key, value),
                "clusters" => {
                    for (cluster, span) in document.strings(key, value).unwrap_or_default() {
                        // It is compared with names, so that an ARN would match none, in silence.
                        if let Some((_, name)) = cluster.rsplit_once('/').filter(|_| cluster.starts_with("arn:")) {
                            document.complain(span, "`clusters` takes names, not ARNs", format!("write \"{name}\""));
                        } else {
                            clusters.push(cluster);
                        }
                    }
                }
                "query" => entry.queries = queries::parse(document, key, value),
                "rules" => {
                    if let Some(table) = document.table(key, value) {
                        entry.rules = rules::parse(document, table);
                    }
                }
                "cache" => {
                    for (name, _, value) in document.table(key, value).map(in_order).unwrap_or_default() {
                        if let Some(table) = document.table(name, value) {
                            entry.caches.insert(name.into(), cache::parse(document, table));
                        }
                    }
                }
                _ => {
                    for (tag, _, value) in document.table(key, value).map(in_order).unwrap_or_default() {
                        if let Some(value) = document.string(tag, value) {
                            tags.insert(tag.to_string(), value);
                        }
                    }
                }
            }
        }
        // Each glob was tried alone, so that all of them together can be read.
        entry.scope = Scope::new(&include, &exclude, &clusters, &tags).unwrap_or_default();
        entry
    }
}

/// A region becomes part of a host name.
fn region(document: &mut Document, key: &str, value: &Value) -> Option<String> {
    let region = document.filled(key, value)?;
    if region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Some(region);
    }
    document.complain(value.span(), format!("`{region}` is no region"), "a region reads like us-east-1");
    None
}

fn account(document: &mut Document, key: &str, value: &Value) -> Option<String> {
    if value.get_ref().as_str().is_none() && value.get_ref().as_integer().is_some() {
        document.complain(value.span(), "`account` must be a string", "put it in quotes: a number loses its zeros");
        return None;
    }
    let account = document.filled(key, value)?;
    if account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) {
        return Some(account);
    }
    document.complain(value.span(), format!("`{account}` is no account"), "an account has twelve digits");
    None
}

fn tier(document: &mut Document, key: &str, value: &Value) -> Option<Tier> {
    let word = document.filled(key, value)?;
    let tier = Tier::ALL.into_iter().find(|tier| tier.word() == word);
    if tier.is_none() {
        document.unknown(value.span(), "tier", &word, &Tier::ALL.map(Tier::word));
    }
    tier
}

fn refresh(document: &mut Document, key: &str, value: &Value) -> Option<Duration> {
    duration(document, key, value, "write 5, \"5s\" or \"1m\"")
}

/// Seconds, or a number with its unit, from 1 s to 60 m.
pub fn duration(document: &mut Document, key: &str, value: &Value, remedy: &str) -> Option<Duration> {
    let seconds = if let Some(number) = value.get_ref().as_integer() {
        i64::from_str_radix(number.as_str(), number.radix()).ok()
    } else {
        if value.get_ref().as_str().is_none() {
            document.mismatch(key, value, "seconds or a string");
            return None;
        }
        let text = document.filled(key, value)?;
        let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        let unit = match unit {
            "" | "s" => Some(1),
            "m" => Some(60),
            _ => None,
        };
        digits.parse::<i64>().ok().zip(unit).map(|(number, unit)| number.saturating_mul(unit))
    };
    match seconds {
        Some(seconds @ 1..=3600) => Some(Duration::from_secs(seconds.unsigned_abs())),
        _ => {
            document.complain(value.span(), format!("`{key}` must be from 1 s to 60 m"), remedy);
            None
        }
    }
}

fn globs<'a>(document: &mut Document<'a>, key: &str, value: &Value<'a>) -> Vec<String> {
    let mut globs = Vec::new();
    for (glob, span) in document.strings(key, value).unwrap_or_default() {
        match globset::Glob::new(&glob) {
            Ok(_) => globs.push(glob),
            Err(why) => document.complain(span, format!("`{glob}` is no glob: {}", why.kind()), ""),
        }
    }
    globs
}
