//! All keys: what they do, and why some do not work here.

pub mod view;

use tui_input::Input;

use crate::app::cursor::Cursor;
use crate::keymap::Command;

pub const HELP: Command = Command::new("help");

/// What is told of all keys, and how far down it is scrolled.
#[derive(Default)]
pub struct HelpView {
    pub scroll: Cursor,
    /// Only what has these words is told.
    pub filter: Input,
    /// The filter takes the keys.
    pub is_filtering: bool,
}

impl HelpView {
    /// Whether all words of the filter are in the texts of a command.
    pub fn admits(&self, texts: &[&str]) -> bool {
        let filter = self.filter.value().to_lowercase();
        let told = texts.join(" ").to_lowercase();
        filter.split_whitespace().all(|word| told.contains(word))
    }
}
