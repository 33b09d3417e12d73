//! All databases: two lists, each of which may fail without the other.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_rds::types::Tag;

use super::shape::{self, Writers};
use crate::aws::answer_sink::AnswerSink;
use crate::aws::budget::Urgency;
use crate::aws::session::Session;
use crate::domain::database::{Database, Form};
use crate::domain::environment::Scope;
use crate::domain::fault::Fault;
use crate::domain::ops::rds::{DESCRIBE_DB_CLUSTERS, DESCRIBE_DB_INSTANCES};
use crate::domain::query::Answer;
use crate::domain::resource::{Object, ResourceId};

/// The most of a page (API model).
const PAGE: i32 = 100;

/// What both lists told.
struct DatabaseLists {
    instances: Result<Vec<Database>, Fault>,
    clusters: Result<Vec<Database>, Fault>,
}

impl DatabaseLists {
    fn parts(self) -> [(Form, Result<Vec<Database>, Fault>); 2] {
        [(Form::Cluster, self.clusters), (Form::Instance, self.instances)]
    }
}

fn has_tags(scope: &Scope, tags: &[Tag]) -> bool {
    scope.admits_tags(tags.iter().map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default())))
}

/// Every cluster of the scope, and who writes in any cluster: a member may be in scope where its
/// cluster is not.
async fn clusters(session: &Session, scope: &Scope, urgency: Urgency) -> Result<(Vec<Database>, Writers), Fault> {
    let (mut found, mut writers, mut next) = (Vec::new(), Writers::new(), None);
    loop {
        let request = session.rds.describe_db_clusters().max_records(PAGE).set_marker(next).send();
        let page = session.ask(DESCRIBE_DB_CLUSTERS, urgency, request).await?;
        for told in page.db_clusters() {
            let cluster = shape::cluster(told);
            writers.extend(shape::writers(&cluster));
            if has_tags(scope, told.tag_list()) && scope.admits_name(&cluster.name) {
                found.push(cluster);
            }
        }
        next = page.marker().filter(|marker| !marker.is_empty()).map(str::to_string);
        if next.is_none() {
            return Ok((found, writers));
        }
    }
}

/// Every instance of the scope.
async fn instances(
    session: &Session,
    scope: &Scope,
    writers: &Writers,
    urgency: Urgency,
) -> Result<Vec<Database>, Fault> {
    let (mut found, mut next) = (Vec::new(), None);
    loop {
        let request = session.rds.describe_db_instances().max_records(PAGE).set_marker(next).send();
        let page = session.ask(DESCRIBE_DB_INSTANCES, urgency, request).await?;
        let here = page.db_instances().iter().filter(|instance| has_tags(scope, instance.tag_list()));
        let here = here.map(|told| shape::instance(told, writers));
        found.extend(here.filter(|database| scope.admits_name(&database.name)));
        next = page.marker().filter(|marker| !marker.is_empty()).map(str::to_string);
        if next.is_none() {
            return Ok(found);
        }
    }
}

async fn read(session: &Session, scope: &Scope, urgency: Urgency) -> DatabaseLists {
    let (clusters, writers) = match clusters(session, scope, urgency).await {
        Ok((clusters, writers)) => (Ok(clusters), writers),
        Err(fault) => (Err(fault), Writers::new()),
    };
    let instances = instances(session, scope, &writers, urgency).await;
    DatabaseLists { instances, clusters }
}

/// Every database of the scope.
pub async fn all(session: &Session, scope: &Scope, sink: &AnswerSink) {
    sink.emit(Answer::Parts([Form::Instance, Form::Cluster].map(|form| form.part().into()).to_vec())).await;
    for (form, told) in read(session, scope, Urgency::Sweep).await.parts() {
        let part = form.part().into();
        match told {
            Err(fault) => sink.emit(Answer::PartFailed { part, fault }).await,
            Ok(found) => {
                let ids = found.iter().map(|database| database.id.clone()).collect();
                sink.emit(Answer::Roster { part, ids }).await;
                sink.emit(Answer::Items(found.into_iter().map(|d| Arc::new(d) as Object).collect())).await;
            }
        }
    }
}

/// These databases again. The lists are two requests whatever is asked, so they are read whole.
pub async fn some(session: &Session, ids: &[ResourceId], sink: &AnswerSink) {
    for (form, told) in read(session, &Scope::default(), Urgency::Now).await.parts() {
        let wanted: BTreeSet<&ResourceId> = ids.iter().filter(|id| shape::form_of_arn(&id.0).0 == form).collect();
        if wanted.is_empty() {
            continue;
        }
        match told {
            Err(fault) => sink.emit(Answer::PartFailed { part: form.part().into(), fault }).await,
            Ok(found) => {
                let found: Vec<Database> = found.into_iter().filter(|d| wanted.contains(&d.id)).collect();
                let gone =
                    wanted.into_iter().filter(|id| !found.iter().any(|d| d.id == **id)).cloned().collect::<Vec<_>>();
                if !found.is_empty() {
                    sink.emit(Answer::Items(found.into_iter().map(|d| Arc::new(d) as Object).collect())).await;
                }
                if !gone.is_empty() {
                    sink.emit(Answer::Gone(gone)).await;
                }
            }
        }
    }
}

/// One database; `None` when it does not exist any more.
pub async fn one(session: &Session, id: &ResourceId) -> Result<Option<Database>, Fault> {
    let (form, name) = shape::form_of_arn(&id.0);
    let found = match form {
        Form::Cluster => {
            let request = session.rds.describe_db_clusters().db_cluster_identifier(name).send();
            let told = session.ask(DESCRIBE_DB_CLUSTERS, Urgency::Now, request).await;
            told.map(|told| told.db_clusters().first().map(shape::cluster))
        }
        Form::Instance => {
            let request = session.rds.describe_db_instances().db_instance_identifier(name).send();
            match session.ask(DESCRIBE_DB_INSTANCES, Urgency::Now, request).await {
                Err(fault) => Err(fault),
                Ok(told) => match told.db_instances().first() {
                    None => Ok(None),
                    Some(instance) => {
                        let writers = match instance.db_cluster_identifier() {
                            Some(cluster) => writers_of(session, cluster).await,
                            None => Writers::new(),
                        };
                        Ok(Some(shape::instance(instance, &writers)))
                    }
                },
            }
        }
    };
    match found {
        Err(fault) if fault.kind == crate::domain::fault::FaultKind::NotFound => Ok(None),
        other => other,
    }
}

/// Who writes in a cluster; nobody is known where it cannot be read.
async fn writers_of(session: &Session, cluster: &str) -> Writers {
    let request = session.rds.describe_db_clusters().db_cluster_identifier(cluster).send();
    match session.ask(DESCRIBE_DB_CLUSTERS, Urgency::Now, request).await {
        Ok(told) => told.db_clusters().iter().flat_map(|told| shape::writers(&shape::cluster(told))).collect(),
        Err(_) => Writers::new(),
    }
}

/// Instances with their status, for a plan that has to know who will be asked.
pub async fn statuses(
    session: &Session,
    scope: &Scope,
) -> Result<Vec<(crate::domain::text::Text, crate::domain::text::Text)>, Fault> {
    let found = instances(session, scope, &Writers::new(), Urgency::Now).await?;
    Ok(found.into_iter().map(|database| (database.name, database.status)).collect())
}
