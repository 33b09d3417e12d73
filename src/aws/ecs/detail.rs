//! One service in depth: for its detail view, for a plan, and for the watch after it.

use std::cmp::Reverse;

use aws_sdk_ecs::types::{DesiredStatus, Task as SdkTask};
use futures_util::future::{join, join5};

use super::client;
use super::list::one;
use super::{definitions, history, shape};
use crate::aws::autoscaling;
use crate::aws::ecr;
use crate::aws::prelude::*;
use crate::domain::ops::ecs::{DESCRIBE_TASKS, LIST_TASKS};
use crate::domain::service::{Image, Service, ServiceDetail, ServiceFacts};
use crate::domain::task::{Task, TaskDefinition};

/// ListTasks and DescribeTasks: the most of a page and of a call (API model).
pub const TASKS: i32 = 100;
/// Pages read at most: a detail view of more than a thousand tasks helps nobody.
const PAGES: usize = 10;

/// The detail view.
pub async fn detail(cx: &ReadContext, id: &ResourceId) -> Result<Option<Facts>, Fault> {
    let session = &cx.session;
    let Some(service) = one(session, id).await? else { return Ok(None) };
    let (tasks, stopped, task_definition, scaling, history) = join5(
        tasks(session, &service, DesiredStatus::Running),
        tasks(session, &service, DesiredStatus::Stopped),
        definitions::describe(session, &service.task_definition.arn, Urgency::Now),
        autoscaling::bounds(session, &service),
        history::history(session, &service),
    )
    .await;
    let service = with_images(service, &task_definition);
    Ok(Some(Arc::new(ServiceDetail { service, tasks, stopped, task_definition, scaling, history })))
}

/// What a plan or a watch needs. `images` asks ECR as well, for an action that runs images.
pub async fn facts(cx: &ReadContext, id: &ResourceId, images: bool) -> Result<Option<Facts>, Fault> {
    let Some(service) = one(&cx.session, id).await? else { return Ok(None) };
    Ok(Some(Arc::new(of_service(&cx.session, service, images).await)))
}

/// The facts about a service that was just read.
pub async fn of_service(session: &Session, service: Service, images: bool) -> ServiceFacts {
    let definition_and_images = async {
        let definition = definitions::describe(session, &service.task_definition.arn, Urgency::Now).await;
        let run: Vec<Image> = definition.iter().filter(|_| images).flat_map(TaskDefinition::images).cloned().collect();
        (definition, ecr::images(session, &run).await)
    };
    let ((task_definition, images), (stopped, scaling)) = join(
        definition_and_images,
        join(tasks(session, &service, DesiredStatus::Stopped), autoscaling::bounds(session, &service)),
    )
    .await;
    let service = with_images(service, &task_definition);
    ServiceFacts { service, scaling, task_definition, images, stopped }
}

fn with_images(mut service: Service, definition: &Result<TaskDefinition, Fault>) -> Service {
    if let Ok(definition) = definition {
        service.images = definition.images().cloned().collect();
    }
    service
}

/// The tasks that ECS wants to run (starting ones too), or those that it remembers as stopped;
/// newest first. ListTasks tells the running ones only, unless it is asked for the others.
pub async fn tasks(session: &Session, service: &Service, status: DesiredStatus) -> Result<Vec<Task>, Fault> {
    let arns = arns(session, &service.cluster, &Of::Service(service.name.clone()), status, Urgency::Now).await?;
    let mut tasks: Vec<Task> = Vec::with_capacity(arns.len());
    for batch in arns.chunks(TASKS as usize) {
        tasks.extend(described(session, &service.cluster, batch, Urgency::Now).await?.iter().map(shape::task));
    }
    tasks.sort_by_key(|task| Reverse(task.stopped.or(task.started).or(task.created)));
    Ok(tasks)
}

/// Whose tasks are listed.
pub enum Of {
    Cluster,
    /// By its name.
    Service(Text),
    /// The tasks of a task definition's family, whoever started them.
    Family(Text),
}

impl Of {
    fn service(&self) -> Option<String> {
        if let Self::Service(name) = self { Some(name.to_string()) } else { None }
    }

    fn family(&self) -> Option<String> {
        if let Self::Family(name) = self { Some(name.to_string()) } else { None }
    }
}

/// The tasks' ARNs of a cluster, or of a part of it.
pub async fn arns(
    session: &Session,
    cluster: &Text,
    of: &Of,
    status: DesiredStatus,
    urgency: Urgency,
) -> Result<Vec<String>, Fault> {
    let status = &status;
    items(PAGES, |token| async move {
        let request = client(session)
            .list_tasks()
            .cluster(cluster.as_str())
            .set_service_name(of.service())
            .set_family(of.family())
            .desired_status(status.clone())
            .max_results(TASKS)
            .set_next_token(token)
            .send();
        let page = session.ask(LIST_TASKS, urgency, request).await?;
        Ok((page.task_arns.unwrap_or_default(), page.next_token))
    })
    .await
}

/// Tasks of a cluster, at most [`TASKS`]. Without those that ECS forgot in between.
pub async fn described(
    session: &Session,
    cluster: &Text,
    arns: &[String],
    urgency: Urgency,
) -> Result<Vec<SdkTask>, Fault> {
    let request = client(session).describe_tasks().cluster(cluster.as_str()).set_tasks(Some(arns.to_vec())).send();
    let told = session.ask(DESCRIBE_TASKS, urgency, request).await?;
    Ok(told.tasks.unwrap_or_default())
}
