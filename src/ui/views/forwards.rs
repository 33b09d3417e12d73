//! The list of local ports that lead into the VPC.

use crate::app::views::forwards::{Forward, ForwardState, ForwardsView};
use crate::ui::prelude::*;

/// Draws the list over `body`, the newest first.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, view: &ForwardsView) {
    let inner = paint.dialog(frame, body, (110, body.height.min(20)), "Forwarded ports", Span::raw(""));
    let room = usize::from(inner.width);
    let all: Vec<&Forward> = paint.state.forwards.iter().rev().collect();
    let Some(chosen) = all.get(view.cursor.place()) else {
        return paint.message(frame, inner, "none: p on a service, database or cache opens one");
    };
    let selected = view.cursor.place();
    let rest = paint.list_above(frame, inner, &all, selected, inner.height / 2, |forward| row(paint, forward, room));
    let field = |label: &str, said: &str| paint.field(label, &[said.into()], room);
    let intent = &chosen.intent;
    let mut lines = field("environment", &format!("{}  account {}", intent.environment, intent.account));
    lines.extend(field("forward", &intent.summary));
    if let ForwardState::Ended(why) = &chosen.state {
        lines.extend(field("ended", why));
    }
    if let Some(line) = chosen.line_to_copy() {
        lines.extend(paint.field("connect", &[crate::kinds::cell::Span::new(line, Tone::Accent)], room));
    }
    lines.extend(field("opened", &format::moment(intent.at)));
    lines.extend(field("session", &chosen.session));
    paint.lines(frame, rest, &lines, 0);
}

/// One forward: cue, local port, where it leads, since when.
fn row(paint: Paint, forward: &Forward, room: usize) -> Line<'static> {
    let (cue, tone, port) = match &forward.state {
        ForwardState::Opening => ("◐", Tone::Changing, "opening".to_string()),
        ForwardState::Up(port) => ("●", Tone::Ok, format!("127.0.0.1:{port}")),
        ForwardState::Ended(_) => ("◌", Tone::Unknown, "ended".to_string()),
    };
    let age = format::age(forward.since, paint.state.now);
    let mut spans = vec![paint.toned(format!("{cue} "), tone), paint.styled(text::fit(&port, 16), Role::Strong)];
    let left = room.saturating_sub(18 + text::width(&age) + 1);
    spans.push(paint.toned(text::fit(&forward.intent.summary, left), Tone::Plain));
    spans.push(paint.dim(format!(" {age}")));
    Line::from(spans)
}
