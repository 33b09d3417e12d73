//! What the estate writes to its logs: each line a pure function of task and moment, so that every
//! reading of the same time tells the same events.

use super::model::{Behaviour, Estate, Service, Task, family};
use crate::domain::Timestamp;
use crate::domain::log::{LogEvent, LogSource, RawLine};
use crate::domain::text::Text;

/// Lines that a first look tells at most.
pub const FIRST: usize = 500;
/// How far back the first look goes, and how far one look at history does; milliseconds.
pub const LOOK: i64 = 15 * 60_000;
/// What is ingested comes so much later at most, in milliseconds.
const DELAY: u64 = 900;

/// A number that is the same for the same words: lines must not depend on when they are asked for.
fn hash(words: &[&str], n: i64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ n.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in words.iter().flat_map(|word| word.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^ (hash >> 29)
}

/// The services whose lines are asked for.
fn services<'a>(estate: &'a Estate, sources: &[LogSource]) -> Vec<&'a Service> {
    let wanted = |service: &&Service| {
        sources.iter().any(|source| match source {
            LogSource::Resource(_, id) => *id.0 == *estate.service_arn(service),
            LogSource::Group(group) | LogSource::Streams { group, .. } => **group == *group_of(service),
            LogSource::Matching(_) => false,
        })
    };
    estate.services.values().filter(wanted).collect()
}

fn group_of(service: &Service) -> String {
    format!("/ecs/{}", service.name)
}

/// What the sources turn out to be.
pub fn resolved(estate: &Estate, sources: &[LogSource]) -> Vec<LogSource> {
    let streams = |service: &Service| LogSource::Streams {
        group: group_of(service).into(),
        prefix: format!("{0}/{0}/", family(&service.name)).into(),
    };
    services(estate, sources).into_iter().map(streams).collect()
}

/// Every event that was ingested from one moment (inclusive) to another (exclusive), in
/// milliseconds, by ingestion: that is how a reader meets them.
pub fn ingested(estate: &Estate, sources: &[LogSource], from: i64, to: i64) -> Vec<LogEvent> {
    let mut events = written(estate, sources, from - i64::try_from(DELAY).unwrap_or(0), to);
    events.retain(|event| (from..to).contains(&event.ingested));
    events.sort_by_key(|event| event.ingested);
    events
}

/// Every event that happened from one moment (inclusive) to another (exclusive), in milliseconds.
pub fn written(estate: &Estate, sources: &[LogSource], from: i64, to: i64) -> Vec<LogEvent> {
    let mut events = Vec::new();
    for service in services(estate, sources) {
        for task in &service.tasks {
            of_task(service, task, from, to, &mut events);
        }
    }
    events.sort_by_key(|event| event.at);
    events
}

fn of_task(service: &Service, task: &Task, from: i64, to: i64, events: &mut Vec<LogEvent>) {
    let Some(runs) = task.runs_at.map(Timestamp::as_millisecond) else { return };
    let end = task.stopped.as_ref().map(|stop| stop.at.as_millisecond());
    let (first, last) = (from.max(runs), to.min(end.unwrap_or(to)));
    let bad = service.revision(task.revision).is_some_and(|revision| revision.behaviour == Behaviour::Crashes);
    for second in first.div_euclid(1000)..=last.div_euclid(1000) {
        let count = hash(&[&task.id], second) % if bad { 9 } else { 4 };
        for n in 0..count {
            let key = second * 16 + i64::try_from(n).unwrap_or(0);
            let random = hash(&[&task.id, "line"], key);
            let at = second * 1000 + i64::try_from(random % 1000).unwrap_or(0);
            if at < first || at >= last {
                continue;
            }
            let message = message(service, at, random, bad);
            let ingested = at + i64::try_from(random / 7 % DELAY).unwrap_or(0);
            events.push(event(service, task, key, at, ingested, message));
        }
    }
    // How it ended is the last that it says.
    if let (Some(end), Some(1)) = (end, task.stopped.as_ref().and_then(|stop| stop.exit))
        && (from..to).contains(&(end - 1))
    {
        let last = "FATAL cannot go on: configuration key BOOKING_LEDGER_URL is missing\n    at Boot.configure (boot.js:41:11)\n    at Boot.run (boot.js:12:5)\n    at main (index.js:3:1)";
        events.push(event(service, task, i64::MAX, end - 1, end, last.to_string()));
    }
}

