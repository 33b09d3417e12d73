//! What lies over the deck besides plans: fuzzy lists, help, jobs, the question before leaving.

mod action;
mod api;
mod compare;
pub mod debrief;
pub mod findings;
mod forwards;
mod golden;
mod insights;
mod timeline;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::widgets::paint::Paint;
use super::widgets::{input, text};
use crate::app::action::jobs::{Job, Phase};
use crate::app::command::{self, Command};
use crate::app::hint;
use crate::app::state::Overlay;
use crate::app::views::picker::Picker;
use crate::domain::format;
use crate::domain::intent::Verdict;
use crate::keymap::Context;
use crate::kinds::cell::Tone;
use crate::theme::Role;

/// Draws one overlay over `body`.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, overlay: &Overlay) {
    match overlay {
        Overlay::Action(dialog) => action::draw(paint, frame, body, dialog),
        Overlay::Picker(picker) => pick(paint, frame, body, picker),
        Overlay::Help { scroll } => help(paint, frame, body, *scroll),
        Overlay::Jobs { selected } => jobs(paint, frame, body, *selected),
        Overlay::Wrong(view) => findings::draw(paint, frame, body, view),
        Overlay::Debrief { scroll } => debrief::draw(paint, frame, body, *scroll),
        Overlay::Api => api::draw(paint, frame, body),
        Overlay::Forwards { selected } => forwards::draw(paint, frame, body, *selected),
        Overlay::Insights => insights::draw(paint, frame, body),
        Overlay::Compare(view) => compare::draw(paint, frame, body, view),
        Overlay::Golden => golden::draw(paint, frame, body),
        Overlay::Timeline(view) => timeline::draw(paint, frame, body, view),
        Overlay::Quit => quit(paint, frame, body),
    }
}

fn pick(paint: Paint, frame: &mut Frame, body: Rect, picker: &Picker) {
    let entries = picker.entries(paint.state);
    let inner = paint.dialog(frame, body, (72, body.height.min(24)), &picker.title(), Span::raw(""));
    let room = usize::from(inner.width);
    let mut field = vec![Span::styled("› ", paint.style(Role::Accent))];
    field.extend(input::spans(paint, &picker.input, room.saturating_sub(2)));
    frame.render_widget(Line::from(field), Rect { height: 1, ..inner });
    let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    if entries.is_empty() {
        let line = Line::from(Span::styled("nothing of that name", paint.style(Role::Dim)));
        return frame.render_widget(line, Rect { height: list.height.min(1), ..list });
    }
    let height = usize::from(list.height).max(1);
    let top = (picker.selected + 1).saturating_sub(height);
    for (i, entry) in entries.iter().enumerate().skip(top).take(height) {
        let place = Rect { y: list.y + (i - top) as u16, height: 1, ..list };
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
        spans.push(Span::styled(note, paint.style(Role::Dim)));
        frame.render_widget(Line::from(spans), place);
        if i == picker.selected {
            frame.buffer_mut().set_style(place, paint.style(Role::Selection));
        }
    }
}

fn help(paint: Paint, frame: &mut Frame, body: Rect, scroll: usize) {
    let inner = paint.dialog(frame, body, (104, body.height), "Keys", Span::raw(""));
    let room = usize::from(inner.width);
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut groups = [
        (Context::Global, "everywhere"),
        (Context::List, "in a list"),
        (Context::Detail, "in an opened resource"),
        (Context::Logs, "in the logs"),
        (Context::Insights, "in the rows of a query"),
        (Context::Compare, "in a comparison of revisions"),
        (Context::Forwards, "in the list of forwards"),
        (Context::Metrics, "over charts"),
        (Context::Timeline, "on the clock of what changed"),
        (Context::Plan, "in a plan"),
        (Context::Input, "in a text field or a fuzzy list"),
    ];
    // What works only where one comes from is told first.
    let here = paint.state.contexts_below();
    groups.sort_by_key(|(context, _)| match context {
        Context::Global => 1,
        Context::List => 2,
        own => {
            if here.contains(own) {
                0
            } else {
                3
            }
        }
    });
    for (context, title) in groups {
        lines.push(Line::from(Span::styled(title, paint.style(Role::Header))));
        for declared in command::declared().iter().filter(|declared| declared.context == context) {
            let keys = paint.state.keymap.keys(declared.command).join("  ");
            let Some(command) = Command::of(declared.command).filter(|command| hint::exists(*command)) else {
                continue;
            };
            if keys.is_empty() {
                continue;
            }
            let why = hint::why_not(paint.state, command);
            let style = if why.is_some() { Role::KeyOff } else { Role::Key };
            let mut spans = vec![
                Span::styled(format!("  {} ", text::fit_right(&keys, 14)), paint.style(style)),
                Span::styled(text::fit(declared.label, 18) + " ", paint.tone(Tone::Plain)),
            ];
            let said = why.map_or_else(|| declared.help.to_string(), |why| format!("{} ({why})", declared.help));
            let used: usize = spans.iter().map(Span::width).sum();
            let said = Span::styled(said, paint.style(Role::Dim));
            for wrapped in text::wrap(&[said], room.saturating_sub(used), 0) {
                spans.extend(wrapped.spans);
                lines.push(Line::from(std::mem::take(&mut spans)));
                spans.push(Span::raw(" ".repeat(used)));
            }
        }
        lines.push(Line::default());
    }
    paint.lines(frame, inner, &lines, scroll);
}

