//! The list of one kind, while it has the keys, and the keys of every list.

use super::logs::LOGS_OF;
use super::{LIST, bar};
use crate::app::clipboard;
use crate::app::command::{Command, CommandSpec, Context};
use crate::app::cursor::{Cursor, Motion};
use crate::app::field::{self, Written};
use crate::app::input::{ACCEPT, NEXT, PREVIOUS};
use crate::app::msg::Effect;
use crate::app::panes::deck::ZOOM;
use crate::app::state::{DetailView, Pane, State};
use crate::app::views::golden::GOLDEN;
use crate::app::views::jobs::JOBS;
use crate::app::views::picker::{ENVIRONMENTS, PALETTE};
use crate::app::views::timeline::TIMELINE;
use crate::app::views::view::{BACK, Next, View};

pub const UP: Command = Command::new("up");
pub const DOWN: Command = Command::new("down");
pub const PAGE_DOWN: Command = Command::new("page-down");
pub const OPEN: Command = Command::new("open");
pub const FILTER: Command = Command::new("filter");
pub const SORT_NEXT: Command = Command::new("sort-next");
pub const SORT_PREVIOUS: Command = Command::new("sort-previous");
pub const SORT_REVERSE: Command = Command::new("sort-reverse");
pub const COPY: Command = Command::new("copy");
pub const CONSOLE_URL: Command = Command::new("console-url");

/// What moves, by its id.
const MOTIONS: [(Command, Motion); 10] = [
    (UP, Motion::Rows(-1)),
    (DOWN, Motion::Rows(1)),
    (PREVIOUS, Motion::Rows(-1)),
    (NEXT, Motion::Rows(1)),
    (Command::new("half-up"), Motion::Halves(-1)),
    (Command::new("half-down"), Motion::Halves(1)),
    (Command::new("page-up"), Motion::Halves(-2)),
    (PAGE_DOWN, Motion::Halves(2)),
    (Command::new("top"), Motion::Top),
    (Command::new("bottom"), Motion::Bottom),
];

/// How far a command moves.
pub fn motion(command: Command) -> Option<Motion> {
    MOTIONS.iter().find(|(by, _)| *by == command).map(|(_, motion)| *motion)
}

pub const COMMANDS: &[CommandSpec] = &[
    of("up", &["k", "up"], "up", "One row up.").not_by_name(),
    of("down", &["j", "down"], "down", "One row down.").not_by_name(),
    of("half-up", &[], "half a page up", "Half a page up."),
    of("half-down", &[], "half a page down", "Half a page down."),
    of("page-up", &["pageup"], "page up", "One page up."),
    of("page-down", &["pagedown"], "page down", "One page down."),
    of("top", &["g g", "home"], "top", "To the first row."),
    of("bottom", &["G", "end"], "bottom", "To the last row."),
    of("open", &["enter"], "open", "Open the selected row.").unless(nothing_selected),
    of("filter", &["/"], "filter", "Filter: text, regex, column:value, ! inverts.").unless(in_order_of_config),
    of("sort-next", &[">"], "sort", "Sort by the next column; wrong first comes before the first.")
        .unless(in_order_of_config)
        .runs(|state, _| sort(state, 1)),
    of("sort-previous", &["<"], "sort back", "Sort by the previous column.")
        .unless(in_order_of_config)
        .runs(|state, _| sort(state, -1)),
    of("sort-reverse", &[","], "reverse", "Turn the order round.").unless(in_order_of_config).runs(|state, _| {
        if let Some((_, list)) = state.focused_list() {
            list.reverse();
        }
        vec![]
    }),
    of("copy", &["c"], "copy", "Copy the ARN of the selected row.").unless(nothing_selected),
    of("console-url", &["o"], "console URL", "Copy the address of its page in the AWS web console.")
        .unless(no_page)
        .runs(|state, _| clipboard::console_url(state)),
];

const fn of(id: &'static str, keys: &'static [&'static str], label: &'static str, help: &'static str) -> CommandSpec {
    CommandSpec::new(Command::new(id), LIST, keys, label, help)
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
fn sort(state: &mut State, step: isize) -> Vec<Effect> {
    if let Some((kind, list)) = state.focused_list() {
        list.sort_by(step, kind.columns().len());
    }
    vec![]
}

/// The id of the selected resource.
pub fn id(state: &State) -> Option<String> {
    state.selected(state.focus.kind()?.id()).map(|row| row.object.id().to_string())
}

/// The pane of one kind; what it shows is in [`State::lists`].
pub struct ResourcesPane;

impl View for ResourcesPane {
    fn commands() -> &'static [CommandSpec] {
        COMMANDS
    }

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
        Next::STAY
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
