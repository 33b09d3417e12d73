//! Changes of services, deployments, task definitions and tasks (API model of ECS).

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Reference;
use crate::domain::call::{MADE, Place, quoted};
use crate::domain::ops::ecs;

requests! {
    "camelCase";

    /// Scale, force deploy, the deployment of another image and a roll back of what is finished.
    #[derive(Default)]
    UpdateService [ecs::UPDATE_SERVICE, check] {
        cluster: String,
        service: String,
        desired_count: Option<u32>,
        force_new_deployment: Option<bool>,
        /// `family:revision` or an ARN.
        task_definition: Option<Reference>,
    }

    /// Another image needs a revision that has it: the definition, the container of it that changes, and
    /// its new image. The rest of the definition is no part of the request: the adapter reads it when it
    /// sends it, so that its values are written nowhere.
    RegisterTaskDefinition [ecs::REGISTER_TASK_DEFINITION, cli] {
        task_definition: String,
        container: String,
        image: String,
    }

    /// Stops a service deployment, which AWS then takes back.
    StopServiceDeployment [ecs::STOP_SERVICE_DEPLOYMENT] {
        service_deployment_arn: String,
        stop_type: Back,
    }

    /// Tells a hook at which a service deployment waits that it shall go back.
    ContinueServiceDeployment [ecs::CONTINUE_SERVICE_DEPLOYMENT] {
        service_deployment_arn: String,
        hook_id: String,
        /// Without it AWS goes on.
        action: Back,
    }

    StopTask [ecs::STOP_TASK] {
        cluster: String,
        /// Its id or ARN.
        task: String,
        /// What ECS shows behind "stopped by a person".
        reason: String,
    }

    /// Starts one task that no service keeps.
    RunTask [ecs::RUN_TASK, check] {
        cluster: String,
        task_definition: String,
        count: i32,
        /// One of this and the launch type, as ECS takes no more (API reference, RunTask).
        capacity_provider_strategy: Option<Vec<CapacityProviderStrategyItem>>,
        launch_type: Option<String>,
        platform_version: Option<String>,
        network_configuration: Option<NetworkConfiguration>,
        overrides: TaskOverride,
        #[serde(rename = "enableECSManagedTags")]
        enable_ecs_managed_tags: Option<bool>,
        propagate_tags: Option<String>,
        /// By it we know the task again.
        started_by: String,
        /// By it AWS knows a request that came before.
        client_token: String,
    }

    CapacityProviderStrategyItem {
        capacity_provider: String,
        weight: i32,
        base: i32,
    }

    NetworkConfiguration {
        awsvpc_configuration: AwsVpcConfiguration,
    }

    AwsVpcConfiguration {
        subnets: Vec<String>,
        security_groups: Option<Vec<String>>,
        assign_public_ip: Option<String>,
    }

    TaskOverride {
        container_overrides: Vec<ContainerOverride>,
    }

    ContainerOverride {
        name: String,
        command: Vec<String>,
    }

    /// Starts a shell in a container.
    ExecuteCommand [ecs::EXECUTE_COMMAND, check] {
        cluster: String,
        task: String,
        container: String,
        command: String,
        /// Only interactive commands exist (API reference, ExecuteCommand).
        interactive: bool,
    }
}

impl UpdateService {
    /// Of this service; what is to change is still to be said.
    pub fn of(cluster: &str, service: &str) -> Self {
        Self { cluster: cluster.to_string(), service: service.to_string(), ..Self::default() }
    }
}

impl UpdateService {
    fn check(&self) -> Result<(), String> {
        if self.desired_count.is_none() && self.force_new_deployment.is_none() && self.task_definition.is_none() {
            return Err("it would change nothing".into());
        }
        if self.desired_count.is_some_and(|count| i32::try_from(count).is_err()) {
            return Err("desiredCount is more than ECS takes".into());
        }
        match self.task_definition {
            Some(Reference::Made) => Err("taskDefinition is not made yet".into()),
            _ => Ok(()),
        }
    }
}

