//! What became of all alarms of the account and Region in a stretch of time, in one paged question: one an
//! alarm would be hundreds.

use aws_sdk_cloudwatch::types::ScanBy;

use super::alarms::ALL;
use super::shape;
use crate::aws::answer_sink::AnswerSink;
use crate::aws::budget::Urgency;
use crate::aws::session::Session;
use crate::aws::shape::{date, text};
use crate::domain::ops::cloudwatch::DESCRIBE_ALARM_HISTORY;
use crate::domain::query::Answer;
use crate::domain::timeline::{TimeRange, TimelineEvent};
use crate::kinds::timeline::alarm;

/// The most of a page (API model), and pages read at most at once.
const PAGE: i32 = 100;
const PAGES: usize = 10;

/// Tells it, as far back as the pages reach.
pub async fn of(session: &Session, asked: TimeRange, sink: &AnswerSink) {
    let (mut told, mut next): (Vec<TimelineEvent>, _) = (Vec::new(), None);
    let mut oldest = None;
    for _ in 0..PAGES {
        let request = session.cloudwatch.describe_alarm_history().set_alarm_types(Some(ALL.to_vec()));
        let request = request.start_date(date(asked.from)).set_end_date(asked.to.map(date));
        let request = request.scan_by(ScanBy::TimestampDescending).max_records(PAGE).set_next_token(next);
        let page = match session.ask(DESCRIBE_ALARM_HISTORY, Urgency::Now, request.send()).await {
            Ok(page) => page,
            Err(fault) if oldest.is_none() => return sink.fail(fault).await,
            Err(_) => break,
        };
        let items = page.alarm_history_items();
        oldest = items.iter().filter_map(|item| shape::entry(item).at).min().or(oldest).or(Some(asked.from));
        told.extend(items.iter().filter_map(|item| alarm(&text(item.alarm_name()), &shape::entry(item))));
        next = page.next_token().filter(|token| !token.is_empty()).map(str::to_string);
        if next.is_none() {
            oldest = Some(asked.from);
            break;
        }
    }
    sink.emit(Answer::Events { told, from: oldest.unwrap_or(asked.from) }).await;
}
