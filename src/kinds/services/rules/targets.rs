//! What is wrong with the targets of a service: those of a suspect are read without its detail.

use std::collections::BTreeMap;

use super::tasks::running;
use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::health::Health;
use crate::domain::metric::Readings;
use crate::domain::service::{Service, ServiceEvent};
use crate::domain::target_health::{Target, TargetState, group_name};
use crate::domain::text::Text;
use crate::kinds::metric::{PATIENCE, ROW};
use crate::kinds::rule::{Evidence, Found, Rule, RuleInput, Symptom, Test, Verdict};
use crate::kinds::services::tabs::targets;
use crate::kinds::services::{evidence, metrics};
use crate::kinds::trend::{Unseen, Why};

/// Targets that were read longer ago tell nothing about now, in seconds.
const FRESH: i64 = 120;
/// An event of a failed check that is older tells nothing about now, in seconds.
const RECENT: i64 = 10 * 60;

/// The rule.
pub fn rules() -> Vec<Rule> {
    vec![Rule {
        id: "unhealthy-targets",
        title: "unhealthy targets",
        rank: 18,
        means: "DescribeTargetHealth, an event of a failed check, or UnHealthyHostCount above 0",
        symptom: Some(Symptom::Requests),
        explains_rules: &["health-flapping", "tasks-missing", "target-5xx", "balancer-5xx", "latency"],
        next: &[("logs", "what its tasks say when they are checked")],
        ..Rule::of(Test::read(unhealthy_targets))
    }]
}

/// Whether the targets of a service are worth a look: by what ECS says of their checks, by what
/// CloudWatch counts, or by what they were last read to be.
pub fn is_suspect(service: &Service, now: Timestamp, readings: &Readings) -> bool {
    failed_check(service, now).is_some()
        || counted(service, now, readings).is_some()
        || service.target_groups.iter().any(|arn| is_failing(arn, readings))
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
fn unhealthy_targets(service: &Service, seen: &RuleInput) -> Verdict {
    let (now, readings) = (seen.now, seen.context.readings());
    if service.target_groups.is_empty() || service.desired == 0 {
        return Ok(None);
    }
    let read: Vec<(&Text, &[Target], Timestamp)> = (service.target_groups.iter())
        .filter_map(|arn| readings.groups.targets(arn).map(|(told, at)| (arn, told, at)))
        .filter(|(.., at)| format::seconds_since(*at, now) <= FRESH)
        .collect();
    let event = failed_check(service, now);
    let counted = counted(service, now, readings);
    let mut since: Vec<Timestamp> = counted.iter().map(|(.., since)| *since).collect();
    since.extend(first_failed_check(service, now));
    let bad: Vec<_> = read.iter().filter(|(_, told, _)| told.iter().any(is_unhealthy)).collect();
    let is_whole = read.len() == service.target_groups.len();
    if bad.is_empty() && is_whole {
        return Ok(None);
    }
    let mut told: Vec<Evidence> = Vec::new();
    let (health, what, next);
    if let Some((arn, targets, _)) = bad.first()
        && let Some(worst) = targets.iter().find(|target| is_unhealthy(target))
    {
        let count = targets.iter().filter(|target| is_unhealthy(target)).count();
        // One side of blue/green may have no healthy target and harm nobody, while the other has some, or
        // may have.
        let serves =
            !is_whole || read.iter().any(|(_, told, _)| told.iter().any(|target| target.state == TargetState::Healthy));
        health = if serves { Health::Degraded } else { Health::Down };
        let of = format::count(targets.iter().filter(|target| target.counts()).count(), "target");
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
            (None, Some((count, ..))) => {
                let count = format::count(count as usize, "target");
                format!("{count} unhealthy, as CloudWatch counts them")
            }
            (None, None) => return unread(service, readings).map_or(Ok(None), Err),
        };
        next = advice("");
    }
    told.extend(event.map(|event| Evidence::new("event", evidence::message(event), event.at)));
    told.extend(counted.map(|(count, at, _)| Evidence::new("UnHealthyHostCount", count.to_string(), Some(at))));
    told.push(running(service, seen));
    let found = Found::new(health, what, since.into_iter().min()).evidence(told);
    Ok(Some(found.next("open", next)))
}

/// Of targets that failed when they were last read nobody knows how they are now.
fn unread(service: &Service, readings: &Readings) -> Option<Unseen> {
    let arn = service.target_groups.iter().find(|arn| is_failing(arn, readings))?;
    let fault = readings.groups.of(arn).and_then(|group| group.targets.fault());
    let why = fault.map_or(Why::NotRead, |fault| Why::Failed(fault.clone()));
    Some(Unseen { what: "targets of services", why })
}

