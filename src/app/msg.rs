//! Everything that can happen to the console, and everything it can want done: two closed lists.

use std::sync::Arc;

use super::action::Change;
pub use super::session::{ReadKey, RecordScope, Session};
use crate::domain::api_usage::ApiUsage;
use crate::domain::cache::Secret;
use crate::domain::debrief::Debrief;
use crate::domain::environment::Environment;
use crate::domain::fault::Fault;
use crate::domain::intent::{JournalEntry, Outcome};
use crate::domain::query::Answer;
use crate::domain::record::Record;
use crate::domain::resource::ResourceId;
use crate::domain::text::Text;
use crate::keymap::Key;
use crate::port::CallCounter;

/// What can happen.
#[derive(Debug)]
pub enum Msg {
    Key(Key),
    /// Text from the terminal's paste; never confirms anything.
    Paste(String),
    Mouse(Mouse),
    /// Columns and rows.
    Resize(u16, u16),
    /// Time moved; ages and timeouts are looked at.
    Tick,
    /// There is time for a slice of what is behind.
    Work,
    /// What is on the screen now is what the state said: keys typed from here on were typed by
    /// somebody who could see it.
    Painted,
    /// One piece of an answer. `round` is the subscription's round that the read belongs to.
    Answer {
        asked: ReadKey,
        round: u64,
        result: Result<Answer, Fault>,
    },
    /// All of an answer has come.
    Answered(ReadKey),
    /// A change was sent, or was not.
    Sent {
        id: Text,
        /// Which of its calls, from 0.
        step: usize,
        outcome: Outcome,
    },
    /// The journal as it was at the start.
    Journal(Vec<JournalEntry>),
    /// The journal could not be read or written.
    JournalFault(String),
    /// What was recorded of an estate, or why that cannot be read.
    Recalled {
        /// The environment's name.
        environment: Text,
        result: Result<Vec<Record>, String>,
    },
    /// These could not be recorded, and why.
    NotKept {
        environment: Text,
        records: Vec<Record>,
        why: String,
    },
    CallCounter(CallCounter),
    /// What the active environment cost lately.
    ApiUsage(Vec<ApiUsage>),
    /// How the incident that is practised goes.
    Debrief(Option<Debrief>),
    /// A piece of a file was written there, or why not.
    Saved {
        file: String,
        result: Result<String, String>,
    },
    /// The program of a session gave the terminal back; how it ended, well or not.
    Returned {
        session: Text,
        ended: Result<String, String>,
    },
    /// Something to tell that happened outside: a copy that failed.
    Notice(String),
}

/// A mouse event, in cells from the top left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    Press(u16, u16),
    /// Lines down (positive) or up at a place.
    Wheel(u16, u16, i16),
}

/// What the console wants done. The runtime does it; the result comes back as a [`Msg`].
#[derive(Debug)]
pub enum Effect {
    /// Journal the intent, send it once, journal the outcome.
    Change(Box<Change>),
    /// Write to the journal.
    Record(JournalEntry),
    /// Read what was recorded of an account and region. The answer is [`Msg::Recalled`].
    Recall(RecordScope),
    /// Record what was seen there.
    Keep(RecordScope, Vec<Record>),
    /// To the clipboard, over OSC 52. It was cleaned.
    Copy(String),
    /// Remember the environment for the next start.
    Remember(Text),
    /// Read credentials anew at the next request.
    ForgetCredentials(Arc<Environment>),
    /// Hand a typed password to the adapter, for this resource and until the end.
    Unlock {
        env: Arc<Environment>,
        id: ResourceId,
        secret: Secret,
    },
    /// Write a piece of a file where midwatch was started: a new one, unless `more`. The answer is
    /// [`Msg::Saved`].
    Save {
        file: String,
        text: String,
        more: bool,
    },
    /// Give the terminal to the program of a session until it ends; then [`Msg::Returned`].
    StepAside {
        session: Text,
        /// For the line before it begins.
        what: Text,
    },
    /// Draw with this built-in theme until the end.
    Theme(&'static str),
    /// Draw every cell anew.
    Redraw,
    /// Step aside to the shell.
    Suspend,
    Quit,
}
