//! Lines of logs as they come in, and where they come from.

use crate::domain::prelude::*;

use std::time::Duration;

/// Something whose log lines can be followed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LogSource {
    /// A whole group of CloudWatch Logs.
    Group(Text),
    /// The streams of a group whose names begin so.
    Streams { group: Text, prefix: Text },
    /// All groups whose names match, where `*` stands for any characters; new ones join.
    Matching(Text),
    /// What a resource writes. A service: the groups of its task definition's log configuration,
    /// all containers, tasks that start later as well. A database or cache: the logs that it
    /// exports.
    Resource(KindId, ResourceId),
}

/// A line as CloudWatch keeps it. Only the log engine looks into it, and cleans it first.
#[derive(Clone, PartialEq, Eq)]
pub struct RawLine(String);

impl RawLine {
    pub fn new(raw: impl Into<String>) -> Self {
        Self(raw.into())
    }

    /// As it came: it may hold anything, terminal escapes included.
    pub fn as_raw(&self) -> &str {
        &self.0
    }
}

// A log line may hold secrets.
debug_as!(RawLine, |it| "{} bytes", it.0.len());

/// One event of a log stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    /// AWS's event id: the same event has the same id at every reading. Empty where Live Tail told
    /// it, which tells none.
    pub id: Text,
    /// Milliseconds since the epoch, as the writer said.
    pub at: i64,
    /// When CloudWatch got it; 0 where it is not told.
    pub ingested: i64,
    pub group: Text,
    pub stream: Text,
    pub line: RawLine,
}

/// What a tail tells.
#[derive(Clone, Debug)]
pub enum LogPiece {
    /// What the sources turned out to be; more may come while it runs.
    Sources(Vec<LogSource>),
    /// In no order and with repetitions: the engine merges by time and forgets doubles by id.
    Events(Vec<LogEvent>),
    /// The newest lines of every source have been told once; from here on it follows.
    CaughtUp,
    /// Until this moment (milliseconds) everything that CloudWatch had of a source was told.
    Until { source: LogSource, at: i64 },
    /// A source cannot be read: its lines are missing since that moment (milliseconds). It is tried
    /// again, and the gap filled.
    Broken { source: LogSource, since: i64, fault: Fault },
    /// Polls of a source are so far apart now, for the sake of the quota or because AWS throttles.
    Paced(Duration),
    /// Live Tail runs; `None`: the tail polls.
    Live(Option<LiveSession>),
    /// The history was read back to this moment (milliseconds): there is no more line in between.
    Back(i64),
}

/// A session of Live Tail, which AWS bills by the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveSession {
    /// When the tail's first session began (milliseconds); it goes on over reconnects.
    pub since: i64,
    /// Sessions that run at once: one has ten groups at most.
    pub sessions: usize,
    /// Updates that were a sample: above 500 lines a second CloudWatch leaves some out.
    pub sampled: u64,
}
