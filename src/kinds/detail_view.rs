//! Pieces that the detail views of several kinds are made of: each says in the same words what is
//! not told, not read yet, or could not be read.

use super::cell::{Block, Cell, Span, Tone};
use crate::domain::Timestamp;
use crate::domain::event::Event;
use crate::domain::fault::Fault;
use crate::domain::format;

pub fn age_cell(at: Option<Timestamp>, now: Timestamp) -> Cell {
    at.map_or_else(Cell::nothing, |at| {
        // By the moment, which is the same at whatever time two rows are compared.
        Cell::number(-(at.as_second() as f64), format::age(at, now), Tone::Dim)
    })
}

pub fn when(at: Option<Timestamp>, now: Timestamp) -> Span {
    at.map_or_else(
        || Span::new("not known", Tone::Dim),
        |at| format!("{}, {} ago", format::moment(at), format::age(at, now)).into(),
    )
}

pub fn or_nothing(text: &str) -> Span {
    if text.is_empty() { Span::new("not told", Tone::Dim) } else { text.into() }
}

pub fn titles(titles: &[&str]) -> Vec<String> {
    titles.iter().map(ToString::to_string).collect()
}

pub fn dim(text: &str) -> Block {
    Block::Line(vec![Span::new(text, Tone::Dim)])
}

pub fn reading() -> Block {
    dim("reading…")
}

/// A piece that could not be read: what, why, and what mends it.
pub fn missing(what: &str, fault: &Fault) -> Vec<Block> {
    let mut blocks = vec![Block::Line(vec![Span::new(format!("{what}: {fault}"), Tone::Degraded)])];
    if !fault.remedy.is_empty() {
        blocks.push(dim(&fault.remedy));
    }
    blocks
}

pub fn fault_span(fault: &Fault) -> Span {
    let remedy = if fault.remedy.is_empty() { String::new() } else { format!(": {}", fault.remedy) };
    Span::new(format!("not read: {fault}{remedy}"), Tone::Degraded)
}

/// Events of RDS and ElastiCache, newest first; those of `bad` categories stand out.
pub fn events(events: &Result<Vec<Event>, Fault>, now: Timestamp) -> Vec<Block> {
    let told = match events {
        Err(fault) => return missing("events", fault),
        Ok(told) if told.is_empty() => return vec![dim("none in the last 14 days, which is all that AWS keeps")],
        Ok(told) => told,
    };
    let row = |event: &Event| {
        let bad = event.categories.iter().any(|c| matches!(c.as_str(), "failure" | "failover" | "low storage"));
        vec![
            event.at.map_or_else(Cell::nothing, |at| Cell::text(format::moment(at), Tone::Dim)),
            age_cell(event.at, now),
            Cell::text(event.source.as_str(), Tone::Dim),
            Cell::text(event.message.as_str(), if bad { Tone::Degraded } else { Tone::Plain }),
        ]
    };
    vec![Block::Table { titles: titles(&["TIME", "AGE", "SOURCE", "EVENT"]), rows: told.iter().map(row).collect() }]
}

/// Members and values that wait to be applied.
pub fn pending(pending: &[(crate::domain::text::Text, crate::domain::text::Text)]) -> Vec<Span> {
    if pending.is_empty() {
        return vec![Span::new("none", Tone::Dim)];
    }
    let all: Vec<String> = pending.iter().map(|(name, value)| format!("{name} → {value}")).collect();
    vec![Span::new(all.join(", "), Tone::Changing)]
}

/// `yes` or `no`, dim where it is the calm one.
pub fn yes_no(yes: bool, calm: bool) -> Span {
    Span::new(if yes { "yes" } else { "no" }, if yes == calm { Tone::Plain } else { Tone::Degraded })
}
