//! The table of calls opens over anything.

use super::ApiView;
use crate::app::views::overlay::toggle;
use crate::app::views::prelude::*;

declare_commands! {
    API = "api": Context::GLOBAL, [], "API calls", "What is asked of AWS, against its quotas."
        => .runs_everywhere(|state, _| toggle(state, ApiView)).also("quota throttling rate requests");
}

impl View for ApiView {
    fn key_bar(&self, _: &State) -> Vec<Command> {
        vec![BACK]
    }
}
