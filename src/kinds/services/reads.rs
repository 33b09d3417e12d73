//! What the plans of a service read, and so need permissions for.

use crate::domain::call::Op;

/// All of it, so that each plan's is a beginning of it.
const ALL: &[Op] = &[
    Op::new("ecs", "DescribeServices"),
    Op::new("ecs", "ListTasks"),
    Op::new("ecs", "DescribeTasks"),
    Op::new("ecs", "DescribeTaskDefinition"),
    Op::new("application-autoscaling", "DescribeScalableTargets"),
    Op::new("application-autoscaling", "DescribeScalingPolicies"),
    Op::new("ecr", "DescribeRepositories"),
    Op::new("ecr", "DescribeImages"),
    Op::new("ecs", "ListTaskDefinitions"),
    Op::new("ecs", "ListServiceDeployments"),
    Op::new("ecs", "DescribeServiceDeployments"),
    Op::new("ecs", "DescribeServiceRevisions"),
];

/// The service, its tasks, its task definition and its autoscaling.
pub const FACTS: &[Op] = ALL.split_at(6).0;

/// These, and the images that a new task would pull.
pub const WITH_IMAGES: &[Op] = ALL.split_at(8).0;

/// These, and what was deployed before.
pub const WITH_HISTORY: &[Op] = ALL;