impl RegisterTaskDefinition {
    /// The definition goes from one command to the other by a pipe, so that no value of its
    /// environment is ever an argument; what it becomes is kept for the next line.
    fn cli(&self, place: Place) -> String {
        let told: Vec<String> = TOLD_OF_DEFINITIONS.iter().map(|member| format!(".{member}")).collect();
        let (container, image) = (json!(self.container), json!(self.image));
        let filter = format!(
            "[.tags[]? | select(.key | ascii_downcase | startswith(\"aws:\") | not)] as $t | .taskDefinition | del({}) \
             | if $t == [] then . else .tags = $t end \
             | (.containerDefinitions[] | select(.name == {container})).image = {image}",
            told.join(", "),
        );
        format!(
            "{MADE}=$(aws ecs describe-task-definition --task-definition {} --include TAGS --output json{place} \
             | jq {} \
             | aws ecs register-task-definition --cli-input-json file:///dev/stdin \
             --query taskDefinition.taskDefinitionArn --output text{place})",
            quoted(&self.task_definition),
            quoted(&filter),
        )
    }
}

/// What DescribeTaskDefinition tells of a task definition besides what RegisterTaskDefinition takes
/// (API model of ECS, TaskDefinition and RegisterTaskDefinitionRequest).
pub const TOLD_OF_DEFINITIONS: &[&str] = &[
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
];

/// The way back of a deployment. The other words that AWS knows are not sent: ABORT is documented
/// nowhere, and CONTINUE goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Back {
    Rollback,
}

impl RunTask {
    fn check(&self) -> Result<(), String> {
        let [one] = &self.overrides.container_overrides[..] else {
            return Err("the command of one container is needed".into());
        };
        if one.command.is_empty() || self.count != 1 {
            return Err("one task with a command is started, and nothing else".into());
        }
        Ok(())
    }
}

