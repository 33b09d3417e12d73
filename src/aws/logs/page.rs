//! One page of FilterLogEvents. An empty page with a token is not the end: CloudWatch gives up a
//! page when it has searched long enough.

use aws_sdk_cloudwatchlogs::config::Builder;
use aws_sdk_cloudwatchlogs::config::retry::RetryConfig;

use super::client;
use super::sources::Streams;
use crate::aws::answer_sink::AnswerSink;
use crate::aws::prelude::*;
use crate::domain::log::{LogEvent, LogPiece, RawLine};
use crate::domain::ops::logs::FILTER_LOG_EVENTS;

/// startFromHead=false is refused for a start before 2024-01-01 (API model); milliseconds.
pub const BACKWARDS_SINCE: i64 = 1_704_067_200_000;
/// Lines told in one piece.
const BATCH: usize = 128;

/// What part of the time is asked for, and from which end.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Milliseconds, inclusive.
    pub from: i64,
    /// Inclusive too.
    pub to: Option<i64>,
    /// The newest first.
    pub backwards: bool,
    pub limit: Option<i32>,
}

/// Who tries again when a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tries {
    /// The SDK, at once.
    Several,
    /// Who asks, at the next poll: what the SDK repeats counts against the quota, too.
    One,
}

/// One page, and the token of the next one.
pub async fn page(
    session: &Session,
    streams: &Streams,
    span: Span,
    token: Option<String>,
    tries: Tries,
) -> Result<(Vec<LogEvent>, Option<String>), Fault> {
    let request = (client(session).filter_log_events())
        .log_group_name(streams.group.as_str())
        .set_log_stream_name_prefix(streams.prefix.as_ref().map(ToString::to_string))
        .start_time(if span.backwards { span.from.max(BACKWARDS_SINCE) } else { span.from.max(0) })
        .set_end_time(span.to)
        .set_limit(span.limit)
        .set_start_from_head(span.backwards.then_some(false))
        .set_next_token(token)
        .customize();
    let request = match tries {
        Tries::Several => request,
        Tries::One => request.config_override(Builder::new().retry_config(RetryConfig::disabled())),
    };
    let told = session.ask(FILTER_LOG_EVENTS, Urgency::Now, request.send()).await?;
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

/// Tells events in pieces of a size that the screen takes in without a pause.
pub async fn emit(sink: &AnswerSink, mut events: Vec<LogEvent>) {
    while !events.is_empty() {
        let rest = events.split_off(events.len().min(BATCH));
        sink.emit(Answer::Logs(LogPiece::Events(std::mem::replace(&mut events, rest)))).await;
    }
}
