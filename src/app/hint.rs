//! Which commands apply here and now, and why the others do not: the key bar, the palette and the
//! refusals say the same.

use super::command::Command;
use super::commands;
use super::panes::deck;
use super::state::{Pane, State};
use super::views::dispatch;
use super::views::view::Applies;

/// What the numbers of the panes are for.
pub const PANES: &str = "pane";

/// One entry of the key bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub key: String,
    pub label: &'static str,
    /// It does not apply now.
    pub off: bool,
}

/// Why a command cannot be done here and now; `None` when it can.
pub fn why_not(state: &State, command: Command) -> Option<String> {
    match dispatch::applies(state, command) {
        Applies::Yes => None,
        Applies::No(why) => Some(why),
        Applies::AsOnDeck => (commands::spec(command).why_not)(state, command),
    }
}

/// The key bar: what works here, most useful first.
pub fn bar(state: &State) -> Vec<Hint> {
    dispatch::key_bar(state).into_iter().filter_map(|command| hint(state, command)).collect()
}

/// The key of a command as the key bar shows it; empty where it shows none.
pub fn key(state: &State, command: Command) -> String {
    hint(state, command).map(|hint| hint.key).unwrap_or_default()
}

/// One command as the key bar shows it; `None` while it has no key, or its keys mean something else here.
pub fn hint(state: &State, command: Command) -> Option<Hint> {
    if command == deck::PANE {
        return panes(state);
    }
    let label = match state.action(command.id()) {
        Some(action) => action.label(),
        None => commands::declaration(command)?.label,
    };
    let key = state.keymap.keys_in(state.contexts(), command).into_iter().next()?;
    Some(Hint { key, label, off: why_not(state, command).is_some() })
}

/// The numbers of all panes, as one: they are no counts.
fn panes(state: &State) -> Option<Hint> {
    let key = |pane: Pane| state.keymap.keys(deck::number(pane)?).into_iter().next();
    let mut panes = state.panes();
    let (first, last) = (key(panes.next()?)?, panes.last().and_then(key)?);
    Some(Hint { key: format!("{first}-{last}"), label: PANES, off: false })
}
