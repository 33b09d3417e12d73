//! What an action over single tasks of a service must know: its tasks, and those of its family that no
//! service started.

use std::cmp::Reverse;
use std::collections::HashSet;

use aws_sdk_ecs::types::DesiredStatus;
use futures_util::future::{join, join3};

use super::detail::{Of, TASKS, arns, described, of_service, tasks};
use super::{list, shape};
use crate::aws::prelude::*;
use crate::domain::service::Service;
use crate::domain::task::{Task, TaskFacts};

/// `images` asks ECR as well.
pub async fn facts(cx: &ReadContext, id: &ResourceId, images: bool) -> Result<Option<Facts>, Fault> {
    let session = &cx.session;
    let Some(told) = list::describe_one(session, id).await? else { return Ok(None) };
    let service = shape::service(&told, usize::MAX);
    let (facts, tasks, one_off) = join3(
        of_service(session, service.clone(), images),
        tasks(session, &service, DesiredStatus::Running),
        one_off(session, &service),
    )
    .await;
    let placement = shape::placement(&told);
    Ok(Some(Arc::new(TaskFacts { facts, tasks, one_off, placement })))
}

/// The tasks of the family that no service started, newest first. ListTasks takes startedBy as its only
/// filter, and then never tells stopped ones (API reference): so they are looked for among all of it.
async fn one_off(session: &Session, service: &Service) -> Result<Vec<Task>, Fault> {
    let cluster = &service.cluster;
    let of_service = Of::Service(service.name.clone());
    let of_family = Of::Family(service.task_definition.family().into());
    let listed = |of, status| arns(session, cluster, of, status, Urgency::Now);
    let (own, family) = join(
        join(listed(&of_service, DesiredStatus::Running), listed(&of_service, DesiredStatus::Stopped)),
        join(listed(&of_family, DesiredStatus::Running), listed(&of_family, DesiredStatus::Stopped)),
    )
    .await;
    let own: HashSet<String> = own.0?.into_iter().chain(own.1?).collect();
    let others: Vec<String> = family.0?.into_iter().chain(family.1?).filter(|arn| !own.contains(arn)).collect();
    let mut found: Vec<Task> = Vec::new();
    for batch in others.chunks(TASKS as usize) {
        found.extend(described(session, cluster, batch, Urgency::Now).await?.iter().map(shape::task));
    }
    // Another service may run the same family.
    found.retain(|task| !task.is_of_a_service());
    found.sort_by_key(|task| Reverse(task.created));
    Ok(found)
}
