//! The filters of the pane: laid one upon the other, always in view, taken away from the top.

use super::LogView;
use super::places::span_words;
use crate::domain::format;
use crate::logs::filter::{Stack, Test};
use crate::logs::level::Level;

impl LogView {
    /// Lays one more filter.
    pub(super) fn add_filter(&mut self, test: Test) {
        let mut stack = self.view.stack().clone();
        stack.push(test);
        self.lay(stack);
    }

    /// Shows by these filters from now on.
    pub(super) fn lay(&mut self, stack: Stack) {
        self.view.set_stack(stack);
        self.work();
        // The selected event stays where it is if it still passes; else the next older one.
        if let Some(selected) = self.selected {
            let keys = self.view.keys();
            self.selected = keys.backward(selected.next()).next().or_else(|| keys.last());
        }
        if self.selected.is_none() {
            self.follow_again();
        }
    }

    /// Takes the last filter away.
    pub(super) fn drop_filter(&mut self) {
        if self.aside.is_some() {
            return self.around();
        }
        let mut stack = self.view.stack().clone();
        match stack.filters().len().checked_sub(1).and_then(|last| stack.remove(last)) {
            Some(_) => self.lay(stack),
            None => self.remark("no filter is laid"),
        }
    }

    /// All, then from info on, from warn on, from error on.
    pub(super) fn next_level(&mut self) {
        let mut stack = self.view.stack().clone();
        let next = match stack.take(|filter| matches!(filter, Test::Level(_))) {
            Some(Test::Level(Level::Trace | Level::Debug | Level::Info)) => Some(Level::Warn),
            Some(Test::Level(Level::Warn)) => Some(Level::Error),
            Some(_) => None,
            None => Some(Level::Info),
        };
        if let Some(level) = next {
            stack.push(Test::Level(level));
        }
        self.lay(stack);
    }

    /// No lines, two, ten around each match.
    pub(super) fn next_context(&mut self) {
        let next = match self.view.context() {
            0 => 2,
            2 => 10,
            _ => 0,
        };
        self.view.set_context(next);
        self.remark(match next {
            0 => "only lines that match".to_string(),
            n => format!("{n} lines around each match"),
        });
    }

    /// A filter as the pane names it.
    pub fn filter_words(&self, test: &Test) -> String {
        match test {
            Test::Include(term) => format!("/{}", term.pattern()),
            Test::Exclude(term) => format!("not /{}", term.pattern()),
            Test::Highlight(term) => format!("~{}", term.pattern()),
            Test::Level(level) => format!("{} and worse", level.name()),
            Test::Sources(sources) => match sources[..] {
                [source] => format!("from {}", self.label(source)),
                _ => format!("from {}", format::count(sources.len(), "stream")),
            },
            Test::Field { path, value, not } => format!("{path}{}{value}", if *not { "≠" } else { "=" }),
            Test::Time { from, to } => span_words(*from, *to),
        }
    }
}
