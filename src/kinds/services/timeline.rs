//! What a service's deployments, events and tasks say on the timeline, whether they are told now or were
//! recorded.

use super::evidence::{self, Said};
use crate::domain::Timestamp;
use crate::domain::history::{DeploymentStatus, History, ServiceDeployment};
use crate::domain::record::{Record, What};
use crate::domain::resource::{AnyFacts, ResourceId, cast_facts};
use crate::domain::service::{Deployment, Rollout, Service, ServiceDetail, ServiceEvent};
use crate::domain::task::Task;
use crate::domain::text::Text;
use crate::domain::timeline::{TimelineEvent, TimelineKind, TimelineSource, Turn};
use crate::kinds::timeline::service_of;

fn happening(of: &ResourceId, at: Timestamp, key: String, sort: TimelineKind, what: String) -> TimelineEvent {
    TimelineEvent {
        at,
        source: TimelineSource::Ecs,
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
