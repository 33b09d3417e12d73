//! What a roll back must know: the service deployments that ECS remembers, the service revisions
//! that they brought, and the family's revisions with what ECR still has of their images.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use futures_util::future::{join_all, join3};

use super::client;
use super::definitions::Definitions;
use super::{definitions, detail, list, shape};
use crate::aws::ecr;
use crate::aws::prelude::*;
use crate::domain::history::{Candidate, History, RollbackFacts, ServiceRevision};
use crate::domain::ops::ecs::{
    DESCRIBE_SERVICE_DEPLOYMENTS, DESCRIBE_SERVICE_REVISIONS, LIST_SERVICE_DEPLOYMENTS, LIST_TASK_DEFINITIONS,
};
use crate::domain::service::{Controller, Image, ImageFacts, Service, TaskDefinitionRef};

/// ListServiceDeployments: the most of a page (API model).
const PAGE: i32 = 100;
/// Pages read at most. Their order is not documented, so the newest are looked for in all of them.
const PAGES: usize = 5;
/// DescribeServiceDeployments and DescribeServiceRevisions: the most of a call (API model). So many
/// deployments are told.
const AT_ONCE: usize = 20;
/// Revisions of the family that are offered, besides as many of the history.
const OFFERED: usize = 10;

/// The facts of a roll back.
pub async fn facts(cx: &ReadContext, id: &ResourceId) -> Result<Option<Facts>, Fault> {
    let session = &cx.session;
    let Some(service) = list::one(session, id).await? else { return Ok(None) };
    let (facts, history, family) = join3(
        detail::of_service(session, service.clone(), false),
        history(session, &service),
        family(session, service.task_definition.family()),
    )
    .await;
    let candidates = candidates(session, &service, history.as_ref().ok(), family.as_deref().ok()).await;
    let family = family.err();
    Ok(Some(Arc::new(RollbackFacts { facts, history, candidates, family })))
}

/// The newest service deployments, and the revisions that they name. Other controllers than ECS make
/// none.
pub async fn history(session: &Session, service: &Service) -> Result<History, Fault> {
    if service.controller != Controller::Ecs {
        return Ok(History::default());
    }
    let newest = newest(session, service).await?;
    if newest.is_empty() {
        return Ok(History::default());
    }
    let request = client(session).describe_service_deployments().set_service_deployment_arns(Some(newest)).send();
    let told = session.ask(DESCRIBE_SERVICE_DEPLOYMENTS, Urgency::Now, request).await?;
    // A failure here is a deployment that ECS forgot between the two calls.
    let mut deployments: Vec<_> = told.service_deployments().iter().map(shape::service_deployment).collect();
    deployments.sort_by_key(|deployment| Reverse(deployment.created));
    let named: BTreeSet<&Text> = (deployments.iter())
        .flat_map(|d| d.sources.iter().chain([&d.target]).chain(&d.back_to))
        .filter(|arn| !arn.is_empty())
        .collect();
    let named: Vec<String> = named.into_iter().map(ToString::to_string).collect();
    let asked = named.chunks(AT_ONCE).map(|arns| revisions(session, arns));
    let revisions: Result<Vec<Vec<ServiceRevision>>, Fault> = join_all(asked).await.into_iter().collect();
    Ok(History { deployments, revisions: revisions?.concat() })
}

/// ARNs of the newest service deployments.
async fn newest(session: &Session, service: &Service) -> Result<Vec<String>, Fault> {
    let mut all = items(PAGES, |token| async move {
        let request = client(session)
            .list_service_deployments()
            .cluster(service.cluster.as_str())
            .service(service.name.as_str())
            .max_results(PAGE)
            .set_next_token(token)
            .send();
        let page = session.ask(LIST_SERVICE_DEPLOYMENTS, Urgency::Now, request).await?;
        let told = page.service_deployments().iter();
        let dated = told.filter_map(|d| Some((moment(d.created_at()), d.service_deployment_arn()?.to_string())));
        Ok((dated.collect(), page.next_token))
    })
    .await?;
    all.sort_by_key(|(created, _)| Reverse(*created));
    Ok(all.into_iter().take(AT_ONCE).map(|(_, arn)| arn).collect())
}

async fn revisions(session: &Session, arns: &[String]) -> Result<Vec<ServiceRevision>, Fault> {
    let request = client(session).describe_service_revisions().set_service_revision_arns(Some(arns.to_vec())).send();
    let told = session.ask(DESCRIBE_SERVICE_REVISIONS, Urgency::Now, request).await?;
    // Those from before 25 October 2024 are missing (API model, DescribeServiceRevisions).
    Ok(told.service_revisions().iter().map(shape::service_revision).collect())
}

