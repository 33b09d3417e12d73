//! Tasks that are started beside a service, and those that somebody stops.

use fastrand::Rng;
use serde_json::Value;

use super::super::clock::later;
use super::super::estate::{Estate, Place, family};
use super::super::simulated_kind::{Moment, Refusal, receipt};
use super::life;
use super::model::{OneOff, Service, Stop, Task};
use super::releases;
use crate::domain::Timestamp;
use crate::domain::argv;
use crate::domain::call::Call;
use crate::domain::intent::Receipt;
use crate::domain::text::Text;

/// How long a command takes, in seconds.
const TAKES: i64 = 6;

/// What was to end ends, and what ended long ago is forgotten.
pub fn step(service: &mut Service, now: Timestamp) {
    for OneOff { task, .. } in &mut service.one_off {
        if task.stopped.is_none()
            && let Some((at, stop)) = &task.ends
            && *at <= now
        {
            task.stopped = Some(stop.clone());
        }
    }
    service.one_off.retain(|one_off| one_off.task.stopped.as_ref().is_none_or(|stop| life::is_remembered(stop, now)));
}

/// StopTask. The scheduler replaces it in its next step, if it wants it.
///
/// # Errors
/// What AWS would refuse, in its words.
pub fn stop_task(moment: &mut Moment, call: &Call) -> Result<Receipt, Refusal> {
    let id = call.str("task");
    let task = of_cluster(moment.estate, call)?.find_map(|service| {
        let one_off = service.one_off.iter_mut().map(|one_off| &mut one_off.task);
        service.tasks.iter_mut().chain(one_off).find(|task| task.id == id)
    });
    let missing = || Refusal::invalid("InvalidParameterException: The referenced task was not found.");
    stop(task.ok_or_else(missing)?, call.str("reason"), moment.now);
    Ok(receipt(moment.rng, Some(arn(&moment.estate.place, call, id))))
}

/// RunTask.
///
/// # Errors
/// What AWS would refuse, in its words.
pub fn run_task(moment: &mut Moment, call: &Call) -> Result<Receipt, Refusal> {
    let wanted = call.str("taskDefinition");
    let place = moment.estate.place;
    let mut services = of_cluster(moment.estate, call)?;
    let found = services.find_map(|service| Some((releases::revision(service, wanted).ok()?, service)));
    let missing = || Refusal::invalid("ClientException: TaskDefinition not found.");
    let (revision, service) = found.ok_or_else(missing)?;
    let id = run(service, revision, call, moment.now, moment.rng).map_err(Refusal::invalid)?;
    Ok(receipt(moment.rng, Some(arn(&place, call, &id))))
}

/// The services of the cluster that a call names.
fn of_cluster<'a>(estate: &'a mut Estate, call: &'a Call) -> Result<impl Iterator<Item = &'a mut Service>, Refusal> {
    let (cluster, fleet) = (call.str("cluster"), estate.ecs_mut());
    if !fleet.clusters.iter().any(|known| known == cluster) {
        return Err(Refusal::missing("ClusterNotFoundException: Cluster not found."));
    }
    Ok(fleet.services.values_mut().filter(move |service| service.cluster == cluster))
}

fn arn(place: &Place, call: &Call, id: &str) -> Text {
    place.arn("ecs", &format!("task/{}/{id}", call.str("cluster"))).0
}

fn stop(task: &mut Task, reason: &str, now: Timestamp) {
    if task.stopped.is_none() {
        let exit = task.is_running(now).then_some(143);
        let reason = reason.to_string();
        task.stopped = Some(Stop { at: now, code: "UserInitiated", reason, exit, container_reason: String::new() });
    }
}

/// Starts a task and gives its id; the same one for a token that came before.
fn run(service: &mut Service, revision: u32, call: &Call, now: Timestamp, rng: &mut Rng) -> Result<String, String> {
    let token = call.str("clientToken").to_string();
    if let Some(known) = service.one_off.iter().find(|one_off| one_off.token == token && !token.is_empty()) {
        return Ok(known.task.id.clone());
    }
    let wanted = call.input.get("overrides").and_then(|overrides| overrides["containerOverrides"].get(0));
    let container = wanted.and_then(|wanted| wanted["name"].as_str()).unwrap_or_default();
    if container != family(&service.name) {
        return Err(
            "InvalidParameterException: Override for container named is not a container in the TaskDefinition.".into(),
        );
    }
    let command = wanted.and_then(|wanted| wanted["command"].as_array()).into_iter().flatten();
    let command: Vec<String> = command.filter_map(Value::as_str).map(str::to_string).collect();
    let mut task = life::new_task(service, call.str("startedBy"), revision, now, rng);
    // The bad revision fails by what it serves; its image is there all the same.
    if let (Some(runs), true) = (task.runs_at, task.ends.as_ref().is_none_or(|(_, stop)| stop.exit.is_some())) {
        let at = later(runs, TAKES);
        let reason = "Essential container in task exited".to_string();
        let exit = Some(exit_code(&command));
        task.ends =
            Some((at, Stop { at, code: "EssentialContainerExited", reason, exit, container_reason: String::new() }));
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
