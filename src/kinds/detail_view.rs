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

pub fn table(titles: &[&str], rows: impl IntoIterator<Item = Vec<Cell>>) -> Block {
    Block::Table { titles: titles.iter().map(ToString::to_string).collect(), rows: rows.into_iter().collect() }
}

/// A list that is read beside the row, in a table, as far as it was read. `words` are what it is, and what is said
/// where it is empty.
pub fn list<'a, T>(
    told: Option<&'a Result<Vec<T>, Fault>>,
    words: (&str, &str),
    titles: &[&str],
    most: usize,
    row: impl Fn(&'a T) -> Vec<Cell>,
) -> Vec<Block> {
    match told {
        None => vec![reading()],
        Some(Err(fault)) => missing(words.0, fault),
        Some(Ok(told)) if told.is_empty() => vec![dim(words.1)],
        Some(Ok(told)) => vec![table(titles, told.iter().take(most).map(row))],
    }
}

/// A moment, and how long ago it was.
pub fn moment_cells(at: Option<Timestamp>, now: Timestamp) -> [Cell; 2] {
    [at.map_or_else(Cell::nothing, |at| Cell::text(format::moment(at), Tone::Dim)), age_cell(at, now)]
}

/// Events of RDS and ElastiCache, newest first; those of `bad` categories stand out.
pub fn events(told: Option<&Result<Vec<Event>, Fault>>, most: usize, now: Timestamp) -> Vec<Block> {
    let words = ("events", "none in the last 14 days, which is all that AWS keeps");
    list(told, words, &["TIME", "AGE", "SOURCE", "EVENT"], most, |event| {
        let bad = event.categories.iter().any(|c| matches!(c.as_str(), "failure" | "failover" | "low storage"));
        let [at, age] = moment_cells(event.at, now);
        let message = Cell::text(event.message.as_str(), if bad { Tone::Degraded } else { Tone::Plain });
        vec![at, age, Cell::text(event.source.as_str(), Tone::Dim), message]
    })
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
