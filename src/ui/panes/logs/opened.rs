//! One event in full: where and when, its fields as a tree, its text.

use super::{level_role, source_role};
use crate::app::panes::logs::LogView;
use crate::domain::Timestamp;
use crate::logs::buffer::BufferEntry;
use crate::logs::fields::{Fields, LogField};
use crate::logs::level::Level;
use crate::ui::prelude::*;

/// The widest column of names.
const NAME: usize = 28;

/// Its lines, and which of them must be seen.
pub fn lines(
    paint: Paint,
    logs: &LogView,
    entry: &BufferEntry<'_>,
    fields: &Fields,
    room: usize,
) -> (Vec<Line<'static>>, usize) {
    let dim = |text: String| paint.dim(text);
    let moment = |ms| Timestamp::from_millisecond(ms).map_or("?".to_string(), |at| format!("{at:.3}"));
    let widest = fields.list.iter().map(|field| 2 * field.depth + text::width(name(field))).max();
    let width = widest.unwrap_or(0).clamp(8, NAME);
    let label = |name: &str, value: Vec<Span<'static>>| {
        let mut spans = vec![dim(format!("  {}  ", text::fit(name, width)))];
        spans.extend(value);
        Line::from(spans)
    };
    let lag = (entry.ingested - entry.key.at).max(0);
    let source = logs.source(entry.source).map(|(source, _)| format!("{}  {}", source.group, source.stream));
    let mut lines = vec![
        label(
            "time",
            vec![paint.styled(moment(entry.key.at), Role::Text), dim(format!("  CloudWatch got it {} ms later", lag))],
        ),
        label("source", vec![paint.styled(source.unwrap_or_default(), source_role(entry.source))]),
        label("level", vec![paint.styled(entry.level.map_or("not told", Level::name), level_role(entry.level))]),
        Line::default(),
    ];
    let mut at = logs.open.map_or(0, |open| open.scroll + lines.len());
    for (i, field) in fields.list.iter().enumerate() {
        let selected = logs.open.is_some_and(|open| open.field == i) && !field.is_branch;
        let own = field_lines(paint, field, width, room, selected, logs.columns.contains(&field.path));
        if selected {
            at = lines.len();
        }
        lines.extend(own);
    }
    if fields.cut {
        lines.push(Line::from(dim("  … it has more fields; all are in the text below".to_string())));
    }
    if !fields.list.is_empty() {
        lines.push(Line::default());
    }
    for line in entry.text.split('\n') {
        lines.extend(text::wrap(&[paint.styled(format!("  {line}"), Role::Text)], room, 4));
    }
    (lines, at)
}

fn name(field: &LogField) -> &str {
    field.path.rsplit('.').next().unwrap_or(&field.path)
}

fn field_lines(
    paint: Paint,
    field: &LogField,
    width: usize,
    room: usize,
    selected: bool,
    column: bool,
) -> Vec<Line<'static>> {
    let place = if selected { "▸ " } else { "  " };
    let indent = " ".repeat(2 * field.depth);
    let name = text::fit(&format!("{indent}{}", name(field)), width);
    let mut value = vec![paint.styled(field.value.clone(), Role::Strong)];
    if column {
        value.push(paint.dim("  (column)"));
    }
    let wrapped = text::wrap(&value, room.saturating_sub(width + 4), 0);
    let head = vec![paint.styled(place, Role::Accent), paint.dim(format!("{name}  "))];
    let lines = text::beside(head, width + 4, wrapped).into_iter();
    lines.map(|line| if selected { paint.selected(line, Role::Selection) } else { line }).collect()
}
