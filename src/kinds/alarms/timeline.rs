//! What the history of alarms says on the timeline.

use super::{ALARMS, EVENTS};
use crate::domain::alarm::AlarmEntry;
use crate::domain::text::Text;
use crate::domain::timeline::{About, TimelineEvent, TimelineKind, Turn};

/// An entry of an alarm's history; `None` where AWS told no time, and for what an alarm set off as it
/// should.
pub fn entry(name: &Text, told: &AlarmEntry) -> Option<TimelineEvent> {
    let is_action = told.kind == "Action";
    if is_action && told.summary.starts_with("Successfully") {
        return None;
    }
    // A policy's alarms ring all day; that is its work and no trouble.
    let of_policy = name.starts_with("TargetTracking-");
    let turn = match (told.kind.as_str(), told.summary.rsplit(" to ").next()) {
        _ if of_policy => Turn::Neither,
        ("StateUpdate", Some("ALARM")) => Turn::Worse,
        ("StateUpdate", Some("OK")) => Turn::Better,
        _ if is_action => Turn::Worse,
        _ => Turn::Neither,
    };
    Some(TimelineEvent {
        at: told.at?,
        source: EVENTS,
        key: format!("{} {name} {}", told.at?, told.summary).into(),
        same: vec![],
        sort: TimelineKind::Alarm,
        turn,
        about: About::new(ALARMS, [name.clone()]),
        what: told.summary.clone(),
        actor: Text::default(),
        more: vec![("history item", told.kind.clone())],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    #[test]
    fn an_alarm_that_rings_is_for_the_worse_and_what_it_set_off_is_not_told() {
        let of = |kind: &str, summary: &str| AlarmEntry {
            at: Some(Timestamp::UNIX_EPOCH),
            kind: kind.into(),
            summary: summary.into(),
        };
        let told = |name: &str, kind, summary| entry(&name.into(), &of(kind, summary)).map(|told| told.turn);
        assert_eq!(told("cpu", "StateUpdate", "Alarm updated from OK to ALARM"), Some(Turn::Worse));
        assert_eq!(told("cpu", "StateUpdate", "Alarm updated from ALARM to OK"), Some(Turn::Better));
        assert_eq!(told("cpu", "StateUpdate", "Alarm updated from OK to INSUFFICIENT_DATA"), Some(Turn::Neither));
        assert_eq!(told("TargetTracking-x", "StateUpdate", "Alarm updated from OK to ALARM"), Some(Turn::Neither));
        assert_eq!(told("cpu", "Action", "Successfully executed action arn:x"), None);
        assert_eq!(told("cpu", "Action", "Failed to execute action arn:x"), Some(Turn::Worse));
        assert_eq!(told("cpu", "ConfigurationUpdate", "Alarm \"cpu\" updated"), Some(Turn::Neither));
    }
}
