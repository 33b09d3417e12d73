//! The services of an environment: clusters, then names, then the services themselves, then the
//! images of their task definitions; each is told as soon as it is known.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use aws_sdk_ecs::types::{Service as SdkService, ServiceField};
use futures_util::stream::{self, StreamExt};
use parking_lot::Mutex;

use super::client;
use super::definitions::{Definitions, learn};
use super::shape;
use crate::aws::prelude::*;
use crate::domain::ops::ecs::{DESCRIBE_SERVICES, LIST_CLUSTERS, LIST_SERVICES};
use crate::domain::service::{ROW_EVENTS, Service};

/// ListServices and ListClusters: the most a page can have (API model).
const PAGE: i32 = 100;
/// DescribeServices: the most services a call takes (API model).
const BATCH: usize = 10;
/// Clusters read at the same time, and batches of each. The budget is what limits the rate; this
/// keeps one slow cluster from holding up the others.
const CLUSTERS_AT_ONCE: usize = 6;
const BATCHES_AT_ONCE: usize = 4;

/// The services told so far in one answer, to be told again when their images are known.
#[derive(Default)]
struct EmittedServices(Mutex<Vec<Service>>);

impl EmittedServices {
    /// Emits services, with the images that are known already.
    async fn emit(&self, cx: &ReadContext, mut services: Vec<Service>) {
        let mut without_images = Vec::new();
        for service in &mut services {
            match cx.session.lasting::<Definitions>().images(&service.task_definition.arn) {
                Some(images) => service.images = images,
                None if !service.task_definition.arn.is_empty() => without_images.push(service.clone()),
                None => {}
            }
        }
        self.0.lock().append(&mut without_images);
        cx.emit_items(services).await;
    }

    /// Reads the images that were missing, and emits those services again.
    async fn images(self, cx: &ReadContext) -> Result<(), Fault> {
        let waiting = self.0.into_inner();
        let wanted: HashSet<Text> = waiting.iter().map(|s| s.task_definition.arn.clone()).collect();
        let fault = learn(&cx.session, wanted).await;
        let told = waiting
            .into_iter()
            .filter_map(|mut service| {
                service.images = cx.session.lasting::<Definitions>().images(&service.task_definition.arn)?;
                Some(service)
            })
            .collect();
        cx.emit_items(told).await;
        fault.map_or(Ok(()), Err)
    }
}

/// Every service of the scope.
pub async fn all(cx: &ReadContext) -> Result<(), Fault> {
    let clusters = clusters(&cx.session, cx.scope()).await?;
    cx.emit_listing(ListingPiece::Parts(clusters.clone())).await;
    let told = EmittedServices::default();
    let told_ref = &told;
    stream::iter(clusters)
        .for_each_concurrent(CLUSTERS_AT_ONCE, |part| async move {
            if let Err(fault) = cluster(cx, &part, told_ref).await {
                cx.emit_listing(ListingPiece::PartFailed { part, fault }).await;
            }
        })
        .await;
    told.images(cx).await
}

/// The clusters' names: those that the scope names, or all there are.
pub async fn clusters(session: &Session, scope: &Scope) -> Result<Vec<Text>, Fault> {
    if !scope.clusters.is_empty() {
        return Ok(scope.clusters.clone());
    }
    let names = items(ALL, |token| async move {
        let request = client(session).list_clusters().max_results(PAGE).set_next_token(token).send();
        let page = session.ask(LIST_CLUSTERS, Urgency::Sweep, request).await?;
        Ok((page.cluster_arns().iter().map(|arn| shape::cluster_name(arn)).collect(), page.next_token))
    });
    let names: BTreeSet<Text> = names.await?.into_iter().collect();
    Ok(names.into_iter().collect())
}

/// The services' ARNs in a cluster, as far as their names belong to the scope.
async fn roster(session: &Session, scope: &Scope, cluster: &Text) -> Result<Vec<Text>, Fault> {
    items(ALL, |token| async move {
        let request = client(session).list_services().cluster(cluster.as_str());
        let request = request.max_results(PAGE).set_next_token(token).send();
        let page = session.ask(LIST_SERVICES, Urgency::Sweep, request).await?;
        let arns = page.service_arns().iter().map(Text::from);
        Ok((arns.filter(|arn| scope.admits_name(&shape::service_of_arn(arn).1)).collect(), page.next_token))
    })
    .await
}

/// One cluster. What is told of it before a fault stays told.
async fn cluster(cx: &ReadContext, part: &Text, told: &EmittedServices) -> Result<(), Fault> {
    let (session, scope) = (&cx.session, cx.scope());
    let arns = roster(session, scope, part).await?;
    if scope.tags.is_empty() {
        let ids = arns.iter().cloned().map(ResourceId).collect();
        cx.emit_listing(ListingPiece::Roster { part: part.clone(), ids }).await;
    }
    let batches: Vec<Vec<Text>> = arns.chunks(BATCH).map(<[Text]>::to_vec).collect();
    let mut described = stream::iter(batches)
        .map(|batch| async move {
            let answer = describe(session, part, &batch, scope, Urgency::Sweep).await;
            (batch, answer)
        })
        .buffer_unordered(BATCHES_AT_ONCE);
    // With tags, which services belong is known only when all were described. Those that could
    // not be described stay, so that a fault does not erase them.
    let (mut admitted, mut services, mut fault) = (Vec::new(), Vec::new(), None);
    while let Some((batch, answer)) = described.next().await {
        match answer {
            Err(e) => {
                admitted.extend(batch.into_iter().map(ResourceId));
                fault = Some(e);
            }
            Ok(described) => {
                fault = fault.or(described.fault);
                admitted.extend(described.failed);
                if scope.tags.is_empty() {
                    cx.emit_gone(described.gone).await;
                    told.emit(cx, described.services).await;
                } else {
                    admitted.extend(described.services.iter().map(|s| s.id.clone()));
                    services.extend(described.services);
                }
            }
        }
    }
    if !scope.tags.is_empty() {
        cx.emit_listing(ListingPiece::Roster { part: part.clone(), ids: admitted }).await;
        told.emit(cx, services).await;
    }
    fault.map_or(Ok(()), Err)
}

