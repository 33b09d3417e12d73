//! What is wrong with a service by its load balancers and its autoscaling. Neither needs its detail: the
//! targets of a suspect are read without it, and the activities of all services are one request.

use std::collections::BTreeMap;

use super::{evidence, metrics, targets};
use crate::domain::Timestamp;
use crate::domain::alarm::{Alarm, AlarmState, Scaling};
use crate::domain::balancing::{Target, TargetState, group_name};
use crate::domain::health::Health;
use crate::domain::metric::Readings;
use crate::domain::resource::cast;
use crate::domain::scaling::ScalingActivity;
use crate::domain::service::{Service, ServiceEvent};
use crate::domain::text::Text;
use crate::domain::words;
use crate::kinds::alarms::ALARMS;
use crate::kinds::metric::ROW;
use crate::kinds::triage::{Evidence, Found, Rule, Seen};

/// Targets that were read longer ago tell nothing about now, in seconds.
const FRESH: i64 = 120;
/// An event of a failed check that is older tells nothing about now, in seconds.
const RECENT: i64 = 10 * 60;
/// What autoscaling could not do longer ago than that is over, in seconds: its alarms ask again every
/// minute or few.
const WANTED: i64 = 15 * 60;
/// Activities that were read longer ago tell nothing about now, in seconds.
const ACTIVITIES_FRESH: i64 = 5 * 60;
/// Periods of a minute for which CloudWatch's newest point counts as now.
const PATIENCE: u32 = 4;

/// The rules, after those of tasks and deployments.
pub fn rules() -> Vec<Rule> {
    vec![
        Rule::of::<Service>(
            ("unhealthy-targets", "unhealthy targets"),
            18,
            "DescribeTargetHealth, an event of a failed check, or UnHealthyHostCount above 0",
            |s, seen| unhealthy_targets(s, seen.now, seen.sight.readings()),
        )
        .explains(&["health-flapping", "tasks-missing", "target-5xx", "balancer-5xx", "latency"]),
        Rule::of::<Service>(
            ("autoscaling-at-max", "autoscaling at max"),
            29,
            "NotScaledReasons with AlreadyAtMaxCapacity, within 15 min and not overtaken",
            |s, seen| autoscaling_at_max(s, seen.at, seen.now, seen.sight.readings()).filter(|_| !is_content(s, seen)),
        )
        .explains(&["scaling-stuck"]),
    ]
}

/// Whether the targets of a service are worth a look: by what ECS says of their checks, by what
/// CloudWatch counts, or by what they were last read to be.
pub fn is_suspect(service: &Service, now: Timestamp, readings: &Readings) -> bool {
    let failing = |arn: &Text| readings.groups.targets(arn).is_some_and(|(told, _)| told.iter().any(is_unhealthy));
    failed_check(service, now).is_some()
        || counted(service, now, readings).is_some()
        || service.target_groups.iter().any(failing)
}

fn is_unhealthy(target: &Target) -> bool {
    target.state.is_unhealthy()
}

/// The newest event that says that a target fails its check, unless all was steady after it.
fn failed_check(service: &Service, now: Timestamp) -> Option<&ServiceEvent> {
    let then = Timestamp::from_second(now.as_second() - RECENT).ok()?;
    evidence::since(service, then)
        .take_while(|event| evidence::said(event) != evidence::Said::Steady)
        .find(|event| says_failed_check(event))
}

/// `… is unhealthy in (target-group arn…)`, `… failed ELB health checks in (target-group arn…)` (ECS guide,
/// service event messages).
fn says_failed_check(event: &ServiceEvent) -> bool {
    let message = event.message.to_ascii_lowercase();
    message.contains("elb health check") || (message.contains("is unhealthy") && message.contains("target-group"))
}

/// The most that UnHealthyHostCount is now, when it is any, with the time of that point and since when
/// it is above nothing without a break.
fn counted(service: &Service, now: Timestamp, readings: &Readings) -> Option<(f64, Timestamp, Timestamp)> {
    let all = metrics::unhealthy_hosts(service, readings).into_iter().filter_map(|metric| {
        let series = readings.series(&metric, ROW)?;
        let value = series.last(now, PATIENCE).filter(|value| *value > 0.0)?;
        let since = series.points.iter().rev().take_while(|(_, value)| *value > 0.0).last()?.0;
        Some((value, series.points.last()?.0, since))
    });
    all.max_by(|a, b| a.0.total_cmp(&b.0))
}

