//! Makes one ordered flow of the batches of several sources: repeated events are dropped, and
//! each event is held back for a moment so that slower sources can take their place before it.
//!
//! An event may come twice: by polls, which tell its id, and by Live Tail, which tells none. Those
//! without an id are known by stream, time and text. Lines that agree in all three cannot be told
//! apart, so they are counted: as many are let through as one of the two ways has told.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use super::event::{Event, EventId, hash_of};

/// The bounds of a [`Merger`].
#[derive(Debug, Clone, Copy)]
pub struct MergeLimits {
    /// How long an event is held back, in milliseconds after it happened.
    pub hold_ms: i64,
    /// How long an id has to be remembered after it was last seen, in milliseconds: longer than the
    /// overlap of two reads. As long as there is room it is remembered longer, so that history that
    /// is read again doubles nothing.
    pub window_ms: i64,
    /// The most ids that are remembered; not less than the events that are kept on the screen. Of
    /// contents a quarter of that, since they matter only while Live Tail and a poll may both tell
    /// the same.
    pub ids: usize,
    /// The most events that are held back.
    pub held: usize,
}

impl Default for MergeLimits {
    fn default() -> Self {
        Self { hold_ms: 2_000, window_ms: 300_000, ids: 2_000_000, held: 100_000 }
    }
}

/// What became of all events that came in: `seen = repeated + held + released`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct MergeCounts {
    pub seen: u64,
    /// Those that had been seen before.
    pub repeated: u64,
    pub released: u64,
    /// Those of the released that are older than one released before.
    pub late: u64,
    /// How often ids or contents were forgotten before their time for want of room. If it is not
    /// zero, repeated events may have been let through.
    pub forgot_early: u64,
}

/// An event that has its place now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    pub event: Event,
    /// It is older than an event released before.
    pub late: bool,
}

/// Merges batches. Times are milliseconds since 1970.
#[derive(Debug, Default)]
pub struct Merger {
    limits: MergeLimits,
    ids: Generations<IdSet>,
    contents: Generations<ContentMap>,
    /// An event came without an id: before that contents are counted, but forgetting them is no loss.
    has_live: bool,
    /// In order of time, and of arrival within a millisecond.
    held: BTreeMap<(i64, u64), HeldEvent>,
    /// How many of them were ahead of the clock.
    ahead: usize,
    arrivals: u64,
    /// The latest time that was released. A time ahead of the clock does not count: one source
    /// whose clock is fast would make all others late.
    reached: Option<i64>,
    counts: MergeCounts,
}

#[derive(Debug)]
struct HeldEvent {
    event: Event,
    due: i64,
}

