//! From a resource that is about another (an alarm) to that other.

use super::command::declare_commands;
use super::panes::{LIST, deck};
use super::state::{Pane, State};
use crate::domain::resource::{KindId, ResourceId};
use crate::kinds;

declare_commands! {
    pub RELATED = "subject": LIST, ["a"], "what it is about", "From an alarm to the resource that it is about."
        => .runs(|state, _| go(state)).unless(|state, _| of(state).err());
}

/// What the selected resource is about.
///
/// # Errors
/// Why there is nothing to go to.
fn of(state: &State) -> Result<(KindId, ResourceId), String> {
    let Some(kind) = state.acted_on().filter(|kind| kind.is_watcher()) else {
        let kinds = kinds::registry().filter(|kind| kind.is_watcher());
        let places: Vec<String> =
            kinds.map(|kind| format!("{} ({})", kind.title().to_lowercase(), Pane::Kind(kind.id()).number())).collect();
        return Err(format!("only {} are about something else", places.join(", ")));
    };
    let row = state.selected(kind.id()).ok_or_else(|| format!("no {} is selected", kind.noun()))?;
    let found = state.store().and_then(|store| store.related_resource(kind, row));
    let (of, subject) = found.ok_or("it is about nothing that is listed here")?;
    Ok((of.id(), subject.object.id().clone()))
}

/// Opens it, in its own pane.
fn go(state: &mut State) {
    if let Ok((kind, id)) = of(state) {
        deck::show(state, kind, id, Some(0));
    }
}
