//! A text field of one line, with its cursor.

use tui_input::Input;

use super::text;
use crate::ui::prelude::*;

/// A label and a text field with its cursor.
pub fn line(paint: Paint, label: &str, input: &Input, room: usize) -> Line<'static> {
    let mut spans = Vec::new();
    if !label.is_empty() {
        spans.push(paint.dim(text::fit(label, 18.min(room / 3)) + " "));
    }
    let used = text::total(&spans);
    let field = room.saturating_sub(used).clamp(1, 60);
    spans.extend(self::spans(paint, input, field));
    Line::from(spans)
}

/// The same where the text is a suggestion, which the first letter takes the place of.
pub fn suggestion(paint: Paint, label: &str, text: &str, room: usize) -> Line<'static> {
    let label = paint.dim(text::fit(label, 18.min(room / 3)) + " ");
    let left = room.saturating_sub(label.width());
    Line::from(vec![label, paint.styled(text::cut(text, left), Role::Cursor)])
}

/// A text field of so many columns, scrolled to its cursor.
pub fn spans(paint: Paint, input: &Input, room: usize) -> Vec<Span<'static>> {
    let scroll = input.visual_scroll(room.saturating_sub(2));
    let chars: Vec<char> = input.value().chars().collect();
    let mut left = String::new();
    let mut skipped = 0;
    for c in chars.iter().take(input.cursor()) {
        if skipped < scroll {
            skipped += text::width(&c.to_string());
        } else {
            left.push(*c);
        }
    }
    let under: String = chars.get(input.cursor()).map_or(" ".to_string(), ToString::to_string);
    let right: String = chars.iter().skip(input.cursor() + 1).collect();
    let used = text::width(&left) + text::width(&under);
    let right = text::fit(&right, room.saturating_sub(used));
    vec![paint.styled(left, Role::Input), paint.styled(under, Role::Cursor), paint.styled(right, Role::Input)]
}

/// A line that is typed into: a word for it, its field of so many columns, and what is wrong with what is typed,
/// else how it is written.
pub fn prompt(
    paint: Paint,
    word: &'static str,
    input: &Input,
    field: usize,
    error: Option<&str>,
    help: &str,
    room: usize,
) -> Line<'static> {
    let mut spans = vec![paint.styled(word, Role::Key)];
    spans.extend(self::spans(paint, input, field.max(10)));
    let (said, role) = error.map_or((help, Role::Dim), |error| (error, Role::NoticeError));
    let left = room.saturating_sub(text::total(&spans));
    spans.push(paint.styled(text::cut(&format!("  {said}"), left), role));
    Line::from(spans)
}
