//! The debrief of an incident that is practised: it comes by itself when that is over.

use crate::app::state::{NoticeTone, Overlay, Pane, State};
use crate::app::triage;
use crate::domain::debrief::Debrief;
use crate::domain::log::LogSource;
use crate::domain::resource::ResourceId;

/// How it goes, as the demo told.
pub fn on_debrief(state: &mut State, told: Option<Debrief>) {
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

/// The resources at which somebody looks: what the overlay on top is about, in the list of what is wrong the
/// finding that is told in full; without an overlay the open detail and those whose logs are in view. The row
/// under the cursor is none of them: a cursor rests somewhere from the start.
pub fn looked_at(state: &State) -> Vec<&ResourceId> {
    match state.overlays.last() {
        Some(Overlay::Wrong(_)) => triage::selected(state).map(|finding| &finding.of).into_iter().collect(),
        Some(Overlay::Action(dialog)) => vec![&dialog.id],
        Some(Overlay::Compare(view)) => vec![&view.id],
        Some(Overlay::Timeline(view)) => view.only.iter().map(|only| &only.id).collect(),
        Some(Overlay::Insights) => state.insights.iter().flat_map(|view| resources(&view.sources)).collect(),
        Some(_) => vec![],
        None => {
            let detail = state.detail.iter().filter(|_| state.is_in_detail()).map(|detail| &detail.id);
            let logs = state.logs.iter().filter(|_| state.is_in_view(Pane::Logs));
            detail.chain(logs.flat_map(|logs| resources(&logs.sources))).collect()
        }
    }
}

fn resources(sources: &[LogSource]) -> impl Iterator<Item = &ResourceId> {
    sources.iter().filter_map(|source| match source {
        LogSource::Resource(_, id) => Some(id),
        _ => None,
    })
}
