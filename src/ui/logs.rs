//! The log pane: its title tells what runs and what is hidden, its rows the newest line last.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint::Paint;
use super::{plan, text};
use crate::app::logs::{Asks, LogView, Times, filter_words};
use crate::app::state::Pane;
use crate::domain::words;
use crate::logs::buffer::Entry;
use crate::logs::filter::highlights;
use crate::logs::level::Level;
use crate::logs::view::Row;
use crate::theme::Role;

/// Columns of the source beside a line.
const SOURCE: usize = 18;
/// A pane of fewer rows has no chart.
const LEAST_FOR_CHART: u16 = 6;
/// Below this width a line has no room for its source.
const LEAST_FOR_SOURCE: u16 = 100;

/// Draws the pane.
pub fn draw(paint: Paint, frame: &mut Frame, rect: Rect, logs: &LogView) {
    let state = paint.state;
    let focused = state.focus == Pane::Logs;
    let inner = if state.layout.tabs.is_some() {
        let line = Line::from([title(paint, logs, focused), note(paint, logs)].concat());
        frame.render_widget(line, Rect { height: 1, ..rect });
        Rect { y: rect.y + 1, height: rect.height.saturating_sub(1), ..rect }
    } else {
        paint.pane(frame, rect, focused, Line::from(title(paint, logs, focused)), Line::from(note(paint, logs)))
    };
    let inner = match bottom(paint, logs, inner.width.into()) {
        Some(line) if inner.height > 1 => {
            frame.render_widget(line, Rect { y: inner.y + inner.height - 1, height: 1, ..inner });
            Rect { height: inner.height - 1, ..inner }
        }
        _ => inner,
    };
    let inner = chart(paint, frame, inner, logs);
    let lines = match logs.opened() {
        Some((entry, _)) => opened(paint, logs, &entry, inner.width.into()),
        None if logs.shows_patterns => patterns(paint, logs, inner.width.into()),
        None => rows(paint, logs, inner, focused),
    };
    let at_once = logs.open || logs.shows_patterns;
    let scroll = if at_once { logs.open_scroll } else { lines.len().saturating_sub(inner.height.into()) };
    if at_once {
        paint.lines(frame, inner, &lines, scroll);
    } else {
        for (i, line) in lines.into_iter().skip(scroll).enumerate() {
            frame.render_widget(line, Rect { y: inner.y + i as u16, height: 1, ..inner });
        }
    }
}

/// Eighths of a column.
const BARS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

fn bar(count: u32, most: u32) -> &'static str {
    // What is there never looks like nothing.
    let eighths = (u64::from(count) * 8).div_ceil(u64::from(most.max(1)));
    BARS[usize::try_from(eighths).unwrap_or(8).min(8)]
}

/// A row of lines over time, the errors among them marked; where one looks it is underlined.
fn chart(paint: Paint, frame: &mut Frame, rect: Rect, logs: &LogView) -> Rect {
    if rect.height < LEAST_FOR_CHART {
        return rect;
    }
    let head = " 15m ";
    let room = usize::from(rect.width).saturating_sub(head.len() + 16);
    let (columns, at) = logs.chart(room, paint.state.now);
    let most = columns.list.iter().map(|column| column.count.all).max().unwrap_or(0);
    let mut spans = vec![Span::styled(head, paint.style(Role::Dim))];
    for (i, column) in columns.list.iter().enumerate() {
        let errors = column.count.errors * 4 >= column.count.all && column.count.errors > 0;
        let role = if errors { Role::Down } else { Role::Dim };
        let mut style = paint.style(role);
        if Some(i) == at {
            style = style.add_modifier(ratatui::style::Modifier::UNDERLINED);
        }
        spans.push(Span::styled(bar(column.count.all, most), style));
    }
    let per = (columns.width_ms / 1000).max(1);
    spans.push(Span::styled(format!(" ≤{most} in {}", words::span(per)), paint.style(Role::Dim)));
    frame.render_widget(Line::from(spans), Rect { height: 1, ..rect });
    Rect { y: rect.y + 1, height: rect.height - 1, ..rect }
}

/// Lines that say the same, the most frequent first.
fn patterns(paint: Paint, logs: &LogView, room: usize) -> Vec<Line<'static>> {
    let mut lines = vec![Line::from(Span::styled(
        format!(" {:>8}  {:>5} {:>5}  {:<16}  PATTERN", "LINES", "FIRST", "LAST", "TREND"),
        paint.style(Role::Header),
    ))];
    let now = paint.state.now;
    for pattern in logs.patterns() {
        let age = |ms| crate::domain::Timestamp::from_millisecond(ms).map_or("?".to_string(), |at| words::age(at, now));
        let to = now.as_millisecond();
        let trend = pattern.trend.columns(to - 15 * 60_000, to, 16);
        let most = trend.list.iter().map(|column| column.count.all).max().unwrap_or(0);
        let bars: String = trend.list.iter().map(|column| bar(column.count.all, most)).collect();
        let spans = vec![
            Span::styled(format!("{}{:>8}", cue(pattern.level), pattern.count), paint.style(level_role(pattern.level))),
            Span::styled(
                format!("  {:>5}", age(pattern.first)),
                // What was not said before is the first suspect.
                paint.style(if logs.is_new(pattern) { Role::Changing } else { Role::Dim }),
            ),
            Span::styled(format!(" {:>5}  ", age(pattern.last)), paint.style(Role::Dim)),
            Span::styled(text::fit(&bars, 16), paint.style(Role::Dim)),
            Span::styled(format!("  {}", pattern.text()), paint.style(Role::Text)),
        ];
        lines.extend(text::wrap(&spans, room, 42).into_iter().take(2));
    }
    lines
}

