//! Events of an account in a stretch of time, as RDS and ElastiCache are asked for them: by pages, the
//! oldest first.

use super::paging::Page;
use super::shape::{hours, too_many};
use crate::aws::prelude::*;
use crate::domain::event::Event;
use crate::kinds::timeline::event;

/// Pages of a hundred (API models of both) that are read at most at once.
const PAGES: usize = 10;

/// From a moment to another, from a marker on.
pub type Between = (Timestamp, Timestamp, Option<String>);

/// The newest hours, as many as the pages hold: AWS tells the oldest of what it is asked for first, and what just
/// happened must not be what is missing.
pub async fn newest<F>(
    (source, op): (TimelineSource, Op),
    asked: TimeRange,
    page: impl Fn(Between) -> F,
) -> Result<Events, Fault>
where
    F: Future<Output = Page<Event>>,
{
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
async fn hour<F>(
    source: TimelineSource,
    begin: Timestamp,
    end: Timestamp,
    left: &mut usize,
    page: impl Fn(Between) -> F,
) -> Result<Option<Vec<TimelineEvent>>, Fault>
where
    F: Future<Output = Page<Event>>,
{
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
