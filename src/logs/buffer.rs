//! Holds the events of a tail in order of time within a bound of events and bytes. Oldest go first.
//!
//! Events lie in chunks, each with its own text, so that an event which comes late moves one
//! chunk's records at most and an evicted chunk returns its memory whole.

use std::collections::VecDeque;
use std::ops::Range;

use super::event::{Event, SourceId};
use super::level::{self, Level};
use super::settings::{read_bytes, read_lines};
use crate::domain::schema::table;

/// The place of an event in order of time. It belongs to one event of a buffer and never changes;
/// of events of one millisecond, the one that came first is first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey {
    /// When the event happened: milliseconds since 1970.
    pub at: i64,
    /// The event's sequence number: how many had come into the buffer before it.
    pub seq: u64,
}

impl EventKey {
    pub const MIN: Self = Self { at: i64::MIN, seq: 0 };
    pub const MAX: Self = Self { at: i64::MAX, seq: u64::MAX };

    /// Before all events of this millisecond.
    pub fn from_time(at: i64) -> Self {
        Self { at, seq: 0 }
    }

    /// The least key after this one.
    pub fn next(self) -> Self {
        match self.seq.checked_add(1) {
            Some(seq) => Self { seq, ..self },
            None => Self { at: self.at.saturating_add(1), seq: 0 },
        }
    }
}

table! {
    /// What a buffer may hold. The newest event is always kept, whatever its size.
    #[derive(Debug, Clone, Copy)]
    pub struct BufferLimits {
        events("lines"): usize = 1_000_000, read_lines,
            "number; 1_000_000", "lines that a tail holds at most; the oldest go first";
        /// Bytes of text and records. The space of evicted events returns with their chunk, so up to
        /// one chunk (about 1 MiB) more may be in use for a while.
        bytes: usize = 512 << 20, read_bytes,
            "bytes or \"512 MiB\", \"1 GiB\"", "what they may take together";
    }
}

/// An event in the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferEntry<'a> {
    pub key: EventKey,
    /// Milliseconds since 1970; exact up to 24 days after the event's own time.
    pub ingested: i64,
    pub source: SourceId,
    pub level: Option<Level>,
    /// It came after a newer event.
    pub late: bool,
    /// Without controls other than `\n`.
    pub text: &'a str,
}

/// Bytes that an event takes besides its text: the record, and the `\n` that ends its text.
const OVERHEAD: usize = size_of::<Record>() + 1;
/// Tests have small chunks, so that small examples fill many.
const CHUNK_EVENTS: usize = if cfg!(test) { 32 } else { 4096 };
const CHUNK_TEXT: usize = if cfg!(test) { 1024 } else { 1024 * 1024 };

#[derive(Debug, Clone, Copy)]
struct Record {
    at: i64,
    seq: u64,
    /// Where the text begins in the chunk's text.
    start: u32,
    len: u32,
    /// From `at` to the ingestion, in milliseconds.
    lag: i32,
    source: SourceId,
    level: Option<Level>,
    late: bool,
}

const _: () = assert!(size_of::<Record>() == 32);

impl Record {
    fn key(&self) -> EventKey {
        EventKey { at: self.at, seq: self.seq }
    }
}

/// Neighbours in time. `text` holds the text of each with a `\n` after it, in the same order, so
/// that the texts of many events can be searched as one.
#[derive(Debug, Default)]
struct Chunk {
    records: Vec<Record>,
    text: String,
    /// Evicted records at the front.
    dead: usize,
    /// Nothing but late events will come any more, so there is little room for them.
    is_sealed: bool,
}

impl Chunk {
    fn live(&self) -> &[Record] {
        &self.records[self.dead..]
    }

