//! The help opens over anything.

use super::{HELP, HelpView};
use crate::app::field::{self, Written};
use crate::app::input::ACCEPT;
use crate::app::panes::resources::{DOWN, FILTER, PAGE_DOWN};
use crate::app::views::overlay::toggle;
use crate::app::views::prelude::*;

declare_commands! {
    HELP: Context::GLOBAL, ["?"], "keys", "All keys that work here."
        => .runs_everywhere(|state, _| toggle(state, HelpView::default())).essential();
}

impl View for HelpView {
    fn key_bar(&self, _: &State) -> Vec<Command> {
        if self.is_filtering { vec![BACK, ACCEPT] } else { vec![BACK, FILTER, DOWN, PAGE_DOWN] }
    }

    fn contexts(&self, _: &State) -> &'static [Context] {
        if self.is_filtering { &[Context::INPUT, Context::GLOBAL] } else { &[LIST, Context::GLOBAL] }
    }

    fn applies(&self, _: &State, command: Command) -> Applies {
        if command == FILTER { Applies::Yes } else { Applies::AsOnDeck }
    }

    fn handle_command(&mut self, _: &mut State, command: Command) -> Next {
        let has_filter = self.is_filtering || !self.filter.value().is_empty();
        match command {
            FILTER => self.is_filtering = true,
            ACCEPT => self.is_filtering = false,
            BACK if has_filter => *self = Self::default(),
            _ => return Next::Pass,
        }
        Next::Stay
    }

    fn write(&mut self, _: &mut State, written: Written) {
        if field::write(&mut self.filter, written) {
            self.scroll = Cursor::default();
        }
    }

    fn scroll(&mut self, _: &mut State, by: isize) {
        self.scroll.scroll(by);
    }
}