fn event(service: &Service, task: &Task, key: i64, at: i64, ingested: i64, message: String) -> LogEvent {
    let name = family(&service.name);
    LogEvent {
        id: format!("{:020}{:016x}", at, hash(&[&task.id, "id"], key)).into(),
        at,
        ingested,
        group: group_of(service).into(),
        stream: Text::new(format!("{name}/{name}/{}", task.id)),
        line: RawLine::new(message),
    }
}

const PATHS: [&str; 6] = ["/bookings", "/bookings/{n}", "/sailings", "/health", "/quotes", "/passengers/{n}"];

fn message(service: &Service, at: i64, random: u64, bad: bool) -> String {
    let at = Timestamp::from_millisecond(at).map(|at| at.strftime("%H:%M:%S%.3f").to_string()).unwrap_or_default();
    let path = PATHS[(random / 11 % 6) as usize].replace("{n}", &(random % 90_000).to_string());
    let (took, trace) = (random / 13 % 240 + 3, random & 0xffff_ffff);
    if bad {
        return match random / 3 % 6 {
            0 => format!("{at} ERROR connection pool exhausted after {}ms (20 of 20 in use)", random % 9000 + 1000),
            1 => format!(
                r#"{{"level":"error","msg":"ledger request failed","status":503,"path":"{path}","traceId":"{trace:08x}"}}"#
            ),
            2 => format!(
                "{at} ERROR unhandled: TypeError: ledger is undefined\n    at charge (ledger.js:88:17)\n    at book (booking.js:201:9)"
            ),
            3 => format!("{at} WARN  retrying ledger call, attempt {} of 5", random % 5 + 1),
            _ => format!("{at} INFO  GET {path} 502 {took}ms trace={trace:08x}"),
        };
    }
    match (family(&service.name), random % 23) {
        (_, 0) => format!("{at} WARN  slow query took {}ms: select * from sailings where departs_at > $1", took * 9),
        ("worker" | "ingest" | "scheduler" | "notifier", 1..=12) => {
            format!(r#"{{"level":30,"msg":"job done","queue":"mail","job":{},"ms":{took}}}"#, random % 100_000)
        }
        (_, 1) => format!("{at} ERROR upstream timetable timed out after 2000ms trace={trace:08x}"),
        (_, 2..=5) => format!("level=info msg=\"cache hit\" key=sailing:{} ms={}", random % 4000, took % 9),
        (_, 6) => format!("{at} DEBUG session {trace:08x} renewed"),
        _ => format!("{at} INFO  GET {path} 200 {took}ms trace={trace:08x}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fastrand::Rng;

    use super::super::seed;
    use super::*;
    use crate::domain::resource::ResourceId;
    use crate::kinds::services::SERVICES;

    #[test]
    fn every_reading_tells_the_same_events_and_windows_join_without_a_gap() {
        let start: Timestamp = "2026-11-21T02:00:00Z".parse().unwrap();
        let estate = &seed::estates(start, &mut Rng::with_seed(7), "calm")[0];
        let service = estate.services.values().find(|service| service.name.contains("booking")).unwrap();
        let sources = [LogSource::Resource(SERVICES, ResourceId(estate.service_arn(service).into()))];
        let (from, to) = (start.as_millisecond(), start.as_millisecond() + 60_000);
        let whole = ingested(estate, &sources, from, to);
        assert!(whole.len() > 100, "{}", whole.len());
        let mut pieces = Vec::new();
        for piece in 0..120 {
            pieces.extend(ingested(estate, &sources, from + piece * 500, from + (piece + 1) * 500));
        }
        assert_eq!(pieces, whole);
        let ids: BTreeSet<&Text> = whole.iter().map(|event| &event.id).collect();
        assert_eq!(ids.len(), whole.len(), "an id is an event");
        assert_eq!(resolved(estate, &sources).len(), 1);
    }
}
