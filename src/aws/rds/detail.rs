//! One database in depth: for its detail view, for a plan, and for the watch after it.

use std::cmp::Reverse;

use aws_sdk_rds::types::SourceType;
use futures_util::future::{join, join3};

use super::client;
use super::list::one;
use super::shape;
use crate::aws::events::{self as all_events, Between};
use crate::aws::prelude::*;
use crate::aws::shape::date;
use crate::domain::database::{Database, DatabaseDetail, DatabaseFacts, Form, Maintenance, Snapshot};
use crate::domain::event::Event;
use crate::domain::ops::rds::{
    DESCRIBE_DB_CLUSTER_SNAPSHOTS, DESCRIBE_DB_SNAPSHOTS, DESCRIBE_EVENTS, DESCRIBE_PENDING_MAINTENANCE_ACTIONS,
};
use crate::kinds::databases::EVENTS;

/// The most of a page (API model).
const PAGE: i32 = 100;
/// Pages read at most: nobody scrolls through more.
const PAGES: usize = 10;

/// Minutes: all that AWS keeps (14 days). Its default is the last hour alone.
const ALL_EVENTS: i32 = 14 * 24 * 60;
/// Minutes that a plan and a watch look back.
const LATE_EVENTS: i32 = 60;

/// The detail view.
pub async fn detail(cx: &ReadContext, id: &ResourceId) -> Result<Option<Facts>, Fault> {
    let session = &cx.session;
    let Some(database) = one(session, id).await? else { return Ok(None) };
    let (snapshots, events, maintenance) = join3(
        snapshots(session, &database, None),
        events(session, &database, ALL_EVENTS),
        maintenance(session, &database),
    )
    .await;
    Ok(Some(Arc::new(DatabaseDetail { database, snapshots, events, maintenance })))
}

/// What a plan or a watch needs.
pub async fn facts(cx: &ReadContext, id: &ResourceId) -> Result<Option<Facts>, Fault> {
    let session = &cx.session;
    let Some(database) = one(session, id).await? else { return Ok(None) };
    let (snapshots, events) =
        join(snapshots(session, &database, Some("manual")), events(session, &database, LATE_EVENTS)).await;
    Ok(Some(Arc::new(DatabaseFacts { database, snapshots, events })))
}

/// Its snapshots, newest first; one under way is the newest though it has no date yet.
async fn snapshots(session: &Session, database: &Database, kind: Option<&str>) -> Result<Vec<Snapshot>, Fault> {
    let mut found = items(PAGES, |marker| async move {
        let (rds, name, kind) = (client(session), database.name.as_str(), kind.map(str::to_string));
        Ok(match database.form {
            Form::Instance => {
                let request = rds.describe_db_snapshots().db_instance_identifier(name);
                let request = request.set_snapshot_type(kind).max_records(PAGE).set_marker(marker).send();
                let page = session.ask(DESCRIBE_DB_SNAPSHOTS, Urgency::Now, request).await?;
                (page.db_snapshots().iter().map(shape::snapshot).collect(), page.marker)
            }
            Form::Cluster => {
                let request = rds.describe_db_cluster_snapshots().db_cluster_identifier(name);
                let request = request.set_snapshot_type(kind).max_records(PAGE).set_marker(marker).send();
                let page = session.ask(DESCRIBE_DB_CLUSTER_SNAPSHOTS, Urgency::Now, request).await?;
                (page.db_cluster_snapshots().iter().map(shape::cluster_snapshot).collect(), page.marker)
            }
        })
    })
    .await?;
    found.sort_by_key(|snapshot| Reverse((snapshot.created.is_none(), snapshot.created)));
    Ok(found)
}

/// What happened to it in so many minutes, newest first.
async fn events(session: &Session, database: &Database, minutes: i32) -> Result<Vec<Event>, Fault> {
    let (mut found, whole) = pages_of_events(session, database, minutes).await?;
    if !whole && minutes > LATE_EVENTS {
        // AWS tells the oldest first: what is missing is what just happened.
        let newest = found.iter().filter_map(|event| event.at).max();
        let (late, _) = pages_of_events(session, database, LATE_EVENTS).await?;
        found.extend(late.into_iter().filter(|event| event.at > newest));
    }
    found.sort_by_key(|event| Reverse(event.at));
    Ok(found)
}

/// As many pages as are read at most, and whether those were all.
async fn pages_of_events(session: &Session, database: &Database, minutes: i32) -> Result<(Vec<Event>, bool), Fault> {
    let source = match database.form {
        Form::Instance => SourceType::DbInstance,
        Form::Cluster => SourceType::DbCluster,
    };
    let source = &source;
    let told = pages(PAGES, |marker| async move {
        let request = (client(session).describe_events())
            .source_identifier(database.name.as_str())
            .source_type(source.clone())
            .duration(minutes)
            .max_records(PAGE)
            .set_marker(marker)
            .send();
        let page = session.ask(DESCRIBE_EVENTS, Urgency::Now, request).await?;
        Ok((page.events().iter().map(shape::event).collect(), page.marker))
    });
    match told.await {
        Pages { end: End::Failed(fault), .. } => Err(fault),
        Pages { items, end, .. } => Ok((items, end == End::Whole)),
    }
}

async fn maintenance(session: &Session, database: &Database) -> Result<Vec<Maintenance>, Fault> {
    let request =
        client(session).describe_pending_maintenance_actions().resource_identifier(database.id.0.as_str()).send();
    let told = session.ask(DESCRIBE_PENDING_MAINTENANCE_ACTIONS, Urgency::Now, request).await?;
    let actions = told.pending_maintenance_actions().iter().flat_map(|of| of.pending_maintenance_action_details());
    Ok(actions.map(shape::maintenance).collect())
}

/// What happened to all of them in a stretch of time: the newest hours of it.
pub async fn events_of_all(cx: &ReadContext, asked: TimeRange) -> Result<Events, Fault> {
    let session = &cx.session;
    let page = async |(begin, end, next): Between| {
        let request = client(session).describe_events().start_time(date(begin)).end_time(date(end));
        let request = request.max_records(PAGE).set_marker(next).send();
        let page = session.ask(DESCRIBE_EVENTS, Urgency::Now, request).await?;
        Ok((page.events().iter().map(shape::event).collect(), page.marker))
    };
    all_events::newest((EVENTS, DESCRIBE_EVENTS), asked, page).await
}
