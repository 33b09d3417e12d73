//! Whether a second that passed shows on the screen.

use super::msg::Msg;
use super::state::{Overlay, State};
use crate::domain::format;
use crate::domain::query::Query;

/// What the screen showed of the time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seconds {
    /// The step of the ages.
    step: i64,
    /// Something moved by the second.
    moved: bool,
}

impl Seconds {
    /// A second passed in which the lists changed from a revision on: whether the screen may be another one.
    /// Ages grow by steps, all of them at once.
    pub fn pass(&mut self, state: &State, before: u64) -> bool {
        let (step, moves) = (format::age_step(state.now), shows_seconds(state));
        let Self { step: last, moved } = std::mem::replace(self, Self { step, moved: moves });
        step != last || moved || moves || state.revision() != before
    }
}

/// Whether a message tells of rows and of nothing else. Where none of them is another than before, it shows in the
/// ages alone, and those wait for their step.
pub fn is_of_rows(state: &State, msg: &Msg) -> bool {
    let (Msg::Answer { asked, result: Ok(_), .. } | Msg::Answered(asked)) = msg else { return false };
    let is_of_rows = matches!(asked.query, Query::List(_) | Query::Some(..) | Query::Wrong(..));
    is_of_rows && state.overlays.is_empty()
}

/// Something on the screen moves by the second: what is under way, or what a person waits for.
fn shows_seconds(state: &State) -> bool {
    let is_plan = matches!(state.overlays.last(), Some(Overlay::Action(_)));
    let queries = state.insights.as_ref().is_some_and(|view| view.running().is_some());
    let runs = queries || state.jobs.live().next().is_some();
    is_plan || runs || state.notice.is_some() || state.logs.is_some() || state.debrief.is_some()
}
