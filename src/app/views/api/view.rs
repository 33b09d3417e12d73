//! The table of calls opens over anything.

use super::ApiView;
use crate::app::command::{Command, CommandSpec, Context};
use crate::app::state::State;
use crate::app::views::overlay::toggle;
use crate::app::views::view::{BACK, View};

const COMMANDS: &[CommandSpec] = &[CommandSpec::new(
    Command::new("api"),
    Context::GLOBAL,
    &[],
    "API calls",
    "What is asked of AWS, against its quotas.",
)
.runs_everywhere(|state, _| toggle(state, ApiView))];

impl View for ApiView {
    fn commands() -> &'static [CommandSpec] {
        COMMANDS
    }

    fn key_bar(&self, _: &State) -> Vec<Command> {
        vec![BACK]
    }
}
