//! The lines themselves, the newest at the bottom.

use super::{cue, level_role, source_role};
use crate::app::panes::logs::{LogView, Times, is_late};
use crate::logs::buffer::{BufferEntry, EventKey};
use crate::logs::fields::{self, FieldRole, Fields};
use crate::logs::filter::highlights;
use crate::logs::level::Level;
use crate::logs::stamp;
use crate::logs::view::ViewRow;
use crate::ui::prelude::*;

/// Columns of the source beside a line.
const SOURCE: usize = 18;
/// Below this width a line has no room for its source.
const LEAST_FOR_SOURCE: u16 = 100;
/// Columns of a field beside a line.
const FIELD: usize = 14;

/// Draws the events around the selected one, the last of them at the bottom.
pub fn draw(paint: Paint, frame: &mut Frame, rect: Rect, logs: &LogView, focused: bool) {
    let mut rect = rect;
    if !logs.columns.is_empty() && rect.height > 2 {
        frame.render_widget(headings(paint, logs), Rect { height: 1, ..rect });
        rect = Rect { y: rect.y + 1, height: rect.height - 1, ..rect };
    }
    let lines = rows(paint, logs, rect, focused);
    let height = usize::from(rect.height);
    // Long events take several rows: the selected one stays in view, at the bottom while it follows.
    let at = lines.iter().rposition(|(key, _)| *key == logs.selected).unwrap_or(lines.len().saturating_sub(1));
    let last = if logs.follow { lines.len() } else { (at + 1 + height / 2).min(lines.len()) };
    let scroll = last.saturating_sub(height);
    for (i, (_, line)) in lines.into_iter().skip(scroll).take(height).enumerate() {
        frame.render_widget(line, Rect { y: rect.y + i as u16, height: 1, ..rect });
    }
}

fn rows(paint: Paint, logs: &LogView, rect: Rect, focused: bool) -> Vec<(Option<EventKey>, Line<'static>)> {
    let shown = logs.rows(usize::from(rect.height));
    if shown.is_empty() {
        let said = match (logs.caught_up, logs.stack().is_open()) {
            (false, _) => " reading the newest lines …",
            (true, true) => " no line so far; new ones appear as they come",
            (true, false) => " no line passes the filters; backspace takes the last one away",
        };
        return vec![(None, Line::from(paint.dim(said)))];
    }
    let mut lines = Vec::new();
    for row in shown {
        match row {
            ViewRow::Gap(hidden) => {
                lines.push((None, Line::from(paint.dim(format!("   ⋯ {hidden} hidden")))));
            }
            ViewRow::Event { key, passes } => {
                let Some(entry) = logs.entry(key) else { continue };
                let selected = focused && !logs.follow && logs.selected == Some(key);
                let event = event(paint, logs, &entry, rect.width.into(), passes, selected);
                lines.extend(event.into_iter().map(|line| (Some(key), line)));
            }
        }
    }
    lines
}

/// What stands before the text of a line: selection or mark, level, time, source.
fn head(paint: Paint, logs: &LogView, entry: &BufferEntry<'_>, selected: bool) -> Vec<Span<'static>> {
    let place = match (selected, logs.is_marked(entry.key)) {
        (true, false) => paint.styled("▸", Role::Accent),
        (_, true) => paint.styled("◆", Role::Changing),
        (false, false) => Span::raw(" "),
    };
    let level = paint.styled(cue(entry.level), level_role(entry.level));
    let mut head = vec![place, level, Span::raw(" ")];
    if logs.times != Times::None {
        head.push(paint.dim(format!("{} ", logs.time(entry.key.at, paint.state.now, &paint.state.zone))));
    }
    if paint.state.size.0 >= LEAST_FOR_SOURCE {
        let label = text::fit_cell(logs.label(entry.source), SOURCE);
        head.push(paint.styled(format!("{label} "), source_role(entry.source)));
    }
    head
}

/// The names of the columns, above them.
fn headings(paint: Paint, logs: &LogView) -> Line<'static> {
    let mut before = 3;
    if logs.times != Times::None {
        before += text::width(&logs.time(0, paint.state.now, &paint.state.zone)) + 1;
    }
    if paint.state.size.0 >= LEAST_FOR_SOURCE {
        before += SOURCE + 1;
    }
    let names = logs.columns.iter().map(|path| format!("{} ", text::fit_cell(path, FIELD)));
    let line = " ".repeat(before) + &names.collect::<String>();
    Line::from(paint.styled(line, Role::Header))
}

