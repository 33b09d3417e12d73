//! An opened resource, while it has the keys: its tabs, and the charts of one of them.

use super::logs::LOGS_OF;
use super::resources::{CONSOLE_URL, COPY};
use super::{DETAIL, LIST, bar};
use crate::app::chart_keys::{self, METRICS};
use crate::app::refresh::REFRESH;
use crate::app::views::golden::GOLDEN;
use crate::app::views::help::HELP;
use crate::app::views::jobs::JOBS;
use crate::app::views::prelude::*;
use crate::app::views::timeline::TIMELINE;

declare_commands! {
    NEXT_TAB = "next-tab": DETAIL, ["right", "]"], "next tab", "The next tab."
        => .runs(|state, _| step_tab(state, 1)).unless(nothing_is_open);
    PREVIOUS_TAB = "previous-tab": DETAIL, ["left", "["], "previous tab", "The previous tab."
        => .runs(|state, _| step_tab(state, -1)).unless(nothing_is_open);
}

fn nothing_is_open(state: &State, _: Command) -> Option<String> {
    (!state.is_in_detail()).then(|| "nothing is open".to_string())
}

fn step_tab(state: &mut State, step: isize) {
    if let Some(detail) = &mut state.detail {
        let tabs = detail.scroll.len().max(1) as isize;
        detail.tab = (detail.tab as isize + step).rem_euclid(tabs) as usize;
    }
}

/// The open detail; what it shows is in [`State::detail`].
pub struct DetailPane;

impl View for DetailPane {
    fn key_bar(&self, state: &State) -> Vec<Command> {
        let keys = if chart_keys::have_keys(state) {
            [&chart_keys::BAR[..], &[NEXT_TAB, GOLDEN, LOGS_OF, HELP]].concat()
        } else {
            bar::of(state, &[NEXT_TAB, LOGS_OF, TIMELINE, COPY, CONSOLE_URL, JOBS, REFRESH])
        };
        [vec![BACK], keys].concat()
    }

    fn contexts(&self, state: &State) -> &'static [Context] {
        match chart_keys::have_keys(state) {
            true => &[METRICS, DETAIL, LIST, Context::GLOBAL],
            false => &[DETAIL, LIST, Context::GLOBAL],
        }
    }

    fn handle_command(&mut self, state: &mut State, command: Command) -> Next {
        if chart_keys::have_keys(state) && chart_keys::handle_command(state, command) {
            return Next::Stay;
        }
        if command != BACK {
            return Next::Pass;
        }
        let from = state.came_from.take();
        state.overlays.extend(from);
        state.detail = None;
        Next::Stay
    }

    fn scroll(&mut self, state: &mut State, by: isize) {
        if let Some(detail) = &mut state.detail
            && let Some(line) = detail.scroll.get_mut(detail.tab)
        {
            line.scroll(by);
        }
    }

    fn to_copy(&self, state: &State) -> Option<String> {
        super::resources::id(state)
    }
}
