//! How well a service is, and why, as far as its row tells.

use super::evidence::{self, Said};
use super::rollout_headroom::Room;
use crate::domain::Timestamp;
use crate::domain::format::{self, count, seconds_since};
use crate::domain::health::{Diagnosis, Health};
use crate::domain::service::{Deployment, Rollout, Service, ServiceEvent};
use crate::domain::text::Text;

/// Without a movement for so long a rollout counts as stuck, in seconds.
const STUCK: i64 = 15 * 60;
/// For so long a start may take before nothing running means down, in seconds. Covers the pull of
/// an image and the first health checks.
const FRESH: i64 = 5 * 60;
/// For so long after the scheduler did something a missing task is on its way, in seconds.
const SETTLING: i64 = 60;

/// After its last event a service is looked at for so long, in seconds: ECS takes its time to tell a
/// task as stopped, and by then all may be well again.
pub(super) const RESTLESS: i64 = 5 * 60;

fn state(health: Health, word: impl Into<String>, why: impl Into<Text>) -> Diagnosis {
    Diagnosis { word: word.into(), ..Diagnosis::new(health, why) }
}

/// The state of a rollout under way.
fn rolling(diagnosis: Diagnosis, primary: &Deployment) -> Diagnosis {
    Diagnosis { progress: part(primary), is_moving: true, ..diagnosis }
}

/// The health rule of the kind.
pub fn diagnose(service: &Service, now: Timestamp) -> Diagnosis {
    let diagnosis = judge(service, now);
    let lately = |event: &ServiceEvent| event.at.is_some_and(|at| format::seconds_since(at, now) < RESTLESS);
    let goes_wrong = !matches!(diagnosis.health, Health::Ok | Health::Unknown);
    Diagnosis { is_restless: goes_wrong || service.events.first().is_some_and(lately), ..diagnosis }
}

/// How far a deployment is, 0 to 1; `None` with nothing to run.
pub fn part(deployment: &Deployment) -> Option<f32> {
    (deployment.desired > 0).then(|| (deployment.running as f32 / deployment.desired as f32).min(1.0))
}

fn judge(service: &Service, now: Timestamp) -> Diagnosis {
    match service.status.as_str() {
        "ACTIVE" => {}
        "DRAINING" => {
            let left = count(service.running as usize, "task");
            return state(Health::Changing, "being deleted", format!("being deleted: {left} left"));
        }
        "INACTIVE" => return state(Health::Down, "deleted", "deleted: its status is INACTIVE"),
        other => return state(Health::Unknown, "unknown", format!("its status is not known: {other:?}")),
    }
    if service.desired == 0 {
        return at_zero(service);
    }
    match service.primary() {
        Some(primary) if primary.rollout == Some(Rollout::Failed) => {
            state(wrong(service), "failed", join(&[failure(primary), short_of(service)]))
        }
        Some(primary) if is_rollback(service, primary) && rolls(service, primary) => roll_back_state(service, primary),
        Some(primary) if rolls(service, primary) => rollout_state(service, primary, now),
        primary => standing(service, primary, now),
    }
}

/// Whether a rollout is under way. Where AWS tells no rollout state, a second deployment that
/// still has tasks says so.
fn rolls(service: &Service, primary: &Deployment) -> bool {
    match primary.rollout {
        Some(rollout) => rollout == Rollout::InProgress,
        None => service.deployments.iter().any(|d| d.id != primary.id && d.running + d.pending > 0),
    }
}

/// Whether AWS made this deployment to take a failed one back. Its reason says so; where it has none,
/// a failed deployment beside it under a circuit breaker that rolls back does.
pub fn is_rollback(service: &Service, primary: &Deployment) -> bool {
    if !primary.rollout_reason.is_empty() {
        return says_rollback(&primary.rollout_reason);
    }
    service.breaker.rollback
        && service.deployments.iter().any(|d| d.id != primary.id && d.rollout == Some(Rollout::Failed))
}

/// Whether a reason of AWS speaks of a rollback.
pub fn says_rollback(reason: &str) -> bool {
    let reason = reason.to_ascii_lowercase();
    ["rolling back", "rolled back", "rollback"].iter().any(|word| reason.contains(word))
        && !reason.contains("no rollback")
}

