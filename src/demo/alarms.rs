//! The alarms of the estate: they ring for what really happens in it, a minute late as CloudWatch's do.

mod seed;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use fastrand::Rng;

use super::holding::{Holding, Refusal, View, shown};
use super::model::Estate;
use crate::domain::Timestamp;
use crate::domain::alarm::{Alarm, AlarmDetail, AlarmEntry, AlarmState, List};
use crate::domain::call::{Call, Op};
use crate::domain::environment::Environment;
use crate::domain::intent::Receipt;
use crate::domain::resource::{ActionId, Facts, KindId, Object, ResourceId, cast};
use crate::domain::text::Text;
use crate::domain::words;
use crate::kinds::alarms::ALARMS;
use crate::kinds::alarms::about::belongs;

/// Seconds for which something must be so before an alarm says it: one point of a minute.
const POINT: i64 = 60;

/// What an estate has of alarms. The rows are kept as AWS tells them.
#[derive(Clone, Debug)]
pub struct Fleet {
    held: Vec<Held>,
    /// By alarm, newest first.
    history: Vec<(Text, AlarmEntry)>,
}

#[derive(Clone, Debug)]
struct Held {
    row: Alarm,
    gauge: Gauge,
    /// Since when the estate is otherwise than the alarm says.
    turned: Option<Timestamp>,
}

/// What an alarm looks at.
#[derive(Clone, Debug)]
enum Gauge {
    /// Tasks of the service (cluster, name) that crash, and with them the requests that they had.
    Crashes(String, String),
    /// The service's own metrics: there are none without a running task.
    Load(String, String),
    /// Whether the cache puts keys out.
    Evictions(Text),
    /// Whether one of these alarms rings.
    AnyOf(Vec<Text>),
    /// Nothing that moves in this estate.
    Still,
}

impl Gauge {
    /// What the alarm should say; `None`: as it does.
    fn reads(&self, estate: &Estate, now: Timestamp) -> Option<AlarmState> {
        let service = |cluster: &String, name: &String| estate.services.get(&(cluster.clone(), name.clone()));
        let rings = match self {
            Self::Crashes(cluster, name) => {
                // One that dies by itself leaves no error behind that anybody counts.
                let crashes = service(cluster, name)?.tasks.iter().filter(|task| {
                    let stop = task.stopped.as_ref().filter(|stop| stop.exit == Some(1));
                    stop.is_some_and(|stop| words::seconds_since(stop.at, now) < POINT)
                });
                crashes.count() > 1
            }
            Self::Load(cluster, name) => {
                if !service(cluster, name)?.tasks.iter().any(|task| task.is_running(now)) {
                    return Some(AlarmState::InsufficientData);
                }
                false
            }
            Self::Evictions(cache) => estate.caches.evicts(cache),
            Self::AnyOf(names) => {
                let rings = |held: &Held| held.row.state == AlarmState::Alarm && names.contains(&held.row.name);
                // A rule follows at once.
                let any = estate.alarms.held.iter().any(rings);
                return Some(if any { AlarmState::Alarm } else { AlarmState::Ok });
            }
            Self::Still => return None,
        };
        Some(if rings { AlarmState::Alarm } else { AlarmState::Ok })
    }

    /// Why it says so, in AWS's words.
    fn reason(&self, alarm: &Alarm, state: AlarmState, now: Timestamp) -> String {
        if let Self::AnyOf(names) = self {
            let name = names.first().map_or("", |name| name.as_str());
            return format!("The rule became {}: alarm {name} turned to it.", state == AlarmState::Alarm);
        }
        let threshold = alarm.watched.condition().and_then(|condition| condition.threshold).unwrap_or_default();
        let at = now.strftime("%d/%m/%y %H:%M:00");
        match state {
            AlarmState::Alarm => format!(
                "Threshold Crossed: 1 out of the last 1 datapoints [{:.1} ({at})] was greater than the threshold ({threshold:.1}) (minimum 1 datapoint for OK -> ALARM transition).",
                threshold * 4.3
            ),
            AlarmState::Ok => format!(
                "Threshold Crossed: 1 out of the last 1 datapoints [{:.1} ({at})] was not greater than the threshold ({threshold:.1}) (minimum 1 datapoint for ALARM -> OK transition).",
                threshold / 8.0
            ),
            AlarmState::InsufficientData => "Insufficient Data: 3 datapoints were unknown.".to_string(),
        }
    }
}