impl Merger {
    pub fn new(limits: MergeLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes a batch in any order; what was seen before is dropped.
    pub fn take(&mut self, batch: impl IntoIterator<Item = Event>, now: i64) {
        for event in batch {
            self.counts.seen += 1;
            if !self.is_new(&event, now) {
                self.counts.repeated += 1;
                continue;
            }
            // An event ahead of the clock is held from its arrival, or it would wait for its time.
            let due = event.at.min(now).saturating_add(self.limits.hold_ms);
            self.ahead += usize::from(self.is_ahead(event.at, due));
            self.held.insert((event.at, self.arrivals), HeldEvent { event, due });
            self.arrivals += 1;
        }
    }

    /// The events that were held long enough, in order of time, and `most` at most: what is left goes the next
    /// time. If more are held than may be, the oldest go as well.
    pub fn release(&mut self, now: i64, most: usize) -> Vec<Released> {
        let mut ready = Vec::new();
        while ready.len() < most && self.held.len() > self.limits.held {
            ready.extend(self.held.pop_first());
        }
        // Of those that were not ahead of the clock, none that is younger can be due: to ask all of
        // them each time would cost more than all the rest.
        let last = if self.ahead > 0 { i64::MAX } else { now.saturating_sub(self.limits.hold_ms) };
        let due = self.held.extract_if(..=(last, u64::MAX), |_, held| held.due <= now);
        ready.extend(due.take(most - ready.len()));
        self.released(ready, now)
    }

    /// All that is held, for the end of a tail.
    pub fn release_all(&mut self, now: i64) -> Vec<Released> {
        let ready = std::mem::take(&mut self.held);
        self.released(ready, now)
    }

    fn released(&mut self, ready: impl IntoIterator<Item = ((i64, u64), HeldEvent)>, now: i64) -> Vec<Released> {
        let mut released = Vec::new();
        for ((at, _), HeldEvent { event, due }) in ready {
            let late = Some(at) < self.reached;
            self.reached = self.reached.max(Some(at.min(now)));
            self.ahead -= usize::from(self.is_ahead(at, due));
            self.counts.released += 1;
            self.counts.late += u64::from(late);
            released.push(Released { event, late });
        }
        released
    }

    /// It came from a clock that is fast.
    fn is_ahead(&self, at: i64, due: i64) -> bool {
        due < at.saturating_add(self.limits.hold_ms)
    }

    pub fn counts(&self) -> MergeCounts {
        self.counts
    }

    /// Whether it is to be let through.
    fn is_new(&mut self, event: &Event, now: i64) -> bool {
        let MergeLimits { ids, window_ms, .. } = self.limits;
        let is_live = event.id == EventId::NONE;
        if !is_live {
            let sizes = (self.ids.young.len(), self.ids.old.len());
            self.counts.forgot_early += u64::from(self.ids.turn(sizes, ids, now, window_ms));
            if !self.ids.insert(event.id) {
                return false;
            }
        }
        self.has_live |= is_live;
        let sizes = (self.contents.young.len(), self.contents.old.len());
        let forgot = self.contents.turn(sizes, ids / 4, now, window_ms);
        self.counts.forgot_early += u64::from(forgot && self.has_live);
        let told = self.contents.of(hash_of(&(event.source, event.at, event.text())));
        let (this, other) = if is_live { (&mut told.live, told.polled) } else { (&mut told.polled, told.live) };
        *this = this.saturating_add(1);
        *this > other
    }
}

/// What was seen of late, in two generations: when the young one is full, it becomes the old one,
/// and what was the old one is forgotten. What is seen again is young again.
#[derive(Debug, Default)]
struct Generations<T> {
    young: T,
    old: T,
    /// When the young generation began.
    since: Option<i64>,
}

impl<T: Default> Generations<T> {
    /// Makes room if need be: `young` and `old` are how many each holds, of `room` in both. Tells
    /// whether something was forgotten before its time.
    fn turn(&mut self, (young, old): (usize, usize), room: usize, now: i64, window_ms: i64) -> bool {
        let since = *self.since.get_or_insert(now);
        if young < (room / 2).max(1) {
            return false;
        }
        self.old = std::mem::take(&mut self.young);
        self.since = Some(now);
        old > 0 && now.saturating_sub(since) < window_ms
    }
}

impl Generations<IdSet> {
    /// Whether it is seen for the first time.
    fn insert(&mut self, id: EventId) -> bool {
        self.young.insert(id) & !self.old.contains(&id)
    }
}

/// How often lines of one stream, millisecond and text were told by either way.
#[derive(Debug, Default, Clone, Copy)]
struct DeliveryCount {
    polled: u32,
    live: u32,
}

impl Generations<ContentMap> {
    fn of(&mut self, content: u64) -> &mut DeliveryCount {
        let Self { young, old, .. } = self;
        young.entry(content).or_insert_with(|| old.remove(&content).unwrap_or_default())
    }
}

type IdSet = HashSet<EventId, BuildHasherDefault<AsIs>>;
/// By the hash of the content.
type ContentMap = HashMap<u64, DeliveryCount, BuildHasherDefault<AsIs>>;

/// An id is a hash already.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::event::SourceId;
    use proptest::prelude::*;

    fn event(id: u64, at: i64) -> Event {
        // The set of ids takes the high bits of an id for its own, so they must vary.
        Event::new(EventId::of(&id.to_string()), at, at + 500, SourceId(0), "line")
    }

    #[test]
    fn events_wait_for_slower_sources() {
        let mut merger = Merger::default();
        merger.take([event(1, 10_000), event(2, 10_300)], 10_400);
        assert!(merger.release(11_999, usize::MAX).is_empty());
        merger.take([event(3, 10_100)], 11_999);
        let at = |released: Vec<Released>| released.iter().map(|r| (r.event.at, r.late)).collect::<Vec<_>>();
        assert_eq!(at(merger.release(12_200, usize::MAX)), [(10_000, false), (10_100, false)]);
        merger.take([event(4, 10_050)], 12_250);
        assert_eq!(at(merger.release(12_300, usize::MAX)), [(10_050, true), (10_300, false)]);
    }

