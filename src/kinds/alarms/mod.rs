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
mod wording;

use std::time::Duration;

use super::kind::{Align, Cadence, Kind};
use crate::domain::alarm::{Alarm, AlarmDetail};
use crate::domain::ops::Op;
use crate::domain::ops::cloudwatch;
use crate::domain::resource::KindId;

pub const ALARMS: KindId = KindId("alarms");

/// DescribeAlarms tells composite ones only to those who may ask it of `*`.
const READS: &[Op] =
    &[cloudwatch::DESCRIBE_ALARMS, cloudwatch::DESCRIBE_ALARM_HISTORY, cloudwatch::LIST_TAGS_FOR_RESOURCE];

/// The declaration of the kind.
pub fn kind() -> Kind {
    Kind::of::<Alarm>(
        ALARMS,
        ("Alarms", "Alm", "alarm"),
        Cadence {
            moving: Duration::from_secs(60),
            // A page holds a hundred, so this is a request a minute for most accounts.
            visible: Duration::from_secs(60),
            hidden: Duration::from_secs(300),
            detail: Duration::from_secs(20),
            endings: None,
        },
        READS,
        health::diagnose,
        columns::json,
    )
    .share(7)
    .asks_what_is_wrong(Duration::from_secs(10))
    .about::<Alarm>(related_resource::subjects)
    .console::<Alarm>(columns::console_url)
    .column::<Alarm>(("name", "ALARM"), (14, 60), Align::Left, 0, columns::name)
    .column::<Alarm>(("state", "STATE"), (5, 9), Align::Left, 2, columns::state)
    .column::<Alarm>(("since", "FOR"), (3, 5), Align::Right, 1, columns::since)
    .column::<Alarm>(("what", "WHAT"), (24, 90), Align::Left, 3, columns::what)
    .column::<Alarm>(("actions", "ACTIONS"), (7, 10), Align::Left, 5, columns::actions)
    .column::<Alarm>(("reason", "REASON"), (24, 160), Align::Left, 4, columns::reason)
    .tab::<Alarm, AlarmDetail>("Overview", tabs::overview)
    .tab::<Alarm, AlarmDetail>("History", tabs::history)
    .rules(rules::rules())
    .graphs::<Alarm>(metrics::graphs)
}
