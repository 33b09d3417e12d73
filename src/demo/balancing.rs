//! What the estate's load balancer says of its targets, and what autoscaling did.

use super::memory::Memory;
use super::model::{self, Estate};
use crate::domain::Timestamp;
use crate::domain::balancing::{GroupSettings, HealthCheck, Target, TargetState};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::query::Answer;
use crate::domain::scaling::{NotScaled, ScalingActivity};
use crate::domain::text::Text;
use crate::domain::words;

/// A new target is checked for so long, in seconds, before it counts as well or not.
const CHECKED: i64 = 10;
/// One that crashes fails its first checks, and lives for seconds.
const CRASHES: i64 = 3;
/// A target is let go for so long, in seconds.
const DRAINS: i64 = 30;

fn service<'a>(estate: &'a Estate, group: &Text) -> Option<&'a model::Service> {
    estate.services.values().find(|service| estate.target_groups(service).contains(group))
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
    groups.iter().map(|group| Answer::Targets(group.clone(), of(group))).collect()
}

/// A task that runs is a target, and so for a while is one that has stopped.
fn target(estate: &Estate, task: &model::Task, now: Timestamp) -> Option<Target> {
    let target = |state, reason: &str, description: &str| {
        let (reason, description) = (reason.into(), description.into());
        let zone = format!("{}{}", estate.region, task.zone).into();
        Some(Target { id: task.address.as_str().into(), port: Some(8080), zone, state, reason, description })
    };
    if let Some(stop) = &task.stopped {
        let leaves = task.runs_at.is_some() && words::seconds_since(stop.at, now) < DRAINS;
        let said = "Target deregistration is in progress";
        return leaves.then(|| target(TargetState::Draining, "Target.DeregistrationInProgress", said)).flatten();
    }
    let runs = task.runs_at.filter(|at| *at <= now)?;
    let (age, crashes) = (words::seconds_since(runs, now), task.ends.is_some());
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
    for service in estate.services.values() {
        let Some(scaling) = &service.scaling else { continue };
        let name: Text = format!("service/{}/{}", service.cluster, service.name).into();
        if resource.is_some_and(|wanted| *wanted != name) {
            continue;
        }
        let cause = |way: &str| -> Text {
            let alarm = format!("TargetTracking-{name}-Alarm{way}-1f0c");
            format!("monitor alarm {alarm} in state ALARM triggered policy {}", scaling.policy).into()
        };
        let activity = |at: Timestamp, way: &str| ScalingActivity {
            id: format!("{:x}", at.as_second()).into(),
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
        let refused = |memory: &Memory| -> Vec<(Timestamp, u32)> { memory.refused(&service.name).collect() };
        told.extend(refused(&estate.memory).into_iter().map(|(at, max)| ScalingActivity {
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
    told.truncate(50);
    told
}
