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
    frame.render_widget(Line::from(spans), rect);
    let Some(kind) = state.focus.kind() else { return };
    let (Some(view), Some(store)) = (state.list(state.focus), state.store()) else { return };
    let listing = store.listing(kind.id());
    let mut note = Vec::new();
    if view.filtering || view.is_filtered() {
        note.push(format!("/{} {} of {}", view.filter_input.value(), view.order().len(), listing.len()));
    } else if !listing.is_empty() {
        note.push(format::count(listing.len(), kind.noun()));
    }
    if listing.expected() > listing.len() {
        note.push(format!("of {}", listing.expected()));
    }
    let line = Line::from(paint.dim(format!("{} ", note.join(" "))));
    let width = (line.width() as u16).min(rect.width);
    frame.render_widget(line, Rect { x: rect.x + rect.width - width, width, ..rect });
}
