//! Queries of Logs Insights: what is asked, how far it is, and the rows.

use crate::app::views::insights::rows::Table;
use crate::app::views::insights::{Field, InsightsState, InsightsView, Phase, Places};
use crate::domain::fault::Fault;
use crate::domain::insights::{QueryStatus, Value};
use crate::logs::fields::Fields;
use crate::ui::prelude::*;
use crate::ui::widgets::{input, text};

/// The widest that a column is where not all have their room, and the least that it gives way to.
const WIDEST: usize = 48;
const NARROWEST: usize = 10;
/// Characters of a value that a row shows at most.
const LONGEST: usize = 400;
/// Rows whose values say how wide the columns are, so that they stay while one scrolls.
const MEASURED: usize = 300;
/// The widest column of names in an open row.
const NAME: usize = 28;
/// What stands before the fields of the head.
const LABEL: usize = 9;

/// Draws the overlay over `body`.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, _: &InsightsView) {
    let Some(view) = &paint.state.insights else { return };
    let places = Places::of(paint.state.layout.body);
    paint.page(frame, body);
    frame.render_widget(query(paint, view, places.query.width.into()), places.query);
    frame.render_widget(time(paint, view, places.time.width.into()), places.time);
    frame.render_widget(status(paint, view, places.status.width.into()), places.status);
    if let Some(line) = bottom(paint, view, places.bottom.width.into()) {
        frame.render_widget(line, places.bottom);
    }
    let note = if view.open {
        let rect = Rect { y: places.heading.y, height: places.heading.height + places.rows.height, ..places.rows };
        let lines = opened(paint, &view.table, rect.width.into());
        paint.lines(frame, rect, &lines, view.open_scroll.place());
        format!("  row {} of {} ", view.table.cursor.place() + 1, view.table.len())
    } else {
        rows(paint, frame, view, places)
    };
    let room = usize::from(places.title.width).saturating_sub(text::width(&note));
    paint.ends(frame, places.title, title(paint, view, room), Line::from(paint.dim(note)));
}

/// Whose logs, and what groups that is.
fn title(paint: Paint, view: &InsightsState, room: usize) -> Line<'static> {
    let head = format!(" Insights  {}", view.title);
    let groups: Vec<&str> = view.groups.iter().map(|group| &**group).collect();
    let said = match &groups[..] {
        [] => String::new(),
        [one] => format!("  searches {one}"),
        many => format!("  searches {} groups: {}", many.len(), many.join(", ")),
    };
    let head = text::cut(&head, room);
    let said = text::cut(&said, room.saturating_sub(text::width(&head)));
    Line::from(vec![paint.styled(head, Role::TitleFocused), paint.dim(said)])
}

fn label(paint: Paint, view: &InsightsState, name: &str, field: Field) -> Span<'static> {
    let role = if view.field == Some(field) { Role::Key } else { Role::Dim };
    let cue = if view.field == Some(field) { "›" } else { " " };
    paint.styled(format!(" {}{cue} ", text::fit(name, LABEL - 3)), role)
}

fn query(paint: Paint, view: &InsightsState, room: usize) -> Line<'static> {
    let mut spans = vec![label(paint, view, "query", Field::Query)];
    let left = room.saturating_sub(LABEL + 1);
    if view.field == Some(Field::Query) {
        spans.extend(input::spans(paint, &view.query, left));
    } else {
        spans.push(paint.styled(text::cut(view.query.value(), left), Role::Strong));
    }
    Line::from(spans)
}

fn time(paint: Paint, view: &InsightsState, room: usize) -> Line<'static> {
    let mut spans = vec![label(paint, view, "time", Field::Time)];
    if view.field == Some(Field::Time) {
        spans.extend(input::spans(paint, &view.time, 30.min(room.saturating_sub(LABEL + 1))));
    } else {
        spans.push(paint.styled(view.time.value().to_string(), Role::Strong));
    }
    let help = match (&view.error, view.field) {
        (Some(error), Some(Field::Query | Field::Time)) => (error.clone(), Role::NoticeError),
        (_, Some(Field::Query)) => ("enter runs it · up, down those before · tab saved ones".to_string(), Role::Dim),
        (_, Some(Field::Time)) => {
            ("15m, 3h, 7d, 02:10..02:20 (UTC) · tab the next · enter runs".to_string(), Role::Dim)
        }
        _ => (span(view), Role::Dim),
    };
    let used = text::total(&spans);
    let said = text::cut(&format!("  {}", help.0), room.saturating_sub(used));
    spans.push(paint.styled(said, help.1));
    Line::from(spans)
}

