//! The table of any kind: its columns by rank and width, its rows in the order of the list, its
//! title with age and fault.

use crate::app::panes::list::ListView;
use crate::app::panes::list_index::ListIndex;
use crate::app::panes::names::Names;
use crate::app::state::Pane;
use crate::app::store::{Listing, Row};
use crate::app::views::picker::ENVIRONMENTS;
use crate::domain::fault::FaultKind;
use crate::kinds::cell::{GAUGE, Tone, VALUE};
use crate::kinds::column::{Align, Column};
use crate::kinds::kind::{Kind, RenderContext};
use crate::ui::prelude::*;
use crate::ui::widgets::chart::spark;
use crate::ui::widgets::names;

/// Between two columns.
const GAP: usize = 2;

/// Columns of a higher rank go before the name, or any other, gets narrower than this.
const NAME: usize = 24;
const OTHER: usize = 20;

/// From this width on there is room for whole names, and from that on for sparklines too.
const ROOMY: (usize, usize) = (80, 120);
const WHOLE_NAME: usize = 32;

/// A row that was not read for so many seconds is shown as old.
const STALE_SECONDS: i64 = 90;

/// Draws the pane of a kind.
pub fn draw(paint: Paint, frame: &mut Frame, rect: Rect, kind: &'static dyn Kind) {
    let state = paint.state;
    let pane = Pane::Kind(kind.id());
    let (Some(view), Some(store)) = (state.list(pane), state.store()) else {
        let inner = framed(paint, frame, rect, pane, kind, None, None);
        let help = state.keymap.keys(ENVIRONMENTS).into_iter().next().unwrap_or_default();
        return message(paint, frame, inner, format!("no environment is chosen: {help} opens the list"));
    };
    let listing = store.listing(kind.id());
    let inner = framed(paint, frame, rect, pane, kind, Some(view), Some(listing));
    if inner.height == 0 {
        return;
    }
    if view.order().is_empty() {
        return message(paint, frame, inner, empty(paint, kind, view, listing));
    }
    let look = RenderContext { readings: &store.readings, ..RenderContext::at(state.now) };
    // Where a fault takes a line the selection still stays in view.
    let selected = view.position().unwrap_or(0);
    let top = view.offset.max((selected + 2).saturating_sub(usize::from(inner.height))).min(view.order().len());
    let columns = store.index(kind.id()).map_or_else(Vec::new, |index| fit_columns(kind, index, inner.width.into()));
    heading(paint, frame, Rect { height: 1, ..inner }, kind, view, &columns);
    let focused = state.focus == pane && state.detail.is_none();
    let common = paint.names(kind.id());
    let rows = view.order().iter().skip(top).filter_map(|id| listing.row(id));
    for (row, place) in rows.zip(inner.rows().skip(1)) {
        draw_row(paint, frame, place, row, &common, &columns, look);
        if view.selected.as_ref() == Some(row.object.id()) {
            let role = if focused { Role::Selection } else { Role::SelectionDim };
            frame.buffer_mut().set_style(place, paint.style(role));
        }
    }
}

