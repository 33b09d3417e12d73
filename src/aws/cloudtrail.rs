//! Who changed what: the requests of CloudTrail that were no reads.

use aws_sdk_cloudtrail::error::BuildError;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use serde_json::Value;

use super::events::newest_first;
use super::shape::date;
use crate::aws::prelude::*;
use crate::domain::ops::cloudtrail::LOOKUP_EVENTS;
use crate::kinds::timeline::request;

/// The most of a page (API model), and pages read at most at once: two requests a second are for all who
/// use the account and the Region.
const PAGE: i32 = 50;
const PAGES: usize = 8;

sdk_client!(aws_sdk_cloudtrail, "CloudTrail", "cloudtrail");

pub fn register(registry: &mut Registry) {
    registry.events.insert(TimelineSource::CLOUD_TRAIL, |cx, asked| Box::pin(requests(cx, *asked)));
}

fn writes() -> Result<LookupAttribute, BuildError> {
    // One attribute a question is all that AWS takes (API reference, LookupEvents).
    LookupAttribute::builder().attribute_key(LookupAttributeKey::ReadOnly).attribute_value("false").build()
}

/// As far back as the pages reach: AWS tells the newest first.
async fn requests(cx: &ReadContext, asked: TimeRange) -> Result<Events, Fault> {
    let writes = writes().map_err(|why| Fault::new(FaultKind::Other, "cloudtrail", why.to_string()))?;
    let (session, writes) = (&cx.session, &writes);
    let told = pages(PAGES, |token| async move {
        let lookup = client(session).lookup_events().lookup_attributes(writes.clone()).max_results(PAGE);
        let lookup = lookup.start_time(date(asked.from)).set_end_time(asked.to.map(date)).set_next_token(token);
        let page = session.ask(LOOKUP_EVENTS, Urgency::Now, lookup.send()).await?;
        // The record has all of it: who, from where, what was asked for, what was refused.
        let record = |text: &str| serde_json::from_str::<Value>(text).ok();
        let told = page.events().iter().map(|event| {
            (moment(event.event_time()), event.cloud_trail_event().and_then(record).and_then(|record| request(&record)))
        });
        Ok((told.collect(), page.next_token))
    });
    newest_first(asked, told.await)
}