/// The time that the rows are of.
fn span(view: &InsightsState) -> String {
    let Some(run) = &view.run else { return String::new() };
    let moment = |s| crate::domain::Timestamp::from_second(s).map_or("?".to_string(), format::moment);
    format!("{} to {}", moment(run.query.from), moment(run.query.to))
}

/// How the query stands, in a word with its cue, and what it did so far.
fn status(paint: Paint, view: &InsightsState, room: usize) -> Line<'static> {
    let (cue, word, role) = match &view.phase {
        Phase::Ready => {
            let said = " not run yet; a search costs by what it scans";
            return Line::from(paint.dim(text::cut(said, room)));
        }
        Phase::Running => ("◐", view.status.map_or("starting", QueryStatus::word), Role::Changing),
        Phase::Ended(QueryStatus::Complete) => ("✓", "complete", Role::Ok),
        Phase::Ended(status) => ("✖", status.word(), Role::Down),
        Phase::Cancelled => ("◌", "cancelled", Role::Unknown),
        Phase::Failed(_) => ("✖", "failed", Role::Down),
        Phase::Malformed(..) => {
            let said = text::cut(" ✖ not started: the query cannot be read", room);
            return Line::from(paint.styled(said, Role::Down));
        }
    };
    let mut spans = vec![paint.styled(format!(" {cue} {word}"), role)];
    let rows = view.table.rows();
    let found = rows.rows.len() + rows.cut;
    let told = view.statistics;
    let seconds =
        view.run.as_ref().map_or(0, |run| format::seconds_since(run.begun, run.ended.unwrap_or(paint.state.now)));
    // Each with its place among what gives way where there is little room, the last one first.
    let mut parts = vec![
        (0, rows_words(view, found), Role::Text),
        (3, format!("matched {} of {}", grouped(told.matched), grouped(told.scanned)), Role::Text),
        (4, format!("scanned {}", size(told.bytes)), Role::Text),
        (2, cost(told.dollars()), Role::Text),
        (5, format::span(seconds), Role::Text),
    ];
    if rows.cut > 0 {
        parts.insert(1, (1, format!("{} rows left out", grouped(rows.cut as u64)), Role::Degraded));
    }
    let width = |parts: &[(u8, String, Role)]| parts.iter().map(|(_, said, _)| text::width(said) + 3).sum::<usize>();
    while parts.len() > 1 && spans[0].width() + width(&parts) > room {
        let last = parts.iter().map(|(place, ..)| *place).max();
        parts.retain(|(place, ..)| Some(*place) != last);
    }
    for (_, part, role) in parts {
        spans.push(paint.dim(" · "));
        spans.push(paint.styled(part, role));
    }
    text::cut_line(Line::from(spans), room)
}

fn rows_words(view: &InsightsState, found: usize) -> String {
    let noun = if found == 1 { "row" } else { "rows" };
    if view.table.len() == view.table.rows().rows.len() {
        format!("{} {noun}", grouped(found as u64))
    } else {
        format!("{} of {} {noun}", grouped(view.table.len() as u64), grouped(found as u64))
    }
}

