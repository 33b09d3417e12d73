//! One cache in depth: for its detail view, for the plan of a snapshot, and for the watch after it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use aws_sdk_elasticache::types::{self as sdk, SourceType, User, UserGroup};
use futures_util::future::{join3, try_join_all};

use super::client;
use super::list::one;
use super::shape;
use crate::aws::events::{self as all_events, Between};
use crate::aws::prelude::*;
use crate::aws::shape::date;
use crate::domain::cache::{Auth, Cache, CacheDetail, CacheSnapshot, CacheUser, Form};
use crate::domain::event::Event;
use crate::domain::ops::elasticache::{
    DESCRIBE_EVENTS, DESCRIBE_SERVERLESS_CACHE_SNAPSHOTS, DESCRIBE_SNAPSHOTS, DESCRIBE_USER_GROUPS, DESCRIBE_USERS,
};
use crate::kinds::caches::EVENTS;

/// The most of a page of snapshots and of events (API model), and pages read at most: nobody scrolls
/// through more.
const PAGE: i32 = 50;
const PAGE_OF_EVENTS: i32 = 100;
const PAGES: usize = 10;

/// Minutes: all that AWS keeps (14 days). Its default is the last hour alone.
const ALL_EVENTS: i32 = 14 * 24 * 60;

/// The detail view, and what a snapshot's plan or watch needs: they are the same.
pub async fn detail(cx: &ReadContext, id: &ResourceId) -> Result<Option<Facts>, Fault> {
    let session = &cx.session;
    let Some(cache) = one(session, id).await? else { return Ok(None) };
    let (snapshots, events, users) =
        join3(snapshots(session, &cache), events(session, &cache), users(session, &cache)).await;
    Ok(Some(Arc::new(CacheDetail { cache, users, snapshots, events })))
}

/// Its users with how each proves who it is. Only the groups tell whose users they are, and both
/// lists are read whole: two requests, where AWS would take one a group and one a user.
async fn users(session: &Session, cache: &Cache) -> Result<Vec<CacheUser>, Fault> {
    if cache.auth != Auth::Users {
        return Ok(Vec::new());
    }
    let ids = items(PAGES, |marker| async move {
        let request = client(session).describe_user_groups().max_records(PAGE).set_marker(marker).send();
        let page = session.ask(DESCRIBE_USER_GROUPS, Urgency::Now, request).await?;
        let of_cache = |group: &&UserGroup| {
            let caches =
                if cache.form == Form::Serverless { group.serverless_caches() } else { group.replication_groups() };
            caches.iter().any(|name| *cache.name == **name)
        };
        let ids = page.user_groups().iter().filter(of_cache).flat_map(|group| group.user_ids().to_vec()).collect();
        Ok((ids, page.marker))
    })
    .await?;
    let ids: &[String] = &ids;
    items(PAGES, |marker| async move {
        let request = client(session).describe_users().max_records(PAGE).set_marker(marker).send();
        let page = session.ask(DESCRIBE_USERS, Urgency::Now, request).await?;
        let own = |user: &&User| user.user_id().is_some_and(|id| ids.iter().any(|own| own == id));
        Ok((page.users().iter().filter(own).map(shape::user).collect(), page.marker))
    })
    .await
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
    let told = pages(PAGES, |marker| async move {
        let request = client(session).describe_snapshots().max_records(PAGE).set_marker(marker);
        let request = match source {
            Source::Group(name) => request.replication_group_id(name),
            Source::Cluster(name) => request.cache_cluster_id(name),
        };
        let page = session.ask(DESCRIBE_SNAPSHOTS, Urgency::Now, request.send()).await?;
        Ok((page.snapshots().iter().map(shape::snapshot).collect(), page.marker))
    });
    match told.await {
        // NotFound: a member that was taken away since its group was read.
        Pages { end: End::Failed(fault), .. } if fault.kind != FaultKind::NotFound => Err(fault),
        Pages { items, .. } => Ok(items),
    }
}

async fn of_serverless(session: &Session, cache: &str) -> Result<Vec<CacheSnapshot>, Fault> {
    items(PAGES, |token| async move {
        let request = client(session).describe_serverless_cache_snapshots().serverless_cache_name(cache);
        let request = request.max_results(PAGE).set_next_token(token).send();
        let page = session.ask(DESCRIBE_SERVERLESS_CACHE_SNAPSHOTS, Urgency::Now, request).await?;
        Ok((page.serverless_cache_snapshots().iter().map(shape::serverless_snapshot).collect(), page.next_token))
    })
    .await
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
    let (of, source, is_of) = (&of, &source, &is_of);
    let mut found = items(PAGES, |marker| async move {
        let request = (client(session).describe_events())
            .set_source_type(of.clone())
            .set_source_identifier(source.clone())
            .duration(ALL_EVENTS)
            .max_records(PAGE_OF_EVENTS)
            .set_marker(marker)
            .send();
        let page = session.ask(DESCRIBE_EVENTS, Urgency::Now, request).await?;
        Ok((page.events().iter().filter(is_of).map(shape::event).collect(), page.marker))
    })
    .await?;
    found.sort_by_key(|event| Reverse(event.at));
    Ok(found)
}

/// What happened to all of them in a stretch of time: the newest hours of it.
pub async fn events_of_all(cx: &ReadContext, asked: TimeRange) -> Result<Events, Fault> {
    let session = &cx.session;
    let page = async |(begin, end, next): Between| {
        let request = client(session).describe_events().start_time(date(begin)).end_time(date(end));
        let request = request.max_records(PAGE_OF_EVENTS).set_marker(next).send();
        let page = session.ask(DESCRIBE_EVENTS, Urgency::Now, request).await?;
        Ok((page.events().iter().map(shape::event).collect(), page.marker))
    };
    all_events::newest((EVENTS, DESCRIBE_EVENTS), asked, page).await
}
