//! Force deploy: what is in force runs again with fresh tasks. Planned against the images and the
//! room to roll; the deployment that AWS started is followed to its own end.

use std::time::Duration;

use serde_json::{Value, json};

use super::columns::{short_digest, short_image};
use super::evidence::{self, Said};
use super::health;
use super::reads;
use super::rollout_headroom::Room;
use super::watch::Watched;
use super::{DEPLOY, SERVICES};
use crate::domain::Timestamp;
use crate::domain::format::{self, seconds_since};
use crate::domain::health::Diagnosis;
use crate::domain::intent::{Intent, Receipt, Verdict};
use crate::domain::ops::ecs;
use crate::domain::requests::ecs::UpdateService;
use crate::domain::requests::{Reference, Request};
use crate::domain::service::{
    Controller, Deployment, ImageFacts, RegistryImage, Rollout, Service, ServiceFacts, TaskDefinitionRef,
};
use crate::kinds::action::{ActionSpec, Applied, Behaviour, Confirm, Inputs, Plan, Progress, Words, worst_first};
use crate::kinds::cell::{Span, Tone};

/// How long AWS may take to show the deployment that it started, in seconds.
const SHOWS_WITHIN: i64 = 60;
/// How much later than the intent a deployment may be made and still be ours, in seconds: a request
/// that was sent has arrived by then.
const ARRIVES_WITHIN: i64 = 120;
/// How far the clocks here and at AWS may differ, in seconds.
const SKEW: i64 = 60;

pub fn action() -> ActionSpec {
    ActionSpec::of::<Service, ServiceFacts>(
        Words {
            id: DEPLOY,
            verb: "deploy",
            kind: SERVICES,
            key: "d",
            label: "force deploy",
            help: "Replaces every task with a fresh one of the same task definition, and follows that deployment.",
            facts: super::FACTS_WITH_IMAGES,
            reads: reads::WITH_IMAGES,
            changes: &[ecs::UPDATE_SERVICE],
            watch_every: Duration::from_secs(3),
        },
        Behaviour { guard, fields: |_, _| Vec::new(), check: |_| Ok(()), plan, progress, applied },
    )
}

pub fn guard(service: &Service) -> Result<(), String> {
    match service.controller {
        Controller::Ecs => super::active(service),
        Controller::CodeDeploy => Err("CodeDeploy deploys this service: a deployment is made there".into()),
        Controller::External => Err("an external controller deploys this service through task sets".into()),
    }
}

fn plan(facts: &ServiceFacts, _: &Inputs, now: Timestamp) -> Result<Plan, String> {
    let service = &facts.service;
    guard(service)?;
    let mut warnings = Vec::new();
    let mut rows = vec![("task definition".to_string(), task_definition(facts, &mut warnings))];
    let gone = images(facts, now, &mut rows, &mut warnings);

    let room = Room::of(service);
    rows.push(("rollout".to_string(), vec![room_in_words(service, room)]));
    let stuck = room.is_some_and(|room| !room.rolls());
    if stuck {
        warnings.push((
            Tone::Down,
            "as configured it can never finish: no old task may stop and no new one may start".into(),
        ));
    }
    rows.push(("circuit breaker".to_string(), vec![breaker(service)]));
    if !service.breaker.enabled {
        warnings.push((
            Tone::Degraded,
            "no circuit breaker: if the new tasks fail, ECS goes on starting them for ever".into(),
        ));
    }
    let desired =
        if service.is_daemon() { "one on every instance".into() } else { format!("{0} stays {0}", service.desired) };
    rows.push(("desired".to_string(), vec![desired.into()]));
    if service.desired == 0 {
        warnings.push((Tone::Degraded, "scaled to zero: no task will start".into()));
    }
    let Diagnosis { health, why, .. } = health::diagnose(service, now);
    if let Some(primary) = service.primary().filter(|p| p.rollout == Some(Rollout::InProgress)) {
        let text = format!("a deployment of {} is under way, this replaces it: {why}", primary.task_definition.short());
        warnings.push((Tone::Degraded, text));
    } else if health.is_wrong() {
        rows.push(("state".to_string(), vec![Span::new(why.as_str(), health.into())]));
    }
    worst_first(&mut warnings);

    Ok(Plan {
        rows,
        warnings,
        calls: vec![
            UpdateService { force_new_deployment: Some(true), ..UpdateService::of(&service.cluster, &service.name) }
                .call(),
        ],
        undo: "cannot be undone; b goes back to another revision".into(),
        then: "its deployment is followed to the verdict: completed, failed, rolled back, superseded, or stalled with the reason".into(),
        confirm: if gone || stuck { Confirm::TypeName } else { Confirm::Ask },
        // The desired count is left out: autoscaling may move it, which changes nothing here.
        before: json!({
            "deployment": service.primary().map(|p| &p.id),
            "task_definition": service.task_definition.arn,
        }),
        summary: format!("force deploy {} on {}", service.name, service.task_definition.short()),
    })
}

type Rows = Vec<(String, Vec<Span>)>;
type Warnings = Vec<(Tone, String)>;

