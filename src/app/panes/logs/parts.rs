//! What the state of the pane is made of.

use tui_input::Input;

use crate::domain::fault::Fault;
use crate::logs::buffer::EventKey;
use crate::logs::event::SourceId;
use crate::logs::patterns::PatternId;

/// What the pane shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shows {
    #[default]
    Lines,
    Patterns,
    Sources,
    Marks,
}

/// One entry of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    Pattern(PatternId),
    Source(SourceId),
    Mark(EventKey),
}

/// What came from one source.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    pub lines: u64,
    /// The time of the newest line, in milliseconds.
    pub last: i64,
}

/// The open event: the selected one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Opened {
    /// The selected one of its fields.
    pub field: usize,
    /// Lines scrolled down, where it has no fields.
    pub scroll: usize,
}

/// A source that cannot be read.
#[derive(Clone, Debug)]
pub struct Gap {
    /// Its lines are missing since then, in milliseconds.
    pub since: i64,
    pub fault: Fault,
}

/// What is typed in the pane's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    Include,
    Exclude,
    Highlight,
    /// `5m` ago, a time of day, or a moment.
    Time,
    /// One more source.
    Source,
    /// The file that is to be written; all lines that are held, or those that are shown.
    File {
        whole: bool,
    },
}

/// The line that is typed, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Typed {
    pub prompt: Prompt,
    pub input: Input,
    pub error: Option<String>,
}