fn jobs(paint: Paint, frame: &mut Frame, body: Rect, selected: usize) {
    let state = paint.state;
    let inner = paint.dialog(frame, body, (110, body.height.min(30)), "Jobs", Span::raw(""));
    if state.jobs.is_empty() {
        let said = "nothing was changed since the start; midwatch journal lists what was before";
        let lines = text::wrap(&[Span::styled(said, paint.style(Role::Dim))], inner.width.into(), 0);
        return paint.lines(frame, inner, &lines, 0);
    }
    let all: Vec<&Job> = state.jobs.iter().rev().collect();
    let list_rows = (all.len() as u16).min(inner.height / 2).max(1);
    let top = (selected + 1).saturating_sub(usize::from(list_rows));
    for (i, job) in all.iter().enumerate().skip(top).take(list_rows.into()) {
        let place = Rect { y: inner.y + (i - top) as u16, height: 1, ..inner };
        frame.render_widget(job_line(paint, job, inner.width.into()), place);
        if i == selected {
            frame.buffer_mut().set_style(place, paint.style(Role::Selection));
        }
    }
    let Some(job) = all.get(selected) else { return };
    let rest = Rect { y: inner.y + list_rows + 1, height: inner.height.saturating_sub(list_rows + 1), ..inner };
    let room = usize::from(rest.width);
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
pub fn job_line(paint: Paint, job: &Job, room: usize) -> Line<'static> {
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
    let mut spans = vec![
        Span::styled(format!("{cue} "), paint.tone(tone)),
        Span::styled(format!("{what}  "), paint.style(Role::Strong)),
    ];
    if let Some(part) = gauge {
        spans.extend(paint.gauge(part, 10, tone));
        spans.push(Span::raw("  "));
    }
    let used: usize = spans.iter().map(Span::width).sum();
    let left = room.saturating_sub(used + text::width(&age) + 1);
    spans.push(Span::styled(text::fit(&said, left), paint.tone(if stalled { tone } else { Tone::Plain })));
    spans.push(Span::styled(format!(" {age}"), paint.style(Role::Dim)));
    Line::from(spans)
}

fn quit(paint: Paint, frame: &mut Frame, body: Rect) {
    let live: Vec<&Job> = paint.state.jobs.live().filter(|job| !job.adopted).collect();
    let inner = paint.dialog(frame, body, (72, live.len() as u16 + 8), "Leave?", Span::raw(""));
    let room = usize::from(inner.width);
    let mut lines: Vec<Line<'static>> = live.iter().map(|job| job_line(paint, job, room)).collect();
    lines.push(Line::default());
    let ports = paint.state.forwards.live().count();
    let said = "AWS goes on with what it took. The next start reads how it ended.";
    let ends = format!(
        "{} with the console.",
        match ports {
            1 => "1 forwarded port is closed".to_string(),
            n => format!("{n} forwarded ports are closed"),
        }
    );
    for said in (!live.is_empty()).then_some(said).into_iter().chain((ports > 0).then_some(ends.as_str())) {
        lines.extend(text::wrap(&[Span::styled(said.to_string(), paint.tone(Tone::Plain))], room, 0));
    }
    lines.push(Line::default());
    let key = |command: Command| hint::hint(paint.state, command).map(|hint| hint.key).unwrap_or_default();
    lines.push(Line::from(vec![
        Span::styled(key(Command::Confirm), paint.style(Role::Key)),
        Span::styled(" leave    ", paint.style(Role::KeyLabel)),
        Span::styled(key(Command::Back), paint.style(Role::Key)),
        Span::styled(" stay", paint.style(Role::KeyLabel)),
    ]));
    paint.lines(frame, inner, &lines, 0);
}
