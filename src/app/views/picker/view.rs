//! The fuzzy lists, and what follows from a choice.

use std::sync::Arc;

use super::entries::Picked;
use super::{Choice, ENVIRONMENTS, PALETTE, Picker};
use crate::app::environment::activate;
use crate::app::field::{self, Written};
use crate::app::input::{ACCEPT, NEXT, PREVIOUS};
use crate::app::panes::deck;
use crate::app::views::insights;
use crate::app::views::prelude::*;
use crate::app::{incident, report};

declare_commands! {
    PALETTE: Context::GLOBAL, [":"], "command", "Find any command or resource by its name."
        => .runs(|state, _| open(state, Choice::Commands)).not_by_name();
    ENVIRONMENTS: Context::GLOBAL, ["e"], "environments", "Switch to another environment."
        => .runs(|state, _| open(state, Choice::Environments)).also("env profile account region switch");
}

fn open(state: &mut State, choice: Choice) {
    state.overlays.push(Picker::new(choice).into());
}

impl View for Picker {
    fn key_bar(&self, _: &State) -> Vec<Command> {
        vec![BACK, ACCEPT, NEXT, PREVIOUS]
    }

    fn contexts(&self, _: &State) -> &'static [Context] {
        &[Context::INPUT, Context::GLOBAL]
    }

    fn handle_command(&mut self, state: &mut State, command: Command) -> Next {
        if command != ACCEPT {
            return Next::Pass;
        }
        match self.selected().and_then(|place| self.entries(state).into_iter().nth(place)) {
            Some(entry) => pick(state, entry.picked),
            None => Next::Stay,
        }
    }

    fn write(&mut self, _: &mut State, written: Written) {
        if field::write(&mut self.input, written) {
            (self.cursor, self.moved) = (Cursor::default(), false);
        }
    }

    fn scroll(&mut self, state: &mut State, by: isize) {
        // The first step selects the first entry.
        let by = if self.selected().is_none() { 0 } else { by };
        self.moved = true;
        self.cursor.step(by, self.entries(state).len());
    }

    fn is_disposable(&self) -> bool {
        false
    }
}

/// Does what was picked; the list closes.
fn pick(state: &mut State, picked: Picked) -> Next {
    match picked {
        Picked::Command(command) => return Next::Run(command),
        Picked::Theme(name) => state.effects.push(Effect::Theme(name)),
        Picked::Resource(kind, id) => deck::show(state, kind, id, None),
        Picked::Environment(name) => activate(state, &name),
        Picked::Report(from, to) => report::write::begin(state, from, to),
        Picked::Incident(at) => incident::mark(state, at),
        Picked::Refused(why) => state.say(NoticeTone::Error, why),
        Picked::Query(text) => insights::view::choose(state, &text),
        Picked::Region { environment, region } => {
            if let Some(env) = state.environments.iter_mut().find(|env| env.name == environment) {
                Arc::make_mut(env).region = Some(region);
            }
            activate(state, &environment);
        }
    }
    Next::Close
}