/// The frame with its title: number, name, how many are wrong, filter, age, fault.
fn framed(
    paint: Paint,
    frame: &mut Frame,
    rect: Rect,
    pane: Pane,
    kind: &dyn Kind,
    view: Option<&ListView>,
    listing: Option<&Listing>,
) -> Rect {
    let focused = paint.state.focus == pane;
    if paint.state.layout.tabs.is_some() {
        // A narrow screen has the name in its tab bar; a fault still needs a place.
        let fault = listing.and_then(|listing| listing.faults().into_iter().next());
        let Some((part, fault)) = fault else { return rect };
        let part = part.map(|part| format!("{part}: ")).unwrap_or_default();
        return fault_below(paint, frame, rect, &format!("{part}{fault}"));
    }
    let mut title = paint.title(pane, kind.title(), focused);
    let mut below = None;
    let mut notes: Vec<(String, Role)> = Vec::new();
    let mut push = |text: String, role| notes.push((text, role));
    if let (Some(view), Some(listing)) = (view, listing) {
        if view.filtering || view.is_filtered() {
            title.push(paint.styled(format!("/{} ", view.filter_input.value()), Role::Accent));
            push(format!("{} of {}", view.order().len(), listing.len()), Role::Dim);
        }
        let room = usize::from(rect.width).saturating_sub(30);
        let faults = listing.faults();
        if let Some((part, fault)) = faults.first() {
            let part = part.map(|part| format!("{part}: ")).unwrap_or_default();
            let more = if faults.len() > 1 { format!(" (+{})", faults.len() - 1) } else { String::new() };
            let said = format!("{part}{fault}{more}");
            if text::width(&said) <= room {
                push(said, Role::Degraded);
            } else {
                // What is needed has no room up there: a word, and the rest below the rows.
                push(format!("{}{more}", fault.word()), Role::Degraded);
                let needs = match &fault.kind {
                    FaultKind::Denied { action, .. } if !action.is_empty() => format!("needs {action}"),
                    _ => fault.to_string(),
                };
                below = Some(format!("{part}{needs}"));
            }
        }
        if listing.wrong() > 0 {
            push(format!("{} of {} wrong", listing.wrong(), listing.len()), Role::Down);
        } else if !listing.is_empty() && !view.is_filtered() {
            push(listing.len().to_string(), Role::Dim);
        }
        if listing.expected() > listing.len() {
            push(format!("{} of {} read", listing.len(), listing.expected()), Role::Changing);
        }
        if let Some(age) = listing.age(paint.state.now) {
            push(format::age_of(age), if age > STALE_SECONDS { Role::Stale } else { Role::Dim });
        }
    }
    let title = Line::from(title);
    // The name of the pane is never covered: the age goes first, which the header tells of all.
    let used = |notes: &[(String, Role)]| notes.iter().map(|(text, _)| text::width(text) + 3).sum::<usize>();
    while notes.len() > 1 && title.width() + used(&notes) + 2 > usize::from(rect.width) {
        notes.pop();
    }
    let inner = paint.pane(frame, rect, focused, title, paint.notes(notes));
    // An empty pane says it by itself.
    match below.filter(|_| view.is_some_and(|view| !view.order().is_empty())) {
        Some(said) => fault_below(paint, frame, inner, &said),
        None => inner,
    }
}

/// A fault in the last line; returns what is left above it.
fn fault_below(paint: Paint, frame: &mut Frame, rect: Rect, said: &str) -> Rect {
    let above = Rect { height: rect.height.saturating_sub(1), ..rect };
    let line = Line::from(paint.styled(text::cut(said, rect.width.into()), Role::Degraded));
    frame.render_widget(line, Rect { y: rect.y + above.height, height: rect.height - above.height, ..rect });
    above
}

/// What an empty list means: four different things.
fn empty(paint: Paint, kind: &dyn Kind, view: &ListView, listing: &Listing) -> String {
    let state = paint.state;
    let nouns = format!("{}s", kind.noun());
    if let Some(obstacle) = state.environment().and_then(|env| env.obstacle.as_ref()) {
        return obstacle.to_string();
    }
    if let Some(fault) = state.store().and_then(|store| store.locked_out.as_ref()) {
        return text::fault(fault);
    }
    if let Some((_, fault)) = listing.faults().first() {
        return text::fault(fault);
    }
    if view.is_filtered() && !listing.is_empty() {
        return format!("no {} among {} matches the filter; esc clears it", kind.noun(), listing.len());
    }
    if state.environment().is_some_and(|env| env.region.is_none()) {
        return "this profile has no region; R asks for one".to_string();
    }
    if listing.is_partial() || listing.expected() > 0 {
        return format!("reading {nouns} …");
    }
    format!("no {nouns} here")
}

fn message(paint: Paint, frame: &mut Frame, rect: Rect, said: String) {
    let above = u16::from(rect.height > 2);
    let (y, width, height) = (rect.y + above, rect.width.saturating_sub(2), rect.height.saturating_sub(above));
    paint.message(frame, Rect { x: rect.x + 1, y, width, height }, said);
}