/// Targets that fail their checks. What the balancer says of them comes first; where they were not read,
/// ECS's events and CloudWatch's count speak.
pub fn unhealthy_targets(service: &Service, now: Timestamp, readings: &Readings) -> Option<Found> {
    if service.target_groups.is_empty() || service.desired == 0 {
        return None;
    }
    let read: Vec<(&Text, &[Target], Timestamp)> = (service.target_groups.iter())
        .filter_map(|arn| readings.groups.targets(arn).map(|(told, at)| (arn, told, at)))
        .filter(|(.., at)| words::seconds_since(*at, now) <= FRESH)
        .collect();
    let event = failed_check(service, now);
    let counted = counted(service, now, readings);
    let mut since: Vec<Timestamp> = counted.iter().map(|(.., since)| *since).collect();
    since.extend(first_failed_check(service, now));
    let bad: Vec<_> = read.iter().filter(|(_, told, _)| told.iter().any(is_unhealthy)).collect();
    if bad.is_empty() && read.len() == service.target_groups.len() {
        return None;
    }
    let mut told: Vec<Evidence> = Vec::new();
    let (health, what, next);
    if let Some((arn, targets, _)) = bad.first() {
        let count = targets.iter().filter(|target| is_unhealthy(target)).count();
        let worst = targets.iter().find(|target| is_unhealthy(target))?;
        // One side of blue/green may have no healthy target and harm nobody, while the other has some.
        let serves = read.iter().any(|(_, told, _)| told.iter().any(|target| target.state == TargetState::Healthy));
        health = if serves { Health::Degraded } else { Health::Down };
        let of = words::count(targets.iter().filter(|target| target.counts()).count(), "target");
        what = format!("{count} of {of} in {} fail their check: {}", group_name(arn), worst.why());
        next = advice(&worst.reason);
        for (arn, targets, at) in &bad {
            told.push(Evidence::new(format!("targets of {}", group_name(arn)), states(targets), Some(*at)));
            told.extend(reasons(targets, *at));
            let settings = readings.groups.of(arn).map(|group| &group.settings);
            if let Some((settings, at)) = settings.and_then(|settings| Some((settings.value()?, settings.at()?))) {
                told.push(Evidence::new("its check", targets::check(settings).text, Some(at)));
            }
        }
    } else {
        health = Health::Degraded;
        what = match (event, counted) {
            (Some(event), _) => evidence::message(event).to_string(),
            (None, Some((count, ..))) => format!("{count} targets fail their check, as CloudWatch counts them"),
            (None, None) => return None,
        };
        next = advice("");
    }
    told.extend(event.map(|event| Evidence::new("event", evidence::message(event), event.at)));
    told.extend(counted.map(|(count, at, _)| Evidence::new("UnHealthyHostCount", count.to_string(), Some(at))));
    let tasks = format!("{} of {} run", service.running, service.desired);
    told.push(Evidence::new("tasks", tasks, None));
    let found = Found::new(health, what, since.into_iter().min()).evidence(told);
    Some(found.next("open", next).next("logs", "what its tasks say when they are checked"))
}

/// When the checks that fail without a steady state in between began to.
fn first_failed_check(service: &Service, now: Timestamp) -> Option<Timestamp> {
    failed_check(service, now)?;
    let events = service.events.iter().take_while(|event| evidence::said(event) != evidence::Said::Steady);
    events.filter(|event| says_failed_check(event)).filter_map(|event| event.at).min()
}

/// `2 unhealthy, 3 healthy`.
fn states(targets: &[Target]) -> String {
    let counts = targets::counts(targets).into_iter();
    counts.map(|(state, count)| format!("{count} {}", state.word())).collect::<Vec<_>>().join(", ")
}

