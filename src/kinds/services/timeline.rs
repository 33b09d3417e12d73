//! What a service's deployments, events and tasks say on the timeline, whether they are told now or were
//! recorded.

use serde_json::{Map, Value};

use super::evidence::{self, Said};
use super::{EVENTS, SERVICES};
use crate::domain::Timestamp;
use crate::domain::history::{DeploymentStatus, History, ServiceDeployment};
use crate::domain::record::{Record, What};
use crate::domain::resource::{AnyFacts, ResourceId, cast_facts};
use crate::domain::scaling::ScalingActivity;
use crate::domain::service::{Deployment, Rollout, Service, ServiceDetail, ServiceEvent};
use crate::domain::task::Task;
use crate::domain::text::Text;
use crate::domain::timeline::{About, TimelineEvent, TimelineKind, TimelineSource, Turn};
use crate::kinds::timeline::{member, tail};

fn happening(of: &ResourceId, at: Timestamp, key: String, sort: TimelineKind, what: String) -> TimelineEvent {
    TimelineEvent {
        at,
        source: EVENTS,
        key: key.into(),
        same: vec![],
        sort,
        turn: Turn::Neither,
        about: service_of(&of.0),
        what: what.into(),
        actor: Text::default(),
        more: vec![],
    }
}

/// A deployment and the service deployment that it belongs to begin within so many seconds.
const AT_ONCE: i64 = 20;

/// By which these two know each other, since AWS gives them ids of two sorts: the revision and the time,
/// for the same revision may be deployed again.
fn rollout(of: &ResourceId, definition: &str, at: Timestamp) -> impl Iterator<Item = Text> {
    let slot = at.as_second().div_euclid(AT_ONCE);
    let told = format!("rollout {of} {definition}");
    [slot, slot + 1].into_iter().map(move |slot| format!("{told} {slot}").into())
}

fn deployment(of: &ResourceId, told: &Deployment) -> Option<TimelineEvent> {
    let (ended, turn) = match told.rollout {
        Some(Rollout::Completed) => (", completed", Turn::Better),
        Some(Rollout::Failed) => (", failed", Turn::Worse),
        Some(Rollout::InProgress) if told.is_primary() => (", in progress", Turn::Neither),
        _ => ("", Turn::Neither),
    };
    let what = format!("deployment of {} began{ended}", told.task_definition.short());
    let more = [("rollout", &told.rollout_reason), ("deployment", &told.id)];
    let at = told.created?;
    let own = format!("deployment {}", told.id).into();
    Some(TimelineEvent {
        turn,
        same: std::iter::once(own).chain(rollout(of, &told.task_definition.arn, at)).collect(),
        more: more
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, value.clone()))
            .collect(),
        ..happening(of, at, format!("{of} {}", told.id), TimelineKind::Deployment, what)
    })
}

fn event(of: &ResourceId, told: &ServiceEvent) -> Option<TimelineEvent> {
    let turn = match evidence::said(told) {
        Said::Trouble(_) | Said::RollingBack => Turn::Worse,
        Said::Steady => Turn::Better,
        _ => Turn::Neither,
    };
    let key = format!("{of} {} {}", told.at?, told.message);
    // Which deployment says less than what happened to it.
    let message = evidence::message(told);
    let parts = message.strip_prefix("(deployment ").and_then(|rest| rest.split_once(") "));
    let (more, what) = match parts {
        Some((id, what)) => (vec![("deployment", Text::from(id))], what),
        None => (vec![], message),
    };
    Some(TimelineEvent { turn, more, ..happening(of, told.at?, key, TimelineKind::Event, what.to_string()) })
}

fn task(of: &ResourceId, told: &Task) -> Option<TimelineEvent> {
    let end = evidence::end(told);
    let what = format!("a task of {}: {}", told.task_definition.short(), end.why);
    let turn = if end.failed { Turn::Worse } else { Turn::Neither };
    let more = vec![("task", told.arn.clone())];
    Some(TimelineEvent { turn, more, ..happening(of, told.stopped?, told.arn.to_string(), TimelineKind::Task, what) })
}

