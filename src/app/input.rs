//! The keys of a text field or a fuzzy list, whichever view has it.

use super::command::{Command, CommandSpec, Context};

pub const ACCEPT: Command = Command::new("accept");
pub const NEXT: Command = Command::new("next");
pub const PREVIOUS: Command = Command::new("previous");
pub const COMPLETE: Command = Command::new("complete");

pub const COMMANDS: &[CommandSpec] = &[
    of(ACCEPT, &["enter"], "accept", "Take what is typed or selected."),
    of(NEXT, &["down", "ctrl-n"], "next", "The next entry, or one more."),
    of(PREVIOUS, &["up", "ctrl-p"], "previous", "The previous entry, or one less."),
    of(COMPLETE, &["tab"], "preset", "The next offered value."),
];

const fn of(command: Command, keys: &'static [&'static str], label: &'static str, help: &'static str) -> CommandSpec {
    CommandSpec::new(command, Context::INPUT, keys, label, help)
}