/// Each way to fail in AWS's words, with how many fail so.
fn reasons(targets: &[Target], at: Timestamp) -> Vec<Evidence> {
    let mut ways: BTreeMap<String, (&Text, usize)> = BTreeMap::new();
    for target in targets.iter().filter(|target| is_unhealthy(target)) {
        ways.entry(targets::in_aws_words(target)).or_insert((&target.reason, 0)).1 += 1;
    }
    let told = ways.into_iter().map(|(words, (_, count))| {
        Evidence::new("reason", if count == 1 { words } else { format!("{words} ({count} of them)") }, Some(at))
    });
    told.collect()
}

/// What to look at, by the code. More tasks help against none of these.
fn advice(reason: &str) -> &'static str {
    match reason {
        "Target.ResponseCodeMismatch" => {
            "its targets: the path of the check, the codes that are good, what the answer depends on"
        }
        "Target.Timeout" => "its targets: a dependency that is slow, the security group, the grace period",
        "Target.FailedHealthChecks" => "its targets: the port of the check, and whether the container listens at it",
        "Elb.InternalError" => "its targets; the fault is AWS's: look at AWS Health",
        _ => "its targets, each with the reason: tab Targets",
    }
}

/// The alarms by which its policies ask for more tasks are read, and none of them rings.
fn is_content(service: &Service, seen: &Seen) -> bool {
    let resource = service.scaling_resource();
    let rows = seen.sight.rows(ALARMS);
    let of = rows.iter().filter_map(|(object, _)| cast::<Alarm>(&***object));
    let asks = |alarm: &&Alarm| alarm.scaling() == Some(Scaling::Out) && alarm.name.contains(&format!("{resource}-"));
    let states: Vec<AlarmState> = of.filter(asks).map(|alarm| alarm.state).collect();
    !states.is_empty() && !states.contains(&AlarmState::Alarm)
}

