//! A CloudWatch alarm: what it watches, and what it says.

use strum::{EnumString, IntoStaticStr};

use crate::domain::prelude::*;

use super::resource::resource;

/// What an alarm says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    Alarm,
    /// Also what a service without a running task turns into: ECS publishes nothing for it.
    InsufficientData,
    Ok,
}

words!(AlarmState);

impl AlarmState {
    /// AWS's word. One that is not known tells nothing, like missing data.
    pub fn parse(word: &str) -> Self {
        word.parse().unwrap_or(Self::InsufficientData)
    }
}

/// The lists that alarms are read from, each of which may fail without the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum List {
    Metric,
    Composite,
    Log,
    /// Of CloudFront's metrics, and so in its home Region where that is another.
    #[strum(serialize = "CloudFront")]
    Global,
}

impl List {
    /// The part of the list, and the word for people.
    pub fn part(self) -> &'static str {
        self.into()
    }
}

/// When an alarm rings: how a value must compare, and how often.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// `GreaterThanThreshold`, … (API model, cloudwatch ComparisonOperator).
    pub comparison: Text,
    /// `None` where the value is compared with a band (anomaly detection).
    pub threshold: Option<f64>,
    /// Seconds of a point; 0 where a query is evaluated, which has times of its own.
    pub period: u32,
    /// So many of so many points must breach.
    pub datapoints: (u32, u32),
    /// What a missing point counts as: `missing`, `breaching`, `notBreaching`, `ignore`.
    pub missing: Text,
}

/// What an alarm is computed from.
#[derive(Clone, Debug, PartialEq)]
pub enum Watched {
    Metric(Metric, Condition),
    /// An expression over these metrics.
    Expression(Text, Vec<Metric>, Condition),
    /// What a query of logs finds.
    Query(Text, Condition),
    /// The rule of a composite alarm, over the states of others.
    Rule(Text),
}

impl Watched {
    /// Nothing for a rule, which only looks at other alarms.
    pub fn condition(&self) -> Option<&Condition> {
        match self {
            Self::Metric(_, condition) | Self::Expression(_, _, condition) | Self::Query(_, condition) => {
                Some(condition)
            }
            Self::Rule(_) => None,
        }
    }

    pub fn metrics(&self) -> &[Metric] {
        match self {
            Self::Metric(metric, _) => std::slice::from_ref(metric),
            Self::Expression(_, metrics, _) => metrics,
            Self::Query(..) | Self::Rule(_) => &[],
        }
    }

    /// The alarms that a rule names: what stands in `ALARM("name")`, `OK(name)` and their like, by
    /// name or by ARN (CloudWatch API reference, PutCompositeAlarm).
    pub fn children(&self) -> Vec<Text> {
        let Self::Rule(rule) = self else { return vec![] };
        let mut names: Vec<Text> = Vec::new();
        for state in ["ALARM", "OK", "INSUFFICIENT_DATA"] {
            for (at, _) in rule.match_indices(state) {
                let Some(rest) = rule[at + state.len()..].trim_start().strip_prefix('(') else { continue };
                // A name in quotes may hold a bracket.
                let named = match rest.trim_start().strip_prefix('"') {
                    Some(quoted) => quoted.split('"').next(),
                    None => rest.split(')').next(),
                };
                let named = named.unwrap_or_default().trim();
                let name = named.split_once(":alarm:").map_or(named, |(_, name)| name);
                if !name.is_empty() && !names.iter().any(|known| known == name) {
                    names.push(name.into());
                }
            }
        }
        names
    }
}

/// An alarm as DescribeAlarms tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// The ARN.
    pub id: ResourceId,
    pub name: Text,
    /// Which list it is in: they are read apart, and fail apart.
    pub part: Text,
    pub state: AlarmState,
    /// When it came into this state (StateTransitionedTimestamp; the updated one moves without it).
    pub since: Option<Timestamp>,
    /// In AWS's words.
    pub reason: Text,
    pub description: Text,
    pub watched: Watched,
    /// `PARTIAL_DATA`, `EVALUATION_ERROR`, `EVALUATION_FAILURE`: why it may not be believed; else empty.
    pub evaluation: Text,
    pub actions_enabled: bool,
    /// ARNs of what it sets off when it rings.
    pub actions: Vec<Text>,
    /// The alarm that holds its actions back while that one rings; empty for none.
    pub suppressor: Text,
    /// Why they are held back now: `Alarm`, `WaitPeriod`, `ExtensionPeriod`; empty while they are not.
    pub suppressed: Text,
}

/// Which way an alarm of a target tracking policy drives its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scaling {
    /// It rings while there is more to do than the target wants.
    Out,
    /// It rings whenever there is less, at night for hours.
    In,
}

impl Alarm {
    /// Which way it scales, for one that a target tracking policy made for itself (Application Auto
    /// Scaling guide, "Target tracking scaling policies": the names of its alarms).
    pub fn scaling(&self) -> Option<Scaling> {
        let of_policy = self.name.starts_with("TargetTracking-");
        let tail = self.name.as_str();
        match of_policy {
            true if tail.contains("-AlarmLow-") => Some(Scaling::In),
            true if tail.contains("-AlarmHigh-") => Some(Scaling::Out),
            _ => None,
        }
    }
}

resource!(Alarm, part);

/// One entry of an alarm's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmEntry {
    pub at: Option<Timestamp>,
    /// `StateUpdate`, `ConfigurationUpdate`, `Action`.
    pub kind: Text,
    pub summary: Text,
}

/// What the detail view shows of an alarm beyond its row.
#[derive(Clone, Debug)]
pub struct AlarmDetail {
    pub alarm: Alarm,
    /// The newest, newest first.
    pub history: Result<Vec<AlarmEntry>, Fault>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_names_its_alarms_once_each() {
        let rule = r#"(ALARM("api 5xx (prod)") OR ALARM(api-cpu)) AND NOT OK( "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:deploy" ) AND NOT ALARM(api-cpu) AND TRUE"#;
        assert_eq!(Watched::Rule(rule.into()).children(), ["api 5xx (prod)", "api-cpu", "deploy"]);
        for odd in ["", "TRUE", "ALARM", "ALARM(", "ALARM(\"", "OK()"] {
            assert!(Watched::Rule(odd.into()).children().is_empty(), "{odd}");
        }
    }
}
