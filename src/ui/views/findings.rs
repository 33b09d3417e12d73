//! What is wrong: the ranked list, and of the selected finding its evidence and what to do next.

use crate::app::command::Command;
use crate::app::hint;
use crate::app::triage::{Triage, look};
use crate::app::views::findings::{FindingsView, WRONG};
use crate::diagnosis::{Finding, Unread};
use crate::domain::Timestamp;
use crate::kinds::cell::{Block, Cell, Span as Said, Tone};
use crate::kinds::rule::Evidence;
use crate::ui::prelude::*;

/// The overlay is no higher than this: on a great screen the rest would be empty.
const HIGH: u16 = 42;

/// With fewer rows for the selected finding than this, its lines are told in brief.
const BRIEF: u16 = 20;

/// Draws the overlay.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, view: &FindingsView) {
    let Some(store) = paint.state.store() else { return };
    let triage = &store.triage;
    let selected = view.position(triage);
    let said = match (triage.findings.len(), triage.ended.len()) {
        (0, 0) => "nothing now".to_string(),
        (0, ended) => format!("nothing now, {ended} ended"),
        (n, 0) => counts(triage, n),
        (n, ended) => format!("{}, {ended} ended", counts(triage, n)),
    };
    let note = paint.dim(format!(" {said} "));
    let mut inner = paint.dialog(frame, body, (150, body.height.min(HIGH)), "What is wrong", note);
    let unread = unread(paint, triage, inner.width.into());
    let below = (unread.len() as u16).min(inner.height / 8);
    let place = Rect { y: inner.bottom() - below, height: below, ..inner };
    paint.lines(frame, place, &unread, 0);
    inner.height -= if below > 0 { below + 1 } else { 0 };
    let all: Vec<(&Finding, Option<Timestamp>)> = triage.all().collect();
    if all.is_empty() {
        return paint.message(frame, inner, "no rule finds anything wrong in what was looked at");
    }
    let rest = paint.list_above(frame, inner, &all, selected, inner.height / 4, |(finding, ended)| {
        line(paint, triage, finding, *ended, inner.width.into())
    });
    let Some((finding, ended)) = all.get(selected) else { return };
    let lines = paint.blocks(&about(paint, triage, (finding, *ended), rest.height < BRIEF), rest.width.into());
    paint.lines(frame, rest, &lines, view.scroll.place());
}

/// `9 findings of 2 causes`.
fn counts(triage: &Triage, all: usize) -> String {
    let causes = causes(triage);
    if causes == all {
        format::count(all, "finding")
    } else {
        format!("{} of {}", format::count(all, "finding"), format::count(causes, "cause"))
    }
}

/// Findings that no other explains.
fn causes(triage: &Triage) -> usize {
    triage.findings.iter().filter(|finding| finding.because.is_none()).count()
}

/// What was not looked at, so that the list above is not taken for all.
fn unread(paint: Paint, triage: &Triage, room: usize) -> Vec<Line<'static>> {
    if triage.unread.is_empty() {
        return vec![];
    }
    let mut spans = vec![paint.toned("not checked: ", Tone::Changing)];
    // What is not known for one reason stands together.
    let mut rest: Vec<&Unread> = triage.unread.iter().collect();
    while let Some(first) = rest.first().copied() {
        let (same, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(|unread| unread.why == first.why);
        rest = others;
        let what: Vec<String> = same.into_iter().map(counted).collect();
        let gap = if rest.is_empty() { "" } else { "; " };
        let tone = if first.failed { Tone::Degraded } else { Tone::Dim };
        spans.push(paint.toned(format!("{} ({}){gap}", what.join(", "), first.why), tone));
    }
    text::wrap(&spans, room, 2)
}

/// `5xx of 3 services`.
fn counted(unread: &Unread) -> String {
    match unread.what.split_once(" of ") {
        Some((what, whose)) if unread.of > 1 => format!("{what} of {} {whose}", unread.of),
        _ => unread.what.clone(),
    }
}

/// What is wrong first, in the lines below the header: what and where; then since when, what was changed
/// before, and what to do.
pub fn headline(paint: Paint, frame: &mut Frame, rect: Rect) {
    let room = usize::from(rect.width);
    let Some(store) = paint.state.store() else { return };
    let triage = &store.triage;
    let lines = match triage.headline() {
        Some(first) => [first_line(paint, triage, first, room), second_line(paint, triage, first, room)],
        None => calm(paint, triage, triage.findings.first(), room),
    };
    for (line, row) in lines.into_iter().zip(rect.rows()) {
        frame.render_widget(line, row);
    }
}