/// A service deployment: how it ended, and why.
fn service_deployment(of: &ResourceId, history: &History, told: &ServiceDeployment) -> Option<TimelineEvent> {
    let definition = history.target(told).map(|revision| &revision.task_definition);
    let named = definition.map_or_else(String::new, |definition| format!(" of {}", definition.short()));
    let turn = match told.status {
        DeploymentStatus::Successful => Turn::Better,
        DeploymentStatus::Pending | DeploymentStatus::InProgress => Turn::Neither,
        _ => Turn::Worse,
    };
    let key = format!("{of} {}", told.arn);
    let what = format!("deployment{named} began, {}", told.status.word());
    let more = if told.reason.is_empty() { vec![] } else { vec![("reason", told.reason.clone())] };
    let at = told.created.or(told.started)?;
    Some(TimelineEvent {
        turn,
        same: definition.into_iter().flat_map(|definition| rollout(of, &definition.arn, at)).collect(),
        more,
        ..happening(of, at, key, TimelineKind::Deployment, what)
    })
}

/// What a row tells since a moment.
pub fn of_row(service: &Service, from: Timestamp) -> Vec<TimelineEvent> {
    let late = |at: Option<Timestamp>| at.is_some_and(|at| at >= from);
    let deployments = service.deployments.iter().filter(|told| late(told.created));
    let events = service.events.iter().filter(|told| late(told.at));
    let deployments = deployments.filter_map(|told| deployment(&service.id, told));
    deployments.chain(events.filter_map(|told| event(&service.id, told))).collect()
}

/// What is told of a service that is open.
pub fn of_facts(facts: &dyn AnyFacts) -> Vec<TimelineEvent> {
    let Some(detail) = cast_facts::<ServiceDetail>(facts) else { return vec![] };
    let id = &detail.service.id;
    let mut told = of_row(&detail.service, Timestamp::MIN);
    if let Ok(history) = &detail.history {
        told.extend(history.deployments.iter().filter_map(|told| service_deployment(id, history, told)));
    }
    told.extend(detail.stopped.iter().flatten().filter(|task| task.has_ended()).filter_map(|told| task(id, told)));
    told
}

/// What was recorded.
pub fn of_record(record: &Record) -> Option<TimelineEvent> {
    match &record.what {
        What::Task(told) => task(&record.of, told),
        What::Event(told) => event(&record.of, told),
        What::Deployment(told) => deployment(&record.of, told),
    }
}

/// A service by its ARN, by cluster and name, and by its name.
pub fn service_of(arn: &str) -> About {
    let path = arn.split_once(":service/").map_or(arn, |(_, path)| path);
    About::new(SERVICES, [arn.into(), path.into(), tail(path).into()])
}

/// What autoscaling did to a service, or could not do; `None` where AWS told no time, and of what is no
/// service.
pub fn activity(told: &ScalingActivity) -> Option<TimelineEvent> {
    let path = told.resource.strip_prefix("service/")?;
    let refused = told.not_scaled.first().map(|reason| format!("more or fewer tasks were wanted: {}", reason.why()));
    let turn = match told.status.as_str() {
        "Failed" => Turn::Worse,
        _ if told.at_max().is_some() => Turn::Worse,
        _ => Turn::Neither,
    };
    let more = [("cause", &told.cause), ("status", &told.status), ("message", &told.message)];
    Some(TimelineEvent {
        at: told.started?,
        source: TimelineSource::AUTOSCALING,
        key: if told.id.is_empty() { format!("{} {}", told.started?, told.resource).into() } else { told.id.clone() },
        same: vec![],
        sort: TimelineKind::Event,
        turn,
        about: service_of(path),
        what: refused.map_or_else(|| told.description.clone(), Text::from),
        actor: Text::default(),
        more: more.into_iter().filter(|(_, said)| !said.is_empty()).map(|(name, said)| (name, said.clone())).collect(),
    })
}

