//! One page of FilterLogEvents. An empty page with a token is not the end: CloudWatch gives up a
//! page when it has searched long enough.

use super::sources::Streams;
use crate::aws::budget::Urgency;
use crate::aws::op::FILTER_LOG_EVENTS;
use crate::aws::session::Session;
use crate::domain::fault::Fault;
use crate::domain::log::{LogEvent, RawLine};
use crate::domain::text::Text;

/// What part of the time is asked for, and from which end.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Milliseconds, inclusive.
    pub from: i64,
    pub to: Option<i64>,
    /// The newest first.
    pub backwards: bool,
    pub limit: Option<i32>,
}

/// One page, and the token of the next one.
pub async fn page(
    session: &Session,
    streams: &Streams,
    span: Span,
    token: Option<String>,
    urgency: Urgency,
) -> Result<(Vec<LogEvent>, Option<String>), Fault> {
    let request = (session.logs.filter_log_events())
        .log_group_name(streams.group.as_str())
        .set_log_stream_name_prefix(streams.prefix.as_ref().map(ToString::to_string))
        .start_time(span.from)
        .set_end_time(span.to)
        .set_limit(span.limit)
        .set_start_from_head(span.backwards.then_some(false))
        .set_next_token(token)
        .send();
    let told = session.ask(FILTER_LOG_EVENTS, urgency, request).await?;
    let next = told.next_token().filter(|token| !token.is_empty()).map(str::to_string);
    let events = told.events.unwrap_or_default().into_iter().map(|event| LogEvent {
        id: event.event_id.unwrap_or_default().into(),
        at: event.timestamp.unwrap_or_default(),
        ingested: event.ingestion_time.unwrap_or_default(),
        group: streams.group.clone(),
        stream: Text::new(event.log_stream_name.unwrap_or_default()),
        line: RawLine::new(event.message.unwrap_or_default()),
    });
    Ok((events.collect(), next))
}
