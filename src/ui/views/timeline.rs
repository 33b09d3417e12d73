//! What changed, over the whole screen: how far each source was read, the clock, and all that is told of
//! the selected entry.

use crate::app::hint;
use crate::app::panes::names::Names;
use crate::app::panes::resources::{DOWN, OPEN};
use crate::app::views::timeline::gather::resource;
use crate::app::views::timeline::view::ONLY_THIS;
use crate::app::views::timeline::{Fold, TimelineView};
use crate::domain::scaling::PAGE;
use crate::domain::timeline::{TimelineEntry, TimelineKind, TimelineSource, Turn};
use crate::domain::{Timestamp, format};
use crate::kinds;
use crate::kinds::cell::{Block, Span as Said, Tone};
use crate::ui::prelude::*;
use crate::ui::widgets::names;
use crate::ui::widgets::{input, text};

/// Columns of the time with the age behind it, and of who tells it.
const TIME: usize = 15;
const SOURCE: usize = 8;
/// From so many columns on all who tell an entry are named.
const WIDE: usize = 160;
const SOURCES: usize = 24;
/// A clock of fewer rows has nothing below it.
const LEAST: u16 = 8;

/// A line of the clock.
enum Row<'a> {
    /// With its place, and how often it happened.
    Entry(usize, &'a Fold, &'a TimelineEntry),
    /// The day changes here.
    Day(Timestamp),
    /// Something began here.
    Mark(String, Role),
    /// The end of what is read.
    End(String),
}

/// Draws the overlay over `body`.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, view: &TimelineView) {
    paint.page(frame, body);
    let room = usize::from(body.width);
    let line = |y: u16| Rect { y: body.y + y, height: body.height.saturating_sub(y).min(1), ..body };
    frame.render_widget(title(paint, view, room), line(0));
    let sources = sources(paint, view, room);
    let below = sources.len() as u16;
    for (y, told) in (1..).zip(sources) {
        frame.render_widget(told, line(y));
    }
    let mut head = 1 + below;
    if view.typing || !view.input.value().is_empty() {
        frame.render_widget(filter(paint, view, room), line(head));
        head += 1;
    }
    let list = Rect { y: body.y + head + 1, height: body.height.saturating_sub(head + 1), ..body };
    let detail = if list.height >= LEAST + 6 { (list.height / 3).clamp(6, 14) } else { 0 };
    let list = Rect { height: list.height - detail, ..list };
    clock(paint, frame, list, view);
    if let (Some((fold, entry)), true) = (view.line(), detail > 0) {
        let rest = Rect {
            x: body.x + 1,
            y: list.y + list.height + 1,
            width: body.width.saturating_sub(2),
            height: detail - 1,
        };
        let lines = paint.blocks(&about(paint, fold, entry), rest.width.into());
        paint.lines(frame, rest, &lines, 0);
    }
}

fn title(paint: Paint, view: &TimelineView, room: usize) -> Line<'static> {
    let state = paint.state;
    let name = state.environment().map_or(String::new(), |env| env.name.to_string());
    let mut spans = vec![paint.styled(" What changed ", Role::TitleFocused), paint.dim(format!("{name}  "))];
    if let Some(only) = &view.only {
        let key = hint::key(state, ONLY_THIS);
        spans.push(paint.styled(format!("only {}  ", only.name), Role::Accent));
        spans.push(paint.styled(key, Role::Key));
        spans.push(paint.styled(" all  ", Role::KeyLabel));
    }
    let (shown, all) = view.counts();
    let said = if view.is_filtered() { format!("{shown} of {all}") } else { all.to_string() };
    spans.push(paint.dim(format!("{said} since {}", moment(view.back_to, state.now))));
    text::cut_line(Line::from(spans), room)
}

/// A time as short as it is clear: of another day with its date.
fn moment(at: Timestamp, now: Timestamp) -> String {
    let format = if at.strftime("%F").to_string() == now.strftime("%F").to_string() { "%H:%M" } else { "%m-%d %H:%M" };
    at.strftime(format).to_string()
}

