//! A report is asked for, read for, written and saved.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Report;
use crate::app::command::{Context, declare_commands};
use crate::app::metrics;
use crate::app::moment;
use crate::app::msg::Effect;
use crate::app::panes::logs::LogView;
use crate::app::state::{NoticeTone, State};
use crate::app::views::golden::signals;
use crate::app::views::timeline;
use crate::diagnosis::Finding;
use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::metric::{Range, Series, Window};
use crate::domain::query::Query;
use crate::domain::timeline::{TimelineEntry, TimelineKind, Turn};
use crate::kinds::metric::SparklineMetric;
use crate::kinds::timeline::asked_sources;
use crate::logs::export;
use crate::logs::redact::Redactor;

/// What has not answered by then is left out, in seconds, and the report says so.
const PATIENCE: i64 = 20;

/// Where a report begins without a mark and without a word, in seconds before now.
const AN_HOUR: i64 = 3600;

/// Sources tell no more than of so many seconds.
const FURTHEST: i64 = 14 * 86_400;

declare_commands! {
    REPORT = "report": Context::GLOBAL, [], "incident report",
        "Write findings, changes, actions and charts to a Markdown file, without secrets. :report 02:10 02:30"
        => .runs_everywhere(|state, _| match typed(state, &[]) {
            Ok((from, to)) => begin(state, from, to),
            Err(why) => state.say(NoticeTone::Error, why),
        });
}

/// The stretch that is typed after the command, `:report 02:10 02:30`: from the mark or an hour ago, to now.
///
/// # Errors
/// A word that is no time, or a stretch that has none.
pub fn typed(state: &State, words: &[&str]) -> Result<(Timestamp, Timestamp), String> {
    let now = state.now;
    let (from, to) = match words {
        [] => (None, None),
        [from] => (Some(moment::typed(from, now)?), None),
        [from, to] => (Some(moment::typed(from, now)?), Some(moment::typed(to, now)?)),
        _ => return Err("a report is from one time to another: report 02:10 02:30".into()),
    };
    let from = from.or(state.charts.incident).unwrap_or_else(|| timeline::feeds::before(now, AN_HOUR));
    let to = to.unwrap_or(now).min(now);
    match () {
        () if from >= to => Err("it would end before it begins".into()),
        () if format::seconds_since(from, now) > FURTHEST => Err("AWS tells no more than of 14 days".into()),
        () => Ok((from, to)),
    }
}

/// Begins a report: everything that is missing for it is read.
pub fn begin(state: &mut State, from: Timestamp, to: Timestamp) {
    let Some(env) = state.environment() else {
        return state.say(NoticeTone::Error, "no environment is chosen");
    };
    if state.report.is_some() {
        return state.say(NoticeTone::Error, "a report is being made already");
    }
    let name: String = env.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
    let file = format!("incident-{name}-{}.md", state.now.strftime("%Y%m%dT%H%M%SZ"));
    state.report = Some(Report { from, to, asked: state.now, file, is_written: false });
    state.round += 1;
    state.say(NoticeTone::Info, "reading what the report needs");
}

/// The points that a report tells: those of the shortest range that reaches back to its beginning.
pub fn window(state: &State) -> Option<Window> {
    let report = state.report.as_ref()?;
    let long = |range: &Range| {
        range.length() > Duration::from_secs(format::seconds_since(report.from, state.now).unsigned_abs())
    };
    Some(Window::newest(Range::ALL.iter().copied().find(long).unwrap_or(Range::D7)))
}

/// Whether all that it waits for has answered.
fn is_ready(state: &State, report: &Report) -> bool {
    let Some(store) = state.store() else { return true };
    if format::seconds_since(report.asked, state.now) >= PATIENCE || state.usable().is_none() {
        return true;
    }
    let told = asked_sources().all(|(source, _)| store.feeds.of(source).has_answered(report.asked, report.from));
    let Some(window) = window(state) else { return told };
    let sections = signals::sections(state);
    let told = told && signals::groups(&sections).all(|group| store.readings.balancers_asked(&group).is_some());
    told && signals::metrics(&sections)
        .all(|metric| store.readings.of(metric, window).is_some_and(|read| !read.is_loading()))
}

/// Writes the report that waits, as soon as it can be.
pub fn settle(state: &mut State) {
    let Some(report) = state.report.as_ref().filter(|report| !report.is_written && is_ready(state, report)) else {
        return;
    };
    let (file, text) = (report.file.clone(), markdown(state, report));
    if let Some(report) = &mut state.report {
        report.is_written = true;
    }
    state.effects.push(Effect::Save { file, text, more: false });
}

