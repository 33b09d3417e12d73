//! The actions under way and how they ended; which those are is in `State::jobs`.

pub mod view;

use crate::app::cursor::Cursor;
use crate::keymap::Command;

pub const JOBS: Command = Command::new("jobs");

/// The selected one, newest first.
#[derive(Default)]
pub struct JobsView {
    pub cursor: Cursor,
}
