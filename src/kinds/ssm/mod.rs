//! Sessions of Systems Manager into containers: exec and port-forward, for services and for what only
//! a task of one can reach.

pub mod forward;
#[cfg(test)]
mod tests;

use crate::domain::Timestamp;
use crate::domain::format::age;
use crate::domain::ops::Op;
use crate::domain::ops::ecs;
use crate::domain::resource::{FactsId, KindId};
use crate::domain::ssm::SessionFacts;
use crate::domain::task::{Container, Task};
use crate::kinds::action::{Inputs, Offer, Rows, input, row};
use crate::kinds::cell::Tone;

/// What sessions need to be planned.
pub const READS: &[Op] =
    &[ecs::LIST_CLUSTERS, ecs::LIST_TASKS, ecs::DESCRIBE_TASKS, ecs::DESCRIBE_SERVICES, ecs::DESCRIBE_TASK_DEFINITION];

/// What a session to, or through a task to, a resource of this kind needs: [`SessionFacts`].
pub const fn session_facts(kind: KindId) -> FactsId {
    FactsId::new(kind, "sessions")
}

/// So many tasks are offered.
const OFFERED: usize = 8;
/// The letters of a task's id that tell it apart from its neighbours.
const SHORT: usize = 8;

const RUNNING: &str = "RUNNING";

/// `1f3a9c01`: as the lists show it, too.
pub fn short(task: &Task) -> String {
    task.id().chars().take(SHORT).collect()
}

/// The task that is meant: by the beginning of its id, else the first.
pub fn task<'a>(facts: &'a SessionFacts, inputs: &Inputs) -> Result<&'a Task, String> {
    let tasks = facts.tasks.as_ref().map_err(|fault| format!("the tasks could not be read: {fault}"))?;
    let wanted = input(inputs, "task");
    let mut found = tasks.iter().filter(|task| wanted.is_empty() || task.id().starts_with(wanted));
    match (found.next(), found.next()) {
        (Some(task), None) => Ok(task),
        (Some(task), Some(_)) if wanted.is_empty() => Ok(task),
        (Some(_), Some(_)) => Err(format!("several tasks begin with {wanted}")),
        (None, _) if !wanted.is_empty() => Err(format!("no task that runs begins with {wanted}")),
        (None, _) => Err(match (&facts.remote, facts.enabled) {
            // Of a service every task is shown; what a tunnel goes through must take sessions.
            (Some(_), None) => "no task of the environment takes sessions: a service needs enableExecuteCommand, and \
                                a deployment after it"
                .to_string(),
            _ => format!("no task of {} runs", facts.name),
        }),
    }
}

/// The container that is meant: by its name, else the first that takes sessions.
pub fn container<'a>(task: &'a Task, inputs: &Inputs) -> Result<&'a Container, String> {
    match input(inputs, "container") {
        "" => {
            let ready = task.containers.iter().find(|container| container.exec_agent == RUNNING);
            ready.or(task.containers.first()).ok_or_else(|| format!("AWS tells no container of {}", short(task)))
        }
        name => task.containers.iter().find(|container| container.name == *name).ok_or_else(|| {
            let names: Vec<&str> = task.containers.iter().map(|container| &*container.name).collect();
            format!("{} has no container {name}; there are {}", short(task), names.join(", "))
        }),
    }
}

/// What the fields task and container offer: the newest first, those that run before the others.
pub fn offers(facts: &SessionFacts, inputs: &Inputs) -> Vec<Offer> {
    let tasks = facts.tasks.iter().flatten();
    let mut offers = vec![("task", tasks.take(OFFERED).map(short).collect())];
    if let Ok(task) = task(facts, inputs) {
        let mut containers: Vec<&Container> = task.containers.iter().collect();
        containers.sort_by_key(|container| container.exec_agent != RUNNING);
        offers.push(("container", containers.iter().map(|container| container.name.to_string()).collect()));
    }
    offers
}

