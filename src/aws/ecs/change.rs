//! The one request that changes a service, and what became of it.

use aws_types::request_id::RequestId;
use serde_json::Value;

use crate::aws::change::judge;
use crate::aws::guard::Permission;
use crate::aws::op::UPDATE_SERVICE;
use crate::aws::session::Session;
use crate::domain::call::Call;
use crate::domain::fault::Fault;
use crate::domain::intent::{Outcome, Receipt};
use crate::domain::text::Text;

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
}

fn put<T>(slot: &mut T, value: T) -> bool {
    *slot = value;
    true
}

/// Sends it, once.
pub async fn update(session: &Session, permission: Permission, update: Update) -> Outcome {
    let client = session.ecs_for_change(permission.clone());
    let sent = client
        .update_service()
        .cluster(update.cluster)
        .service(update.service)
        .set_desired_count(update.desired)
        .set_force_new_deployment(update.force)
        .set_task_definition(update.task_definition)
        .send()
        .await;
    match sent {
        Ok(told) => {
            let request_id = told.request_id().map(Text::from).unwrap_or_default();
            let primary = told.service().and_then(|s| s.deployments().iter().find(|d| d.status() == Some("PRIMARY")));
            Outcome::Sent(Receipt::of(request_id, primary.and_then(|d| d.id()).map(Text::from)))
        }
        Err(error) => judge(UPDATE_SERVICE, &error, &permission, session),
    }
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
}
