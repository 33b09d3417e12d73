//! When the incident began: a mark that somebody sets, and that every pane shows.

use super::chart_keys;
use super::command::declare_commands;
use super::panes::LIST;
use super::state::{NoticeTone, State};
use crate::app::moment;
use crate::domain::Timestamp;
use crate::domain::format;

declare_commands! {
    pub INCIDENT = "incident": LIST, ["M"], "incident's start",
        "Mark when it began: now, or at the selected entry, line or point; again takes it away. :incident 02:10"
        => .runs_everywhere(|state, _| toggle(state));
}

/// Sets the mark at a moment, or moves it there; where it is already, it is taken away.
pub fn mark(state: &mut State, at: Timestamp) {
    let second = |at: Timestamp| at.as_second();
    if state.charts.incident.map(second) == Some(second(at)) {
        return clear(state);
    }
    let word = if state.charts.incident.is_some() { "moved to" } else { "marked at" };
    state.charts.incident = Some(at);
    state.say(NoticeTone::Info, format!("the incident's start is {word} {}", format::moment(at)));
}

fn clear(state: &mut State) {
    if let Some(was) = state.charts.incident.take() {
        state.say(NoticeTone::Info, format!("the mark of the incident's start at {} is gone", format::moment(was)));
    }
}

/// The key outside the clock: at the cursor of the charts or the selected line of the logs, else now. There
/// is no second now, so a mark that is there goes.
fn toggle(state: &mut State) {
    let cursor =
        state.charts.cursor.filter(|_| chart_keys::have_keys(state)).and_then(|at| Timestamp::from_second(at).ok());
    let line = state.logs.as_ref().filter(|logs| state.is_in_logs() && !logs.follow).and_then(|logs| logs.moment());
    match cursor.or(line) {
        Some(at) => mark(state, at),
        None if state.charts.incident.is_some() => clear(state),
        None => mark(state, state.now),
    }
}

/// The moment that is typed after the command, `:incident 02:10`.
///
/// # Errors
/// It is none, or still to come.
pub fn typed(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let at = moment::typed(text, now)?;
    if at > now { Err(format!("{text} is still to come")) } else { Ok(at) }
}
