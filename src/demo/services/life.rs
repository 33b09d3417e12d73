//! How services move, second by second.

use super::fleet::Fleet;
use super::images;
use super::model::{Behaviour, Deployment, Release, Revision, Service, State, Stop, Task, count};
use super::one_off;
use crate::demo::prelude::*;
use crate::domain::history::DeploymentStatus;
use crate::domain::service::Controller;

/// Seconds from the wish for a task to its RUNNING.
const START: std::ops::Range<i64> = 8..14;

/// The family of the service of which a bad revision is shipped.
const SHIPPED: &str = "booking-api";

/// Stopped tasks are remembered for an hour.
const MEMORY: i64 = 3600;

/// An id as ECS numbers its deployments.
pub fn digits(rng: &mut Rng) -> String {
    format!("{:019}", rng.u64(10_u64.pow(18)..9 * 10_u64.pow(18)))
}

/// A task that begins now; how it ends follows from its revision.
pub fn new_task(service: &Service, deployment: &str, revision: u32, now: Timestamp, rng: &mut Rng) -> Task {
    let runs_at = later(now, rng.i64(START));
    let behaviour = service.revision(revision).map_or(Behaviour::Sound, |revision| revision.behaviour);
    let (runs_at, ends) = match behaviour {
        Behaviour::Sound => (Some(runs_at), None),
        Behaviour::Crashes => {
            let at = later(runs_at, rng.i64(5..20));
            (Some(runs_at), Some((at, Stop::exited(at, 1))))
        }
        Behaviour::Missing => {
            let reason = "CannotPullContainerError: the image was not found in the registry";
            let stop = Stop::new(runs_at, "TaskFailedToStart", reason, None).with_container_reason(reason);
            (None, Some((runs_at, stop)))
        }
    };
    Task {
        // As ECS makes them.
        id: hex(rng, 32),
        deployment: deployment.to_string(),
        revision,
        created: now,
        runs_at,
        stopped: None,
        ends,
        zone: ["a", "b", "c"][rng.usize(0..3)],
        address: format!("10.{}.{}.{}", rng.u8(10..20), rng.u8(..), rng.u8(2..250)),
    }
}

impl Fleet {
    /// One second. `calm`: nothing bad happens by itself.
    pub fn live(&mut self, now: Timestamp, rng: &mut Rng, calm: bool) {
        if self.bad_deploy.take_if(|at| *at <= now).is_some()
            && let Some(service) = self.of_family_mut(SHIPPED)
        {
            ship(service, Behaviour::Crashes, now, rng);
        }
        for service in self.services.values_mut() {
            live(service, now, rng);
            // Now and then a task dies of its own, and is replaced.
            if !calm && rng.u32(0..6000) == 0 {
                accident(service, now);
            }
        }
    }
}

/// Somebody ships a revision; one that crashes asks for a variable by another name.
pub fn ship(service: &mut Service, behaviour: Behaviour, now: Timestamp, rng: &mut Rng) {
    let is_bad = behaviour != Behaviour::Sound;
    let number = service.revisions.iter().map(|revision| revision.number).max().unwrap_or(0) + 1;
    let tag = number.to_string();
    service.revisions.push(Revision {
        number,
        tag,
        build: number,
        like: number,
        reference: None,
        cpu: 512,
        memory: 1024,
        behaviour,
        renamed: is_bad,
    });
    if is_bad {
        service.builds.push(images::fix(now));
    }
    deploy(service, number, now, rng);
}

/// Begins a deployment; what was under way gives way to it.
pub fn deploy(service: &mut Service, revision: u32, now: Timestamp, rng: &mut Rng) {
    let source = service.releases.iter().find(|r| r.status == DeploymentStatus::Successful).map(|r| r.revision);
    if let Some(head) = service.releases.first_mut().filter(|release| release.status.is_under_way()) {
        head.status = DeploymentStatus::Stopped;
        head.finished = Some(now);
        head.reason = "A newer service deployment was started.".to_string();
    }
    let deployment = begin(service, revision, now, rng);
    service.releases.insert(
        0,
        Release {
            deployment,
            revision,
            source,
            created: now,
            finished: None,
            status: DeploymentStatus::InProgress,
            reason: String::new(),
            failures: 0,
            back: None,
        },
    );
}