    fn entry(&self, record: &Record) -> BufferEntry<'_> {
        let start = record.start as usize;
        BufferEntry {
            key: record.key(),
            ingested: record.at.saturating_add(i64::from(record.lag)),
            source: record.source,
            level: record.level,
            late: record.late,
            text: &self.text[start..start + record.len as usize],
        }
    }

    fn entries(&self, places: Range<usize>) -> impl DoubleEndedIterator<Item = BufferEntry<'_>> {
        self.records[places].iter().map(|record| self.entry(record))
    }

    fn is_full(&self, more: usize) -> bool {
        self.records.len() >= CHUNK_EVENTS || (!self.records.is_empty() && self.text.len() + more > CHUNK_TEXT)
    }

    /// The index of the first live record that is not before `key`.
    fn lower_bound(&self, key: EventKey) -> usize {
        self.dead + self.live().partition_point(|record| record.key() < key)
    }

    fn insert(&mut self, mut record: Record, text: &str) {
        let index = self.lower_bound(record.key());
        if self.is_sealed {
            self.make_some_room(text.len() + 1);
        }
        let start = self.records.get(index).map_or(self.text.len(), |next| next.start as usize);
        // A chunk holds under 1 MiB of text and one event of under 512 KiB, so `u32` is enough.
        (record.start, record.len) = (start as u32, text.len() as u32);
        for later in &mut self.records[index..] {
            later.start += record.len + 1;
        }
        self.records.insert(index, record);
        if start == self.text.len() {
            self.text.push_str(text);
            self.text.push('\n');
        } else {
            self.text.insert(start, '\n');
            self.text.insert_str(start, text);
        }
    }

    /// Doubling, as collections do, would leave each chunk half empty that ever had a late event.
    fn make_some_room(&mut self, size: usize) {
        if self.text.capacity() - self.text.len() < size {
            self.text.reserve_exact(size + self.text.len() / 16);
        }
        if self.records.capacity() == self.records.len() {
            self.records.reserve_exact(1 + self.records.len() / 16);
        }
    }

    /// The events of `records` in a chunk of their own, as small as may be.
    fn copy(&self, records: &[Record]) -> Self {
        let size: usize = records.iter().map(|r| r.len as usize + 1).sum();
        let mut new = Self::with_room(records.len(), size);
        for record in records {
            new.insert(*record, self.entry(record).text);
        }
        new.is_sealed = true;
        new
    }

    fn with_room(records: usize, text: usize) -> Self {
        Self { records: Vec::with_capacity(records), text: String::with_capacity(text), ..Self::default() }
    }

    fn seal(&mut self) {
        self.records.shrink_to_fit();
        self.text.shrink_to_fit();
        self.is_sealed = true;
    }
}

/// The events of a tail.
#[derive(Debug, Default)]
pub struct Buffer {
    limits: BufferLimits,
    /// None is empty; the keys of each are before those of the next.
    chunks: VecDeque<Chunk>,
    len: usize,
    bytes: usize,
    seen: u64,
    evicted: u64,
}

impl Buffer {
    pub fn new(limits: BufferLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Puts an event in its place and evicts the oldest if need be; that may be the event itself,
    /// if it is older than all others.
    pub fn push(&mut self, event: &Event) -> EventKey {
        let key = EventKey { at: event.at, seq: self.seen };
        let lag = event.ingested.saturating_sub(event.at).clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
        let record = Record {
            at: key.at,
            seq: key.seq,
            start: 0,
            len: 0,
            lag,
            source: event.source,
            level: level::of(event.text()),
            late: self.last().is_some_and(|last| key.at < last.at),
        };
        let text = event.text();
        let chunk = self.chunk_for(key, text.len() + 1);
        self.chunks[chunk].insert(record, text);
        self.seen += 1;
        self.len += 1;
        self.bytes += text.len() + OVERHEAD;
        while self.len > self.limits.events.max(1) || (self.bytes > self.limits.bytes && self.len > 1) {
            self.evict();
        }
        key
    }

    /// The index of the chunk that takes an event, with room for it.
    fn chunk_for(&mut self, key: EventKey, size: usize) -> usize {
        // The last chunk that begins before the key, or the first of all.
        let index = self.chunks.partition_point(|chunk| chunk.live()[0].key() < key).saturating_sub(1);
        let next_has_room = self.chunks.get(index + 1).map(|next| !next.is_full(size));
        let Some(chunk) = self.chunks.get_mut(index) else {
            self.chunks.push_back(Chunk::default());
            return 0;
        };
        if !chunk.is_full(size) {
            return index;
        }
        let place = chunk.lower_bound(key) - chunk.dead;
        let live = chunk.live();
        if place == live.len() && next_has_room == Some(true) {
            return index + 1;
        }
        if place == 0 || place == live.len() {
            chunk.seal();
            let index = index + usize::from(place > 0);
            self.chunks.insert(index, Chunk::default());
            return index;
        }
        // It comes late into a full chunk, which is parted in the middle.
        let (before, after) = live.split_at(live.len() / 2);
        let (before, after) = (chunk.copy(before), chunk.copy(after));
        self.chunks[index] = before;
        self.chunks.insert(index + 1, after);
        // A part may still be too full for a great text. Each is half of the last, so that ends.
        self.chunk_for(key, size)
    }

    fn evict(&mut self) {
        let Some(first) = self.chunks.front_mut() else { return };
        self.bytes -= first.live()[0].len as usize + OVERHEAD;
        self.len -= 1;
        self.evicted += 1;
        first.dead += 1;
        if first.live().is_empty() {
            self.chunks.pop_front();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Bytes that are allocated.
    pub fn allocated(&self) -> usize {
        let of = |chunk: &Chunk| chunk.records.capacity() * size_of::<Record>() + chunk.text.capacity();
        self.chunks.iter().map(of).sum::<usize>() + self.chunks.capacity() * size_of::<Chunk>()
    }

    /// All events that ever came: `seen = len + evicted`.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// The oldest event's key.
    pub fn first(&self) -> Option<EventKey> {
        self.chunks.front().map(|chunk| chunk.live()[0].key())
    }

    /// The newest event's key.
    pub fn last(&self) -> Option<EventKey> {
        self.chunks.back().and_then(|chunk| chunk.records.last()).map(Record::key)
    }

    pub fn get(&self, key: EventKey) -> Option<BufferEntry<'_>> {
        self.forward(key).next().filter(|entry| entry.key == key)
    }

    /// The events from `key` on, it included, to the newest.
    pub fn forward(&self, key: EventKey) -> impl Iterator<Item = BufferEntry<'_>> {
        let (place, record) = self.place(key);
        let here = self.chunks.get(place).into_iter();
        let here = here.flat_map(move |chunk| chunk.entries(record..chunk.records.len()));
        let behind = self.chunks.iter().skip(place + 1);
        here.chain(behind.flat_map(|chunk| chunk.entries(chunk.dead..chunk.records.len())))
    }

    /// The events before `key`, it excluded, newest first.
    pub fn backward(&self, key: EventKey) -> impl Iterator<Item = BufferEntry<'_>> {
        let (place, record) = self.place(key);
        let here = self.chunks.get(place).into_iter().flat_map(move |chunk| chunk.entries(chunk.dead..record).rev());
        let before = self.chunks.range(..place).rev();
        here.chain(before.flat_map(|chunk| chunk.entries(chunk.dead..chunk.records.len()).rev()))
    }

