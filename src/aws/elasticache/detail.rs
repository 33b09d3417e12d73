//! One cache in depth: for its detail view, for the plan of a snapshot, and for the watch after it.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_elasticache::types::{self as sdk, SourceType, User, UserGroup};
use futures_util::future::{join3, try_join_all};

use super::list::one;
use super::shape;
use crate::aws::answer_sink::AnswerSink;
use crate::aws::budget::Urgency;
use crate::aws::session::Session;
use crate::domain::cache::{Auth, Cache, CacheDetail, CacheSnapshot, CacheUser, Form};
use crate::domain::event::Event;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::ops::elasticache::{
    DESCRIBE_EVENTS, DESCRIBE_SERVERLESS_CACHE_SNAPSHOTS, DESCRIBE_SNAPSHOTS, DESCRIBE_USER_GROUPS, DESCRIBE_USERS,
};
use crate::domain::query::Answer;
use crate::domain::resource::ResourceId;

/// The most of a page of snapshots and of events (API model), and pages read at most: nobody scrolls
/// through more.
const PAGE: i32 = 50;
const PAGE_OF_EVENTS: i32 = 100;
const PAGES: usize = 10;

/// Minutes: all that AWS keeps (14 days). Its default is the last hour alone.
const ALL_EVENTS: i32 = 14 * 24 * 60;

/// The detail view, and what a snapshot's plan or watch needs: they are the same.
pub async fn detail(session: &Session, id: &ResourceId, sink: &AnswerSink) {
    let Some(cache) = found(session, id, sink).await else { return };
    let (snapshots, events, users) =
        join3(snapshots(session, &cache), events(session, &cache), users(session, &cache)).await;
    sink.emit(Answer::Facts(Arc::new(CacheDetail { cache, users, snapshots, events }))).await;
}

/// Its users with how each proves who it is. Only the groups tell whose users they are, and both
/// lists are read whole: two requests, where AWS would take one a group and one a user.
async fn users(session: &Session, cache: &Cache) -> Result<Vec<CacheUser>, Fault> {
    if cache.auth != Auth::Users {
        return Ok(Vec::new());
    }
    let (mut ids, mut next) = (Vec::new(), None);
    for _ in 0..PAGES {
        let request = session.elasticache.describe_user_groups().max_records(PAGE).set_marker(next).send();
        let page = session.ask(DESCRIBE_USER_GROUPS, Urgency::Now, request).await?;
        let of_cache = |group: &&UserGroup| {
            let caches =
                if cache.form == Form::Serverless { group.serverless_caches() } else { group.replication_groups() };
            caches.iter().any(|name| *cache.name == **name)
        };
        ids.extend(page.user_groups().iter().filter(of_cache).flat_map(|group| group.user_ids().to_vec()));
        next = page.marker().filter(|marker| !marker.is_empty()).map(str::to_string);
        if next.is_none() {
            break;
        }
    }
    let (mut users, mut next) = (Vec::new(), None);
    for _ in 0..PAGES {
        let request = session.elasticache.describe_users().max_records(PAGE).set_marker(next).send();
        let page = session.ask(DESCRIBE_USERS, Urgency::Now, request).await?;
        let own = |user: &&User| user.user_id().is_some_and(|id| ids.iter().any(|own| own == id));
        users.extend(page.users().iter().filter(own).map(shape::user));
        next = page.marker().filter(|marker| !marker.is_empty()).map(str::to_string);
        if next.is_none() {
            break;
        }
    }
    Ok(users)
}

/// The cache, or `None` after telling why there is none.
pub async fn found(session: &Session, id: &ResourceId, sink: &AnswerSink) -> Option<Cache> {
    match one(session, id).await {
        Ok(Some(cache)) => return Some(cache),
        Ok(None) => sink.emit(Answer::Gone(vec![id.clone()])).await,
        Err(fault) => sink.fail(fault).await,
    }
    None
}

