//! The requests that change a service or a deployment of it, and what became of them; those over
//! single tasks stand in their own file.

use aws_sdk_ecs::types::{DeploymentLifecycleHookAction, StopServiceDeploymentStopType};

use crate::aws::change::{SendChange, Sending, Sent, outcome, receipt};
use crate::domain::ops::ecs::{CONTINUE_SERVICE_DEPLOYMENT, STOP_SERVICE_DEPLOYMENT, UPDATE_SERVICE};
use crate::domain::requests::ecs::{Back, ContinueServiceDeployment, StopServiceDeployment, UpdateService};

impl SendChange for UpdateService {
    async fn send(self, to: Sending<'_>) -> Sent {
        let sent = to
            .client::<aws_sdk_ecs::Client>()
            .update_service()
            .cluster(self.cluster)
            .service(self.service)
            // It was checked that ECS takes as many, and that the definition is known.
            .set_desired_count(self.desired_count.and_then(|count| i32::try_from(count).ok()))
            .set_force_new_deployment(self.force_new_deployment)
            .set_task_definition(self.task_definition.as_ref().and_then(|it| it.known()).map(str::to_string))
            .send()
            .await;
        outcome(UPDATE_SERVICE, sent, &to, |told| {
            let primary = told.service().and_then(|s| s.deployments().iter().find(|d| d.status() == Some("PRIMARY")));
            receipt(&told, primary.and_then(|d| d.id()))
        })
    }
}

impl SendChange for StopServiceDeployment {
    async fn send(self, to: Sending<'_>) -> Sent {
        let Back::Rollback = self.stop_type;
        let request = to.client::<aws_sdk_ecs::Client>().stop_service_deployment();
        let request = request.service_deployment_arn(self.service_deployment_arn);
        let sent = request.stop_type(StopServiceDeploymentStopType::Rollback).send().await;
        outcome(STOP_SERVICE_DEPLOYMENT, sent, &to, |told| receipt(&told, told.service_deployment_arn()))
    }
}

impl SendChange for ContinueServiceDeployment {
    async fn send(self, to: Sending<'_>) -> Sent {
        let Back::Rollback = self.action;
        let request = to.client::<aws_sdk_ecs::Client>().continue_service_deployment();
        let request = request.service_deployment_arn(self.service_deployment_arn).hook_id(self.hook_id);
        let sent = request.action(DeploymentLifecycleHookAction::Rollback).send().await;
        outcome(CONTINUE_SERVICE_DEPLOYMENT, sent, &to, |told| receipt(&told, told.service_deployment_arn()))
    }
}
