//! Scale: another desired count, planned against autoscaling and followed until that many tasks run.

use super::watch::Watched;
use crate::domain::fault::Fault;
use crate::domain::health::Diagnosis;
use crate::domain::ops::ecs;
use crate::domain::requests::ecs::UpdateService;
use crate::domain::service::{Rollout, ScalingBounds, Service, ServiceFacts};
use crate::kinds::action::prelude::*;
use crate::kinds::services::{FACTS, active, health};

/// ECS's default quota of tasks a service (service endpoints and quotas page of ECS).
const MOST: u32 = 5000;
/// How long AWS may take to show what it accepted, in seconds: its reads are eventually consistent.
const SHOWS_WITHIN: i64 = 30;

pub struct Scale;

impl ActionSpec for Scale {
    type Resource = Service;
    type Facts = ServiceFacts;

    const ID: &str = "scale";
    const KEY: &str = "s";
    const HELP: &str = "Sets how many tasks of the service shall run, and follows it until they do.";
    const FACTS: FactsId = FACTS;
    const CHANGES: &[Op] = &[ecs::UPDATE_SERVICE];
    const WATCH_EVERY: Duration = Duration::from_secs(3);

    fn guard(&self, service: &Service) -> Result<(), String> {
        if service.is_daemon() {
            return Err("a daemon runs one task on every instance: it has no desired count".into());
        }
        active(service)
    }

    fn fields(&self, service: &Service, _: Timestamp) -> Vec<Field> {
        let desired = service.desired;
        let fewer = desired.checked_sub(1).map(|fewer| ("−1", fewer));
        let presets = fewer.into_iter().chain([("+1", desired + 1), ("0", 0)]);
        let presets = presets.map(|(word, count)| (word, count.to_string()));
        vec![Field::new("desired", "desired tasks").starting(desired.to_string()).offering(presets)]
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        parse(inputs).map(drop).map_err(|why| ("desired", why))
    }

    fn plan(&self, facts: &ServiceFacts, inputs: &Inputs, now: Timestamp) -> Result<Plan, String> {
        let service = &facts.service;
        self.guard(service)?;
        let before = service.desired;
        let after = parse(inputs)?.from(before)?;
        if before == after {
            return Err(format!("desired is already {after}"));
        }
        let scaling = autoscaling(&facts.scaling, before, after);
        let mut warnings = Warnings::default();
        warnings.add_if(after == 0, Tone::Down, "no task will run: nothing serves until it is scaled up again");
        warnings.add_if(scaling.warns, scaling.tone, scaling.verdict.as_str());
        if let Err(fault) = &facts.scaling {
            warnings.add_if(!fault.remedy.is_empty(), Tone::Unknown, fault.remedy.as_str());
        }
        let text =
            format!("more than twice the {before} of now: what all tasks share (database connections) must hold it");
        warnings.add_if(doubles(before, after), Tone::Degraded, text);
        let Diagnosis { health, why, .. } = health::diagnose(service, now);
        let text = format!("more tasks may fail the same way: {why}");
        warnings.add_if(health.is_wrong() && after > before, Tone::Degraded, text);

        let typed = after == 0 || doubles(before, after) || scaling.outside;
        Ok(Plan {
            rows: rows(service, after, &scaling, now),
            warnings: warnings.worst_first(),
            calls: vec![
                UpdateService { desired_count: Some(after), ..UpdateService::of(&service.cluster, &service.name) }
                    .call(),
            ],
            undo: format!("scale back to {before} (s {before})"),
            then: format!("followed until {after} of {after} run"),
            confirm: if typed { Confirm::TypeName } else { Confirm::Ask },
            before: json!({ "desired": before, "deployment": service.primary().map(|p| &p.id) }),
            summary: format!("scale {} {before} → {after}", service.name),
        })
    }