/// No problems are found: by how many checks not, and what is unknown.
fn calm(paint: Paint, triage: &Triage, unknown: Option<&Finding>, room: usize) -> [Line<'static>; 2] {
    let dim = |said: &str| Line::from(paint.dim(text::cut(said, room)));
    let Some(store) = paint.state.store() else { return [Line::default(), Line::default()] };
    if paint.state.usable().is_none() || store.age(paint.state.now).is_none() {
        return [Line::default(), Line::default()];
    }
    let ended = triage.ended.first().map_or(String::new(), |(finding, at)| {
        format!("; {} of {} ended {} ago", finding.title, finding.name, format::age(*at, paint.state.now))
    });
    let left_out = match triage.unread.len() {
        0 => String::new(),
        checks => format!(" ({} not run)", format::count(checks, "check")),
    };
    if let Some(unknown) = unknown {
        let well = dim(&format!(" ● No problems found{left_out}{ended}. Unknown:"));
        return [well, first_line(paint, triage, unknown, room)];
    }
    let key = key(paint).unwrap_or_default();
    let rest = match triage.unread.as_slice() {
        [] => String::new(),
        [one] => format!("   not checked: {} ({})", counted(one), one.why),
        [first, more @ ..] => {
            format!("   not checked: {} ({}), {key} {} more", counted(first), first.why, more.len())
        }
    };
    [dim(&format!(" ● No problems found{left_out}{ended}")), dim(&rest)]
}

/// The key that opens the list; in the logs it may mean something else.
fn key(paint: Paint) -> Option<String> {
    hint::hint(paint.state, WRONG).map(|hint| hint.key)
}

fn first_line(paint: Paint, triage: &Triage, first: &Finding, room: usize) -> Line<'static> {
    // What it explains is no trouble of its own.
    let more = causes(triage).saturating_sub(1);
    let key = key(paint).unwrap_or_else(|| format!(":{}", WRONG.id()));
    let said = if more == 0 { " details".to_string() } else { format!(" details ({more} more)") };
    let tail = [paint.styled(format!("  {key}"), Role::Key), paint.styled(said, Role::KeyLabel)];
    let used = text::total(&tail);
    let mut line = line(paint, triage, first, None, room.saturating_sub(used + 2));
    line.spans.insert(0, Span::raw(" "));
    line.spans.extend(tail);
    line
}

fn second_line(paint: Paint, triage: &Triage, first: &Finding, room: usize) -> Line<'static> {
    let (dim, plain) = (paint.style(Role::Dim), paint.tone(Tone::Plain));
    let mut spans = vec![Span::styled("   since ", dim)];
    let since = triage.since(first).map(|at| match format::seconds_since(at, paint.state.now) > DAY {
        true => format::moment(at),
        false => format::clock(at),
    });
    spans.push(Span::styled(since.unwrap_or("unknown".to_string()), plain));
    let is_narrow = room < 100;
    spans.push(Span::styled(if is_narrow { "  change " } else { "  last change " }, dim));
    let (changed, _) = changed(paint, triage, first);
    spans.push(Span::styled(changed, plain));
    if let Some((done, rest)) = done(paint, triage, first) {
        let rest = if is_narrow { "" } else { rest };
        spans.push(paint.toned(format!("  {done}{rest}"), Tone::Changing));
        return text::cut_line(Line::from(spans), room);
    }
    // On the deck the action's own key would act on the selected row, which may be another.
    let next = first.found.next.first().zip(key(paint)).and_then(|(next, wrong)| {
        let hint = hint::hint(paint.state, Command::new(next.command))?;
        let say = if is_narrow { hint.label } else { next.say.as_str() };
        Some((format!("  {wrong} {}", hint.key), format!(" {say}")))
    });
    let Some((keys, say)) = next else { return text::cut_line(Line::from(spans), room) };
    let least = text::width(&keys) + text::width(&say).min(24);
    let mut line = text::cut_line(Line::from(spans), room.saturating_sub(least));
    let left = room.saturating_sub(line.width() + text::width(&keys));
    line.spans.push(paint.styled(keys, Role::Key));
    line.spans.push(paint.styled(text::cut(&say, left), Role::KeyLabel));
    line
}

/// What was done about a finding from here, `roll back 40s ago`, and how it goes on.
fn done(paint: Paint, known: &Triage, finding: &Finding) -> Option<(String, &'static str)> {
    let job = look::done(paint.state, known, finding)?;
    let age = format::age(job.intent.at, paint.state.now);
    let rest = if job.is_live() { ", under way" } else { ", waiting for metrics" };
    Some((format!("{} {age} ago", job.spec()?.label()), rest))
}

/// What was changed before a finding, and whether anything is known to have been.
fn changed(paint: Paint, triage: &Triage, finding: &Finding) -> (String, bool) {
    let Some(since) = triage.since(finding) else { return ("unknown".to_string(), false) };
    match triage.change_before(finding) {
        Some(change) => {
            let of = if change.of == finding.name { String::new() } else { format!(" ({})", change.of) };
            (format!("{} {}{of}", format::clock(change.at), change.what), true)
        }
        // Rows tell of the newest changes only.
        None if format::seconds_since(since, paint.state.now) > DAY => ("unknown".to_string(), false),
        // Only deployments and changes of who leads are in what was read: no word on anything else.
        None => ("no recent deployment seen".to_string(), false),
    }
}

/// Seconds of a day: what was before has a date.
const DAY: i64 = 86_400;

