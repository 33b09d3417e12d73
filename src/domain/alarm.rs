//! A CloudWatch alarm: what it watches, and what it says.

use jiff::Timestamp;

use super::metric::Metric;
use super::resource::{Resource, ResourceId};
use super::text::Text;

/// What an alarm says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlarmState {
    Alarm,
    /// Also what a service without a running task turns into: ECS publishes nothing for it.
    InsufficientData,
    Ok,
}

/// What an alarm is computed from.
#[derive(Clone, Debug, PartialEq)]
pub enum Watched {
    Metric {
        metric: Metric,
        /// Seconds.
        period: u32,
        /// `GreaterThanThreshold`, … (API model, cloudwatch ComparisonOperator).
        comparison: Text,
        /// `None` where the alarm compares with a band (anomaly detection).
        threshold: Option<f64>,
        /// So many of so many periods must breach.
        datapoints: (u32, u32),
        /// `missing`, `breaching`, `notBreaching`, `ignore`.
        missing: Text,
    },
    /// An expression over several metrics; the text names them.
    Expression(Text),
    /// The rule of a composite alarm.
    Composite(Text),
}

/// An alarm as DescribeAlarms tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// The ARN.
    pub id: ResourceId,
    pub name: Text,
    /// `metric` or `composite`: they are read apart, and fail apart.
    pub part: Text,
    pub state: AlarmState,
    /// When it came into this state (StateTransitionedTimestamp; the updated one moves without it).
    pub since: Option<Timestamp>,
    /// In AWS's words.
    pub reason: Text,
    pub description: Text,
    pub watched: Watched,
    pub actions_enabled: bool,
    /// What holds its actions back: an alarm's name, or nothing.
    pub suppressed_by: Text,
}

impl Alarm {
    /// Made by a target tracking policy for itself: its low one rings whenever there is little to do,
    /// and silencing one stops the scaling (CloudWatch guide, Application Auto Scaling).
    pub fn is_of_scaling(&self) -> bool {
        self.name.starts_with("TargetTracking-")
    }
}

impl Resource for Alarm {
    fn id(&self) -> &ResourceId {
        &self.id
    }
    fn name(&self) -> &Text {
        &self.name
    }
    fn part(&self) -> &Text {
        &self.part
    }
}

/// One entry of an alarm's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmEntry {
    pub at: Option<Timestamp>,
    /// `StateUpdate`, `ConfigurationUpdate`, `Action`.
    pub kind: Text,
    pub summary: Text,
}