impl ExecuteCommand {
    fn check(&self) -> Result<(), String> {
        if self.interactive { Ok(()) } else { Err("interactive must be true".into()) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::domain::call::Call;
    use crate::domain::fault::{Fault, FaultKind};
    use crate::domain::requests::Request;

    fn read<R: Request>(members: &[(&str, Value)]) -> Result<R, Fault> {
        let mut call = Call::new(R::OPS[0], []);
        call.input.extend(members.iter().map(|(name, value)| (name.to_string(), value.clone())));
        call.request()
    }

    #[test]
    fn exactly_the_members_given_are_sent() {
        let (cluster, service) = (("cluster", json!("c")), ("service", json!("s")));
        let scale = [cluster.clone(), service.clone(), ("desiredCount", json!(5))];
        let expected = UpdateService { desired_count: Some(5), ..UpdateService::of("c", "s") };
        assert_eq!(read::<UpdateService>(&scale).unwrap(), expected);
        let sent = serde_json::to_value(expected.call()).unwrap();
        assert_eq!(sent["input"], json!({ "cluster": "c", "service": "s", "desiredCount": 5 }));
        let deploy = [cluster, service, ("forceNewDeployment", json!(true)), ("taskDefinition", json!("api:4"))];
        let update: UpdateService = read(&deploy).unwrap();
        let definition = update.task_definition.as_ref().and_then(Reference::known);
        assert_eq!((update.desired_count, update.force_new_deployment, definition), (None, Some(true), Some("api:4")));
    }

    #[test]
    fn an_update_that_is_not_understood_is_refused() {
        let (c, s) = (("cluster", json!("c")), ("service", json!("s")));
        for (wrong, says) in [
            (
                vec![c.clone(), s.clone(), ("propagateTags", json!("SERVICE"))],
                "propagateTags \"SERVICE\" cannot be sent",
            ),
            (vec![c.clone(), s.clone(), ("desiredCount", json!(-1))], "desiredCount -1 cannot be sent"),
            (vec![c.clone(), s.clone(), ("desiredCount", json!(1.5))], "desiredCount 1.5 cannot be sent"),
            (vec![c.clone(), s.clone(), ("desiredCount", json!(5_000_000_000_i64))], "desiredCount 5000000000 cannot"),
            (vec![c.clone(), s.clone(), ("desiredCount", json!(3_000_000_000_i64))], "desiredCount is more than"),
            (vec![c.clone(), s.clone(), ("desiredCount", Value::Null)], "desiredCount null cannot be sent"),
            (vec![c.clone(), s.clone(), ("forceNewDeployment", json!("true"))], "forceNewDeployment \"true\" cannot"),
            (vec![c.clone(), s.clone(), ("taskDefinition", json!(""))], "taskDefinition \"\" cannot be sent"),
            (vec![c.clone(), s.clone(), ("taskDefinition", json!(7))], "taskDefinition 7 cannot be sent"),
            (vec![c.clone(), s.clone(), ("taskDefinition", Call::made())], "taskDefinition is not made yet"),
            (vec![c.clone(), s], "it would change nothing"),
            (vec![c, ("desiredCount", json!(5))], "missing field `service`"),
        ] {
            let fault = read::<UpdateService>(&wrong).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Refused);
            assert!(fault.message.starts_with(says), "{wrong:?}: {fault:?}");
        }
    }

    #[test]
    fn a_deployment_is_only_ever_taken_back() {
        let (deployment, hook) = (("serviceDeploymentArn", json!("arn:d")), ("hookId", json!("h")));
        let back = |member| (member, json!("ROLLBACK"));
        let stop = read::<StopServiceDeployment>;
        let answer = read::<ContinueServiceDeployment>;
        let read_stop = stop(&[deployment.clone(), back("stopType")]).unwrap();
        assert_eq!(
            read_stop,
            StopServiceDeployment { service_deployment_arn: "arn:d".into(), stop_type: Back::Rollback }
        );
        let read_answer = answer(&[deployment.clone(), hook.clone(), back("action")]).unwrap();
        assert_eq!((&*read_answer.hook_id, read_answer.action), ("h", Back::Rollback));
        for wrong in [
            stop(std::slice::from_ref(&deployment)),
            stop(&[deployment.clone(), ("stopType", json!("ABORT"))]),
            stop(&[deployment.clone(), back("stopType"), ("force", json!(true))]),
            stop(&[back("stopType")]),
        ] {
            assert_eq!(wrong.unwrap_err().kind, FaultKind::Refused);
        }
        for wrong in [
            // Without its action AWS goes on.
            answer(&[deployment.clone(), hook.clone()]),
            answer(&[deployment.clone(), hook, ("action", json!("CONTINUE"))]),
            answer(&[deployment, back("action")]),
        ] {
            assert_eq!(wrong.unwrap_err().kind, FaultKind::Refused);
        }
    }

    #[test]
    fn a_revision_is_named_whole() {
        let all = [("taskDefinition", json!("api:4")), ("container", json!("app")), ("image", json!("r/api:5"))];
        assert_eq!(read::<RegisterTaskDefinition>(&all).unwrap().image, "r/api:5");
        for wrong in [&all[..2], &[&all[..], &[("cpu", json!("1"))]].concat()] {
            assert_eq!(read::<RegisterTaskDefinition>(wrong).unwrap_err().kind, FaultKind::Refused);
        }
    }

    #[test]
    fn one_task_with_one_command_is_run() {
        let run = |more: Value| {
            let members = json!({
                "cluster": "c", "taskDefinition": "api:4", "count": 1, "startedBy": "midwatch/1",
                "overrides": { "containerOverrides": [{ "name": "app", "command": ["true"] }] },
                "clientToken": "midwatch-1",
            });
            let members = [members, more].map(|members| members.as_object().unwrap().clone());
            let mut call = Call::new(ecs::RUN_TASK, []);
            call.input = members.into_iter().flatten().collect();
            call.request::<RunTask>()
        };
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
        let stop = [("cluster", json!("c")), ("task", json!("")), ("reason", json!("r"))];
        assert_eq!(read::<StopTask>(&stop).unwrap_err().message.as_str(), "task \"\" cannot be sent");
    }
}
