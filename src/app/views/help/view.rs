//! The help opens over anything.

use super::{HELP, HelpView};
use crate::app::panes::resources::{DOWN, PAGE_DOWN};
use crate::app::views::overlay::toggle;
use crate::app::views::prelude::*;

declare_commands! {
    HELP: Context::GLOBAL, ["?"], "keys", "All keys that work here."
        => .runs_everywhere(|state, _| toggle(state, HelpView::default())).essential();
}

impl View for HelpView {
    fn key_bar(&self, _: &State) -> Vec<Command> {
        vec![BACK, DOWN, PAGE_DOWN]
    }

    fn scroll(&mut self, _: &mut State, by: isize) {
        self.scroll.scroll(by);
    }
}
