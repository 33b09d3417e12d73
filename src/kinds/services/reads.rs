//! What the plans of a service read, and so need permissions for.

use crate::domain::ops::{Op, autoscaling, ecr, ecs};

/// All of it, so that each plan's is a beginning of it.
const ALL: &[Op] = &[
    ecs::DESCRIBE_SERVICES,
    ecs::LIST_TASKS,
    ecs::DESCRIBE_TASKS,
    ecs::DESCRIBE_TASK_DEFINITION,
    autoscaling::DESCRIBE_SCALABLE_TARGETS,
    autoscaling::DESCRIBE_SCALING_POLICIES,
    ecr::DESCRIBE_REPOSITORIES,
    ecr::DESCRIBE_IMAGES,
    ecs::LIST_TASK_DEFINITIONS,
    ecs::LIST_SERVICE_DEPLOYMENTS,
    ecs::DESCRIBE_SERVICE_DEPLOYMENTS,
    ecs::DESCRIBE_SERVICE_REVISIONS,
];

/// The service, its tasks, its task definition and its autoscaling.
pub const FACTS: &[Op] = ALL.split_at(6).0;

/// These, and the images that a new task would pull.
pub const WITH_IMAGES: &[Op] = ALL.split_at(8).0;

/// These, and what was deployed before.
pub const WITH_HISTORY: &[Op] = ALL;
