//! The operations that this adapter sends, by the names of IAM, and which quota each one draws on.

use crate::domain::call::Op;
pub use crate::kinds::IDENTITY;

pub const LIST_CLUSTERS: Op = Op::new("ecs", "ListClusters");
pub const LIST_SERVICES: Op = Op::new("ecs", "ListServices");
pub const DESCRIBE_SERVICES: Op = Op::new("ecs", "DescribeServices");
pub const DESCRIBE_TASK_DEFINITION: Op = Op::new("ecs", "DescribeTaskDefinition");
pub const LIST_TASKS: Op = Op::new("ecs", "ListTasks");
pub const DESCRIBE_TASKS: Op = Op::new("ecs", "DescribeTasks");
pub const DESCRIBE_SCALABLE_TARGETS: Op = Op::new("application-autoscaling", "DescribeScalableTargets");
pub const DESCRIBE_SCALING_POLICIES: Op = Op::new("application-autoscaling", "DescribeScalingPolicies");
pub const DESCRIBE_REPOSITORIES: Op = Op::new("ecr", "DescribeRepositories");
pub const DESCRIBE_IMAGES: Op = Op::new("ecr", "DescribeImages");

/// The only change so far: scale and force deploy are both this.
pub const UPDATE_SERVICE: Op = Op::new("ecs", "UpdateService");

/// Every read that is sent. The kinds must declare each of them, or the guard refuses it.
#[cfg(test)]
pub const READS: &[Op] = &[
    IDENTITY,
    LIST_CLUSTERS,
    LIST_SERVICES,
    DESCRIBE_SERVICES,
    DESCRIBE_TASK_DEFINITION,
    LIST_TASKS,
    DESCRIBE_TASKS,
    DESCRIBE_SCALABLE_TARGETS,
    DESCRIBE_SCALING_POLICIES,
    DESCRIBE_REPOSITORIES,
    DESCRIBE_IMAGES,
];

/// Operations that AWS counts against one quota of an account and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    EcsServices,
    EcsTasks,
    EcsClusters,
    EcsTaskDefinitions,
    Autoscaling,
    Ecr,
    Sts,
}

impl Family {
    pub fn of(op: Op) -> Self {
        match (op.service, op.name) {
            ("ecs", "ListServices" | "DescribeServices") => Self::EcsServices,
            ("ecs", "ListClusters" | "DescribeClusters") => Self::EcsClusters,
            ("ecs", "DescribeTaskDefinition" | "ListTaskDefinitions") => Self::EcsTaskDefinitions,
            ("ecs", _) => Self::EcsTasks,
            ("application-autoscaling", _) => Self::Autoscaling,
            ("ecr", _) => Self::Ecr,
            _ => Self::Sts,
        }
    }
}
