//! How a command is declared: its id, where its keys are, the words for it, and what it does. Each is declared
//! in the file that does it, by `declare_commands!`; `commands` has them all.

use super::state::State;
use crate::keymap::DeclaredCommand;
pub use crate::keymap::{Command, Context};
use crate::kinds;

/// What a command does over the deck.
pub type Run = fn(&mut State, Command);

/// One command.
pub struct CommandSpec {
    /// Its id, keys and words.
    pub declared: DeclaredCommand,
    /// Other words by which people look for it, with blanks between.
    pub synonyms: &'static str,
    /// What it does where no view makes something else of it.
    pub run: Run,
    /// Why it cannot be done over the deck now; `None`: it can.
    pub why_not: fn(&State, Command) -> Option<String>,
    /// It is done with a view on top as well.
    pub is_everywhere: bool,
    /// It makes sense by its name alone.
    pub is_for_palette: bool,
}

impl CommandSpec {
    pub const fn new(
        command: Command,
        context: Context,
        keys: &'static [&'static str],
        label: &'static str,
        help: &'static str,
    ) -> Self {
        Self {
            declared: DeclaredCommand { command, context, keys, label, help, essential: false, changes: false },
            synonyms: "",
            run: |_, _| {},
            why_not: |_, _| None,
            is_everywhere: false,
            is_for_palette: true,
        }
    }

    /// Other words by which the palette finds it, with blanks between.
    pub const fn also(mut self, synonyms: &'static str) -> Self {
        self.synonyms = synonyms;
        self
    }

    /// What it does over the deck.
    pub const fn runs(mut self, run: Run) -> Self {
        self.run = run;
        self
    }

    /// What it does over the deck and over a view, unless the view makes something else of it.
    pub const fn runs_everywhere(mut self, run: Run) -> Self {
        (self.run, self.is_everywhere) = (run, true);
        self
    }

    /// It says why it cannot be done.
    pub const fn unless(mut self, why_not: fn(&State, Command) -> Option<String>) -> Self {
        self.why_not = why_not;
        self
    }

    /// It means nothing without what is on the screen.
    pub const fn not_by_name(mut self) -> Self {
        self.is_for_palette = false;
        self
    }

    pub const fn essential(mut self) -> Self {
        self.declared.essential = true;
        self
    }

    pub const fn leads_to_a_change(mut self) -> Self {
        self.declared.changes = true;
        self
    }
}

/// The verb of an action, where the command is one's: the kind in focus says which action it means.
pub fn verb(command: Command) -> Option<&'static str> {
    kinds::actions().any(|action| action.verb() == command.id()).then_some(command.id())
}

/// Declares commands and lists them as `COMMANDS`, a row each: the name that code matches on, its id where the name
/// is not declared elsewhere, the context, the default keys, the words, and what it does over the deck.
macro_rules! declare_commands {
    ($($vis:vis $name:ident $(= $id:literal)?: $context:expr, [$($key:literal),*], $label:literal, $help:literal
        $(=> $(.$then:ident($($with:tt)*))+)?;)*) => {
        $($($vis const $name: $crate::app::command::Command = $crate::app::command::Command::new($id);)?)*

        pub const COMMANDS: &[$crate::app::command::CommandSpec] = &[$(
            $crate::app::command::CommandSpec::new($name, $context, &[$($key),*], $label, $help)
                $($(.$then($($with)*))+)?,
        )*];
    };
}
pub(crate) use declare_commands;
