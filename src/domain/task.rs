//! ECS tasks with their containers, and the task definition they run.

use serde::{Deserialize, Serialize};

use crate::domain::prelude::*;

use super::service::{Image, ServiceFacts, TaskDefinitionRef};

/// One container of a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Container {
    pub name: Text,
    pub status: Text,
    /// HEALTHY, UNHEALTHY, UNKNOWN.
    pub health: Text,
    /// `None`: it still runs, or never ran.
    pub exit_code: Option<i32>,
    pub reason: Text,
    pub image: Image,
    /// Digest it was resolved to.
    pub digest: Option<Text>,
    /// What a session's target names; empty until it runs.
    pub runtime_id: Text,
    /// Of its ExecuteCommandAgent: PENDING, RUNNING, STOPPED; empty where it has none.
    pub exec_agent: Text,
}

/// One task.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Task {
    pub arn: Text,
    /// PROVISIONING … RUNNING … STOPPED.
    pub status: Text,
    pub desired_status: Text,
    pub health: Text,
    pub task_definition: TaskDefinitionRef,
    /// `ecs-svc/…` of the deployment that started it.
    pub started_by: Text,
    pub zone: Text,
    pub address: Option<Text>,
    pub cpu: Text,
    pub memory: Text,
    pub launch: Text,
    pub created: Option<Timestamp>,
    pub started: Option<Timestamp>,
    pub stopped: Option<Timestamp>,
    pub stop_code: Text,
    pub stopped_reason: Text,
    pub containers: Vec<Container>,
    /// enableExecuteCommand when it was started; it never changes afterwards.
    pub exec_enabled: bool,
}

impl Task {
    /// The id without cluster, as the logs show it too.
    pub fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    /// A service started it, as the id of its deployment says (ECS API reference, Task$startedBy).
    pub fn is_of_a_service(&self) -> bool {
        self.started_by.starts_with("ecs-svc/")
    }

    /// It stopped and nothing more will be known of it: before that its exit codes may be missing.
    pub fn has_ended(&self) -> bool {
        self.status == "STOPPED" && self.stopped.is_some()
    }

    /// The cluster's name, of `…:task/CLUSTER/ID`; an old ARN does not tell it.
    pub fn cluster(&self) -> Option<&str> {
        let (_, path) = self.arn.split_once(":task/")?;
        path.split_once('/').map(|(cluster, _)| cluster)
    }

    /// Seconds between start and stop; `None` when it never started or still runs.
    pub fn lived(&self) -> Option<i64> {
        Some((self.stopped?.as_second() - self.started?.as_second()).max(0))
    }
}

/// The task definition in force. Environment values and secrets are not read into it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskDefinition {
    pub reference: TaskDefinitionRef,
    /// ACTIVE, INACTIVE.
    pub status: Text,
    /// CPU units; empty when the containers say it.
    pub cpu: Text,
    /// MiB; empty when the containers say it.
    pub memory: Text,
    pub containers: Vec<ContainerDefinition>,
    /// ARN of the role that its containers act as.
    pub task_role: Option<Text>,
    /// ARN of the role with which ECS pulls images and reads secrets.
    pub execution_role: Option<Text>,
}

/// One container of a task definition.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerDefinition {
    pub image: Image,
    pub essential: bool,
    /// `awslogs`, `awsfirelens`, …; empty for none.
    pub log_driver: Text,
    /// Group, region and stream prefix of the log driver; never its secret options.
    pub log_group: Option<Text>,
    pub log_region: Option<Text>,
    pub log_prefix: Option<Text>,
    /// The ports that it listens on, as portMappings say.
    pub ports: Vec<u16>,
}

impl TaskDefinition {
    pub fn images(&self) -> impl Iterator<Item = &Image> {
        self.containers.iter().map(|c| &c.image)
    }
}

/// How a service starts its tasks: what a task that runs beside it must be given too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placement {
    /// FARGATE, EC2, EXTERNAL; empty where capacity providers decide.
    pub launch_type: Text,
    pub providers: Vec<Provider>,
    /// LATEST or a version; empty off Fargate.
    pub platform: Text,
    /// `None`: the network mode is not awsvpc.
    pub network: Option<Network>,
    /// AWS tags its tasks with cluster and service.
    pub managed_tags: bool,
    /// Its tasks take their tags from: SERVICE, TASK_DEFINITION; empty or NONE for neither.
    pub tags_of: Text,
}

/// A share of a capacity provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    pub name: Text,
    pub weight: i32,
    pub base: i32,
}

/// The awsvpcConfiguration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    pub subnets: Vec<Text>,
    pub security_groups: Vec<Text>,
    /// ENABLED, DISABLED; empty where it is not said.
    pub public_address: Text,
}

/// What a plan over single tasks of a service, and the watch after it, must know afresh.
#[derive(Clone, Debug)]
pub struct TaskFacts {
    pub facts: ServiceFacts,
    /// The service's tasks that ECS wants to run, newest first.
    pub tasks: Result<Vec<Task>, Fault>,
    /// Tasks of the same family that no service started, stopped ones too, newest first.
    pub one_off: Result<Vec<Task>, Fault>,
    pub placement: Placement,
}
