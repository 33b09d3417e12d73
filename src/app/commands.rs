//! Every command, once: what the views, the panes and the rest of the console declare, and the actions of the
//! kinds. Key bar, help, palette, keymaps and `midwatch keys` are made of it.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::action::undo;
use super::command::{Command, CommandSpec};
use super::panes::logs::view as logs;
use super::panes::{self, LIST, deck, detail, resources};
use super::report::write as report;
use super::views::action::view::ACT;
use super::views::view as back;
use super::views::{self, for_each_view};
use super::{chart_keys, incident, input, refresh, related_resource};
use crate::keymap::DeclaredCommand;
use crate::kinds;

macro_rules! all_commands {
    ($($($module:ident: $View:ident($Model:ident))? $(+ $other:ident)?;)*) => {
        [$(
            $(views::$module::view::COMMANDS,)?
            $($other::COMMANDS,)?
        )*]
    };
}

/// In the order in which `midwatch keys` tells them.
fn all() -> impl Iterator<Item = &'static CommandSpec> {
    for_each_view!(all_commands).into_iter().flatten()
}

static SPECS: LazyLock<HashMap<Command, &'static CommandSpec>> =
    LazyLock::new(|| all().map(|spec| (spec.declared.command, spec)).collect());

static DECLARED: LazyLock<Vec<DeclaredCommand>> = LazyLock::new(|| {
    let mut declared: Vec<DeclaredCommand> = all().map(|spec| spec.declared).collect();
    for action in kinds::actions() {
        // A verb is one command, whatever kinds have it.
        if declared.iter().all(|declared| declared.command.id() != action.verb()) {
            declared.push(DeclaredCommand {
                command: Command::new(action.verb()),
                context: LIST,
                // They are asked for as long as the program runs.
                keys: vec![action.key()].leak(),
                label: action.label(),
                help: action.help(),
                essential: false,
                changes: true,
            });
        }
    }
    declared
});

/// The declarations of all commands and actions, for the keymap.
pub fn declared() -> &'static [DeclaredCommand] {
    &DECLARED
}

/// How a command is declared; all verbs of actions are declared alike.
pub fn spec(command: Command) -> &'static CommandSpec {
    SPECS.get(&command).copied().unwrap_or(&ACT)
}

/// Its declaration for people; `None`: there is no such command.
pub fn declaration(command: Command) -> Option<&'static DeclaredCommand> {
    declared().iter().find(|declared| declared.command == command)
}

/// Commands that make sense by name, outside their views.
pub fn is_for_palette(declared: &DeclaredCommand) -> bool {
    panes::CONTEXTS.contains(&declared.context) && spec(declared.command).is_for_palette && exists(declared.command)
}

/// Whether there is what the command is for: a pane of that number.
pub fn exists(command: Command) -> bool {
    deck::pane_of(command).is_none_or(|pane| pane.is_some())
}
