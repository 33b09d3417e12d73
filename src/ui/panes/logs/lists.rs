//! What the pane lists instead of lines: patterns, sources, marks. Each gives its lines and which
//! of them is the selected one.

use super::chart::trend;
use super::{cue, level_role, source_role};
use crate::app::panes::logs::{Item, LogView, source_words};
use crate::domain::{Timestamp, format};
use crate::logs::patterns::Pattern;
use crate::ui::prelude::*;

/// Columns of a trend.
const TREND: usize = 16;
/// Rows that the selected pattern may take.
const ROWS: usize = 3;

type Listed = (Vec<Line<'static>>, usize);

fn age(ms: i64, now: Timestamp) -> String {
    Timestamp::from_millisecond(ms).map_or("-".to_string(), |at| format::age(at, now))
}

fn dim(paint: Paint, said: String) -> Line<'static> {
    Line::from(paint.dim(said))
}

/// Lines that say the same: what is new first, then the most frequent.
pub fn patterns(paint: Paint, logs: &LogView, room: usize) -> Listed {
    let since = logs
        .deployed
        .map_or("the oldest lines".to_string(), |at| format!("the deployment {} ago", age(at, paint.state.now)));
    let lines = vec![
        dim(
            paint,
            text::cut(&format!("  new: first seen since {since} · enter shows its lines alone, x hides them"), room),
        ),
        Line::from(paint.styled(
            format!("  {:>8}     {:>5} {:>5}  {:<TREND$}  PATTERN", "LINES", "FIRST", "LAST", "15 MINUTES"),
            Role::Header,
        )),
    ];
    listed(paint, logs, lines, |item, is_selected| {
        let Item::Pattern(id) = item else { return None };
        let pattern = logs.pattern(*id)?;
        let spans = pattern_spans(paint, pattern, logs.is_new(pattern), is_selected);
        // The selected one is told whole, as far as that makes sense.
        Some(if is_selected {
            text::wrap(&spans, room, 46).into_iter().take(ROWS).collect()
        } else {
            vec![spans.into()]
        })
    })
}

/// The entries of the list below its head, the selected one marked.
fn listed(
    paint: Paint,
    logs: &LogView,
    mut lines: Vec<Line<'static>>,
    entry: impl Fn(&Item, bool) -> Option<Vec<Line<'static>>>,
) -> Listed {
    let items = logs.items();
    let (row, mut at) = (logs.item_row(&items), 0);
    for (i, item) in items.iter().enumerate() {
        let own = entry(item, i == row).into_iter().flatten();
        if i == row {
            at = lines.len();
            lines.extend(own.map(|line| paint.selected(line, Role::Selection)));
        } else {
            lines.extend(own);
        }
    }
    (lines, at)
}

fn pattern_spans(paint: Paint, pattern: &Pattern, new: bool, selected: bool) -> Vec<Span<'static>> {
    let now = paint.state.now;
    vec![
        paint.styled(if selected { "▸" } else { " " }, Role::Accent),
        paint.styled(format!("{}{:>8} ", cue(pattern.level), pattern.count), level_role(pattern.level)),
        // What was not said before is the first suspect.
        paint.styled(if new { "new " } else { "    " }, Role::Changing),
        paint.dim(format!("{:>5} {:>5}  ", age(pattern.first, now), age(pattern.last, now))),
        paint.dim(text::fit(&trend(&pattern.trend, now.as_millisecond(), TREND), TREND)),
        paint.styled(format!("  {}", pattern.text()), Role::Text),
    ]
}

/// What is read, and the streams that lines came from.
pub fn sources(paint: Paint, logs: &LogView, room: usize) -> Listed {
    let now = paint.state.now;
    let mut lines = vec![dim(paint, "  READ".to_string())];
    if logs.found.is_empty() {
        lines.push(dim(paint, "    nothing yet".to_string()));
    }
    for source in &logs.found {
        let (state, role) = match (logs.gaps.get(source), logs.untils.get(source)) {
            (Some(gap), _) => (format!("gap of {}: {}", age(gap.since, now), gap.fault), Role::Degraded),
            (None, Some(at)) => (format!("whole until {} ago", age(*at, now)), Role::Dim),
            (None, None) => ("reading …".to_string(), Role::Dim),
        };
        let name = text::fit_cell(&source_words(source), (room / 2).min(60));
        lines.push(Line::from(vec![
            paint.styled(format!("    {name}  "), Role::Text),
            paint.styled(text::cut(&state, room.saturating_sub(text::width(&name) + 6)), role),
        ]));
    }
    lines.push(Line::default());
    lines.push(dim(paint, "  STREAMS · enter takes one into the choice, x out of it".to_string()));
    listed(paint, logs, lines, |item, is_selected| {
        let Item::Source(id) = item else { return None };
        let (source, tally) = logs.source(*id)?;
        let chosen = logs.is_chosen(*id);
        let name = text::fit_cell(&source.label, 24);
        Some(vec![Line::from(vec![
            paint.styled(if is_selected { "▸ " } else { "  " }, Role::Accent),
            paint.styled(if chosen { "● " } else { "○ " }, source_role(*id)),
            paint.styled(format!("{name} "), if chosen { source_role(*id) } else { Role::Dim }),
            paint.styled(format!("{:>9}  ", format::count(tally.lines as usize, "line")), Role::Text),
            paint.dim(format!("{:>5} ago  ", age(tally.last, now))),
            paint.dim(format!("{}  {}", source.group, source.stream)),
        ])])
    })
}

/// The marked lines, the newest first.
pub fn marks(paint: Paint, logs: &LogView, room: usize) -> Listed {
    if logs.items().is_empty() {
        return (vec![dim(paint, " no line is marked: m marks the selected one".to_string())], 0);
    }
    listed(paint, logs, vec![], |item, is_selected| {
        let Item::Mark(key) = item else { return None };
        let entry = logs.entry(*key)?;
        Some(vec![Line::from(vec![
            paint.styled(if is_selected { "▸" } else { "◆" }, Role::Accent),
            paint.styled(cue(entry.level), level_role(entry.level)),
            paint.dim(format!("{} ", logs.time(key.at, paint.state.now, &paint.state.zone))),
            paint.styled(format!("{} ", text::fit_cell(logs.label(entry.source), 18)), source_role(entry.source)),
            paint.styled(text::cut(entry.text.lines().next().unwrap_or_default(), room), Role::Text),
        ])])
    })
}
