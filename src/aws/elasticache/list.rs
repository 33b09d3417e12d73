//! All caches: three lists, each of which may fail without the others.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_sdk_elasticache::types as sdk;

use super::shape;
use crate::aws::answer_sink::AnswerSink;
use crate::aws::budget::Urgency;
use crate::aws::session::Session;
use crate::domain::cache::{Cache, Form};
use crate::domain::environment::Scope;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::ops::elasticache::{
    DESCRIBE_CACHE_CLUSTERS, DESCRIBE_REPLICATION_GROUPS, DESCRIBE_SERVERLESS_CACHES, LIST_TAGS_FOR_RESOURCE,
};
use crate::domain::query::Answer;
use crate::domain::resource::{Object, ResourceId};

/// The most of a page (API model).
const PAGE: i32 = 100;
const SERVERLESS_PAGE: i32 = 50;

/// The forms in the order in which they are told.
const FORMS: [Form; 3] = [Form::Group { sharded: false }, Form::Cluster, Form::Serverless];

type Found = Result<Vec<Cache>, Fault>;

async fn clusters(session: &Session, urgency: Urgency) -> Result<Vec<sdk::CacheCluster>, Fault> {
    let (mut found, mut next) = (Vec::new(), None);
    loop {
        let request = session.elasticache.describe_cache_clusters().show_cache_node_info(true);
        let request = request.max_records(PAGE).set_marker(next).send();
        let page = session.ask(DESCRIBE_CACHE_CLUSTERS, urgency, request).await?;
        found.extend(page.cache_clusters().iter().cloned());
        next = page.marker().filter(|marker| !marker.is_empty()).map(str::to_string);
        if next.is_none() {
            return Ok(found);
        }
    }
}

async fn groups(session: &Session, clusters: &[sdk::CacheCluster], urgency: Urgency) -> Found {
    let (mut found, mut next) = (Vec::new(), None);
    loop {
        let request = session.elasticache.describe_replication_groups().max_records(PAGE).set_marker(next).send();
        let page = session.ask(DESCRIBE_REPLICATION_GROUPS, urgency, request).await?;
        found.extend(page.replication_groups().iter().map(|group| shape::group(group, clusters)));
        next = page.marker().filter(|marker| !marker.is_empty()).map(str::to_string);
        if next.is_none() {
            return Ok(found);
        }
    }
}

async fn serverless(session: &Session, urgency: Urgency) -> Found {
    let (mut found, mut next) = (Vec::new(), None);
    loop {
        let request = session.elasticache.describe_serverless_caches();
        let request = request.max_results(SERVERLESS_PAGE).set_next_token(next).send();
        let page = session.ask(DESCRIBE_SERVERLESS_CACHES, urgency, request).await?;
        found.extend(page.serverless_caches().iter().map(shape::serverless));
        next = page.next_token().filter(|token| !token.is_empty()).map(str::to_string);
        if next.is_none() {
            return Ok(found);
        }
    }
}

/// What the three lists told, by form.
async fn read(session: &Session, urgency: Urgency) -> [Found; 3] {
    let clusters = clusters(session, urgency).await;
    // Without its members a group still tells most of itself.
    let members = clusters.as_deref().unwrap_or_default();
    let groups = groups(session, members, urgency).await;
    let alone = clusters.map(|clusters| {
        clusters.iter().filter(|cluster| cluster.replication_group_id().is_none()).map(shape::cluster).collect()
    });
    [groups, alone, serverless(session, urgency).await]
}

/// Tags change seldom, and each cache's are a request of their own: for so long they are not asked
/// again. Credentials read anew (R) forget them.
const TAGS_HOLD: Duration = Duration::from_secs(600);

/// A cache's tags, and when AWS told them.
type CachedTags = (Instant, Vec<(String, String)>);

/// The tags that were told last, by cache: AWS tells none of a cache that is not available.
#[derive(Debug, Default)]
pub struct Tags(Mutex<HashMap<ResourceId, CachedTags>>);

impl Tags {
    fn get(&self, id: &ResourceId) -> Option<CachedTags> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn put(&self, id: ResourceId, tags: Vec<(String, String)>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, (Instant::now(), tags));
    }
}

/// Those of the scope; one whose tags AWS does not tell is left out, and said.
async fn admitted(session: &Session, scope: &Scope, found: Vec<Cache>, sink: &AnswerSink) -> Found {
    let mut admitted = Vec::new();
    for cache in found.into_iter().filter(|cache| scope.admits_name(&cache.name)) {
        if scope.tags.is_empty() {
            admitted.push(cache);
            continue;
        }
        match tags(session, &cache).await {
            Ok(tags) if scope.admits_tags(tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))) => {
                admitted.push(cache);
            }
            Ok(_) => {}
            Err(fault) if is_of_its_state(&fault) => sink.fail(of_cache(fault, &cache)).await,
            Err(fault) => return Err(fault),
        }
    }
    Ok(admitted)
}