/// Its snapshots, newest first; one under way is the newest though it has no date yet.
pub async fn snapshots(session: &Session, cache: &Cache) -> Result<Vec<CacheSnapshot>, Fault> {
    let mut found = match cache.form {
        Form::Serverless => of_serverless(session, &cache.name).await?,
        _ if cache.is_memcached() => Vec::new(),
        Form::Cluster => of_source(session, Source::Cluster(&cache.name)).await?,
        Form::Group { sharded: true } => of_source(session, Source::Group(&cache.name)).await?,
        // AWS takes those of a group of one shard from one of its members ("Cannot snapshot a
        // replication group with cluster-mode disabled"), and tells them by that member.
        Form::Group { sharded: false } => {
            let members = cache.nodes.iter().map(|node| of_source(session, Source::Cluster(&node.name)));
            try_join_all(members).await?.into_iter().flatten().collect()
        }
    };
    found.sort_by_key(|snapshot| Reverse((snapshot.created.is_none(), snapshot.created)));
    Ok(found)
}

/// Of what a snapshot was taken.
#[derive(Clone, Copy)]
enum Source<'a> {
    Group(&'a str),
    Cluster(&'a str),
}

async fn of_source(session: &Session, source: Source<'_>) -> Result<Vec<CacheSnapshot>, Fault> {
    let (mut found, mut next) = (Vec::new(), None);
    for _ in 0..PAGES {
        let request = session.elasticache.describe_snapshots().max_records(PAGE).set_marker(next);
        let request = match source {
            Source::Group(name) => request.replication_group_id(name),
            Source::Cluster(name) => request.cache_cluster_id(name),
        };
        let page = match session.ask(DESCRIBE_SNAPSHOTS, Urgency::Now, request.send()).await {
            // A member that was taken away since its group was read.
            Err(fault) if fault.kind == FaultKind::NotFound => break,
            page => page?,
        };
        found.extend(page.snapshots().iter().map(shape::snapshot));
        next = page.marker().filter(|marker| !marker.is_empty()).map(str::to_string);
        if next.is_none() {
            break;
        }
    }
    Ok(found)
}

async fn of_serverless(session: &Session, cache: &str) -> Result<Vec<CacheSnapshot>, Fault> {
    let (mut found, mut next) = (Vec::new(), None);
    for _ in 0..PAGES {
        let request = session.elasticache.describe_serverless_cache_snapshots().serverless_cache_name(cache);
        let request = request.max_results(PAGE).set_next_token(next).send();
        let page = session.ask(DESCRIBE_SERVERLESS_CACHE_SNAPSHOTS, Urgency::Now, request).await?;
        found.extend(page.serverless_cache_snapshots().iter().map(shape::serverless_snapshot));
        next = page.next_token().filter(|token| !token.is_empty()).map(str::to_string);
        if next.is_none() {
            break;
        }
    }
    Ok(found)
}

/// What happened to it, newest first. A group's members have events of their own, among them how
/// their snapshots ended.
async fn events(session: &Session, cache: &Cache) -> Result<Vec<Event>, Fault> {
    // One request for all sources: a group can have hundreds of members.
    let (of, source) = match cache.form {
        Form::Group { .. } => (None, None),
        Form::Cluster => (Some(SourceType::CacheCluster), Some(cache.name.to_string())),
        Form::Serverless => (Some(SourceType::ServerlessCache), Some(cache.name.to_string())),
    };
    let members: BTreeSet<&str> = cache.nodes.iter().map(|node| node.name.as_str()).collect();
    let is_of = |event: &&sdk::Event| match (event.source_type(), event.source_identifier()) {
        _ if source.is_some() => true,
        (Some(SourceType::ReplicationGroup), Some(id)) => *id == *cache.name,
        (Some(SourceType::CacheCluster), Some(id)) => members.contains(id),
        _ => false,
    };
    let (mut found, mut next) = (Vec::new(), None);
    for _ in 0..PAGES {
        let request = (session.elasticache.describe_events())
            .set_source_type(of.clone())
            .set_source_identifier(source.clone())
            .duration(ALL_EVENTS)
            .max_records(PAGE_OF_EVENTS)
            .set_marker(next)
            .send();
        let page = session.ask(DESCRIBE_EVENTS, Urgency::Now, request).await?;
        found.extend(page.events().iter().filter(is_of).map(shape::event));
        next = page.marker().filter(|marker| !marker.is_empty()).map(str::to_string);
        if next.is_none() {
            break;
        }
    }
    found.sort_by_key(|event| Reverse(event.at));
    Ok(found)
}
