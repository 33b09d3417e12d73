//! The cells of an alarm's row, its entry in `status --json`, and its page in the web console.

use serde_json::{Value, json};

use super::{related_resource, wording};
use crate::domain::alarm::{Alarm, AlarmState, Watched};
use crate::domain::health::Health;
use crate::kinds::cell::{Cell, SortKey, Tone};
use crate::kinds::detail_view::age_cell;
use crate::kinds::kind::RenderContext;

/// Target tracking names its alarms by resource and a random id, which leaves no room for what tells
/// them apart: `AlarmLow harbour-web-production`.
pub fn name(alarm: &Alarm, _: RenderContext) -> Cell {
    let short = alarm.scaling().and_then(|_| {
        let (resource, tail) = alarm.name.rsplit_once("-Alarm")?;
        let side = tail.split('-').next()?;
        Some(format!("Alarm{side} {}", resource.rsplit('/').next()?))
    });
    match short {
        Some(short) => Cell::text(short, Tone::Dim),
        None => Cell::text(alarm.name.as_str(), Tone::Strong),
    }
}

/// What rings sorts first, then what tells nothing.
pub fn state(alarm: &Alarm, look: RenderContext) -> Cell {
    let (text, place) = match alarm.state {
        AlarmState::Alarm => ("ALARM", 0.0),
        AlarmState::InsufficientData => ("no data", 1.0),
        AlarmState::Ok => ("OK", 2.0),
    };
    let health = look.diagnosis.health;
    Cell::text(text, if health == Health::Ok { Tone::Dim } else { health.into() }).sorted_by(SortKey::Number(place))
}

pub fn since(alarm: &Alarm, look: RenderContext) -> Cell {
    age_cell(alarm.since, look.now)
}

pub fn what(alarm: &Alarm, _: RenderContext) -> Cell {
    Cell::text(wording::what(&alarm.watched), Tone::Plain)
}

pub fn actions(alarm: &Alarm, _: RenderContext) -> Cell {
    match (alarm.actions_enabled, alarm.suppressed.as_str(), alarm.actions.len()) {
        (false, ..) => Cell::text("off", Tone::Degraded),
        (true, "", 0) => Cell::text("none", Tone::Dim),
        (true, "", _) => Cell::text("on", Tone::Dim),
        (true, ..) => Cell::text("held back", Tone::Changing),
    }
}

/// Why it is judged so; for one that is well, what AWS says of it.
pub fn reason(alarm: &Alarm, look: RenderContext) -> Cell {
    let diagnosis = look.diagnosis;
    match diagnosis.why.is_empty() {
        true => Cell::text(alarm.reason.as_str(), Tone::Dim),
        false if diagnosis.health == Health::Ok => Cell::text(diagnosis.why.as_str(), Tone::Dim),
        false => Cell::text(diagnosis.why.as_str(), diagnosis.health.into()),
    }
}

/// The alarm's entry in `status --json`; `health` and `why` are added to every kind's entry.
///
/// | member | type | meaning |
/// |---|---|---|
/// | `name`, `arn` | string | as AWS calls them |
/// | `form` | string | `metric`, `log`, `composite` |
/// | `state` | string | `ALARM`, `INSUFFICIENT_DATA`, `OK` |
/// | `since` | string | RFC 3339: when it came into the state; null where not told |
/// | `what` | string | the condition in words; of a composite one its rule |
/// | `about` | list | kind and name of each resource, or alarm, that it is about |
/// | `reason` | string | in AWS's words |
/// | `actions_enabled` | boolean | |
/// | `suppressed_by` | string | the alarm that holds its actions back now; null for none |
pub fn json(alarm: &Alarm, _: RenderContext) -> Value {
    let subjects = related_resource::subjects(alarm);
    json!({
        "name": alarm.name,
        "arn": alarm.id.0,
        "form": match alarm.watched { Watched::Rule(_) => "composite", Watched::Query(..) => "log", _ => "metric" },
        "state": alarm.state.word(),
        "since": alarm.since.map(|at| at.to_string()),
        "what": wording::what(&alarm.watched),
        "about": subjects.iter().map(|(kind, name)| json!({ "kind": kind.0, "name": name })).collect::<Vec<_>>(),
        "reason": alarm.reason,
        "actions_enabled": alarm.actions_enabled,
        "suppressed_by": (!alarm.suppressed.is_empty()).then(|| alarm.suppressor.clone()),
    })
}

/// The alarm's page in the AWS web console; those of CloudFront are in the Region of their ARN.
pub fn console_url(alarm: &Alarm, region: &str) -> String {
    let region = alarm.id.0.split(':').nth(3).filter(|own| !own.is_empty()).unwrap_or(region);
    // Names may hold anything; the page takes them in percents.
    let name: String = (alarm.name.bytes())
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    format!("https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#alarmsV2:alarm/{name}")
}
