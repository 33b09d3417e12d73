//! The tab bar of a narrow screen: every pane by its number, with a cue where something is wrong.

use crate::app::state::Pane;
use crate::ui::prelude::*;

/// Draws the bar.
pub fn draw(paint: Paint, frame: &mut Frame, rect: Rect) {
    let state = paint.state;
    let mut spans = Vec::new();
    for pane in state.panes() {
        let name = match pane {
            Pane::Environments => "Env",
            Pane::Logs => "Logs",
            Pane::Kind(_) => pane.kind().map_or("", |kind| kind.short_title()),
        };
        let focused = pane == state.focus;
        let role = if focused { Role::Selection } else { Role::Dim };
        spans.push(paint.styled(format!(" {} {name} ", pane.number()), role));
        let listing = pane.kind().and_then(|kind| Some(state.store()?.listing(kind.id())));
        if let Some(worst) = listing.and_then(|listing| listing.worst()).filter(|worst| worst.is_wrong()) {
            spans.push(paint.toned(format!("{} ", worst.cue()), Tone::from(worst)));
        }
        spans.push(Span::raw(" "));
    }
    let note = note(paint).map_or_else(Line::default, |note| Line::from(paint.dim(format!("{note} "))));
    paint.ends(frame, rect, Line::from(spans), note);
}

/// What is shown of the list in focus.
fn note(paint: Paint) -> Option<String> {
    let state = paint.state;
    let (kind, view) = (state.focus.kind()?, state.list(state.focus)?);
    let listing = state.store()?.listing(kind.id());
    let mut note = Vec::new();
    if view.filtering || view.is_filtered() {
        note.push(format!("/{} {} of {}", view.filter_input.value(), view.order().len(), listing.len()));
    } else if !listing.is_empty() {
        note.push(format::count(listing.len(), kind.noun()));
    }
    if listing.expected() > listing.len() {
        note.push(format!("of {}", listing.expected()));
    }
    Some(note.join(" "))
}
