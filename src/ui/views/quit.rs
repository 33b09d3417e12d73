//! The question before leaving.

use super::jobs;
use crate::app::action::jobs::Job;
use crate::app::hint;
use crate::app::views::action::CONFIRM;
use crate::app::views::quit::QuitView;
use crate::app::views::view::BACK;
use crate::ui::prelude::*;

/// Draws the question.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, _: &QuitView) {
    let live: Vec<&Job> = paint.state.jobs.live().filter(|job| !job.adopted).collect();
    let inner = paint.dialog(frame, body, (72, live.len() as u16 + 8), "Leave?", Span::raw(""));
    let room = usize::from(inner.width);
    let mut lines: Vec<Line<'static>> = live.iter().map(|job| jobs::line(paint, job, room)).collect();
    lines.push(Line::default());
    let ports = paint.state.forwards.live().count();
    let said = "AWS goes on with what it took. The next start reads how it ended.";
    let are = if ports == 1 { "is" } else { "are" };
    let ends = format!("{} {are} closed with the console.", format::count(ports, "forwarded port"));
    for said in (!live.is_empty()).then_some(said).into_iter().chain((ports > 0).then_some(ends.as_str())) {
        lines.extend(text::wrap(&[paint.toned(said.to_string(), Tone::Plain)], room, 0));
    }
    lines.push(Line::default());
    let keys = [(CONFIRM, "leave"), (BACK, "stay")].map(|(command, label)| (hint::key(paint.state, command), label));
    lines.push(Line::from(paint.keys(keys)));
    paint.lines(frame, inner, &lines, 0);
}