impl Held {
    fn reads(&mut self, read: Option<AlarmState>, now: Timestamp) -> Option<AlarmState> {
        let Some(read) = read.filter(|read| *read != self.row.state) else {
            self.turned = None;
            return None;
        };
        let turned = *self.turned.get_or_insert(now);
        // What crashed in the last minute is a minute old when it counts for nothing any more.
        let waits = !matches!(self.gauge, Gauge::AnyOf(_)) && self.row.state != AlarmState::Alarm;
        (!waits || words::seconds_since(turned, now) >= POINT).then_some(read)
    }

    fn turn(&mut self, state: AlarmState, now: Timestamp) -> String {
        let summary = format!("Alarm updated from {} to {}", self.row.state.word(), state.word());
        self.row.reason = self.gauge.reason(&self.row, state, now).into();
        (self.row.state, self.row.since, self.turned) = (state, Some(now), None);
        summary
    }
}

impl Fleet {
    /// What happened to the alarms of an environment, with the name of each.
    pub fn history<'a>(&'a self, env: &'a Environment) -> impl Iterator<Item = (&'a Text, &'a AlarmEntry)> {
        let admitted = self.held.iter().filter(|held| belongs(&env.scope, &held.row));
        let names: Vec<&Text> = admitted.map(|held| &held.row.name).collect();
        self.history.iter().filter(move |(of, _)| names.contains(&of)).map(|(of, entry)| (of, entry))
    }

    fn say(&mut self, alarm: &Text, at: Timestamp, kind: &str, summary: impl Into<Text>) {
        let entry = AlarmEntry { at: Some(at), kind: kind.into(), summary: summary.into() };
        self.history.insert(0, (alarm.clone(), entry));
    }
}

fn step(estate: &mut Estate, now: Timestamp) {
    let reads: Vec<_> = estate.alarms.held.iter().map(|held| held.gauge.reads(estate, now)).collect();
    let mut said = Vec::new();
    for (held, read) in estate.alarms.held.iter_mut().zip(reads) {
        if let Some(state) = held.reads(read, now) {
            let summary = held.turn(state, now);
            let called = held.row.actions.first().filter(|_| state == AlarmState::Alarm && held.row.actions_enabled);
            said.push((held.row.name.clone(), summary, called.cloned()));
        }
    }
    for (name, summary, called) in said {
        estate.alarms.say(&name, now, "StateUpdate", summary);
        if let Some(topic) = called {
            estate.alarms.say(&name, now, "Action", format!("Successfully executed action {topic}"));
        }
    }
}

/// CloudWatch's alarms.
pub struct Alarms;

impl Holding for Alarms {
    fn kind(&self) -> KindId {
        ALARMS
    }

    fn actions(&self) -> &'static [ActionId] {
        &[]
    }

    fn reads(&self) -> &'static str {
        "cloudwatch:DescribeAlarms"
    }

    fn quota(&self) -> (&'static str, Option<f64>) {
        ("CloudWatch alarms", Some(9.0))
    }

    fn changes(&self) -> &'static [Op] {
        &[]
    }

    fn step(&self, estate: &mut Estate, now: Timestamp, _: &mut Rng) {
        step(estate, now);
    }

    fn parts(&self, _: View) -> Vec<Text> {
        [List::Metric, List::Composite, List::Log, List::Global].map(|list| list.part().into()).to_vec()
    }

    fn rows(&self, view: View, wanted: &dyn Fn(&ResourceId) -> bool) -> Vec<Object> {
        shown(view.estate.alarms.held.iter().map(|held| &held.row), wanted)
    }

    fn admits(&self, env: &Environment, object: &Object) -> bool {
        cast::<Alarm>(&**object).is_some_and(|alarm| belongs(&env.scope, alarm))
    }

    fn detail(&self, view: View, id: &ResourceId) -> Option<Facts> {
        let fleet = &view.estate.alarms;
        let row = &fleet.held.iter().find(|held| held.row.id == *id)?.row;
        let history = fleet.history.iter().filter(|(of, _)| *of == row.name).map(|(_, entry)| entry.clone()).collect();
        Some(Arc::new(AlarmDetail { alarm: row.clone(), history: Ok(history) }))
    }

    fn facts(&self, _: View, _: ActionId, _: &ResourceId) -> Option<Facts> {
        None
    }

    fn perform(&self, _: &mut Estate, call: &Call, _: Timestamp, _: &mut Rng) -> Result<Receipt, Refusal> {
        Err(Refusal::invalid(format!("InvalidAction: {} changes no alarm here", call.operation)))
    }
}
