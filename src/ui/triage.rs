//! What is wrong: the ranked list, and of the selected finding its evidence and what to do next.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::paint::Paint;
use super::text;
use crate::app::command::Command;
use crate::app::hint;
use crate::app::triage::Triage;
use crate::domain::Timestamp;
use crate::domain::words;
use crate::kinds::cell::{Block, Cell, Span as Said, Tone};
use crate::kinds::triage::Finding;
use crate::theme::Role;

/// Draws the overlay.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, selected: usize) {
    let Some(store) = paint.state.store() else { return };
    let triage = &store.triage;
    let said = match triage.findings.len() {
        0 => "nothing now".to_string(),
        n => words::count(n, "finding"),
    };
    let note = Span::styled(format!(" {said} "), paint.style(Role::Dim));
    let inner = paint.dialog(frame, body, (116, body.height), "What is wrong", note);
    let all: Vec<(&Finding, Option<Timestamp>)> = triage.all().collect();
    if all.is_empty() {
        let said = "no rule finds anything wrong in what was read; what was not read is told by its pane";
        return paint.lines(
            frame,
            inner,
            &text::wrap(&[Span::styled(said, paint.style(Role::Dim))], inner.width.into(), 0),
            0,
        );
    }
    let rows = (all.len() as u16).min(inner.height / 3).max(1);
    let top = (selected + 1).saturating_sub(usize::from(rows));
    for (i, (finding, ended)) in all.iter().enumerate().skip(top).take(rows.into()) {
        let place = Rect { y: inner.y + (i - top) as u16, height: 1, ..inner };
        frame.render_widget(line(paint, triage, finding, *ended, inner.width.into()), place);
        if i == selected {
            frame.buffer_mut().set_style(place, paint.style(Role::Selection));
        }
    }
    let Some((finding, ended)) = all.get(selected) else { return };
    let rest = Rect { y: inner.y + rows + 1, height: inner.height.saturating_sub(rows + 1), ..inner };
    let lines = paint.blocks(&about(paint, triage, finding, *ended), rest.width.into());
    paint.lines(frame, rest, &lines, 0);
}

/// What is wrong first, in the line below the header.
pub fn headline(paint: Paint, frame: &mut Frame, rect: Rect) {
    let room = usize::from(rect.width);
    let Some(store) = paint.state.store() else { return };
    let triage = &store.triage;
    let Some(first) = triage.findings.first() else {
        let said = match (paint.state.usable().is_some(), store.age(paint.state.now)) {
            (true, Some(_)) => " ● nothing is found wrong in what was read",
            _ => "",
        };
        return frame.render_widget(Line::from(Span::styled(text::cut(said, room), paint.style(Role::Dim))), rect);
    };
    let more = triage.findings.len() - 1;
    let key = hint::hint(paint.state, Command::Wrong).map(|hint| hint.key).unwrap_or_default();
    // No other key: on the deck those act on the selected row, which may be another.
    let said = if more == 0 { " why".to_string() } else { format!(" why, and {more} more") };
    let tail =
        [Span::styled(format!("  {key}"), paint.style(Role::Key)), Span::styled(said, paint.style(Role::KeyLabel))];
    let used: usize = tail.iter().map(Span::width).sum();
    let mut line = line(paint, triage, first, None, room.saturating_sub(used + 2));
    line.spans.insert(0, Span::raw(" "));
    line.spans.extend(tail);
    frame.render_widget(line, rect);
}

/// One finding in a line: cue, rule, resource, sentence, since when.
pub fn line(paint: Paint, triage: &Triage, finding: &Finding, ended: Option<Timestamp>, room: usize) -> Line<'static> {
    let now = paint.state.now;
    let age = triage.since(finding).map_or_else(String::new, |at| words::age(at, now));
    let (cue, tone) = match ended {
        Some(_) => ("✓", Tone::Dim),
        None => (finding.found.health.cue(), finding.tone()),
    };
    let branch = if finding.because.is_some() { "└ " } else { "" };
    let mut spans = vec![
        Span::styled(format!("{branch}{cue} "), paint.tone(tone)),
        Span::styled(
            format!("{}  ", finding.title),
            paint.tone(if ended.is_some() { Tone::Dim } else { Tone::Strong }),
        ),
        Span::styled(format!("{}  ", finding.name), paint.tone(if ended.is_some() { Tone::Dim } else { Tone::Accent })),
    ];
    let used: usize = spans.iter().map(Span::width).sum();
    let left = room.saturating_sub(used + text::width(&age) + 1);
    let said = match ended {
        Some(at) => format!("ended {} ago", words::age(at, now)),
        None => finding.found.what.clone(),
    };
    spans.push(Span::styled(text::fit(&said, left), paint.tone(if ended.is_some() { Tone::Dim } else { Tone::Plain })));
    spans.push(Span::styled(format!(" {age}"), paint.style(Role::Dim)));
    Line::from(spans)
}

/// The selected finding: everything that speaks for it.
fn about(paint: Paint, triage: &Triage, finding: &Finding, ended: Option<Timestamp>) -> Vec<Block> {
    let now = paint.state.now;
    let found = &finding.found;
    let field = |label: &str, spans: Vec<Said>| (label.to_string(), spans);
    let mut fields = vec![field("what", vec![Said::new(found.what.as_str(), finding.tone())])];
    if let Some(at) = ended {
        fields.push(field("ended", vec![format!("{} ago", words::age(at, now)).into()]));
    }
    if let Some(at) = triage.since(finding) {
        fields.push(field("since", vec![format!("{}, {} ago", words::moment(at), words::age(at, now)).into()]));
    }
    fields.push(field("why here", vec![Said::new(finding.why_here(&triage.findings), Tone::Dim)]));
    let row = |evidence: &crate::kinds::triage::Evidence| {
        vec![
            Cell::text(evidence.field.as_str(), Tone::Dim),
            evidence.at.map_or_else(Cell::nothing, |at| Cell::text(words::age(at, now), Tone::Dim)),
            Cell::text(evidence.value.as_str(), Tone::Plain),
        ]
    };
    let mut blocks = vec![
        Block::Fields(fields),
        Block::Gap,
        Block::Table {
            titles: ["EVIDENCE", "AGE", "VALUE"].iter().map(ToString::to_string).collect(),
            rows: found.evidence.iter().map(row).collect(),
        },
        Block::Gap,
        Block::Heading("Next".into()),
    ];
    for next in &found.next {
        let key = Command::of(next.command).and_then(|command| hint::hint(paint.state, command)).map(|hint| hint.key);
        blocks.push(Block::Line(vec![
            Said::new(format!("{:<6}", key.unwrap_or_default()), Tone::Accent),
            Said::new(next.say.as_str(), Tone::Plain),
        ]));
    }
    blocks
}