/// A policy asked for more tasks and the max stood in the way, again and again until now.
pub fn autoscaling_at_max(service: &Service, at: Timestamp, now: Timestamp, readings: &Readings) -> Option<Found> {
    let resource = service.scaling_resource();
    let (activities, read) = readings.scalings.newest_of(&resource);
    let read = read.filter(|read| words::seconds_since(*read, now) <= ACTIVITIES_FRESH)?;
    // Whatever it did last ends what it could not do before.
    let wanted: Vec<&&ScalingActivity> = activities.iter().take_while(|a| !a.not_scaled.is_empty()).collect();
    let wanted: Vec<&ScalingActivity> = wanted.into_iter().copied().filter(|a| a.at_max().is_some()).collect();
    let newest = wanted.first().filter(|a| a.started.is_some_and(|at| words::seconds_since(at, now) <= WANTED))?;
    let max = newest.at_max()?.max;
    if max.is_some_and(|max| service.desired < max) {
        return None;
    }
    let bound = max.map_or_else(|| "its max".to_string(), |max| format!("its max of {max}"));
    let what = format!("autoscaling wants more tasks than {bound}");
    let mut told = vec![
        Evidence::new("NotScaledReasons", newest.at_max()?.code.to_string(), newest.started),
        Evidence::new("desiredCount", service.desired.to_string(), Some(at)),
        Evidence::new("asked for", format!("{} as far as was read", words::count(wanted.len(), "time")), Some(read)),
    ];
    told.extend(max.map(|max| Evidence::new("maxCapacity", max.to_string(), newest.started)));
    if !newest.cause.is_empty() {
        told.push(Evidence::new("cause", newest.cause.as_str(), newest.started));
    }
    let since = wanted.iter().filter_map(|activity| activity.started).min();
    let found = Found::new(Health::Degraded, what, since).evidence(told);
    Some(
        found
            .next("open", "its autoscaling: raise the max there if it is load, and what all tasks share holds more")
            .next("golden", "whether the load grew, or each request became dearer"),
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::balancing::{GroupSettings, HealthCheck};
    use crate::domain::metric::{Reading, Series};
    use crate::domain::scaling::NotScaled;
    use crate::kinds::services::SERVICES;
    use crate::kinds::services::build::{ago, event, now, service};
    use crate::kinds::triage::build::Scene;

    const GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/api/73e2";

    fn balanced(tasks: u32) -> Service {
        Service { target_groups: vec![GROUP.into()], ..service(tasks) }
    }

    fn target(n: u8, state: TargetState, reason: &str, description: &str) -> Target {
        let (reason, description) = (reason.into(), description.into());
        Target { id: format!("10.0.0.{n}").into(), port: Some(8080), zone: "a".into(), state, reason, description }
    }

    fn read(targets: Vec<Target>, seconds_ago: i64) -> Readings {
        let mut readings = Readings::default();
        readings.groups.accept_targets(GROUP.into(), Ok(targets), ago(seconds_ago));
        readings
    }

    fn failing() -> Vec<Target> {
        let bad = |n| {
            let said = "Health checks failed with these codes: [502]";
            target(n, TargetState::Unhealthy, "Target.ResponseCodeMismatch", said)
        };
        vec![bad(1), bad(2), target(3, TargetState::Healthy, "", "")]
    }

    /// For each rule what it finds and what not.
    pub fn scenes() -> Vec<(&'static str, Scene, Scene)> {
        let scene = |service: Service, readings| {
            let mut scene = Scene::at(now()).with(SERVICES, service);
            scene.readings = readings;
            scene
        };
        let well = vec![target(1, TargetState::Healthy, "", "")];
        let scalings = |activity| {
            let mut readings = Readings::default();
            readings.scalings.accept(None, Ok(vec![activity]), ago(10));
            readings
        };
        let code = "AlreadyAtMaxCapacity";
        vec![
            ("unhealthy-targets", scene(balanced(3), read(failing(), 4)), scene(balanced(3), read(well, 4))),
            (
                "autoscaling-at-max",
                scene(service(8), scalings(wanted(60, code, 8))),
                scene(service(4), scalings(wanted(60, code, 8))),
            ),
        ]
    }

    fn values<'a>(found: &'a Found, field: &str) -> Vec<&'a str> {
        found.evidence.iter().filter(|e| e.field == field).map(|e| e.value.as_str()).collect()
    }

    /// UnHealthyHostCount of the last minutes, newest last.
    fn counts(readings: &mut Readings, values: &[f64]) {
        readings.accept_balancers(&[], Ok(vec![(GROUP.into(), vec!["app/web/50dc".into()])]), now());
        let metric = metrics::unhealthy_hosts(&balanced(1), readings).remove(0);
        let points = values.iter().rev().enumerate().map(|(i, value)| (ago(60 * (i as i64 + 1)), *value));
        let mut points: Vec<_> = points.collect();
        points.reverse();
        let series = Ok(Series { points, period: 60 });
        readings.accept(vec![Reading { metric, window: ROW, series }], now());
    }

    #[test]
    fn unhealthy_targets_are_found_with_reason_onset_and_next() {
        let mut readings = read(failing(), 4);
        counts(&mut readings, &[0.0, 1.0, 2.0, 2.0]);
        let check = HealthCheck { enabled: true, path: "/health".into(), ..HealthCheck::default() };
        let settings = GroupSettings { check, ..GroupSettings::default() };
        readings.groups.accept_settings(GROUP.into(), Ok(settings), ago(60));
        let found = unhealthy_targets(&balanced(3), now(), &readings).unwrap();
        assert_eq!((found.health, found.since), (Health::Degraded, Some(ago(180))));
        assert!(found.what.starts_with("2 of 3 targets in api fail their check: it answers"), "{}", found.what);
        assert_eq!(values(&found, "targets of api"), ["2 unhealthy, 1 healthy"]);
        let reason = "Target.ResponseCodeMismatch: Health checks failed with these codes: [502] (2 of them)";
        assert_eq!(values(&found, "reason"), [reason]);
        assert_eq!(values(&found, "UnHealthyHostCount"), ["2"]);
        assert!(values(&found, "its check")[0].contains("/health"));
        assert_eq!(found.next[0].command, "open");
        assert!(found.next[0].say.contains("path of the check"));
        let mut none = failing();
        none.pop();
        assert_eq!(unhealthy_targets(&balanced(3), now(), &read(none, 4)).unwrap().health, Health::Down);
    }

    #[test]
    fn targets_that_begin_end_or_are_not_used_are_no_finding() {
        let well = vec![
            target(1, TargetState::Healthy, "", ""),
            target(2, TargetState::Initial, "Elb.InitialHealthChecking", ""),
            target(3, TargetState::Draining, "Target.DeregistrationInProgress", ""),
            target(4, TargetState::Unused, "Target.NotInUse", ""),
        ];
        let told = |service: &Service, readings: &Readings| unhealthy_targets(service, now(), readings);
        assert_eq!(told(&balanced(3), &read(well.clone(), 4)), None);
        assert_eq!(told(&balanced(3), &Readings::default()), None, "nothing is known");
        assert_eq!(told(&balanced(0), &read(failing(), 4)), None, "nothing is wanted to run");
        assert_eq!(told(&service(3), &read(failing(), 4)), None, "they are not its own");
        assert_eq!(told(&balanced(3), &read(failing(), FRESH + 1)), None, "too old to tell");
        // What the balancer says now outweighs what ECS said before and what CloudWatch counts late.
        let mut readings = read(well, 4);
        counts(&mut readings, &[2.0, 2.0]);
        let mut said = balanced(3);
        said.events.insert(0, event(200, "(service api) (port 8080) is unhealthy in (target-group arn:x)."));
        assert_eq!(told(&said, &readings), None);
        assert!(is_suspect(&said, now(), &readings), "but it is looked at");
    }

    #[test]
    fn before_its_targets_are_read_events_and_counts_speak() {
        let none = Readings::default();
        let mut said = balanced(3);
        assert!(!is_suspect(&said, now(), &none));
        let message = "(service api) (port 8080) is unhealthy in (target-group arn:x) due to (reason Health checks failed with these codes: [502]).";
        said.events.insert(0, event(500, message));
        said.events.insert(0, event(120, "(service api) (task 1a) failed ELB health checks in (target-group arn:x)."));
        let found = unhealthy_targets(&said, now(), &none).unwrap();
        assert_eq!((found.health, found.since), (Health::Degraded, Some(ago(500))));
        assert!(is_suspect(&said, now(), &none));
        said.events.insert(0, event(60, "(service api) has reached a steady state."));
        assert_eq!(unhealthy_targets(&said, now(), &none), None, "it is over");
        assert!(!is_suspect(&said, now(), &none));
        // A container's own check is no balancer's.
        let mut own = balanced(3);
        own.events.insert(0, event(60, "(service api) (task 1a) failed container health checks."));
        assert!(!is_suspect(&own, now(), &none));

        let mut readings = Readings::default();
        counts(&mut readings, &[1.0]);
        assert!(is_suspect(&balanced(3), now(), &readings));
        assert_eq!(unhealthy_targets(&balanced(3), now(), &readings).unwrap().since, Some(ago(60)));
        counts(&mut readings, &[1.0, 0.0]);
        assert!(!is_suspect(&balanced(3), now(), &readings));
    }

    fn wanted(seconds_ago: i64, code: &str, max: u32) -> ScalingActivity {
        ScalingActivity {
            resource: "service/marine/api".into(),
            started: Some(ago(seconds_ago)),
            cause: "monitor alarm high in state ALARM triggered policy cpu".into(),
            not_scaled: vec![NotScaled { code: code.into(), max: Some(max), ..NotScaled::default() }],
            ..ScalingActivity::default()
        }
    }

    fn scaled(seconds_ago: i64) -> ScalingActivity {
        let status = "Successful".into();
        ScalingActivity { not_scaled: vec![], status, ..wanted(seconds_ago, "", 0) }
    }

    fn at_max(desired: u32, activities: Vec<ScalingActivity>, read: i64) -> Option<Found> {
        let mut readings = Readings::default();
        readings.scalings.accept(None, Ok(activities), ago(read));
        autoscaling_at_max(&service(desired), now(), now(), &readings)
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
        assert_eq!(at_max(8, vec![max(WANTED + 1)], 10), None, "it was long ago");
        assert_eq!(at_max(8, vec![max(60)], ACTIVITIES_FRESH + 1), None, "the read is too old to tell");
        assert_eq!(at_max(4, vec![max(60)], 10), None, "it runs less by now");
        assert_eq!(at_max(8, vec![wanted(60, "AlreadyAtMinCapacity", 8)], 10), None, "it wanted less");
        let other = ScalingActivity { resource: "service/marine/web".into(), ..max(60) };
        assert_eq!(at_max(8, vec![other], 10), None, "another service's");
    }
}