/// One finding in a line: cue, rule, resource, sentence, since when.
pub fn line(paint: Paint, triage: &Triage, finding: &Finding, ended: Option<Timestamp>, room: usize) -> Line<'static> {
    let now = paint.state.now;
    let age = triage.since(finding).map_or_else(String::new, |at| format::age(at, now));
    let is_past = ended.is_some() || finding.hidden.is_some();
    let (cue, tone) = match ended {
        Some(_) => ("✓", Tone::Dim),
        None => (finding.found.health.cue(), finding.tone()),
    };
    let branch = if finding.because.is_some() { "└ " } else { "" };
    let dimmed = |tone| if is_past { Tone::Dim } else { tone };
    let mut spans = vec![
        paint.toned(format!("{branch}{cue} "), tone),
        paint.toned(format!("{}  ", finding.title), dimmed(Tone::Strong)),
    ];
    let used = |spans: &[Span]| text::total(spans) + text::width(&age) + 1;
    // However long the name is, how it begins and ends is seen, and since when.
    let name = text::cut_middle(&finding.name, room.saturating_sub(used(&spans) + 2));
    spans.push(paint.toned(format!("{name}  "), dimmed(Tone::Accent)));
    let left = room.saturating_sub(used(&spans));
    let said = match (ended, finding.hidden) {
        (Some(at), _) => format!("ended {} ago", format::age(at, now)),
        (None, Some(at)) => format!("not checked for {}: {}", format::age(at, now), finding.found.what),
        (None, None) => finding.found.what.clone(),
    };
    spans.push(paint.toned(text::fit(&said, left), dimmed(Tone::Plain)));
    spans.push(paint.dim(format!(" {age}")));
    Line::from(spans)
}

/// The selected finding: first what one asks, then what to do, then everything that speaks for it.
fn about(paint: Paint, triage: &Triage, (finding, ended): (&Finding, Option<Timestamp>), is_brief: bool) -> Vec<Block> {
    let now = paint.state.now;
    let found = &finding.found;
    let field = |label: &str, spans: Vec<Said>| (label.to_string(), spans);
    let mut fields = vec![field("what", vec![Said::new(found.what.as_str(), finding.tone())])];
    if let Some(at) = ended {
        fields.push(field("ended", vec![format!("{}, {} ago", format::moment(at), format::age(at, now)).into()]));
    }
    if let Some(at) = finding.hidden {
        let said = format!("for {}, so this is as old", format::age(at, now));
        fields.push(field("not checked", vec![Said::new(said, Tone::Degraded)]));
    }
    if let Some(at) = triage.since(finding) {
        fields.push(field("since", vec![format!("{}, {} ago", format::moment(at), format::age(at, now)).into()]));
    }
    let (changed, is_known) = changed(paint, triage, finding);
    fields.push(field("last change", vec![Said::new(changed, if is_known { Tone::Plain } else { Tone::Dim })]));
    let done = done(paint, triage, finding).map(|(done, rest)| Said::new(format!("{done}{rest}"), Tone::Changing));
    fields.extend(done.map(|done| field("done since", vec![done])));
    fields.extend(next(paint, finding, is_brief));
    let mut more = Vec::new();
    if !finding.blast.is_empty() {
        more.push(field("affects", vec![finding.blast.as_str().into()]));
    }
    more.push(field("ranked by", vec![Said::new(finding.why_here(&triage.findings), Tone::Dim)]));
    let row = |evidence: &Evidence| {
        vec![
            Cell::text(evidence.field.as_str(), Tone::Dim),
            evidence.at.map_or_else(Cell::nothing, |at| Cell::text(format::age(at, now), Tone::Dim)),
            Cell::text(evidence.value.as_str(), Tone::Plain),
        ]
    };
    let titles = ["EVIDENCE", "AGE", "VALUE"].iter().map(ToString::to_string).collect();
    let evidence = Block::Table { titles, rows: found.evidence.iter().map(row).collect() };
    match is_brief {
        true => vec![Block::Fields(fields), evidence, Block::Fields(more)],
        false => vec![Block::Fields(fields.into_iter().chain(more).collect()), Block::Gap, evidence],
    }
}

/// What to do next, each with its key: in brief by the labels of the keys, on one line.
fn next(paint: Paint, finding: &Finding, is_brief: bool) -> Vec<(String, Vec<Said>)> {
    let hint = |id: &'static str| hint::hint(paint.state, Command::new(id));
    let all = &finding.found.next;
    if is_brief {
        let hints = all.iter().filter_map(|next| hint(next.command));
        let spans = hints.flat_map(|h| [Said::new(h.key, Tone::Accent), format!(" {}   ", h.label).into()]);
        return vec![("next".to_string(), spans.collect())];
    }
    let told = all.iter().enumerate().map(|(i, next)| {
        let key = hint(next.command).map_or_else(|| format!(":{}", next.command), |hint| hint.key);
        let spans = vec![Said::new(format!("{key:<6}"), Tone::Accent), next.say.as_str().into()];
        (if i == 0 { "next" } else { "" }.to_string(), spans)
    });
    told.collect()
}
