//! The bottom line: the filter while it is typed, else a notice, else the keys that work here.

use crate::app::hint::{self, Hint, PANES};
use crate::app::state::NoticeTone;
use crate::ui::prelude::*;
use crate::ui::widgets::{input, text};

/// Draws the line.
pub fn draw(paint: Paint, frame: &mut Frame, rect: Rect) {
    let state = paint.state;
    let room = usize::from(rect.width);
    if state.is_filtering()
        && let Some(view) = state.list(state.focus)
    {
        let help = "text, regex, column:value, ! inverts · enter keeps it, esc clears it";
        let line = input::prompt(paint, " / ", &view.filter_input, room / 2, view.filter_error.as_deref(), help, room);
        return frame.render_widget(line, rect);
    }
    if !state.pending.1.is_empty() {
        let typed: Vec<String> = state.pending.1.iter().map(ToString::to_string).collect();
        let line = paint.styled(format!(" {} …", typed.join(" ")), Role::Key);
        return frame.render_widget(Line::from(line), rect);
    }
    if let Some(notice) = &state.notice {
        let role = match notice.tone {
            NoticeTone::Info => Role::NoticeInfo,
            NoticeTone::Error => Role::NoticeError,
        };
        let line = paint.styled(text::cut(&format!(" {}", notice.text), room), role);
        return frame.render_widget(Line::from(line), rect);
    }
    // The last ones tell how to get to all the others, so they have room whatever else has not.
    let mut hints = hint::bar(state);
    let is_last = |hint: &Hint| hint.label == PANES;
    let last = hints.iter().position(is_last).unwrap_or(hints.len().saturating_sub(1));
    let last = hints.split_off(last);
    let width = |hint: &Hint| text::width(&hint.key) + text::width(hint.label) + 4;
    let mut room = room.saturating_sub(1 + last.iter().map(width).sum::<usize>());
    let fitting = hints.into_iter().take_while(|hint| {
        let left = room.checked_sub(width(hint));
        room = left.unwrap_or_default();
        left.is_some()
    });
    let mut spans = vec![Span::raw(" ")];
    for hint in fitting.chain(last) {
        let (key, label) = if hint.off { (Role::KeyOff, Role::KeyOff) } else { (Role::Key, Role::KeyLabel) };
        spans.push(paint.styled(hint.key, key));
        spans.push(paint.styled(format!(" {}   ", hint.label), label));
    }
    frame.render_widget(Line::from(spans), rect);
}
