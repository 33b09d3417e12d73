//! What happened to all databases of the account in a stretch of time.

use super::shape;
use crate::aws::budget::Urgency;
use crate::aws::op::DESCRIBE_DB_EVENTS;
use crate::aws::session::Session;
use crate::aws::shape::{date, hours, too_many};
use crate::aws::tell::Teller;
use crate::domain::Timestamp;
use crate::domain::fault::Fault;
use crate::domain::query::Answer;
use crate::domain::timeline::{Happening, Source, Stretch};
use crate::kinds::timeline::event;

/// The most of a page (API model), and pages read at most at once.
const PAGE: i32 = 100;
const PAGES: usize = 10;

/// Tells them, the newest hour first: AWS tells the oldest of what it is asked for first, and what just
/// happened must not be what is missing.
pub async fn of(session: &Session, asked: Stretch, teller: &Teller) {
    let (mut told, mut from, mut pages) = (Vec::new(), None, PAGES);
    for (begin, end) in hours(asked) {
        match hour(session, begin, end, &mut pages).await {
            Ok(Some(found)) => told.extend(found),
            // What is older is asked for again, from there.
            Ok(None) => break,
            Err(fault) if from.is_none() => return teller.fail(fault).await,
            Err(_) => break,
        }
        from = Some(begin);
    }
    match from {
        Some(from) => teller.tell(Answer::Events { told, from }).await,
        None => teller.fail(too_many("rds:DescribeEvents")).await,
    }
}

/// All of a stretch; `None` where the pages that are left do not hold it.
async fn hour(
    session: &Session,
    begin: Timestamp,
    end: Timestamp,
    pages: &mut usize,
) -> Result<Option<Vec<Happening>>, Fault> {
    let (mut found, mut next) = (Vec::new(), None);
    while let Some(left) = pages.checked_sub(1) {
        *pages = left;
        let request = session.rds.describe_events().start_time(date(begin)).end_time(date(end));
        let request = request.max_records(PAGE).set_marker(next).send();
        let page = session.ask(DESCRIBE_DB_EVENTS, Urgency::Now, request).await?;
        found.extend(page.events().iter().filter_map(|told| event(Source::Rds, &shape::event(told))));
        next = page.marker().filter(|marker| !marker.is_empty()).map(str::to_string);
        if next.is_none() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