/// Tasks of a revision begin to replace the others.
fn begin(service: &mut Service, revision: u32, now: Timestamp, rng: &mut Rng) -> String {
    let id = format!("ecs-svc/{}", digits(rng));
    let reason = format!("ECS deployment {id} in progress.");
    let state = State::InProgress;
    let deployment = Deployment { id: id.clone(), revision, created: now, updated: now, failed: 0, state, reason };
    service.deployments.insert(0, deployment);
    id
}

/// A running task is killed for its memory.
fn accident(service: &mut Service, now: Timestamp) {
    if let Some(task) = service.tasks.iter_mut().find(|task| task.is_running(now)) {
        let reason = "OutOfMemoryError: Container killed due to memory usage";
        task.stopped = Some(Stop::exited(now, 137).with_container_reason(reason));
    }
}

/// What is wanted runs, and nothing ends, is replaced or forgotten: there is nothing to do.
fn is_settled(service: &Service, now: Timestamp) -> bool {
    let [Deployment { id, state: State::Completed, .. }] = &service.deployments[..] else { return false };
    let (mut own, mut moves) = (0, !service.one_off.is_empty());
    for task in &service.tasks {
        match &task.stopped {
            Some(stop) => moves |= !is_remembered(stop, now),
            None => {
                own += 1;
                moves |= task.ends.is_some() || task.deployment != *id;
            }
        }
    }
    own == service.desired && !moves
}

/// Whether a task that stopped is still told of.
pub fn is_remembered(stop: &Stop, now: Timestamp) -> bool {
    now.as_second() - stop.at.as_second() < MEMORY
}

fn live(service: &mut Service, now: Timestamp, rng: &mut Rng) {
    if is_settled(service, now) {
        return;
    }
    let Some(primary) = service.deployments.first().cloned() else { return };
    // What was to end ends.
    let mut failures = 0;
    for task in &mut service.tasks {
        if task.end_due(now) && task.deployment == primary.id {
            failures += 1;
        }
    }
    service.tasks.retain(|task| task.stopped.as_ref().is_none_or(|stop| is_remembered(stop, now)));
    one_off::step(service, now);
    if failures > 0 && primary.state == State::InProgress {
        let threshold = (service.desired.div_ceil(2)).max(3);
        let head = &mut service.deployments[0];
        head.failed += failures;
        head.updated = now;
        if let Some(release) = service.releases.first_mut() {
            release.failures += failures;
        }
        let failed = head.failed;
        service.record_event(now, format!("(deployment {}) deployment failed: tasks failed to start.", primary.id));
        if service.breaker.enabled && failed >= threshold {
            return give_up(service, now, rng);
        }
    }
    start_and_stop(service, &primary, now, rng);
    finish(service, &primary, now);
}

/// The circuit breaker: the deployment failed; with rollback, what completed last comes back.
fn give_up(service: &mut Service, now: Timestamp, rng: &mut Rng) {
    let id = service.deployments[0].id.clone();
    let head = &mut service.deployments[0];
    head.state = State::Failed;
    head.updated = now;
    head.reason = "ECS deployment circuit breaker: tasks failed to start.".to_string();
    service.record_event(now, format!("(deployment {id}) deployment failed: tasks failed to start."));
    let reason = "Service deployment rolled back because the circuit breaker threshold was exceeded.";
    if service.breaker.rollback && go_back(service, reason, now, rng) {
        let back = &mut service.deployments[0];
        back.reason = format!("ECS deployment circuit breaker: rolling back to deploymentId {}", back.id);
        return;
    }
    if let Some(release) = service.releases.first_mut() {
        release.status = DeploymentStatus::Stopped;
        release.finished = Some(now);
        release.reason = "The circuit breaker threshold was exceeded.".to_string();
    }
}

/// The deployment under way is taken back to the revision before. `false`: there is none.
fn go_back(service: &mut Service, reason: &str, now: Timestamp, rng: &mut Rng) -> bool {
    let Some(revision) = service.releases.first().and_then(|release| release.source) else { return false };
    service.record_event(now, format!("rolling back to deployment of revision {revision}."));
    let back = begin(service, revision, now, rng);
    if let Some(release) = service.releases.first_mut() {
        release.status = DeploymentStatus::RollbackInProgress;
        release.reason = reason.to_string();
        release.back = Some((back, revision));
    }
    true
}

