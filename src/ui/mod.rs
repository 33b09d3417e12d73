//! The screen, as a pure function of the state.

mod footer;
mod header;
mod panes;
mod prelude;
mod tabs;
pub mod views;
mod widgets;

use crate::app::State;
use crate::app::state::Pane;
use crate::theme::{Role, Theme};
use crate::ui::prelude::*;
use panes::{detail, environments, list, logs};
use views::{findings, jobs};

/// Draws everything.
pub fn view(state: &State, theme: &Theme, frame: &mut Frame) {
    let paint = Paint { state, theme };
    let layout = &state.layout;
    let area = frame.area();
    frame.buffer_mut().set_style(area, paint.style(Role::Text));
    if layout.too_small || (area.width, area.height) != state.size {
        let said = text::cut("midwatch needs 40×10", area.width.into());
        return frame.render_widget(Line::from(said), Rect { height: area.height.min(1), ..area });
    }
    header::draw(paint, frame, layout.header);
    if let Some(rect) = layout.wrong {
        findings::headline(paint, frame, rect);
    }
    if let Some(rect) = layout.tabs {
        tabs::draw(paint, frame, rect);
    }
    for (pane, rect) in &layout.panes {
        match pane {
            Pane::Environments => environments::draw(paint, frame, *rect),
            Pane::Logs => {
                if let Some(logs) = &state.logs {
                    logs::draw(paint, frame, *rect, logs);
                }
            }
            Pane::Kind(_) => {
                if let Some(kind) = pane.kind() {
                    list::draw(paint, frame, *rect, kind);
                }
            }
        }
    }
    if let Some(rect) = layout.preview {
        detail::preview(paint, frame, rect);
    }
    if let Some(rect) = layout.jobs {
        live_jobs(paint, frame, rect);
    }
    if let (Some(rect), Some(open)) = (layout.detail, &state.detail) {
        detail::draw(paint, frame, rect, open);
    }
    if let Some((overlay, below)) = state.overlays.split_last() {
        // What fills the screen stays in sight behind the list or the help over it.
        for below in below.iter().filter(|below| below.view().covers_screen()) {
            views::draw(paint, frame, layout.body, below);
        }
        views::draw(paint, frame, layout.body, overlay);
    }
    footer::draw(paint, frame, layout.footer);
}

/// The strip of the jobs under way.
fn live_jobs(paint: Paint, frame: &mut Frame, rect: Rect) {
    let inner = if paint.state.layout.tabs.is_some() {
        rect
    } else {
        let title = Line::from(paint.styled(" Jobs ", Role::Title));
        let inner = paint.pane(frame, rect, false, title, Line::default());
        Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
    };
    let lines: Vec<Line<'static>> =
        paint.state.jobs.live().map(|job| jobs::line(paint, job, inner.width.into())).collect();
    paint.lines(frame, inner, &lines, 0);
}
