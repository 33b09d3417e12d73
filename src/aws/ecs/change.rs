//! The requests that change a service or a deployment of it, and what became of them; those over
//! single tasks stand in their own file.

use aws_sdk_ecs::types::{DeploymentLifecycleHookAction, StopServiceDeploymentStopType};
use aws_types::request_id::RequestId;
use serde_json::Value;

use super::register::Register;
use super::task::{RunTask, StopTask};
use crate::aws::change::{Members, outcome};
use crate::aws::guard::Permission;
use crate::aws::session::Session;
use crate::domain::call::Call;
use crate::domain::fault::Fault;
use crate::domain::intent::{Outcome, Receipt};
use crate::domain::ops::Op;
use crate::domain::ops::ecs::{
    CONTINUE_SERVICE_DEPLOYMENT, REGISTER_TASK_DEFINITION, RUN_TASK, STOP_SERVICE_DEPLOYMENT, STOP_TASK, UPDATE_SERVICE,
};
use crate::domain::text::Text;

/// The way back of a deployment. The other words that AWS knows are not sent: ABORT is documented
/// nowhere, and CONTINUE goes on.
const BACK: &str = "ROLLBACK";

/// A change of a service, of its task definition, of a deployment under way or of a task.
#[derive(Debug, PartialEq)]
pub enum Change {
    Update(Update),
    Register(Register),
    Run(Box<RunTask>),
    StopTask(StopTask),
    /// Stops a service deployment, which AWS then takes back.
    Stop {
        deployment: String,
    },
    /// Tells a hook at which a service deployment waits that it shall go back.
    Answer {
        deployment: String,
        hook: String,
    },
}

impl Change {
    /// # Errors
    /// A member that is unknown, missing or of the wrong type: nothing is sent that was not meant.
    pub fn of(op: Op, call: &Call) -> Result<Self, Fault> {
        match op {
            UPDATE_SERVICE => return Update::of(call).map(Self::Update),
            RUN_TASK => return RunTask::of(call).map(|run| Self::Run(Box::new(run))),
            STOP_TASK => return StopTask::of(call).map(Self::StopTask),
            _ => {}
        }
        if op == REGISTER_TASK_DEFINITION {
            return Register::of(call).map(Self::Register);
        }
        let mut members = Members::of(op, call);
        let deployment = members.text("serviceDeploymentArn")?;
        let (word, change) = match op {
            STOP_SERVICE_DEPLOYMENT => (members.text("stopType")?, Self::Stop { deployment }),
            CONTINUE_SERVICE_DEPLOYMENT => {
                let hook = members.text("hookId")?;
                (members.text("action")?, Self::Answer { deployment, hook })
            }
            _ => return Err(members.refused("midwatch cannot send this operation")),
        };
        if word != BACK {
            return Err(members.refused(format!("{word} cannot be sent, only {BACK}")));
        }
        members.end()?;
        Ok(change)
    }

    /// Sends it, once.
    pub async fn send(self, session: &Session, permission: Permission) -> Outcome {
        let client = session.client_for_change::<aws_sdk_ecs::Client>(permission.clone());
        match self {
            Self::Register(register) => register.send(session, permission).await,
            Self::Update(update) => update.send(&client, session, permission).await,
            Self::Run(run) => Box::pin(run.send(&client, session, permission)).await,
            Self::StopTask(stop) => stop.send(&client, session, permission).await,
            Self::Stop { deployment } => {
                let request = client.stop_service_deployment().service_deployment_arn(deployment);
                let sent = request.stop_type(StopServiceDeploymentStopType::Rollback).send().await;
                outcome(STOP_SERVICE_DEPLOYMENT, sent, &permission, session, |told| {
                    receipt(&told, told.service_deployment_arn())
                })
            }
            Self::Answer { deployment, hook } => {
                let request = client.continue_service_deployment().service_deployment_arn(deployment).hook_id(hook);
                let sent = request.action(DeploymentLifecycleHookAction::Rollback).send().await;
                outcome(CONTINUE_SERVICE_DEPLOYMENT, sent, &permission, session, |told| {
                    receipt(&told, told.service_deployment_arn())
                })
            }
        }
    }
}

pub fn receipt(told: &impl RequestId, started: Option<&str>) -> Receipt {
    Receipt::of(told.request_id().map(Text::from).unwrap_or_default(), started.map(Text::from))
}

/// The members of UpdateService that are understood. What a call leaves out stays as it is in AWS.
#[derive(Debug, Default, PartialEq)]
pub struct Update {
    cluster: String,
    service: String,
    desired: Option<i32>,
    force: Option<bool>,
    task_definition: Option<String>,
}

