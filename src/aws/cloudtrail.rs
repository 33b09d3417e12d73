//! Who changed what: the requests of CloudTrail that were no reads.

use aws_sdk_cloudtrail::error::BuildError;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use serde_json::Value;

use super::answer_sink::AnswerSink;
use super::budget::Urgency;
use super::session::Session;
use super::shape::{date, moment};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::ops::cloudtrail::LOOKUP_EVENTS;
use crate::domain::query::Answer;
use crate::domain::timeline::{TimeRange, TimelineEvent};
use crate::kinds::timeline::request;

/// The most of a page (API model), and pages read at most at once: two requests a second are for all who
/// use the account and the Region.
const PAGE: i32 = 50;
const PAGES: usize = 8;

fn writes() -> Result<LookupAttribute, BuildError> {
    // One attribute a question is all that AWS takes (API reference, LookupEvents).
    LookupAttribute::builder().attribute_key(LookupAttributeKey::ReadOnly).attribute_value("false").build()
}

/// Tells them, as far back as the pages reach: AWS tells the newest first.
pub async fn of(session: &Session, asked: TimeRange, sink: &AnswerSink) {
    let writes = match writes() {
        Ok(writes) => writes,
        Err(why) => return sink.fail(Fault::new(FaultKind::Other, "cloudtrail", why.to_string())).await,
    };
    let (mut told, mut next): (Vec<TimelineEvent>, _) = (Vec::new(), None);
    let mut oldest = None;
    for _ in 0..PAGES {
        let lookup = session.cloudtrail.lookup_events().lookup_attributes(writes.clone()).max_results(PAGE);
        let lookup = lookup.start_time(date(asked.from)).set_end_time(asked.to.map(date)).set_next_token(next);
        let page = match session.ask(LOOKUP_EVENTS, Urgency::Now, lookup.send()).await {
            Ok(page) => page,
            Err(fault) if oldest.is_none() => return sink.fail(fault).await,
            // What came before it is told; the rest is asked for again, from there.
            Err(_) => break,
        };
        let events = page.events();
        oldest = events.iter().filter_map(|event| moment(event.event_time())).min().or(oldest).or(Some(asked.from));
        // The record has all of it: who, from where, what was asked for, what was refused.
        let record = |text: &str| serde_json::from_str::<Value>(text).ok();
        told.extend(events.iter().filter_map(|event| request(&record(event.cloud_trail_event()?)?)));
        next = page.next_token().filter(|token| !token.is_empty()).map(str::to_string);
        if next.is_none() {
            oldest = Some(asked.from);
            break;
        }
    }
    sink.emit(Answer::Events { told, from: oldest.unwrap_or(asked.from) }).await;
}