/// The task and the container that are meant, where a session into it can begin.
///
/// # Errors
/// There is none, or what it lacks.
pub fn destination<'a>(facts: &'a SessionFacts, inputs: &Inputs) -> Result<(&'a Task, &'a Container), String> {
    let task = task(facts, inputs)?;
    let container = container(task, inputs)?;
    let lacking = lacking(facts, task, container);
    if lacking.is_empty() { Ok((task, container)) } else { Err(lacking.join("; and ")) }
}

/// Everything that a session into this container lacks, each with its remedy (ECS guide, "Troubleshooting
/// issues with ECS Exec").
fn lacking(facts: &SessionFacts, task: &Task, container: &Container) -> Vec<String> {
    let mut lacking = Vec::new();
    let short = short(task);
    if let Err(fault) = &facts.plugin {
        lacking.push(format!("{}: {}", fault.message, fault.remedy));
    }
    if task.status != RUNNING {
        lacking.push(format!("task {short} is {}: wait until it runs, or take another", task.status));
    }
    if !task.exec_enabled {
        lacking.push(match facts.enabled {
            Some(true) => format!(
                "task {short} was started before enableExecuteCommand was set on the service: force a deployment, \
                 then take a new task"
            ),
            _ => format!(
                "enableExecuteCommand was not set when task {short} was started: aws ecs update-service --cluster {} \
                 --service {} --enable-execute-command --force-new-deployment, then take a new task",
                cluster(task),
                facts.name
            ),
        });
    } else if container.exec_agent != RUNNING && task.status == RUNNING {
        let is = if container.exec_agent.is_empty() { "not there" } else { container.exec_agent.as_str() };
        lacking.push(format!(
            "the ExecuteCommandAgent of {} is {is}, not RUNNING: it takes some seconds after the start; the task role \
             needs ssmmessages:CreateControlChannel, CreateDataChannel, OpenControlChannel and OpenDataChannel, the \
             root filesystem must be writable, and the subnet must reach ssmmessages",
            container.name
        ));
    } else if container.runtime_id.is_empty() && task.status == RUNNING {
        lacking.push(format!("AWS tells no runtime id of {}: it has not begun", container.name));
    }
    lacking
}

/// Where it goes: what runs there since when, and the plugin that speaks.
pub fn rows(facts: &SessionFacts, task: &Task, container: &Container, now: Timestamp) -> Rows {
    let since = task.started.map_or(String::new(), |at| format!("for {}", age(at, now)));
    let about = [&task.status, task.task_definition.short(), &since, &task.zone, task.address.as_deref().unwrap_or("")];
    let about: Vec<&str> = about.into_iter().filter(|word| !word.is_empty()).collect();
    let plugin = match &facts.plugin {
        Ok(plugin) => format!("session-manager-plugin {}", plugin.version),
        Err(fault) => fault.to_string(),
    };
    let (image, agent) = (&container.image, &container.exec_agent);
    vec![
        row("runs", [about.join("  ")]),
        row("image", [format!("{}:{}  agent {agent}", image.repository(), image.tag())]),
        row("by", [plugin]),
    ]
}

/// An older plugin takes the session where others can see it.
pub fn seen_by_others(facts: &SessionFacts) -> Option<(Tone, String)> {
    let plugin = facts.plugin.as_ref().ok().filter(|plugin| !plugin.reads_environment())?;
    let text = format!(
        "plugin {} takes the session's token as an argument, which everybody on this machine can read while it \
         runs; one later than 1.2.497 does not",
        plugin.version
    );
    Some((Tone::Degraded, text))
}

pub fn cluster(task: &Task) -> &str {
    task.cluster().unwrap_or("default")
}

/// `ecs:CLUSTER_TASK_RUNTIME`: what a session's target is called (AWS CLI, `execute-command`).
pub fn target(task: &Task, container: &Container) -> String {
    format!("ecs:{}_{}_{}", cluster(task), task.id(), container.runtime_id)
}
