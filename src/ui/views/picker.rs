//! A fuzzy list: what is typed, and what matches it, the best first.

use crate::app::views::picker::Picker;
use crate::ui::prelude::*;
use crate::ui::widgets::{input, text};

/// Draws the list.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, picker: &Picker) {
    let entries = picker.entries(paint.state);
    let inner = paint.dialog(frame, body, (72, body.height.min(24)), &picker.title(), Span::raw(""));
    let room = usize::from(inner.width);
    let mut field = vec![paint.styled("› ", Role::Accent)];
    field.extend(input::spans(paint, &picker.input, room.saturating_sub(2)));
    frame.render_widget(Line::from(field), Rect { height: 1, ..inner });
    let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    if entries.is_empty() {
        return paint.message(frame, Rect { height: list.height.min(1), ..list }, "nothing of that name");
    }
    let role = picker.selected().map_or(Role::Overlay, |_| Role::Selection);
    paint.list(frame, list, &entries, picker.cursor.place(), role, |entry| {
        let note = text::cut(entry.off.as_deref().unwrap_or(&entry.note), room / 2);
        let label_room = room.saturating_sub(text::width(&note) + 1);
        let base = if entry.off.is_some() { paint.style(Role::KeyOff) } else { paint.tone(Tone::Plain) };
        let mut spans: Vec<Span<'static>> = Vec::new();
        let mut used = 0;
        for (at, c) in entry.label.chars().enumerate() {
            let w = text::width(&c.to_string());
            if used + w > label_room {
                break;
            }
            used += w;
            let hit = entry.matched.binary_search(&(at as u32)).is_ok();
            spans.push(Span::styled(c.to_string(), if hit { base.patch(paint.style(Role::Match)) } else { base }));
        }
        spans.push(Span::raw(" ".repeat(label_room.saturating_sub(used) + 1)));
        spans.push(paint.dim(note));
        Line::from(spans)
    });
}