/// The file was written, or not. `false`: it is not a report's.
pub fn saved(state: &mut State, file: &str, result: &Result<String, String>) -> bool {
    if state.report.as_ref().is_none_or(|report| report.file != file) {
        return false;
    }
    state.report = None;
    match result {
        Ok(path) => state.say(NoticeTone::Info, format!("the report is in {path}")),
        Err(why) => state.say(NoticeTone::Error, format!("the report was not written: {why}")),
    }
    true
}

/// Text from outside as Markdown that says the same and does nothing: secrets go first, for what marks
/// them may be changed.
fn safe(redactor: &Redactor, text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in redactor.redact(text).chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn turn(turn: Turn) -> &'static str {
    match turn {
        Turn::Worse => "▲ ",
        Turn::Better => "✓ ",
        Turn::Neither => "",
    }
}

/// The whole report.
fn markdown(state: &State, report: &Report) -> String {
    let redactor = &state.settings.logs.redactor;
    let safe = |text: &str| safe(redactor, text);
    let (from, to) = (report.from, report.to);
    let name = state.environment().map_or(String::new(), |env| safe(&env.name));
    let length = format::span(format::seconds_since(from, to));
    let mut lines = vec![format!("# Incident in {name}"), String::new()];
    lines.push(format!("From {} to {} ({length}).", format::moment(from), format::moment(to)));
    if let Some(at) = state.charts.incident {
        lines.push(format!("Its start was marked at {}.", format::moment(at)));
    }
    if let Some(store) = state.store()
        && let (Some(identity), Some(env)) = (store.identity.value(), state.environment())
    {
        let region = env.region.as_deref().unwrap_or("no region");
        let (account, region, who) = (safe(&identity.account), safe(region), safe(identity.who()));
        lines.push(format!("Account {account} in {region}, seen as {who}."));
    }
    lines.push(
        "Written by midwatch; times are UTC. Known forms of secrets were taken out: look before you share it.".into(),
    );
    findings(state, report, &mut lines, &safe);
    let entries: Vec<TimelineEntry> =
        timeline::gather::since(state, from).into_iter().filter(|entry| entry.at() <= to).collect();
    actions(&entries, &mut lines, &safe);
    clock(state, report, &entries, &mut lines, &safe);
    charts(state, report, &mut lines, &safe);
    if let Some(logs) = &state.logs {
        marked(logs, redactor, &mut lines);
    }
    lines.push(String::new());
    lines.join("\n")
}

