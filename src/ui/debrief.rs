//! How an incident that was practised went: what happened, how long it took, what was tried.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::paint::Paint;
use crate::domain::debrief::Debrief;
use crate::domain::text::Text;
use crate::domain::words;
use crate::kinds::cell::{Block, Span as Said, Tone};
use crate::theme::Role;

/// Draws the overlay.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, scroll: usize) {
    let Some(debrief) = &paint.state.debrief else { return };
    let note = if debrief.mended.is_some() { " mended " } else { " not mended yet " };
    let note = Span::styled(note, paint.style(Role::Dim));
    let width = body.width.min(100);
    // Inside of the frame and its margin.
    let lines = paint.blocks(&blocks(debrief), usize::from(width.saturating_sub(4)));
    let title = format!("Debrief: {}", debrief.title);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let inner = paint.dialog(frame, body, (width, height.min(body.height)), &title, note);
    paint.lines(frame, inner, &lines, scroll);
}

fn blocks(debrief: &Debrief) -> Vec<Block> {
    let heading = |text: &str| Block::Heading(text.into());
    let line = |text: &Text| Block::Line(vec![text.as_str().into()]);
    let mut blocks = vec![heading("What happened")];
    blocks.extend(debrief.happened.iter().map(line));
    blocks.extend([Block::Gap, heading("How long it took")]);
    let mut fields = vec![("began".to_string(), vec![words::moment(debrief.began).into()])];
    for (word, time) in debrief.times() {
        let said = match time {
            Some((after, what)) => vec![Said::new(after, Tone::Strong), Said::new(format!("  {what}"), Tone::Dim)],
            None => vec![Said::new("not yet", Tone::Degraded)],
        };
        fields.push((word.to_string(), said));
    }
    blocks.extend([Block::Fields(fields), Block::Gap, heading("What was tried")]);
    if debrief.tried.is_empty() {
        blocks.push(Block::Line(vec![Said::new("nothing", Tone::Dim)]));
    }
    for attempt in &debrief.tried {
        let tone =
            if attempt.after.is_some_and(|after| after <= attempt.before / 2) { Tone::Ok } else { Tone::Degraded };
        let after = format!("{:>7}  ", debrief.after(attempt.at));
        let effect = format!(". {}", attempt.effect);
        blocks.extend([
            Block::Line(vec![Said::new(after, Tone::Dim), Said::new(attempt.what.as_str(), Tone::Strong)]),
            Block::Line(vec![Said::new(format!("         {}", attempt.course()), tone), effect.into()]),
        ]);
    }
    blocks.extend([Block::Gap, heading("What would have been shorter")]);
    blocks.extend(debrief.shorter.iter().map(line));
    blocks
}
