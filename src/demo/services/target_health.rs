//! What the estate's load balancer says of its targets, and what autoscaling did.

use super::super::alarms;
use super::fleet::BALANCER;
use super::model;
use crate::demo::prelude::*;
use crate::domain::format;
use crate::domain::query::GroupPiece;
use crate::domain::scaling::{NotScaled, PAGE, ScalingActivity};
use crate::domain::target_health::{GroupSettings, HealthCheck, Target, TargetState};

/// A new target is checked for so long, in seconds, before it counts as well or not.
const CHECKED: i64 = 10;
/// One that crashes fails its first checks, and lives for seconds.
const CRASHES: i64 = 3;
/// A target is let go for so long, in seconds.
const DRAINS: i64 = 30;

fn service<'a>(estate: &'a Estate, group: &Text) -> Option<&'a model::Service> {
    estate.services().find(|service| estate.place.target_group(&service.name).as_ref() == Some(group))
}

/// The balancers of target groups, as far as there are such.
pub fn balancers(estate: &Estate, groups: &[Text]) -> Vec<(Text, Vec<Text>)> {
    let known = groups.iter().filter(|group| service(estate, group).is_some());
    known.map(|group| (group.clone(), vec![BALANCER.into()])).collect()
}

/// How the groups check, as far as there are such.
pub fn settings(estate: &Estate, groups: &[Text]) -> Vec<(Text, GroupSettings)> {
    let check = HealthCheck {
        enabled: true,
        protocol: "HTTP".into(),
        port: "traffic-port".into(),
        path: "/health".into(),
        matcher: "200".into(),
        interval: 10,
        timeout: 5,
        healthy: 3,
        unhealthy: 2,
    };
    let settings = GroupSettings { protocol: "HTTP".into(), port: Some(8080), target_type: "ip".into(), check };
    let known = groups.iter().filter(|group| service(estate, group).is_some());
    known.map(|group| (group.clone(), settings.clone())).collect()
}

/// The targets of these groups, each group by itself.
pub fn targets(estate: &Estate, groups: &[Text], now: Timestamp) -> Vec<Answer> {
    let of = |group: &Text| {
        let Some(service) = service(estate, group) else {
            let said = format!("One or more target groups not found ({group})");
            return Err(Fault::new(FaultKind::NotFound, "elasticloadbalancing:DescribeTargetHealth", said));
        };
        Ok(service.tasks.iter().filter_map(|task| target(estate, task, now)).collect())
    };
    groups.iter().map(|group| Answer::Groups(GroupPiece::Targets(group.clone(), of(group)))).collect()
}

/// A task that runs is a target, and so for a while is one that has stopped.
fn target(estate: &Estate, task: &model::Task, now: Timestamp) -> Option<Target> {
    let target = |state, reason: &str, description: &str| {
        let (reason, description) = (reason.into(), description.into());
        let zone = format!("{}{}", estate.place.region, task.zone).into();
        Some(Target { id: task.address.as_str().into(), port: Some(8080), zone, state, reason, description })
    };
    if let Some(stop) = &task.stopped {
        let ran = task.runs_at.is_some_and(|runs| runs <= stop.at);
        let leaves = ran && format::seconds_since(stop.at, now) < DRAINS;
        let said = "Target deregistration is in progress";
        return leaves.then(|| target(TargetState::Draining, "Target.DeregistrationInProgress", said)).flatten();
    }
    let runs = task.runs_at.filter(|at| *at <= now)?;
    let (age, crashes) = (format::seconds_since(runs, now), task.ends.is_some());
    if crashes && age >= CRASHES {
        let said = "Health checks failed with these codes: [503]";
        return target(TargetState::Unhealthy, "Target.ResponseCodeMismatch", said);
    }
    if age < CHECKED {
        return target(TargetState::Initial, "Elb.RegistrationInProgress", "Target registration is in progress");
    }
    target(TargetState::Healthy, "", "")
}

