//! One resource: its tabs over the whole screen, or its first tab as a preview below the list.

use crate::app::state::DetailView;
use crate::kinds;
use crate::kinds::kind::RenderContext;
use crate::kinds::tab::Tab;
use crate::ui::panes::metrics;
use crate::ui::prelude::*;

/// Draws the open detail.
pub fn draw(paint: Paint, frame: &mut Frame, rect: Rect, detail: &DetailView) {
    let state = paint.state;
    let (Some(kind), Some(store)) = (kinds::kind(detail.kind), state.store()) else { return };
    let Some(row) = store.listing(detail.kind).row(&detail.id) else {
        let inner = framed(paint, frame, rect, Line::from(" gone "), Line::default());
        let said = format!("this {} does not exist any more; esc goes back", kind.noun());
        return paint.lines(frame, inner, &[Line::from(paint.dim(said))], 0);
    };
    let set = kind.tabs().get(detail.tab).map_or(detail.kind.detail(), |tab| tab.facts(kind.id()));
    let facts = store.detail(set, &detail.id);
    let health = row.diagnosis.health;
    let title = Line::from(vec![
        paint.toned(format!(" {} ", health.cue()), health.into()),
        paint.styled(format!("{} ", row.object.name()), Role::TitleFocused),
    ]);
    let note = match facts.map(|facts| (facts.fault(), facts.age(state.now))) {
        Some((Some(fault), _)) => paint.styled(format!(" {fault} "), Role::Degraded),
        Some((None, Some(age))) => paint.dim(format!(" {} ", format::age_of(age))),
        _ => paint.dim(" reading … "),
    };
    let inner = framed(paint, frame, rect, title, Line::from(note));
    let tabs = kind.tabs().iter().enumerate().flat_map(|(i, tab)| {
        let role = if i == detail.tab { Role::Selection } else { Role::Dim };
        [paint.styled(format!(" {} ", tab.title), role), Span::raw(" ")]
    });
    frame.render_widget(Line::from(tabs.collect::<Vec<_>>()), Rect { height: 1, ..inner });
    let body = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    let scroll = detail.scroll.get(detail.tab).map_or(0, |line| line.place());
    if kind.tabs().get(detail.tab).is_some_and(Tab::is_charts) {
        return metrics::draw(paint, frame, body, kind, row, scroll);
    }
    if let Some(tab) = kind.tabs().get(detail.tab) {
        let look = RenderContext {
            now: state.now,
            diagnosis: &row.diagnosis,
            recorded: store.recorded(&detail.id),
            readings: &store.readings,
        };
        let blocks = tab.view(&*row.object, facts.and_then(|facts| facts.value()), look);
        let lines = paint.blocks(&blocks, body.width.into());
        paint.lines(frame, body, &lines, scroll);
    }
}

/// Draws the preview of the selected resource.
pub fn preview(paint: Paint, frame: &mut Frame, rect: Rect) {
    let state = paint.state;
    let selected = state.focus.kind().or_else(|| kinds::registry().next());
    let row = selected.and_then(|kind| Some((kind, state.selected(kind.id())?)));
    let name = row.map_or("nothing is selected", |(_, row)| row.object.name().as_str());
    let title = Line::from(paint.styled(format!(" {} ", text::cut(name, 60)), Role::Title));
    let inner = framed(paint, frame, rect, title, Line::default());
    let Some((kind, row)) = row else { return };
    let facts =
        state.store().and_then(|store| store.detail(kind.id().detail(), row.object.id())).and_then(|f| f.value());
    if let Some(tab) = kind.tabs().first() {
        let blocks = tab.view(&*row.object, facts, RenderContext::at(state.now).of(&row.diagnosis));
        let lines = paint.blocks(&blocks, inner.width.into());
        paint.lines(frame, inner, &lines, 0);
    }
}

/// A frame on a wide screen, a rule on a narrow one.
fn framed(paint: Paint, frame: &mut Frame, rect: Rect, title: Line<'static>, note: Line<'static>) -> Rect {
    if paint.state.layout.tabs.is_none() {
        let inner = paint.pane(frame, rect, paint.state.is_in_detail(), title, note);
        return Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    }
    let rule = "─".repeat(usize::from(rect.width));
    let line = Rect { height: 1, ..rect };
    frame.render_widget(Line::from(paint.styled(rule, Role::Border)), line);
    paint.ends(frame, Rect { x: line.x + 1, width: line.width.saturating_sub(1), ..line }, title, note);
    Rect { x: rect.x + 1, y: rect.y + 1, width: rect.width.saturating_sub(1), height: rect.height.saturating_sub(1) }
}
