//! Moving about: rows, pages, panes, tabs. Nothing here reads or changes anything of AWS.

use super::msg::Effect;
use super::state::{DetailView, Overlay, Pane, State};
use super::triage;
use crate::app::views::golden;
use crate::app::views::timeline;
use crate::domain::resource::{KindId, ResourceId};
use crate::kinds;

/// Lines of a page, where no pane says it.
const PAGE: usize = 10;

/// Gives a pane the keys. The logs stand beside an open detail; any other pane closes it.
pub fn focus(state: &mut State, pane: Pane) {
    if pane != Pane::Logs {
        close_detail(state);
    }
    state.focus = pane;
}

/// Closes the detail; the list that it was opened from stays closed.
pub fn close_detail(state: &mut State) {
    state.detail = None;
    state.came_from = None;
}

/// Goes to a resource in its own list, and opens it at a tab; then Escape leads back to what lies over the
/// deck now.
pub fn show(state: &mut State, kind: KindId, id: ResourceId, tab: Option<usize>) {
    let Some(declared) = kinds::kind(kind) else { return };
    state.focus = Pane::Kind(kind);
    if let Some(list) = state.lists.get_mut(&kind) {
        list.go_to(declared, id.clone());
    }
    let from = state.overlays.pop();
    state.overlays.clear();
    state.came_from = from.filter(|_| tab.is_some());
    state.detail = tab.map(|tab| DetailView { kind, id, tab, scroll: vec![0; declared.tabs.len()] });
}

/// The next or previous pane, round and round; from the logs beside a detail, back to that.
pub fn focus_step(state: &mut State, step: isize) {
    if let (Some(detail), true) = (&state.detail, state.logs.is_some()) {
        state.focus = if state.is_in_detail() { Pane::Logs } else { Pane::Kind(detail.kind) };
        return;
    }
    let panes: Vec<Pane> = state.panes().collect();
    let place = panes.iter().position(|pane| *pane == state.focus).unwrap_or(0);
    focus(state, panes[(place as isize + step).rem_euclid(panes.len() as isize) as usize]);
}

/// Lines of a page where the focus is.
fn page(state: &State) -> usize {
    if let (Some(rect), true) = (state.layout.detail, state.is_in_detail()) {
        return usize::from(rect.height.saturating_sub(4)).max(1);
    }
    match state.layout.rows(state.focus) {
        0 => PAGE,
        rows => rows,
    }
}

/// One up or down, wherever the focus is.
pub fn step(state: &mut State, by: isize) -> Vec<Effect> {
    let now = state.now;
    if let Some(Overlay::Action(dialog)) = state.overlays.last_mut() {
        dialog.step(by, now);
        return vec![];
    }
    scroll(state, by)
}

/// So many lines down (or up) in whatever has the keys.
pub fn scroll(state: &mut State, by: isize) -> Vec<Effect> {
    if let (Some(Overlay::Insights), Some(view)) = (state.overlays.last(), &mut state.insights) {
        view.scroll(by);
        return vec![];
    }
    if let Some(Overlay::Golden) = state.overlays.last() {
        golden::step(state, by);
        return vec![];
    }
    if let Some(Overlay::Timeline(_)) = state.overlays.last() {
        timeline::scroll(state, by);
        return vec![];
    }
    if let Some(Overlay::Wrong(_)) = state.overlays.last() {
        triage::step(state, by);
        return vec![];
    }
    let moved = |place: usize, last: usize| place.saturating_add_signed(by).min(last);
    let jobs = state.jobs.iter().count();
    let forwards = state.forwards.iter().count();
    let entries = match state.overlays.last() {
        Some(Overlay::Picker(picker)) => picker.entries(state).len(),
        _ => 0,
    };
    let in_detail = state.is_in_detail();
    match state.overlays.last_mut() {
        Some(Overlay::Picker(picker)) => picker.selected = moved(picker.selected, entries.saturating_sub(1)),
        Some(Overlay::Help { scroll } | Overlay::Debrief { scroll }) => *scroll = moved(*scroll, usize::from(u16::MAX)),
        Some(Overlay::Compare(view)) => view.scroll(by),
        Some(Overlay::Jobs { selected }) => *selected = moved(*selected, jobs.saturating_sub(1)),
        Some(Overlay::Forwards { selected }) => *selected = moved(*selected, forwards.saturating_sub(1)),
        Some(_) => {}
        None if in_detail => {
            if let Some(detail) = &mut state.detail
                && let Some(line) = detail.scroll.get_mut(detail.tab)
            {
                *line = moved(*line, usize::from(u16::MAX));
            }
        }
        None => match state.focus {
            Pane::Environments => {
                state.environment_row = moved(state.environment_row, state.environments.len().saturating_sub(1));
            }
            Pane::Kind(_) => {
                if let Some((_, view)) = state.focused_list() {
                    view.step(by);
                }
            }
            Pane::Logs => {
                if let Some(logs) = &mut state.logs {
                    logs.scroll(by);
                }
            }
        },
    }
    vec![]
}

/// Half pages down (or up): in what is wrong it is the evidence that goes on, since the list is short.
pub fn turn(state: &mut State, halves: isize) -> Vec<Effect> {
    if let Some(Overlay::Wrong(view)) = state.overlays.last_mut() {
        view.turn(halves);
        return vec![];
    }
    let lines = page(state) as isize;
    scroll(state, if halves % 2 == 0 { halves / 2 * lines } else { halves * lines / 2 })
}

/// Sorts the focused list by the next or previous column.
pub fn sort(state: &mut State, step: isize) {
    if let Some((kind, view)) = state.focused_list() {
        view.sort_by(step, kind.columns.len());
    }
}

/// The next or previous tab of the open detail.
pub fn tab_step(state: &mut State, step: isize) {
    if let Some(detail) = &mut state.detail {
        let tabs = detail.scroll.len().max(1) as isize;
        detail.tab = (detail.tab as isize + step).rem_euclid(tabs) as usize;
    }
}
