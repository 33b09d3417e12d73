//! What the config says of the rules by which something counts as wrong: `[rules]` for all environments,
//! `[environment.NAME.rules]` for one.

use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::complaint::{Complaint, Place, nearest};
use super::document::{Document, Value, in_order};
use super::entry::{self, Key};
use crate::domain::rules::{Declared, RuleSettings, Setting};

/// Keys of the table.
pub const KEYS: &[Key] = &[
    ("ended", "seconds or \"5m\"; \"5m\"", "how long a finding that ended stays in view"),
    ("RULE", "number, or false; see the rules", "another threshold of a rule; `false` puts it off, `true` on again"),
];

/// The key that is no rule.
const ENDED: &str = "ended";

/// A table as it was written: which rules there are is known elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    said: Vec<(String, Setting, Place, Place)>,
    ended: Option<Duration>,
}

/// Reads the table; what is wrong in it is complained of.
pub fn parse<'a>(document: &mut Document<'a>, table: &DeTable<'a>) -> Rules {
    let mut rules = Rules::default();
    for (key, span, value) in in_order(table) {
        if key == ENDED {
            rules.ended = entry::duration(document, key, value, "write 300, \"300s\" or \"5m\"");
        } else if let Some(setting) = setting(document, key, value) {
            let places = (document.place(&span), document.place(&value.span()));
            rules.said.push((key.to_string(), setting, places.0, places.1));
        }
    }
    rules
}

fn setting(document: &mut Document, key: &str, value: &Value) -> Option<Setting> {
    let number = match value.get_ref() {
        DeValue::Boolean(true) => return Some(Setting::On),
        DeValue::Boolean(false) => return Some(Setting::Off),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n as f64),
        DeValue::Float(number) => number.as_str().parse().ok(),
        _ => None,
    };
    if number.is_none() {
        document.mismatch(key, value, "a number, true or false");
    }
    number.map(Setting::At)
}

impl Rules {
    /// Leaves out what fits no rule, and complains of it.
    pub fn check(&mut self, declared: &[Declared], file: &str) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        self.said.retain(|(name, setting, key, value)| {
            let Some(rule) = declared.iter().find(|rule| rule.id == name) else {
                let names: Vec<&str> = declared.iter().map(|rule| rule.id).chain([ENDED]).collect();
                let remedy = match nearest(name, &names) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known: {}", names.join(", ")),
                };
                complaints.push(Complaint::at(file, *key, format!("unknown rule `{name}`"), remedy));
                return false;
            };
            let Setting::At(number) = setting else { return true };
            let (message, remedy) = match rule.limit {
                None => (format!("`{name}` has no threshold"), "write true or false".to_string()),
                Some(limit) if *number >= limit.range.0 && *number <= limit.range.1 => return true,
                Some(limit) => {
                    let (least, most) = limit.range;
                    let said = format!("`{name}` must be from {least} to {}", limit.words(most));
                    (said, format!("it is {} by default", limit.words(limit.default)))
                }
            };
            complaints.push(Complaint::at(file, *value, message, remedy));
            false
        });
        complaints
    }

    pub fn settings(&self) -> RuleSettings {
        let mut settings = RuleSettings::default();
        self.said.iter().for_each(|(name, setting, ..)| settings.set(name.as_str(), *setting));
        if let Some(stays) = self.ended {
            settings.set_ended(stays);
        }
        settings
    }
}
