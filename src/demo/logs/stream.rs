//! A stream of a group: who writes to it, and how often.

use super::hash;
use crate::domain::log::{LogEvent, LogSource, RawLine};
use crate::domain::text::Text;

/// What is ingested comes so much later at most, in milliseconds.
pub const DELAY: i64 = 900;

/// What is written between two moments, the first inclusive, the other exclusive, in milliseconds.
type Writer<'a> = Box<dyn Fn(&Head, (i64, i64), &mut Vec<LogEvent>) + 'a>;

/// A stream.
pub struct Stream<'a> {
    head: Head,
    delay: i64,
    writer: Writer<'a>,
}

/// Where a stream is.
pub struct Head {
    pub group: Text,
    pub name: Text,
}

impl<'a> Stream<'a> {
    /// One whose lines are ingested so many milliseconds later at most.
    pub fn new(head: Head, delay: i64, writer: impl Fn(&Head, (i64, i64), &mut Vec<LogEvent>) + 'a) -> Self {
        Self { head, delay, writer: Box::new(writer) }
    }

    pub fn group(&self) -> &Text {
        &self.head.group
    }

    pub fn delay(&self) -> i64 {
        self.delay
    }

    /// Whether a source that is a group, or streams of one, holds this stream.
    pub fn is_of(&self, source: &LogSource) -> bool {
        let Head { group: own, name } = &self.head;
        match source {
            LogSource::Group(group) => group == own,
            LogSource::Streams { group, prefix } => group == own && name.starts_with(prefix.as_str()),
            LogSource::Matching(_) | LogSource::Resource(..) => false,
        }
    }

    /// What it wrote in a span of time.
    pub fn write(&self, span: (i64, i64), events: &mut Vec<LogEvent>) {
        (self.writer)(&self.head, span, events);
    }
}

impl Head {
    /// Fewer than so many lines in each second.
    pub fn seconds(
        &self,
        (from, to): (i64, i64),
        fewer_than: u64,
        events: &mut Vec<LogEvent>,
        line: impl Fn(i64, u64) -> String,
    ) {
        for second in from.div_euclid(1000)..=to.div_euclid(1000) {
            for n in 0..hash(&[&self.name], second) % fewer_than {
                let key = second * 16 + i64::try_from(n).unwrap_or(0);
                let random = hash(&[&self.name, "line"], key);
                let at = second * 1000 + i64::try_from(random % 1000).unwrap_or(0);
                if !(from..to).contains(&at) {
                    continue;
                }
                // A client that tries again at once says the same again.
                let copies = if (random / 5).is_multiple_of(97) { 3 } else { 1 };
                let text = line(at, random);
                for copy in 0..copies {
                    events.push(self.event(key * 4 + copy, at, text.clone()));
                }
            }
        }
    }

    /// A line: `key` is its own in the stream.
    pub fn event(&self, key: i64, at: i64, line: String) -> LogEvent {
        let id = hash(&[&self.name, "id"], key);
        // Equal for all lines of a millisecond: a stream is told in its order.
        let lag = i64::try_from(hash(&[&self.name], at) / 7 % DELAY.unsigned_abs()).unwrap_or(0);
        self.event_with_id(format!("{at:020}{id:016x}"), (at, at + lag), line)
    }

    /// A line with its id, and when it was written and ingested.
    pub fn event_with_id(&self, id: String, (at, ingested): (i64, i64), line: String) -> LogEvent {
        let (group, stream) = (self.group.clone(), self.name.clone());
        LogEvent { id: id.into(), at, ingested, group, stream, line: RawLine::new(line) }
    }
}
