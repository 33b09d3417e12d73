//! What alarms tell: that they ring, that they know nothing, and that autoscaling does not get there.

use super::related_resource::subjects;
use super::{health, wording};
use crate::domain::Timestamp;
use crate::domain::alarm::{Alarm, AlarmState, Scaling};
use crate::domain::health::Health;
use crate::domain::rules::Limit;
use crate::kinds;
use crate::kinds::kind::Role;
use crate::kinds::rule::{Evidence, Found, Place, Rule, RuleInput, Symptom, Test};

/// The rules, in the order of their ranks.
pub fn rules() -> Vec<Rule> {
    vec![
        Rule {
            id: "scaling-stuck",
            title: "autoscaling does not get there",
            rank: 28,
            means: "the AlarmHigh of target tracking in ALARM for so long: its maximum, no capacity, or a load that grows",
            limit: Some(Limit { default: 15.0, unit: "min", range: (1.0, 1_440.0) }),
            symptom: Some(Symptom::Requests),
            ..Rule::of(Test::row(stuck))
        },
        Rule {
            id: "alarm",
            title: "alarm",
            rank: 40,
            means: "StateValue ALARM, those of target tracking aside",
            next: &[("open", "its history and the metric behind it")],
            ..Rule::of(Test::row(ringing))
        },
        Rule {
            id: "alarm-no-data",
            title: "alarm without data",
            rank: 41,
            means: "StateValue INSUFFICIENT_DATA, or an evaluation that failed: unknown, and not well",
            next: &[("open", "what it watches, and since when nothing comes")],
            ..Rule::of(Test::row(silent))
        },
    ]
}

/// The states of an alarm and what it compares, with the age of its state.
fn told(alarm: &Alarm, seen: &RuleInput) -> Vec<Evidence> {
    let mut told = vec![
        Evidence::new("StateValue", alarm.state.word(), Some(seen.at)),
        Evidence::new("StateReason", alarm.reason.as_str(), alarm.since),
        Evidence::new("rings when", wording::what(&alarm.watched), None),
    ];
    told.extend(health::silenced(alarm).map(|why| Evidence::new("ActionsEnabled", why, Some(seen.at))));
    if !alarm.description.is_empty() {
        told.push(Evidence::new("description", alarm.description.as_str(), None));
    }
    told
}

fn ringing(alarm: &Alarm, seen: &RuleInput) -> Option<Found> {
    if alarm.state != AlarmState::Alarm || alarm.scaling().is_some() {
        return None;
    }
    let found = Found::new(Health::Degraded, wording::what(&alarm.watched), alarm.since).evidence(told(alarm, seen));
    Some(if subjects(alarm).is_empty() { found } else { found.next("subject", "what it is about") })
}

fn silent(alarm: &Alarm, seen: &RuleInput) -> Option<Found> {
    let diagnosis = seen.diagnosis;
    if diagnosis.health != Health::Unknown {
        return None;
    }
    Some(Found::new(Health::Unknown, diagnosis.why.to_string(), alarm.since).evidence(told(alarm, seen)))
}