/// How far each source was read, and what failed, on as many lines as that takes.
fn sources(paint: Paint, view: &TimelineView, room: usize) -> Vec<Line<'static>> {
    let state = paint.state;
    let Some(store) = state.store() else { return vec![] };
    let mut all = Vec::new();
    for source in kinds::timeline::sources() {
        let mut spans = vec![paint.styled(format!(" {} ", source.word()), Role::Strong)];
        let mut say = |said: String, role| spans.push(paint.styled(said, role));
        match source {
            TimelineSource::JOURNAL => say("own actions".into(), Role::Dim),
            source if source.every().is_none() && source != TimelineSource::AUTOSCALING => {
                let kind = kinds::registry().find(|kind| kind.event_source() == Some(source));
                let listing = kind.map(|kind| store.listing(kind.id()));
                match listing.and_then(|listing| listing.age(state.now)) {
                    Some(age) => say(format::age_of(age), Role::Dim),
                    None => say("reading".into(), Role::Dim),
                }
                let faults = listing.map(|listing| listing.faults().len()).unwrap_or(0);
                if faults > 0 {
                    say(" gaps: see its pane".into(), Role::Down);
                }
            }
            _ => {
                let feed = store.feeds.of(source);
                let scalings = &store.readings.scalings.newest;
                let (at, from, fault) = match source {
                    TimelineSource::AUTOSCALING => {
                        // It is the newest page of all services.
                        let page = scalings.value().filter(|all| all.len() >= usize::from(PAGE));
                        (scalings.at(), page.and_then(|all| all.last()?.started), scalings.fault())
                    }
                    _ => (feed.read.at(), feed.from, feed.read.fault()),
                };
                match (at, source.lateness()) {
                    (Some(at), Some(_)) => {
                        say(format!("minutes late, read at {}", at.strftime("%H:%M")), Role::Changing);
                    }
                    (Some(at), None) => say(format::age(at, state.now), Role::Dim),
                    (None, _) if fault.is_none() => say("reading".into(), Role::Dim),
                    (None, _) => {}
                }
                if let Some(from) = from.filter(|from| *from > view.back_to) {
                    say(format!(" back to {}", moment(from, state.now)), Role::Changing);
                }
                if let Some(fault) = fault {
                    let gap = if at.is_some() || source == TimelineSource::AUTOSCALING { " " } else { "" };
                    say(format!("{gap}{fault}"), Role::Down);
                }
            }
        }
        all.push(spans);
    }
    let mut lines: Vec<Line<'static>> = vec![Line::default()];
    for spans in all {
        let width: usize = spans.iter().map(Span::width).sum();
        let last = lines.len() - 1;
        if lines[last].width() > 0 && lines[last].width() + width + 2 > room {
            lines.push(Line::default());
        }
        let last = lines.len() - 1;
        if lines[last].width() > 0 {
            lines[last].spans.push(paint.dim(" ·"));
        }
        lines[last].spans.extend(spans);
    }
    lines.into_iter().map(|line| text::cut_line(line, room)).collect()
}

fn filter(paint: Paint, view: &TimelineView, room: usize) -> Line<'static> {
    if view.typing {
        let help = "words, source:ECS, sort:change, actor:dana, 5m, 02:10, to:02:20, ! inverts";
        let line = input::prompt(paint, " / ", &view.input, room / 2, view.filter_error.as_deref(), help, room);
        return text::cut_line(line, room);
    }
    let typed = paint.styled(view.input.value().to_string(), Role::Accent);
    text::cut_line(Line::from(vec![paint.styled(" / ", Role::Key), typed]), room)
}

