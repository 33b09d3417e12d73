//! CloudWatch Logs through the real SDK, and what becomes of its answers in the merger and the buffer
//! of the logs pane: every line once, whatever goes wrong.

mod faults;
mod history;
mod live;
mod pace;
mod sources;
mod tail;

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use midwatch::aws::Aws;
use midwatch::domain::fault::Fault;
use midwatch::domain::log::{LiveSession, LogEvent, LogPiece, LogSource};
use midwatch::domain::query::{Answer, Query};
use midwatch::logs::buffer::{Buffer, BufferLimits, EventKey};
use midwatch::logs::event::{Event, EventId, Sources};
use midwatch::logs::merge::{MergeCounts, MergeLimits, Merger};
use midwatch::port::Cloud;

use crate::harness::good;

pub const GROUP: &str = "/ecs/main";

/// `line 00000` and so on, a millisecond apart, the first so many milliseconds ago.
pub fn numbered(from: usize, to: usize, first_ago: i64) -> Vec<(i64, String)> {
    let step = |n: usize| i64::try_from(n - from).unwrap();
    (from..to).map(|n| ((first_ago - step(n)).max(0), line(n))).collect()
}

pub fn line(n: usize) -> String {
    format!("line {n:05}")
}

pub fn group(name: &str) -> LogSource {
    LogSource::Group(name.into())
}

pub fn polled(sources: Vec<LogSource>) -> Query {
    Query::Tail { sources, live: false }
}

/// What a tail told so far, and the lines as the pane would hold them.
pub struct Told {
    pub events: usize,
    pub sources: Vec<LogSource>,
    pub caught_up: bool,
    /// Of each source: until when it was told to be whole, every time.
    pub untils: BTreeMap<LogSource, Vec<i64>>,
    pub broken: Vec<(LogSource, i64, Fault)>,
    pub paces: Vec<Duration>,
    pub lives: Vec<Option<LiveSession>>,
    pub back: Option<i64>,
    pub faults: Vec<Fault>,
    /// Streams, in the form `GROUP STREAM`, and the lines of each.
    pub streams: BTreeMap<String, usize>,
    table: Sources,
    merger: Merger,
    buffer: Buffer,
    /// When it began, by the machine's clock and by tokio's.
    begun: (i64, tokio::time::Instant),
}

impl Default for Told {
    fn default() -> Self {
        Self {
            events: 0,
            sources: Vec::new(),
            caught_up: false,
            untils: BTreeMap::new(),
            broken: Vec::new(),
            paces: Vec::new(),
            lives: Vec::new(),
            back: None,
            faults: Vec::new(),
            streams: BTreeMap::new(),
            table: Sources::default(),
            merger: Merger::new(MergeLimits::default()),
            buffer: Buffer::new(BufferLimits::default()),
            begun: (jiff::Timestamp::now().as_millisecond(), tokio::time::Instant::now()),
        }
    }
}

impl Told {
    pub fn take(&mut self, piece: Result<Answer, Fault>) {
        let now = self.begun.0 + i64::try_from(self.begun.1.elapsed().as_millis()).unwrap();
        match piece {
            Ok(Answer::Logs(LogPiece::Events(events))) => self.merge(&events, now),
            Ok(Answer::Logs(LogPiece::Sources(sources))) => self.sources = sources,
            Ok(Answer::Logs(LogPiece::CaughtUp)) => self.caught_up = true,
            Ok(Answer::Logs(LogPiece::Until { source, at })) => self.untils.entry(source).or_default().push(at),
            Ok(Answer::Logs(LogPiece::Broken { source, since, fault })) => self.broken.push((source, since, fault)),
            Ok(Answer::Logs(LogPiece::Paced(pace))) => self.paces.push(pace),
            Ok(Answer::Logs(LogPiece::Live(session))) => self.lives.push(session),
            Ok(Answer::Logs(LogPiece::Back(moment))) => {
                self.back = Some(self.back.map_or(moment, |back| back.min(moment)));
            }
            Ok(other) => panic!("unexpected {other:?}"),
            Err(fault) => self.faults.push(fault),
        }
        // As the pane does: until the first screen is whole nothing is held back.
        let released = if self.caught_up { self.merger.release(now, usize::MAX) } else { self.merger.release_all(now) };
        for one in released {
            self.buffer.push(&one.event);
        }
    }

