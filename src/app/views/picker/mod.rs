//! Fuzzy lists over everything: commands, environments, regions.

pub mod entries;
pub mod view;

use tui_input::Input;

use crate::app::cursor::Cursor;
use crate::domain::text::Text;
use crate::keymap::Command;

pub const PALETTE: Command = Command::new("palette");
pub const ENVIRONMENTS: Command = Command::new("environments");

/// What is picked from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    Commands,
    Environments,
    /// For the environment of this name, which has none.
    Region(Text),
    /// A saved query for the open Insights.
    Queries,
}

/// An open fuzzy list.
#[derive(Clone, Debug)]
pub struct Picker {
    pub choice: Choice,
    pub input: Input,
    pub cursor: Cursor,
    /// The cursor was moved since something was typed.
    pub moved: bool,
}

impl Picker {
    pub fn new(choice: Choice) -> Self {
        Self { choice, input: Input::default(), cursor: Cursor::default(), moved: false }
    }

    /// The place of the selected entry. Of all commands none is selected before one was asked for.
    pub fn selected(&self) -> Option<usize> {
        let is_asked = self.choice != Choice::Commands || self.moved || !self.input.value().trim().is_empty();
        is_asked.then_some(self.cursor.place())
    }

    pub fn title(&self) -> String {
        match &self.choice {
            Choice::Commands => "Commands".to_string(),
            Choice::Environments => "Environments".to_string(),
            Choice::Queries => "Saved queries".to_string(),
            Choice::Region(name) => format!("{name} has no region: choose or type one"),
        }
    }
}