/// The lines of the clock: entries, the days between them, and what began where.
fn rows<'a>(paint: Paint, view: &'a TimelineView) -> Vec<Row<'a>> {
    let state = paint.state;
    let mut marks: Vec<(Timestamp, String, Role)> = Vec::new();
    if let Some(at) = state.charts.incident {
        let said = format!("the incident began · {} · {} ago", at.strftime("%H:%M:%S"), format::age(at, state.now));
        marks.push((at, said, Role::Accent));
    }
    if let Some((at, what)) = &view.onset {
        let said = format!("{what} since {} · {} ago", at.strftime("%H:%M:%S"), format::age(*at, state.now));
        marks.push((*at, said, Role::Degraded));
    }
    // Newest first, as the clock.
    marks.sort_by_key(|(at, ..)| *at);
    let mut rows = Vec::new();
    let mut day = state.now;
    for (place, (fold, entry)) in view.lines().enumerate() {
        while let Some((_, said, role)) = marks.pop_if(|(at, ..)| *at > entry.at()) {
            rows.push(Row::Mark(said, role));
        }
        if entry.at().strftime("%F").to_string() != day.strftime("%F").to_string() {
            day = entry.at();
            rows.push(Row::Day(day));
        }
        rows.push(Row::Entry(place, fold, entry));
    }
    // What began before all that is shown stands at the end, unless it is older than what was asked for.
    let left = marks.into_iter().rev().filter(|(at, ..)| *at >= view.back_to);
    rows.extend(left.map(|(_, said, role)| Row::Mark(said, role)));
    let key = hint::key(state, DOWN);
    rows.push(Row::End(match view.times.0 {
        Some(from) => format!("nothing before {}: the filter", moment(from, state.now)),
        None => format!("read back to {} · {key} on the last one reads on", moment(view.back_to, state.now)),
    }));
    rows
}

fn clock(paint: Paint, frame: &mut Frame, list: Rect, view: &TimelineView) {
    let rows = rows(paint, view);
    let selected = view.position();
    let is_selected = |row: &Row| matches!(row, Row::Entry(place, ..) if *place == selected);
    let at = rows.iter().position(is_selected).unwrap_or(0);
    // What came after stays in view above the selected one.
    let height = usize::from(list.height);
    let top = at.saturating_sub(height / 2).min(rows.len().saturating_sub(height));
    let room = usize::from(list.width);
    let names = Names::of(rows.iter().filter_map(|row| match row {
        Row::Entry(_, _, entry) => Some(entry.about().name()),
        _ => None,
    }));
    for (y, row) in rows.iter().skip(top).take(height).enumerate() {
        let place = Rect { y: list.y + y as u16, height: 1, ..list };
        let line = match row {
            Row::Entry(place, fold, entry) => {
                let line = entry_line(paint, fold, entry, &names, room);
                if *place == selected { paint.selected(line, Role::Selection) } else { line }
            }
            Row::Day(at) => rule(paint, &at.strftime("%A, %F").to_string(), Role::Dim, room),
            Row::Mark(said, role) => rule(paint, said, *role, room),
            Row::End(said) => Line::from(paint.dim(text::cut(&format!(" ⋯ {said}"), room))),
        };
        frame.render_widget(line, place);
    }
}

/// A line through the clock with words in it.
fn rule(paint: Paint, said: &str, role: Role, room: usize) -> Line<'static> {
    let said = text::cut(&format!(" ── {said} "), room);
    let left = room.saturating_sub(text::width(&said) + 1);
    Line::from(paint.styled(format!("{said}{}", "─".repeat(left)), role))
}

/// How an entry looks: a cue for what it was, and its tone.
fn cue(entry: &TimelineEntry) -> (&'static str, Tone) {
    match (entry.turn(), entry.first().sort) {
        (Turn::Worse, _) => ("▲", Tone::Down),
        (_, TimelineKind::Action) => ("◆", Tone::Accent),
        (_, TimelineKind::Change) => ("◇", Tone::Accent),
        (Turn::Better, TimelineKind::Deployment) => ("✓", Tone::Ok),
        (_, TimelineKind::Deployment) => ("◐", Tone::Changing),
        (Turn::Better, _) => ("✓", Tone::Ok),
        _ => ("·", Tone::Dim),
    }
}