/// `1,204`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Bytes in the unit by which AWS bills, a thousand of which make the next.
fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "B" { format!("{value:.0} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

fn cost(dollars: f64) -> String {
    if dollars < 0.01 { "under $0.01".to_string() } else { format!("${dollars:.2} estimated") }
}

/// What is typed there, else what is tried again, or what mends a failure.
fn bottom(paint: Paint, view: &InsightsState, room: usize) -> Option<Line<'static>> {
    let table = &view.table;
    let typed = match view.field {
        Some(Field::Filter) => Some((
            " / ",
            &table.filter_input,
            &table.filter_error,
            "text, regex, column:value, ! inverts · enter keeps it, esc clears it",
        )),
        Some(Field::File) => Some((" save rows to ", &view.file, &view.error, ".csv or .jsonl · tab turns it")),
        _ => None,
    };
    if let Some((word, input, error, help)) = typed {
        let line = input::prompt(paint, word, input, room * 3 / 5, error.as_deref(), help, room);
        return Some(text::cut_line(line, room));
    }
    if let Some(saving) = &view.saving {
        let (done, total) = saving.progress();
        let said = format!(" saving {} {} %", saving.file, done * 100 / total.max(1));
        return Some(Line::from(paint.styled(text::cut(&said, room), Role::Changing)));
    }
    let (said, role) = match (&view.trouble, &view.phase) {
        (Some(fault), _) => (format!("{fault}; tries again"), Role::Degraded),
        // Rows that were found before keep their place.
        (None, Phase::Failed(fault)) if !table.rows().rows.is_empty() => (fault.to_string(), Role::NoticeError),
        (None, Phase::Cancelled) if !table.rows().rows.is_empty() => {
            ("these are the rows that it had found until then".to_string(), Role::Dim)
        }
        _ if !table.filter_input.value().is_empty() => (format!("/ {}", table.filter_input.value()), Role::Accent),
        _ => return None,
    };
    Some(Line::from(paint.styled(text::cut(&format!(" {said}"), room), role)))
}

/// A column on the screen: its place in the rows, and its width.
type Shown = (usize, usize);

/// The columns that there is room for, from the first wanted on; the last takes what is left.
fn columns(table: &Table, room: usize) -> Vec<Shown> {
    let names = &table.rows().columns;
    let widest = |column: usize| {
        let values = (0..table.len().min(MEASURED)).filter_map(|place| table.row(place)?[column].as_ref());
        let values = values.map(|value| text::width(head(value)));
        values.chain([text::width(&names[column]) + 2]).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = (table.first_column..names.len()).map(widest).collect();
    let total = |widths: &[usize]| widths.iter().map(|width| width + 2).sum::<usize>();
    if total(&widths) > room {
        widths.iter_mut().for_each(|width| *width = (*width).min(WIDEST));
    }
    // The widest gives way, until there are too many.
    text::shrink(&mut widths, NARROWEST, room);
    while total(&widths) > room && widths.len() > 1 {
        widths.pop();
    }
    let used = total(&widths);
    let mut shown: Vec<Shown> = (table.first_column..).zip(widths).collect();
    if let Some((column, width)) = shown.last_mut() {
        let left = (*width + room).saturating_sub(used);
        // A number stays beside the others.
        *width = if table.is_numeric(*column) { (*width).min(left) } else { left };
    }
    shown
}

/// The first line, as far as any screen shows it: a value may have a quarter of a million characters.
fn head(value: &Value) -> &str {
    let line = value.as_str().split('\n').next().unwrap_or_default();
    line.char_indices().nth(LONGEST).map_or(line, |(end, _)| &line[..end])
}

/// The value in one line.
fn cell(value: Option<&Value>, width: usize, numeric: bool) -> String {
    let Some(value) = value else { return text::fit("", width) };
    if numeric {
        return text::fit_right(value.as_str(), width);
    }
    let more = value.as_str().matches('\n').count();
    if more == 0 {
        let head = head(value);
        return if head.len() == value.as_str().len() { text::fit_cell(head, width) } else { text::fit(head, width) };
    }
    let note = format!("  +{} lines", more);
    text::fit(&format!("{}{note}", text::cut(head(value), width.saturating_sub(text::width(&note)))), width)
}

/// The rows; what is to be said about them at the end of the title.
fn rows(paint: Paint, frame: &mut Frame, view: &InsightsState, places: Places) -> String {
    let table = &view.table;
    if let Phase::Failed(fault) | Phase::Malformed(fault, _) = &view.phase
        && table.rows().rows.is_empty()
    {
        let lines = wrong(paint, view, fault, places.rows.width.into());
        paint.lines(frame, places.rows, &lines, 0);
        return String::new();
    }
    if table.is_empty() {
        let said = match &view.phase {
            Phase::Ended(QueryStatus::Complete) if table.rows().rows.is_empty() => " nothing was found in that time",
            _ if !table.rows().rows.is_empty() => " no row passes the filter; esc takes it away",
            Phase::Running => " no row so far",
            _ => "",
        };
        let place = Rect { height: places.rows.height.min(1), ..places.rows };
        frame.render_widget(Line::from(paint.dim(said)), place);
        return String::new();
    }
    let room = usize::from(places.rows.width).saturating_sub(2);
    let shown = columns(table, room);
    let all = table.rows().columns.len();
    let mut heading = vec![Span::raw("  ")];
    for (column, width) in &shown {
        let mark = match (table.sort.column == Some(*column), table.sort.descending) {
            (true, false) => " ▴",
            (true, true) => " ▾",
            (false, _) => "",
        };
        let name = text::cut(&table.rows().columns[*column], width.saturating_sub(text::width(mark)));
        let name = format!("{name}{mark}");
        let name = if table.is_numeric(*column) { text::fit_right(&name, *width) } else { text::fit(&name, *width) };
        heading.push(paint.styled(name + "  ", Role::Header));
    }
    frame.render_widget(Line::from(heading), places.heading);
    for (i, place) in (table.offset..table.len()).take(places.rows.height.into()).enumerate() {
        let Some(row) = table.row(place) else { break };
        let rect = Rect { y: places.rows.y + i as u16, height: 1, ..places.rows };
        let selected = place == table.cursor.place();
        let mut spans = vec![paint.styled(if selected { "▸ " } else { "  " }, Role::Accent)];
        for (column, width) in &shown {
            let cell = cell(row[*column].as_ref(), *width, table.is_numeric(*column));
            spans.push(paint.styled(cell + "  ", Role::Text));
        }
        frame.render_widget(Line::from(spans), rect);
        if selected {
            let role = if view.field.is_none() { Role::Selection } else { Role::SelectionDim };
            frame.buffer_mut().set_style(rect, paint.style(role));
        }
    }
    if shown.len() == all {
        return String::new();
    }
    format!("  columns {}–{} of {all} ", table.first_column + 1, table.first_column + shown.len())
}

/// Why there are no rows, in full, and which part of the query is to blame.
fn wrong(paint: Paint, view: &InsightsState, fault: &Fault, room: usize) -> Vec<Line<'static>> {
    let told: Vec<char> = view.run.iter().flat_map(|run| run.query.text.as_str().chars()).collect();
    let mut lines = Vec::new();
    if let Phase::Malformed(_, Some((from, to))) = &view.phase {
        let (from, to) = ((*from).min(told.len()), (*to).clamp(1, told.len() + 1));
        // What stands before it is shown as far as it fits.
        let start = from.saturating_sub(room / 2);
        let (before, rest) = (told[start..from].iter().collect::<String>(), told[from..].iter().collect::<String>());
        let wrong: String = told[from..to.min(told.len())].iter().collect();
        let mark = "^".repeat(text::width(&wrong).max(1));
        let line = |said: String| text::cut(&format!(" {said}"), room);
        lines.push(Line::from(paint.styled(line(format!("{before}{rest}")), Role::Text)));
        let mark = line(format!("{}{mark}", " ".repeat(text::width(&before))));
        lines.push(Line::from(paint.styled(mark, Role::Down)));
    }
    let place = match &view.phase {
        Phase::Malformed(_, Some((from, _))) => format!(" character {}: {}", from + 1, fault.message),
        Phase::Malformed(..) => format!(" {}", fault.message),
        _ => format!(" {fault}"),
    };
    lines.extend(text::wrap(&[paint.styled(place, Role::NoticeError)], room, 1));
    if !fault.remedy.is_empty() {
        let remedy = paint.styled(format!(" {}", fault.remedy), Role::NoticeInfo);
        lines.extend(text::wrap(&[remedy], room, 1));
    }
    lines
}

/// The selected row in full: each column, and the fields within its value.
fn opened(paint: Paint, table: &Table, room: usize) -> Vec<Line<'static>> {
    // Depth, name, value; a column has none of the first.
    let mut parts: Vec<(usize, String, String, Role)> = Vec::new();
    for (name, value) in table.selected_row() {
        parts.push((0, name.to_string(), value.to_string(), Role::Header));
        for field in Fields::of(value).list {
            let name = field.path.rsplit('.').next().unwrap_or(&field.path).to_string();
            parts.push((field.depth + 1, name, field.value, Role::Dim));
        }
    }
    let widest = parts.iter().map(|(depth, name, ..)| 2 * depth + text::width(name)).max();
    let width = widest.unwrap_or(0).clamp(8, NAME);
    let mut lines = Vec::new();
    for (depth, name, value, role) in parts {
        let head = text::fit(&format!("{}{name}", " ".repeat(2 * depth)), width);
        let mut head = paint.styled(format!(" {head}  "), role);
        for line in value.split('\n') {
            let value = paint.styled(line.to_string(), Role::Text);
            lines.extend(text::wrap(&[head, value], room, width + 3));
            head = Span::raw(" ".repeat(width + 3));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::insights::Rows;

    #[test]
    fn figures_are_short() {
        assert_eq!([grouped(7), grouped(1204), grouped(1_234_567)], ["7", "1,204", "1,234,567"]);
        assert_eq!([size(999), size(1500), size(2_340_000_000_000)], ["999 B", "1.5 kB", "2.3 TB"]);
        assert_eq!([cost(0.0), cost(1.234)], ["under $0.01", "$1.23 estimated"]);
    }

    #[test]
    fn columns_take_the_room_and_no_more() {
        let mut table = Table::default();
        table.set(Rows::of([(0..9).map(|n| (format!("column{n}"), "x".repeat(30))).collect::<Vec<_>>()]));
        for room in 1..200 {
            for first in 0..9 {
                table.first_column = first;
                let shown = columns(&table, room);
                let used: usize = shown.iter().map(|(_, width)| width + 2).sum();
                assert!(used <= room.max(NARROWEST + 2) && !shown.is_empty(), "{used} of {room}");
                assert_eq!(shown[0].0, first);
            }
        }
    }
}
