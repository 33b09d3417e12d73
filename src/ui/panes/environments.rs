//! The Environments pane: each with its state, in words.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::environment_overview;
use crate::app::environment_overview::standing_words;
use crate::app::panes::names::Names;
use crate::app::state::{Pane, State};
use crate::app::store::{Standing, Store};
use crate::domain::format;
use crate::domain::health::Health;
use crate::domain::text::Text;
use crate::kinds::cell::Tone;
use crate::theme::Role;
use crate::ui::widgets::names;
use crate::ui::widgets::paint::Paint;
use crate::ui::widgets::text;

/// From this width on there is room for whole words.
const LONG: u16 = 60;

/// The tier's column: `development?`.
const TIER: usize = 12;

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
    let top = state.environment_row.top(height);
    if state.environments.is_empty() {
        let said = "no AWS profile was found; midwatch --demo needs none";
        let lines = text::wrap(&[Span::styled(said, paint.style(Role::Dim))], inner.width.into(), 0);
        return paint.lines(frame, inner, &lines, 0);
    }
    let common = Names::of(state.environments.iter().map(|env| env.name.as_str()));
    for (i, env) in state.environments.iter().enumerate().skip(top).take(height) {
        let place = Rect { y: inner.y + (i - top) as u16, height: 1, ..inner };
        let active = state.current.as_ref() == Some(&env.name);
        let long = inner.width >= LONG;
        let ((cue, tone), note) = match environment_overview::seen(state, env) {
            Some(seen) => (seen.cue(), seen.words(long, state.now)),
            None => (cue(paint, &env.name), known(state, &env.name, active, long)),
        };
        let guess = if env.tier_guessed { "?" } else { "" };
        let tier = match long {
            true => text::fit(&format!("{}{guess}", env.tier.word()), TIER),
            // The first letter, where there is more than one to tell apart.
            false if state.settings.watch => env.tier.word()[..1].to_uppercase(),
            false => String::new(),
        };
        let tier = if tier.is_empty() { tier } else { format!("{tier} ") };
        let room = usize::from(inner.width).saturating_sub(2 + text::width(&tier));
        let note = text::cut(&note, (room / 2).max(room.saturating_sub(text::width(&env.name) + 1)));
        let name_room = room.saturating_sub(text::width(&note) + 1);
        let name = names::fit(&common, &env.name, name_room);
        let line = Line::from(vec![
            Span::styled(format!("{cue} "), paint.tone(tone)),
            Span::styled(tier, paint.tone(Tone::Dim)),
            Span::styled(name, paint.tone(if active { Tone::Strong } else { Tone::Plain })),
            Span::raw(" "),
            Span::styled(note, paint.tone(if tone == Tone::Ok { Tone::Dim } else { tone })),
        ]);
        frame.render_widget(line, place);
        if i == state.environment_row.place() {
            let role = if focused { Role::Selection } else { Role::SelectionDim };
            frame.buffer_mut().set_style(place, paint.style(role));
        }
    }
}

/// What was read of an environment while it was open.
fn known(state: &State, name: &Text, active: bool, long: bool) -> String {
    let store = state.stores.get(name);
    // Where there is no room for it the cue says what the number counts.
    let mut note = match store.map(Store::standing) {
        Some(Standing::Wrong(n) | Standing::Changing(n)) if !long => n.to_string(),

        _ => standing_words(state, name),
    };
    // What was seen before the environment was left has an age.
    if !active && let Some(age) = store.and_then(|store| store.age(state.now)) {
        note = format!("{note} {}", format::age_of(age));
    }
    if matches!(note.as_str(), "healthy" | "not visited") { String::new() } else { note }
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