/// Time and age, who tells it, whom it happened to, what, by whom.
fn entry_line(paint: Paint, fold: &Fold, entry: &TimelineEntry, names: &Names, room: usize) -> Line<'static> {
    let now = paint.state.now;
    let (cue, tone) = cue(entry);
    let time = format!(" {} {}", entry.at().strftime("%H:%M:%S"), text::fit_right(&format::age(entry.at(), now), 4));
    let mut sources: Vec<TimelineSource> = entry.told().iter().map(|told| told.source).collect();
    sources.dedup();
    let is_wide = room >= WIDE;
    let teller = match &sources[..] {
        all if is_wide => all.iter().map(|source| source.word()).collect::<Vec<_>>().join(" "),
        [one, rest @ ..] if !rest.is_empty() => format!("{}+{}", one.short(), rest.len()),
        one => one.first().map_or("", |source| source.short()).to_string(),
    };
    let mut spans = vec![
        paint.dim(text::fit(&time, TIME)),
        paint.toned(format!("{cue} "), tone),
        paint.dim(text::fit(&teller, if is_wide { SOURCES } else { SOURCE })),
        paint.toned(names::fit(names, entry.about().name(), (room / 4).clamp(12, 44)) + "  ", Tone::Strong),
    ];
    if fold.times > 1 {
        spans.push(paint.toned(format!("×{} ", fold.times), Tone::Changing));
    }
    let actor = entry.actor();
    let by = if actor.is_empty() { String::new() } else { format!(" by {actor}") };
    let by = if is_wide { by } else { text::cut(&by, 16) };
    let used = text::total(&spans);
    let left = room.saturating_sub(used + text::width(&by) + 1);
    let said = if entry.turn() == Turn::Worse { Tone::Down } else { Tone::Plain };
    spans.push(paint.toned(text::fit(&entry.first().what, left), said));
    spans.push(paint.toned(by, Tone::Accent));
    text::cut_line(Line::from(spans), room)
}

/// All that is told of the selected entry, by all who tell it.
fn about(paint: Paint, fold: &Fold, entry: &TimelineEntry) -> Vec<Block> {
    let state = paint.state;
    let now = state.now;
    let mut blocks = Vec::new();
    let key = hint::key(state, OPEN);
    let found = state.store().and_then(|store| resource(store, entry.about()));
    let mut named = vec![Said::new(entry.about().name(), Tone::Strong)];
    named.push(match found {
        Some((kind, _)) => Said::new(format!("  {} · {key} opens it", kind.noun()), Tone::Dim),
        None if entry.about().name().is_empty() => Said::new("no resource is named", Tone::Dim),
        None => Said::new("  not listed here", Tone::Dim),
    });
    for (i, told) in entry.told().iter().enumerate() {
        let at = format!("{}, {} ago", format::moment(told.at), format::age(told.at, now));
        let label = format!("{} {}", told.source.word(), told.sort.word());
        let mut fields = vec![(label, vec![Said::new(told.what.as_str(), Tone::Plain)])];
        fields.push(("at".into(), vec![Said::new(at, Tone::Dim)]));
        if i == 0 && fold.times > 1 {
            let last = format!(
                "{} times, last {}, {} ago",
                fold.times,
                format::moment(fold.last),
                format::age(fold.last, now)
            );
            fields.push(("again".into(), vec![Said::new(last, Tone::Changing)]));
        }
        if i == 0 {
            fields.push(("resource".into(), named.clone()));
        }
        if !told.actor.is_empty() {
            fields.push(("by".into(), vec![Said::new(told.actor.as_str(), Tone::Accent)]));
        }
        let more =
            told.more.iter().map(|(name, value)| ((*name).to_string(), vec![Said::new(value.as_str(), Tone::Dim)]));
        fields.extend(more);
        blocks.push(Block::Fields(fields));
    }
    blocks
}
