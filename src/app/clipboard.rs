//! What is put into the clipboard: of the selected thing its id, of a job its line.

use super::msg::Effect;
use super::state::{NoticeTone, Overlay, Pane, State};
use crate::app::action::jobs::Job;
use crate::app::views::forwards::Forward;
use crate::domain::format;

/// The most that common terminals take into their clipboard (OSC 52), in bytes of text.
const MAX_COPY: usize = 74_994;

pub fn copied(state: &mut State, text: String) -> Vec<Effect> {
    if text.len() > MAX_COPY {
        // Half a command is worse than none.
        let said =
            format!("not copied: {} bytes are more than the clipboard of a terminal takes ({MAX_COPY})", text.len());
        state.say(NoticeTone::Error, said);
        return vec![];
    }
    let said = match text.lines().count() {
        lines @ 2.. => format!("copied: {}", format::count(lines, "line")),
        _ => format!("copied: {text}"),
    };
    state.say(NoticeTone::Info, said);
    vec![Effect::Copy(text)]
}

pub fn copy(state: &mut State) -> Vec<Effect> {
    let text = match (state.overlays.last(), state.focus) {
        (Some(Overlay::Jobs { selected }), _) => {
            let job: Option<&Job> = state.jobs.iter().rev().nth(*selected);
            job.map(Job::line_to_copy)
        }
        (Some(Overlay::Forwards { selected }), _) => {
            state.forwards.iter().rev().nth(*selected).and_then(Forward::line_to_copy)
        }
        (Some(_), _) => None,
        (None, Pane::Environments) => state.environments.get(state.environment_row).map(|env| env.name.to_string()),
        (None, Pane::Kind(id)) => state.selected(id).map(|row| row.object.id().to_string()),
        (None, Pane::Logs) => state.logs.as_ref().and_then(|logs| logs.to_copy()),
    };
    text.map_or_else(Vec::new, |text| copied(state, text))
}

pub fn console_url(state: &mut State) -> Vec<Effect> {
    let url = state.focus.kind().and_then(|kind| {
        let row = state.selected(kind.id)?;
        kind.console_url(&*row.object, state.environment()?.region.as_deref()?)
    });
    url.map_or_else(Vec::new, |url| copied(state, url))
}