fn task_definition(facts: &ServiceFacts, warnings: &mut Warnings) -> Vec<Span> {
    let short = facts.service.task_definition.short();
    let mut spans = vec![Span::new(format!("{short} stays"), Tone::Plain)];
    match &facts.task_definition {
        Ok(definition) if definition.status == "INACTIVE" => {
            warnings.push((Tone::Degraded, format!("{short} is deregistered (INACTIVE)")));
        }
        Ok(_) => {}
        Err(fault) => spans.push(Span::new(format!("  not read: {fault}"), Tone::Unknown)),
    }
    spans
}

/// A row for each image; whether one of them is gone.
fn images(facts: &ServiceFacts, now: Timestamp, rows: &mut Rows, warnings: &mut Warnings) -> bool {
    let mut gone = false;
    for image in &facts.images {
        let (text, tone) = image_in_words(image, now);
        if tone == Tone::Down {
            gone = true;
            let short = short_image(&image.image);
            warnings.push((Tone::Down, format!("{short}: the image is gone: no task will start")));
        }
        rows.push((format!("image {}", image.image.container), vec![Span::new(text, tone)]));
    }
    if facts.images.is_empty() {
        let known: Vec<String> = match &facts.task_definition {
            Ok(definition) => definition.images().map(short_image).collect(),
            Err(_) => facts.service.images.iter().map(short_image).collect(),
        };
        let text =
            if known.is_empty() { "not known".to_string() } else { format!("{}: not looked up", known.join(", ")) };
        rows.push(("image".to_string(), vec![Span::new(text, Tone::Unknown)]));
    }
    gone
}

/// A tag is resolved to a digest once a deployment (ECS guide, container image resolution), so a
/// forced one runs what the tag points to now.
fn image_in_words(facts: &ImageFacts, now: Timestamp) -> (String, Tone) {
    let image = &facts.image;
    let short = short_image(image);
    let pinned = image.reference.contains('@');
    let found = match &facts.registry {
        Err(fault) => return (format!("{short}: not looked up: {fault}"), Tone::Unknown),
        Ok(None) if pinned => return (format!("{short} is pinned by digest: the same runs again"), Tone::Plain),
        Ok(None) => {
            return (format!("{short} is not in this account's ECR: whether it changed is not known"), Tone::Unknown);
        }
        Ok(Some(found)) => found,
    };
    let RegistryImage { mutable, digest, pushed } = found;
    let Some(digest) = digest else { return (format!("{short}: no such image in ECR"), Tone::Down) };
    let pushed = pushed.map(|at| format!(", pushed {} ago", format::age(at, now))).unwrap_or_default();
    let digest = short_digest(digest);
    match (pinned, mutable) {
        (true, _) => (format!("{short} is pinned by digest{pushed}: the same runs again"), Tone::Plain),
        (_, true) => (format!("{short} is mutable: what it points to now, {digest}{pushed}, will run"), Tone::Changing),
        (_, false) => (format!("{short} is immutable: {digest}{pushed} runs again"), Tone::Plain),
    }
}

pub fn room_in_words(service: &Service, room: Option<Room>) -> Span {
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

pub fn breaker(service: &Service) -> Span {
    match (service.breaker.enabled, service.breaker.rollback) {
        (true, true) => "on: a failing deployment is rolled back".into(),
        (true, false) => "on: a failing deployment is stopped, not rolled back".into(),
        (false, _) => Span::new("off", Tone::Degraded),
    }
}

fn before(intent: &Intent) -> Option<&str> {
    intent.before.get("deployment").and_then(Value::as_str)
}

pub fn progress(intent: &Intent, receipt: &Receipt, facts: &ServiceFacts, now: Timestamp) -> Progress {
    let service = &facts.service;
    let started = receipt.started.as_deref().or_else(|| ours(intent, service).map(|d| d.id.as_str()));
    let Some(id) = started else {
        return unseen(intent, service, None, now);
    };
    let progress = match service.deployment(id) {
        None => unseen(intent, service, Some(id), now),
        Some(deployment) => seen(service, deployment, now),
    };
    let watched = Watched::of(facts, intent.at, Some(id));
    Progress {
        stalled: progress.verdict.is_none() && (progress.stalled || watched.stalls(now)),
        evidence: if progress.verdict == Some(Verdict::Done) { Vec::new() } else { watched.evidence(now) },
        ..progress
    }
}

/// The deployment is among those in force.
fn seen(service: &Service, deployment: &Deployment, now: Timestamp) -> Progress {
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
            Progress { fraction: Some(1.0), ..Progress::ended(Verdict::Done, text) }
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
        (None, None) if alone(service, deployment) => {
            // Without a rollout state only the counts can tell.
            let text = format!("{0} of {0} run, by counts: AWS tells no rollout state here", deployment.desired);
            Progress { fraction: Some(1.0), ..Progress::ended(Verdict::Done, text) }
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
fn alone(service: &Service, deployment: &Deployment) -> bool {
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
fn unseen(intent: &Intent, service: &Service, id: Option<&str>, now: Timestamp) -> Progress {
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
fn ours<'a>(intent: &Intent, service: &'a Service) -> Option<&'a Deployment> {
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

pub fn applied(intent: &Intent, facts: &ServiceFacts, _: Timestamp) -> Applied {
    let service = &facts.service;
    match (ours(intent, service), service.primary()) {
        (Some(deployment), _) => Applied::Yes(Receipt::of("", Some(deployment.id.clone()))),
        (None, Some(primary)) if Some(primary.id.as_str()) == before(intent) => Applied::No,
        _ => Applied::CannotTell,
    }
}