    /// How many events are before `key`.
    pub fn rank(&self, key: EventKey) -> usize {
        let (chunk, record) = self.place(key);
        let whole: usize = self.chunks.range(..chunk).map(|chunk| chunk.live().len()).sum();
        whole + self.chunks.get(chunk).map_or(0, |chunk| record - chunk.dead)
    }

    /// Chunk and record of the first event that is not before `key`.
    fn place(&self, key: EventKey) -> (usize, usize) {
        let chunk = self.chunks.partition_point(|chunk| chunk.live()[0].key() <= key).saturating_sub(1);
        (chunk, self.chunks.get(chunk).map_or(0, |chunk| chunk.lower_bound(key)))
    }

    /// The run of events just before `key` that lie in one chunk, at most `most` of them.
    pub(super) fn run_before(&self, key: EventKey, most: usize) -> Option<Run<'_>> {
        let (mut chunk, mut end) = self.place(key);
        if end == self.chunks.get(chunk)?.dead {
            chunk = chunk.checked_sub(1)?;
            end = self.chunks[chunk].records.len();
        }
        let chunk = &self.chunks[chunk];
        let start = end.saturating_sub(most).max(chunk.dead);
        Some(Run { chunk, records: &chunk.records[start..end] })
    }
}

/// Neighbours whose text lies together.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    chunk: &'a Chunk,
    records: &'a [Record],
}