fn at_zero(service: &Service) -> Diagnosis {
    if service.running + service.pending > 0 {
        let left = count((service.running + service.pending) as usize, "task");
        return state(Health::Changing, "to zero", format!("scaling to zero: {left} left"));
    }
    if service.is_daemon() {
        // No instance to run on is fine in a pool that is empty on purpose, and an outage elsewhere.
        return state(Health::Unknown, "no instance", "a daemon without a container instance to run on");
    }
    state(Health::Ok, "scaled to zero", "scaled to zero")
}

fn roll_back_state(service: &Service, primary: &Deployment) -> Diagnosis {
    let failed = service.deployments.iter().find(|d| d.id != primary.id && d.rollout == Some(Rollout::Failed));
    let why = join(&[
        failed.map(failure).unwrap_or_default(),
        format!("AWS rolls back to {}, {}", primary.task_definition.short(), new_tasks(primary)),
    ]);
    rolling(state(wrong(service), "rolling back", why), primary)
}

fn rollout_state(service: &Service, primary: &Deployment, now: Timestamp) -> Diagnosis {
    let mut reasons = Vec::new();
    let mut word = None;
    if primary.failed > 0 {
        word = Some(format!("{} failed", primary.failed));
        reasons.push(format!(
            "{} failed in a row on {}",
            count(primary.failed as usize, "task"),
            primary.task_definition.short()
        ));
    }
    if let Some(restarts) = restarts(service, now) {
        word.get_or_insert_with(|| "restarting".into());
        reasons.push(restarts);
    }
    if let Some((event, short)) = primary.created.and_then(|created| evidence::trouble(service, created)) {
        word.get_or_insert_with(|| short.into());
        reasons.push(evidence::quoted(event, now));
    }
    let old_tasks = service.deployments.len() > 1;
    if let Some(room) = Room::of(service).filter(|room| old_tasks && service.running < room.minimum) {
        word.get_or_insert_with(|| "below minimum".into());
        reasons.push(format!("{} run, fewer than the {} that must stay", service.running, room.minimum));
    }
    if let Some(still) = stuck(service, primary, now) {
        word.get_or_insert_with(|| format!("stuck {}", format::span(still)));
        reasons.push(format!("no progress for {}", format::span(still)));
        if let Some(room) = Room::of(service).filter(|room| !room.rolls()) {
            reasons.push(room.words());
        }
    }
    if let Some(word) = word {
        reasons.push(new_tasks(primary));
        // Nothing moves in a rollout that stands still: read it at the calm pace.
        let is_moving = stuck(service, primary, now).is_none();
        return Diagnosis { is_moving, ..rolling(state(wrong(service), word, join(&reasons)), primary) };
    }
    let started = primary.created.is_none_or(|created| seconds_since(created, now) < FRESH);
    if service.running == 0 && !started {
        return rolling(state(Health::Down, "no tasks", format!("0 of {} run", service.desired)), primary);
    }
    let word = match part(primary) {
        Some(part) if part < 1.0 => format!("rolling {:.0}%", (part * 100.0).floor()),
        _ => "settling".into(),
    };
    let old: u32 = service.deployments.iter().filter(|d| d.id != primary.id).map(|d| d.running).sum();
    let why = if part(primary) == Some(1.0) && old > 0 {
        format!("all of {} run, {} left", primary.task_definition.short(), count(old as usize, "old task"))
    } else {
        new_tasks(primary)
    };
    rolling(state(Health::Changing, word, why), primary)
}