/// Some of a group's targets failed when they were last read.
fn is_failing(arn: &Text, readings: &Readings) -> bool {
    readings.groups.targets(arn).is_some_and(|(told, _)| told.iter().any(is_unhealthy))
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
    let mut ways: BTreeMap<String, usize> = BTreeMap::new();
    for target in targets.iter().filter(|target| is_unhealthy(target)) {
        *ways.entry(targets::in_aws_words(target)).or_default() += 1;
    }
    let told = ways.into_iter().map(|(words, count)| {
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::diagnosis::fixtures::Scene;
    use crate::domain::metric::{Reading, Series};
    use crate::domain::target_health::{GroupSettings, HealthCheck};
    use crate::kinds::rule::RuleContext as _;
    use crate::kinds::services::SERVICES;
    use crate::kinds::services::fixtures::{ago, event, now, service};

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

    /// What the rule finds and what not.
    pub fn scenes() -> Vec<(&'static str, Scene, Scene)> {
        let scene = |service: Service, readings| {
            let mut scene = Scene::at(now()).with(SERVICES, service);
            scene.readings = readings;
            scene
        };
        let well = vec![target(1, TargetState::Healthy, "", "")];
        vec![("unhealthy-targets", scene(balanced(3), read(failing(), 4)), scene(balanced(3), read(well, 4)))]
    }

    /// What is told of a service beside these readings.
    fn told(service: &Service, readings: &Readings) -> Verdict {
        let mut scene = Scene::at(now()).with(SERVICES, service.clone());
        scene.readings = readings.clone();
        rules().remove(0).judge(scene.row(SERVICES, &service.id).unwrap(), &scene)
    }

    fn find(service: &Service, readings: &Readings) -> Found {
        told(service, readings).unwrap().unwrap()
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
        let found = find(&balanced(3), &readings);
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
        assert_eq!(find(&balanced(3), &read(none, 4)).health, Health::Down);
    }

    #[test]
    fn targets_that_begin_end_or_are_not_used_are_no_finding() {
        let well = vec![
            target(1, TargetState::Healthy, "", ""),
            target(2, TargetState::Initial, "Elb.InitialHealthChecking", ""),
            target(3, TargetState::Draining, "Target.DeregistrationInProgress", ""),
            target(4, TargetState::Unused, "Target.NotInUse", ""),
        ];
        assert_eq!(told(&balanced(3), &read(well.clone(), 4)), Ok(None));
        assert_eq!(told(&balanced(3), &Readings::default()), Ok(None), "nothing is known");
        assert_eq!(told(&balanced(0), &read(failing(), 4)), Ok(None), "nothing is wanted to run");
        assert_eq!(told(&service(3), &read(failing(), 4)), Ok(None), "they are not its own");
        let old = told(&balanced(3), &read(failing(), FRESH + 1));
        assert_eq!(old, Err(Unseen { what: "targets of services", why: Why::NotRead }), "too old to tell");
        // What the balancer says now outweighs what ECS said before and what CloudWatch counts late.
        let mut readings = read(well, 4);
        counts(&mut readings, &[2.0, 2.0]);
        let mut said = balanced(3);
        said.events.insert(0, event(200, "(service api) (port 8080) is unhealthy in (target-group arn:x)."));
        assert_eq!(told(&said, &readings), Ok(None));
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
        let found = find(&said, &none);
        assert_eq!((found.health, found.since), (Health::Degraded, Some(ago(500))));
        assert!(is_suspect(&said, now(), &none));
        said.events.insert(0, event(60, "(service api) has reached a steady state."));
        assert_eq!(told(&said, &none), Ok(None), "it is over");
        assert!(!is_suspect(&said, now(), &none));
        // A container's own check is no balancer's.
        let mut own = balanced(3);
        own.events.insert(0, event(60, "(service api) (task 1a) failed container health checks."));
        assert!(!is_suspect(&own, now(), &none));

        let mut readings = Readings::default();
        counts(&mut readings, &[1.0]);
        assert!(is_suspect(&balanced(3), now(), &readings));
        assert_eq!(find(&balanced(3), &readings).since, Some(ago(60)));
        counts(&mut readings, &[1.0, 0.0]);
        assert!(!is_suspect(&balanced(3), now(), &readings));
    }
}