    fn progress(&self, intent: &Intent, _: &Receipt, facts: &ServiceFacts, now: Timestamp) -> Progress {
        let service = &facts.service;
        let Some(target) = target(intent) else {
            return Progress::ended(Verdict::Lost, "the journal does not say to what it was scaled");
        };
        if service.status != "ACTIVE" {
            return Progress::ended(Verdict::Superseded, format!("the service is {}", service.status));
        }
        if service.desired != target {
            // A read may be older than the change it follows.
            let waits = Some(service.desired) == before(intent) && seconds_since(intent.at, now) < SHOWS_WITHIN;
            return if waits {
                Progress::waiting(format!("AWS does not show desired {target} yet"))
            } else {
                let text = format!("desired is {} now: autoscaling or a person changed it", service.desired);
                Progress::ended(Verdict::Superseded, text)
            };
        }
        let under_way = service.primary().is_some_and(|p| p.rollout == Some(Rollout::InProgress));
        if service.running == target && service.pending == 0 && !under_way {
            return Progress::ended(Verdict::Done, format!("{target} of {target} run"));
        }
        let fraction = fraction(before(intent), service.running, target);
        let progress = Progress::moving(Some(fraction), line(service, target, under_way));
        Watched::of(facts, intent.at, None).explain(progress, now)
    }

    /// The desired count is absolute, so it tells by itself.
    fn applied(&self, intent: &Intent, facts: &ServiceFacts, _: Timestamp) -> Applied {
        match Some(facts.service.desired) {
            desired if desired == target(intent) => Applied::yes(None),
            desired if desired == before(intent) => Applied::No,
            _ => Applied::CannotTell,
        }
    }

    fn inverse(&self, intent: &Intent) -> Option<(&'static str, Inputs)> {
        let before = intent.before.get("desired")?.as_u64()?;
        Some((Self::ID, [("desired".to_string(), before.to_string())].into()))
    }
}

/// What is typed: a count, or so many more or fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Exactly(u32),
    More(u32),
    Fewer(u32),
}

impl Wanted {
    /// The count that it means where so many are desired now.
    fn from(self, desired: u32) -> Result<u32, String> {
        match self {
            Self::Exactly(count) => Ok(count),
            Self::More(more) => Some(desired + more).filter(|count| *count <= MOST).ok_or_else(too_many),
            Self::Fewer(fewer) => {
                desired.checked_sub(fewer).ok_or_else(|| format!("only {desired} tasks are desired now"))
            }
        }
    }
}

fn too_many() -> String {
    format!("at most {MOST}: ECS's default quota of tasks a service")
}

fn parse(inputs: &Inputs) -> Result<Wanted, String> {
    let text = input(inputs, "desired");
    let (wanted, digits): (fn(u32) -> Wanted, &str) = match text.split_at_checked(1) {
        Some(("+", more)) => (Wanted::More, more),
        Some(("-", fewer)) => (Wanted::Fewer, fewer),
        _ => (Wanted::Exactly, text),
    };
    match digits.parse::<u64>() {
        _ if text.is_empty() => Err("enter a number of tasks: 5, +2 or -1".into()),
        _ if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) => {
            Err(format!("not a whole number of tasks: {text}"))
        }
        Ok(n) if n <= u64::from(MOST) => Ok(wanted(n as u32)),
        _ => Err(too_many()),
    }
}

fn doubles(before: u32, after: u32) -> bool {
    // From 0 any number is more than double; counted as from 1, so that waking a service up is calm.
    u64::from(after) > 2 * u64::from(before.max(1))
}

fn rows(service: &Service, after: u32, scaling: &Scaling, now: Timestamp) -> Rows {
    let before = service.desired;
    let mut rows = vec![
        row("desired", becomes(before.to_string(), after.to_string())),
        ("running now".to_string(), running(service)),
        row("autoscaling", [Span::new(scaling.verdict.clone(), scaling.tone)]),
    ];
    let Diagnosis { health, word, why, .. } = health::diagnose(service, now);
    let under_way = service.primary().is_some_and(|p| p.rollout == Some(Rollout::InProgress));
    if under_way {
        let text = format!("a deployment is under way, it goes on with {after}: {why}");
        rows.push(row("rollout", [Span::new(text, health.into())]));
    } else if health.is_wrong() {
        rows.push(row("state", [Span::new(if why.is_empty() { word } else { why.to_string() }, health.into())]));
    }
    rows
}

fn running(service: &Service) -> Vec<Span> {
    let Service { running, desired, pending, .. } = service;
    let mut spans = vec![Span::from(format!("{running} of {desired}"))];
    if *pending > 0 {
        spans.push(Span::new(format!("  {pending} starting"), Tone::Changing));
    }
    spans
}

