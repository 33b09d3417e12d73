//! What happened to all databases of the account in a stretch of time.

use futures_util::FutureExt;

use super::client;
use super::shape;
use crate::aws::budget::Urgency;
use crate::aws::events::{self, PAGE, Wanted};
use crate::aws::registry::{Events, ReadContext};
use crate::aws::shape::date;
use crate::domain::fault::Fault;
use crate::domain::ops::rds::DESCRIBE_EVENTS;
use crate::domain::timeline::{TimeRange, TimelineSource};

/// The newest hours of it.
pub async fn newest(cx: &ReadContext, asked: TimeRange) -> Result<Events, Fault> {
    let session = &cx.session;
    let page = |(begin, end, next): Wanted| {
        async move {
            let request = client(session).describe_events().start_time(date(begin)).end_time(date(end));
            let request = request.max_records(PAGE).set_marker(next).send();
            let page = session.ask(DESCRIBE_EVENTS, Urgency::Now, request).await?;
            Ok((page.events().iter().map(shape::event).collect(), page.marker))
        }
        .boxed()
    };
    events::newest((TimelineSource::Rds, DESCRIBE_EVENTS), asked, page).await
}
