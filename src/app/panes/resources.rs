//! The list of one kind, while it has the keys, and the keys of every list.

use super::logs::LOGS_OF;
use super::{LIST, bar};
use crate::app::clipboard;
use crate::app::cursor::{Cursor, Motion};
use crate::app::field::{self, Written};
use crate::app::input::{ACCEPT, NEXT, PREVIOUS};
use crate::app::panes::deck::ZOOM;
use crate::app::state::DetailView;
use crate::app::views::golden::GOLDEN;
use crate::app::views::jobs::JOBS;
use crate::app::views::picker::{ENVIRONMENTS, PALETTE};
use crate::app::views::prelude::*;
use crate::app::views::timeline::TIMELINE;

declare_commands! {
    pub UP = "up": LIST, ["k", "up"], "up", "One row up." => .not_by_name();
    pub DOWN = "down": LIST, ["j", "down"], "down", "One row down." => .not_by_name();
    HALF_UP = "half-up": LIST, ["ctrl-u"], "half a page up", "Half a page up.";
    HALF_DOWN = "half-down": LIST, ["ctrl-d"], "half a page down", "Half a page down.";
    PAGE_UP = "page-up": LIST, ["pageup", "ctrl-b"], "page up", "One page up.";
    pub PAGE_DOWN = "page-down": LIST, ["pagedown", "ctrl-f"], "page down", "One page down.";
    TOP = "top": LIST, ["g g", "home"], "top", "To the first row.";
    BOTTOM = "bottom": LIST, ["G", "end"], "bottom", "To the last row.";
    pub OPEN = "open": LIST, ["enter"], "open", "Open the selected row." => .unless(nothing_selected);
    pub FILTER = "filter": LIST, ["/"], "filter", "Filter: text, regex, column:value, column>number; ! inverts."
        => .unless(in_order_of_config);
    pub SORT_NEXT = "sort-next": LIST, [">"], "sort", "Sort by the next column; wrong first comes before the first."
        => .unless(in_order_of_config).runs(|state, _| sort(state, 1));
    pub SORT_PREVIOUS = "sort-previous": LIST, ["<"], "sort back", "Sort by the previous column."
        => .unless(in_order_of_config).runs(|state, _| sort(state, -1));
    pub SORT_REVERSE = "sort-reverse": LIST, [","], "reverse", "Turn the order round."
        => .unless(in_order_of_config).runs(|state, _| {
            if let Some((_, list)) = state.focused_list() {
                list.reverse();
            }
        });
    pub COPY = "copy": LIST, ["c"], "copy", "Copy the ARN of the selected row." => .unless(nothing_selected);
    pub CONSOLE_URL = "console-url": LIST, ["o"], "console URL", "Copy the address of its page in the AWS web console."
        => .unless(no_page).runs(|state, _| clipboard::console_url(state));
}

/// What moves, by its id.
const MOTIONS: [(Command, Motion); 10] = [
    (UP, Motion::Rows(-1)),
    (DOWN, Motion::Rows(1)),
    (PREVIOUS, Motion::Rows(-1)),
    (NEXT, Motion::Rows(1)),
    (HALF_UP, Motion::Halves(-1)),
    (HALF_DOWN, Motion::Halves(1)),
    (PAGE_UP, Motion::Halves(-2)),
    (PAGE_DOWN, Motion::Halves(2)),
    (TOP, Motion::Top),
    (BOTTOM, Motion::Bottom),
];

/// How far a command moves.
pub fn motion(command: Command) -> Option<Motion> {
    MOTIONS.iter().find(|(by, _)| *by == command).map(|(_, motion)| *motion)
}

fn nothing_selected(state: &State, _: Command) -> Option<String> {
    match state.focus {
        Pane::Kind(id) if state.selected(id).is_none() => Some("nothing is selected".to_string()),
        _ => None,
    }
}

fn no_page(state: &State, command: Command) -> Option<String> {
    match state.focus {
        Pane::Environments => Some("an environment has no page of its own".to_string()),
        _ => nothing_selected(state, command),
    }
}

fn in_order_of_config(state: &State, _: Command) -> Option<String> {
    let why = || "the environments are in the order of the config; e finds one by its name".to_string();
    (state.focus == Pane::Environments).then(why)
}

/// Sorts the focused list by the next or previous column.
fn sort(state: &mut State, step: isize) {
    if let Some((kind, list)) = state.focused_list() {
        list.sort_by(step, kind.columns().len());
    }
}

/// The id of the selected resource.
pub fn id(state: &State) -> Option<String> {
    state.selected(state.focus.kind()?.id()).map(|row| row.object.id().to_string())
}

/// The pane of one kind; what it shows is in [`State::lists`].
pub struct ResourcesPane;

impl View for ResourcesPane {
    fn key_bar(&self, state: &State) -> Vec<Command> {
        if state.is_filtering() {
            return vec![BACK, ACCEPT];
        }
        let own = [OPEN, LOGS_OF, FILTER, SORT_NEXT, GOLDEN, TIMELINE, ENVIRONMENTS, ZOOM, JOBS, PALETTE];
        bar::of(state, &own)
    }

    fn contexts(&self, state: &State) -> &'static [Context] {
        if state.is_filtering() { &[Context::INPUT, Context::GLOBAL] } else { &[LIST, Context::GLOBAL] }
    }

    fn handle_command(&mut self, state: &mut State, command: Command) -> Next {
        match command {
            OPEN => open(state),
            BACK => back(state),
            FILTER | ACCEPT => {
                if let Some((_, list)) = state.focused_list() {
                    list.filtering = command == FILTER;
                }
            }
            _ => return Next::Pass,
        }
        Next::Stay
    }

    fn write(&mut self, state: &mut State, written: Written) {
        if let Some((kind, list)) = state.focused_list()
            && list.filtering
            && field::write(&mut list.filter_input, written)
        {
            list.refilter(kind);
        }
    }

    fn scroll(&mut self, state: &mut State, by: isize) {
        if let Some((_, list)) = state.focused_list() {
            list.step(by);
        }
    }

    fn to_copy(&self, state: &State) -> Option<String> {
        id(state)
    }
}

fn open(state: &mut State) {
    if let Some(kind) = state.focus.kind()
        && let Some(row) = state.selected(kind.id())
    {
        let scroll = vec![Cursor::default(); kind.tabs().len()];
        state.detail = Some(DetailView { kind: kind.id(), id: row.object.id().clone(), tab: 0, scroll });
    }
}

/// First the filter, then the zoom.
fn back(state: &mut State) {
    let zoomed = state.zoomed;
    if let Some((kind, list)) = state.focused_list() {
        if list.filtering || !list.filter_input.value().is_empty() {
            list.filtering = false;
            list.filter_input.reset();
            list.refilter(kind);
            return;
        }
        if zoomed {
            state.zoomed = false;
            return;
        }
    }
    state.notice = None;
}