/// The newest ACTIVE revisions of a family.
pub async fn family(session: &Session, family: &str) -> Result<Vec<TaskDefinitionRef>, Fault> {
    let request = client(session)
        .list_task_definitions()
        .family_prefix(family)
        .sort("DESC".into())
        .max_results(i32::try_from(OFFERED).unwrap_or(i32::MAX))
        .send();
    let told = session.ask(LIST_TASK_DEFINITIONS, Urgency::Now, request).await?;
    Ok(told.task_definition_arns().iter().take(OFFERED).map(TaskDefinitionRef::new).collect())
}

/// The revisions that are offered, newest first: the newest of the family, the newest that the
/// history names, and those that the service runs.
async fn candidates(
    session: &Session,
    service: &Service,
    history: Option<&History>,
    active: Option<&[TaskDefinitionRef]>,
) -> Vec<Candidate> {
    let family = service.task_definition.family();
    let mut deployed: Vec<&TaskDefinitionRef> = Vec::new();
    for deployment in history.iter().flat_map(|history| &history.deployments) {
        let brought = history.and_then(|history| history.target(deployment)).map(|r| &r.task_definition);
        let back = history.and_then(|history| history.back(deployment)).map(|r| &r.task_definition);
        for definition in brought.into_iter().chain(back) {
            if definition.family() == family && !deployed.contains(&definition) && deployed.len() < OFFERED {
                deployed.push(definition);
            }
        }
    }
    let runs = service.deployments.iter().map(|d| &d.task_definition).filter(|d| d.family() == family);
    let listed = active.unwrap_or_default().iter().chain([&service.task_definition]);
    let mut definitions: Vec<&TaskDefinitionRef> = listed.chain(runs).chain(deployed).collect();
    definitions.sort_by_key(|definition| Reverse(number(definition)));
    definitions.dedup();

    let read = join_all(definitions.iter().map(|definition| images(session, definition, active))).await;
    let ran: Vec<Vec<Image>> = definitions.iter().map(|definition| ran(definition, history)).collect();
    let of_tags = read.iter().filter_map(|(_, images)| images.as_ref().ok()).flatten();
    let mut asked: Vec<Image> = of_tags.chain(ran.iter().flatten()).cloned().collect();
    asked.dedup();
    let known = ecr::images(session, &asked).await;
    let look_up = |images: &[Image]| -> Vec<ImageFacts> {
        images.iter().filter_map(|image| known.iter().find(|found| found.image == *image).cloned()).collect()
    };
    let candidates = definitions.into_iter().zip(read).zip(&ran);
    candidates
        .map(|((definition, (active, images)), ran)| Candidate {
            definition: definition.clone(),
            active,
            images: Some(images.map(|images| look_up(&images))),
            ran: look_up(ran),
        })
        .collect()
}

fn number(definition: &TaskDefinitionRef) -> Option<u64> {
    definition.revision().parse().ok()
}

/// The images of a revision, and whether it is ACTIVE. What is newer than one of the ACTIVE revisions
/// that were listed, and not among them, is none.
async fn images(
    session: &Session,
    definition: &TaskDefinitionRef,
    listed: Option<&[TaskDefinitionRef]>,
) -> (Option<bool>, Result<Vec<Image>, Fault>) {
    let active = listed.and_then(|listed| match listed.contains(definition) {
        true => Some(true),
        false => listed.iter().any(|other| number(other) < number(definition)).then_some(false),
    });
    if let (Some(active), Some(images)) = (active, session.lasting::<Definitions>().images(&definition.arn)) {
        return (Some(active), Ok(images));
    }
    match definitions::describe(session, &definition.arn, Urgency::Now).await {
        Ok(read) => (active.or(Some(read.status == "ACTIVE")), Ok(read.images().cloned().collect())),
        Err(fault) => (active, Err(fault)),
    }
}

/// The images that a revision ran, by the digests to which its tags were resolved then.
fn ran(definition: &TaskDefinitionRef, history: Option<&History>) -> Vec<Image> {
    let mut ran: Vec<Image> = Vec::new();
    let revisions = history.iter().flat_map(|history| &history.revisions);
    for run in revisions.filter(|revision| revision.task_definition == *definition).flat_map(|r| &r.images) {
        let pinned = run.digest.as_ref().map(|digest| run.image.at(digest));
        ran.extend(pinned.filter(|image| !ran.contains(image)));
    }
    ran
}
