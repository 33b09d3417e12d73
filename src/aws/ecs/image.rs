//! What deploying another image must know: the service, what of it runs, what its repositories keep,
//! and the revisions that are there already.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt, join_all, join3};

use super::{definitions, detail, history};
use crate::aws::answer_sink::AnswerSink;
use crate::aws::budget::Urgency;
use crate::aws::ecr;
use crate::aws::session::Session;
use crate::domain::fault::Fault;
use crate::domain::image::{ContainerImages, DeployImageFacts};
use crate::domain::query::Answer;
use crate::domain::resource::ResourceId;
use crate::domain::service::{Image, Service, TaskDefinitionRef};
use crate::domain::task::TaskDefinition;

/// The facts of deploying another image. Boxed: what a large future takes, every read takes.
pub fn facts<'a>(session: &'a Session, id: &'a ResourceId, sink: &'a AnswerSink) -> BoxFuture<'a, ()> {
    tell(session, id, sink).boxed()
}

async fn tell(session: &Session, id: &ResourceId, sink: &AnswerSink) {
    let Some(service) = detail::found(session, id, sink).await else { return };
    let (facts, history, newer) = join3(
        detail::of_service(session, service.clone(), false),
        history::history(session, &service),
        newer(session, &service),
    )
    .await;
    let containers = match &facts.task_definition {
        Ok(definition) => containers(session, definition).await,
        Err(_) => Vec::new(),
    };
    sink.emit(Answer::Facts(Arc::new(DeployImageFacts { facts, history, containers, newer }))).await;
}

async fn containers(session: &Session, definition: &TaskDefinition) -> Vec<ContainerImages> {
    let images: Vec<Image> = definition.images().cloned().collect();
    let stored = ecr::repositories(session, &images).await;
    let containers = definition.containers.iter().zip(stored);
    containers
        .map(|(container, images)| ContainerImages {
            image: container.image.clone(),
            essential: container.essential,
            images,
        })
        .collect()
}

/// The revisions of the family after the one in force, as far back as a roll back lists them.
async fn newer(session: &Session, service: &Service) -> Result<Vec<(TaskDefinitionRef, Vec<Image>)>, Fault> {
    let number = |definition: &TaskDefinitionRef| definition.revision().parse::<u64>().ok();
    let current = number(&service.task_definition);
    let family = history::family(session, service.task_definition.family()).await?;
    let newer: Vec<TaskDefinitionRef> = family.into_iter().filter(|other| number(other) > current).collect();
    let images = join_all(newer.iter().map(|definition| async {
        match session.definitions.images(&definition.arn) {
            Some(images) => Ok(images),
            None => {
                let read = definitions::describe(session, &definition.arn, Urgency::Now).await?;
                Ok(read.images().cloned().collect())
            }
        }
    }));
    let images: Vec<Vec<Image>> = images.await.into_iter().collect::<Result<_, Fault>>()?;
    Ok(newer.into_iter().zip(images).collect())
}
