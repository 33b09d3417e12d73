//! One logged event, and the table of the sources that events come from.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::redact::Redactor;
use crate::domain::text::{Text, clean_block};

/// The most bytes of text that one event keeps; the rest is cut and marked. CloudWatch itself
/// takes up to 1 MiB, but nobody reads a line of that length.
pub const MAX_TEXT: usize = 256 * 1024;

/// The identity of an event, by which the same one is known again in another page: a hash of 64
/// bits, since a tail of a million remembered ids collides once in tens of millions of tails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub u64);

impl EventId {
    /// Of an event that came without one, as those of Live Tail do: it is known by what it says.
    pub const NONE: Self = Self(0);

    /// From CloudWatch's own `eventId`; an empty one is [`EventId::NONE`].
    pub fn of(id: &str) -> Self {
        if id.is_empty() {
            return Self::NONE;
        }
        Self(hash_of(&id).max(1))
    }
}

/// A hash that is the same as long as the program runs.
pub(super) fn hash_of(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// An event as it comes from a log service, its text cleaned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub id: EventId,
    /// When it happened, as the application says: milliseconds since 1970, UTC.
    pub at: i64,
    /// When the log service took it in: milliseconds since 1970, UTC.
    pub ingested: i64,
    pub source: SourceId,
    text: String,
}

impl Event {
    pub fn new(id: EventId, at: i64, ingested: i64, source: SourceId, raw: &str) -> Self {
        Self { id, at, ingested, source, text: clean_block(raw, MAX_TEXT) }
    }

    /// The same without the secrets that its text holds.
    pub fn redacted(mut self, redactor: &Redactor) -> Self {
        if let Cow::Owned(text) = redactor.redact(&self.text) {
            self.text = text;
        }
        self
    }

    /// Without controls other than `\n`, which stands between the lines of one event.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A place in the table of [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u16);

impl SourceId {
    /// Stands for every source that found the table full.
    pub const OTHER: Self = Self(u16::MAX);
}

/// A log stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub group: Text,
    pub stream: Text,
    /// What a narrow column shows of it.
    pub label: Text,
}

/// The sources of one tail, at most 65,535 of them.
#[derive(Debug, Default)]
pub struct Sources {
    list: Vec<Source>,
    ids: HashMap<(Text, Text), SourceId>,
}

impl Sources {
    /// The id of a stream, which is entered if it is new.
    pub fn enter(&mut self, group: impl Into<Text>, stream: impl Into<Text>) -> SourceId {
        let key = (group.into(), stream.into());
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        let Ok(next) = u16::try_from(self.list.len()) else { return SourceId::OTHER };
        let id = SourceId(next);
        if id != SourceId::OTHER {
            let (group, stream) = key.clone();
            let label = label_of(&group, &stream);
            self.list.push(Source { group, stream, label });
            self.ids.insert(key, id);
        }
        id
    }

    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.list.get(usize::from(id.0))
    }

    /// The label of a source, or a word for those that found the table full.
    pub fn label(&self, id: SourceId) -> &str {
        self.get(id).map_or("other", |source| source.label.as_str())
    }

    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.list.iter().zip(0..).map(|(source, i)| (SourceId(i), source))
    }
}

/// The characters of a task's or container's id that tell it from its siblings.
const SHORT_ID: usize = 8;

/// The streams of ECS are `prefix/container/task`, so the container and the head of the task's id
/// say it; those of Lambda are `date/[version]id`. A stream without a name goes by its group.
fn label_of(group: &str, stream: &str) -> Text {
    let parts: Vec<&str> = stream.split('/').filter(|part| !part.is_empty()).collect();
    let is_id = |part: &str| part.len() >= 32 && part.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let last = parts.last().copied().unwrap_or_default();
    match parts.as_slice() {
        [.., container, id] if is_id(id) => Text::new(format!("{container}/{}", &id[..SHORT_ID])),
        _ if last.starts_with('[') && last.contains(']') => {
            let id = last.rsplit(']').next().unwrap_or_default();
            let function = group.rsplit('/').next().unwrap_or(group);
            Text::new(format!("{function}/{}", id.get(..SHORT_ID).unwrap_or(id)))
        }
        [] => Text::new(group),
        _ => Text::new(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_say_what_tells_streams_apart() {
        let mut sources = Sources::default();
        for (group, stream, label) in [
            ("/ecs/shop", "ecs/api/0123456789abcdef0123456789abcdef", "api/01234567"),
            ("/aws/lambda/resize", "2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef", "resize/01234567"),
            ("/aws/rds/instance/db1/error", "db1", "db1"),
            ("app", "", "app"),
        ] {
            let id = sources.enter(group, stream);
            assert_eq!(sources.label(id), label);
            assert_eq!(sources.enter(group, stream), id);
        }
        assert_eq!(sources.iter().count(), 4);
    }

    #[test]
    fn a_full_table_keeps_what_it_has() {
        let mut sources = Sources::default();
        for i in 0..65_535 {
            assert_eq!(sources.enter("g", i.to_string()), SourceId(i));
        }
        assert_eq!(sources.enter("g", "one more"), SourceId::OTHER);
        assert_eq!(sources.label(SourceId::OTHER), "other");
        assert_eq!(sources.enter("g", "7"), SourceId(7));
    }

    #[test]
    fn ids_are_the_same_every_time() {
        assert_eq!(EventId::of("38"), EventId::of("38"));
        assert_ne!(EventId::of("38"), EventId::of("39"));
        assert_eq!(EventId::of(""), EventId::NONE);
    }
}