/// Of this cache alone: it is not available, or gone since it was listed. "If the cluster is not in
/// the available state, ListTagsForResource returns an error" (API model), and which depends on what
/// it is.
fn is_of_its_state(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Invalid | FaultKind::NotFound)
}

fn of_cache(mut fault: Fault, cache: &Cache) -> Fault {
    fault.message = format!("tags of {}, {}: {}", cache.name, cache.status, fault.message).into();
    fault
}

/// The lists tell no tags: one request each.
async fn tags(session: &Session, cache: &Cache) -> Result<Vec<(String, String)>, Fault> {
    let known = session.cache_tags.get(&cache.id);
    if let Some((at, tags)) = &known
        && at.elapsed() < TAGS_HOLD
    {
        return Ok(tags.clone());
    }
    let request = session.elasticache.list_tags_for_resource().resource_name(cache.id.0.as_str()).send();
    match session.ask(LIST_TAGS_FOR_RESOURCE, Urgency::Sweep, request).await {
        Ok(told) => {
            let text = |value: Option<&str>| value.unwrap_or_default().to_string();
            let tags: Vec<_> = told.tag_list().iter().map(|tag| (text(tag.key()), text(tag.value()))).collect();
            session.cache_tags.put(cache.id.clone(), tags.clone());
            Ok(tags)
        }
        Err(fault) if is_of_its_state(&fault) => known.map(|(_, tags)| tags).ok_or(fault),
        Err(fault) => Err(fault),
    }
}

/// Every cache of the scope.
pub async fn all(session: &Session, scope: &Scope, sink: &AnswerSink) {
    sink.emit(Answer::Parts(FORMS.map(|form| form.part().into()).to_vec())).await;
    for (form, found) in FORMS.into_iter().zip(read(session, Urgency::Sweep).await) {
        let part = form.part().into();
        let found = match found {
            Ok(found) => admitted(session, scope, found, sink).await,
            Err(fault) => Err(fault),
        };
        match found {
            Err(fault) => sink.emit(Answer::PartFailed { part, fault }).await,
            Ok(found) => {
                let ids = found.iter().map(|cache| cache.id.clone()).collect();
                sink.emit(Answer::Roster { part, ids }).await;
                sink.emit(Answer::Items(found.into_iter().map(|cache| Arc::new(cache) as Object).collect())).await;
            }
        }
    }
}

/// These caches again. The lists are three requests whatever is asked, so they are read whole.
pub async fn some(session: &Session, ids: &[ResourceId], sink: &AnswerSink) {
    for (form, found) in FORMS.into_iter().zip(read(session, Urgency::Now).await) {
        let of_form = |id: &&ResourceId| shape::form_of_arn(&id.0).0.part() == form.part();
        let wanted: BTreeSet<&ResourceId> = ids.iter().filter(of_form).collect();
        if wanted.is_empty() {
            continue;
        }
        match found {
            Err(fault) => sink.emit(Answer::PartFailed { part: form.part().into(), fault }).await,
            Ok(found) => {
                let found: Vec<Cache> = found.into_iter().filter(|cache| wanted.contains(&cache.id)).collect();
                let missing = |id: &&ResourceId| !found.iter().any(|cache| cache.id == **id);
                let gone: Vec<ResourceId> = wanted.into_iter().filter(missing).cloned().collect();
                if !found.is_empty() {
                    sink.emit(Answer::Items(found.into_iter().map(|c| Arc::new(c) as Object).collect())).await;
                }
                if !gone.is_empty() {
                    sink.emit(Answer::Gone(gone)).await;
                }
            }
        }
    }
}

/// One cache; `None` when it does not exist any more.
pub async fn one(session: &Session, id: &ResourceId) -> Result<Option<Cache>, Fault> {
    let (form, name) = shape::form_of_arn(&id.0);
    let client = &session.elasticache;
    let found = match form {
        Form::Group { .. } => {
            let request = client.describe_replication_groups().replication_group_id(name).send();
            match session.ask(DESCRIBE_REPLICATION_GROUPS, Urgency::Now, request).await {
                Err(fault) => Err(fault),
                Ok(told) => match told.replication_groups().first() {
                    None => Ok(None),
                    Some(group) => {
                        // Only the members tell version and parameters; without them it goes too.
                        let clusters = clusters(session, Urgency::Now).await.unwrap_or_default();
                        Ok(Some(shape::group(group, &clusters)))
                    }
                },
            }
        }
        Form::Cluster => {
            let request = client.describe_cache_clusters().cache_cluster_id(name).show_cache_node_info(true).send();
            let told = session.ask(DESCRIBE_CACHE_CLUSTERS, Urgency::Now, request).await;
            told.map(|told| told.cache_clusters().first().map(shape::cluster))
        }
        Form::Serverless => {
            let request = client.describe_serverless_caches().serverless_cache_name(name).send();
            let told = session.ask(DESCRIBE_SERVERLESS_CACHES, Urgency::Now, request).await;
            told.map(|told| told.serverless_caches().first().map(shape::serverless))
        }
    };
    match found {
        Err(fault) if fault.kind == FaultKind::NotFound => Ok(None),
        other => other,
    }
}
