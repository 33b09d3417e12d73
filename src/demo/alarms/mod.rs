//! The alarms of the estate: they look at its metrics once a minute, as CloudWatch's do.

mod seed;
#[cfg(test)]
mod tests;

use super::metrics;
use crate::demo::prelude::*;
use crate::domain::alarm::{Alarm, AlarmDetail, AlarmEntry, AlarmState, Condition, List, Watched};
use crate::domain::ops::cloudwatch;
use crate::domain::resource::cast;
use crate::kinds::alarms::related_resource::belongs;
use crate::kinds::alarms::timeline;
use crate::kinds::alarms::{ALARMS, EVENTS};

/// Seconds into each minute at which the points of the minutes before are looked at: metrics come late.
const AFTER: i64 = 15;

/// What turned before the start did so that many seconds before.
const SETTLED: i64 = 40 * 60;

/// What an estate has of alarms.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// As AWS tells them.
    rows: Vec<Alarm>,
    /// By alarm, newest first.
    history: Vec<(Text, AlarmEntry)>,
    /// One has turned since the rules were looked at.
    turned: bool,
}

/// What an alarm should say, and the points that say it, newest first.
type Read = (AlarmState, Vec<(Timestamp, f64)>);

/// The name of the alarm at one side (`High`, `Low`) of what a target tracking policy scales.
pub fn of_tracking(scaled: &str, side: &str) -> String {
    format!("TargetTracking-{scaled}-Alarm{side}-5d2f0a9c-7e41")
}

/// What an alarm should say now; `None`: what it does.
fn reads(alarm: &Alarm, estate: &Estate, now: Timestamp) -> Option<Read> {
    let is_time = now.as_second().rem_euclid(60) == AFTER;
    match &alarm.watched {
        Watched::Metric(metric, condition) if is_time => of_metric(estate, metric, condition, now),
        // A rule follows at once.
        Watched::Rule(_) => {
            let any = fleet(estate).children(alarm).any(|child| child.state == AlarmState::Alarm);
            Some((if any { AlarmState::Alarm } else { AlarmState::Ok }, vec![]))
        }
        _ => None,
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

/// Why an alarm of a rule turns: the child that turned last.
fn reason_of_rule(alarm: &Alarm, state: AlarmState, fleet: &Fleet) -> String {
    let turned = fleet.children(alarm).filter(|child| child.state == state).max_by_key(|child| child.since);
    let name = turned.map_or("", |child| child.name.as_str());
    format!("The rule became {}: alarm {name} turned to it.", state == AlarmState::Alarm)
}

/// Why an alarm of a metric says so, in AWS's words.
fn reason(condition: &Condition, state: AlarmState, points: &[(Timestamp, f64)]) -> String {
    let rings = state == AlarmState::Alarm;
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
    /// The alarms that a rule names.
    fn children<'a>(&'a self, rule: &Alarm) -> impl Iterator<Item = &'a Alarm> + use<'a> {
        let names = rule.watched.children();
        self.rows.iter().filter(move |row| names.contains(&row.name))
    }

    /// What happened to the alarms of an environment, with the name of each.
    fn history<'a>(&'a self, env: &'a Environment) -> impl Iterator<Item = (&'a Text, &'a AlarmEntry)> {
        let admitted = self.rows.iter().filter(|row| belongs(&env.scope, row));
        let names: Vec<&Text> = admitted.map(|row| &row.name).collect();
        self.history.iter().filter(move |(of, _)| names.contains(&of)).map(|(of, entry)| (of, entry))
    }

    fn record_event(&mut self, alarm: &Text, at: Timestamp, kind: &str, summary: impl Into<Text>) {
        let entry = AlarmEntry { at: Some(at), kind: kind.into(), summary: summary.into() };
        self.history.insert(0, (alarm.clone(), entry));
    }
}

