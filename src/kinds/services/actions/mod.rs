//! What can be done to a service: a file and a line here for each.

mod deployment;
mod image_candidates;
mod watch;

use crate::domain::ops::{Op, ecr, ecs, iam};
use crate::kinds::action::{Grant, actions};

actions! {
    scale::Scale,
    deploy::Deploy,
    roll_back::RollBack,
    deploy_image::DeployImage,
    stop_task::Stop,
    run::Run,
    exec::Exec,
    forward::FORWARD,
}

/// The images that a new task would pull.
const IMAGES: &[Op] = &[ecr::DESCRIBE_REPOSITORIES, ecr::DESCRIBE_IMAGES];

/// These, and the revisions that there are.
const IMAGES_AND_REVISIONS: &[Op] = &[ecr::DESCRIBE_REPOSITORIES, ecr::DESCRIBE_IMAGES, ecs::LIST_TASK_DEFINITIONS];

/// A task takes on its definition's roles; they may be handed to tasks alone.
const PASS_ROLE: Grant = Grant { op: iam::PASS_ROLE, when: ("iam:PassedToService", "ecs-tasks.amazonaws.com") };
