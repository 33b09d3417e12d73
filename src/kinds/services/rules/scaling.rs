//! What autoscaling wanted for a service and could not: the activities of all services are one request.

use crate::domain::alarm::Scaling;
use crate::domain::format;
use crate::domain::health::Health;
use crate::domain::resource::Object;
use crate::domain::rules::Limit;
use crate::domain::scaling::ScalingActivity;
use crate::domain::service::Service;
use crate::kinds::kind::{Kind, Watch};
use crate::kinds::rule::{Evidence, Found, Rule, RuleInput, Symptom, Test, Verdict};
use crate::kinds::trend::{Unseen, Why};

/// Activities that were read longer ago tell nothing about now, in seconds.
const FRESH: i64 = 5 * 60;

/// The rule. What autoscaling could not do longer ago than its threshold is over: alarms ask again every
/// minute or few.
pub fn rules() -> Vec<Rule> {
    vec![Rule {
        id: "autoscaling-at-max",
        title: "autoscaling at max",
        rank: 29,
        means: "NotScaledReasons with AlreadyAtMaxCapacity, so lately, and not overtaken",
        limit: Some(Limit { default: 15.0, unit: "min", range: (1.0, 1_440.0) }),
        symptom: Some(Symptom::Requests),
        explains_rules: &["scaling-stuck"],
        next: &[
            ("open", "its autoscaling: raise the max there if it is load, and what all tasks share holds more"),
            ("golden", "whether the load grew, or each request became dearer"),
        ],
        ..Rule::of(Test::read(at_max))
    }]
}

/// Whether nothing asks for more tasks any more: the alarm behind the newest wish is known, it and those by
/// which target tracking asks are OK.
fn is_content(service: &Service, newest: &ScalingActivity, seen: &RuleInput) -> bool {
    // `monitor alarm NAME in state ALARM triggered policy POLICY` (Application Auto Scaling guide, "Scaling
    // activities").
    let asked = |alarm: &Object| newest.cause.contains(&format!("alarm {} ", alarm.name()));
    let is_its = |(kind, alarm, watch): &(&dyn Kind, &Object, Watch)| {
        let own = kind.related_resources(&***alarm).into_iter();
        let mut own = own.filter_map(|(kind, name)| seen.context.named(kind, &name));
        watch.scales == Some(Scaling::Out) && own.any(|object| *object.id() == service.id)
    };
    let watches: Vec<(&dyn Kind, &Object, Watch)> =
        seen.context.watches().map(|(kind, alarm, watch)| (kind as &dyn Kind, alarm, watch)).collect();
    let mut asking = watches.iter().filter(|one| asked(one.1) || is_its(one));
    watches.iter().any(|(_, alarm, _)| asked(alarm)) && asking.all(|(.., watch)| watch.rings == Some(false))
}

