//! The events of a buffer that pass a stack of filters, kept as events come and go. When the stack
//! changes, the buffer is gone through again in slices, newest first.

use super::buffer::{Buffer, BufferEntry, EventKey};
use super::filter::Stack;
use super::keys::Keys;

/// The most events shown before and after a match.
pub const MAX_CONTEXT: usize = 100;
/// How many events are asked together.
const RUN: usize = 1024;

/// Which way from a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To older events.
    Back,
    /// To newer events.
    Forth,
}

/// How far the filtering has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterProgress {
    /// Events that were not asked yet, all older than those that were.
    pub left: usize,
    pub is_done: bool,
}

/// What became of all events: `seen = shown + filtered + left + evicted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub seen: u64,
    pub shown: u64,
    pub filtered: u64,
    /// Not asked yet.
    pub left: u64,
    pub evicted: u64,
}

/// What one row of the screen stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewRow {
    /// An event; if it does not pass the filters, it is shown for the sake of one that does.
    Event { key: EventKey, passes: bool },
    /// So many events between two that are shown.
    Gap(usize),
}

/// The choice of events that a screen shows.
#[derive(Debug, Clone)]
pub struct FilteredView {
    stack: Stack,
    keys: Keys,
    /// Events from here on have been asked.
    frontier: EventKey,
    context: usize,
}

impl Default for FilteredView {
    fn default() -> Self {
        Self::new(Stack::default())
    }
}

impl FilteredView {
    /// A view that has asked no event yet; [`FilteredView::work`] does.
    pub fn new(stack: Stack) -> Self {
        Self { stack, keys: Keys::default(), frontier: EventKey::MAX, context: 0 }
    }

    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// Changes the stack; all events are to be asked again.
    pub fn set_stack(&mut self, stack: Stack) {
        if stack != self.stack {
            *self = Self { context: self.context, ..Self::new(stack) };
        }
    }

    /// How many events are shown before and after each that passes, at most [`MAX_CONTEXT`].
    pub fn set_context(&mut self, events: usize) {
        self.context = events.min(MAX_CONTEXT);
    }

    pub fn context(&self) -> usize {
        self.context
    }

    /// Takes note of an event that came into the buffer, and of those that had to leave it.
    pub fn push(&mut self, buffer: &Buffer, key: EventKey) {
        if key >= self.frontier && buffer.get(key).is_some_and(|entry| self.stack.passes(&entry)) {
            self.keys.insert(key);
        }
        self.keys.drop_before(buffer.first().unwrap_or(EventKey::MAX));
    }

    /// Asks about `budget` events that were not asked yet, newest first.
    pub fn work(&mut self, buffer: &Buffer, budget: usize) -> FilterProgress {
        let mut left = budget;
        let mut picked = Vec::new();
        while left > 0 && self.frontier > EventKey::MIN {
            let Some(run) = buffer.run_before(self.frontier, left.min(RUN)) else {
                // What comes from now on is asked as it comes, whatever its time.
                self.frontier = EventKey::MIN;
                break;
            };
            picked.clear();
            self.stack.pick(&run, &mut picked);
            for index in picked.iter().rev() {
                self.keys.insert(run.entry(*index).key);
            }
            self.frontier = run.entry(0).key;
            left -= run.len();
        }
        self.progress(buffer)
    }

    pub fn progress(&self, buffer: &Buffer) -> FilterProgress {
        FilterProgress { left: buffer.rank(self.frontier), is_done: self.frontier == EventKey::MIN }
    }

    pub fn counts(&self, buffer: &Buffer) -> Counts {
        let left = self.progress(buffer).left;
        Counts {
            seen: buffer.seen(),
            shown: self.keys.len() as u64,
            filtered: (buffer.len() - left).saturating_sub(self.keys.len()) as u64,
            left: left as u64,
            evicted: buffer.evicted(),
        }
    }

    /// The events that pass, oldest first.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// At most `most` rows, in the order of going: forth from `from`, it included, or back from
    /// before it. Gaps are marked only where there is context.
    pub fn rows(&self, buffer: &Buffer, from: EventKey, direction: Direction, most: usize) -> Vec<ViewRow> {
        let mut rows = match (self.context, direction) {
            (0, _) => {
                self.keys.walk(from, direction).take(most).map(|key| ViewRow::Event { key, passes: true }).collect()
            }
            _ => self.rows_around(buffer, from, direction, most),
        };
        rows.truncate(most);
        rows
    }

    fn rows_around(&self, buffer: &Buffer, from: EventKey, direction: Direction, most: usize) -> Vec<ViewRow> {
        let is_forth = direction == Direction::Forth;
        let mut rows = Vec::new();
        // What lies behind here, as one goes, was not shown yet.
        let mut edge = from;
        let start = if is_forth { self.oldest_around(buffer, from) } else { self.newest_around(buffer, from).next() };
        for passing in self.keys.walk(start, direction) {
            let (oldest, newest) = (self.oldest_around(buffer, passing), self.newest_around(buffer, passing));
            let entries: Box<dyn Iterator<Item = BufferEntry>> = match is_forth {
                true => Box::new(buffer.forward(oldest.max(edge)).take_while(|entry| entry.key <= newest)),
                false => Box::new(buffer.backward(newest.next().min(edge)).take_while(|entry| entry.key >= oldest)),
            };
            for BufferEntry { key, .. } in entries {
                if rows.len() >= most {
                    return rows;
                }
                let (from, to) = if is_forth { (edge, key) } else { (key.next(), edge) };
                let hidden = buffer.rank(to) - buffer.rank(from);
                if hidden > 0 && !rows.is_empty() {
                    rows.push(ViewRow::Gap(hidden));
                }
                rows.push(ViewRow::Event { key, passes: self.keys.contains(key) });
                edge = if is_forth { key.next() } else { key };
            }
        }
        rows
    }

