//! Everything in view is read again.

use super::command::{Command, CommandSpec, Context};
use super::msg::Effect;
use super::state::{NoticeTone, State};
use super::views::picker::{Choice, Picker};

pub const REFRESH: Command = Command::new("refresh");

pub const COMMANDS: &[CommandSpec] = &[CommandSpec::new(
    REFRESH,
    Context::GLOBAL,
    &["R"],
    "refresh",
    "Read everything in view again, with fresh credentials.",
)
.runs_everywhere(|state, _| refresh(state))];

fn refresh(state: &mut State) -> Vec<Effect> {
    state.round += 1;
    let Some(env) = state.environment().cloned() else { return vec![] };
    if env.region.is_none() && env.obstacle.is_none() {
        state.overlays.push(Picker::new(Choice::Region(env.name.clone())).into());
        return vec![];
    }
    if let Some(store) = state.stores.get_mut(&env.name) {
        store.locked_out = None;
    }
    state.say(NoticeTone::Info, "reading again, with fresh credentials");
    vec![Effect::ForgetCredentials(env)]
}
