//! One cache in depth: for its detail view, for the plan of a snapshot, and for the watch after it.

use std::cmp::Reverse;
use std::sync::Arc;

use aws_sdk_elasticache::types::SourceType;
use futures_util::future::join;

use super::list::one;
use super::shape;
use crate::aws::budget::Urgency;
use crate::aws::op::{DESCRIBE_CACHE_EVENTS, DESCRIBE_CACHE_SNAPSHOTS, DESCRIBE_SERVERLESS_CACHE_SNAPSHOTS};
use crate::aws::session::Session;
use crate::aws::tell::Teller;
use crate::domain::cache::{Cache, CacheDetail, CacheSnapshot, Form};
use crate::domain::event::Event;
use crate::domain::fault::Fault;
use crate::domain::query::Answer;
use crate::domain::resource::ResourceId;

/// The most of a page (API model), and pages read at most: nobody scrolls through more.
const PAGE: i32 = 50;
const PAGES: usize = 10;

/// Minutes: all that AWS keeps (14 days). Its default is the last hour alone.
const ALL_EVENTS: i32 = 14 * 24 * 60;

/// The detail view, and what a snapshot's plan or watch needs: they are the same.
pub async fn detail(session: &Session, id: &ResourceId, teller: &Teller) {
    let Some(cache) = found(session, id, teller).await else { return };
    let (snapshots, events) = join(snapshots(session, &cache), events(session, &cache)).await;
    teller.tell(Answer::Facts(Arc::new(CacheDetail { cache, snapshots, events }))).await;
}

/// The cache, or `None` after telling why there is none.
pub async fn found(session: &Session, id: &ResourceId, teller: &Teller) -> Option<Cache> {
    match one(session, id).await {
        Ok(Some(cache)) => return Some(cache),
        Ok(None) => teller.tell(Answer::Gone(vec![id.clone()])).await,
        Err(fault) => teller.fail(fault).await,
    }
    None
}

/// Its snapshots, newest first; one under way is the newest though it has no date yet.
pub async fn snapshots(session: &Session, cache: &Cache) -> Result<Vec<CacheSnapshot>, Fault> {
    if cache.is_memcached() {
        return Ok(Vec::new());
    }
    let client = &session.elasticache;
    let (mut found, mut next) = (Vec::new(), None);
    for _ in 0..PAGES {
        let marker;
        if cache.form == Form::Serverless {
            let request = client.describe_serverless_cache_snapshots().serverless_cache_name(cache.name.as_str());
            let request = request.max_results(PAGE).set_next_token(next).send();
            let page = session.ask(DESCRIBE_SERVERLESS_CACHE_SNAPSHOTS, Urgency::Now, request).await?;
            found.extend(page.serverless_cache_snapshots().iter().map(shape::serverless_snapshot));
            marker = page.next_token().map(str::to_string);
        } else {
            let request = client.describe_snapshots().max_records(PAGE).set_marker(next);
            let request = match cache.form {
                Form::Group { .. } => request.replication_group_id(cache.name.as_str()),
                _ => request.cache_cluster_id(cache.name.as_str()),
            };
            let page = session.ask(DESCRIBE_CACHE_SNAPSHOTS, Urgency::Now, request.send()).await?;
            found.extend(page.snapshots().iter().map(shape::snapshot));
            marker = page.marker().map(str::to_string);
        }
        next = marker.filter(|marker| !marker.is_empty());
        if next.is_none() {
            break;
        }
    }
    found.sort_by_key(|snapshot| Reverse((snapshot.created.is_none(), snapshot.created)));
    Ok(found)
}

/// What happened to it, newest first.
async fn events(session: &Session, cache: &Cache) -> Result<Vec<Event>, Fault> {
    let source = match cache.form {
        Form::Group { .. } => SourceType::ReplicationGroup,
        Form::Cluster => SourceType::CacheCluster,
        Form::Serverless => SourceType::ServerlessCache,
    };
    let (mut found, mut next) = (Vec::new(), None);
    for _ in 0..PAGES {
        let request = (session.elasticache.describe_events())
            .source_identifier(cache.name.as_str())
            .source_type(source.clone())
            .duration(ALL_EVENTS)
            .max_records(PAGE)
            .set_marker(next)
            .send();
        let page = session.ask(DESCRIBE_CACHE_EVENTS, Urgency::Now, request).await?;
        found.extend(page.events().iter().map(shape::event));
        next = page.marker().filter(|marker| !marker.is_empty()).map(str::to_string);
        if next.is_none() {
            break;
        }
    }
    found.sort_by_key(|event| Reverse(event.at));
    Ok(found)
}