/// What DescribeServices said of a batch.
#[derive(Default)]
struct Described {
    services: Vec<Service>,
    gone: Vec<ResourceId>,
    /// Neither described nor missing, with the last reason that AWS gave.
    failed: Vec<ResourceId>,
    fault: Option<Fault>,
}

async fn describe(
    session: &Session,
    cluster: &Text,
    arns: &[Text],
    scope: &Scope,
    urgency: Urgency,
) -> Result<Described, Fault> {
    let mut request = client(session).describe_services().cluster(cluster.as_str());
    request = request.set_services(Some(arns.iter().map(ToString::to_string).collect()));
    if !scope.tags.is_empty() {
        request = request.include(ServiceField::Tags);
    }
    let told = session.ask(DESCRIBE_SERVICES, urgency, request.send()).await?;
    let mut described = Described::default();
    for service in told.services() {
        let read = shape::service(service, ROW_EVENTS);
        // A deleted service is told for a while as INACTIVE, though no list has it any more.
        if read.status == "INACTIVE" {
            described.gone.push(read.id);
        } else if has_tags(scope, service) {
            described.services.push(read);
        }
    }
    for failure in told.failures() {
        let id = ResourceId(crate::aws::shape::text(failure.arn()));
        match failure.reason() {
            Some("MISSING") => described.gone.push(id),
            reason => {
                let said = [reason, failure.detail()].into_iter().flatten().collect::<Vec<_>>().join(": ");
                let message = format!("{id}: {said}");
                described.failed.push(id);
                described.fault = Some(Fault::new(FaultKind::Other, DESCRIBE_SERVICES.to_string(), message));
            }
        }
    }
    Ok(described)
}

fn has_tags(scope: &Scope, service: &SdkService) -> bool {
    scope.admits_tags(service.tags().iter().map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default())))
}

/// These services again.
pub async fn some(cx: &ReadContext, ids: &[ResourceId]) -> Result<(), Fault> {
    let mut clusters: BTreeMap<Text, Vec<Text>> = BTreeMap::new();
    for id in ids {
        clusters.entry(shape::service_of_arn(&id.0).0).or_default().push(id.0.clone());
    }
    let batches: Vec<(Text, Vec<Text>)> = clusters
        .iter()
        .flat_map(|(cluster, arns)| arns.chunks(BATCH).map(|batch| (cluster.clone(), batch.to_vec())))
        .collect();
    let (told, everything) = (EmittedServices::default(), Scope::default());
    let (told_ref, scope) = (&told, &everything);
    stream::iter(batches)
        .for_each_concurrent(BATCHES_AT_ONCE, |(part, arns)| async move {
            let fault = match describe(&cx.session, &part, &arns, scope, Urgency::Now).await {
                // The cluster is gone, with all that was in it.
                Err(fault) if fault.kind == FaultKind::NotFound => {
                    cx.emit_gone(arns.into_iter().map(ResourceId).collect()).await;
                    None
                }
                Err(fault) => Some(fault),
                Ok(described) => {
                    cx.emit_gone(described.gone).await;
                    told_ref.emit(cx, described.services).await;
                    described.fault
                }
            };
            if let Some(fault) = fault {
                cx.emit_listing(ListingPiece::PartFailed { part, fault }).await;
            }
        })
        .await;
    told.images(cx).await
}

/// One service with all its events; `None` when it does not exist any more.
pub async fn one(session: &Session, id: &ResourceId) -> Result<Option<Service>, Fault> {
    let told = describe_one(session, id).await?;
    Ok(told.map(|service| {
        let mut read = shape::service(&service, usize::MAX);
        read.images = session.lasting::<Definitions>().images(&read.task_definition.arn).unwrap_or_default();
        read
    }))
}

/// The same as ECS tells it.
pub async fn describe_one(session: &Session, id: &ResourceId) -> Result<Option<SdkService>, Fault> {
    let (cluster, _) = shape::service_of_arn(&id.0);
    let request = client(session).describe_services().cluster(cluster.as_str()).services(id.0.as_str()).send();
    let told = session.ask(DESCRIBE_SERVICES, Urgency::Now, request).await?;
    let failed = told.failures().first().and_then(|failure| failure.reason()).map(str::to_string);
    if let Some(service) = told.services.unwrap_or_default().into_iter().next() {
        return Ok(Some(service));
    }
    match failed.as_deref() {
        None | Some("MISSING") => Ok(None),
        Some(reason) => Err(Fault::new(FaultKind::Other, DESCRIBE_SERVICES.to_string(), format!("{id}: {reason}"))),
    }
}
