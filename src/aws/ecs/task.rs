//! The requests that start or stop a single task, and what became of them.

use std::fmt::Display;

use aws_sdk_ecs::Client;
use aws_sdk_ecs::operation::run_task::RunTaskOutput;
use aws_sdk_ecs::types as sdk;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::change::receipt;
use crate::aws::change::{judge, outcome};
use crate::aws::guard::Permission;
use crate::aws::session::Session;
use crate::domain::call::Call;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::intent::Outcome;
use crate::domain::ops::Op;
use crate::domain::ops::ecs::{RUN_TASK, STOP_TASK};

/// The members of RunTask that are understood.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunTask {
    cluster: String,
    task_definition: String,
    count: i32,
    #[serde(default)]
    capacity_provider_strategy: Vec<Provider>,
    launch_type: Option<String>,
    platform_version: Option<String>,
    network_configuration: Option<NetworkConfiguration>,
    overrides: Overrides,
    #[serde(default, rename = "enableECSManagedTags")]
    managed_tags: bool,
    propagate_tags: Option<String>,
    started_by: String,
    client_token: String,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Provider {
    capacity_provider: String,
    weight: i32,
    base: i32,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NetworkConfiguration {
    awsvpc_configuration: Vpc,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Vpc {
    subnets: Vec<String>,
    security_groups: Option<Vec<String>>,
    assign_public_ip: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Overrides {
    container_overrides: Vec<ContainerOverride>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct ContainerOverride {
    name: String,
    command: Vec<String>,
}

/// The members of StopTask that are understood.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct StopTask {
    cluster: String,
    task: String,
    reason: String,
}

fn read<T: DeserializeOwned>(op: Op, call: &Call) -> Result<T, Fault> {
    serde_json::from_value(Value::Object(call.input.clone())).map_err(|why| refused(op, why))
}

fn refused(op: Op, why: impl Display) -> Fault {
    Fault::refused(op.to_string(), why.to_string())
}

impl RunTask {
    /// # Errors
    /// A member that is unknown, missing or of the wrong type, more than one task, or no command:
    /// nothing is sent that was not meant.
    pub fn of(call: &Call) -> Result<Self, Fault> {
        let run: Self = read(RUN_TASK, call)?;
        let [command] = &run.overrides.container_overrides[..] else {
            return Err(refused(RUN_TASK, "the command of one container is needed"));
        };
        if command.command.is_empty() || run.count != 1 || run.client_token.is_empty() {
            return Err(refused(RUN_TASK, "one task with a command and a token is started, and nothing else"));
        }
        Ok(run)
    }

    /// Sends it, once.
    pub async fn send(self, client: &Client, session: &Session, permission: Permission) -> Outcome {
        let invalid = |why: aws_smithy_types::error::operation::BuildError| refused(RUN_TASK, why);
        let provider = |provider: Provider| {
            let item = sdk::CapacityProviderStrategyItem::builder().capacity_provider(provider.capacity_provider);
            item.weight(provider.weight).base(provider.base).build().map_err(invalid)
        };
        let strategy: Result<Vec<_>, Fault> = self.capacity_provider_strategy.into_iter().map(provider).collect();
        let network = self.network_configuration.map(|network| {
            let Vpc { subnets, security_groups, assign_public_ip } = network.awsvpc_configuration;
            let vpc = sdk::AwsVpcConfiguration::builder()
                .set_subnets(Some(subnets))
                .set_security_groups(security_groups)
                .set_assign_public_ip(assign_public_ip.as_deref().map(sdk::AssignPublicIp::from));
            let vpc = vpc.build().map_err(invalid)?;
            Ok(sdk::NetworkConfiguration::builder().awsvpc_configuration(vpc).build())
        });
        let (strategy, network) = match (strategy, network.transpose()) {
            (Ok(strategy), Ok(network)) => (Some(strategy).filter(|all| !all.is_empty()), network),
            (Err(fault), _) | (_, Err(fault)) => return Outcome::Refused { fault },
        };
        let commands = self
            .overrides
            .container_overrides
            .into_iter()
            .map(|c| sdk::ContainerOverride::builder().name(c.name).set_command(Some(c.command)).build());
        let overrides = sdk::TaskOverride::builder().set_container_overrides(Some(commands.collect())).build();
        let sent = client
            .run_task()
            .cluster(self.cluster)
            .task_definition(self.task_definition)
            .count(self.count)
            .set_capacity_provider_strategy(strategy)
            .set_launch_type(self.launch_type.as_deref().map(sdk::LaunchType::from))
            .set_platform_version(self.platform_version)
            .set_network_configuration(network)
            .overrides(overrides)
            .set_enable_ecs_managed_tags(self.managed_tags.then_some(true))
            .set_propagate_tags(self.propagate_tags.as_deref().map(sdk::PropagateTags::from))
            .started_by(self.started_by)
            .client_token(self.client_token)
            .send()
            .await;
        match sent {
            Ok(told) => started(&told),
            Err(error) => judge(RUN_TASK, &error, &permission, session),
        }
    }
}

/// What an answer of 200 says: the task, or why there is none (API reference: failures).
fn started(told: &RunTaskOutput) -> Outcome {
    if let Some(task) = told.tasks().first() {
        return Outcome::Sent(receipt(told, task.task_arn()));
    }
    let fault = |kind, said: String| Fault::new(kind, RUN_TASK.to_string(), said);
    match told.failures().first() {
        Some(failure) => {
            let parts = [failure.reason(), failure.detail(), failure.arn()];
            let said: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
            Outcome::Refused { fault: fault(FaultKind::Invalid, format!("no task was started: {}", said.join(", "))) }
        }
        None => Outcome::Unknown { fault: fault(FaultKind::Other, "ECS names neither a task nor a failure".into()) },
    }
}

impl StopTask {
    /// # Errors
    /// A member that is unknown, missing or of the wrong type.
    pub fn of(call: &Call) -> Result<Self, Fault> {
        let stop: Self = read(STOP_TASK, call)?;
        if stop.task.is_empty() || stop.cluster.is_empty() {
            return Err(refused(STOP_TASK, "cluster and task must be named"));
        }
        Ok(stop)
    }

    /// Sends it, once.
    pub async fn send(self, client: &Client, session: &Session, permission: Permission) -> Outcome {
        let sent = client.stop_task().cluster(self.cluster).task(self.task).reason(self.reason).send().await;
        outcome(STOP_TASK, sent, &permission, session, |told| {
            receipt(&told, told.task().and_then(|task| task.task_arn()))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(more: Value) -> Result<RunTask, Fault> {
        let mut call = Call::new(
            RUN_TASK,
            [
                ("cluster", json!("c")),
                ("taskDefinition", json!("api:4")),
                ("count", json!(1)),
                ("overrides", json!({ "containerOverrides": [{ "name": "app", "command": ["true"] }] })),
                ("startedBy", json!("midwatch/1")),
                ("clientToken", json!("midwatch-1")),
            ],
        );
        call.input.extend(more.as_object().unwrap().clone());
        RunTask::of(&call)
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(run(json!({ "launchType": "FARGATE" })).is_ok());
        for wrong in [
            json!({ "count": 2 }),
            json!({ "group": "x" }),
            json!({ "clientToken": "" }),
            json!({ "enableExecuteCommand": true }),
            json!({ "overrides": { "containerOverrides": [] } }),
            json!({ "overrides": { "containerOverrides": [{ "name": "app", "command": [] }] } }),
            json!({ "overrides": { "containerOverrides": [{ "name": "app", "command": ["a"], "environment": [] }] } }),
            json!({ "overrides": { "taskRoleArn": "arn", "containerOverrides": [{ "name": "a", "command": ["a"] }] } }),
            json!({ "networkConfiguration": { "awsvpcConfiguration": { "subnets": "subnet-1" } } }),
        ] {
            assert_eq!(run(wrong.clone()).unwrap_err().kind, FaultKind::Refused, "{wrong}");
        }
        let stop = Call::new(STOP_TASK, [("cluster", json!("c")), ("task", json!("")), ("reason", json!("r"))]);
        assert_eq!(StopTask::of(&stop).unwrap_err().kind, FaultKind::Refused);
    }

    #[test]
    fn an_answer_without_a_task_is_a_refusal_with_its_reason() {
        let failure = sdk::Failure::builder().arn("arn:i-1").reason("RESOURCE:MEMORY").build();
        let Outcome::Refused { fault } = started(&RunTaskOutput::builder().failures(failure).build()) else { panic!() };
        assert_eq!(fault.message.as_str(), "no task was started: RESOURCE:MEMORY, arn:i-1");
        assert!(matches!(started(&RunTaskOutput::builder().build()), Outcome::Unknown { .. }), "nobody knows");
    }
}
