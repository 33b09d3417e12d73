//! What the estate writes to its logs: each line a pure function of its stream and its moment, so
//! that every reading of the same time tells the same events.

mod stream;
mod tail;

pub use stream::{DELAY, Head, Stream};
pub use tail::tail;

use globset::Glob;

use super::KINDS;
use crate::demo::prelude::*;
use crate::domain::log::{LogEvent, LogPiece};

/// Lines that one look at the past tells at least, where there are so many.
const ENOUGH: usize = 6_000;
/// How far one look at the past goes back at most; milliseconds.
const LOOK: i64 = 15 * 60_000;
/// The most events of one piece: the console takes it in at one go, and a key waits for that.
const PIECE: usize = 128;

/// A number that is the same for the same words: lines must not depend on when they are asked for.
fn hash(words: &[&str], n: i64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ n.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in words.iter().flat_map(|word| word.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^ (hash >> 29)
}

/// One of several, by a random number.
pub fn pick<'a>(of: &[&'a str], random: u64) -> &'a str {
    of[(random % of.len() as u64) as usize]
}

/// A moment as a line has it.
pub fn clock(at: i64, form: &str) -> String {
    Timestamp::from_millisecond(at).map(|at| at.strftime(form).to_string()).unwrap_or_default()
}

/// There is such a thing, but it writes nothing.
pub fn invalid(message: impl Into<Text>) -> Fault {
    Fault::new(FaultKind::Invalid, "logs", message)
}

/// There is no such thing.
pub fn missing(message: impl Into<Text>) -> Fault {
    Fault::new(FaultKind::NotFound, "logs", message)
}

/// All streams of an estate.
fn streams(estate: &Estate) -> impl Iterator<Item = Stream<'_>> {
    KINDS.iter().flat_map(|simulated| simulated.streams(estate))
}

/// What a source turns out to be: whole groups, or streams of one.
///
/// # Errors
/// There is no such thing, or it writes nothing to CloudWatch Logs.
pub fn resolve(estate: &Estate, source: &LogSource) -> Result<Vec<LogSource>, Fault> {
    match source {
        LogSource::Group(group) | LogSource::Streams { group, .. } => {
            let exists = streams(estate).any(|stream| stream.group() == group);
            // CloudWatch's own words.
            exists.then(|| vec![source.clone()]).ok_or_else(|| missing("The specified log group does not exist."))
        }
        LogSource::Matching(pattern) => matching(estate, pattern),
        LogSource::Resource(kind, id) => {
            let simulated = KINDS.iter().find(|simulated| simulated.kind() == *kind);
            simulated.ok_or_else(|| invalid("nothing is known of its logs"))?.logs(estate, id)
        }
    }
}

fn matching(estate: &Estate, pattern: &Text) -> Result<Vec<LogSource>, Fault> {
    let glob = Glob::new(pattern).map_err(|why| invalid(format!("{pattern}: {}", why.kind())))?.compile_matcher();
    let mut groups: Vec<Text> = streams(estate).map(|stream| stream.group().clone()).collect();
    groups.retain(|group| glob.is_match(group.as_str()));
    groups.sort();
    groups.dedup();
    if groups.is_empty() {
        return Err(missing(format!("no log group of {} matches {pattern}", estate.place.region)));
    }
    Ok(groups.into_iter().map(LogSource::Group).collect())
}

/// Every event that was ingested from one moment (inclusive) to another (exclusive), in
/// milliseconds, by ingestion: that is how a reader meets them.
fn ingested(estate: &Estate, sources: &[LogSource], from: i64, to: i64) -> Vec<LogEvent> {
    let mut events = of_all(estate, sources, |stream| (from - stream.delay(), to));
    events.retain(|event| (from..to).contains(&event.ingested));
    events.sort_by_key(|event| event.ingested);
    events
}

/// Every event that happened from one moment (inclusive) to another (exclusive), in milliseconds.
pub fn written(estate: &Estate, sources: &[LogSource], from: i64, to: i64) -> Vec<LogEvent> {
    of_all(estate, sources, |_| (from, to))
}

