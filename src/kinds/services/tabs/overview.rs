//! The overview of a service: its state with the reason, what it runs, how it rolls and scales.

use super::Read;
use super::events::{event_table, newest};
use super::scaling::autoscaling;
use crate::domain::fault::Fault;
use crate::domain::format;
use crate::domain::health::Diagnosis;
use crate::domain::service::{Controller, Service};
use crate::domain::task::{Task, TaskDefinition};
use crate::kinds::cell::{Block, Span, Tone};
use crate::kinds::detail_view::{fault_span, or_nothing, when};
use crate::kinds::kind::RenderContext;
use crate::kinds::services::columns::short_image;
use crate::kinds::services::rollout_headroom::Room;
use crate::kinds::services::stop_reason;

/// Events on the overview; the tab has all.
const NEWEST: usize = 5;
/// Columns of a progress bar.
const BAR: usize = 7;

type Fields = Vec<(String, Vec<Span>)>;

pub fn tab(service: &Service, detail: Read, look: RenderContext) -> Vec<Block> {
    let Diagnosis { health, ref word, ref why, .. } = *look.diagnosis;
    let mut fields = Fields::new();
    let mut field = |label: &str, spans: Vec<Span>| fields.push((label.to_string(), spans));

    let said = if why.is_empty() { word.as_str() } else { why.as_str() };
    field("why", vec![Span::new(format!("{} {said}", health.cue()), health.into())]);
    field("tasks", counts(service));
    let stopped = detail.and_then(|detail| detail.stopped.as_ref().ok());
    // The ends of a revision that was taken back are history.
    let is_deployed = |task: &&Task| service.deploys(&task.task_definition);
    let ended = stopped.into_iter().flatten().filter(is_deployed);
    if let Some(found) = stop_reason::crash_loop(ended, look.now) {
        field("crash loop", vec![Span::new(found.why, Tone::Degraded)]);
        field("next", vec![found.sign.next().into()]);
    }
    field("rollout", rollout(service, look));
    let definition = detail.map(|d| d.task_definition.as_ref());
    field("task definition", task_definition(service, definition));
    for spans in images(service, definition) {
        field("image", spans);
    }
    field("rolls", vec![rolls(service)]);
    field("circuit breaker", vec![breaker(service)]);
    field("autoscaling", autoscaling(detail.map(|d| d.scaling.as_ref())));
    field("deployed by", vec![controller(service).into()]);
    field("launch", vec![or_nothing(&service.launch), Span::new(format!("  {}", service.scheduling), Tone::Dim)]);
    field("exec", vec![if service.exec_enabled { "enabled".into() } else { Span::new("not enabled", Tone::Dim) }]);
    field("cluster", vec![service.cluster.as_str().into()]);
    field("created", vec![when(service.created, look.now)]);

    let mut blocks = vec![Block::Fields(fields), Block::Gap, Block::Heading("Last events".into())];
    let events = newest(service, detail);
    blocks.push(event_table(&events[..events.len().min(NEWEST)], look.now));
    blocks
}

/// `3 of 5 run, 2 starting`.
pub fn counts(service: &Service) -> Vec<Span> {
    let Service { running, desired, pending, .. } = service;
    let tone = match running.cmp(desired) {
        std::cmp::Ordering::Less if *running == 0 => Tone::Down,
        std::cmp::Ordering::Less => Tone::Degraded,
        _ if *desired == 0 => Tone::Dim,
        _ => Tone::Ok,
    };
    let mut spans = vec![Span::new(format!("{running} of {desired} run"), tone)];
    if *pending > 0 {
        spans.push(Span::new(format!(", {pending} starting"), Tone::Changing));
    }
    spans
}

fn rollout(service: &Service, look: RenderContext) -> Vec<Span> {
    let Diagnosis { health, ref word, progress: part, .. } = *look.diagnosis;
    let Some(primary) = service.primary() else { return vec![Span::new(word.as_str(), Tone::Dim)] };
    let mut spans = Vec::new();
    if let Some(part) = part {
        let full = (part * BAR as f32).floor() as usize;
        spans.push(Span::new(format!("{}{} ", "▰".repeat(full), "▱".repeat(BAR - full)), health.into()));
    }
    spans.push(Span::new(word.as_str(), if part.is_some() { health.into() } else { Tone::Plain }));
    if let Some(created) = primary.created {
        spans.push(Span::new(format!("  deployed {} ago", format::age(created, look.now)), Tone::Dim));
    }
    if !primary.rollout_reason.is_empty() {
        spans.push(Span::new(format!("  {}", primary.rollout_reason), Tone::Dim));
    }
    spans
}

