//! What a person says of the rules by which something counts as wrong: other thresholds, or none of a
//! rule at all, and how long a finding that ended stays.

use std::collections::BTreeMap;
use std::time::Duration;

use toml::de::DeValue;

use super::schema::complaint::{Complaint, FilePlace, nearest};
use super::schema::document::{Document, Item, Value};
use super::schema::{KeyRow, Table};

/// A finding that ended stays for so long where nothing is said.
pub const ENDED: Duration = Duration::from_secs(300);

/// The key of the config that is no rule.
const ENDED_KEY: &str = "ended";

/// The number that a rule compares with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Where nothing is said.
    pub default: f64,
    /// `%`, `s`, `a second`: written behind the number.
    pub unit: &'static str,
    /// What it may be.
    pub range: (f64, f64),
}

impl Limit {
    /// A number as a person would write it, with its unit.
    pub fn words(&self, value: f64) -> String {
        let gap = if self.unit.is_empty() { "" } else { " " };
        format!("{value}{gap}{}", self.unit)
    }
}

/// A rule as the config may speak of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeclaredRule {
    pub id: &'static str,
    /// `None`: it can be put off and on, and no more.
    pub limit: Option<Limit>,
}

/// What is said of one rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Setting {
    Off,
    On,
    At(f64),
}

/// What is said of all of them in one environment: `[rules]`, `[environment.NAME.rules]`.
#[derive(Clone, Debug, Default)]
pub struct RuleSettings {
    by_rule: BTreeMap<String, Said>,
    ended: Option<Duration>,
}

/// A setting, and where its key and its value stand in the config.
#[derive(Clone, Copy, Debug)]
struct Said {
    setting: Setting,
    key: FilePlace,
    value: FilePlace,
}

/// Which rules there are is known elsewhere, so that every key is taken here; see [`RuleSettings::check`].
impl Table for RuleSettings {
    fn rows() -> Vec<KeyRow> {
        let row = |name, kind, help| KeyRow { name, kind, help, is_shared: false };
        let thresholds = "another threshold of a rule; `false` puts it off, `true` on again";
        vec![
            row(ENDED_KEY, "seconds or \"5m\"; \"5m\"", "how long a finding that ended stays in view"),
            row("RULE", "number, or false; see the rules", thresholds),
        ]
    }

    fn set<'a>(&mut self, document: &mut Document<'a>, (key, span, value): &Item<'_, 'a>) -> bool {
        if *key == ENDED_KEY {
            self.ended = document.duration(key, value, "write 300, \"300s\" or \"5m\"");
        } else if let Some(setting) = read_setting(document, key, value) {
            let (at_key, at_value) = (document.place(span), document.place(&value.span()));
            self.by_rule.insert((*key).to_string(), Said { setting, key: at_key, value: at_value });
        }
        true
    }
}

fn read_setting(document: &mut Document, key: &str, value: &Value) -> Option<Setting> {
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

impl RuleSettings {
    pub fn set(&mut self, rule: impl Into<String>, setting: Setting) {
        let nowhere = FilePlace::default();
        self.by_rule.insert(rule.into(), Said { setting, key: nowhere, value: nowhere });
    }

    /// Leaves out what is said of rules that there are not, or of thresholds that they cannot have, and
    /// complains of it.
    pub fn check(&mut self, declared: &[DeclaredRule], file: &str) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        self.by_rule.retain(|name, said| {
            let Some(rule) = declared.iter().find(|rule| rule.id == name) else {
                let names: Vec<&str> = declared.iter().map(|rule| rule.id).chain([ENDED_KEY]).collect();
                let remedy = match nearest(name, &names) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known: {}", names.join(", ")),
                };
                complaints.push(Complaint::at(file, said.key, format!("unknown rule `{name}`"), remedy));
                return false;
            };
            let Setting::At(number) = said.setting else { return true };
            let (message, remedy) = match rule.limit {
                None => (format!("`{name}` has no threshold"), "write true or false".to_string()),
                Some(limit) if number >= limit.range.0 && number <= limit.range.1 => return true,
                Some(limit) => {
                    let (least, most) = limit.range;
                    let said = format!("`{name}` must be from {least} to {}", limit.words(most));
                    (said, format!("it is {} by default", limit.words(limit.default)))
                }
            };
            complaints.push(Complaint::at(file, said.value, message, remedy));
            false
        });
        complaints
    }

    pub fn of(&self, rule: &str) -> Setting {
        self.by_rule.get(rule).map_or(Setting::On, |said| said.setting)
    }

    /// The threshold of a rule as it is set; 0 where it has none, nothing where it is off.
    pub fn limit(&self, rule: &str, declared: Option<Limit>) -> Option<f64> {
        match self.of(rule) {
            Setting::Off => None,
            Setting::On => Some(declared.map_or(0.0, |limit| limit.default)),
            Setting::At(value) => Some(value),
        }
    }

    /// How long a finding that ended stays in view.
    pub fn ended(&self) -> Duration {
        self.ended.unwrap_or(ENDED)
    }

    /// These, and where they say nothing the others.
    pub fn over(&self, others: &Self) -> Self {
        let mut by_rule = others.by_rule.clone();
        by_rule.extend(self.by_rule.clone());
        Self { by_rule, ended: self.ended.or(others.ended) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_environment_says_stands_over_what_is_said_of_all() {
        let (mut all, mut own) = (RuleSettings::default(), RuleSettings::default());
        all.set("latency", Setting::At(3.0));
        all.set("evictions", Setting::Off);
        all.ended = Some(Duration::from_secs(60));
        own.set("latency", Setting::At(1.5));
        own.set("evictions", Setting::On);
        let told = own.over(&all);
        assert_eq!((told.of("latency"), told.of("evictions")), (Setting::At(1.5), Setting::On));
        assert_eq!((told.of("alarm"), told.ended()), (Setting::On, Duration::from_secs(60)));
        assert_eq!(RuleSettings::default().ended(), ENDED);
    }
}
