//! Members of AWS's answers as the domain's types. Whatever is absent or odd becomes an empty text,
//! a zero or `None`, never a panic.

use aws_smithy_types::DateTime;
use jiff::SignedDuration;

use crate::domain::prelude::*;

pub fn text(value: Option<&str>) -> Text {
    Text::new(value.unwrap_or_default())
}

pub fn count(value: i32) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

pub fn moment(value: Option<&DateTime>) -> Option<Timestamp> {
    let at = value?;
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

/// What follows the last `:` or `/` of an ARN: the resource's own name.
pub fn tail(arn: &str) -> &str {
    arn.rsplit([':', '/']).next().unwrap_or_default()
}

/// A moment as the SDK takes it.
pub fn date(at: Timestamp) -> DateTime {
    DateTime::from_secs(at.as_second())
}

/// The hours of a stretch, the newest first.
pub fn hours(asked: TimeRange) -> Vec<(Timestamp, Timestamp)> {
    const HOUR: i64 = 3600;
    // Times are asked for in whole seconds: the one that runs is part of it.
    let to = asked.to.unwrap_or_else(|| Timestamp::now() + SignedDuration::from_secs(1)).max(asked.from);
    let (mut hours, mut end) = (Vec::new(), to);
    while end > asked.from {
        let begin = end.as_second().saturating_sub(HOUR).max(asked.from.as_second());
        let begin = Timestamp::from_second(begin).unwrap_or(asked.from);
        hours.push((begin, end));
        end = begin;
    }
    hours
}

/// More happened in an hour than is ever read at once.
pub fn too_many(what: &str) -> Fault {
    Fault::new(FaultKind::Invalid, what, "there are more in an hour than are read at once")
}
