//! What the actions that deploy share: why they cannot, what a plan says of the rollout, and how a deployment
//! is followed to its own end.

use super::watch::Watched;
use crate::domain::fault::Fault;
use crate::domain::requests::Reference;
use crate::domain::requests::ecs::UpdateService;
use crate::domain::service::{
    Controller, Deployment, Rollout, ScalingBounds, Service, ServiceFacts, TaskDefinitionRef,
};
use crate::kinds::action::prelude::*;
use crate::kinds::services::evidence::{self, Said};
use crate::kinds::services::rollout_headroom::Room;
use crate::kinds::services::{active, health};

/// How long AWS may take to show the deployment that it started, in seconds.
const SHOWS_WITHIN: i64 = 60;
/// How much later than the intent a deployment may be made and still be ours, in seconds: a request
/// that was sent has arrived by then.
const ARRIVES_WITHIN: i64 = 120;
/// How far the clocks here and at AWS may differ, in seconds.
const SKEW: i64 = 60;

pub fn guard(service: &Service) -> Result<(), String> {
    match service.controller {
        Controller::Ecs => active(service),
        Controller::CodeDeploy => Err("CodeDeploy deploys this service: a deployment is made there".into()),
        Controller::External => Err("an external controller deploys this service through task sets".into()),
    }
}

/// Adds how the tasks are replaced; whether they never can be.
pub fn rollout(service: &Service, rows: &mut Rows, warnings: &mut Warnings) -> bool {
    let room = Room::of(service);
    rows.push(row("rollout", [room_in_words(service, room)]));
    let is_stuck = room.is_some_and(|room| !room.rolls());
    let text = "as configured it can never finish: no old task may stop and no new one may start";
    warnings.add_if(is_stuck, Tone::Down, text);
    is_stuck
}

fn room_in_words(service: &Service, room: Option<Room>) -> Span {
    match room {
        Some(room) => {
            let percent = match (service.minimum_healthy, service.maximum) {
                (Some(min), Some(max)) => format!("{min}/{max} % of {}: ", service.desired),
                _ => String::new(),
            };
            Span::new(format!("{percent}{}", room.words()), if room.rolls() { Tone::Plain } else { Tone::Down })
        }
        None if !matches!(service.strategy.as_str(), "" | "ROLLING") => {
            Span::new(format!("{}: a second set of tasks starts beside the first", service.strategy), Tone::Plain)
        }
        None => Span::new("AWS does not tell the percentages", Tone::Unknown),
    }
}

/// What becomes of a deployment that fails.
pub fn breaker(service: &Service) -> (String, Vec<Span>) {
    let words = match (service.breaker.enabled, service.breaker.rollback) {
        (true, true) => "on: a failing deployment is rolled back".into(),
        (true, false) => "on: a failing deployment is stopped, not rolled back".into(),
        (false, _) => Span::new("off", Tone::Degraded),
    };
    row("circuit breaker", [words])
}

/// How many tasks there will be, and what autoscaling makes of it.
pub fn desired(service: &Service, scaling: &Result<Option<ScalingBounds>, Fault>) -> (String, Vec<Span>) {
    let scaling = match scaling {
        Ok(Some(bounds)) => format!("; autoscaling {}..{} goes on", bounds.min, bounds.max),
        Ok(None) => String::new(),
        Err(fault) => format!("; autoscaling is not known: {fault}"),
    };
    let words = match service.is_daemon() {
        true => "one on every instance".to_string(),
        false => format!("{0} stays {0}{scaling}", service.desired),
    };
    row("desired", [words])
}

fn before(intent: &Intent) -> Option<&str> {
    intent.before.get("deployment").and_then(Value::as_str)
}

pub fn progress(intent: &Intent, receipt: &Receipt, facts: &ServiceFacts, now: Timestamp) -> Progress {
    let service = &facts.service;
    let started = receipt.started.as_deref().or_else(|| own_deployment(intent, service).map(|d| d.id.as_str()));
    let Some(id) = started else {
        return unlisted(intent, service, None, now);
    };
    let progress = match service.deployment(id) {
        None => unlisted(intent, service, Some(id), now),
        Some(deployment) => listed(service, deployment, now),
    };
    Watched::of(facts, intent.at, Some(id)).explain(progress, now)
}

/// The deployment is among those in force.
fn listed(service: &Service, deployment: &Deployment, now: Timestamp) -> Progress {
    let successor = service.primary().filter(|primary| primary.id != deployment.id);
    let tasks = format!("{} of {} tasks of the new deployment run", deployment.running, deployment.desired);
    match (deployment.rollout, successor) {
        (Some(Rollout::Completed), _) => {
            let text = format!(
                "completed: {} of {} run on {}",
                deployment.running,
                deployment.desired,
                deployment.task_definition.short()
            );
            Progress::ended(Verdict::Done, text)
        }
        (Some(Rollout::Failed), Some(next)) if health::is_rollback(service, next) || service.breaker.rollback => {
            Progress::ended(Verdict::RolledBack, rolled_back(deployment, Some(next)))
        }
        (Some(Rollout::Failed), _) => {
            // The rollback shows a moment after the failure.
            let fresh = deployment.updated.is_none_or(|at| seconds_since(at, now) < SHOWS_WITHIN);
            if health::says_rollback(&deployment.rollout_reason) {
                Progress::ended(Verdict::RolledBack, rolled_back(deployment, None))
            } else if successor.is_none() && service.breaker.rollback && fresh {
                Progress {
                    stalled: true,
                    ..Progress::waiting(format!("{}: waiting for the rollback", failed(deployment)))
                }
            } else {
                Progress::ended(Verdict::Failed, failed(deployment))
            }
        }
        (_, Some(next)) if health::says_rollback(&next.rollout_reason) => {
            Progress::ended(Verdict::RolledBack, rolled_back(deployment, Some(next)))
        }
        (_, Some(next)) => Progress::ended(Verdict::Superseded, superseded(next)),
        (None, None) if is_only_deployment(service, deployment) => {
            // Without a rollout state only the counts can tell.
            let text = format!("{0} of {0} run, by counts: AWS tells no rollout state here", deployment.desired);
            Progress::ended(Verdict::Done, text)
        }
        _ => Progress {
            fraction: health::part(deployment),
            line: match (deployment.pending, deployment.failed) {
                (0, 0) => tasks,
                (pending, 0) => format!("{tasks}, {pending} starting"),
                (_, failed) => format!("{tasks}, {failed} failed in a row"),
            },
            evidence: Vec::new(),
            stalled: false,
            verdict: None,
        },
    }
}

