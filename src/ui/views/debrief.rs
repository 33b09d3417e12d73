//! How an incident that was practised went: what happened, how long it took, what was tried.

use crate::app::views::debrief::DebriefView;
use crate::domain::debrief::Debrief;
use crate::domain::text::Text;
use crate::kinds::cell::{Block, Span as Said, Tone};
use crate::ui::prelude::*;

/// Columns that it takes at most: longer lines are hard to read.
const WIDEST: u16 = 100;

/// Draws the overlay.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, view: &DebriefView) {
    let Some(debrief) = &paint.state.debrief else { return };
    let note = if debrief.mended.is_some() { " mended " } else { " not mended yet " };
    let note = paint.dim(note);
    let width = body.width.min(WIDEST);
    // Inside of the frame and its margin.
    let lines = paint.blocks(&blocks(debrief), usize::from(width.saturating_sub(4)));
    let title = format!("Debrief: {}", debrief.title);
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let inner = paint.dialog(frame, body, (width, height.min(body.height)), &title, note);
    paint.lines(frame, inner, &lines, view.scroll.place());
}

/// All of it as text, for the shell that one comes back to, on a terminal of this width.
pub fn as_text(debrief: &Debrief, width: u16) -> String {
    let room = usize::from(width.min(WIDEST));
    let said = debrief.text();
    let lines = said.lines().flat_map(|line| {
        // What goes on stands below its beginning.
        let indent = line.len() - line.trim_start().len();
        text::wrap(&[line.to_string().into()], room, indent)
    });
    lines.map(|line| format!("{}\n", line.to_string().trim_end())).collect()
}

fn blocks(debrief: &Debrief) -> Vec<Block> {
    let heading = |text: &str| Block::Heading(text.into());
    let line = |text: &Text| Block::Line(vec![text.as_str().into()]);
    let mut blocks = vec![heading("What happened")];
    blocks.extend(debrief.happened.iter().map(line));
    blocks.extend([Block::Gap, heading("How long it took")]);
    let mut fields = vec![("began".to_string(), vec![format::moment(debrief.began).into()])];
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
        let tone = match attempt.helped() {
            Some(true) => Tone::Ok,
            Some(false) => Tone::Degraded,
            None => Tone::Dim,
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_is_told_in_whole_words_at_any_width() {
        let debrief = Debrief {
            title: "A lost zone".into(),
            happened: vec![
                "The zone was lost: every task in it died, and for a minute none was placed there. ".repeat(3).into(),
            ],
            began: "2026-11-21T02:14:07Z".parse().unwrap(),
            seen: None,
            acted: None,
            mended: None,
            tried: vec![],
            shorter: vec![
                "O on the cluster, to a reader in another zone, which takes about twelve seconds at most.".into(),
            ],
        };
        let words = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
        for (width, room) in [(40, 40), (80, 80), (250, 100)] {
            let told = as_text(&debrief, width);
            assert!(told.lines().all(|line| text::width(line) <= room), "{told}");
            assert_eq!(words(&told), words(&debrief.text()));
            let below = told.lines().skip(1).filter(|line| !line.is_empty());
            assert!(below.into_iter().all(|line| line.starts_with("  ")), "{told}");
        }
    }
}
