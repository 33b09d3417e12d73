//! Leaving, at once or after a question.

use super::QuitView;
use crate::app::command::{Command, CommandSpec, Context};
use crate::app::msg::Effect;
use crate::app::state::{Overlay, State};
use crate::app::views::action::{CONFIRM, PLAN};
use crate::app::views::view::{BACK, Next, View};

const COMMANDS: &[CommandSpec] =
    &[CommandSpec::new(Command::new("quit"), Context::GLOBAL, &["q"], "quit", "Leave; asks while jobs run.")
        .runs_everywhere(|state, _| leave(state))
        .essential()];

fn leave(state: &mut State) -> Vec<Effect> {
    let own = state.jobs.live().filter(|job| !job.adopted).count();
    let is_asked = matches!(state.overlays.last(), Some(Overlay::Quit(_)));
    if (own == 0 && state.forwards.live().next().is_none()) || is_asked {
        return vec![Effect::Quit];
    }
    // A plan half read is not worth keeping over the wish to leave.
    state.overlays.clear();
    state.overlays.push(QuitView.into());
    vec![]
}

impl View for QuitView {
    fn commands() -> &'static [CommandSpec] {
        COMMANDS
    }

    fn key_bar(&self, _: &State) -> Vec<Command> {
        vec![BACK]
    }

    fn contexts(&self, _: &State) -> &'static [Context] {
        &[PLAN, Context::INPUT, Context::GLOBAL]
    }

    fn handle_command(&mut self, _: &mut State, command: Command) -> Next {
        match command {
            CONFIRM => Next::Stay(vec![Effect::Quit]),
            _ => Next::Pass,
        }
    }

    fn is_disposable(&self) -> bool {
        false
    }

    fn is_modal(&self) -> bool {
        true
    }
}