/// StopServiceDeployment with ROLLBACK.
///
/// # Errors
/// What AWS would refuse, in its words.
pub fn stop(service: &mut Service, now: Timestamp, rng: &mut Rng) -> Result<(), String> {
    let stoppable = service.releases.first().is_some_and(|release| release.status.can_be_stopped());
    if !stoppable || !go_back(service, "Service deployment rolled back because of a user request.", now, rng) {
        return Err("ConflictException: The service deployment cannot be stopped in its current state.".to_string());
    }
    Ok(())
}

/// Starts what is missing of the newest deployment and stops what is too much of the others, as
/// far as the percentages let it.
fn start_and_stop(service: &mut Service, primary: &Deployment, now: Timestamp, rng: &mut Rng) {
    if service.deployments[0].state == State::Failed {
        return;
    }
    let desired = service.desired;
    let most = (desired * service.maximum / 100).max(u32::from(desired > 0 && service.maximum > 100));
    let least = (desired * service.minimum).div_ceil(100);
    let alive = count(service.tasks.iter().filter(|task| task.stopped.is_none()));
    let running = count(service.tasks.iter().filter(|task| task.is_running(now)));
    let own = count(service.tasks.iter().filter(|t| t.stopped.is_none() && t.deployment == primary.id));
    if own < desired && alive < most {
        let task = new_task(service, &primary.id, primary.revision, now, rng);
        let id = task.id.clone();
        service.tasks.push(task);
        service.record_event(now, format!("has started 1 tasks: (task {id})."));
        return;
    }
    let others_alive = alive - own;
    let may_stop = running > least || own > desired;
    if (others_alive > 0 && own >= desired || own > desired || (others_alive > 0 && alive >= most)) && may_stop {
        let victim = service
            .tasks
            .iter_mut()
            .filter(|task| task.stopped.is_none())
            .max_by_key(|task| (task.deployment != primary.id, std::cmp::Reverse(task.created)));
        if let Some(task) = victim {
            let reason = format!("Scaling activity initiated by (deployment {})", primary.id);
            task.stopped = Some(Stop::new(now, "ServiceSchedulerInitiated", reason, Some(0)));
            let id = task.id.clone();
            service.record_event(now, format!("has stopped 1 running tasks: (task {id})."));
        }
    }
}

/// A deployment whose tasks all run, and no others, is complete.
fn finish(service: &mut Service, primary: &Deployment, now: Timestamp) {
    let running = service.running(&primary.id, now);
    let alive = count(service.tasks.iter().filter(|task| task.stopped.is_none()));
    if service.deployments[0].state != State::InProgress || running != service.desired || alive != running {
        return;
    }
    // A crash-looper is whole for a moment: steady only when it has run a while.
    let steady = service
        .tasks
        .iter()
        .filter(|task| task.is_running(now))
        .all(|task| task.ends.is_none() && task.runs_at.is_some_and(|at| now.as_second() - at.as_second() >= 5));
    if !steady {
        return;
    }
    let head = &mut service.deployments[0];
    head.state = State::Completed;
    head.updated = now;
    head.reason = format!("ECS deployment {} completed.", head.id);
    let id = head.id.clone();
    service.deployments.truncate(1);
    if let Some(release) = service.releases.first_mut() {
        release.finished = Some(now);
        release.status = match release.back {
            Some(_) => DeploymentStatus::RollbackSuccessful,
            None => DeploymentStatus::Successful,
        };
    }
    service.record_event(now, format!("(deployment {id}) deployment completed."));
    service.record_event(now, "has reached a steady state.".to_string());
}

/// What UpdateService with a new deployment is refused for, in AWS's words.
pub fn refuses_deployment(service: &Service) -> Option<String> {
    (service.controller != Controller::Ecs).then(|| {
        "InvalidParameterException: Unable to update task definition on services with a CODE_DEPLOY deployment controller."
            .to_string()
    })
}
