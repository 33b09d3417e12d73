//! The golden signals of an environment on one page, from the edge inwards.

use crate::app::panes::names::Names;
use crate::app::views::golden::GoldenView;
use crate::app::views::golden::signals::{self, Entry, Section};
use crate::kinds::metric::{Layer, SparklineMetric};
use crate::ui::panes::metrics;
use crate::ui::prelude::*;
use crate::ui::widgets::chart::spark;
use crate::ui::widgets::names;

/// Columns of a value, with the blank behind it: `connections` stands above one.
const VALUE: usize = 12;
/// The widest sparkline.
const WIDEST: usize = 40;

/// Draws the page over `body`.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, _: &GoldenView) {
    let state = paint.state;
    paint.page(frame, body);
    let room = usize::from(body.width);
    let sections = signals::sections(state);
    let name = state.environment().map_or(String::new(), |env| env.name.to_string());
    let title = Line::from(vec![
        paint.styled(" Golden signals ", Role::TitleFocused),
        paint.dim(text::cut(&name, room.saturating_sub(17))),
    ]);
    frame.render_widget(text::cut_line(title, room), Rect { height: body.height.min(1), ..body });
    let head = metrics::head(paint, state.charts.window(), signals::age(state, &sections), room);
    frame.render_widget(head, Rect { y: body.y + 1, height: body.height.saturating_sub(1).min(1), ..body });
    let list = Rect { y: body.y + 3, height: body.height.saturating_sub(3), ..body };
    if sections.is_empty() {
        let said = paint.dim(" nothing was read of this environment yet");
        return frame.render_widget(Line::from(said), Rect { height: list.height.min(1), ..list });
    }
    let selected = signals::position(state, &sections);
    let mut lines = Vec::new();
    let (mut place, mut at) = (0, 0);
    for section in &sections {
        lines.push(heading(paint, section, room));
        let names = section.entries.first().map(|entry| paint.names(entry.kind.id())).unwrap_or_default();
        for entry in &section.entries {
            let line = entry_line(paint, entry, &names, room);
            if place == selected {
                at = lines.len();
                lines.push(paint.selected(line, Role::Selection));
            } else {
                lines.push(line);
            }
            place += 1;
        }
        if section.more > 0 {
            let said = format!("   and {} more, which are no worse by health", section.more);
            lines.push(Line::from(paint.dim(said)));
        }
    }
    // The heading above the first entry stays with it; the last line may tell how much is below.
    let height = usize::from(list.height);
    let top = if at <= 1 { 0 } else { (at + 2).saturating_sub(height) };
    paint.lines(frame, list, &lines, top);
}

fn heading(paint: Paint, section: &Section, room: usize) -> Line<'static> {
    let wrong = section.entries.iter().filter(|entry| entry.row.diagnosis.health.is_wrong()).count();
    let all = section.entries.len() + section.more;
    let (said, role) = match wrong {
        0 => (format::count(all, section.entries[0].kind.noun()), Role::Dim),
        _ => (format!("{wrong} of {all} wrong"), Role::Down),
    };
    let title = paint.styled(format!(" {}", section.layer.title), Role::Header);
    let mut spans = vec![title, paint.styled(format!("  {said}"), role)];
    // The names of the signals end where their values do.
    let (before, each) = columns(section.layer, room);
    for (i, signal) in section.layer.signals.iter().enumerate() {
        let end = before + i * each + 2 + VALUE - 1;
        let used = text::total(&spans);
        let title = text::cut(signal.title, end.saturating_sub(used + 1));
        spans.push(Span::raw(" ".repeat(end.saturating_sub(used + text::width(&title)))));
        spans.push(paint.dim(title));
    }
    text::cut_line(Line::from(spans), room)
}

/// Columns before the first signal, and those that each takes.
fn columns(layer: &Layer, room: usize) -> (usize, usize) {
    let before = (room / 4).clamp(14, 40) + 3;
    (before, room.saturating_sub(before) / layer.signals.len().max(3))
}

/// One resource: how it is, its name, its signals.
fn entry_line(paint: Paint, entry: &Entry, names: &Names, room: usize) -> Line<'static> {
    let health = entry.row.diagnosis.health;
    let (before, each) = columns(entry.layer, room);
    let name_room = before - 3;
    let mut spans = vec![
        paint.toned(format!(" {} ", health.cue()), health.into()),
        paint.styled(names::fit(names, entry.row.object.name(), name_room), Role::Strong),
    ];
    for glance in &entry.glances {
        let left = each.saturating_sub(VALUE + 2);
        spans.push(Span::raw("  "));
        let columns = left.min(WIDEST);
        let (value, trend) = glance
            .as_ref()
            .map_or_else(|| ("–".to_string(), " ".repeat(columns)), |glance| drawn(paint, glance, columns));
        let tone = if value == "–" { Tone::Dim } else { Tone::Plain };
        spans.push(paint.toned(text::fit_right(&value, VALUE - 1) + " ", tone));
        spans.push(paint.styled(text::fit(&trend, left), Role::Series1));
    }
    text::cut_line(Line::from(spans), room)
}

/// Value (the newest, or that at the cursor) and sparkline of a glance.
fn drawn(paint: Paint, glance: &SparklineMetric, columns: usize) -> (String, String) {
    let state = paint.state;
    let Some(store) = state.store() else { return ("–".to_string(), String::new()) };
    let window = state.charts.window();
    let value = match state.charts.cursor {
        Some(cursor) => glance.points(&store.readings, window).and_then(|series| series.at(cursor)),
        None => glance.last(&store.readings, window, state.now),
    };
    let trend = glance.trend(&store.readings, window, state.now, columns);
    let most = trend.iter().flatten().copied().fold(glance.ceiling.unwrap_or(0.0), f64::max);
    let part = |value: f64| if most > 0.0 { (value / most).clamp(0.0, 1.0) as f32 } else { 0.0 };
    let trend: Vec<Option<f32>> = trend.into_iter().map(|value| value.map(part)).collect();
    let value = value.map_or("–".to_string(), |value| glance.unit.brief(value));
    (value, spark(paint.theme.ink, &trend))
}
