//! The tab of a service's target groups: how each checks, and what the checks say of every target, with
//! the task behind it.

use super::Read;
use super::tasks::short_id;
use crate::domain::Timestamp;
use crate::domain::fetched::Fetched;
use crate::domain::format;
use crate::domain::metric::Readings;
use crate::domain::service::Service;
use crate::domain::target_health::{Group, GroupSettings, Target, TargetState, group_name};
use crate::domain::task::Task;
use crate::domain::text::Text;
use crate::kinds::cell::{Block, Cell, Span, Tone};
use crate::kinds::detail_view::{dim, missing, reading, titles};
use crate::kinds::kind::RenderContext;

/// The tab.
pub fn tab(service: &Service, detail: Read, look: RenderContext) -> Vec<Block> {
    if service.target_groups.is_empty() {
        return vec![dim("no load balancer sends to it, as far as ECS knows")];
    }
    let running = detail.and_then(|detail| detail.tasks.as_deref().ok()).unwrap_or_default();
    let stopped = detail.and_then(|detail| detail.stopped.as_deref().ok()).unwrap_or_default();
    let tasks: Vec<&Task> = running.iter().chain(stopped).collect();
    let mut blocks = Vec::new();
    for (i, arn) in service.target_groups.iter().enumerate() {
        if i > 0 {
            blocks.push(Block::Gap);
        }
        blocks.extend(group(arn, &tasks, look.readings, look.now));
    }
    blocks
}

fn group(arn: &Text, tasks: &[&Task], readings: &Readings, now: Timestamp) -> Vec<Block> {
    static UNREAD: std::sync::LazyLock<Group> = std::sync::LazyLock::new(Group::default);
    let Group { settings, targets } = readings.groups.of(arn).unwrap_or(&UNREAD);
    let mut blocks = vec![Block::Heading(title(arn, settings.value(), readings.balancers(arn)))];
    if let Some(told) = settings.value() {
        blocks.push(Block::Line(vec![Span::new("checks  ", Tone::Dim), check(told)]));
    }
    if let Some(fault) = settings.fault() {
        blocks.extend(missing("settings", fault));
    }
    if let Some(fault) = targets.fault() {
        blocks.extend(missing("target health", fault));
    }
    if targets.is_loading() {
        blocks.push(reading());
    }
    if let Some(told) = targets.value() {
        blocks.push(Block::Line(summary(targets, told, now)));
        if !told.is_empty() {
            blocks.extend(reasons(told));
            blocks.push(table(told, tasks));
        }
    }
    blocks
}

/// `api  HTTP:8080 to ip, behind app/web`.
fn title(arn: &str, settings: Option<&GroupSettings>, balancers: &[Text]) -> String {
    let mut title = group_name(arn).to_string();
    if let Some(GroupSettings { protocol, port, target_type, .. }) = settings {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        title = format!("{title}  {protocol}{port} to {target_type}");
    }
    let names: Vec<&str> = balancers.iter().map(|end| end.rsplit_once('/').map_or(&**end, |(name, _)| name)).collect();
    if names.is_empty() { title } else { format!("{title}, behind {}", names.join(", ")) }
}

/// The health check in words.
pub fn check(settings: &GroupSettings) -> Span {
    let check = &settings.check;
    if !check.enabled {
        return Span::new("none: health checks are switched off", Tone::Degraded);
    }
    let port = if check.port == "traffic-port" { "its port".to_string() } else { format!("port {}", check.port) };
    let path = if check.path.is_empty() { String::new() } else { format!(" {}", check.path) };
    let codes = if check.matcher.is_empty() { String::new() } else { format!(", {} is good", check.matcher) };
    Span::from(format!(
        "{}{path} at {port} each {}s, {}s to answer{codes}; {} in a row make it healthy, {} unhealthy",
        check.protocol, check.interval, check.timeout, check.healthy, check.unhealthy
    ))
}

/// `1 unhealthy, 3 healthy  read 4s ago`.
fn summary(fetched: &Fetched<Vec<Target>>, told: &[Target], now: Timestamp) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (state, count) in counts(told) {
        if !spans.is_empty() {
            spans.push(Span::new(", ", Tone::Dim));
        }
        spans.push(Span::new(format!("{count} {}", state.word()), tone(&state)));
    }
    if told.is_empty() {
        spans.push(Span::new("no target is registered", Tone::Degraded));
    }
    if let Some(at) = fetched.at() {
        spans.push(Span::new(format!("  read {} ago", format::age(at, now)), Tone::Dim));
    }
    spans
}