impl Update {
    /// # Errors
    /// A member that is unknown, missing or of the wrong type: nothing is sent that was not meant.
    pub fn of(call: &Call) -> Result<Self, Fault> {
        let refused = |why: String| Fault::refused(UPDATE_SERVICE.to_string(), why);
        let mut update = Self::default();
        for (member, value) in &call.input {
            let known = match (member.as_str(), value) {
                ("cluster", Value::String(text)) => put(&mut update.cluster, text.clone()),
                ("service", Value::String(text)) => put(&mut update.service, text.clone()),
                ("desiredCount", Value::Number(n)) => {
                    let count = n.as_i64().and_then(|n| i32::try_from(n).ok()).filter(|n| *n >= 0);
                    count.is_some() && put(&mut update.desired, count)
                }
                ("forceNewDeployment", Value::Bool(force)) => put(&mut update.force, Some(*force)),
                ("taskDefinition", Value::String(text)) => put(&mut update.task_definition, Some(text.clone())),
                _ => false,
            };
            if !known {
                return Err(refused(format!("{member} {value} cannot be sent")));
            }
        }
        if update.cluster.is_empty() || update.service.is_empty() {
            return Err(refused("cluster and service must be named".into()));
        }
        if update.desired.is_none() && update.force.is_none() && update.task_definition.is_none() {
            return Err(refused("it would change nothing".into()));
        }
        Ok(update)
    }

    async fn send(self, client: &aws_sdk_ecs::Client, session: &Session, permission: Permission) -> Outcome {
        let sent = client
            .update_service()
            .cluster(self.cluster)
            .service(self.service)
            .set_desired_count(self.desired)
            .set_force_new_deployment(self.force)
            .set_task_definition(self.task_definition)
            .send()
            .await;
        outcome(UPDATE_SERVICE, sent, &permission, session, |told| {
            let primary = told.service().and_then(|s| s.deployments().iter().find(|d| d.status() == Some("PRIMARY")));
            receipt(&told, primary.and_then(|d| d.id()))
        })
    }
}

fn put<T>(slot: &mut T, value: T) -> bool {
    *slot = value;
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::FaultKind;

    fn call<const N: usize>(members: [(&str, Value); N]) -> Call {
        Call::new(UPDATE_SERVICE, members)
    }

    #[test]
    fn exactly_the_members_given_are_sent() {
        let scale = call([("cluster", "c".into()), ("service", "s".into()), ("desiredCount", 5.into())]);
        assert_eq!(
            Update::of(&scale).unwrap(),
            Update { cluster: "c".into(), service: "s".into(), desired: Some(5), ..Update::default() }
        );
        let deploy = call([
            ("cluster", "c".into()),
            ("service", "s".into()),
            ("forceNewDeployment", true.into()),
            ("taskDefinition", "api:4".into()),
        ]);
        let update = Update::of(&deploy).unwrap();
        assert_eq!(
            (update.desired, update.force, update.task_definition.as_deref()),
            (None, Some(true), Some("api:4"))
        );
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let (c, s) = (("cluster", Value::from("c")), ("service", Value::from("s")));
        for wrong in [
            call([c.clone(), s.clone(), ("propagateTags", "SERVICE".into())]),
            call([c.clone(), s.clone(), ("desiredCount", (-1).into())]),
            call([c.clone(), s.clone(), ("desiredCount", 1.5.into())]),
            call([c.clone(), s.clone(), ("desiredCount", 5_000_000_000_i64.into())]),
            call([c.clone(), s.clone(), ("forceNewDeployment", "true".into())]),
            call([c.clone(), s.clone()]),
            call([c, ("desiredCount", 5.into())]),
        ] {
            assert_eq!(Update::of(&wrong).unwrap_err().kind, FaultKind::Refused, "{wrong:?}");
        }
    }

    #[test]
    fn a_deployment_is_only_ever_taken_back() {
        let (deployment, hook) = (("serviceDeploymentArn", Value::from("arn:d")), ("hookId", Value::from("h")));
        let back = |member| (member, Value::from("ROLLBACK"));
        let stop = |members: &[(&str, Value)]| read(STOP_SERVICE_DEPLOYMENT, members);
        let answer = |members: &[(&str, Value)]| read(CONTINUE_SERVICE_DEPLOYMENT, members);
        let read_stop = stop(&[deployment.clone(), back("stopType")]).unwrap();
        assert_eq!(read_stop, Change::Stop { deployment: "arn:d".into() });
        let read_answer = answer(&[deployment.clone(), hook.clone(), back("action")]).unwrap();
        assert_eq!(read_answer, Change::Answer { deployment: "arn:d".into(), hook: "h".into() });
        for wrong in [
            stop(std::slice::from_ref(&deployment)),
            stop(&[deployment.clone(), ("stopType", "ABORT".into())]),
            stop(&[deployment.clone(), back("stopType"), ("force", true.into())]),
            stop(&[back("stopType")]),
            // Without its action AWS goes on.
            answer(&[deployment.clone(), hook.clone()]),
            answer(&[deployment.clone(), hook, ("action", "CONTINUE".into())]),
            answer(&[deployment, back("action")]),
        ] {
            assert_eq!(wrong.unwrap_err().kind, FaultKind::Refused);
        }
    }

    fn read(op: Op, members: &[(&str, Value)]) -> Result<Change, Fault> {
        let mut call = Call::new(op, []);
        call.input.extend(members.iter().map(|(name, value)| (name.to_string(), value.clone())));
        Change::of(op, &call)
    }
}
