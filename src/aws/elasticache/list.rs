//! All caches: three lists, each of which may fail without the others.

use super::client;
use super::shape;
use crate::aws::prelude::*;
use crate::aws::tags::{KnownTags, Tags, admits};
use crate::domain::cache::{Cache, Form};
use crate::domain::ops::elasticache::{
    DESCRIBE_CACHE_CLUSTERS, DESCRIBE_REPLICATION_GROUPS, DESCRIBE_SERVERLESS_CACHES, LIST_TAGS_FOR_RESOURCE,
};
use aws_sdk_elasticache::types as sdk;

/// The most of a page (API model).
const PAGE: i32 = 100;
const SERVERLESS_PAGE: i32 = 50;

/// The forms in the order in which they are told.
const FORMS: [Form; 3] = [Form::Group { sharded: false }, Form::Cluster, Form::Serverless];

type Found = Result<Vec<Cache>, Fault>;

async fn clusters(session: &Session, urgency: Urgency) -> Result<Vec<sdk::CacheCluster>, Fault> {
    items(ALL, |marker| async move {
        let request = client(session).describe_cache_clusters().show_cache_node_info(true);
        let request = request.max_records(PAGE).set_marker(marker).send();
        let page = session.ask(DESCRIBE_CACHE_CLUSTERS, urgency, request).await?;
        Ok((page.cache_clusters.unwrap_or_default(), page.marker))
    })
    .await
}

async fn groups(session: &Session, clusters: &[sdk::CacheCluster], urgency: Urgency) -> Found {
    items(ALL, |marker| async move {
        let request = client(session).describe_replication_groups().max_records(PAGE).set_marker(marker).send();
        let page = session.ask(DESCRIBE_REPLICATION_GROUPS, urgency, request).await?;
        Ok((page.replication_groups().iter().map(|group| shape::group(group, clusters)).collect(), page.marker))
    })
    .await
}

async fn serverless(session: &Session, urgency: Urgency) -> Found {
    items(ALL, |token| async move {
        let request = client(session).describe_serverless_caches();
        let request = request.max_results(SERVERLESS_PAGE).set_next_token(token).send();
        let page = session.ask(DESCRIBE_SERVERLESS_CACHES, urgency, request).await?;
        Ok((page.serverless_caches().iter().map(shape::serverless).collect(), page.next_token))
    })
    .await
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

/// Those of the scope; one whose tags AWS does not tell is left out, and said.
async fn admitted(cx: &ReadContext, found: Vec<Cache>) -> Found {
    let (scope, mut admitted) = (cx.scope(), Vec::new());
    for cache in found.into_iter().filter(|cache| scope.admits_name(&cache.name)) {
        if scope.tags.is_empty() {
            admitted.push(cache);
            continue;
        }
        match tags(&cx.session, &cache).await {
            Ok(tags) if admits(scope, &tags) => admitted.push(cache),
            Ok(_) => {}
            Err(fault) if is_of_its_state(&fault) => cx.fail(of_cache(fault, &cache)).await,
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
async fn tags(session: &Session, cache: &Cache) -> Result<Tags, Fault> {
    let all = session.state::<KnownTags>();
    let known = match all.get(&cache.id) {
        Some((tags, true)) => return Ok(tags),
        known => known,
    };
    let request = client(session).list_tags_for_resource().resource_name(cache.id.0.as_str()).send();
    match session.ask(LIST_TAGS_FOR_RESOURCE, Urgency::Sweep, request).await {
        Ok(told) => Ok(all.put(&cache.id, told.tag_list().iter().map(|tag| (tag.key(), tag.value())))),
        Err(fault) if is_of_its_state(&fault) => known.map(|(tags, _)| tags).ok_or(fault),
        Err(fault) => Err(fault),
    }
}

/// Every cache of the scope.
pub async fn all(cx: &ReadContext) -> Result<(), Fault> {
    cx.emit_listing(ListingPiece::Parts(FORMS.map(|form| form.part().into()).to_vec())).await;
    for (form, found) in FORMS.into_iter().zip(read(&cx.session, Urgency::Sweep).await) {
        let part = form.part().into();
        let found = match found {
            Ok(found) => admitted(cx, found).await,
            Err(fault) => Err(fault),
        };
        cx.emit_part(part, found).await;
    }
    Ok(())
}

/// These caches again. The lists are three requests whatever is asked, so they are read whole.
pub async fn some(cx: &ReadContext, ids: &[ResourceId]) -> Result<(), Fault> {
    for (form, found) in FORMS.into_iter().zip(read(&cx.session, Urgency::Now).await) {
        let of_form = |id: &&ResourceId| shape::form_of_arn(&id.0).0.part() == form.part();
        cx.emit_again(ids.iter().filter(of_form).collect(), form.part().into(), found).await;
    }
    Ok(())
}

/// One cache; `None` when it does not exist any more.
pub async fn one(session: &Session, id: &ResourceId) -> Result<Option<Cache>, Fault> {
    let (form, name) = shape::form_of_arn(&id.0);
    let (client, now) = (client(session), Urgency::Now);
    Ok(match form {
        Form::Group { .. } => {
            let request = client.describe_replication_groups().replication_group_id(name).send();
            let told = session.find(DESCRIBE_REPLICATION_GROUPS, now, request).await?;
            let Some(group) = told.as_ref().and_then(|told| told.replication_groups().first()) else {
                return Ok(None);
            };
            // Only the members tell version and parameters; without them it goes too.
            let clusters = clusters(session, now).await.unwrap_or_default();
            Some(shape::group(group, &clusters))
        }
        Form::Cluster => {
            let request = client.describe_cache_clusters().cache_cluster_id(name).show_cache_node_info(true).send();
            let told = session.find(DESCRIBE_CACHE_CLUSTERS, now, request).await?;
            told.and_then(|told| told.cache_clusters().first().map(shape::cluster))
        }
        Form::Serverless => {
            let request = client.describe_serverless_caches().serverless_cache_name(name).send();
            let told = session.find(DESCRIBE_SERVERLESS_CACHES, now, request).await?;
            told.and_then(|told| told.serverless_caches().first().map(shape::serverless))
        }
    })
}