/// A policy asked for more tasks and the max stood in the way, again and again until now.
fn at_max(service: &Service, seen: &RuleInput) -> Verdict {
    let scalings = &seen.context.readings().scalings;
    let resource = service.scaling_resource();
    let (activities, read) = scalings.newest_of(&resource);
    let is_fresh = |read: &_| format::seconds_since(*read, seen.now) <= FRESH;
    let Some(read) = read.filter(is_fresh) else {
        let why = match scalings.newest.fault() {
            Some(fault) => Why::Failed(fault.clone()),
            // The first read is under way.
            None if scalings.newest.is_loading() => return Ok(None),
            None => Why::NotRead,
        };
        return Err(Unseen { what: "autoscaling of services", why });
    };
    // Whatever it did last ends what it could not do before.
    let wanted = activities.into_iter().take_while(|activity| !activity.not_scaled.is_empty());
    let wanted: Vec<&ScalingActivity> = wanted.filter(|activity| activity.at_max().is_some()).collect();
    let lately = |at| format::seconds_since(at, seen.now) as f64 <= seen.limit * 60.0;
    let Some((newest, reason)) = wanted.first().and_then(|newest| Some((*newest, newest.at_max()?))) else {
        return Ok(None);
    };
    let has_room = reason.max.is_some_and(|max| service.desired < max);
    if !newest.started.is_some_and(lately) || has_room || is_content(service, newest, seen) {
        return Ok(None);
    }
    let bound = reason.max.map_or_else(|| "its max".to_string(), |max| format!("its max of {max}"));
    let mut told = vec![
        Evidence::new("NotScaledReasons", reason.code.to_string(), newest.started),
        Evidence::new("desiredCount", service.desired.to_string(), Some(seen.at)),
        Evidence::new("asked for", format!("{} as far as was read", format::count(wanted.len(), "time")), Some(read)),
    ];
    told.extend(reason.max.map(|max| Evidence::new("maxCapacity", max.to_string(), newest.started)));
    if !newest.cause.is_empty() {
        told.push(Evidence::new("cause", newest.cause.as_str(), newest.started));
    }
    let since = wanted.iter().filter_map(|activity| activity.started).min();
    let what = format!("autoscaling wants more tasks than {bound}");
    Ok(Some(Found::new(Health::Degraded, what, since).evidence(told)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::diagnosis::fixtures::Scene;
    use crate::domain::alarm::{Alarm, AlarmState};
    use crate::domain::scaling::NotScaled;
    use crate::kinds::alarms::ALARMS;
    use crate::kinds::alarms::tests::of_service;
    use crate::kinds::services::SERVICES;
    use crate::kinds::services::fixtures::{ago, now, service};

    const HIGH: &str = "TargetTracking-service/marine/api-AlarmHigh-1";

    fn wanted(seconds_ago: i64, code: &str, max: u32) -> ScalingActivity {
        ScalingActivity {
            resource: "service/marine/api".into(),
            started: Some(ago(seconds_ago)),
            cause: format!("monitor alarm {HIGH} in state ALARM triggered policy cpu").into(),
            not_scaled: vec![NotScaled { code: code.into(), max: Some(max), ..NotScaled::default() }],
            ..ScalingActivity::default()
        }
    }

    fn scaled(seconds_ago: i64) -> ScalingActivity {
        let status = "Successful".into();
        ScalingActivity { not_scaled: vec![], status, ..wanted(seconds_ago, "", 0) }
    }

    fn scene(desired: u32, activities: Vec<ScalingActivity>, read: i64) -> Scene {
        let mut scene = Scene::at(now()).with(SERVICES, service(desired));
        scene.readings.scalings.accept(None, Ok(activities), ago(read));
        scene
    }

    fn told(scene: &Scene) -> Option<Found> {
        scene.found("autoscaling-at-max").map(|finding| finding.found)
    }

    fn at_max(desired: u32, activities: Vec<ScalingActivity>, read: i64) -> Option<Found> {
        told(&scene(desired, activities, read))
    }

    /// What the rule finds and what not.
    pub fn scenes() -> Vec<(&'static str, Scene, Scene)> {
        let wanted = || vec![wanted(60, "AlreadyAtMaxCapacity", 8)];
        vec![("autoscaling-at-max", scene(8, wanted(), 10), scene(4, wanted(), 10))]
    }

    fn values<'a>(found: &'a Found, field: &str) -> Vec<&'a str> {
        found.evidence.iter().filter(|e| e.field == field).map(|e| e.value.as_str()).collect()
    }

    #[test]
    fn at_its_max_it_wants_more() {
        let max = |at| wanted(at, "AlreadyAtMaxCapacity", 8);
        let found = at_max(8, vec![max(60), max(120), max(180), scaled(600), max(900)], 10).unwrap();
        assert_eq!((found.health, found.since), (Health::Degraded, Some(ago(180))), "from its last step on");
        assert_eq!(found.what, "autoscaling wants more tasks than its max of 8");
        assert_eq!(values(&found, "NotScaledReasons"), ["AlreadyAtMaxCapacity"]);
        assert_eq!((values(&found, "maxCapacity"), values(&found, "desiredCount")), (vec!["8"], vec!["8"]));
        assert!(values(&found, "cause")[0].contains("state ALARM"));
    }

    #[test]
    fn at_its_max_without_a_wish_for_more_is_no_finding() {
        let max = |at| wanted(at, "AlreadyAtMaxCapacity", 8);
        assert_eq!(at_max(8, vec![], 10), None);
        assert_eq!(at_max(8, vec![scaled(30), max(60)], 10), None, "it has scaled since");
        assert_eq!(at_max(8, vec![max(901)], 10), None, "it was long ago");
        let old = scene(8, vec![max(60)], FRESH + 1).look();
        assert_eq!(
            (old.findings.len(), old.unread[0].what.as_str()),
            (0, "autoscaling of services"),
            "too old to tell"
        );
        assert_eq!(at_max(4, vec![max(60)], 10), None, "it runs less by now");
        assert_eq!(at_max(8, vec![wanted(60, "AlreadyAtMinCapacity", 8)], 10), None, "it wanted less");
        let other = ScalingActivity { resource: "service/marine/web".into(), ..max(60) };
        assert_eq!(at_max(8, vec![other], 10), None, "another service's");
    }
    #[test]
    fn when_nothing_asks_for_more_it_is_over() {
        let asks = |name: &str, state| Alarm { state, ..of_service(name, "marine", "api") };
        let with = |alarms: Vec<Alarm>| {
            let scene = scene(8, vec![wanted(60, "AlreadyAtMaxCapacity", 8)], 10);
            told(&alarms.into_iter().fold(scene, |scene, alarm| scene.with(ALARMS, alarm))).is_none()
        };
        let other = "TargetTracking-service/marine/api-AlarmHigh-2";
        assert!(with(vec![asks(HIGH, AlarmState::Ok)]));
        assert!(!with(vec![asks(HIGH, AlarmState::Alarm)]));
        assert!(!with(vec![asks(HIGH, AlarmState::InsufficientData)]), "nobody knows");
        assert!(!with(vec![asks(HIGH, AlarmState::Ok), asks(other, AlarmState::Alarm)]), "another asks");
        assert!(!with(vec![asks(other, AlarmState::Ok)]), "the one that asked is not known");
        let admin = Alarm {
            state: AlarmState::Alarm,
            ..of_service("TargetTracking-service/marine/api-admin-AlarmHigh-3", "marine", "api-admin")
        };
        assert!(with(vec![asks(HIGH, AlarmState::Ok), admin]), "that of another service");
    }
}
