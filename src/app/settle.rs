//! What is derived is brought up to date: the order of lists, the layout, what is scrolled to.

use super::layout::place;
use super::panes::logs::view as logs;
use super::state::{Pane, State};
use super::store::Store;
use super::views::insights::view as insights;
use crate::domain::Timestamp;
use crate::kinds;

/// After everything that happened; after a key only what its frame shows.
pub fn settle(state: &mut State, is_key: bool) {
    let deployed = logs::deployed(state);
    if let Some(logs) = &mut state.logs {
        logs.deployed = deployed;
        logs.incident = state.charts.incident.map(Timestamp::as_millisecond);
        logs.settle(state.now, is_key);
    }
    state.stores.values_mut().for_each(Store::settle);
    if let Some(store) = state.current.as_ref().and_then(|name| state.stores.get_mut(name)) {
        for kind in kinds::registry() {
            if let Some(view) = state.lists.get_mut(&kind.id()) {
                store.arrange(kind, view, state.now);
            }
        }
    }
    state.layout = place::of(state);
    insights::settle(state);
    for kind in kinds::registry() {
        let rows = state.layout.rows(Pane::Kind(kind.id()));
        if let (Some(view), true) = (state.lists.get_mut(&kind.id()), rows > 0) {
            view.scroll_to_selection(rows);
        }
    }
}
