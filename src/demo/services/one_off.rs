//! Tasks that are started beside a service, and those that somebody stops.

use super::life;
use super::model::{OneOff, Service, Stop, Task};
use super::{last, releases};
use crate::demo::prelude::*;
use crate::domain::argv;
use crate::domain::requests::ecs::{RunTask, StopTask};

/// How long a command takes, in seconds.
const TAKES: i64 = 6;

/// What was to end ends, and what ended long ago is forgotten.
pub fn step(service: &mut Service, now: Timestamp) {
    for OneOff { task, .. } in &mut service.one_off {
        task.end_due(now);
    }
    service.one_off.retain(|one_off| one_off.task.stopped.as_ref().is_none_or(|stop| life::is_remembered(stop, now)));
}

impl Perform for StopTask {
    /// The scheduler replaces it in its next step, if it wants it.
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        let task = of_cluster(moment.estate, &self.cluster)?.find_map(|service| {
            let one_off = service.one_off.iter_mut().map(|one_off| &mut one_off.task);
            service.tasks.iter_mut().chain(one_off).find(|task| task.id == self.task)
        });
        let missing = || Refusal::invalid("InvalidParameterException: The referenced task was not found.");
        stop(task.ok_or_else(missing)?, &self.reason, moment.now);
        Ok(receipt(moment.rng, Some(arn(&moment.estate.place, &self.cluster, &self.task))))
    }

    fn attempt_label(&self) -> Option<String> {
        Some(format!("task {} stopped", last(&self.task).chars().take(8).collect::<String>()))
    }
}

impl Perform for RunTask {
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        let place = moment.estate.place;
        let mut services = of_cluster(moment.estate, &self.cluster)?;
        let found =
            services.find_map(|service| Some((releases::revision(service, &self.task_definition).ok()?, service)));
        let missing = || Refusal::invalid("ClientException: TaskDefinition not found.");
        let (revision, service) = found.ok_or_else(missing)?;
        let started = arn(&place, &self.cluster, &run(service, revision, &self, moment.now, moment.rng)?);
        Ok(receipt(moment.rng, Some(started)))
    }

    fn attempt_label(&self) -> Option<String> {
        Some(format!("a command run as a task of {}", last(&self.task_definition)))
    }
}

/// The services of a cluster.
fn of_cluster<'a>(estate: &'a mut Estate, cluster: &'a str) -> Result<impl Iterator<Item = &'a mut Service>, Refusal> {
    let fleet = estate.ecs_mut();
    if !fleet.clusters.iter().any(|known| known == cluster) {
        return Err(Refusal::missing("ClusterNotFoundException: Cluster not found."));
    }
    Ok(fleet.services.values_mut().filter(move |service| service.cluster == cluster))
}

fn arn(place: &Place, cluster: &str, id: &str) -> Text {
    place.arn("ecs", &format!("task/{cluster}/{id}")).0
}

fn stop(task: &mut Task, reason: &str, now: Timestamp) {
    if task.stopped.is_none() {
        let exit = task.is_running(now).then_some(143);
        task.stopped = Some(Stop::new(now, "UserInitiated", reason, exit));
    }
}

/// Starts a task and gives its id; the same one for a token that came before.
fn run(
    service: &mut Service,
    revision: u32,
    asked: &RunTask,
    now: Timestamp,
    rng: &mut Rng,
) -> Result<String, Refusal> {
    let token = asked.client_token.clone();
    if let Some(known) = service.one_off.iter().find(|one_off| one_off.token == token) {
        return Ok(known.task.id.clone());
    }
    let one = asked.overrides.container_overrides.iter().find(|one| one.name == family(&service.name));
    let command = one.map(|one| one.command.clone()).ok_or_else(|| {
        Refusal::invalid(
            "InvalidParameterException: Override for container named is not a container in the TaskDefinition.",
        )
    })?;
    let mut task = life::new_task(service, &asked.started_by, revision, now, rng);
    // The bad revision fails by what it serves; its image is there all the same.
    if let (Some(runs), true) = (task.runs_at, task.ends.as_ref().is_none_or(|(_, stop)| stop.exit.is_some())) {
        let at = later(runs, TAKES);
        task.ends = Some((at, Stop::exited(at, exit_code(&command))));
    }
    let id = task.id.clone();
    service.one_off.push(OneOff { task, command, token });
    Ok(id)
}

/// Only what says so fails: `false`, `exit N`, also as the line of a shell.
fn exit_code(command: &[String]) -> i32 {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    match words[..] {
        ["false", ..] => 1,
        ["exit", code] => code.parse().unwrap_or(2),
        ["sh" | "/bin/sh" | "bash" | "/bin/bash", "-c", line] => argv::split(line).map_or(0, |words| exit_code(&words)),
        _ => 0,
    }
}
