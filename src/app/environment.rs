//! Switching to an environment.

use super::cursor::Cursor;
use super::msg::Effect;
use super::panes::deck;
use super::panes::list::ListView;
use super::settle::settle;
use super::state::{NoticeTone, Pane, State};
use super::views::picker::{Choice, Picker};
use crate::domain::text::Text;

/// Nothing is chosen yet: the list to choose from.
pub fn choose(state: &mut State) {
    state.overlays.push(Picker::new(Choice::Environments).into());
    settle(state, false);
}

/// Makes an environment the active one: its last known data is on the screen in the next frame.
/// Dialogs are closed, jobs go on.
pub fn activate(state: &mut State, name: &Text) {
    let Some(row) = state.environments.iter().position(|env| env.name == *name) else { return };
    let env = state.environments[row].clone();
    if let Some(obstacle) = &env.obstacle {
        let text = format!("{name}: {obstacle}");
        state.say(NoticeTone::Error, text);
        if state.current.is_some() {
            return;
        }
    }
    state.environment_row = Cursor::at(row);
    state.overlays.clear();
    deck::close_detail(state);
    if state.current.as_ref() != Some(name) {
        state.logs = None;
        state.insights = None;
        // It would be made of another environment.
        state.report = None;
        state.session = state.session.next();
        state.current = Some(name.clone());
        state.lists.values_mut().for_each(ListView::forget);
    }
    if matches!(state.focus, Pane::Environments | Pane::Logs)
        && let Some(pane) = Pane::all().nth(1)
    {
        state.focus = pane;
    }
    let store = state.stores.entry(name.clone()).or_default();
    store.visited = true;
    // Coming back is a new try: a login may have happened in between.
    store.locked_out = None;
    if env.region.is_none() && env.obstacle.is_none() {
        return state.overlays.push(Picker::new(Choice::Region(name.clone())).into());
    }
    settle(state, false);
    state.effects.push(Effect::Remember(name.clone()));
}