fn task_definition(service: &Service, definition: Option<Result<&TaskDefinition, &Fault>>) -> Vec<Span> {
    let mut spans = vec![Span::new(service.task_definition.short(), Tone::Strong)];
    match definition {
        None => spans.push(Span::new("  reading…", Tone::Dim)),
        Some(Ok(definition)) => {
            let size = size(&definition.cpu, &definition.memory);
            spans.push(Span::new(if size.is_empty() { size } else { format!("  {size}") }, Tone::Plain));
            if definition.status == "INACTIVE" {
                spans.push(Span::new("  deregistered (INACTIVE)", Tone::Degraded));
            }
        }
        Some(Err(fault)) => spans.extend(["  ".into(), fault_span(fault)]),
    }
    spans
}

/// `0.5 vCPU, 1 GiB`, from CPU units (1024 a vCPU) and MiB; empty when the containers say it.
fn size(cpu: &str, memory: &str) -> String {
    let scaled = |text: &str, unit: &str, small: &str| match text.parse::<f64>() {
        Ok(n) if n < 1024.0 && !small.is_empty() => format!("{n} {small}"),
        Ok(n) => format!("{} {unit}", (n / 1024.0 * 100.0).round() / 100.0),
        Err(_) => text.to_string(),
    };
    let parts = [(cpu, "vCPU", ""), (memory, "GiB", "MiB")];
    let said: Vec<String> = parts
        .iter()
        .filter(|(text, ..)| !text.is_empty())
        .map(|(text, unit, small)| scaled(text, unit, small))
        .collect();
    said.join(", ")
}

fn images(service: &Service, definition: Option<Result<&TaskDefinition, &Fault>>) -> Vec<Vec<Span>> {
    if let Some(Ok(definition)) = definition {
        let line = |c: &crate::domain::task::ContainerDefinition| {
            let side = if c.essential { "" } else { ", not essential" };
            let log = c.log_group.as_ref().map(|group| format!("  logs {group}")).unwrap_or_default();
            vec![
                Span::new(short_image(&c.image), Tone::Plain),
                Span::new(format!("  {}{side}{log}", c.image.container), Tone::Dim),
            ]
        };
        return definition.containers.iter().map(line).collect();
    }
    let line = |image: &crate::domain::service::Image| {
        vec![Span::from(short_image(image)), Span::new(format!("  {}", image.container), Tone::Dim)]
    };
    service.images.iter().map(line).collect()
}

fn rolls(service: &Service) -> Span {
    let percent = match (service.minimum_healthy, service.maximum) {
        (Some(min), Some(max)) => format!("{min}/{max} % of {}: ", service.desired),
        _ => String::new(),
    };
    match Room::of(service) {
        Some(room) => {
            Span::new(format!("{percent}{}", room.words()), if room.rolls() { Tone::Plain } else { Tone::Degraded })
        }
        None if !matches!(service.strategy.as_str(), "" | "ROLLING") => Span::from(service.strategy.as_str()),
        None => Span::new("AWS does not tell", Tone::Dim),
    }
}

fn breaker(service: &Service) -> Span {
    match (service.breaker.enabled, service.breaker.rollback) {
        (true, true) => "on, rolls back".into(),
        (true, false) => "on, stops without rolling back".into(),
        (false, _) => Span::new("off: a bad deployment goes on for ever", Tone::Dim),
    }
}

fn controller(service: &Service) -> String {
    match service.controller {
        Controller::Ecs if service.strategy.is_empty() => "ECS".into(),
        Controller::Ecs => format!("ECS, {}", service.strategy),
        Controller::CodeDeploy => "CodeDeploy: ECS tells no rollout state, only counts".into(),
        Controller::External => "an external controller: ECS tells no rollout state, only counts".into(),
    }
}
