//! The help: every key that there is, with its words, and why it does not work here.

use crate::app::panes::LIST;
use crate::app::views::help::HelpView;
use crate::app::{commands, hint};
use crate::keymap::Context;
use crate::ui::prelude::*;

/// Draws all keys, by the places where they work.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, view: &HelpView) {
    let has_filter = view.is_filtering || !view.filter.value().is_empty();
    let typed = if has_filter { format!("/{} ", view.filter.value()) } else { String::new() };
    let note = paint.styled(typed, Role::Accent);
    let inner = paint.dialog(frame, body, (104, body.height), "Keys", note);
    let room = usize::from(inner.width);
    let mut lines: Vec<Line<'static>> = Vec::new();
    let declared = commands::declared();
    let mut groups: Vec<Context> = Context::all(declared).into_iter().collect();
    // What works only where one comes from is told first.
    let here = paint.state.contexts_below();
    groups.sort_by_key(|context| match *context {
        Context::GLOBAL => 1,
        LIST => 2,
        own if here.contains(&own) => 0,
        _ => 3,
    });
    for context in groups {
        let heading = lines.len();
        let is_here = here.contains(&context) && context != Context::GLOBAL;
        let title = format!("{}{}", if is_here { "here, " } else { "" }, context.title);
        lines.push(Line::from(paint.styled(title, Role::Header)));
        for declared in declared.iter().filter(|declared| declared.context == context) {
            let keys = paint.state.keymap.keys(declared.command).join("  ");
            let is_asked = view.admits(&[&keys, declared.label, declared.help, declared.command.id()]);
            if keys.is_empty() || !is_asked || !commands::exists(declared.command) {
                continue;
            }
            let why = hint::why_not(paint.state, declared.command);
            let style = if why.is_some() { Role::KeyOff } else { Role::Key };
            let spans = vec![
                paint.styled(format!("  {} ", text::fit_right(&keys, 14)), style),
                paint.toned(text::fit(declared.label, 18) + " ", Tone::Plain),
            ];
            let said = why.map_or_else(|| declared.help.to_string(), |why| format!("{} ({why})", declared.help));
            let used = text::total(&spans);
            let said = paint.dim(said);
            lines.extend(text::beside(spans, used, text::wrap(&[said], room.saturating_sub(used), 0)));
        }
        if lines.len() == heading + 1 {
            lines.pop();
        } else {
            lines.push(Line::default());
        }
    }
    if lines.is_empty() {
        lines.push(Line::from(paint.dim("no key matches; esc shows all")));
    }
    paint.lines(frame, inner, &lines, view.scroll.place());
}
