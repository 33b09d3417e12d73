//! The Environments pane: each with its state, in words.

use std::sync::Arc;

use crate::app::environment_overview;
use crate::app::environment_overview::standing_words;
use crate::app::panes::names::Names;
use crate::app::state::{Pane, State};
use crate::app::store::{Standing, Store};
use crate::domain::environment::Environment;
use crate::domain::health::Health;
use crate::domain::text::Text;
use crate::ui::prelude::*;
use crate::ui::widgets::names;

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
        let title = paint.title(Pane::Environments, "Environments", focused);
        paint.pane(frame, rect, focused, Line::from(title), Line::default())
    };
    if state.environments.is_empty() {
        return paint.message(frame, inner, "no AWS profile was found; midwatch --demo needs none");
    }
    let common = Names::of(state.environments.iter().map(|env| env.name.as_str()));
    let line = |env: &Arc<Environment>| {
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
        Line::from(vec![
            paint.toned(format!("{cue} "), tone),
            paint.toned(tier, Tone::Dim),
            paint.toned(name, if active { Tone::Strong } else { Tone::Plain }),
            Span::raw(" "),
            paint.toned(note, if tone == Tone::Ok { Tone::Dim } else { tone }),
        ])
    };
    let role = if focused { Role::Selection } else { Role::SelectionDim };
    paint.list(frame, inner, &state.environments, state.environment_row.place(), role, line);
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