/// Takes over what was read, and tells what turned.
fn take(fleet: &mut Fleet, reads: Vec<Option<Read>>, now: Timestamp) {
    fleet.turned = false;
    for (place, read) in reads.into_iter().enumerate() {
        let row = &fleet.rows[place];
        let Some((state, points)) = read.filter(|(state, _)| *state != row.state) else { continue };
        let summary = format!("Alarm updated from {} to {}", row.state.word(), state.word());
        let reason = match row.watched.condition() {
            Some(condition) => reason(condition, state, &points),
            None => reason_of_rule(row, state, fleet),
        };
        let name = row.name.clone();
        let called = row.actions.first().filter(|_| state == AlarmState::Alarm && row.actions_enabled).cloned();
        let row = &mut fleet.rows[place];
        (row.state, row.since, row.reason) = (state, Some(now), reason.into());
        fleet.turned = true;
        fleet.record_event(&name, now, "StateUpdate", summary);
        if let Some(topic) = called {
            fleet.record_event(&name, now, "Action", format!("Successfully executed action {topic}"));
        }
    }
}

fn fleet(estate: &Estate) -> &Fleet {
    estate.state()
}

/// CloudWatch's alarms.
pub struct Simulated;

impl SimulatedKind for Simulated {
    fn kind(&self) -> KindId {
        ALARMS
    }

    fn reads(&self) -> Op {
        cloudwatch::DESCRIBE_ALARMS
    }

    fn seed(&self, Moment { estate, now, .. }: &mut Moment) {
        estate.insert_state(Fleet::new(&estate.place, *now));
    }

    /// What scales is by day otherwise than by night: at the start it is as the metrics of then say.
    fn settle(&self, estate: &mut Estate, now: Timestamp) {
        let read = |row: &Alarm| match &row.watched {
            Watched::Metric(metric, condition) if row.scaling().is_some() => of_metric(estate, metric, condition, now),
            _ => None,
        };
        let reads: Vec<Option<Read>> = fleet(estate).rows.iter().map(read).collect();
        let fleet: &mut Fleet = estate.state_mut();
        take(fleet, reads, later(now, -SETTLED));
        fleet.turned = true;
    }

    fn step(&self, Moment { estate, now, .. }: &mut Moment) {
        if now.as_second().rem_euclid(60) != AFTER && !fleet(estate).turned {
            return;
        }
        let reads: Vec<Option<Read>> = fleet(estate).rows.iter().map(|row| reads(row, estate, *now)).collect();
        take(estate.state_mut(), reads, *now);
    }

    fn parts(&self, _: View) -> Vec<Text> {
        [List::Metric, List::Composite, List::Log, List::Global].map(|list| list.part().into()).to_vec()
    }

    fn rows(&self, view: View, wanted: &dyn Fn(&ResourceId) -> bool) -> Vec<Object> {
        shown(fleet(view.estate).rows.iter(), wanted)
    }

    fn admits(&self, env: &Environment, object: &Object) -> bool {
        cast::<Alarm>(&**object).is_some_and(|alarm| belongs(&env.scope, alarm))
    }

    fn detail(&self, view: View, id: &ResourceId) -> Option<Facts> {
        let fleet = fleet(view.estate);
        let row = fleet.rows.iter().find(|row| row.id == *id)?;
        let history = fleet.history.iter().filter(|(of, _)| *of == row.name).map(|(_, entry)| entry.clone()).collect();
        Some(Arc::new(AlarmDetail { alarm: row.clone(), history: Ok(history) }))
    }

    fn sources(&self) -> &'static [(TimelineSource, Op)] {
        &[(EVENTS, cloudwatch::DESCRIBE_ALARM_HISTORY)]
    }

    fn events(&self, view: View, source: TimelineSource) -> Vec<TimelineEvent> {
        let history = fleet(view.estate).history(view.env).filter(|_| source == EVENTS);
        history.filter_map(|(name, entry)| timeline::entry(name, entry)).collect()
    }
}
