//! All keys: what they do, and why some do not work here.

pub mod view;

use crate::app::cursor::Cursor;
use crate::keymap::Command;

pub const HELP: Command = Command::new("help");

/// How far down it is scrolled.
#[derive(Default)]
pub struct HelpView {
    pub scroll: Cursor,
}
