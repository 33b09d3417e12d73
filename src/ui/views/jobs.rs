//! The jobs: one in a line, and all that is known of the selected one.

use crate::app::action::jobs::{Job, Phase};
use crate::app::views::jobs::JobsView;
use crate::domain::intent::Verdict;
use crate::ui::prelude::*;

/// Draws the list, and all of the selected one.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, view: &JobsView) {
    let state = paint.state;
    let inner = paint.dialog(frame, body, (110, body.height.min(30)), "Jobs", Span::raw(""));
    if state.jobs.is_empty() {
        let said = "nothing was changed since the start; midwatch journal lists what was before";
        return paint.message(frame, inner, said);
    }
    let all: Vec<&Job> = state.jobs.iter().rev().collect();
    let room = usize::from(inner.width);
    let selected = view.cursor.place();
    let rest = paint.list_above(frame, inner, &all, selected, inner.height / 2, |job| line(paint, job, room));
    let Some(job) = all.get(selected) else { return };
    let field = |label: &str, text: &str| paint.field(label, &[text.into()], room);
    let mut lines = field(
        "environment",
        &format!("{}  account {}  in {}", job.intent.environment, job.intent.account, job.intent.region),
    );
    lines.extend(field("sent", &format::moment(job.intent.at)));
    lines.extend(field("state", &job.line()));
    if let Phase::Watching(receipt) = &job.phase {
        if !receipt.request_id.is_empty() {
            lines.extend(field("request id", &receipt.request_id));
        }
        if let Some(started) = &receipt.started {
            lines.extend(field("follows", started));
        }
    }
    if let Some(fault) = &job.fault {
        lines.extend(field("last read", &fault.to_string()));
    }
    for (i, line) in job.progress.iter().flat_map(|p| &p.evidence).enumerate() {
        lines.extend(field(if i == 0 { "evidence" } else { "" }, line));
    }
    paint.lines(frame, rest, &lines, 0);
}

/// Columns that the state of a job has at least.
const JOB_STATE: usize = 28;

/// One job in one line: cue, what, bar, how far.
pub fn line(paint: Paint, job: &Job, room: usize) -> Line<'static> {
    let stalled = job.progress.as_ref().is_some_and(|p| p.stalled);
    let (cue, tone) = match &job.phase {
        Phase::Sending => ("◐", Tone::Changing),
        Phase::Watching(_) if stalled => ("▲", Tone::Degraded),
        Phase::Watching(_) => ("◐", Tone::Changing),
        Phase::Unsure(_) => ("◌", Tone::Unknown),
        Phase::Refused(_) => ("✖", Tone::Down),
        Phase::Ended(Verdict::Done) => ("✓", Tone::Ok),
        Phase::Ended(Verdict::Superseded | Verdict::Lost | Verdict::NotDone) => ("◌", Tone::Unknown),
        Phase::Ended(Verdict::Failed | Verdict::RolledBack) => ("✖", Tone::Down),
    };
    let age = format::age(job.ended.unwrap_or(job.intent.at), paint.state.now);
    let here = paint.state.current.as_ref() == Some(&job.intent.environment);
    let line = if here { job.line() } else { format!("{} · {}", job.intent.environment, job.line()) };
    let said = if stalled { format!("stalled: {line}") } else { line };
    let gauge = job.progress.as_ref().and_then(|p| p.fraction).filter(|_| job.is_live());
    let fixed = 2 + gauge.map_or(0, |_| 12) + text::width(&age) + 1;
    // However long the names are, how far it is stays in sight.
    let kept = text::width(&said).min(JOB_STATE) + 2;
    let what = text::cut_middle(&job.intent.summary, room.saturating_sub(fixed + kept));
    let mut spans = vec![paint.toned(format!("{cue} "), tone), paint.styled(format!("{what}  "), Role::Strong)];
    if let Some(part) = gauge {
        spans.extend(paint.gauge(part, 10, tone));
        spans.push(Span::raw("  "));
    }
    let used = text::total(&spans);
    let left = room.saturating_sub(used + text::width(&age) + 1);
    spans.push(paint.toned(text::fit(&said, left), if stalled { tone } else { Tone::Plain }));
    spans.push(paint.dim(format!(" {age}")));
    Line::from(spans)
}