    #[test]
    fn a_fast_clock_makes_nobody_late() {
        let mut merger = Merger::default();
        merger.take([event(1, 7_200_000)], 1_000);
        assert_eq!((merger.ahead, merger.release(3_000, usize::MAX).len()), (1, 1), "it does not wait two hours");
        assert_eq!(merger.ahead, 0);
        merger.take([event(2, 2_900)], 3_100);
        assert!(merger.release(5_000, usize::MAX).iter().all(|r| r.event.at >= 3_000 || r.late));
        merger.take([event(3, 3_500)], 5_100);
        assert!(!merger.release(6_000, usize::MAX)[0].late);
    }

    fn live(at: i64, text: &str) -> Event {
        Event::new(EventId::NONE, at, 0, SourceId(0), text)
    }

    fn polled(id: u64, at: i64, text: &str) -> Event {
        Event::new(EventId::of(&id.to_string()), at, at + 500, SourceId(0), text)
    }

    #[test]
    fn what_live_tail_told_is_known_again_when_it_is_polled() {
        let mut merger = Merger::default();
        merger.take([live(1_000, "a"), live(1_000, "b")], 1_200);
        merger.take([polled(1, 1_000, "a"), polled(2, 1_001, "a"), polled(3, 1_000, "b")], 1_300);
        merger.take([live(1_001, "a"), live(1_002, "c")], 1_400);
        let texts: Vec<_> =
            merger.release_all(1_500).into_iter().map(|r| (r.event.at, r.event.text().to_string())).collect();
        assert_eq!(texts, [(1_000, "a".into()), (1_000, "b".into()), (1_001, "a".into()), (1_002, "c".into())]);
        assert_eq!(merger.counts().repeated, 3);
    }

    #[test]
    fn the_same_words_of_another_stream_are_another_event() {
        let mut merger = Merger::default();
        let elsewhere = Event::new(EventId::NONE, 1_000, 0, SourceId(1), "a");
        merger.take([live(1_000, "a"), elsewhere], 1_200);
        assert_eq!(merger.release_all(1_500).len(), 2);
    }

    #[test]
    fn history_read_again_an_hour_later_doubles_nothing() {
        let mut merger = Merger::default();
        merger.take((0..1000).map(|i| event(i, i as i64)), 0);
        merger.take((1000..2000).map(|i| event(i, i as i64)), 3_600_000);
        merger.take((0..1000).map(|i| event(i, i as i64)), 7_200_000);
        assert_eq!(merger.release_all(7_200_000).len(), 2000);
    }

    #[test]
    fn memory_of_ids_is_bounded_and_told() {
        let limits = MergeLimits { ids: 100, ..MergeLimits::default() };
        let mut merger = Merger::new(limits);
        merger.take((0..1000).map(|i| event(i, 0)), 0);
        assert!(merger.ids.young.len() + merger.ids.old.len() <= 100);
        assert!(merger.contents.young.len() + merger.contents.old.len() <= 25);
        assert!(merger.counts().forgot_early > 0);
    }

    #[test]
    fn what_is_due_goes_a_little_at_a_time() {
        let limits = MergeLimits { held: 60, ..MergeLimits::default() };
        let mut merger = Merger::new(limits);
        merger.take((0..100).map(|i| event(i, i as i64)), 100);
        let mut times = Vec::new();
        let mut release = |now, most| {
            let released = merger.release(now, most);
            times.extend(released.iter().map(|r| r.event.at));
            released.len()
        };
        assert_eq!([release(100, 30), release(100, 30), release(100, 30)], [30, 10, 0], "only what is too much");
        assert_eq!([release(2_049, 9), release(2_049, 9)], [9, 1]);
        assert_eq!(release(9_000, 99), 50);
        assert!(times.iter().copied().eq(0..100));
    }

