//! ECS: services, their tasks and task definitions, their deployments, and the changes of a service.

pub mod body;
mod change;
pub mod definitions;
pub mod detail;
pub mod endings;
pub mod history;
pub mod image;
pub mod list;
pub mod one_off;
mod register;
pub mod revision;
pub mod shape;

use crate::aws::prelude::*;
use crate::domain::requests::ecs::{
    ContinueServiceDeployment, RegisterTaskDefinition, RunTask, StopServiceDeployment, StopTask, UpdateService,
};
use crate::kinds::services::{
    DEPLOY_IMAGE_FACTS, FACTS, FACTS_WITH_IMAGES, ROLLBACK_FACTS, RUN_FACTS, SERVICES, TASK_FACTS,
};

sdk_client!(aws_sdk_ecs, "ECS", "ecs");

pub fn register(registry: &mut Registry) {
    registry.lists.insert(SERVICES, |cx, ()| Box::pin(list::all(cx)));
    registry.somes.insert(SERVICES, |cx, ids| Box::pin(list::some(cx, ids)));
    registry.endings.insert(SERVICES, |cx, cluster| Box::pin(endings::new_in(cx, cluster)));
    registry.facts.insert(SERVICES.detail(), |cx, id| Box::pin(detail::detail(cx, id)));
    registry.facts.insert(FACTS, |cx, id| Box::pin(detail::facts(cx, id, false)));
    registry.facts.insert(FACTS_WITH_IMAGES, |cx, id| Box::pin(detail::facts(cx, id, true)));
    registry.facts.insert(DEPLOY_IMAGE_FACTS, |cx, id| Box::pin(image::facts(cx, id)));
    registry.facts.insert(ROLLBACK_FACTS, |cx, id| Box::pin(history::facts(cx, id)));
    registry.facts.insert(TASK_FACTS, |cx, id| Box::pin(one_off::facts(cx, id, false)));
    registry.facts.insert(RUN_FACTS, |cx, id| Box::pin(one_off::facts(cx, id, true)));
    registry.revision = Some(|cx, reference| Box::pin(revision::read(&cx.session, reference)));
    register_changes!(registry: UpdateService, RegisterTaskDefinition, StopServiceDeployment, ContinueServiceDeployment, StopTask, RunTask);
}
