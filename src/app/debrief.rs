//! The debrief of an incident that is practised: it comes by itself when that is over.

use super::state::{NoticeTone, Overlay, State};
use crate::domain::debrief::Debrief;

/// How it goes, as the demo told.
pub fn heard(state: &mut State, told: Option<Debrief>) {
    // Another environment has none, and is left again.
    let Some(told) = told else { return };
    let was_over = state.debrief.as_ref().is_some_and(|before| before.mended.is_some());
    let is_over = told.mended.is_some();
    state.debrief = Some(told);
    if was_over || !is_over {
        return;
    }
    // Never under the hands of somebody who is at something else.
    if state.overlays.is_empty() && !state.is_typing() {
        state.overlays.push(Overlay::Debrief { scroll: 0 });
    } else {
        state.say(NoticeTone::Info, "it is mended: the command debrief tells how it went");
    }
}
