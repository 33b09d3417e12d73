//! Events of an account in a stretch of time, as RDS and ElastiCache are asked for them: by pages, the
//! oldest first.

use futures_util::future::BoxFuture;

use super::answer_sink::AnswerSink;
use super::shape::{hours, too_many};
use crate::domain::Timestamp;
use crate::domain::event::Event;
use crate::domain::fault::Fault;
use crate::domain::ops::Op;
use crate::domain::query::Answer;
use crate::domain::timeline::{TimeRange, TimelineEvent, TimelineSource};
use crate::kinds::timeline::event;

/// The most of a page (API models of both), and pages read at most at once.
pub const PAGE: i32 = 100;
const PAGES: usize = 10;

/// From a moment to another, from a marker on.
pub type Wanted = (Timestamp, Timestamp, Option<String>);

/// A page, and the marker of the next.
pub type Page = Result<(Vec<Event>, Option<String>), Fault>;

/// Tells them, the newest hour first: AWS tells the oldest of what it is asked for first, and what just
/// happened must not be what is missing.
pub async fn tell<'a>(
    (source, op): (TimelineSource, Op),
    asked: TimeRange,
    sink: &AnswerSink,
    page: impl Fn(Wanted) -> BoxFuture<'a, Page>,
) {
    let (mut told, mut from, mut pages) = (Vec::new(), None, PAGES);
    for (begin, end) in hours(asked) {
        match hour(source, begin, end, &mut pages, &page).await {
            Ok(Some(found)) => told.extend(found),
            // What is older is asked for again, from there.
            Ok(None) => break,
            Err(fault) if from.is_none() => return sink.fail(fault).await,
            Err(_) => break,
        }
        from = Some(begin);
    }
    match from {
        Some(from) => sink.emit(Answer::Events { told, from }).await,
        None => sink.fail(too_many(&op.to_string())).await,
    }
}

/// All of a stretch; `None` where the pages that are left do not hold it.
async fn hour<'a>(
    source: TimelineSource,
    begin: Timestamp,
    end: Timestamp,
    pages: &mut usize,
    page: impl Fn(Wanted) -> BoxFuture<'a, Page>,
) -> Result<Option<Vec<TimelineEvent>>, Fault> {
    let (mut found, mut next) = (Vec::new(), None);
    while let Some(left) = pages.checked_sub(1) {
        *pages = left;
        let (events, more) = page((begin, end, next)).await?;
        found.extend(events.iter().filter_map(|told| event(source, told)));
        next = more.filter(|marker| !marker.is_empty());
        if next.is_none() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
