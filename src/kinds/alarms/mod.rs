//! Alarms of CloudWatch: metric, log and composite ones, what rings first, each with the resource
//! that it is about. They are only looked at.

mod columns;
mod health;
mod metrics;
pub mod related_resource;
mod rules;
mod tabs;
#[cfg(test)]
pub mod tests;
pub mod timeline;
mod wording;

use std::time::Duration;

use serde_json::Value;

use super::column::Column;
use super::kind::{Cadence, KindSpec, RelatedResource, RenderContext, Role, Watch};
use super::metric::Graph;
use super::rule::Rule;
use super::tab::Tab;
use super::timeline::Trail;
use crate::domain::Timestamp;
use crate::domain::alarm::Alarm;
use crate::domain::health::Diagnosis;
use crate::domain::metric::Readings;
use crate::domain::ops::Op;
use crate::domain::ops::cloudwatch;
use crate::domain::resource::KindId;
use crate::domain::timeline::TimelineSource;

pub const ALARMS: KindId = KindId("alarms");

/// DescribeAlarmHistory over all alarms, kept for 30 days. Alarms turn at any moment, and tell it within seconds.
pub const EVENTS: TimelineSource = TimelineSource::asked(50, 20, "alarms", "alarm");

/// The declaration of the kind.
pub struct Alarms;

impl KindSpec for Alarms {
    type Resource = Alarm;

    const ID: KindId = ALARMS;
    const TITLE: &str = "Alarms";
    const SHORT_TITLE: &str = "Alm";
    const NOUN: &str = "alarm";
    const SYNONYMS: &str = "alm cloudwatch";
    // A page holds a hundred, so this is a request a minute for most accounts.
    const CADENCE: Cadence = Cadence { wrong: Some(Duration::from_secs(10)), ..Cadence::of_seconds(60, 60, 300, 20) };
    /// DescribeAlarms tells composite ones only to those who may ask it of `*`.
    const READS: &[Op] =
        &[cloudwatch::DESCRIBE_ALARMS, cloudwatch::DESCRIBE_ALARM_HISTORY, cloudwatch::LIST_TAGS_FOR_RESOURCE];
    const SHARE: u16 = 7;
    const TRAIL: Option<Trail> =
        Some(Trail { service: "monitoring.amazonaws.com", names: &["alarmName"], told: &["threshold"] });
    const ROLE: Role = Role::Watcher;
    const EVENT_SOURCE: Option<TimelineSource> = Some(EVENTS);

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::left(("name", "ALARM"), (14, 60), 0, columns::name),
            Column::left(("state", "STATE"), (5, 9), 2, columns::state),
            Column::right(("since", "FOR"), (3, 5), 1, columns::since),
            Column::left(("what", "WHAT"), (24, 90), 3, columns::what),
            Column::left(("actions", "ACTIONS"), (7, 10), 5, columns::actions),
            Column::left(("reason", "REASON"), (24, 160), 4, columns::reason),
        ]
    }

    fn tabs(&self) -> Vec<Tab> {
        vec![Tab::new("Overview", tabs::overview), Tab::new("History", tabs::history), Tab::charts()]
    }

    fn diagnose(&self, alarm: &Alarm, now: Timestamp) -> Diagnosis {
        health::diagnose(alarm, now)
    }

    fn json(&self, alarm: &Alarm, context: RenderContext) -> Value {
        columns::json(alarm, context)
    }

    fn rules(&self) -> Vec<Rule> {
        rules::rules()
    }

    fn graphs(&self, alarm: &Alarm, readings: &Readings) -> Vec<Graph> {
        metrics::graphs(alarm, readings)
    }

    fn watch<'r>(&self, alarm: &'r Alarm) -> Option<Watch<'r>> {
        Some(related_resource::watch(alarm))
    }

    fn related_resources(&self, alarm: &Alarm) -> Vec<RelatedResource> {
        related_resource::subjects(alarm)
    }

    fn console_url(&self, alarm: &Alarm, region: &str) -> Option<String> {
        Some(columns::console_url(alarm, region))
    }
}