/// What each stream of the sources wrote in a span of its own.
fn of_all(estate: &Estate, sources: &[LogSource], span: impl Fn(&Stream<'_>) -> (i64, i64)) -> Vec<LogEvent> {
    let mut events = Vec::new();
    for stream in streams(estate).filter(|stream| sources.iter().any(|source| stream.is_of(source))) {
        stream.write(span(&stream), &mut events);
    }
    events.sort_by_key(|event| event.at);
    events
}

/// The lines before a moment, and how far back they are all there are: a look goes back until there
/// are enough.
fn before(estate: &Estate, sources: &[LogSource], to: i64) -> (Vec<LogEvent>, i64) {
    newest(estate, sources, (to - LOOK, to), ENOUGH)
}

/// The newest events of a time, so many at least where there are so many, and from when on they are
/// all there are. Milliseconds; the end is exclusive.
pub fn newest(estate: &Estate, sources: &[LogSource], (from, to): (i64, i64), enough: usize) -> (Vec<LogEvent>, i64) {
    let mut reach = 100;
    loop {
        let begin = from.max(to - reach);
        let events = written(estate, sources, begin, to);
        if events.len() >= enough || begin == from {
            return (events, begin);
        }
        reach *= 2;
    }
}

fn pieces(events: Vec<LogEvent>) -> impl Iterator<Item = LogPiece> {
    let mut events = events.into_iter().peekable();
    std::iter::from_fn(move || {
        events.peek()?;
        Some(LogPiece::Events(events.by_ref().take(PIECE).collect()))
    })
}

/// One look at the past.
pub fn history(estate: &Estate, sources: &[LogSource], moment: i64) -> Vec<Answer> {
    let found: Vec<LogSource> = sources.iter().filter_map(|source| resolve(estate, source).ok()).flatten().collect();
    let (events, back) = before(estate, &found, moment);
    pieces(events).chain([LogPiece::Back(back)]).map(Answer::Logs).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::scenario::Scenario;
    use super::super::world::World;
    use super::*;
    use crate::domain::resource::{KindId, ResourceId};
    use crate::kinds::caches::CACHES;
    use crate::kinds::databases::DATABASES;
    use crate::kinds::distributions::DISTRIBUTIONS;
    use crate::kinds::services::SERVICES;

    fn production(scenario: &'static str) -> (Estate, i64) {
        let start: Timestamp = "2026-11-21T02:00:00Z".parse().unwrap();
        (World::new(Scenario::by_name(scenario).unwrap(), start, 7).estates.swap_remove(0), start.as_millisecond())
    }

    fn resource(estate: &Estate, kind: KindId, tail: &str) -> LogSource {
        let service = match kind {
            DATABASES => "rds",
            CACHES => "elasticache",
            DISTRIBUTIONS => "cloudfront",
            _ => "ecs",
        };
        let arn = format!("arn:aws:{service}:{}:{}:{tail}", estate.place.region, estate.place.account);
        LogSource::Resource(kind, ResourceId(arn.into()))
    }

    fn booking(estate: &Estate) -> Vec<LogSource> {
        let arn = "service/harbour-core/harbour-booking-api-production";
        resolve(estate, &resource(estate, SERVICES, arn)).unwrap()
    }

    /// What the words after an ARN's account turn out to be.
    fn told(estate: &Estate, kind: KindId, tail: &str) -> Result<Vec<String>, FaultKind> {
        let found = resolve(estate, &resource(estate, kind, tail)).map_err(|fault| fault.kind)?;
        Ok(found.iter().map(words).collect())
    }

    fn words(source: &LogSource) -> String {
        match source {
            LogSource::Group(group) => group.to_string(),
            LogSource::Streams { group, prefix } => format!("{group} {prefix}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_reading_tells_the_same_events_and_windows_join_without_a_gap() {
        let (estate, from) = production("calm");
        let cluster = resource(&estate, DATABASES, "cluster:harbour-booking-production");
        let cache = resource(&estate, CACHES, "replicationgroup:harbour-web-production");
        let mut sources = booking(&estate);
        sources.extend(resolve(&estate, &cluster).unwrap());
        sources.extend(resolve(&estate, &cache).unwrap());
        let whole = ingested(&estate, &sources, from, from + 60_000);
        assert!(whole.len() > 200, "{}", whole.len());
        let mut pieces = Vec::new();
        for piece in 0..120 {
            pieces.extend(ingested(&estate, &sources, from + piece * 500, from + (piece + 1) * 500));
        }
        assert_eq!(pieces, whole);
        let ids: BTreeSet<&Text> = whole.iter().map(|event| &event.id).collect();
        assert_eq!(ids.len(), whole.len(), "an id is an event");
        let groups: BTreeSet<&str> = whole.iter().map(|event| &*event.group).collect();
        assert_eq!(groups.len(), 3, "{groups:?}");
    }

    #[test]
    fn a_resource_turns_out_to_be_its_groups() {
        let estate = &production("calm").0;
        let ok = |groups: &[&str]| Ok(groups.iter().map(ToString::to_string).collect::<Vec<_>>());
        let service = told(estate, SERVICES, "service/harbour-core/harbour-web-production");
        assert_eq!(service, ok(&["/ecs/harbour-web-production web/web/"]));
        let cluster = "/aws/rds/cluster/harbour-booking-production/postgresql";
        assert_eq!(told(estate, DATABASES, "cluster:harbour-booking-production"), ok(&[cluster]));
        let member = told(estate, DATABASES, "db:harbour-booking-production-1");
        assert_eq!(member, ok(&[&format!("{cluster} harbour-booking-production-1")]));
        let alone = told(estate, DATABASES, "db:harbour-payments-production");
        assert_eq!(alone, ok(&["/aws/rds/instance/harbour-payments-production/postgresql"]));
        let cache = told(estate, CACHES, "replicationgroup:harbour-web-production");
        assert_eq!(cache, ok(&["/aws/elasticache/harbour-web-production/slow-log"]));
    }

    #[test]
    fn what_writes_nothing_says_so() {
        let estate = &production("calm").0;
        assert_eq!(told(estate, DATABASES, "db:harbour-legacy-production"), Err(FaultKind::Invalid));
        assert_eq!(told(estate, DATABASES, "db:nothing"), Err(FaultKind::NotFound));
        assert_eq!(told(estate, CACHES, "cluster:harbour-rates-production"), Err(FaultKind::Invalid));
        assert_eq!(told(estate, CACHES, "serverlesscache:harbour-search-production"), Err(FaultKind::Invalid));
        assert_eq!(told(estate, DISTRIBUTIONS, "distribution/E1"), Err(FaultKind::Invalid));
        for source in [LogSource::Group("/ecs/none".into()), LogSource::Matching("/none/*".into())] {
            assert_eq!(resolve(estate, &source).unwrap_err().kind, FaultKind::NotFound);
        }
    }

    #[test]
    fn patterns_and_prefixes_choose() {
        let (estate, start) = production("calm");
        let found = resolve(&estate, &LogSource::Matching("/aws/rds/*".into())).unwrap();
        let found: Vec<String> = found.iter().map(words).collect();
        assert_eq!(found.len(), 3, "{found:?}");
        let group: Text = "/ecs/harbour-booking-api-production".into();
        let all = written(&estate, &[LogSource::Group(group.clone())], start, start + 20_000);
        let prefix = all[0].stream.clone();
        let some = written(&estate, &[LogSource::Streams { group, prefix: prefix.clone() }], start, start + 20_000);
        assert!(!some.is_empty() && some.len() < all.len());
        assert!(some.iter().all(|event| event.stream == prefix));
    }

    #[test]
    fn a_look_at_the_past_says_how_far_it_is_whole() {
        for scenario in ["calm", "flood"] {
            let (estate, start) = production(scenario);
            let (sources, to) = (booking(&estate), start + 60_000);
            let (events, back) = before(&estate, &sources, to);
            assert_eq!(events, written(&estate, &sources, back, to));
            assert!(events.len() < 4 * ENOUGH + PIECE * 40, "{}", events.len());
        }
    }

    #[test]
    fn every_line_of_a_flood_has_its_number() {
        let (estate, start) = production("flood");
        let events = ingested(&estate, &booking(&estate), start + 5_000, start + 6_000);
        assert!((40_000..60_000).contains(&events.len()), "{}", events.len());
        let mut numbers: Vec<i64> = written(&estate, &booking(&estate), start, start + 1_000)
            .iter()
            .map(|event| {
                let numbered = event.line.as_raw().split_once(" n=").unwrap().1;
                numbered.split(' ').next().unwrap().parse().unwrap()
            })
            .collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=50_000).collect::<Vec<_>>());
    }

    #[test]
    fn lines_are_as_odd_as_real_ones() {
        let (estate, start) = production("calm");
        let events = written(&estate, &booking(&estate), start - LOOK, start);
        let has = |part: &str| events.iter().any(|event| event.line.as_raw().contains(part));
        assert!(has("\u{1b}[") && has("\t") && has("港") && has("🚢") && has("{\""));
        assert!(events.iter().any(|event| event.line.as_raw().len() > 10_000));
        let same = |pair: &[LogEvent]| {
            (pair[0].at, pair[0].line.as_raw()) == (pair[1].at, pair[1].line.as_raw()) && pair[0].id != pair[1].id
        };
        assert!(events.windows(2).any(same), "equal lines of one millisecond");
    }
}