/// What autoscaling did and could not do, newest first: of one service, or of all.
pub fn activities(estate: &Estate, resource: Option<&Text>) -> Vec<ScalingActivity> {
    let mut told: Vec<ScalingActivity> = Vec::new();
    for service in estate.services() {
        let Some(scaling) = &service.scaling else { continue };
        let name: Text = format!("service/{}/{}", service.cluster, service.name).into();
        if resource.is_some_and(|wanted| *wanted != name) {
            continue;
        }
        let cause = |way: &str| -> Text {
            let alarm = alarms::of_tracking(&name, way);
            format!("monitor alarm {alarm} in state ALARM triggered policy {}", scaling.policy).into()
        };
        let activity = |at: Timestamp, way: &str| ScalingActivity {
            id: format!("{}-{:x}", service.name, at.as_second()).into(),
            resource: name.clone(),
            cause: cause(way),
            started: Some(at),
            ended: Some(at),
            ..ScalingActivity::default()
        };
        told.extend(scaling.done.iter().map(|(at, count, way)| ScalingActivity {
            description: format!("Setting desired count to {count}.").into(),
            status: "Successful".into(),
            message: format!("Successfully set desired count to {count}. Change successfully fulfilled by ecs.").into(),
            ..activity(*at, way)
        }));
        told.extend(estate.ecs().refused(&service.name).map(|(at, max)| ScalingActivity {
            description: "Attempting to scale due to alarm triggered".into(),
            status: "Unfulfilled".into(),
            not_scaled: vec![NotScaled {
                code: "AlreadyAtMaxCapacity".into(),
                max: Some(max),
                current: Some(max),
                min: None,
            }],
            ..activity(at, "High")
        }));
    }
    told.sort_by_key(|activity| std::cmp::Reverse(activity.started));
    told.truncate(usize::from(PAGE));
    told
}

#[cfg(test)]
mod tests {
    use super::super::super::clock::later;
    use super::super::super::world::tests::Production;
    use super::*;

    #[test]
    fn only_what_ran_drains() {
        let mut world = Production::new("calm");
        let now = world.now();
        let draining = |estate: &Estate| {
            let group = estate.place.target_group("web").unwrap();
            let [Answer::Groups(GroupPiece::Targets(_, Ok(targets)))] = &targets(estate, &[group], now)[..] else {
                panic!()
            };
            targets.iter().filter(|target| target.state == TargetState::Draining).count()
        };
        let web = world.estate_mut().of_family_mut("web").unwrap();
        let stop = |reason: &str| model::Stop::new(now, "UserInitiated", reason, None);
        web.tasks[0].stopped = Some(stop("it ran"));
        web.tasks[1].stopped = Some(stop("it was on its way"));
        web.tasks[1].runs_at = Some(later(now, 3));
        assert_eq!(draining(world.estate()), 1);
    }

    #[test]
    fn autoscaling_is_told_once_each_time_and_stops_at_its_max() {
        let mut world = Production::new("calm");
        let start = world.now();
        for family in ["web", "booking-api"] {
            let service = world.estate_mut().of_family_mut(family).unwrap();
            service.scale_out(100, start);
            assert_eq!(service.desired, service.scaling.as_ref().unwrap().max);
            service.scale_out(100, start);
        }
        world.pass(60);
        let told = activities(world.estate(), None);
        assert_eq!(told.iter().filter(|activity| activity.started == Some(start)).count(), 2);
        let ids: std::collections::BTreeSet<_> = told.iter().map(|activity| &activity.id).collect();
        assert_eq!(ids.len(), told.len(), "an activity has its own id");
        let alarms: Vec<String> =
            ["High", "Low"].map(|way| alarms::of_tracking("service/harbour-core/harbour-web-production", way)).into();
        let of_web = told.iter().filter(|activity| activity.resource.as_str().contains("harbour-web-"));
        assert!(of_web.into_iter().all(|activity| alarms.iter().any(|alarm| activity.cause.as_str().contains(alarm))));
    }
}