/// What autoscaling will do to the new count.
struct Scaling {
    verdict: String,
    tone: Tone,
    /// It deserves a warning of its own, not only a row.
    warns: bool,
    /// The new count lies outside of its bounds.
    outside: bool,
}

/// A count outside of the bounds is not snapped back at once: the next alarm does it, and inside
/// of them target tracking scales in when the metric is low (ECS guide, service auto scaling).
fn autoscaling(scaling: &Result<Option<ScalingBounds>, Fault>, before: u32, after: u32) -> Scaling {
    let calm = |verdict: String| Scaling { verdict, tone: Tone::Plain, warns: false, outside: false };
    let bounds = match scaling {
        Err(fault) => {
            let verdict = format!("autoscaling is not known: {fault}");
            return Scaling { verdict, tone: Tone::Unknown, warns: true, outside: false };
        }
        Ok(None) => return Scaling { tone: Tone::Dim, ..calm("none: the count stays as it is set".into()) },
        Ok(Some(bounds)) => bounds,
    };
    let ScalingBounds { min, max, suspended_in, suspended_out, policies } = bounds;
    let range = format!("autoscaling {min}..{max}");
    let tracking = policies.iter().flatten().any(|policy| policy.contains("target tracking"));
    // Where they are not known there may be some.
    let is_bare = policies.as_ref().is_ok_and(Vec::is_empty);
    if after > *max {
        let then = match (suspended_in, is_bare) {
            (true, _) => "scaling in is suspended, so it stays until that ends".to_string(),
            (_, true) => "without a policy nothing brings it back".to_string(),
            _ => format!("the next scale-in alarm brings it back to {max}"),
        };
        let verdict = format!("{range}: {after} is above its max; {then}");
        return Scaling { verdict, tone: Tone::Degraded, warns: true, outside: true };
    }
    if after < *min {
        let then = match (suspended_out, is_bare) {
            (true, _) => "scaling out is suspended, so it stays until that ends".to_string(),
            (_, true) => "without a policy nothing brings it back".to_string(),
            // ECS publishes no metrics for a service without tasks, so its alarms have no data.
            _ if after == 0 => {
                format!("an alarm that does not rest on the service's own CPU or memory lifts it to {min}")
            }
            _ => format!("the next scale-out alarm lifts it to {min}"),
        };
        let verdict = format!("{range}: {after} is below its min; {then}");
        return Scaling { verdict, tone: Tone::Degraded, warns: true, outside: true };
    }
    match (*suspended_in, *suspended_out) {
        (true, true) => return calm(format!("{range}, suspended: {after} stays")),
        (true, false) if after > before => {
            return calm(format!("{range}: {after} is inside, and scaling in is suspended: it stays"));
        }
        (false, true) if after < before => {
            return calm(format!("{range}: {after} is inside, and scaling out is suspended: it stays"));
        }
        _ => {}
    }
    if is_bare {
        return calm(format!("{range} without a policy: {after} is inside and stays"));
    }
    let (who, load) =
        (if tracking { "target tracking" } else { "its policies" }, if after > before { "low" } else { "high" });
    let verdict = format!("{range}: {after} is inside; {who} will undo it when load is {load}");
    Scaling { verdict, tone: Tone::Plain, warns: true, outside: false }
}

/// The count that was asked for.
fn target(intent: &Intent) -> Option<u32> {
    intent.request::<UpdateService>()?.desired_count
}

fn before(intent: &Intent) -> Option<u32> {
    intent.before.get("desired").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok())
}

fn line(service: &Service, target: u32, under_way: bool) -> String {
    let running = service.running;
    let mut line = if running > target {
        format!("{} still to stop, {target} wanted", count((running - target) as usize, "task"))
    } else {
        format!("{running} of {target} run")
    };
    if service.pending > 0 {
        line += &format!(", {} starting", service.pending);
    }
    if under_way {
        line += ", a deployment is under way";
    }
    line
}

/// The way gone from the count before to the target.
fn fraction(before: Option<u32>, running: u32, target: u32) -> f32 {
    let start = before.unwrap_or(0) as f32;
    let way = target as f32 - start;
    if way == 0.0 { 1.0 } else { ((running as f32 - start) / way).clamp(0.0, 1.0) }
}