/// How many targets are in each state, worst first.
pub fn counts(targets: &[Target]) -> Vec<(TargetState, usize)> {
    let mut counts: Vec<(TargetState, usize)> = Vec::new();
    for target in targets {
        match counts.iter_mut().find(|(state, _)| *state == target.state) {
            Some((_, count)) => *count += 1,
            None => counts.push((target.state.clone(), 1)),
        }
    }
    counts.sort_by_key(|(state, _)| place(state));
    counts
}

fn place(state: &TargetState) -> u8 {
    match state {
        TargetState::Unhealthy => 0,
        TargetState::UnhealthyDraining => 1,
        TargetState::Unavailable | TargetState::Other(_) => 2,
        TargetState::Initial => 3,
        TargetState::Draining => 4,
        TargetState::Unused => 5,
        TargetState::Healthy => 6,
    }
}

fn tone(state: &TargetState) -> Tone {
    match state {
        TargetState::Unhealthy | TargetState::UnhealthyDraining => Tone::Down,
        TargetState::Unavailable | TargetState::Other(_) => Tone::Unknown,
        TargetState::Initial | TargetState::Draining => Tone::Changing,
        TargetState::Unused => Tone::Dim,
        TargetState::Healthy => Tone::Ok,
    }
}

/// Each way not to be healthy, worst first: how many, in a sentence, and in AWS's words.
fn reasons(targets: &[Target]) -> Vec<Block> {
    let mut ways: Vec<(&Target, usize)> = Vec::new();
    for target in targets.iter().filter(|target| !target.reason.is_empty()) {
        let is_same = |(known, _): &&mut (&Target, usize)| {
            (&known.state, &known.reason, &known.description) == (&target.state, &target.reason, &target.description)
        };
        match ways.iter_mut().find(is_same) {
            Some((_, count)) => *count += 1,
            None => ways.push((target, 1)),
        }
    }
    ways.sort_by_key(|(target, _)| place(&target.state));
    let lines = ways.into_iter().map(|(target, count)| {
        let loud = if target.state.is_unhealthy() { Tone::Degraded } else { Tone::Plain };
        Block::Line(vec![
            Span::new(format!("{count} {}: ", target.state.word()), tone(&target.state)),
            Span::new(target.why(), loud),
            Span::new(format!("  {}", in_aws_words(target)), Tone::Dim),
        ])
    });
    lines.collect()
}

fn table(targets: &[Target], tasks: &[&Task]) -> Block {
    let mut targets: Vec<&Target> = targets.iter().collect();
    targets.sort_by_key(|target| (place(&target.state), target.address()));
    let text = |text: &str, tone| if text.is_empty() { Cell::nothing() } else { Cell::text(text, tone) };
    let row = |target: &&Target| {
        let task = tasks.iter().find(|task| task.address.as_ref() == Some(&target.id));
        // ECS tells its zone also where the balancer does not.
        let zone = if target.zone.is_empty() { task.map_or("", |task| &task.zone) } else { &target.zone };
        vec![
            Cell::text(target.address(), Tone::Plain),
            Cell::text(target.state.word(), tone(&target.state)),
            task.map_or_else(Cell::nothing, |task| Cell::text(short_id(task), Tone::Plain)),
            task.map_or_else(Cell::nothing, |task| Cell::text(task.task_definition.short(), Tone::Dim)),
            text(zone, Tone::Dim),
        ]
    };
    let mut titles = titles(&["TARGET", "STATE", "TASK", "REVISION", "ZONE"]);
    let mut rows: Vec<Vec<Cell>> = targets.iter().map(row).collect();
    // Mostly the state alone leads to the reason above.
    let differs = |a: &&Target, b: &&Target| a.state == b.state && a.reason != b.reason;
    if targets.iter().any(|target| targets.iter().any(|other| differs(target, other))) {
        titles.push("REASON".into());
        for (row, target) in rows.iter_mut().zip(&targets) {
            row.push(text(&target.reason, Tone::Dim));
        }
    }
    Block::Table { titles, rows }
}

/// The code and what AWS says besides.
pub fn in_aws_words(target: &Target) -> String {
    match (target.reason.as_str(), target.description.as_str()) {
        (reason, "") => reason.to_string(),
        (reason, description) => format!("{reason}: {description}"),
    }
}
