//! What deploying another image must know: the service, what of it runs, what its repositories keep,
//! and the revisions that are there already.

use futures_util::future::{join_all, join3};

use super::definitions::Definitions;
use super::{definitions, detail, history, list};
use crate::aws::ecr;
use crate::aws::prelude::*;
use crate::domain::image::{ContainerImages, DeployImageFacts};
use crate::domain::service::{Image, Service, TaskDefinitionRef};
use crate::domain::task::TaskDefinition;

/// The facts of deploying another image.
pub async fn facts(cx: &ReadContext, id: &ResourceId) -> Result<Option<Facts>, Fault> {
    let session = &cx.session;
    let Some(service) = list::one(session, id).await? else { return Ok(None) };
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
    Ok(Some(Arc::new(DeployImageFacts { facts, history, containers, newer })))
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
        match session.lasting::<Definitions>().images(&definition.arn) {
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
