//! The alarms of the estate: they look at its metrics once a minute, as CloudWatch's do.

mod seed;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use fastrand::Rng;

use super::holding::{Holding, Refusal, View, shown};
use super::metrics;
use super::model::Estate;
use super::seed::later;
use crate::domain::Timestamp;
use crate::domain::alarm::{Alarm, AlarmDetail, AlarmEntry, AlarmState, Condition, List, Watched};
use crate::domain::call::{Call, Op};
use crate::domain::environment::Environment;
use crate::domain::intent::Receipt;
use crate::domain::metric::Metric;
use crate::domain::resource::{ActionId, Facts, KindId, Object, ResourceId, cast};
use crate::domain::text::Text;
use crate::kinds::alarms::ALARMS;
use crate::kinds::alarms::about::belongs;

/// Seconds into each minute at which the points of the minutes before are looked at: metrics come late.
const AFTER: i64 = 15;

/// What turned before the start did so that many seconds before.
const SETTLED: i64 = 40 * 60;

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
}

/// What an alarm should say, and the points that say it, newest first.
type Read = (AlarmState, Vec<(Timestamp, f64)>);

impl Held {
    /// `None`: as it does.
    fn reads(&self, estate: &Estate, now: Timestamp) -> Option<Read> {
        let is_time = now.as_second().rem_euclid(60) == AFTER;
        match &self.row.watched {
            Watched::Metric(metric, condition) if is_time => of_metric(estate, metric, condition, now),
            rule @ Watched::Rule(_) => {
                let names = rule.children();
                let rings = |held: &Held| held.row.state == AlarmState::Alarm && names.contains(&held.row.name);
                // A rule follows at once.
                let any = estate.alarms.held.iter().any(rings);
                Some((if any { AlarmState::Alarm } else { AlarmState::Ok }, vec![]))
            }
            _ => None,
        }
    }

    fn turn(&mut self, (state, points): Read, now: Timestamp) -> String {
        let summary = format!("Alarm updated from {} to {}", self.row.state.word(), state.word());
        self.row.reason = reason(&self.row, state, &points).into();
        (self.row.state, self.row.since) = (state, Some(now));
        summary
    }
}

/// The points that a condition looks at: the metric is what its charts show.
fn of_metric(estate: &Estate, metric: &Metric, condition: &Condition, now: Timestamp) -> Option<Read> {
    let threshold = condition.threshold?;
    let period = i64::from(condition.period);
    let end = now.as_second() - now.as_second().rem_euclid(period);
    let (wanted, among) = condition.datapoints;
    let points = (1..=i64::from(among)).filter_map(|back| {
        let begins = end - back * period;
        Some((Timestamp::from_second(begins).ok()?, metrics::point(estate, metric, condition.period, begins)?))
    });
    let points: Vec<(Timestamp, f64)> = points.collect();
    let breaches = |value: f64| match condition.comparison.as_str() {
        "LessThanThreshold" => value < threshold,
        _ => value > threshold,
    };
    let breaching = points.iter().filter(|(_, value)| breaches(*value)).count();
    // Of counts that are not written there were none.
    let state = match points.len() {
        _ if breaching >= wanted as usize => AlarmState::Alarm,
        0 if condition.missing == "missing" => AlarmState::InsufficientData,
        _ => AlarmState::Ok,
    };
    Some((state, points))
}

/// Why it says so, in AWS's words.
fn reason(alarm: &Alarm, state: AlarmState, points: &[(Timestamp, f64)]) -> String {
    let rings = state == AlarmState::Alarm;
    let Some(condition) = alarm.watched.condition() else {
        let names = alarm.watched.children();
        let name = names.first().map_or("", |name| name.as_str());
        return format!("The rule became {rings}: alarm {name} turned to it.");
    };
    let (wanted, among) = condition.datapoints;
    if state == AlarmState::InsufficientData {
        return format!("Insufficient Data: {among} datapoints were unknown.");
    }
    let told: Vec<String> =
        points.iter().map(|(at, value)| format!("{value:.1} ({})", at.strftime("%d/%m/%y %H:%M:00"))).collect();
    if told.is_empty() {
        return "Threshold Crossed: no datapoints were received, and missing ones are not breaching.".to_string();
    }
    let compared = match &*condition.comparison {
        "LessThanThreshold" => "less",
        _ => "greater",
    };
    format!(
        "Threshold Crossed: {wanted} out of the last {among} datapoints [{}] {} {compared} than the threshold ({:.1}) \
         (minimum {wanted} datapoint{} for {} transition).",
        told.join(", "),
        match (wanted, rings) {
            (1, true) => "was",
            (1, false) => "was not",
            (_, true) => "were",
            (_, false) => "were not",
        },
        condition.threshold.unwrap_or_default(),
        if wanted == 1 { "" } else { "s" },
        if rings { "OK -> ALARM" } else { "ALARM -> OK" },
    )
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

/// What scales is by day otherwise than by night: at the start it is as the metrics of then say.
pub fn settle(estate: &mut Estate, now: Timestamp) {
    let read = |held: &Held| match &held.row.watched {
        Watched::Metric(metric, condition) if held.row.scaling().is_some() => of_metric(estate, metric, condition, now),
        _ => None,
    };
    let reads: Vec<Option<Read>> = estate.alarms.held.iter().map(read).collect();
    take(&mut estate.alarms, reads, later(now, -SETTLED));
}

fn step(estate: &mut Estate, now: Timestamp) {
    let reads: Vec<Option<Read>> = estate.alarms.held.iter().map(|held| held.reads(estate, now)).collect();
    take(&mut estate.alarms, reads, now);
}

/// Takes over what was read, and tells what turned.
fn take(fleet: &mut Fleet, reads: Vec<Option<Read>>, now: Timestamp) {
    let mut said = Vec::new();
    for (held, read) in fleet.held.iter_mut().zip(reads) {
        if let Some(read) = read.filter(|(state, _)| *state != held.row.state) {
            let rings = read.0 == AlarmState::Alarm;
            let summary = held.turn(read, now);
            let called = held.row.actions.first().filter(|_| rings && held.row.actions_enabled);
            said.push((held.row.name.clone(), summary, called.cloned()));
        }
    }
    for (name, summary, called) in said {
        fleet.say(&name, now, "StateUpdate", summary);
        if let Some(topic) = called {
            fleet.say(&name, now, "Action", format!("Successfully executed action {topic}"));
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
