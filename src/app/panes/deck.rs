//! The deck: which pane has the keys, how one gets to another, and what works whichever it is.

use crate::app::state::DetailView;
use crate::app::views::prelude::*;
use crate::domain::log::LogSource;
use crate::domain::resource::{KindId, ResourceId};
use crate::kinds;

declare_commands! {
    NEXT_PANE = "next-pane": Context::GLOBAL, ["tab"], "next pane", "Focus the next pane."
        => .runs(|state, _| focus_step(state, 1));
    PREVIOUS_PANE = "previous-pane": Context::GLOBAL, ["backtab"], "previous pane", "Focus the previous pane."
        => .runs(|state, _| focus_step(state, -1));
    PANE_1 = "pane-1": Context::GLOBAL, ["1"], "pane 1", "Focus pane 1." => .runs_everywhere(go_to_pane).unless(no_pane);
    PANE_2 = "pane-2": Context::GLOBAL, ["2"], "pane 2", "Focus pane 2." => .runs_everywhere(go_to_pane).unless(no_pane);
    PANE_3 = "pane-3": Context::GLOBAL, ["3"], "pane 3", "Focus pane 3." => .runs_everywhere(go_to_pane).unless(no_pane);
    PANE_4 = "pane-4": Context::GLOBAL, ["4"], "pane 4", "Focus pane 4." => .runs_everywhere(go_to_pane).unless(no_pane);
    PANE_5 = "pane-5": Context::GLOBAL, ["5"], "pane 5", "Focus pane 5." => .runs_everywhere(go_to_pane).unless(no_pane);
    PANE_6 = "pane-6": Context::GLOBAL, ["6"], "pane 6", "Focus pane 6." => .runs_everywhere(go_to_pane).unless(no_pane);
    PANE_7 = "pane-7": Context::GLOBAL, ["7"], "pane 7", "Focus pane 7." => .runs_everywhere(go_to_pane).unless(no_pane);
    PANE_8 = "pane-8": Context::GLOBAL, ["8"], "pane 8", "Focus pane 8." => .runs_everywhere(go_to_pane).unless(no_pane);
    PANE_9 = "pane-9": Context::GLOBAL, ["9"], "pane 9", "Focus pane 9." => .runs_everywhere(go_to_pane).unless(no_pane);
    pub ZOOM = "zoom": Context::GLOBAL, ["z"], "zoom", "Give the focused pane the whole screen, and back."
        => .runs(|state, _| state.zoomed = !state.zoomed);
    SUSPEND = "suspend": Context::GLOBAL, ["ctrl-z"], "suspend", "Step aside to the shell; `fg` comes back."
        => .runs_everywhere(|state, _| state.effects.push(Effect::Suspend));
    REDRAW = "redraw": Context::GLOBAL, ["ctrl-l"], "redraw", "Draw the whole screen anew."
        => .runs_everywhere(|state, _| state.effects.push(Effect::Redraw));
}

/// What the key bar tells of all panes together.
pub const PANE: Command = Command::new("pane");

/// By the number of a pane on the screen, from 1.
const PANES: [Command; 9] = [PANE_1, PANE_2, PANE_3, PANE_4, PANE_5, PANE_6, PANE_7, PANE_8, PANE_9];

/// The pane that a command goes to by its number: `None` inside where there is none of it, outside where the
/// command is about something else.
pub fn pane_of(command: Command) -> Option<Option<Pane>> {
    let place = PANES.iter().position(|pane| *pane == command)?;
    Some(Pane::all().nth(place))
}

/// The command that goes to a pane by its number.
pub fn number(pane: Pane) -> Option<Command> {
    PANES.get(pane.number().checked_sub(1)?).copied()
}

fn no_pane(state: &State, command: Command) -> Option<String> {
    match pane_of(command)? {
        None => Some(format!("there is no {}", command.id().replace('-', " "))),
        Some(Pane::Logs) if state.logs.is_none() => {
            Some("no logs are open: l on a service, database or cache opens its own".to_string())
        }
        Some(_) => None,
    }
}

/// Out of views in which nothing is lost.
fn go_to_pane(state: &mut State, command: Command) {
    if let Some(pane) = pane_of(command).flatten().filter(|pane| state.panes().any(|open| open == *pane))
        && state.overlays.iter().all(|overlay| overlay.view().is_disposable())
    {
        state.overlays.clear();
        focus(state, pane);
    }
}

/// Gives a pane the keys. The logs stand beside an open detail; any other pane closes it.
fn focus(state: &mut State, pane: Pane) {
    if pane != Pane::Logs {
        close_detail(state);
    }
    state.focus = pane;
}

/// The next or previous pane, round and round; from the logs beside a detail, back to that.
fn focus_step(state: &mut State, step: isize) {
    if let (Some(detail), true) = (&state.detail, state.logs.is_some()) {
        state.focus = if state.is_in_detail() { Pane::Logs } else { Pane::Kind(detail.kind) };
        return;
    }
    let panes: Vec<Pane> = state.panes().collect();
    let place = panes.iter().position(|pane| *pane == state.focus).unwrap_or(0);
    focus(state, panes[(place as isize + step).rem_euclid(panes.len() as isize) as usize]);
}

/// Closes the detail; the view that it was opened from stays closed.
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
    state.detail = tab.map(|tab| DetailView { kind, id, tab, scroll: vec![Cursor::default(); declared.tabs().len()] });
}

/// The open detail, and those whose logs are in view.
pub fn resources(state: &State) -> Vec<&ResourceId> {
    let detail = state.detail.iter().filter(|_| state.is_in_detail()).map(|detail| &detail.id);
    let logs = state.logs.iter().filter(|_| state.is_in_view(Pane::Logs));
    detail.chain(logs.flat_map(|logs| of_sources(&logs.sources))).collect()
}

/// The resources among the sources of logs.
pub fn of_sources(sources: &[LogSource]) -> impl Iterator<Item = &ResourceId> {
    sources.iter().filter_map(|source| match source {
        LogSource::Resource(_, id) => Some(id),
        _ => None,
    })
}
