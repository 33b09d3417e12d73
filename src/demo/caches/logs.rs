//! What caches write to their logs.

use super::super::logs::{DELAY, Head, invalid, missing, pick};
use crate::demo::prelude::*;
use crate::domain::cache::{Cache, Form};

/// The stream of a slow log.
pub fn stream(row: &Cache) -> Option<Stream<'static>> {
    let group = slow_log_of(row)?;
    let node = row.nodes.first().map_or(row.name.clone(), |node| node.name.clone());
    let name = format!("elasticache/{}/{node}/0001/slow-log", row.engine).into();
    Some(Stream::new(Head { group, name }, DELAY, move |head, span, events| {
        head.seconds(span, 2, events, |at, random| slow_log(&node, at, random));
    }))
}

/// Where a cache writes.
///
/// # Errors
/// There is none, or it delivers no log.
pub fn sources(row: Option<&Cache>) -> Result<Vec<LogSource>, Fault> {
    let row = row.ok_or_else(|| missing("the cache does not exist any more"))?;
    let group = slow_log_of(row).ok_or_else(|| invalid("the cache delivers no log to CloudWatch Logs"))?;
    Ok(vec![LogSource::Group(group)])
}

/// The group of the slow log. Only what speaks Redis has one, and a serverless cache delivers none
/// (ElastiCache user guide, "Log delivery").
fn slow_log_of(row: &Cache) -> Option<Text> {
    let delivers = row.form != Form::Serverless && !row.is_memcached();
    delivers.then(|| format!("/aws/elasticache/{}/slow-log", row.name).into())
}

const COMMANDS: [&str; 4] =
    ["KEYS session:*", "HGETALL timetable:2026-11", "SMEMBERS sailings:open", "ZRANGE fares 0 -1 WITHSCORES"];

/// An entry of the slow log in JSON (ElastiCache user guide, "Log delivery", contents of a slow
/// log entry).
fn slow_log(node: &str, at: i64, random: u64) -> String {
    format!(
        r#"{{"CacheClusterId":"{node}","CacheNodeId":"0001","Id":{},"Timestamp":{},"Duration (us)":{},"Command":"{}","ClientAddress":"10.0.3.{}:{}","ClientName":""}}"#,
        at / 1000 % 1_000_000,
        at / 1000,
        random / 3 % 90_000 + 10_000,
        pick(&COMMANDS, random / 11),
        random / 5 % 240 + 4,
        random / 7 % 20_000 + 40_000,
    )
}
