//! The log pane: its title tells what runs and what is hidden, its rows the newest line last.

mod chart;
mod lines;
mod lists;
mod opened;
mod title;

use crate::app::panes::logs::{LogView, Shows};
use crate::logs::event::SourceId;
use crate::logs::level::Level;
use crate::ui::prelude::*;
use crate::ui::widgets::{self, text};

/// Columns of the title's line that the frame needs.
const FRAME: usize = 6;

/// Draws the pane.
pub fn draw(paint: Paint, frame: &mut Frame, rect: Rect, logs: &LogView) {
    let state = paint.state;
    let focused = state.is_in_logs();
    let (mut left, right) = (title::title(paint, logs, focused), title::note(paint, logs));
    // What hides lines is always told: where the title has no room for it, on a line of its own.
    let mut filters = title::filters(paint, logs);
    if text::total(&left) + text::total(&filters) + right.width() + FRAME <= rect.width.into() {
        left.append(&mut filters);
    }
    let inner = if state.layout.tabs.is_some() {
        paint.ends(frame, Rect { height: 1, ..rect }, Line::from(left), right);
        Rect { y: rect.y + 1, height: rect.height.saturating_sub(1), ..rect }
    } else {
        paint.pane(frame, rect, focused, Line::from(left), right)
    };
    let inner = if filters.is_empty() || inner.height < 2 {
        inner
    } else {
        filters.insert(0, Span::raw(" "));
        frame.render_widget(Line::from(filters), Rect { height: 1, ..inner });
        Rect { y: inner.y + 1, height: inner.height - 1, ..inner }
    };
    let inner = match title::bottom(paint, logs, inner.width.into()) {
        Some(line) if inner.height > 1 => {
            frame.render_widget(line, Rect { y: inner.y + inner.height - 1, height: 1, ..inner });
            Rect { height: inner.height - 1, ..inner }
        }
        _ => inner,
    };
    let inner = chart::draw(paint, frame, inner, logs);
    let (lines, at) = match (logs.opened(), logs.shows) {
        (Some((entry, fields)), _) => opened::lines(paint, logs, &entry, &fields, inner.width.into()),
        (None, Shows::Lines) => return lines::draw(paint, frame, inner, logs, focused),
        (None, Shows::Patterns) => lists::patterns(paint, logs, inner.width.into()),
        (None, Shows::Sources) => lists::sources(paint, logs, inner.width.into()),
        (None, Shows::Marks) => lists::marks(paint, logs, inner.width.into()),
    };
    // The selected line is in the middle as far as there are lines on both sides.
    let height = usize::from(inner.height);
    let scroll = at.saturating_sub(height / 2).min(lines.len().saturating_sub(height));
    paint.lines(frame, inner, &lines, scroll);
}

fn level_role(level: Option<Level>) -> Role {
    match level {
        Some(Level::Error | Level::Fatal) => Role::Down,
        Some(Level::Warn) => Role::Degraded,
        Some(Level::Trace | Level::Debug) => Role::Dim,
        Some(Level::Info) | None => Role::Text,
    }
}

/// The cue of a level besides colour, one column wide.
fn cue(level: Option<Level>) -> &'static str {
    match level {
        Some(Level::Fatal) => "✖",
        Some(Level::Error) => "▲",
        Some(Level::Warn) => "△",
        _ => " ",
    }
}

/// The colour of a source: the same one as long as the tail is open.
fn source_role(source: SourceId) -> Role {
    widgets::chart::role(source.0.into())
}
