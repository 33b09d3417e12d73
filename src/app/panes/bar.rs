//! What the key bar tells on the deck: what the resource in focus can be done to, and the keys of the pane.

use crate::app::command::Command;
use crate::app::panes::deck::PANE;
use crate::app::related_resource::RELATED;
use crate::app::state::{Pane, State};
use crate::app::views::compare::COMPARE;
use crate::app::views::help::HELP;
use crate::kinds::action::Action;

/// The keys of a pane among those of the actions there.
pub fn of(state: &State, own: &[Command]) -> Vec<Command> {
    let (seldom, often): (Vec<&'static dyn Action>, Vec<_>) =
        state.acted_on().into_iter().flat_map(|kind| kind.actions()).copied().partition(|action| action.is_seldom());
    let commands = |actions: Vec<&'static dyn Action>| actions.into_iter().map(|action| Command::new(action.verb()));
    let related = state.acted_on().filter(|kind| kind.is_watcher()).map(|_| RELATED);
    let has_revisions = state.focus != Pane::Logs && state.acted_on().is_some_and(|kind| kind.has_revisions());
    let own = has_revisions.then_some(COMPARE).into_iter().chain(own.iter().copied());
    // In the logs their own keys come first, though actions work on what is open beside them.
    let (often, own): (Vec<_>, Vec<_>) = (commands(often).collect(), own.collect());
    let [first, then] = if state.is_in_logs() { [own, often] } else { [often, own] };
    related.into_iter().chain(first).chain(then).chain(commands(seldom)).chain([PANE, HELP]).collect()
}