/// Nothing but this deployment is left, and all its tasks run.
fn is_only_deployment(service: &Service, deployment: &Deployment) -> bool {
    service.deployments.len() == 1
        && deployment.pending == 0
        && deployment.running == deployment.desired
        && service.running == service.desired
}

fn failed(deployment: &Deployment) -> String {
    if deployment.rollout_reason.is_empty() {
        "the deployment failed".into()
    } else {
        format!("failed: {}", deployment.rollout_reason)
    }
}

fn rolled_back(deployment: &Deployment, next: Option<&Deployment>) -> String {
    let back = next.map_or(String::new(), |next| {
        format!("; back to {}, {} of {} run", next.task_definition.short(), next.running, next.desired)
    });
    format!("AWS rolls it back: {}{back}", failed(deployment))
}

fn superseded(next: &Deployment) -> String {
    format!("a newer deployment of {} replaced it before it ended", next.task_definition.short())
}

/// The deployment is not among those in force: not yet, or no more. The events remember its end.
fn unlisted(intent: &Intent, service: &Service, id: Option<&str>, now: Timestamp) -> Progress {
    if service.status != "ACTIVE" {
        return Progress::ended(Verdict::Superseded, format!("the service is {}", service.status));
    }
    let mut rollback = None;
    for event in evidence::since(service, minus(intent.at, SKEW)) {
        let of_ours = id.is_some_and(|id| event.message.contains(id));
        match evidence::said(event) {
            Said::Steady if of_ours => return Progress::ended(Verdict::Done, evidence::message(event)),
            Said::RollingBack => rollback = Some(event),
            Said::Trouble(_) if of_ours && event.message.contains("failed") => {
                let verdict = if rollback.is_some() { Verdict::RolledBack } else { Verdict::Failed };
                return Progress::ended(verdict, evidence::message(event));
            }
            _ => {}
        }
    }
    let Some(primary) = service.primary() else {
        return Progress::ended(Verdict::Lost, "AWS shows no deployment of this service");
    };
    let back = Some(primary.id.as_str()) == before(intent);
    if let Some(event) = rollback.filter(|_| health::says_rollback(&primary.rollout_reason) || back) {
        return Progress::ended(Verdict::RolledBack, evidence::message(event));
    }
    if health::says_rollback(&primary.rollout_reason) && !back {
        return Progress::ended(Verdict::RolledBack, primary.rollout_reason.as_str());
    }
    if seconds_since(intent.at, now) < SHOWS_WITHIN {
        return Progress::waiting("AWS does not show the deployment yet");
    }
    match id {
        _ if !back && primary.created.is_some_and(|at| at >= minus(intent.at, SKEW)) => {
            Progress::ended(Verdict::Superseded, superseded(primary))
        }
        Some(_) if back => Progress::ended(Verdict::RolledBack, "the deployment from before is in force again"),
        None if back => Progress::ended(Verdict::NotDone, "the deployment from before is still the newest"),
        _ => Progress::ended(Verdict::Lost, "it is not among the deployments any more, and no event tells its end"),
    }
}

fn minus(at: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(at.as_second() - seconds).unwrap_or(at)
}

/// The deployment that the intent started, found without the answer: made when the request arrived,
/// of the task definition that was asked for (else the same as before), and not the one from before.
fn own_deployment<'a>(intent: &Intent, service: &'a Service) -> Option<&'a Deployment> {
    let (from, to) = (intent.at.as_second() - SKEW, intent.at.as_second() + ARRIVES_WITHIN);
    let asked = intent.request::<UpdateService>().and_then(|update| update.task_definition);
    let asked = asked.as_ref().and_then(Reference::known);
    let same = intent.before.get("task_definition").and_then(Value::as_str);
    let is_it = |definition: &TaskDefinitionRef| match (asked, same) {
        (Some(asked), _) => definition.short() == TaskDefinitionRef::new(asked).short(),
        (None, Some(arn)) => definition.arn == *arn,
        (None, None) => true,
    };
    service
        .deployments
        .iter()
        .filter(|d| Some(d.id.as_str()) != before(intent) && is_it(&d.task_definition))
        .filter(|d| d.created.is_some_and(|at| (from..=to).contains(&at.as_second())))
        .min_by_key(|d| d.created)
}

pub fn applied(intent: &Intent, facts: &ServiceFacts) -> Applied {
    let service = &facts.service;
    match (own_deployment(intent, service), service.primary()) {
        (Some(deployment), _) => Applied::yes(deployment.id.clone()),
        (None, Some(primary)) if Some(primary.id.as_str()) == before(intent) => Applied::No,
        _ => Applied::CannotTell,
    }
}
