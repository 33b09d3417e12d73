//! What became of all alarms of the account and Region in a stretch of time, in one paged question: one an
//! alarm would be hundreds.

use aws_sdk_cloudwatch::types::ScanBy;

use super::alarms::ALL;
use super::client;
use super::shape;
use crate::aws::events::newest_first;
use crate::aws::prelude::*;
use crate::aws::shape::date;
use crate::domain::ops::cloudwatch::DESCRIBE_ALARM_HISTORY;
use crate::domain::timeline::TimeRange;
use crate::kinds::timeline::alarm;

/// The most of a page (API model), and pages read at most at once.
const PAGE: i32 = 100;
const PAGES: usize = 10;

/// As far back as the pages reach.
pub async fn newest(cx: &ReadContext, asked: TimeRange) -> Result<Events, Fault> {
    let session = &cx.session;
    let told = pages(PAGES, |token| async move {
        let request = client(session).describe_alarm_history().set_alarm_types(Some(ALL.to_vec()));
        let request = request.start_date(date(asked.from)).set_end_date(asked.to.map(date));
        let request = request.scan_by(ScanBy::TimestampDescending).max_records(PAGE).set_next_token(token);
        let page = session.ask(DESCRIBE_ALARM_HISTORY, Urgency::Now, request.send()).await?;
        let told = page.alarm_history_items().iter().map(|item| {
            let entry = shape::entry(item);
            (entry.at, alarm(&text(item.alarm_name()), &entry))
        });
        Ok((told.collect(), page.next_token))
    });
    newest_first(asked, told.await)
}