impl<'a> Run<'a> {
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// The `i`th event, oldest first. `i` must be less than `len`.
    pub fn entry(&self, i: usize) -> BufferEntry<'a> {
        self.chunk.entry(&self.records[i])
    }

    /// The text of all events together, each with a `\n` after it.
    pub fn text(&self) -> &'a str {
        let (Some(first), Some(last)) = (self.records.first(), self.records.last()) else { return "" };
        &self.chunk.text[first.start as usize..(last.start + last.len) as usize + 1]
    }

    /// The index of the event whose text, within [`Run::text`], holds this byte, and where that
    /// text ends. `from` is an index that is not behind it.
    pub fn holding(&self, byte: usize, from: usize) -> (usize, usize) {
        let base = self.records[0].start as usize;
        let rest = &self.records[from..];
        let is_before = |r: &Record| ((r.start + r.len) as usize - base) < byte;
        // It is often one of the next few, so the steps grow.
        let mut far = 1;
        while rest.get(far).is_some_and(is_before) {
            far *= 2;
        }
        let near = far / 2;
        let i = from + near + rest[near..rest.len().min(far + 1)].partition_point(is_before);
        let i = i.min(self.records.len() - 1);
        (i, (self.records[i].start + self.records[i].len) as usize + 1 - base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::event::EventId;
    use proptest::prelude::*;

    fn event(at: i64, text: &str) -> Event {
        Event::new(EventId(0), at, at + 700, SourceId(3), text)
    }

    fn texts<'a>(entries: impl Iterator<Item = BufferEntry<'a>>) -> Vec<&'a str> {
        entries.map(|entry| entry.text).collect()
    }

    #[test]
    fn late_events_find_their_place() {
        let mut buffer = Buffer::default();
        let a = buffer.push(&event(10, "a"));
        let c = buffer.push(&event(30, "c ERROR"));
        let b = buffer.push(&event(20, "b"));
        let a2 = buffer.push(&event(10, "a2"));
        assert_eq!(texts(buffer.forward(EventKey::MIN)), ["a", "a2", "b", "c ERROR"]);
        assert_eq!(texts(buffer.backward(EventKey::MAX)), ["c ERROR", "b", "a2", "a"]);
        assert_eq!(texts(buffer.backward(b)), ["a2", "a"]);
        assert_eq!(buffer.forward(EventKey::from_time(11)).next().unwrap().key, b);
        assert_eq!((a.seq, c.seq, b.seq, a2.seq), (0, 1, 2, 3));
        let entry = buffer.get(c).unwrap();
        assert_eq!(
            (entry.ingested, entry.source, entry.level, entry.late),
            (730, SourceId(3), Some(Level::Error), false)
        );
        assert!(buffer.get(b).unwrap().late);
        assert!(buffer.get(EventKey { at: 20, seq: 9 }).is_none());
    }

    #[test]
    fn a_buffer_stays_small() {
        let mut buffer = Buffer::default();
        let line = "x".repeat(100);
        for i in 0..20_000 {
            buffer.push(&event(i, &line));
        }
        assert!(buffer.allocated() < 20_000 * 150, "{} bytes", buffer.allocated());
        for i in 0..2_000 {
            buffer.push(&event(i * 10, &line));
        }
        assert!(buffer.allocated() < 22_000 * 160, "{} bytes", buffer.allocated());
    }

    #[test]
    fn great_texts_fit_anywhere() {
        let mut buffer = Buffer::default();
        let great = "x".repeat(256 * 1024);
        for i in 0..500i64 {
            let at = (i * 7919) % 503;
            buffer.push(&event(at, if i % 50 == 0 { &great } else { "small" }));
        }
        assert!(buffer.forward(EventKey::MIN).is_sorted_by_key(|e| e.key));
        assert_eq!(buffer.forward(EventKey::MIN).count(), 500);
        assert!(buffer.chunks.iter().all(|chunk| chunk.text.len() <= great.len() + CHUNK_TEXT));
    }

    #[test]
    fn the_newest_is_kept_whatever_its_size() {
        let mut buffer = Buffer::new(BufferLimits { events: 10, bytes: 100 });
        buffer.push(&event(1, &"x".repeat(500)));
        buffer.push(&event(2, &"y".repeat(500)));
        assert_eq!((buffer.len(), buffer.evicted()), (1, 1));
        assert_eq!(buffer.first().unwrap().seq, 1);
    }

    proptest! {
        #[test]
        fn a_buffer_is_the_newest_of_a_sorted_list(
            times in prop::collection::vec(0i64..500, 0..400),
            events in 1usize..400,
            bytes in 200usize..20_000,
            from in 0i64..500,
        ) {
            let mut buffer = Buffer::new(BufferLimits { events, bytes });
            let mut model: Vec<(EventKey, String)> = Vec::new();
            for (i, at) in times.iter().enumerate() {
                let text = format!("{i} {}", "x".repeat(i % 70));
                let key = buffer.push(&event(*at, &text));
                prop_assert_eq!(key, EventKey { at: *at, seq: i as u64 });
                model.push((key, text));
                model.sort();
                let cost = |model: &[(EventKey, String)]| model.iter().map(|(_, t)| t.len() + OVERHEAD).sum::<usize>();
                while model.len() > events || (cost(&model) > bytes && model.len() > 1) {
                    model.remove(0);
                }
                prop_assert_eq!(buffer.bytes, cost(&model));
                prop_assert_eq!(buffer.seen(), buffer.len() as u64 + buffer.evicted());
            }
            let all: Vec<(EventKey, String)> = buffer.forward(EventKey::MIN).map(|e| (e.key, e.text.to_string())).collect();
            prop_assert_eq!(&all, &model);
            let mut back: Vec<EventKey> = buffer.backward(EventKey::from_time(from)).map(|e| e.key).collect();
            back.extend(buffer.forward(EventKey::from_time(from)).map(|e| e.key));
            back.sort();
            prop_assert_eq!(back, model.iter().map(|(k, _)| *k).collect::<Vec<_>>());
            prop_assert_eq!(buffer.first(), model.first().map(|m| m.0));
            prop_assert_eq!(buffer.last(), model.last().map(|m| m.0));
            for (key, text) in &model {
                prop_assert_eq!(buffer.get(*key).map(|e| e.text), Some(text.as_str()));
            }
        }
    }
}
