//! The requests that start or stop a single task, and what became of them.

use aws_sdk_ecs::operation::run_task::RunTaskOutput;
use aws_sdk_ecs::types as sdk;
use aws_smithy_types::error::operation::BuildError;

use crate::aws::change::{SendChange, Sending, Sent, judge, outcome, receipt};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::intent::Outcome;
use crate::domain::ops::ecs::{RUN_TASK, STOP_TASK};
use crate::domain::requests::ecs::{AwsVpcConfiguration, CapacityProviderStrategyItem, RunTask, StopTask};

impl SendChange for RunTask {
    async fn send(self, to: Sending<'_>) -> Sent {
        let invalid = |why: BuildError| Fault::refused(RUN_TASK.to_string(), why.to_string());
        let provider = |provider: CapacityProviderStrategyItem| {
            let item = sdk::CapacityProviderStrategyItem::builder().capacity_provider(provider.capacity_provider);
            item.weight(provider.weight).base(provider.base).build().map_err(invalid)
        };
        let strategy = self.capacity_provider_strategy.map(|all| all.into_iter().map(provider).collect());
        let strategy: Option<Vec<_>> = strategy.transpose()?;
        let network = self.network_configuration.map(|network| {
            let AwsVpcConfiguration { subnets, security_groups, assign_public_ip } = network.awsvpc_configuration;
            let vpc = sdk::AwsVpcConfiguration::builder()
                .set_subnets(Some(subnets))
                .set_security_groups(security_groups)
                .set_assign_public_ip(assign_public_ip.as_deref().map(sdk::AssignPublicIp::from));
            let vpc = vpc.build().map_err(invalid)?;
            Ok::<_, Fault>(sdk::NetworkConfiguration::builder().awsvpc_configuration(vpc).build())
        });
        let network = network.transpose()?;
        let commands = self
            .overrides
            .container_overrides
            .into_iter()
            .map(|c| sdk::ContainerOverride::builder().name(c.name).set_command(Some(c.command)).build());
        let overrides = sdk::TaskOverride::builder().set_container_overrides(Some(commands.collect())).build();
        let sent = to
            .client::<aws_sdk_ecs::Client>()
            .run_task()
            .cluster(self.cluster)
            .task_definition(self.task_definition)
            .count(self.count)
            .set_capacity_provider_strategy(strategy)
            .set_launch_type(self.launch_type.as_deref().map(sdk::LaunchType::from))
            .set_platform_version(self.platform_version)
            .set_network_configuration(network)
            .overrides(overrides)
            .set_enable_ecs_managed_tags(self.enable_ecs_managed_tags)
            .set_propagate_tags(self.propagate_tags.as_deref().map(sdk::PropagateTags::from))
            .started_by(self.started_by)
            .client_token(self.client_token)
            .send()
            .await;
        match sent {
            Ok(told) => started(&told),
            Err(error) => judge(RUN_TASK, &error, &to),
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

impl SendChange for StopTask {
    async fn send(self, to: Sending<'_>) -> Sent {
        let request = to.client::<aws_sdk_ecs::Client>().stop_task();
        let sent = request.cluster(self.cluster).task(self.task).reason(self.reason).send().await;
        outcome(STOP_TASK, sent, &to, |told| receipt(&told, told.task().and_then(|task| task.task_arn())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_without_a_task_is_a_refusal_with_its_reason() {
        let failure = sdk::Failure::builder().arn("arn:i-1").reason("RESOURCE:MEMORY").build();
        let fault = started(&RunTaskOutput::builder().failures(failure).build()).unwrap_err();
        assert_eq!(fault.message.as_str(), "no task was started: RESOURCE:MEMORY, arn:i-1");
        assert!(matches!(started(&RunTaskOutput::builder().build()), Ok(Outcome::Unknown { .. })), "nobody knows");
    }
}