fn heading(lines: &mut Vec<String>, title: &str) {
    lines.extend([String::new(), format!("## {title}"), String::new()]);
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

fn table(lines: &mut Vec<String>, titles: &[&str]) {
    lines.push(row(&titles.iter().map(ToString::to_string).collect::<Vec<_>>()));
    lines.push(format!("|{}", "---|".repeat(titles.len())));
}

fn findings(state: &State, report: &Report, lines: &mut Vec<String>, safe: &dyn Fn(&str) -> String) {
    heading(lines, "What was wrong");
    let Some(triage) = state.store().map(|store| &store.triage) else { return };
    let begun = |finding: &Finding| triage.since(finding).is_none_or(|at| at <= report.to);
    let lasted = |ended: Option<Timestamp>| ended.is_none_or(|at| at >= report.from);
    let all: Vec<_> = triage.all().filter(|(finding, ended)| begun(finding) && lasted(*ended)).collect();
    if all.is_empty() {
        lines.push("No rule finds anything in what was read.".into());
    }
    for (finding, ended) in all {
        let since = triage.since(finding).map_or(String::new(), |at| format!(", since {}", format::moment(at)));
        let ended = ended.map_or(String::new(), |at| format!(", ended {}", format::moment(at)));
        let (title, name, what) = (safe(finding.title), safe(&finding.name), safe(&finding.found.what));
        lines.push(format!("- **{title}** {name}: {what}{since}{ended}"));
        for evidence in &finding.found.evidence {
            let at = evidence.at.map_or(String::new(), |at| format!(" ({})", format::moment(at)));
            // A name may say that its value is secret.
            let said = safe(&format!("{} = {}", evidence.field, evidence.value));
            lines.push(format!("  - {said}{at}"));
        }
    }
}

fn actions(entries: &[TimelineEntry], lines: &mut Vec<String>, safe: &dyn Fn(&str) -> String) {
    heading(lines, "What was done from here");
    let own: Vec<&TimelineEntry> =
        entries.iter().rev().filter(|entry| entry.first().sort == TimelineKind::Action).collect();
    if own.is_empty() {
        lines.push("Nothing.".into());
        return;
    }
    table(lines, &["Time", "Action and outcome", "By"]);
    for entry in own {
        let first = entry.first();
        let what = turn(first.turn).to_string() + &safe(&first.what);
        lines.push(row(&[format::moment(first.at), what, safe(entry.actor())]));
    }
}

fn clock(
    state: &State,
    report: &Report,
    entries: &[TimelineEntry],
    lines: &mut Vec<String>,
    safe: &dyn Fn(&str) -> String,
) {
    heading(lines, "What changed");
    table(lines, &["Time", "Told by", "Resource", "What", "By"]);
    let mark = state.charts.incident.filter(|at| (report.from..=report.to).contains(at));
    let began = |at: Timestamp| {
        [format::moment(at), String::new(), String::new(), "**the incident began**".into(), String::new()]
    };
    let mut mark = mark.map(|at| (at, row(&began(at))));
    for fold in timeline::fold(entries, 0..entries.len()).into_iter().rev() {
        let entry = &entries[fold.place];
        if let Some((_, line)) = mark.take_if(|(at, _)| *at <= entry.at()) {
            lines.push(line);
        }
        let mut sources: Vec<&str> = entry.told().iter().map(|told| told.source.word()).collect();
        sources.dedup();
        let mut said = turn(entry.turn()).to_string() + &safe(&entry.first().what);
        if fold.times > 1 {
            said += &format!(" ({} times, last {})", fold.times, format::moment(fold.last));
        }
        let (about, actor) = (safe(entry.about().name()), safe(entry.actor()));
        lines.push(row(&[format::moment(entry.at()), sources.join(", "), about, said, actor]));
    }
    lines.extend(mark.map(|(_, line)| line));
    lines.push(String::new());
    let Some(store) = state.store() else { return };
    for (source, _) in asked_sources() {
        let feed = store.feeds.of(source);
        let word = source.word();
        let gap = match (feed.read.fault(), feed.from, feed.read.at()) {
            (Some(fault), ..) => Some(format!("{word} could not be read: {}", safe(&fault.to_string()))),
            (None, Some(from), Some(_)) if from > report.from => {
                Some(format!("{word} was read back to {} only", format::moment(from)))
            }
            (None, _, Some(at)) => {
                let late = source.lateness().filter(|late| format::seconds_since(report.to, at) < *late);
                late.map(|late| format!("{word} is minutes late: of the last {} more may come", format::span(late)))
            }
            (None, _, None) => Some(format!("{word} did not answer in time")),
        };
        lines.extend(gap.map(|gap| format!("- {gap}")));
    }
}

fn charts(state: &State, report: &Report, lines: &mut Vec<String>, safe: &dyn Fn(&str) -> String) {
    heading(lines, "What the charts said");
    let (Some(window), Some(store)) = (window(state), state.store()) else { return };
    let within = |glance: &SparklineMetric| {
        let mut series = glance.points(&store.readings, window)?;
        series.points.retain(|(at, _)| (report.from..=report.to).contains(at));
        Some(series).filter(|series: &Series| !series.points.is_empty())
    };
    table(lines, &["Resource", "Signal", "Last", "Least", "Most"]);
    let count = lines.len();
    for section in signals::sections(state) {
        for entry in &section.entries {
            for (signal, glance) in entry.layer.signals.iter().zip(&entry.glances) {
                let Some((glance, series)) = glance.as_ref().and_then(|glance| Some((glance, within(glance)?))) else {
                    continue;
                };
                let (Some((least, most)), Some((_, last))) = (series.extremes(), series.points.last()) else {
                    continue;
                };
                let value = |value: f64| safe(&glance.unit.brief(glance.unit.drawn(value, series.period)));
                let (name, signal) = (safe(entry.row.object.name()), safe(signal.title));
                lines.push(row(&[name, signal, value(*last), value(least), value(most)]));
            }
        }
    }
    if lines.len() == count {
        lines.push(row(&["–".into(), "no points were read".into(), "–".into(), "–".into(), "–".into()]));
    }
}

/// The lines of the logs that somebody marked, as they were written.
fn marked(logs: &LogView, redactor: &Redactor, lines: &mut Vec<String>) {
    let text = logs.marked(|entry, sources| export::text(entry, sources, Some(redactor)));
    if text.is_empty() {
        return;
    }
    heading(lines, "Marked lines of the logs");
    // A fence longer than any in the lines, so that none of them ends it.
    let longest = text.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    lines.push(format!("{fence}text"));
    lines.extend(text);
    lines.push(fence);
}

/// The reads that a report waits for, besides those of the clock and of the balancers.
pub fn subscribe(state: &State, sections: &[signals::Section], add: &mut impl FnMut(Query, Duration, Duration, u64)) {
    let Some(window) = window(state) else { return };
    let metrics: BTreeSet<_> = signals::metrics(sections).cloned().collect();
    if !metrics.is_empty() {
        add(Query::Metrics(metrics.into_iter().collect(), window), metrics::EVERY, Duration::ZERO, state.round);
    }
}
