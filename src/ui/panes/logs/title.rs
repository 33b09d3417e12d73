//! What the pane says about itself: what runs, what is hidden, what is missing.

use crate::app::panes::logs::{LogView, Prompt, Shows, Times, source_words};
use crate::app::state::Pane;
use crate::domain::{Timestamp, format};
use crate::logs::filter::Test;
use crate::ui::prelude::*;
use crate::ui::widgets::{input, text};

/// Columns of one filter in the title.
const FILTER: usize = 32;
/// What Live Tail costs a minute of a session, in dollars (CloudWatch's list price in us-east-1).
const LIVE_PRICE: f64 = 0.01;
/// Polls that are so much apart are worth a word, in seconds.
const SLOW: u64 = 4;

/// The title's left side.
pub fn title(paint: Paint, logs: &LogView, focused: bool) -> Vec<Span<'static>> {
    let mut spans = paint.title(Pane::Logs, &format!("Logs {}", text::cut_middle(&logs.title, 60)), focused);
    let shows = match logs.shows {
        Shows::Lines => None,
        Shows::Patterns => Some("patterns "),
        Shows::Sources => Some("sources "),
        Shows::Marks => Some("marks "),
    };
    let state = match (shows, logs.caught_up, logs.follow) {
        (Some(shows), ..) => shows.to_string(),
        (None, false, _) => "reading … ".to_string(),
        (None, true, true) => "following ".to_string(),
        (None, true, false) => match (logs.anchor, logs.unseen()) {
            (Some(_), _) => format!("{} selected ", format::count(logs.selected_lines(), "line")),
            (None, 0) => "paused ".to_string(),
            (None, new) => format!("paused, {new} new "),
        },
    };
    let role = if logs.follow && shows.is_none() { Role::Dim } else { Role::Changing };
    spans.push(paint.styled(state, role));
    spans
}

/// The filters, laid one upon the other.
pub fn filters(paint: Paint, logs: &LogView) -> Vec<Span<'static>> {
    let span = |filter: &Test| {
        let role = if matches!(filter, Test::Highlight(_)) { Role::Match } else { Role::Accent };
        paint.styled(format!("{} ", text::cut(&logs.filter_words(filter), FILTER)), role)
    };
    logs.stack().filters().iter().map(span).collect()
}

/// The title's right side: what one must know to believe the lines.
pub fn note(paint: Paint, logs: &LogView) -> Line<'static> {
    let (counts, now) = (logs.counts(), paint.state.now);
    let mut note: Vec<(String, Role)> = Vec::new();
    if let Some(gap) = logs.gaps.values().min_by_key(|gap| gap.since) {
        let length = format::age_of((now.as_millisecond() - gap.since) / 1000);
        note.push((format!("gap {length}: {}", gap.fault.word()), Role::Degraded));
    } else if let Some((fault, since)) = &logs.fault {
        note.push((format!("{}, tries again ({})", fault.word(), format::age(*since, now)), Role::Degraded));
    }
    if let Some(saving) = &logs.saving {
        let (done, total) = saving.progress();
        note.push((format!("saving {} %", done * 100 / total.max(1)), Role::Changing));
    }
    if counts.left > 0 {
        note.push((format!("filtering, {} left", counts.left), Role::Changing));
    }
    match (logs.hole(), logs.wants_before()) {
        (Some(hole), _) => note.push((format!("filling {}", format::span(hole / 1000)), Role::Changing)),
        (None, Some(_)) => note.push(("reading older lines".to_string(), Role::Changing)),
        (None, None) => {}
    }
    match (logs.live, logs.session) {
        (_, Some(session)) => {
            let minutes = (now.as_millisecond() - session.since).max(0) as f64 / 60_000.0;
            let cost = minutes * LIVE_PRICE * session.sessions as f64;
            note.push((format!("LIVE {} ≈${cost:.2}", format::span((minutes * 60.0) as i64)), Role::Accent));
            if session.sampled > 0 {
                note.push((format!("sampled {}×", session.sampled), Role::Degraded));
            }
        }
        (true, None) => note.push(("live tail: not yet".to_string(), Role::Changing)),
        (false, None) if logs.pace.as_secs() >= SLOW => {
            note.push((format!("polls every {}", format::span(logs.pace.as_secs() as i64)), Role::Changing));
        }
        (false, None) => {}
    }
    if logs.times == Times::Local {
        note.push((format!("UTC{}", now.to_zoned(paint.state.zone.clone()).strftime("%:z")), Role::Dim));
    }
    if counts.evicted > 0 {
        note.push((format!("{} oldest dropped", counts.evicted), Role::Degraded));
    }
    if logs.late > 0 {
        note.push((format!("{} late", logs.late), Role::Dim));
    }
    if counts.filtered > 0 {
        note.push((format!("{} of {}", counts.shown, counts.shown + counts.filtered), Role::Dim));
    } else if counts.shown > 0 {
        note.push((format::count(counts.shown as usize, "line"), Role::Dim));
    }
    paint.notes(note)
}

/// The line that is typed, or what must be said.
pub fn bottom(paint: Paint, logs: &LogView, room: usize) -> Option<Line<'static>> {
    if let Some(typed) = &logs.input {
        const REGEX: &str = "regex · any case unless it has a capital · enter lays it";
        let (word, help) = match typed.prompt {
            Prompt::Include => (" show / ", REGEX),
            Prompt::Exclude => (" hide / ", REGEX),
            Prompt::Highlight => (" highlight / ", REGEX),
            Prompt::Time => (" go to @ ", "5m, 2h, 02:10, 2026-11-21T02:10"),
            Prompt::Source => (" add ", "/ecs/web · /ecs/web:app/ (streams) · /ecs/* (all of them)"),
            Prompt::File { whole: false } => (" save shown lines to ", ".jsonl writes JSON · tab: all lines held"),
            Prompt::File { whole: true } => (" save all lines to ", ".jsonl writes JSON · tab: shown lines"),
        };
        return Some(input::prompt(paint, word, &typed.input, room / 2, typed.error.as_deref(), help, room));
    }
    let (said, role) = match (&logs.said, logs.gaps.iter().next(), &logs.fault) {
        (Some(said), ..) => (said.clone(), Role::NoticeInfo),
        (None, Some((source, gap)), _) => {
            let since = Timestamp::from_millisecond(gap.since).map_or("?".to_string(), format::clock);
            let more = match logs.gaps.len() - 1 {
                0 => String::new(),
                more => format!(" (and {})", format::count(more, "source")),
            };
            let name = text::cut_middle(&source_words(source), room / 3);
            let said = format!("no lines since {since} of {name}{more}, tries again: {}", gap.fault);
            (said, Role::Degraded)
        }
        (None, None, Some((fault, _))) => (fault.to_string(), Role::Degraded),
        (None, None, None) => return None,
    };
    Some(Line::from(paint.styled(text::cut(&format!(" {said}"), room), role)))
}