/// A service without a rollout: only the counts and the events tell.
fn standing(service: &Service, primary: Option<&Deployment>, now: Timestamp) -> Diagnosis {
    let (running, desired) = (service.running, service.desired);
    let failed = primary.map_or(0, |p| p.failed);
    let mut reasons = Vec::new();
    let mut word = None;
    if failed > 0 {
        word = Some(format!("{failed} failed"));
        reasons.push(format!("{} failed in a row", count(failed as usize, "task")));
    }
    if let Some(restarts) = restarts(service, now) {
        word.get_or_insert_with(|| "restarting".into());
        reasons.push(restarts);
    }
    if running < desired {
        let horizon = Timestamp::from_second(now.as_second() - evidence::SUPPRESSED).unwrap_or(now);
        if let Some((event, short)) = evidence::trouble(service, horizon) {
            word.get_or_insert_with(|| short.into());
            reasons.push(evidence::quoted(event, now));
        }
        reasons.push(short_of(service));
        let moved = [evidence::last_move(service), primary.and_then(|p| p.updated)].into_iter().flatten().max();
        let still = moved.map_or(i64::MAX, |at| seconds_since(at, now));
        let patience = if running == 0 { FRESH } else { SETTLING };
        let coming = if running == 0 { still < patience } else { service.pending > 0 || still < patience };
        if word.is_none() && coming {
            let word = format!("{} starting", desired - running);
            return state(Health::Changing, word, join(&reasons));
        }
        let word = word
            .unwrap_or_else(|| if running == 0 { "no tasks".into() } else { format!("{} missing", desired - running) });
        return Diagnosis { is_moving: service.pending > 0, ..state(wrong(service), word, join(&reasons)) };
    }
    if let Some(word) = word {
        reasons.push(format!("{running} of {desired} run at this moment"));
        return Diagnosis { is_moving: true, ..state(Health::Degraded, word, join(&reasons)) };
    }
    if running > desired {
        let over = count((running - desired) as usize, "task");
        return state(Health::Changing, "scaling in", format!("{over} more than the {desired} wanted still run"));
    }
    if service.pending > 0 {
        let word = format!("{} starting", service.pending);
        return state(Health::Changing, word, format!("{} starting beside the {desired} that run", service.pending));
    }
    let rolled_back = primary.is_some_and(|p| {
        is_rollback(service, p)
            || p.created.is_some_and(|created| {
                evidence::since(service, created).any(|event| evidence::said(event) == Said::RollingBack)
            })
    });
    let why = if rolled_back { "steady on what AWS rolled back to: the newest deployment failed" } else { "" };
    state(Health::Ok, if rolled_back { "rolled back" } else { "steady" }, why)
}

/// How long nothing has moved in a rollout, in seconds, when that is too long. The bake time of a
/// blue/green, linear or canary deployment is a wait by design, so there only missing tasks count.
fn stuck(service: &Service, primary: &Deployment, now: Timestamp) -> Option<i64> {
    let bakes = !matches!(service.strategy.as_str(), "" | "ROLLING") && primary.running >= primary.desired;
    let moved = [primary.updated, primary.created, evidence::last_move(service)].into_iter().flatten().max()?;
    let still = seconds_since(moved, now);
    (!bakes && still > STUCK).then_some(still)
}

/// Whether tasks keep being started without need. A running count that equals the desired one hides a
/// crash loop, and `failedTasks` is 0 again as soon as one task ran.
fn restarts(service: &Service, now: Timestamp) -> Option<String> {
    let window = Timestamp::from_second(now.as_second() - evidence::LOOP).unwrap_or(now);
    let created = service.primary().and_then(|p| p.created);
    // A deployment starts every task once, and growth at most as many as are wanted now.
    let from = created.map_or(window, |created| created.max(window));
    let starts: Vec<(Timestamp, u32)> = evidence::since(service, from)
        .filter_map(|event| match evidence::said(event) {
            Said::Started(n) => Some((event.at?, n)),
            _ => None,
        })
        .collect();
    let tasks: u32 = starts.iter().map(|(_, n)| n).sum();
    let short = service.running < service.desired || service.pending > 0;
    let settled = created.is_none_or(|created| created < window);
    if starts.len() < 3 || !(tasks > service.desired || (settled && short)) {
        return None;
    }
    let first = starts.iter().map(|(at, _)| *at).min()?;
    Some(format!(
        "{} started in {} for {} wanted: they keep dying",
        count(tasks as usize, "task"),
        format::age(first, now),
        service.desired
    ))
}

fn wrong(service: &Service) -> Health {
    if service.running == 0 { Health::Down } else { Health::Degraded }
}

fn failure(deployment: &Deployment) -> String {
    let what = format!("deployment of {} failed", deployment.task_definition.short());
    if deployment.rollout_reason.is_empty() { what } else { format!("{what}: {}", deployment.rollout_reason) }
}

/// `2 of 5 run, 1 starting`, or nothing when all run.
fn short_of(service: &Service) -> String {
    let Service { running, desired, pending, .. } = service;
    match (running < desired, pending) {
        (false, _) => String::new(),
        (true, 0) => format!("{running} of {desired} run, none starting"),
        (true, _) => format!("{running} of {desired} run, {pending} starting"),
    }
}

fn new_tasks(deployment: &Deployment) -> String {
    format!("{} of {} new tasks run", deployment.running, deployment.desired)
}

fn join(reasons: &[String]) -> String {
    let said: Vec<&str> = reasons.iter().map(String::as_str).filter(|r| !r.is_empty()).collect();
    said.join(", ")
}
