//! Events of an account in a stretch of time, as RDS and ElastiCache are asked for them: by pages, the
//! oldest first.

use futures_util::future::BoxFuture;

use super::paging::{End, Page, Pages, pages};
use super::registry::Events;
use super::shape::{hours, too_many};
use crate::domain::Timestamp;
use crate::domain::event::Event;
use crate::domain::fault::Fault;
use crate::domain::ops::Op;
use crate::domain::timeline::{TimeRange, TimelineEvent, TimelineSource};
use crate::kinds::timeline::event;

/// The most of a page (API models of both), and pages read at most at once.
pub const PAGE: i32 = 100;
const PAGES: usize = 10;

/// From a moment to another, from a marker on.
pub type Wanted = (Timestamp, Timestamp, Option<String>);

/// The newest hours, as many as the pages hold: AWS tells the oldest of what it is asked for first, and what just
/// happened must not be what is missing.
pub async fn newest<'a>(
    (source, op): (TimelineSource, Op),
    asked: TimeRange,
    page: impl Fn(Wanted) -> BoxFuture<'a, Page<Event>>,
) -> Result<Events, Fault> {
    let (mut told, mut from, mut left) = (Vec::new(), None, PAGES);
    for (begin, end) in hours(asked) {
        match hour(source, begin, end, &mut left, &page).await {
            Ok(Some(found)) => told.extend(found),
            // What is older is asked for again, from there.
            Ok(None) => break,
            Err(fault) if from.is_none() => return Err(fault),
            Err(_) => break,
        }
        from = Some(begin);
    }
    from.map(|from| (told, from)).ok_or_else(|| too_many(&op.to_string()))
}

/// All of a stretch; `None` where the pages that are left do not hold it.
async fn hour<'a>(
    source: TimelineSource,
    begin: Timestamp,
    end: Timestamp,
    left: &mut usize,
    page: impl Fn(Wanted) -> BoxFuture<'a, Page<Event>>,
) -> Result<Option<Vec<TimelineEvent>>, Fault> {
    let told = pages(*left, |token| page((begin, end, token))).await;
    *left -= told.read;
    match told.end {
        End::Whole => Ok(Some(told.items.iter().filter_map(|told| event(source, told)).collect())),
        End::Cut => Ok(None),
        End::Failed(fault) => Err(fault),
    }
}

/// What pages told of a stretch, each with its time, where AWS tells the newest first: it is whole as far back
/// as they reach. A fault behind the first page says nothing of what came; the rest is asked for again.
pub fn newest_first(
    asked: TimeRange,
    told: Pages<(Option<Timestamp>, Option<TimelineEvent>)>,
) -> Result<Events, Fault> {
    let reached = told.items.iter().filter_map(|(at, _)| *at).min();
    let from = match told.end {
        End::Failed(fault) if told.read == 0 => return Err(fault),
        End::Whole => asked.from,
        End::Cut | End::Failed(_) => reached.unwrap_or(asked.from),
    };
    Ok((told.items.into_iter().filter_map(|(_, event)| event).collect(), from))
}
