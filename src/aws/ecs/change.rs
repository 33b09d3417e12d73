//! The requests that change a service, a deployment of it or a single task, and what became of them.

use aws_sdk_ecs::operation::run_task::RunTaskOutput;

use super::body::Body;
use crate::aws::prelude::*;
use crate::domain::ops::ecs::{
    CONTINUE_SERVICE_DEPLOYMENT, RUN_TASK, STOP_SERVICE_DEPLOYMENT, STOP_TASK, UPDATE_SERVICE,
};
use crate::domain::requests::ecs::{
    ContinueServiceDeployment, RunTask, StopServiceDeployment, StopTask, UpdateService,
};

/// A request as it was planned, the SDK's method for it, and what its answer says was started.
macro_rules! send {
    ($($request:ty: $op:ident by $method:ident, |$told:ident| $started:expr;)+) => {
        $(impl SendChange for $request {
            async fn send(self, to: Sending<'_>) -> Sent {
                let request = to.client::<aws_sdk_ecs::Client>().$method().customize();
                let sent = request.interceptor(Body::of(&self)).send().await;
                outcome($op, sent, &to, |$told| receipt(&$told, $started))
            }
        })+
    };
}

send! {
    UpdateService: UPDATE_SERVICE by update_service, |told| {
        let primary = told.service().and_then(|s| s.deployments().iter().find(|d| d.status() == Some("PRIMARY")));
        primary.and_then(|d| d.id())
    };
    StopServiceDeployment: STOP_SERVICE_DEPLOYMENT by stop_service_deployment, |told| told.service_deployment_arn();
    ContinueServiceDeployment: CONTINUE_SERVICE_DEPLOYMENT by continue_service_deployment,
        |told| told.service_deployment_arn();
    StopTask: STOP_TASK by stop_task, |told| told.task().and_then(|task| task.task_arn());
}

impl SendChange for RunTask {
    async fn send(self, to: Sending<'_>) -> Sent {
        let request = to.client::<aws_sdk_ecs::Client>().run_task().customize();
        match request.interceptor(Body::of(&self)).send().await {
            Ok(told) => started(&told),
            Err(error) => outcome_of_error(RUN_TASK, &error, &to),
        }
    }
}

/// What an answer of 200 says: the task, or why there is none (API reference: failures).
fn started(told: &RunTaskOutput) -> Sent {
    if let Some(task) = told.tasks().first() {
        return Ok(Outcome::Sent(receipt(told, task.task_arn())));
    }
    let fault = |kind, said: String| Fault::new(kind, RUN_TASK.to_string(), said);
    match told.failures().first() {
        Some(failure) => {
            let parts = [failure.reason(), failure.detail(), failure.arn()];
            let said: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
            Err(fault(FaultKind::Invalid, format!("no task was started: {}", said.join(", "))))
        }
        None => {
            Ok(Outcome::Unknown { fault: fault(FaultKind::Other, "ECS names neither a task nor a failure".into()) })
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecs::types::Failure;

    use super::*;

    #[test]
    fn an_answer_without_a_task_is_a_refusal_with_its_reason() {
        let failure = Failure::builder().arn("arn:i-1").reason("RESOURCE:MEMORY").build();
        let fault = started(&RunTaskOutput::builder().failures(failure).build()).unwrap_err();
        assert_eq!(fault.message.as_str(), "no task was started: RESOURCE:MEMORY, arn:i-1");
        assert!(matches!(started(&RunTaskOutput::builder().build()), Ok(Outcome::Unknown { .. })), "nobody knows");
    }
}