fn event(
    paint: Paint,
    logs: &LogView,
    entry: &BufferEntry<'_>,
    room: usize,
    passes: bool,
    selected: bool,
) -> Vec<Line<'static>> {
    let mut head = head(paint, logs, entry, selected);
    for path in &logs.columns {
        let value = fields::value(entry.text, path).unwrap_or_default();
        head.push(paint.styled(format!("{} ", text::fit_cell(&value, FIELD)), Role::Strong));
    }
    if entry.late && is_late(entry.key.at, entry.ingested) {
        head.push(paint.styled("late ", Role::Changing));
    }
    let used = text::total(&head);
    let width = room.saturating_sub(used);
    // The cue says how grave it is; the text of every line in red would be one red field.
    let role = match (passes, entry.level) {
        (true, Some(Level::Trace | Level::Debug)) | (false, _) => Role::Dim,
        (true, Some(Level::Error | Level::Fatal)) => Role::Strong,
        (true, _) => Role::Text,
    };
    let said = if logs.raw { None } else { readable(entry.text) };
    let text =
        if logs.raw || logs.times == Times::None { entry.text } else { stamp::without(entry.text, entry.key.at) };
    let (message, rest) = said.as_ref().map_or((text, ""), |(message, rest)| (message.as_str(), rest.as_str()));
    let mut lines: Vec<Line<'static>> = Vec::new();
    let physical: Vec<&str> = message.split('\n').collect();
    let shown = if logs.wrap { physical.len() } else { 1 };
    for (i, one) in physical.iter().take(shown).enumerate() {
        let mut spans = marked(paint, logs, one, role);
        if shown == 1 && physical.len() > 1 {
            spans.push(paint.dim(format!("  +{} lines", physical.len() - 1)));
        }
        if i + 1 == shown && !rest.is_empty() {
            spans.push(Span::raw("  "));
            spans.extend(marked(paint, logs, rest, Role::Dim));
        }
        let wrapped = if logs.wrap { text::wrap(&spans, width, 2) } else { vec![Line::from(spans)] };
        for (j, line) in wrapped.into_iter().enumerate() {
            let mut all = if i == 0 && j == 0 { head.clone() } else { vec![Span::raw(" ".repeat(used))] };
            all.extend(line.spans);
            lines.push(Line::from(all));
        }
    }
    let role = match (logs.is_in_selection(entry.key), selected) {
        (true, _) => Some(Role::Selection),
        (false, true) => Some(Role::SelectionDim),
        (false, false) => None,
    };
    if let Some(role) = role {
        for line in &mut lines {
            *line = paint.selected(std::mem::take(line), role);
        }
    }
    lines
}

/// What a JSON or logfmt line says in words, and its other fields; `None` where it says nothing
/// that could stand for it.
fn readable(text: &str) -> Option<(String, String)> {
    let fields = Fields::of(text);
    let message = fields::role(text, FieldRole::Message).filter(|_| !fields.list.is_empty())?;
    // Level and time have their places already.
    let told = |name: &str| {
        [FieldRole::Message, FieldRole::Level, FieldRole::Time].iter().any(|role| role.names().contains(&name))
    };
    let rest = fields.list.iter().filter(|field| !field.is_branch && !told(&field.path));
    let rest: Vec<String> = rest.map(|field| format!("{}={}", field.path, field.value.replace('\n', "⏎"))).collect();
    Some((message.into_owned(), rest.join(" ")))
}

/// A line with the terms of the filters marked.
fn marked(paint: Paint, logs: &LogView, line: &str, role: Role) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    let mut done = 0;
    for range in highlights(logs.stack().terms(), line) {
        spans.push(paint.styled(line[done..range.start].to_string(), role));
        done = range.end;
        spans.push(paint.styled(line[range].to_string(), Role::Match));
    }
    spans.push(paint.styled(line[done..].to_string(), role));
    spans
}