/// It wants more tasks, and for long has not got enough.
fn stuck(alarm: &Alarm, seen: &RuleInput) -> Option<Found> {
    let rings = alarm.state == AlarmState::Alarm && alarm.scaling() == Some(Scaling::Out);
    let since = alarm.since.filter(|_| rings)?;
    let waits = (seen.limit * 60.0) as i64;
    // It is stuck since it rings for too long: what held it up came in between.
    let stuck = Timestamp::from_second(since.as_second() + waits).ok().filter(|stuck| *stuck <= seen.now)?;
    let of = subjects(alarm).into_iter().find_map(|(kind, name)| {
        let kind = kinds::kind(kind).filter(|kind| kind.role() == Role::Compute)?;
        Some((kind, seen.context.named(kind.id(), &name)))
    });
    let of = of.and_then(|(kind, object)| Some((kind, object?)));
    let facts = of.and_then(|(_, object)| seen.context.facts(object.id()));
    let scaled = of.and_then(|(kind, object)| kind.scaled(&**object, facts.map(|(facts, _)| &**facts)));
    let desired = scaled.as_ref().map(|scaled| scaled.desired);
    let max = scaled.and_then(|scaled| scaled.max);
    let is_at_max = desired.zip(max).is_some_and(|(desired, max)| desired >= max);
    let what = match max {
        Some(max) if is_at_max => format!("autoscaling is at its maximum of {max}, and the load is over its target"),
        Some(_) => "over its target for long, and autoscaling is not at its maximum".to_string(),
        None => "over its target for long; maximum not checked yet".to_string(),
    };
    let mut evidence = told(alarm, seen);
    evidence.extend(desired.map(|desired| Evidence::new("desiredCount", desired.to_string(), Some(seen.at))));
    evidence.extend(max.map(|max| Evidence::new("maxCapacity", max.to_string(), facts.map(|(_, at)| at))));
    let mut found = Found::new(Health::Degraded, what, Some(stuck)).evidence(evidence);
    found.place = of.map(|(kind, object)| Place::of(kind.id(), &**object));
    let found = found.next("open", "its bounds and its load");
    Some(if is_at_max { found.next("scale", "more tasks, with the bounds raised") } else { found })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::tests::{alarm, now, of_service, ringing, rule};
    use super::*;
    use crate::diagnosis::fixtures::{Scene, prove};
    use crate::kinds::alarms::ALARMS;
    use crate::kinds::services::SERVICES;
    use crate::kinds::services::fixtures::{bounds, detail_of, service};

    fn scene(alarm: Alarm) -> Scene {
        Scene::at(now()).with(ALARMS, alarm)
    }

    /// Target tracking wants more since so many minutes.
    fn wants_more(minutes: i64) -> Alarm {
        ringing(of_service("TargetTracking-service/marine/api-AlarmHigh-1f", "marine", "api"), minutes)
    }

    #[test]
    fn every_rule_finds_what_is_there_and_nothing_else() {
        let silent = Alarm { state: AlarmState::InsufficientData, ..alarm("backfill-cpu") };
        prove(
            ALARMS,
            vec![
                ("scaling-stuck", scene(wants_more(20)), scene(wants_more(3))),
                ("alarm", scene(ringing(alarm("api-5xx"), 4)), scene(alarm("api-5xx"))),
                ("alarm-no-data", scene(silent), scene(alarm("backfill-cpu"))),
            ],
        );
    }

    #[test]
    fn that_of_target_tracking_is_no_alarm_of_anybody() {
        let low = ringing(of_service("TargetTracking-service/marine/api-AlarmLow-1f", "marine", "api"), 300);
        assert_eq!(scene(low).look().findings, []);
        assert_eq!(scene(wants_more(3)).look().findings, []);
    }

    #[test]
    fn its_maximum_is_told_where_it_is_known_and_else_that_it_is_not() {
        let at = |desired| service(desired);
        let of = |desired, max: Option<u32>| {
            let service = at(desired);
            let mut detail = detail_of(&service);
            detail.scaling = Ok(max.map(|max| bounds(1, max)));
            let id = service.id.clone();
            let scene = scene(wants_more(20)).with(SERVICES, service);
            let scene = if max.is_some() { scene.detail(&id, Arc::new(detail)) } else { scene };
            scene.found("scaling-stuck").unwrap()
        };
        let found = of(8, Some(8));
        assert_eq!((found.name.as_str(), found.kind), ("api", SERVICES), "it is the service that is short");
        assert!(found.found.what.starts_with("autoscaling is at its maximum of 8"), "{}", found.found.what);
        assert!(found.found.next.iter().any(|next| next.command == "scale"));
        assert!(of(4, Some(8)).found.what.contains("is not at its maximum"));
        assert!(of(8, None).found.what.contains("not checked"));
    }

    #[test]
    fn a_rule_over_alarms_stands_below_the_alarm_that_it_repeats() {
        let child = ringing(alarm("api-5xx"), 4);
        let outage = ringing(rule("outage", "ALARM(api-5xx) OR ALARM(other)"), 4);
        assert_eq!(scene(outage).with(ALARMS, child).told_in_order(), ["alarm api-5xx", "- alarm outage"]);
    }
}
