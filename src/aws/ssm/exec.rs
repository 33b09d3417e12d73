//! ExecuteCommand: the one request that starts a shell in a container.

use super::PendingSessions;
use super::plugin::{self, Granted, Place};
use crate::aws::ecs::body::Body;
use crate::aws::ecs::{self, shape};
use crate::aws::prelude::*;
use crate::domain::ops::ecs::{DESCRIBE_TASKS, EXECUTE_COMMAND};
use crate::domain::requests::ecs::ExecuteCommand;

impl SendChange for ExecuteCommand {
    /// When there is a plugin to speak with what it starts.
    async fn send(self, to: Sending<'_>) -> Sent {
        let session = to.session;
        let (plugin, target) = ready(&self, session).await?;
        let request = to.client::<aws_sdk_ecs::Client>().execute_command().customize();
        let sent = request.interceptor(Body::of(&self)).send().await;
        let told = match sent {
            Ok(told) => told,
            Err(error) => return outcome_of_error(EXECUTE_COMMAND, &error, &to).map_err(explain),
        };
        let granted = told.session().and_then(|s| Some((s.session_id()?, s.token_value()?, s.stream_url()?)));
        let Some((id, token, stream)) = granted else {
            let fault = Fault::new(FaultKind::Other, EXECUTE_COMMAND.to_string(), "AWS told no session");
            return Ok(Outcome::Unknown { fault });
        };
        let place = Place { region: &session.region, profile: &session.profile, target: &target, endpoint: "" };
        let program = plugin::program(&plugin, &Granted { id, token, stream }, &place);
        to.aws.state::<PendingSessions>().put(Text::new(id), program, None);
        Ok(Outcome::Sent(receipt(&told, Some(id))))
    }
}

/// The plugin, and what the session's target is called, which only the task tells.
async fn ready(of: &ExecuteCommand, session: &Session) -> Result<(crate::domain::ssm::Plugin, String), Fault> {
    let plugin = plugin::find(session.options().process_patience).await?;
    let request = ecs::client(session).describe_tasks().cluster(&of.cluster).tasks(&of.task).send();
    let told = session.ask(DESCRIBE_TASKS, Urgency::Now, request).await?;
    let task = told.tasks().first().map(shape::task);
    let container = task.as_ref().and_then(|t| t.containers.iter().find(|c| c.name == *of.container));
    let (Some(task), Some(container)) = (&task, container) else {
        let message = format!("{} is not there any more", of.container);
        return Err(Fault::new(FaultKind::NotFound, EXECUTE_COMMAND.to_string(), message));
    };
    Ok((plugin, format!("ecs:{}_{}_{}", of.cluster, task.id(), container.runtime_id)))
}

/// AWS's words for a container that cannot be reached say little; the ECS guide says what they mean.
fn explain(fault: Fault) -> Fault {
    if !fault.message.contains("TargetNotConnectedException") {
        return fault;
    }
    fault.with_remedy(
        "the agent in the task does not reach Systems Manager: the task role needs ssmmessages:*, the subnet a way to \
         ssmmessages; just started, it needs some seconds",
    )
}
