//! The list of what is wrong. What is done about a finding is done to its resource.

use super::{FindingsView, WRONG};
use crate::app::command::verb;
use crate::app::cursor::{self, Cursor, Motion};
use crate::app::panes::logs::LOGS_OF;
use crate::app::panes::resources::{CONSOLE_URL, DOWN, OPEN, PAGE_DOWN};
use crate::app::related_resource::RELATED;
use crate::app::state::Overlay;
use crate::app::views::api::ApiView;
use crate::app::views::compare::COMPARE;
use crate::app::views::golden::GOLDEN;
use crate::app::views::help::HELP;
use crate::app::views::overlay::toggle;
use crate::app::views::prelude::*;
use crate::app::views::timeline::{self, TIMELINE};
use crate::diagnosis::{Finding, MIDWATCH};
use crate::domain::resource::ResourceId;

/// Lines of evidence that half a page goes on by, and the most there are.
const EVIDENCE: isize = 4;
const MOST_EVIDENCE: usize = 60;

declare_commands! {
    WRONG: LIST, ["w"], "what is wrong", "What is wrong, worst first, with its evidence and what to do next."
        => .runs_everywhere(|state, _| toggle(state, FindingsView::default())).also("findings problems triage why");
}

/// The selected finding, where the list is on top.
pub fn selected(state: &State) -> Option<&Finding> {
    match state.overlays.last() {
        Some(Overlay::Findings(view)) => view.finding(state),
        _ => None,
    }
}

impl FindingsView {
    fn finding<'a>(&self, state: &'a State) -> Option<&'a Finding> {
        let triage = &state.store()?.triage;
        triage.all().nth(self.position(triage)).map(|(finding, _)| finding)
    }

    /// Goes to the resource of the selected finding, and does the command there.
    fn at_resource(&self, state: &mut State, command: Command) -> Next {
        let Some((kind, of)) = self.finding(state).map(|finding| (finding.kind, finding.of.clone())) else {
            return Next::Pass;
        };
        // There is nothing to be done to midwatch itself but to look.
        if kind == MIDWATCH {
            state.overlays.push(ApiView.into());
            return Next::Close;
        }
        if state.store().is_none_or(|store| store.listing(kind).row(&of).is_none()) {
            state.say(NoticeTone::Error, "it does not exist any more");
            return Next::Stay;
        }
        match command {
            OPEN => Next::Open(kind, of, 0),
            _ => Next::RunAt(kind, of, command),
        }
    }
}

impl View for FindingsView {
    fn key_bar(&self, _: &State) -> Vec<Command> {
        vec![BACK, DOWN, OPEN, TIMELINE, LOGS_OF, PAGE_DOWN, HELP]
    }

    fn handle_command(&mut self, state: &mut State, command: Command) -> Next {
        match command {
            OPEN | LOGS_OF | COMPARE | RELATED | CONSOLE_URL => self.at_resource(state, command),
            _ if verb(command).is_some() => self.at_resource(state, command),
            // It opens over the deck alone.
            GOLDEN if self.finding(state).is_some() => Next::Run(GOLDEN),
            TIMELINE => {
                match self.finding(state).zip(state.store()) {
                    Some((finding, store)) => {
                        let named = format!("{} of {}", finding.title, finding.name);
                        let onset = store.triage.since(finding).map(|at| (at, named));
                        timeline::view::open_at(state, onset);
                    }
                    None => timeline::view::open(state),
                }
                Next::Stay
            }
            _ => Next::Pass,
        }
    }

    fn scroll(&mut self, state: &mut State, by: isize) {
        let Some(triage) = state.store().map(|store| &store.triage) else { return };
        let place = cursor::step(self.position(triage), by, triage.all().count());
        let selected = triage.all().nth(place).map(|(finding, _)| finding.key());
        *self = Self { selected, scroll: Cursor::default() };
    }

    /// By half pages it is the evidence that goes on, since the list is short.
    fn go(&mut self, state: &mut State, motion: Motion) {
        match motion {
            Motion::Halves(halves) => self.scroll.step(halves * EVIDENCE, MOST_EVIDENCE + 1),
            _ => self.scroll(state, motion.rows(1)),
        }
    }

    fn resources<'a>(&'a self, state: &'a State) -> Vec<&'a ResourceId> {
        self.finding(state).map(|finding| &finding.of).into_iter().collect()
    }
}