    #[test]
    fn no_more_is_held_than_may_be() {
        let limits = MergeLimits { held: 10, ..MergeLimits::default() };
        let mut merger = Merger::new(limits);
        merger.take((0..100).map(|i| event(i, i as i64)), 0);
        let released = merger.release(0, usize::MAX);
        assert_eq!(released.len(), 90);
        assert_eq!(released[89].event.at, 89);
        assert_eq!(merger.held.len(), 10);
    }

    proptest! {
        /// Every event comes in at least once, at any time, in any order, often again: each is
        /// released once, and each release is in order.
        #[test]
        fn nothing_is_lost_and_nothing_doubled(
            times in prop::collection::vec(0i64..200, 1..300),
            deliveries in prop::collection::vec((any::<prop::sample::Index>(), 1usize..40), 0..60),
        ) {
            let all: Vec<Event> = times.iter().enumerate().map(|(i, ms)| event(i as u64, ms * 100)).collect();
            let mut merger = Merger::default();
            let mut now = 0;
            let mut out = Vec::new();
            let mut deliver = |batch: Vec<Event>, now: i64| {
                merger.take(batch, now);
                let released = merger.release(now, usize::MAX);
                assert!(released.is_sorted_by_key(|r| r.event.at));
                out.extend(released);
            };
            for (index, n) in deliveries {
                let from = index.index(all.len());
                let mut batch = all[from..(from + n).min(all.len())].to_vec();
                batch.sort_by_key(|e| e.id);
                deliver(batch, now);
                now += 700;
            }
            deliver(all.clone(), now);
            out.extend(merger.release_all(now));
            let counts = merger.counts();
            prop_assert_eq!(counts.seen, counts.repeated + counts.released);
            prop_assert_eq!(counts.forgot_early, 0);
            // What is late is behind something that was released before.
            let mut reached = i64::MIN;
            for one in &out {
                prop_assert!(!one.late || one.event.at < reached);
                reached = reached.max(one.event.at);
            }
            let mut ids: Vec<EventId> = out.iter().map(|r| r.event.id).collect();
            ids.sort();
            let mut expected: Vec<EventId> = all.iter().map(|e| e.id).collect();
            expected.sort();
            prop_assert_eq!(ids, expected);
        }

        /// A true sequence with identical lines in one millisecond. Both ways read parts of it, again
        /// and again, in any order: never more than the truth is let through, and all of it as soon
        /// as one of the two has told all of it.
        #[test]
        fn live_and_polled_make_each_event_once(
            truth in prop::collection::vec((0i64..4, 0usize..3), 1..40),
            deliveries in prop::collection::vec((any::<prop::sample::Index>(), 1usize..12, any::<bool>()), 0..60),
            (ends_by_poll, at_first) in any::<(bool, bool)>(),
        ) {
            let polled: Vec<Event> =
                truth.iter().enumerate().map(|(i, (at, word))| polled(i as u64, *at, ["a", "b", "c"][*word])).collect();
            let live: Vec<Event> = truth.iter().map(|(at, word)| live(*at, ["a", "b", "c"][*word])).collect();
            let mut merger = Merger::default();
            // Live Tail tells each event once at most; polls overlap.
            let mut left = live.clone();
            let whole = |merger: &mut Merger, left: &mut Vec<Event>| {
                merger.take(if ends_by_poll { polled.clone() } else { std::mem::take(left) }, 5);
            };
            if at_first {
                whole(&mut merger, &mut left);
            }
            for (index, n, by_poll) in deliveries {
                if by_poll {
                    let from = index.index(polled.len());
                    merger.take(polled[from..(from + n).min(polled.len())].to_vec(), 10);
                } else if !left.is_empty() {
                    let from = index.index(left.len());
                    let to = (from + n).min(left.len());
                    merger.take(left.drain(from..to), 10);
                }
                prop_assert!(merger.held.len() <= truth.len());
            }
            if !at_first {
                whole(&mut merger, &mut left);
            }
            let said = |events: &[Event]| {
                let mut said: Vec<_> = events.iter().map(|e| (e.at, e.text().to_string())).collect();
                said.sort();
                said
            };
            let out: Vec<Event> = merger.release_all(20).into_iter().map(|r| r.event).collect();
            prop_assert_eq!(said(&out), said(&polled));
        }
    }
}