/// A column that is shown, with its width.
type Shown = (&'static Column, usize);

/// Which columns fit, and how wide each is: the highest ranks go first, then all shrink to what
/// their cells need, then the widest give way.
fn fit_columns(kind: &'static dyn Kind, index: &ListIndex, room: usize) -> Vec<Shown> {
    let ambiguous = index.has_namesakes;
    let rank = |column: &Column| if ambiguous && kind.disambiguated_by() == Some(column.id) { 0 } else { column.rank };
    let mut shown: Vec<(Shown, usize)> = (kind.columns().iter().enumerate())
        .map(|(i, column)| {
            let cells = index.widths.get(i).copied().unwrap_or(0);
            let wanted = cells.max(text::width(column.title));
            let (min, max) = (usize::from(column.width.min), usize::from(column.width.max));
            let wanted = wanted.clamp(min, max);
            // The value is worth more than how it came to be.
            let soft = match i {
                0 if room >= ROOMY.0 => WHOLE_NAME,
                0 => NAME,
                _ if column.is_metric() && room < ROOMY.1 => min,
                _ => OTHER,
            };
            ((column, wanted), wanted.min(soft).max(min))
        })
        .collect();
    // The cue takes two columns.
    let room = room.saturating_sub(2);
    let least =
        |shown: &[(Shown, usize)]| shown.iter().map(|((_, width), min)| (*width).min(*min) + GAP).sum::<usize>();
    while least(&shown) > room + GAP && shown.len() > 1 {
        let Some(worst) = shown.iter().map(|((column, _), _)| rank(column)).max().filter(|rank| *rank > 0) else {
            break;
        };
        let Some(at) = shown.iter().rposition(|((column, _), _)| rank(column) == worst) else { break };
        shown.remove(at);
    }
    let total = |shown: &[(Shown, usize)]| shown.iter().map(|((_, width), _)| width + GAP).sum::<usize>();
    // A sparkline without all of its room gives it to the others.
    let without_trends = |shown: &mut Vec<(Shown, usize)>| {
        for i in (0..shown.len()).rev() {
            if shown[i].0.0.is_metric() && total(shown) > room + GAP {
                shown[i].0.1 = usize::from(shown[i].0.0.width.min);
            }
        }
    };
    if room < ROOMY.1 {
        without_trends(&mut shown);
    }
    // First down to what is pleasant, then down to what is possible.
    for pleasant in [true, false] {
        if !pleasant {
            without_trends(&mut shown);
        }
        while total(&shown) > room + GAP {
            let spare = |((column, width), soft): &&mut (Shown, usize)| {
                *width > if pleasant { *soft } else { usize::from(column.width.min) }
            };
            let Some(((_, width), _)) = shown.iter_mut().filter(spare).max_by_key(|((_, width), _)| *width) else {
                break;
            };
            *width -= 1;
        }
    }
    shown.into_iter().map(|(shown, _)| shown).collect()
}

fn heading(paint: Paint, frame: &mut Frame, rect: Rect, kind: &dyn Kind, view: &ListView, columns: &[Shown]) {
    let mut spans = vec![Span::raw("  ")];
    for (column, width) in columns {
        let sorted = view.sort.column.and_then(|c| kind.columns().get(c)).is_some_and(|c| c.id == column.id);
        let arrow = match (sorted, view.sort.descending) {
            (false, _) => "",
            (true, false) => "↑",
            (true, true) => "↓",
        };
        let title = format!("{}{arrow}", column.title);
        let fitted = match column.align {
            Align::Left => text::fit(&title, *width),
            Align::Right => text::fit_right(&title, *width),
        };
        spans.push(paint.styled(fitted, if sorted { Role::Accent } else { Role::Header }));
        spans.push(Span::raw(" ".repeat(GAP)));
    }
    frame.render_widget(Line::from(spans), rect);
}

fn draw_row(
    paint: Paint,
    frame: &mut Frame,
    rect: Rect,
    row: &Row,
    common: &Names,
    columns: &[Shown],
    look: RenderContext,
) {
    let (health, look) = (row.diagnosis.health, look.of(&row.diagnosis));
    let stale = format::seconds_since(row.at, look.now) > STALE_SECONDS;
    let mut spans = vec![paint.toned(format!("{} ", health.cue()), health.into())];
    for (column, width) in columns {
        let cell = column.cell(&*row.object, look);
        let style = if stale && cell.tone != Tone::Strong { paint.style(Role::Stale) } else { paint.tone(cell.tone) };
        let mut room = *width;
        if let Some(part) = cell.gauge
            && room >= GAUGE + 5
        {
            spans.extend(paint.gauge(part, GAUGE, cell.tone));
            spans.push(Span::raw(" "));
            room -= GAUGE + 1;
        }
        let own = text::width(&cell.text).max(VALUE);
        if !cell.trend.is_empty() && room > own + cell.trend.len() {
            let blank = room - own - 1 - cell.trend.len();
            let style = if stale { paint.style(Role::Stale) } else { paint.style(Role::Series1) };
            spans.push(Span::raw(" ".repeat(blank)));
            spans.push(Span::styled(spark(paint.theme.ink, &cell.trend) + " ", style));
            room = own;
        }
        let fitted = match column.align {
            Align::Left if cell.text == row.object.name().as_str() => names::fit(common, &cell.text, room),
            Align::Left => text::fit_cell(&cell.text, room),
            Align::Right => text::fit_right(&cell.text, room),
        };
        spans.push(Span::styled(fitted, style));
        spans.push(Span::raw(" ".repeat(GAP)));
    }
    frame.render_widget(Line::from(spans), rect);
}
