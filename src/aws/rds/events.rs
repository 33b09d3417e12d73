//! What happened to all databases of the account in a stretch of time.

use futures_util::FutureExt;

use super::shape;
use crate::aws::answer_sink::AnswerSink;
use crate::aws::budget::Urgency;
use crate::aws::events::{self, PAGE, Wanted};
use crate::aws::session::Session;
use crate::aws::shape::date;
use crate::domain::ops::rds::DESCRIBE_EVENTS;
use crate::domain::timeline::{TimeRange, TimelineSource};

/// Tells them, the newest hour first.
pub async fn of(session: &Session, asked: TimeRange, sink: &AnswerSink) {
    let page = |(begin, end, next): Wanted| {
        async move {
            let request = session.rds.describe_events().start_time(date(begin)).end_time(date(end));
            let request = request.max_records(PAGE).set_marker(next).send();
            let page = session.ask(DESCRIBE_EVENTS, Urgency::Now, request).await?;
            Ok((page.events().iter().map(shape::event).collect(), page.marker().map(str::to_string)))
        }
        .boxed()
    };
    events::tell((TimelineSource::Rds, DESCRIBE_EVENTS), asked, sink, page).await;
}