/// The service that a request was about, to ECS or to Application Auto Scaling, and the deployment that it began.
pub fn trail_target(request: &Value) -> Option<(About, Vec<Text>)> {
    let asked = |name| member(request, name);
    let about = match request["eventSource"].as_str()? {
        "ecs.amazonaws.com" => {
            let cluster = asked("cluster").unwrap_or_else(|| "default".into());
            let named = asked("service").or_else(|| Some(asked("group")?.strip_prefix("service:")?.into()));
            // A service deployment's ARN tells cluster and service: …:service-deployment/CLUSTER/SERVICE/ID.
            let deployed = || {
                let arn = asked("serviceDeploymentArn")?;
                let (_, path) = arn.split_once(":service-deployment/")?;
                let mut parts = path.split('/');
                Some((Text::from(parts.next()?), Text::from(parts.next()?)))
            };
            let named = named.map(|name| (cluster, name)).or_else(deployed).map(|(cluster, name)| {
                let (cluster, name) = (tail(&cluster), tail(&name));
                let region = request["awsRegion"].as_str().unwrap_or_default();
                let account = request["recipientAccountId"].as_str().unwrap_or_default();
                service_of(&format!("arn:aws:ecs:{region}:{account}:service/{cluster}/{name}"))
            });
            named.or_else(|| Some(About { kind: None, names: vec![asked("family")?] }))?
        }
        "application-autoscaling.amazonaws.com" => {
            let resource = asked("resourceId")?;
            let path = resource.strip_prefix("service/")?;
            About::new(SERVICES, [path.into(), tail(path).into()])
        }
        _ => return None,
    };
    Some((about, began(request).into_iter().collect()))
}

/// Whether a request to change a service begins a deployment: one that only scales does not.
pub fn deploys(asked: &Map<String, Value>) -> bool {
    asked.contains_key("taskDefinition") || asked.get("forceNewDeployment") == Some(&Value::Bool(true))
}

/// The deployment that a request began, as its answer tells: only of one that asked for a new one, for
/// every answer has the deployment in force.
fn began(told: &Value) -> Option<Text> {
    let wants = |asked: &Value| asked.as_object().is_some_and(deploys);
    let deployments = told.pointer("/responseElements/service/deployments")?.as_array();
    let deployments = deployments.filter(|_| wants(&told["requestParameters"]))?;
    deployments
        .iter()
        .find(|deployment| deployment["status"] == "PRIMARY")
        .and_then(|primary| Some(format!("deployment {}", primary["id"].as_str()?).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_autoscaling_did_and_could_not_do_is_told_of_its_service() {
        use crate::domain::scaling::NotScaled;
        let done = ScalingActivity {
            id: "a-1".into(),
            resource: "service/main/api".into(),
            description: "Setting desired count to 5.".into(),
            cause: "monitor alarm high in state ALARM triggered policy cpu".into(),
            started: Some("2026-11-21T02:10:00Z".parse().unwrap()),
            status: "Successful".into(),
            ..ScalingActivity::default()
        };
        let told = activity(&done).unwrap();
        assert_eq!(
            (told.what.as_str(), told.turn, told.source.word()),
            ("Setting desired count to 5.", Turn::Neither, "autoscaling")
        );
        assert!(told.about.names.contains(&"main/api".into()), "{:?}", told.about);
        assert!(told.more.iter().any(|(name, said)| *name == "cause" && said.contains("state ALARM")));
        let reason = NotScaled { code: "AlreadyAtMaxCapacity".into(), max: Some(8), ..NotScaled::default() };
        let refused = activity(&ScalingActivity { not_scaled: vec![reason], ..done.clone() }).unwrap();
        assert_eq!(refused.what, "more or fewer tasks were wanted: it is at its max of 8 already");
        assert_eq!(refused.turn, Turn::Worse);
        assert_eq!(activity(&ScalingActivity { started: None, ..done.clone() }), None);
        assert_eq!(activity(&ScalingActivity { resource: "table/orders".into(), ..done }), None, "no service");
    }
}