    fn merge(&mut self, events: &[LogEvent], now: i64) {
        self.events += events.len();
        let entered: Vec<Event> = (events.iter())
            .map(|event| {
                *self.streams.entry(format!("{} {}", event.group, event.stream)).or_default() += 1;
                let source = self.table.enter(event.group.clone(), event.stream.clone());
                Event::new(EventId::of(&event.id), event.at, event.ingested, source, event.line.as_raw())
            })
            .collect();
        self.merger.take(entered, now);
    }

    /// Lines in the buffer.
    pub fn lines(&self) -> usize {
        (self.buffer.seen() - self.buffer.evicted()) as usize
    }

    /// Those that are held back, too.
    pub fn whole(&self) -> usize {
        let counts = self.merger.counts();
        self.lines() + (counts.seen - counts.repeated - counts.released) as usize
    }

    pub fn merged(&self) -> MergeCounts {
        self.merger.counts()
    }

    /// How often each text is in the buffer.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for entry in self.buffer.forward(EventKey::MIN) {
            *counts.entry(entry.text.to_string()).or_default() += 1;
        }
        counts
    }

    /// The numbered lines before `n` are in the buffer, each once, and nothing else is.
    #[track_caller]
    pub fn holds_each_once(&self, n: usize) {
        let counts = self.counts();
        let missing: Vec<String> = (0..n).map(line).filter(|line| !counts.contains_key(line)).collect();
        let doubled: Vec<&String> = counts.iter().filter(|(_, n)| **n != 1).map(|(line, _)| line).collect();
        assert!(missing.is_empty(), "{} are missing: {:?}", missing.len(), &missing[..missing.len().min(5)]);
        assert!(doubled.is_empty(), "{} are doubled: {:?}", doubled.len(), &doubled[..doubled.len().min(5)]);
        assert_eq!(counts.len(), n);
    }

    /// When a numbered line happened.
    pub fn at_of(&self, n: usize) -> i64 {
        let text = line(n);
        self.buffer.forward(EventKey::MIN).find(|entry| entry.text == text).unwrap().key.at
    }

    pub fn polls(&self) -> usize {
        self.untils.values().map(Vec::len).sum()
    }
}

/// A tail under way.
pub struct Tail {
    stream: BoxStream<'static, Result<Answer, Fault>>,
    pub told: Told,
}

impl Tail {
    pub fn of(aws: &Aws, query: Query) -> Self {
        Self { stream: aws.read(&good(), query), told: Told::default() }
    }

    /// Follows until it is so; patient, for a busy machine.
    #[track_caller]
    pub fn until(&mut self, met: impl Fn(&Told) -> bool) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let until = async {
                while !met(&self.told) {
                    self.told.take(self.stream.next().await.expect("a tail does not end"));
                }
            };
            let met = tokio::time::timeout(Duration::from_secs(600), until).await.is_ok();
            let Told { caught_up, broken, lives, faults, .. } = &self.told;
            let state = format!("{} lines, caught up: {caught_up}, {lives:?} {broken:?} {faults:?}", self.told.whole());
            assert!(met, "{caller}: not told in time: {state}");
        }
    }

    /// Follows for so long.
    pub async fn during(&mut self, span: Duration) {
        let end = tokio::time::Instant::now() + span;
        while let Ok(piece) = tokio::time::timeout_at(end, self.stream.next()).await {
            self.told.take(piece.expect("a tail does not end"));
        }
    }
}
