//! Goes from one event of a view to the next that has a term or a level, in slices.

use super::buffer::{Buffer, BufferEntry, EventKey};
use super::filter::Term;
use super::level::Level;
use super::view::{Direction, FilteredView};

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Goal {
    Term(Term),
    /// At least this level.
    Level(Level),
}

impl Goal {
    fn is_met(&self, entry: &BufferEntry<'_>) -> bool {
        match self {
            Self::Term(term) => term.is_in(entry.text),
            Self::Level(least) => entry.level >= Some(*least),
        }
    }
}

/// How a search stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchStep {
    At(EventKey),
    /// The budget is used up, or the view must do some more work first.
    NotYet,
    /// There is none in this direction.
    None,
}

/// A search under way.
#[derive(Debug, Clone)]
pub struct Search {
    goal: Goal,
    direction: Direction,
    /// The next event to be asked is from here on, or before here.
    at: EventKey,
}

impl Search {
    /// Looks for the next event behind `from`, or before it.
    pub fn new(goal: Goal, from: EventKey, direction: Direction) -> Self {
        let at = if direction == Direction::Forth { from.next() } else { from };
        Self { goal, direction, at }
    }

    /// Asks about at most `budget` events. After it found one, it goes on behind it.
    pub fn step(&mut self, view: &FilteredView, buffer: &Buffer, budget: usize) -> SearchStep {
        let mut keys = view.keys().walk(self.at, self.direction);
        for key in keys.by_ref().take(budget) {
            self.at = if self.direction == Direction::Forth { key.next() } else { key };
            if buffer.get(key).is_some_and(|entry| self.goal.is_met(&entry)) {
                return SearchStep::At(key);
            }
        }
        if keys.next().is_some() || !view.progress(buffer).is_done { SearchStep::NotYet } else { SearchStep::None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::event::{Event, EventId, SourceId};
    use crate::logs::filter::Stack;
    use crate::logs::filter::tests::term;

    #[test]
    fn a_search_goes_on_in_slices() {
        let mut buffer = Buffer::default();
        for at in 0..100 {
            let text = if at % 40 == 10 { "ERROR" } else { "fine" };
            buffer.push(&Event::new(EventId(0), at, at, SourceId(0), text));
        }
        let mut view = FilteredView::new(Stack::default());
        let mut forth = Search::new(Goal::Level(Level::Error), EventKey::from_time(10), Direction::Forth);
        assert_eq!(forth.step(&view, &buffer, 10), SearchStep::NotYet, "the view has asked none yet");
        view.work(&buffer, 1_000);
        let mut found = Vec::new();
        let mut steps = 0;
        loop {
            steps += 1;
            match forth.step(&view, &buffer, 7) {
                SearchStep::At(key) => found.push(key.at),
                SearchStep::NotYet => {}
                SearchStep::None => break,
            }
        }
        assert_eq!(found, [10, 50, 90]);
        assert!(steps > 10);
        let mut back = Search::new(Goal::Term(term("error")), EventKey::from_time(90), Direction::Back);
        assert!(matches!(back.step(&view, &buffer, 1_000), SearchStep::At(key) if key.at == 50));
        assert!(matches!(back.step(&view, &buffer, 1_000), SearchStep::At(key) if key.at == 10));
        assert_eq!(back.step(&view, &buffer, 1_000), SearchStep::None);
    }
}
