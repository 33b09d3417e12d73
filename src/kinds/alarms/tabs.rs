//! The tabs of an alarm's detail view.

use super::{health, related_resource, wording};
use crate::domain::alarm::{Alarm, AlarmDetail};
use crate::domain::format;
use crate::kinds::cell::{Block, Cell, Span, Tone};
use crate::kinds::detail_view::{list, moment_cells, or_nothing, yes_no};
use crate::kinds::kind::{RelatedResource, RenderContext};

/// Entries on the overview; their tab has all that were read.
const NEWEST: usize = 5;

type Fields = Vec<(String, Vec<Span>)>;
type Read<'a> = Option<&'a AlarmDetail>;

pub fn overview(alarm: &Alarm, detail: Read, look: RenderContext) -> Vec<Block> {
    let diagnosis = look.diagnosis;
    let mut fields = Fields::new();
    let mut field = |label: &str, spans: Vec<Span>| fields.push((label.to_string(), spans));
    let state = format!("{} {}", diagnosis.health.cue(), alarm.state.word());
    let since = alarm.since.map_or_else(String::new, |since| {
        format!("  since {}, {} ago", format::moment(since), format::age(since, look.now))
    });
    field("state", vec![Span::new(state, diagnosis.health.into()), Span::new(since, Tone::Dim)]);
    if !diagnosis.why.is_empty() && diagnosis.why != alarm.reason {
        field("why", vec![Span::new(diagnosis.why.as_str(), diagnosis.health.into())]);
    }
    field("reason", vec![or_nothing(&alarm.reason)]);
    field("rings when", vec![wording::what(&alarm.watched).into()]);
    field("about", subjects(alarm));
    for metric in alarm.watched.metrics() {
        let dimensions: Vec<String> = metric.dimensions.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let dimensions = format!("  {}", dimensions.join(" "));
        let name = format!("{} {} {}", metric.namespace, metric.name, metric.stat);
        field("metric", vec![name.into(), Span::new(dimensions, Tone::Dim)]);
    }
    if let Some(condition) = alarm.watched.condition() {
        field("missing data", vec![Span::new(missing_words(&condition.missing), Tone::Dim)]);
    }
    if !alarm.evaluation.is_empty() {
        field("evaluation", vec![Span::new(alarm.evaluation.as_str(), Tone::Degraded)]);
    }
    field("actions on", vec![yes_no(alarm.actions_enabled, true)]);
    if !alarm.suppressor.is_empty() {
        let now = health::silenced(alarm).filter(|_| !alarm.suppressed.is_empty());
        let held =
            now.map_or_else(|| Span::new("  not now", Tone::Dim), |now| Span::new(format!("  {now}"), Tone::Changing));
        field("suppressor", vec![alarm.suppressor.as_str().into(), held]);
    }
    field("sets off", sets_off(alarm));
    if !alarm.description.is_empty() {
        field("description", vec![alarm.description.as_str().into()]);
    }
    let mut blocks = vec![Block::Fields(fields), Block::Gap, Block::Heading("Last changes".into())];
    blocks.extend(entries(detail, look, NEWEST));
    blocks
}

/// The resources or alarms that it is about.
fn subjects(alarm: &Alarm) -> Vec<Span> {
    let subjects = related_resource::subjects(alarm);
    if subjects.is_empty() {
        return vec![Span::new("no resource that is listed here", Tone::Dim)];
    }
    let words =
        |subject: &RelatedResource| format!("{} {}", wording::noun(subject), related_resource::plain_name(subject));
    vec![subjects.iter().map(words).collect::<Vec<_>>().join(", ").into()]
}

/// What a missing point counts as (CloudWatch guide, "Configuring how CloudWatch alarms treat missing
/// data").
fn missing_words(missing: &str) -> &str {
    match missing {
        "breaching" => "counts as breaching",
        "notBreaching" => "counts as good",
        "ignore" => "the state stays as it is",
        _ => "turns it into INSUFFICIENT_DATA",
    }
}

/// The ends of its actions' ARNs: topics, policies, functions.
fn sets_off(alarm: &Alarm) -> Vec<Span> {
    if alarm.actions.is_empty() {
        return vec![Span::new("nothing: nobody is called", Tone::Dim)];
    }
    let short = |arn: &str| {
        let mut parts = arn.splitn(6, ':').skip(2);
        let (service, tail) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or(arn));
        if service.is_empty() { tail.to_string() } else { format!("{service} {tail}") }
    };
    vec![alarm.actions.iter().map(|arn| short(arn)).collect::<Vec<_>>().join(", ").into()]
}

pub fn history(_: &Alarm, detail: Read, look: RenderContext) -> Vec<Block> {
    entries(detail, look, usize::MAX)
}

fn entries(detail: Read, look: RenderContext, most: usize) -> Vec<Block> {
    let words = ("history", "nothing in the last 30 days, which is all that AWS keeps");
    list(detail.map(|detail| &detail.history), words, &["TIME", "AGE", "KIND", "WHAT"], most, |entry| {
        let tone = match entry.kind.as_str() {
            "StateUpdate" if entry.summary.ends_with("to ALARM") => Tone::Degraded,
            "StateUpdate" if entry.summary.ends_with("to OK") => Tone::Ok,
            "StateUpdate" => Tone::Unknown,
            _ => Tone::Plain,
        };
        let kind = match entry.kind.as_str() {
            "StateUpdate" => "state",
            "ConfigurationUpdate" => "configuration",
            "Action" => "action",
            other => other,
        };
        let [at, age] = moment_cells(entry.at, look.now);
        vec![at, age, Cell::text(kind, Tone::Dim), Cell::text(entry.summary.as_str(), tone)]
    })
}
