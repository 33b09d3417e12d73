//! Sessions into tasks: what a plan must know of them, and how they begin.

use super::model::Service;
use super::{last, show};
use crate::demo::prelude::*;
use crate::domain::requests::ecs::ExecuteCommand;
use crate::domain::requests::ssm::StartSession;
use crate::domain::ssm::{Plugin, Remote, SessionFacts};
use crate::domain::task::Task;

/// What a session into a service's own tasks must know.
pub fn of_service(view: View, service: &Service) -> SessionFacts {
    let View { estate, now, .. } = view;
    let definition = show::task_definition(estate, service);
    let ports = definition.containers.iter();
    SessionFacts {
        name: Text::new(&service.name),
        remote: None,
        enabled: Some(service.exec),
        tasks: Ok(running_first(show::tasks(estate, service, false, now))),
        ports: ports.flat_map(|c| c.ports.iter().map(|port| (c.image.container.clone(), *port))).collect(),
        plugin: plugin(),
    }
}

/// What a way through any task must know.
pub fn through(view: View, name: &Text, remote: Option<Remote>) -> SessionFacts {
    let View { estate, now, .. } = view;
    let services = estate.services().filter(|service| service.exec);
    let tasks = services.flat_map(|service| show::tasks(estate, service, false, now)).collect();
    SessionFacts {
        name: name.clone(),
        remote,
        enabled: None,
        tasks: Ok(running_first(tasks)),
        ports: Vec::new(),
        plugin: plugin(),
    }
}

fn running_first(mut tasks: Vec<Task>) -> Vec<Task> {
    tasks.sort_by_key(|task| task.status != "RUNNING");
    tasks
}

fn plugin() -> Result<Plugin, Fault> {
    Ok(Plugin { version: "1.2.707.0".into() })
}

impl Perform for ExecuteCommand {
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        begin(moment, last(&self.task))
    }

    fn attempt_label(&self) -> Option<String> {
        None
    }
}

impl Perform for StartSession {
    /// Its target is `ecs:CLUSTER_TASK_RUNTIME`.
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        begin(moment, self.target.split('_').nth(1).unwrap_or_default())
    }

    fn attempt_label(&self) -> Option<String> {
        None
    }
}

fn begin(moment: &mut Moment, wanted: &str) -> Result<Receipt, Refusal> {
    let of = |service: &&Service| service.tasks.iter().any(|task| task.id == wanted && task.stopped.is_none());
    match moment.estate.services().find(of) {
        None => Err(Refusal::invalid("InvalidParameterException: The specified task was not found.")),
        Some(service) if !service.exec => Err(Refusal::invalid(
            "InvalidParameterException: The execute command failed because execute command was not enabled when the \
             task was run or the execute command agent isn't running.",
        )),
        Some(_) => {
            let session = format!("ecs-execute-command-{}", hex(moment.rng, 16));
            Ok(receipt(moment.rng, Some(session.into())))
        }
    }
}
