//! What a person says of the rules by which something counts as wrong: other thresholds, or none of a
//! rule at all, and how long a finding that ended stays.

use std::collections::BTreeMap;
use std::time::Duration;

/// A finding that ended stays for so long where nothing is said.
pub const ENDED: Duration = Duration::from_secs(300);

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
pub struct Declared {
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

/// What is said of all of them in one environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSettings {
    by_rule: BTreeMap<String, Setting>,
    ended: Option<Duration>,
}

impl RuleSettings {
    pub fn set(&mut self, rule: impl Into<String>, setting: Setting) {
        self.by_rule.insert(rule.into(), setting);
    }

    pub fn set_ended(&mut self, stays: Duration) {
        self.ended = Some(stays);
    }

    pub fn of(&self, rule: &str) -> Setting {
        self.by_rule.get(rule).copied().unwrap_or(Setting::On)
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
        all.set_ended(Duration::from_secs(60));
        own.set("latency", Setting::At(1.5));
        own.set("evictions", Setting::On);
        let told = own.over(&all);
        assert_eq!((told.of("latency"), told.of("evictions")), (Setting::At(1.5), Setting::On));
        assert_eq!((told.of("alarm"), told.ended()), (Setting::On, Duration::from_secs(60)));
        assert_eq!(RuleSettings::default().ended(), ENDED);
    }
}