    /// The oldest event that the context of this place reaches.
    fn oldest_around(&self, buffer: &Buffer, key: EventKey) -> EventKey {
        buffer.backward(key).take(self.context).last().map_or(key, |entry| entry.key)
    }

    fn newest_around(&self, buffer: &Buffer, key: EventKey) -> EventKey {
        buffer.forward(key.next()).take(self.context).last().map_or(key, |entry| entry.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::buffer::BufferLimits;
    use crate::logs::event::{Event, EventId, SourceId};
    use crate::logs::filter::Test;
    use crate::logs::filter::tests::term;
    use proptest::prelude::*;

    fn stack(pattern: &str) -> Stack {
        let mut stack = Stack::default();
        stack.push(Test::Include(term(pattern)));
        stack
    }

    fn event(at: i64, text: &str) -> Event {
        Event::new(EventId(0), at, at, SourceId(0), text)
    }

    #[test]
    fn the_newest_are_asked_first() {
        let mut buffer = Buffer::default();
        for i in 0..10_000 {
            buffer.push(&event(i, if i % 10 == 0 { "hit" } else { "miss" }));
        }
        let mut view = FilteredView::new(stack("hit"));
        let progress = view.work(&buffer, 100);
        assert_eq!((view.keys().len(), progress.left, progress.is_done), (10, 9_900, false));
        assert_eq!(view.keys().last().unwrap().at, 9_990);
        // What comes meanwhile is asked once, above the frontier or below it.
        for at in [20_000, 5] {
            let key = buffer.push(&event(at, "hit"));
            view.push(&buffer, key);
        }
        while !view.work(&buffer, 777).is_done {}
        assert_eq!(view.keys().len(), 1_002);
        let counts = view.counts(&buffer);
        assert_eq!((counts.seen, counts.shown, counts.filtered, counts.left), (10_002, 1_002, 9_000, 0));
    }

    #[test]
    fn context_is_shown_and_gaps_are_marked() {
        let mut buffer = Buffer::default();
        for at in 0..20 {
            buffer.push(&event(at, if [3, 5, 15].contains(&at) { "hit" } else { "miss" }));
        }
        let mut view = FilteredView::new(stack("hit"));
        view.work(&buffer, 100);
        view.set_context(1);
        let told = |rows: Vec<ViewRow>| -> Vec<String> {
            let word = |row: &ViewRow| match row {
                ViewRow::Event { key, passes: true } => format!("{}!", key.at),
                ViewRow::Event { key, .. } => key.at.to_string(),
                ViewRow::Gap(n) => format!("({n})"),
            };
            rows.iter().map(word).collect()
        };
        let forth = told(view.rows(&buffer, EventKey::MIN, Direction::Forth, 100));
        assert_eq!(forth, ["2", "3!", "4", "5!", "6", "(7)", "14", "15!", "16"]);
        let mut back = told(view.rows(&buffer, EventKey::MAX, Direction::Back, 100));
        back.reverse();
        assert_eq!(back, forth);
        assert_eq!(told(view.rows(&buffer, EventKey::from_time(6), Direction::Forth, 2)), ["6", "(7)"]);
        assert_eq!(told(view.rows(&buffer, EventKey::from_time(15), Direction::Back, 3)), ["14", "(7)", "6"]);
    }

    proptest! {
        /// However events come, leave, and are asked in slices, the view is what a plain filter
        /// of the buffer would be.
        #[test]
        fn a_view_is_a_filter_of_the_buffer(
            steps in prop::collection::vec((0i64..300, 0u8..4, 0usize..20), 1..300),
            events in 10usize..120,
            context in 0usize..4,
            patterns in prop::collection::vec(prop::sample::select(vec!["a", "b", "^c", "a|b"]), 1..4),
        ) {
            let mut buffer = Buffer::new(BufferLimits { events, ..BufferLimits::default() });
            let mut view = FilteredView::new(stack("a"));
            view.set_context(context);
            for (i, (at, word, budget)) in steps.iter().enumerate() {
                let key = buffer.push(&event(*at, ["a", "b", "c", "ab"][usize::from(*word)]));
                view.push(&buffer, key);
                if i % 97 == 50 {
                    view.set_stack(stack(patterns[i % patterns.len()]));
                }
                view.work(&buffer, *budget);
                let counts = view.counts(&buffer);
                prop_assert_eq!(counts.seen, counts.shown + counts.filtered + counts.left + counts.evicted);
            }
            while !view.work(&buffer, 7).is_done {}
            let expected: Vec<EventKey> = buffer.forward(EventKey::MIN).filter(|e| view.stack().passes(e)).map(|e| e.key).collect();
            prop_assert_eq!(view.keys().forward(EventKey::MIN).collect::<Vec<_>>(), expected);
            let forth = view.rows(&buffer, EventKey::MIN, Direction::Forth, 1000);
            let mut back = view.rows(&buffer, EventKey::MAX, Direction::Back, 1000);
            back.reverse();
            prop_assert_eq!(&forth, &back);
        }
    }
}
