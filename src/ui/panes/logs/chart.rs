//! The histogram above the lines: how many there were over time, the errors among them marked.

use ratatui::style::Modifier;

use crate::app::panes::logs::LogView;
use crate::logs::histogram::Histogram;
use crate::theme::{ChartGlyphs, Role};
use crate::ui::prelude::*;

/// A pane of fewer rows has no chart.
const LEAST_ROWS: u16 = 6;
/// Columns of what the chart says in words.
const NOTE: usize = 24;

/// Eighths of a column.
const BARS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

fn bar(count: u32, most: u32) -> &'static str {
    // What is there never looks like nothing.
    let eighths = (u64::from(count) * 8).div_ceil(u64::from(most.max(1)));
    BARS[usize::try_from(eighths).unwrap_or(8).min(8)]
}

/// Draws the chart, if there is room for it, and returns what is left.
pub fn draw(paint: Paint, frame: &mut Frame, rect: Rect, logs: &LogView) -> Rect {
    if rect.height < LEAST_ROWS || logs.counts().seen == 0 {
        return rect;
    }
    let head = " 15m ";
    let room = usize::from(rect.width).saturating_sub(head.len() + NOTE);
    let (columns, at) = logs.chart(room, paint.state.now);
    let most = columns.list.iter().map(|column| column.count.all).max().unwrap_or(0);
    let mut spans = vec![paint.dim(head)];
    for (i, column) in columns.list.iter().enumerate() {
        let errors = column.count.errors * 4 >= column.count.all && column.count.errors > 0;
        let role = if errors { Role::Down } else { Role::Dim };
        // A bar that is drawn in reverse is another bar: without colours it is bold.
        let mut style = paint.style(role);
        if style.add_modifier.contains(Modifier::REVERSED) {
            style = style.remove_modifier(Modifier::REVERSED).add_modifier(Modifier::BOLD);
        }
        let mut text = bar(column.count.all, most);
        if Some(i) == at && !logs.follow {
            // Underlined it would be lost where nothing was written.
            style = paint.style(Role::Accent).add_modifier(Modifier::UNDERLINED);
            if column.count.all == 0 {
                text = "╵";
            }
        }
        // Where the incident began.
        let holds = |at: i64| (column.from..column.from + columns.width_ms).contains(&at);
        if logs.incident.is_some_and(holds) {
            style = paint.style(Role::Accent).add_modifier(Modifier::BOLD);
            text = if paint.theme.ink == ChartGlyphs::Ascii { "!" } else { "◆" };
        }
        spans.push(Span::styled(text, style));
    }
    let per = (columns.width_ms / 1000).max(1);
    let here = at.filter(|_| !logs.follow).and_then(|i| columns.list.get(i));
    let (all, errors) = here.map_or((most, 0), |column| (column.count.all, column.count.errors));
    let word = if here.is_some() { "" } else { "peak " };
    spans.push(paint.dim(format!(" {word}{all} in {}", format::span(per))));
    if errors > 0 {
        spans.push(paint.styled(format!(" ▲{errors}"), Role::Down));
    }
    frame.render_widget(Line::from(spans), Rect { height: 1, ..rect });
    Rect { y: rect.y + 1, height: rect.height - 1, ..rect }
}

/// The last quarter of an hour of a histogram in so many columns.
pub fn trend(histogram: &Histogram, now: i64, columns: usize) -> String {
    let trend = histogram.columns(now - 15 * 60_000, now, columns);
    let most = trend.list.iter().map(|column| column.count.all).max().unwrap_or(0);
    trend.list.iter().map(|column| bar(column.count.all, most)).collect()
}
