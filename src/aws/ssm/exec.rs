//! ExecuteCommand: the one request that starts a shell in a container.

use aws_types::request_id::RequestId;

use super::PendingSessions;
use super::plugin::{self, Granted, Place};
use crate::aws::budget::Urgency;
use crate::aws::change::{Members, judge};
use crate::aws::ecs::{self, shape};
use crate::aws::guard::Permission;
use crate::aws::session::Session;
use crate::domain::call::Call;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::intent::{Outcome, Receipt};
use crate::domain::ops::Op;
use crate::domain::ops::ecs::{DESCRIBE_TASKS, EXECUTE_COMMAND};
use crate::domain::text::Text;

/// The members of ExecuteCommand, understood.
#[derive(Debug)]
pub struct Exec {
    cluster: String,
    task: String,
    container: String,
    command: String,
}

impl Exec {
    /// # Errors
    /// A member is unknown, missing or of the wrong type. Only interactive commands exist.
    pub fn of(op: Op, call: &Call) -> Result<Self, Fault> {
        let mut members = Members::of(op, call);
        let exec = Self {
            cluster: members.text("cluster")?,
            task: members.text("task")?,
            container: members.text("container")?,
            command: members.text("command")?,
        };
        if members.flag("interactive")? != Some(true) {
            return Err(members.refused("interactive must be true"));
        }
        members.end()?;
        Ok(exec)
    }

    /// Sends it, once, when there is a plugin to speak with what it starts.
    pub async fn send(self, session: &Session, permission: Permission, held: &PendingSessions) -> Outcome {
        let (plugin, target) = match self.ready(session).await {
            Ok(ready) => ready,
            Err(fault) => return Outcome::Refused { fault },
        };
        let client = session.client_for_change::<aws_sdk_ecs::Client>(permission.clone());
        let sent = client
            .execute_command()
            .cluster(self.cluster)
            .task(self.task)
            .container(self.container)
            .command(self.command)
            .interactive(true)
            .send()
            .await;
        let told = match sent {
            Ok(told) => told,
            Err(error) => return explained(judge(EXECUTE_COMMAND, &error, &permission, session)),
        };
        let (Some(id), Some(token), Some(stream)) = (
            told.session().and_then(|s| s.session_id()),
            told.session().and_then(|s| s.token_value()),
            told.session().and_then(|s| s.stream_url()),
        ) else {
            let fault = Fault::new(FaultKind::Other, EXECUTE_COMMAND.to_string(), "AWS told no session");
            return Outcome::Unknown { fault };
        };
        let place = Place { region: &session.region, profile: &session.profile, target: &target, endpoint: "" };
        let session_id = Text::new(id);
        held.put(session_id.clone(), plugin::program(&plugin, &Granted { id, token, stream }, &place), None);
        Outcome::Sent(Receipt::of(told.request_id().map(Text::from).unwrap_or_default(), Some(session_id)))
    }

    /// The plugin, and what the session's target is called, which only the task tells.
    async fn ready(&self, session: &Session) -> Result<(crate::domain::ssm::Plugin, String), Fault> {
        let plugin = plugin::find(session.options().process_patience).await?;
        let request = ecs::client(session).describe_tasks().cluster(&self.cluster).tasks(&self.task).send();
        let told = session.ask(DESCRIBE_TASKS, Urgency::Now, request).await?;
        let task = told.tasks().first().map(shape::task);
        let container = task.as_ref().and_then(|t| t.containers.iter().find(|c| c.name == *self.container));
        let (Some(task), Some(container)) = (&task, container) else {
            let message = format!("{} is not there any more", self.container);
            return Err(Fault::new(FaultKind::NotFound, EXECUTE_COMMAND.to_string(), message));
        };
        Ok((plugin, format!("ecs:{}_{}_{}", self.cluster, task.id(), container.runtime_id)))
    }
}

/// AWS's words for a container that cannot be reached say little; the ECS guide says what they mean.
fn explained(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Refused { fault } if fault.message.contains("TargetNotConnectedException") => {
            let remedy = "the agent in the task does not reach Systems Manager: the task role needs ssmmessages:*, the \
                          subnet a way to ssmmessages; just started, it needs some seconds";
            Outcome::Refused { fault: fault.with_remedy(remedy) }
        }
        other => other,
    }
}
