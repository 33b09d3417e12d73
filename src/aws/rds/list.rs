//! All databases: two lists, each of which may fail without the other.

use aws_sdk_rds::types::Tag;

use super::client;
use super::shape::{self, Writers};
use crate::aws::prelude::*;
use crate::domain::database::{Database, Form};
use crate::domain::ops::rds::{DESCRIBE_DB_CLUSTERS, DESCRIBE_DB_INSTANCES};

/// The most of a page (API model).
const PAGE: i32 = 100;

fn has_tags(scope: &Scope, tags: &[Tag]) -> bool {
    scope.admits_tags(tags.iter().map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default())))
}

/// Every cluster of the scope, and who writes in any cluster: a member may be in scope where its
/// cluster is not.
async fn clusters(session: &Session, scope: &Scope, urgency: Urgency) -> Result<(Vec<Database>, Writers), Fault> {
    let all = items(ALL, |marker| async move {
        let request = client(session).describe_db_clusters().max_records(PAGE).set_marker(marker).send();
        let page = session.ask(DESCRIBE_DB_CLUSTERS, urgency, request).await?;
        let shaped = page.db_clusters().iter().map(|told| {
            let cluster = shape::cluster(told);
            let is_admitted = has_tags(scope, told.tag_list()) && scope.admits_name(&cluster.name);
            (cluster, is_admitted)
        });
        Ok((shaped.collect::<Vec<_>>(), page.marker))
    })
    .await?;
    let writers = all.iter().flat_map(|(cluster, _)| shape::writers(cluster)).collect();
    Ok((all.into_iter().filter_map(|(cluster, is_admitted)| is_admitted.then_some(cluster)).collect(), writers))
}

/// Every instance of the scope.
async fn instances(
    session: &Session,
    scope: &Scope,
    writers: &Writers,
    urgency: Urgency,
) -> Result<Vec<Database>, Fault> {
    items(ALL, |marker| async move {
        let request = client(session).describe_db_instances().max_records(PAGE).set_marker(marker).send();
        let page = session.ask(DESCRIBE_DB_INSTANCES, urgency, request).await?;
        let here = page.db_instances().iter().filter(|instance| has_tags(scope, instance.tag_list()));
        let here = here.map(|told| shape::instance(told, writers));
        Ok((here.filter(|database| scope.admits_name(&database.name)).collect(), page.marker))
    })
    .await
}

/// What both lists told, by form.
async fn read(session: &Session, scope: &Scope, urgency: Urgency) -> [(Form, Result<Vec<Database>, Fault>); 2] {
    let (clusters, writers) = match clusters(session, scope, urgency).await {
        Ok((clusters, writers)) => (Ok(clusters), writers),
        Err(fault) => (Err(fault), Writers::new()),
    };
    let instances = instances(session, scope, &writers, urgency).await;
    [(Form::Cluster, clusters), (Form::Instance, instances)]
}

/// Every database of the scope.
pub async fn all(cx: &ReadContext) -> Result<(), Fault> {
    cx.emit_listing(ListingPiece::Parts([Form::Instance, Form::Cluster].map(|form| form.part().into()).to_vec())).await;
    for (form, found) in read(&cx.session, cx.scope(), Urgency::Sweep).await {
        cx.emit_part(form.part().into(), found).await;
    }
    Ok(())
}

/// These databases again. The lists are two requests whatever is asked, so they are read whole.
pub async fn some(cx: &ReadContext, ids: &[ResourceId]) -> Result<(), Fault> {
    for (form, found) in read(&cx.session, &Scope::default(), Urgency::Now).await {
        let of_form = ids.iter().filter(|id| shape::form_of_arn(&id.0).0 == form);
        cx.emit_again(of_form.collect(), form.part().into(), found).await;
    }
    Ok(())
}

/// One database; `None` when it does not exist any more.
pub async fn one(session: &Session, id: &ResourceId) -> Result<Option<Database>, Fault> {
    let (form, name) = shape::form_of_arn(&id.0);
    let rds = client(session);
    if form == Form::Cluster {
        let request = rds.describe_db_clusters().db_cluster_identifier(name).send();
        let told = session.find(DESCRIBE_DB_CLUSTERS, Urgency::Now, request).await?;
        return Ok(told.and_then(|told| told.db_clusters().first().map(shape::cluster)));
    }
    let request = rds.describe_db_instances().db_instance_identifier(name).send();
    let told = session.find(DESCRIBE_DB_INSTANCES, Urgency::Now, request).await?;
    let Some(instance) = told.as_ref().and_then(|told| told.db_instances().first()) else { return Ok(None) };
    let writers = match instance.db_cluster_identifier() {
        Some(cluster) => writers_of(session, cluster).await,
        None => Writers::new(),
    };
    Ok(Some(shape::instance(instance, &writers)))
}

/// Who writes in a cluster; nobody is known where it cannot be read.
async fn writers_of(session: &Session, cluster: &str) -> Writers {
    let request = client(session).describe_db_clusters().db_cluster_identifier(cluster).send();
    match session.ask(DESCRIBE_DB_CLUSTERS, Urgency::Now, request).await {
        Ok(told) => told.db_clusters().iter().flat_map(|told| shape::writers(&shape::cluster(told))).collect(),
        Err(_) => Writers::new(),
    }
}

/// Instances with their status, for a plan that has to know who will be asked.
pub async fn statuses(session: &Session, scope: &Scope) -> Result<Vec<(Text, Text)>, Fault> {
    let found = instances(session, scope, &Writers::new(), Urgency::Now).await?;
    Ok(found.into_iter().map(|database| (database.name, database.status)).collect())
}
