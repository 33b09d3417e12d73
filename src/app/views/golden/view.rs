//! The page of golden signals: from an entry to its charts, and the keys over charts.

use super::{GOLDEN, GoldenView, signals};
use crate::app::chart_keys::{self, METRICS};
use crate::app::cursor;
use crate::app::panes::resources::OPEN;
use crate::app::state::Overlay;
use crate::app::views::prelude::*;
use crate::app::views::timeline::{self, TIMELINE};
use crate::kinds::tab::Tab;

declare_commands! {
    GOLDEN: LIST, ["m"], "golden signals", "CDN, load balancing, services, databases, caches on one page, the worst first."
        => .runs_everywhere(|state, _| toggle(state)).also("metrics charts dashboard");
}

/// Opens the page over the deck; from anywhere else it closes.
fn toggle(state: &mut State) {
    match state.overlays.is_empty() {
        true => state.overlays.push(GoldenView.into()),
        false => state.overlays.retain(|overlay| !matches!(overlay, Overlay::Golden(_))),
    }
}

pub fn is_open(state: &State) -> bool {
    state.overlays.iter().any(|overlay| matches!(overlay, Overlay::Golden(_)))
}

impl View for GoldenView {
    fn key_bar(&self, _: &State) -> Vec<Command> {
        [&[BACK, OPEN, GOLDEN], &chart_keys::BAR[..]].concat()
    }

    fn contexts(&self, _: &State) -> &'static [Context] {
        &[METRICS, LIST, Context::GLOBAL]
    }

    fn handle_command(&mut self, state: &mut State, command: Command) -> Next {
        match command {
            _ if chart_keys::handle_command(state, command) => Next::Stay,
            OPEN => open(state),
            GOLDEN => Next::Close,
            TIMELINE => {
                timeline::view::open(state);
                Next::Stay
            }
            _ => Next::Pass,
        }
    }

    fn scroll(&mut self, state: &mut State, by: isize) {
        let sections = signals::sections(state);
        let count = sections.iter().map(|section| section.entries.len()).sum::<usize>();
        let place = cursor::step(signals::position(state, &sections), by, count);
        let entry = sections.iter().flat_map(|section| &section.entries).nth(place);
        let selected = entry.map(|entry| (entry.layer.place, entry.row.object.id().clone()));
        state.charts.golden = selected;
    }

    fn covers_screen(&self) -> bool {
        true
    }
}

/// To the charts of the selected resource.
fn open(state: &State) -> Next {
    let sections = signals::sections(state);
    let place = signals::position(state, &sections);
    let Some(entry) = sections.iter().flat_map(|section| &section.entries).nth(place) else { return Next::Stay };
    let tab = entry.kind.tabs().iter().position(Tab::is_charts).unwrap_or(0);
    Next::Open(entry.kind.id(), entry.row.object.id().clone(), tab)
}
