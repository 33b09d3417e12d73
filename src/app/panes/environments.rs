//! The list of environments, while it has the keys.

use super::bar;
use super::resources::OPEN;
use crate::app::environment::activate;
use crate::app::refresh::REFRESH;
use crate::app::views::jobs::JOBS;
use crate::app::views::picker::ENVIRONMENTS;
use crate::app::views::prelude::*;

/// The pane; which row is selected is in [`State::environment_row`].
pub struct EnvironmentsPane;

impl View for EnvironmentsPane {
    fn key_bar(&self, state: &State) -> Vec<Command> {
        bar::of(state, &[OPEN, ENVIRONMENTS, REFRESH, JOBS])
    }

    fn handle_command(&mut self, state: &mut State, command: Command) -> Next {
        match command {
            OPEN => {
                let name = state.environments.get(state.environment_row.place()).map(|env| env.name.clone());
                name.iter().for_each(|name| activate(state, name));
            }
            BACK => state.notice = None,
            _ => return Next::Pass,
        }
        Next::Stay
    }

    fn scroll(&mut self, state: &mut State, by: isize) {
        state.environment_row.step(by, state.environments.len());
    }

    fn to_copy(&self, state: &State) -> Option<String> {
        state.environments.get(state.environment_row.place()).map(|env| env.name.to_string())
    }
}
