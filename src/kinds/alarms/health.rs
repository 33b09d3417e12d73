//! How bad it is that an alarm rings.

use crate::domain::Timestamp;
use crate::domain::alarm::{Alarm, AlarmState, Scaling};
use crate::domain::format;
use crate::domain::health::{Diagnosis, Health};

/// For so long autoscaling is at work when its alarm rings: a few of its cooldowns (300 s is the
/// default for ECS, Application Auto Scaling guide). After that it does not get there.
const SCALES_FOR: i64 = 900;

/// What an alarm that rings says for itself. Those of target tracking drive the scaling: the low one
/// rings whenever there is little to do.
fn ringing(alarm: &Alarm, now: Timestamp) -> Diagnosis {
    let since = alarm.since.map(|since| format::seconds_since(since, now));
    match alarm.scaling() {
        Some(Scaling::In) => Diagnosis::new(Health::Ok, "little to do: autoscaling takes tasks away"),
        Some(Scaling::Out) if since.is_some_and(|since| since < SCALES_FOR) => {
            Diagnosis::new(Health::Changing, "over the target: autoscaling adds tasks")
        }
        Some(Scaling::Out) => {
            Diagnosis::new(Health::Degraded, "over the target for long: is autoscaling at its maximum?")
        }
        None => Diagnosis::new(Health::Degraded, alarm.reason.as_str()),
    }
}

/// Missing data is no good news: a service without a task sends none.
pub fn diagnose(alarm: &Alarm, now: Timestamp) -> Diagnosis {
    let mut told = match alarm.state {
        AlarmState::Alarm => ringing(alarm, now),
        AlarmState::InsufficientData => Diagnosis::new(Health::Unknown, "no data: what it watches sends none"),
        AlarmState::Ok if !alarm.evaluation.is_empty() => {
            Diagnosis::new(Health::Unknown, format!("{}: it may not be believed", alarm.evaluation))
        }
        AlarmState::Ok => Diagnosis::new(Health::Ok, ""),
    };
    if let Some(note) = silenced(alarm) {
        let why = if told.why.is_empty() { note } else { format!("{note}; {}", told.why) };
        told.why = why.into();
    }
    // What scales out is followed by the question after what is wrong.
    Diagnosis { since: alarm.since, is_moving: false, ..told }
}

/// Why nobody is called when it rings.
pub fn silenced(alarm: &Alarm) -> Option<String> {
    if !alarm.actions_enabled {
        return Some("actions are off".to_string());
    }
    match alarm.suppressed.as_str() {
        "" => None,
        "Alarm" => Some(format!("actions held back by {}", alarm.suppressor)),
        "WaitPeriod" => Some(format!("actions wait for {}", alarm.suppressor)),
        _ => Some(format!("actions held back after {}", alarm.suppressor)),
    }
}