fn title(paint: Paint, logs: &LogView, focused: bool) -> Vec<Span<'static>> {
    let role = if focused { Role::TitleFocused } else { Role::Title };
    let mut spans = vec![
        Span::styled(format!(" {} ", Pane::Logs.number()), paint.style(Role::Dim)),
        Span::styled(format!("Logs {} ", logs.title), paint.style(role)),
    ];
    let state = match (logs.caught_up, logs.follow) {
        (false, _) => "reading … ".to_string(),
        (true, true) => "following ".to_string(),
        (true, false) => match logs.unseen() {
            0 => "paused ".to_string(),
            new => format!("paused, {new} new "),
        },
    };
    let role = if logs.follow { Role::Dim } else { Role::Changing };
    spans.push(Span::styled(state, paint.style(role)));
    for filter in logs.stack().filters() {
        spans.push(Span::styled(format!("{} ", filter_words(&filter.test)), paint.style(Role::Accent)));
    }
    spans
}

fn note(paint: Paint, logs: &LogView) -> Vec<Span<'static>> {
    let counts = logs.counts();
    let mut note: Vec<(String, Role)> = Vec::new();
    if let Some((fault, since)) = &logs.fault {
        let age = words::age(*since, paint.state.now);
        note.push((format!("{}, tries again ({age})", fault.word()), Role::Degraded));
    }
    if counts.left > 0 {
        note.push((format!("filtering, {} left", counts.left), Role::Changing));
    }
    if counts.evicted > 0 {
        note.push((format!("{} oldest dropped", counts.evicted), Role::Degraded));
    }
    if logs.late() > 0 {
        note.push((format!("{} late", logs.late()), Role::Dim));
    }
    if counts.filtered > 0 {
        note.push((format!("{} of {}", counts.shown, counts.shown + counts.filtered), Role::Dim));
    } else if counts.shown > 0 {
        note.push((words::count(counts.shown as usize, "line"), Role::Dim));
    }
    let mut spans = Vec::new();
    for (i, (text, role)) in note.into_iter().enumerate() {
        let dot = if i == 0 { " " } else { "· " };
        spans.push(Span::styled(dot, paint.style(Role::Dim)));
        spans.push(Span::styled(format!("{text} "), paint.style(role)));
    }
    spans
}

/// The line that is typed, or what must be said.
fn bottom(paint: Paint, logs: &LogView, room: usize) -> Option<Line<'static>> {
    if let Some(typed) = &logs.input {
        let word = match typed.asks {
            Asks::Include => " show / ",
            Asks::Exclude => " hide / ",
            Asks::Time => " go to @ ",
        };
        let mut spans = vec![Span::styled(word, paint.style(Role::Key))];
        spans.extend(plan::input_spans(paint, &typed.input, (room / 2).max(10)));
        let help = match typed.asks {
            Asks::Time => "5m, 2h, 02:10, 2026-11-21T02:10 (UTC)",
            Asks::Include | Asks::Exclude => "regex · any case unless it has a capital · enter lays it",
        };
        let said = typed.error.as_deref().unwrap_or(help);
        let role = if typed.error.is_some() { Role::NoticeError } else { Role::Dim };
        let used: usize = spans.iter().map(Span::width).sum();
        spans.push(Span::styled(text::cut(&format!("  {said}"), room.saturating_sub(used)), paint.style(role)));
        return Some(Line::from(spans));
    }
    let said = match (&logs.remark, &logs.fault) {
        (Some(remark), _) => (remark.clone(), Role::NoticeInfo),
        (None, Some((fault, _))) => (fault.to_string(), Role::Degraded),
        (None, None) => return None,
    };
    Some(Line::from(Span::styled(text::cut(&format!(" {}", said.0), room), paint.style(said.1))))
}

/// The events around the selected one, the last of them at the bottom.
fn rows(paint: Paint, logs: &LogView, rect: Rect, focused: bool) -> Vec<Line<'static>> {
    let height = usize::from(rect.height);
    let shown = logs.rows(height);
    if shown.is_empty() {
        let said = match (logs.caught_up, logs.stack().is_open()) {
            (false, _) => " reading the newest lines …",
            (true, true) => " no line so far; new ones appear as they come",
            (true, false) => " no line passes the filters; backspace takes the last one away",
        };
        return vec![Line::from(Span::styled(said, paint.style(Role::Dim)))];
    }
    let mut lines = Vec::new();
    for row in shown {
        match row {
            Row::Gap(hidden) => {
                lines.push(Line::from(Span::styled(format!(" ⋯ {hidden} hidden"), paint.style(Role::Dim))));
            }
            Row::Event { key, passes } => {
                let Some(entry) = logs.entry(key) else { continue };
                let selected = focused && !logs.follow && logs.selected == Some(key);
                lines.extend(event(paint, logs, &entry, rect.width.into(), passes, selected));
            }
        }
    }
    lines
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

