//! What is put into the clipboard.

use super::msg::Effect;
use super::state::{NoticeTone, State};
use crate::domain::format;

/// The most that common terminals take into their clipboard (OSC 52), in bytes of text.
const MAX_COPY: usize = 74_994;

/// Puts a text into the clipboard and says so.
pub fn copy(state: &mut State, text: String) {
    if text.len() > MAX_COPY {
        // Half a command is worse than none.
        let said =
            format!("not copied: {} bytes are more than the clipboard of a terminal takes ({MAX_COPY})", text.len());
        return state.say(NoticeTone::Error, said);
    }
    let said = match text.lines().count() {
        lines @ 2.. => format!("copied: {}", format::count(lines, "line")),
        _ => format!("copied: {text}"),
    };
    state.say(NoticeTone::Info, said);
    state.effects.push(Effect::Copy(text));
}

/// The address of the selected resource in the web console.
pub fn console_url(state: &mut State) {
    let url = state.focus.kind().and_then(|kind| {
        let row = state.selected(kind.id())?;
        kind.console_url(&*row.object, state.environment()?.region.as_deref()?)
    });
    url.into_iter().for_each(|url| copy(state, url));
}
