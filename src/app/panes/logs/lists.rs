//! What the pane can list instead of lines: patterns, sources, marks. One entry is selected, by
//! what it is and not by its row, since rows change places while lines come.

use super::LogView;
use super::parts::{Item, Shows, Tally};
use crate::logs::event::{Source, SourceId};
use crate::logs::filter::{Term, Test};
use crate::logs::patterns::{Pattern, PatternId, WILD};

/// A pattern that begins so much later than the oldest line is new, in milliseconds.
const NEW: i64 = 5 * 60_000;

impl LogView {
    /// Shows a list, or the lines again.
    pub(super) fn show(&mut self, shows: Shows) {
        self.shows = if self.shows == shows { Shows::Lines } else { shows };
        self.open = None;
        self.item = self.items().first().copied();
    }

    /// The entries of the list that is shown.
    pub fn items(&self) -> Vec<Item> {
        match self.shows {
            Shows::Lines => Vec::new(),
            Shows::Patterns => self.patterns().into_iter().map(|pattern| Item::Pattern(pattern.id)).collect(),
            Shows::Sources => self.table.iter().map(|(id, _)| Item::Source(id)).collect(),
            Shows::Marks => self.marks().rev().map(Item::Mark).collect(),
        }
    }

    /// The row of the selected entry among these.
    pub fn item_row(&self, items: &[Item]) -> usize {
        items.iter().position(|item| Some(*item) == self.item).unwrap_or(0)
    }

    pub(super) fn step_item(&mut self, by: isize) {
        let items = self.items();
        let row = self.item_row(&items).saturating_add_signed(by).min(items.len().saturating_sub(1));
        self.item = items.get(row).copied();
    }

    /// Enter on an entry, or `x`: its lines alone, or all but those; a mark is gone to.
    pub(super) fn choose(&mut self, hide: bool) {
        let items = self.items();
        let Some(item) = items.get(self.item_row(&items)).copied() else { return };
        match item {
            Item::Mark(key) if hide => {
                self.marks.remove(&key);
                return self.step_item(0);
            }
            Item::Mark(key) => {
                if !self.view.keys().contains(key) {
                    self.remark("a filter hides this line: backspace takes the last one away");
                }
                self.select(key);
            }
            Item::Pattern(id) => {
                let Some(term) = self.patterns.get(id).and_then(|pattern| Term::new(&regex_of(pattern)).ok()) else {
                    return;
                };
                self.add_filter(if hide { Test::Exclude(term) } else { Test::Include(term) });
            }
            Item::Source(id) => return self.toggle_source(id, hide),
        }
        self.shows = Shows::Lines;
    }

    /// Takes a source into the choice of sources, or out of it; `hide`: all others are in.
    fn toggle_source(&mut self, id: SourceId, hide: bool) {
        let mut stack = self.view.stack().clone();
        let mut chosen = match stack.take(|filter| matches!(filter, Test::Sources(_))) {
            Some(Test::Sources(chosen)) => chosen,
            _ if hide => self.table.iter().map(|(id, _)| id).collect(),
            _ => Vec::new(),
        };
        let count = chosen.len();
        chosen.retain(|other| *other != id);
        if chosen.len() == count && !hide {
            chosen.push(id);
        }
        if !chosen.is_empty() {
            stack.push(Test::Sources(chosen));
        }
        self.lay(stack);
    }

    /// The choice of sources that a filter makes.
    pub fn is_chosen(&self, id: SourceId) -> bool {
        self.stack().filters().iter().all(|filter| match filter {
            Test::Sources(chosen) => chosen.contains(&id),
            _ => true,
        })
    }

    pub fn source(&self, id: SourceId) -> Option<(&Source, Tally)> {
        let tally = self.tallies.get(usize::from(id.0)).copied().unwrap_or(Tally { lines: 0, last: 0 });
        Some((self.table.get(id)?, tally))
    }

    pub fn pattern(&self, id: PatternId) -> Option<&Pattern> {
        self.patterns.get(id)
    }

    /// It was first seen since the newest deployment, or, where none is known, a good while after
    /// the oldest line.
    pub fn is_new(&self, pattern: &Pattern) -> bool {
        let Some(oldest) = self.buffer.first() else { return false };
        // What is older than all that was read says nothing about what is new.
        match self.deployed.filter(|at| *at > oldest.at) {
            Some(at) => pattern.first >= at,
            None => pattern.first - oldest.at > NEW,
        }
    }

    /// New patterns first, then the most frequent ones.
    fn patterns(&self) -> Vec<&Pattern> {
        let mut patterns = self.patterns.list();
        patterns.sort_by_key(|pattern| !self.is_new(pattern));
        patterns
    }
}

/// A regex that finds the lines of a pattern.
fn regex_of(pattern: &Pattern) -> String {
    let text = pattern.text();
    let words = text.trim_end_matches(" …").split(' ');
    let words = words.map(|word| word.split(WILD).map(regex::escape).collect::<Vec<_>>().join(".*?"));
    words.collect::<Vec<_>>().join(r"\s+")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::patterns::Patterns;

    #[test]
    fn a_pattern_finds_its_lines() {
        let mut patterns = Patterns::default();
        let lines = ["GET /a/17 took 3ms (x)  for \"Ann Lee\"", "GET /a/9 took 44ms (x)  for \"Bob\""];
        let ids = lines.map(|line| patterns.add(line, None, 0, 0));
        assert_eq!(ids[0], ids[1]);
        let term = Term::new(&regex_of(patterns.get(ids[0]).unwrap())).unwrap();
        assert!(lines.iter().all(|line| term.is_in(line)), "{}", term.pattern());
        assert!(!term.is_in("GET /b/17 took 3ms (x)  for \"Ann Lee\""));
    }
}
