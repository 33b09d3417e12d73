//! The band at the top: where we are, who we are there, what is wrong, how old it all is.

use crate::app::action;
use crate::domain::environment::Tier;
use crate::kinds;
use crate::ui::prelude::*;

/// A piece of the band; pieces of a higher rank go first when it gets narrow.
struct Piece {
    rank: u8,
    text: String,
    /// What stands there when it gets narrow, before anything goes.
    short: Option<String>,
    role: Role,
}

/// On a band of fewer columns the incident's start is told in two words.
const NARROW: u16 = 100;

/// Draws the band.
pub fn draw(paint: Paint, frame: &mut Frame, rect: Rect) {
    let state = paint.state;
    let env = state.environment();
    let band = match env.map(|env| env.tier) {
        Some(Tier::Production) => Role::BandProduction,
        Some(Tier::Staging) => Role::BandStaging,
        _ => Role::BandDevelopment,
    };
    frame.buffer_mut().set_style(rect, paint.style(band));
    let piece = |rank, text: String, role| Piece { rank, text, short: None, role };
    let mut left = Vec::new();
    let mut right = Vec::new();
    if state.settings.demo {
        left.push(piece(0, "DEMO".into(), Role::Demo));
    }
    match env {
        None => left.push(piece(0, "midwatch".into(), band)),
        Some(env) => {
            let guess = if env.tier_guessed { "?" } else { "" };
            left.push(piece(0, format!("{}{guess}", env.tier.word().to_uppercase()), band));
            left.push(piece(0, env.name.to_string(), band));
            let region = env.region.as_deref().unwrap_or("no region");
            let store = state.store();
            // Who we are there never leaves the screen.
            left.push(match store.map(|store| (store.identity.value(), store.identity.fault())) {
                Some((Some(identity), _)) => {
                    let (account, who) = (identity.account.as_str(), identity.who());
                    let tail = account.get(account.len().saturating_sub(4)..).unwrap_or(account);
                    let short = Some(format!("…{tail} {}", text::cut(who, 12)));
                    Piece { short, ..piece(0, format!("{account} {who}"), Role::BandNote) }
                }
                Some((None, Some(fault))) => piece(0, fault.word().to_string(), Role::BandNote),
                _ => piece(0, "asking who we are".to_string(), Role::BandNote),
            });
            left.push(piece(2, region.to_string(), Role::BandNote));
            if let Some(why) = store.and_then(|store| action::locked(env, store)) {
                let pinned = why.starts_with("account");
                let said = if pinned { "WRONG ACCOUNT · READ-ONLY" } else { "READ-ONLY" };
                right.push(piece(0, said.into(), band));
            }
            if state.wrong() > 0 {
                right.push(piece(0, format!("▲ {} wrong", state.wrong()), band));
            }
            if let Some(at) = state.charts.incident {
                let (at, age) = (at.strftime("%H:%M"), format::age(at, state.now));
                let said =
                    if rect.width < NARROW { format!("since {at}") } else { format!("incident since {at} · {age}") };
                right.push(piece(1, said, Role::Demo));
            }
            let jobs = state.jobs.live().count();
            if jobs > 0 {
                right.push(piece(1, format::count(jobs, "job"), band));
            }
            let ports = state.forwards.live().count();
            if ports > 0 {
                right.push(piece(2, format::count(ports, "port"), band));
            }
            right.push(piece(4, format!("{:.1} calls/s", state.rate.shown), Role::BandNote));
            if state.rate.throttled >= 0.05 {
                right.push(piece(1, "throttled".into(), band));
            }
            // Where there is no room for both, each pane still has its age.
            let data = if state.charts.incident.is_some() { 2 } else { 1 };
            // Kinds are read at paces of their own; each pane tells its age, the header that of the focus.
            let kind = state.acted_on().or_else(|| kinds::registry().next());
            let age = store.zip(kind).and_then(|(store, kind)| store.listing(kind.id()).age(state.now));
            let said = age.map_or("no data yet".to_string(), |age| format!("data {}", format::age_of(age)));
            right.push(piece(data, said, Role::BandNote));
        }
    }
    let clock = match state.settings.clock {
        "local" => state.now.to_zoned(state.zone.clone()).strftime("%H:%M %Z").to_string(),
        _ => format::minute(state.now),
    };
    right.push(piece(5, clock, band));
    let room = usize::from(rect.width);
    let widths = |pieces: &[Piece]| pieces.iter().map(|p| text::width(&p.text) + 2).sum::<usize>();
    // The clock and the pace go before anything is shortened.
    if widths(&left) + widths(&right) + 1 > room {
        right.retain(|p| p.rank < 4);
    }
    if widths(&left) + widths(&right) + 1 > room {
        for piece in &mut left {
            piece.text = piece.short.take().unwrap_or_else(|| std::mem::take(&mut piece.text));
        }
    }
    while widths(&left) + widths(&right) + 1 > room {
        let rank = left.iter().chain(&right).map(|p| p.rank).max().unwrap_or(0);
        if rank == 0 {
            break;
        }
        left.retain(|p| p.rank < rank);
        right.retain(|p| p.rank < rank);
    }
    let line = |pieces: Vec<Piece>| {
        let spans = pieces.into_iter().flat_map(|p| {
            let style = paint.style(band).patch(paint.style(p.role));
            [paint.styled(" ", band), Span::styled(p.text, style), paint.styled(" ", band)]
        });
        Line::from(spans.collect::<Vec<_>>())
    };
    paint.ends(frame, rect, line(left), line(right));
}
