//! The line that is typed in the log pane: a filter, a time, a source, a file's name.

use jiff::tz::TimeZone;
use tui_input::Input;

use super::parts::{Prompt, Typed};
use super::{LogView, source_of};
use crate::app::field::{self, Written};
use crate::app::moment::moment;
use crate::domain::Timestamp;
use crate::domain::log::LogSource;
use crate::logs::filter::{Term, Test};

impl Typed {
    /// What is wrong with it while it is typed.
    fn check(&mut self) {
        let value = self.input.value();
        self.error = match self.prompt {
            _ if value.is_empty() => None,
            Prompt::Include | Prompt::Exclude | Prompt::Highlight => Term::new(value).err().map(|bad| bad.to_string()),
            Prompt::Source => source_of(value).err(),
            Prompt::Time | Prompt::File { .. } => None,
        };
    }
}

/// What the line asks the console to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PromptAction {
    /// One more source into the tail.
    Add(LogSource),
    /// Write the pieces of this file.
    Save,
}

impl LogView {
    pub(super) fn open_prompt(&mut self, prompt: Prompt, first: &str) {
        self.input = Some(Typed { prompt, input: Input::new(first.to_string()), error: None });
    }

    /// Prompt for the file that is to be written.
    pub fn ask_file(&mut self, first: String) {
        if self.saving.is_some() {
            return self.remark("a file is being written already");
        }
        self.open_prompt(Prompt::File { whole: false }, &first);
    }

    /// Tab in the line: what is shown, or all that is held.
    pub fn toggle_whole(&mut self) {
        if let Some(Typed { prompt: Prompt::File { whole }, .. }) = &mut self.input {
            *whole = !*whole;
        }
    }

    /// Into the line; a bad regex is told while it is typed.
    pub fn write(&mut self, written: Written) {
        if let Some(typed) = &mut self.input
            && field::write(&mut typed.input, written)
        {
            typed.check();
        }
    }

    /// Enter in the line: it is done, unless it is wrong.
    pub fn accept_input(&mut self, now: Timestamp, zone: &TimeZone) -> Option<PromptAction> {
        let mut typed = self.input.take()?;
        let value = typed.input.value().to_string();
        if value.is_empty() {
            return None;
        }
        typed.check();
        if typed.error.is_none() {
            match self.take_input(typed.prompt, &value, now, zone) {
                Ok(wish) => return wish,
                Err(error) => typed.error = Some(error),
            }
        }
        self.input = Some(typed);
        None
    }

    fn take_input(
        &mut self,
        prompt: Prompt,
        value: &str,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Result<Option<PromptAction>, String> {
        let term = || Term::new(value).map_err(|bad| bad.to_string());
        match prompt {
            Prompt::Include => self.add_filter(Test::Include(term()?)),
            Prompt::Exclude => self.add_filter(Test::Exclude(term()?)),
            Prompt::Highlight => self.add_filter(Test::Highlight(term()?)),
            Prompt::Time => {
                let zone = self.zone(zone);
                let at = moment(value, now, &zone).ok_or("write 5m, 2h, 02:10 or 2026-11-21T02:10")?;
                self.jump(at.as_millisecond());
            }
            Prompt::Source => return Ok(Some(PromptAction::Add(source_of(value)?))),
            Prompt::File { whole } => {
                if value.contains('/') {
                    return Err("a name alone: the file is written where midwatch was started".to_string());
                }
                self.save(value.to_string(), whole);
                return Ok(Some(PromptAction::Save));
            }
        }
        Ok(None)
    }
}
