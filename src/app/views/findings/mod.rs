//! What is wrong, worst first; what it shows is in the store.

pub mod view;

use crate::app::cursor::Cursor;
use crate::app::triage::Triage;
use crate::diagnosis::{Finding, Key};
use crate::keymap::Command;

pub const WRONG: Command = Command::new("wrong");

/// What is selected in the list.
#[derive(Clone, Debug, Default)]
pub struct FindingsView {
    /// It stays the same finding, wherever it goes in the list; `None` is the first.
    selected: Option<Key>,
    /// The first line of what is told of it.
    pub scroll: Cursor,
}

impl FindingsView {
    /// The place of the selected finding; the first where it is there no more.
    pub fn position(&self, triage: &Triage) -> usize {
        let is_it = |(finding, _): (&Finding, _)| self.selected.as_ref().is_some_and(|known| *known == finding.key());
        triage.all().position(is_it).unwrap_or(0)
    }
}
