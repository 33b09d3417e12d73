//! The Environments pane: each with its state, in words.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint::Paint;
use super::text;
use crate::app::picker::standing_words;
use crate::app::state::Pane;
use crate::app::store::{Standing, Store};
use crate::domain::health::Health;
use crate::domain::text::Text;
use crate::domain::words;
use crate::kinds::cell::Tone;
use crate::theme::Role;

/// Draws the pane.
pub fn draw(paint: Paint, frame: &mut Frame, rect: Rect) {
    let state = paint.state;
    let focused = state.focus == Pane::Environments;
    let inner = if state.layout.tabs.is_some() {
        rect
    } else {
        let role = if focused { Role::TitleFocused } else { Role::Title };
        let title = Line::from(vec![
            Span::styled(format!(" {} ", Pane::Environments.number()), paint.style(Role::Dim)),
            Span::styled("Environments ", paint.style(role)),
        ]);
        paint.pane(frame, rect, focused, title, Line::default())
    };
    let height = usize::from(inner.height).max(1);
    let top = (state.environment_row + 1).saturating_sub(height);
    if state.environments.is_empty() {
        let said = "no AWS profile was found; midwatch --demo needs none";
        let lines = text::wrap(&[Span::styled(said, paint.style(Role::Dim))], inner.width.into(), 0);
        return paint.lines(frame, inner, &lines, 0);
    }
    for (i, env) in state.environments.iter().enumerate().skip(top).take(height) {
        let place = Rect { y: inner.y + (i - top) as u16, height: 1, ..inner };
        let (cue, tone) = cue(paint, &env.name);
        // The cue says what the number counts.
        let mut note = match state.stores.get(&env.name).map(Store::standing) {
            Some(Standing::Wrong(n) | Standing::Changing(n)) => n.to_string(),
            _ => standing_words(state, &env.name),
        };
        // What was seen before the environment was left has an age.
        let active = state.current.as_ref() == Some(&env.name);
        if !active && let Some(age) = state.stores.get(&env.name).and_then(|store| store.age(state.now)) {
            note = format!("{note} {}", words::span(age));
        }
        if matches!(note.as_str(), "healthy" | "not visited") {
            note.clear();
        }
        let room = usize::from(inner.width).saturating_sub(2);
        let note = text::cut(&note, room / 2);
        let name_room = room.saturating_sub(text::width(&note) + 1);
        let name = text::fit(&text::cut_middle(&env.name, name_room), name_room);
        let line = Line::from(vec![
            Span::styled(format!("{cue} "), paint.tone(tone)),
            Span::styled(name, paint.tone(if active { Tone::Strong } else { Tone::Plain })),
            Span::raw(" "),
            Span::styled(note, paint.tone(if tone == Tone::Ok { Tone::Dim } else { tone })),
        ]);
        frame.render_widget(line, place);
        if i == state.environment_row {
            let role = if focused { Role::Selection } else { Role::SelectionDim };
            frame.buffer_mut().set_style(place, paint.style(role));
        }
    }
}

fn cue(paint: Paint, name: &Text) -> (&'static str, Tone) {
    let store = paint.state.stores.get(name);
    match store.map_or(Standing::NotVisited, Store::standing) {
        Standing::NotVisited => ("○", Tone::Dim),
        Standing::Loading => ("◌", Tone::Dim),
        Standing::Healthy => (Health::Ok.cue(), Tone::Ok),
        Standing::Changing(_) => (Health::Changing.cue(), Tone::Changing),
        Standing::Wrong(_) => {
            let worst = store.and_then(Store::worst).unwrap_or(Health::Degraded);
            (worst.cue(), worst.into())
        }
        Standing::LoginNeeded => ("⚿", Tone::Degraded),
        Standing::Denied | Standing::Unreachable => ("⊘", Tone::Degraded),
        Standing::Unknown => (Health::Unknown.cue(), Tone::Unknown),
    }
}
