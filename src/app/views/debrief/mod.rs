//! How the incident that is practised went; what it shows is in `State::debrief`.

pub mod view;

use crate::app::cursor::Cursor;
use crate::keymap::Command;

pub const DEBRIEF: Command = Command::new("debrief");

/// How far down it is scrolled.
#[derive(Default)]
pub struct DebriefView {
    pub scroll: Cursor,
}
