//! Everything in view is read again.

use super::command::{Context, declare_commands};
use super::msg::Effect;
use super::state::{NoticeTone, State};
use super::views::picker::{Choice, Picker};

declare_commands! {
    pub REFRESH = "refresh": Context::GLOBAL, ["R"], "refresh", "Read everything in view again, with fresh credentials."
        => .runs_everywhere(|state, _| refresh(state));
}

fn refresh(state: &mut State) {
    state.round += 1;
    let Some(env) = state.environment().cloned() else { return };
    if env.region.is_none() && env.obstacle.is_none() {
        return state.overlays.push(Picker::new(Choice::Region(env.name.clone())).into());
    }
    if let Some(store) = state.stores.get_mut(&env.name) {
        store.locked_out = None;
    }
    state.say(NoticeTone::Info, "reading again, with fresh credentials");
    state.effects.push(Effect::ForgetCredentials(env));
}
