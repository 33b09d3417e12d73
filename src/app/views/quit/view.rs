//! Leaving, at once or after a question.

use super::QuitView;
use crate::app::state::Overlay;
use crate::app::views::action::{CONFIRM, PLAN};
use crate::app::views::prelude::*;

declare_commands! {
    pub QUIT = "quit": Context::GLOBAL, ["q"], "quit", "Leave; asks while jobs run."
        => .runs_everywhere(|state, _| leave(state)).essential();
}

fn leave(state: &mut State) {
    let own = state.jobs.live().filter(|job| !job.adopted).count();
    let is_asked = matches!(state.overlays.last(), Some(Overlay::Quit(_)));
    if (own == 0 && state.forwards.live().next().is_none()) || is_asked {
        return state.effects.push(Effect::Quit);
    }
    // A plan half read is not worth keeping over the wish to leave.
    state.overlays.clear();
    state.overlays.push(QuitView.into());
}

impl View for QuitView {
    fn key_bar(&self, _: &State) -> Vec<Command> {
        vec![BACK]
    }

    fn contexts(&self, _: &State) -> &'static [Context] {
        &[PLAN, Context::INPUT, Context::GLOBAL]
    }

    fn handle_command(&mut self, state: &mut State, command: Command) -> Next {
        if command != CONFIRM {
            return Next::Pass;
        }
        state.effects.push(Effect::Quit);
        Next::Stay
    }

    fn is_disposable(&self) -> bool {
        false
    }

    fn is_modal(&self) -> bool {
        true
    }
}
