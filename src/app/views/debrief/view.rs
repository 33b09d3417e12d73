//! The debrief of an incident that is practised: it comes by itself when that is over.

use super::{DEBRIEF, DebriefView};
use crate::app::panes::resources::{DOWN, PAGE_DOWN};
use crate::app::views::overlay::toggle;
use crate::app::views::prelude::*;
use crate::domain::debrief::Debrief;

declare_commands! {
    DEBRIEF: Context::GLOBAL, [], "debrief",
        "How the incident that is practised went: what happened, how long it took, what was tried."
        => .runs_everywhere(|state, _| toggle(state, DebriefView::default())).unless(|state, _| {
            let why = || "no incident is practised, or it has not begun: midwatch --demo az-loss".to_string();
            state.debrief.is_none().then(why)
        });
}

impl View for DebriefView {
    fn key_bar(&self, _: &State) -> Vec<Command> {
        vec![BACK, DOWN, PAGE_DOWN]
    }

    fn scroll(&mut self, _: &mut State, by: isize) {
        self.scroll.scroll(by);
    }
}

/// How it goes, as the demo told.
pub fn on_debrief(state: &mut State, told: Option<Debrief>) {
    // Another environment has none, and is left again.
    let Some(told) = told else { return };
    let was_over = state.debrief.as_ref().is_some_and(|before| before.mended.is_some());
    let is_over = told.mended.is_some();
    state.debrief = Some(told);
    if was_over || !is_over {
        return;
    }
    // Never under the hands of somebody who is at something else.
    if state.overlays.is_empty() && !state.is_typing() {
        state.overlays.push(DebriefView::default().into());
    } else {
        state.say(NoticeTone::Info, "it is mended: the command debrief tells how it went");
    }
}