fn event(
    paint: Paint,
    logs: &LogView,
    entry: &Entry<'_>,
    room: usize,
    passes: bool,
    selected: bool,
) -> Vec<Line<'static>> {
    let mut head = vec![Span::styled(
        if selected { "▸".to_string() } else { cue(entry.level).to_string() },
        paint.style(if selected { Role::Accent } else { level_role(entry.level) }),
    )];
    if logs.times != Times::None {
        head.push(Span::styled(format!("{} ", logs.time(entry.key.at, paint.state.now)), paint.style(Role::Dim)));
    }
    if paint.state.size.0 >= LEAST_FOR_SOURCE {
        let label = text::fit_cell(logs.label(entry), SOURCE);
        head.push(Span::styled(format!("{label} "), paint.style(Role::Dim)));
    }
    if entry.late && entry.ingested - entry.key.at > 5_000 {
        head.push(Span::styled("late ", paint.style(Role::Changing)));
    }
    let used: usize = head.iter().map(Span::width).sum();
    let width = room.saturating_sub(used);
    // The cue says how grave it is; the text of every line in red would be one red field.
    let role = match (passes, entry.level) {
        (true, Some(Level::Trace | Level::Debug)) | (false, _) => Role::Dim,
        (true, Some(Level::Error | Level::Fatal)) => Role::Strong,
        (true, _) => Role::Text,
    };
    let mut lines: Vec<Line<'static>> = Vec::new();
    let physical: Vec<&str> = entry.text.split('\n').collect();
    let shown = if logs.wrap { physical.len() } else { 1 };
    for (i, one) in physical.iter().take(shown).enumerate() {
        let mut spans = marked(paint, logs, one, role);
        if shown == 1 && physical.len() > 1 {
            spans.push(Span::styled(format!("  +{} lines", physical.len() - 1), paint.style(Role::Dim)));
        }
        let wrapped = if logs.wrap { text::wrap(&spans, width, 2) } else { vec![Line::from(spans)] };
        for (j, line) in wrapped.into_iter().enumerate() {
            let mut all = if i == 0 && j == 0 { head.clone() } else { vec![Span::raw(" ".repeat(used))] };
            all.extend(line.spans);
            lines.push(Line::from(all));
        }
    }
    if selected {
        for line in &mut lines {
            *line = line.clone().patch_style(paint.style(Role::SelectionDim));
        }
    }
    lines
}

/// A line with the terms of the filters marked.
fn marked(paint: Paint, logs: &LogView, line: &str, role: Role) -> Vec<Span<'static>> {
    let mut spans = Vec::new();
    let mut done = 0;
    for highlight in highlights(logs.stack().terms(), line) {
        spans.push(Span::styled(line[done..highlight.range.start].to_string(), paint.style(role)));
        spans.push(Span::styled(line[highlight.range.clone()].to_string(), paint.style(Role::Accent)));
        done = highlight.range.end;
    }
    spans.push(Span::styled(line[done..].to_string(), paint.style(role)));
    spans
}

/// One event in full: where and when, its fields as a tree, its text.
fn opened(paint: Paint, logs: &LogView, entry: &Entry<'_>, room: usize) -> Vec<Line<'static>> {
    let dim = |text: String| Span::styled(text, paint.style(Role::Dim));
    let moment = |ms| crate::domain::Timestamp::from_millisecond(ms).map_or("?".to_string(), |at| at.to_string());
    let label = |name: &str, value: Vec<Span<'static>>| {
        let mut spans = vec![dim(format!(" {} ", text::fit(name, 16)))];
        spans.extend(value);
        Line::from(spans)
    };
    let level = entry.level.map_or("not told", Level::name);
    let mut lines = vec![
        label(
            "time",
            vec![
                Span::styled(moment(entry.key.at), paint.style(Role::Text)),
                dim(format!("  got {}", moment(entry.ingested))),
            ],
        ),
        label("source", vec![Span::styled(logs.label(entry).to_string(), paint.style(Role::Text))]),
        label("level", vec![Span::styled(level.to_string(), paint.style(level_role(entry.level)))]),
        Line::default(),
    ];
    if let Some((_, fields)) = logs.opened()
        && !fields.list.is_empty()
    {
        for field in &fields.list {
            let indent = " ".repeat(1 + 2 * field.depth);
            let name = field.path.rsplit('.').next().unwrap_or(&field.path).to_string();
            let spans = [dim(format!("{indent}{name}  ")), Span::styled(field.value.clone(), paint.style(Role::Text))];
            lines.extend(text::wrap(&spans, room, 4));
        }
        lines.push(Line::default());
    }
    for line in entry.text.split('\n') {
        lines.extend(text::wrap(&[Span::styled(format!(" {line}"), paint.style(Role::Text))], room, 2));
    }
    lines
}
