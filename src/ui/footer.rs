//! The bottom line: the filter while it is typed, else a notice, else the keys that work here.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::hint::{self, Hint};
use crate::app::state::NoticeTone;
use crate::theme::Role;
use crate::ui::widgets::paint::Paint;
use crate::ui::widgets::{input, text};

/// Draws the line.
pub fn draw(paint: Paint, frame: &mut Frame, rect: Rect) {
    let state = paint.state;
    let room = usize::from(rect.width);
    if state.is_filtering()
        && let Some(view) = state.list(state.focus)
    {
        let mut spans = vec![Span::styled(" / ", paint.style(Role::Key))];
        spans.extend(input::spans(paint, &view.filter_input, (room / 2).max(10)));
        let said = view
            .filter_error
            .as_deref()
            .unwrap_or("text, regex, column:value, ! inverts · enter keeps it, esc clears it");
        let role = if view.filter_error.is_some() { Role::NoticeError } else { Role::Dim };
        let used: usize = spans.iter().map(Span::width).sum();
        spans.push(Span::styled(text::cut(&format!("  {said}"), room.saturating_sub(used)), paint.style(role)));
        return frame.render_widget(Line::from(spans), rect);
    }
    if !state.pending.1.is_empty() {
        let typed: Vec<String> = state.pending.1.iter().map(ToString::to_string).collect();
        let line = Span::styled(format!(" {} …", typed.join(" ")), paint.style(Role::Key));
        return frame.render_widget(Line::from(line), rect);
    }
    if let Some(notice) = &state.notice {
        let role = match notice.tone {
            NoticeTone::Info => Role::NoticeInfo,
            NoticeTone::Error => Role::NoticeError,
        };
        let line = Span::styled(text::cut(&format!(" {}", notice.text), room), paint.style(role));
        return frame.render_widget(Line::from(line), rect);
    }
    // The last one tells all the others, so it has room whatever else has not.
    let mut hints = hint::bar(state);
    let last = hints.pop();
    let width = |hint: &Hint| text::width(&hint.key) + text::width(hint.label) + 4;
    let mut room = room.saturating_sub(1 + last.as_ref().map_or(0, width));
    let fitting = hints.into_iter().take_while(|hint| {
        let left = room.checked_sub(width(hint));
        room = left.unwrap_or_default();
        left.is_some()
    });
    let mut spans = vec![Span::raw(" ")];
    for hint in fitting.chain(last) {
        let (key, label) = if hint.off { (Role::KeyOff, Role::KeyOff) } else { (Role::Key, Role::KeyLabel) };
        spans.push(Span::styled(hint.key, paint.style(key)));
        spans.push(Span::styled(format!(" {}   ", hint.label), paint.style(label)));
    }
    frame.render_widget(Line::from(spans), rect);
}
