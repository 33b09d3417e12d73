//! The tabs of a service's detail view. Each says what the row knows while the detail is read, and
//! in place what could not be read and what mends it.

use super::candidates;
use super::columns::{short_digest, short_image};
use super::evidence::{self, Said};
use super::health::{self, State};
use super::rollout_headroom::Room;
use super::{recorded, stop_reason};
use crate::domain::Timestamp;
use crate::domain::fault::Fault;
use crate::domain::format;
use crate::domain::history::{History, ServiceDeployment};
use crate::domain::service::{Controller, Deployment, Rollout, ScalingBounds, Service, ServiceDetail, ServiceEvent};
use crate::domain::task::{Task, TaskDefinition};
use crate::kinds::cell::{Block, Cell, Span, Tone};
use crate::kinds::detail_view::{age_cell, dim, fault_span, missing, or_nothing, reading, titles, when};
use crate::kinds::kind::RenderContext;

/// Events on the overview; the tab has all.
const NEWEST: usize = 5;
/// Columns of a progress bar.
const BAR: usize = 7;

type Fields = Vec<(String, Vec<Span>)>;
type Read<'a> = Option<&'a ServiceDetail>;

pub fn overview(service: &Service, detail: Read, look: RenderContext) -> Vec<Block> {
    let State { health, word, why, .. } = health::state(service, look.now);
    let mut fields = Fields::new();
    let mut field = |label: &str, spans: Vec<Span>| fields.push((label.to_string(), spans));

    let said = if why.is_empty() { word.clone() } else { why };
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
    field("rollout", rollout(service, &word, look.now));
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

pub fn deployments(service: &Service, detail: Read, look: RenderContext) -> Vec<Block> {
    let mut blocks = if service.deployments.is_empty() {
        vec![dim(match service.controller {
            Controller::Ecs => "AWS shows no deployment",
            _ => "its controller deploys it outside of ECS",
        })]
    } else {
        vec![Block::Table {
            titles: titles(&["STATUS", "ROLLOUT", "REVISION", "TASKS", "FAILED", "CREATED", "UPDATED", "ID"]),
            rows: service.deployments.iter().map(|d| deployment_row(d, look.now).into()).collect(),
        }]
    };
    blocks.extend(reasons(service.deployments.iter()));
    if service.controller == Controller::Ecs {
        blocks.extend([Block::Gap, Block::Heading("History".into())]);
        match detail.map(|detail| &detail.history) {
            None => blocks.push(reading()),
            Some(Ok(history)) if history.deployments.is_empty() => {
                blocks.push(dim("none in the last 90 days, which is all that ECS remembers"));
            }
            Some(Ok(history)) => blocks.push(Block::Table {
                titles: titles(&["REVISION", "STATUS", "CREATED", "TOOK", "FAILED", "DIGEST", "WHY"]),
                rows: history.deployments.iter().map(|d| history_row(history, d, look.now)).collect(),
            }),
            Some(Err(fault)) => blocks.extend(missing("history", fault)),
        }
    }
    blocks.extend(recorded::deployments(&service.deployments, look));
    blocks
}

/// Why each of these is where it is, as far as AWS says.
pub fn reasons<'a>(deployments: impl Iterator<Item = &'a Deployment>) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (i, deployment) in deployments.filter(|d| !d.rollout_reason.is_empty()).enumerate() {
        if i == 0 {
            blocks.push(Block::Gap);
        }
        let label = Span::new(format!("{}  ", deployment.task_definition.short()), Tone::Dim);
        blocks.push(Block::Line(vec![
            label,
            Span::new(deployment.rollout_reason.as_str(), rollout_tone(deployment.rollout)),
        ]));
    }
    blocks
}

pub fn events(service: &Service, detail: Read, look: RenderContext) -> Vec<Block> {
    let events = newest(service, detail);
    let mut blocks = vec![event_table(events, look.now)];
    if detail.is_none() {
        blocks.push(reading());
    }
    blocks.extend(recorded::events(events, look));
    blocks
}

/// The events of whichever was read with more of them: the row carries only a few.
fn newest<'a>(service: &'a Service, detail: Read<'a>) -> &'a [ServiceEvent] {
    let newest = |events: &[ServiceEvent]| events.first().and_then(|event| event.at);
    match detail {
        Some(detail) if newest(&detail.service.events) >= newest(&service.events) => &detail.service.events,
        Some(detail) if detail.service.events.len() > service.events.len() => &detail.service.events,
        _ => &service.events,
    }
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

fn rollout(service: &Service, word: &str, now: Timestamp) -> Vec<Span> {
    let Some(primary) = service.primary() else { return vec![Span::new(word, Tone::Dim)] };
    let State { health, part, .. } = health::state(service, now);
    let mut spans = Vec::new();
    if let Some(part) = part {
        let full = (part * BAR as f32).floor() as usize;
        spans.push(Span::new(format!("{}{} ", "▰".repeat(full), "▱".repeat(BAR - full)), health.into()));
    }
    spans.push(Span::new(word, if part.is_some() { health.into() } else { Tone::Plain }));
    if let Some(created) = primary.created {
        spans.push(Span::new(format!("  deployed {} ago", format::age(created, now)), Tone::Dim));
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

/// The bounds with their policies.
pub fn autoscaling(scaling: Option<Result<&Option<ScalingBounds>, &Fault>>) -> Vec<Span> {
    match scaling {
        None => vec![Span::new("reading…", Tone::Dim)],
        Some(Err(fault)) => vec![fault_span(fault)],
        Some(Ok(None)) => vec![Span::new("none", Tone::Dim)],
        Some(Ok(Some(bounds))) => {
            let mut spans = vec![Span::from(format!("{}..{}", bounds.min, bounds.max))];
            let suspended = match (bounds.suspended_in, bounds.suspended_out) {
                (true, true) => "  suspended",
                (true, false) => "  scaling in suspended",
                (false, true) => "  scaling out suspended",
                (false, false) => "",
            };
            if !suspended.is_empty() {
                spans.push(Span::new(suspended, Tone::Degraded));
            }
            spans.push(match &bounds.policies {
                Ok(policies) if policies.is_empty() => {
                    Span::new("  no policy: the bounds alone scale nothing", Tone::Dim)
                }
                Ok(policies) => {
                    let policies: Vec<&str> = policies.iter().map(|policy| policy.as_str()).collect();
                    Span::new(format!("  {}", policies.join(", ")), Tone::Dim)
                }
                Err(fault) => Span::new(format!("  policies: {}", fault_span(fault).text), Tone::Degraded),
            });
            spans
        }
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

/// As the titles of the tab say.
pub fn deployment_row(deployment: &Deployment, now: Timestamp) -> [Cell; 8] {
    let Deployment { running, desired, pending, failed, .. } = deployment;
    let rollout = match deployment.rollout {
        Some(Rollout::InProgress) => Cell::text("in progress", Tone::Changing),
        Some(Rollout::Completed) => Cell::text("completed", Tone::Dim),
        Some(Rollout::Failed) => Cell::text("failed", Tone::Down),
        None => Cell::nothing(),
    };
    let rollout = match (deployment.rollout, health::part(deployment)) {
        (Some(Rollout::InProgress), Some(part)) => rollout.with_gauge(part),
        _ => rollout,
    };
    let counts = if *pending > 0 { format!("{running}/{desired} +{pending}") } else { format!("{running}/{desired}") };
    [
        Cell::text(deployment.status.as_str(), if deployment.is_primary() { Tone::Strong } else { Tone::Dim }),
        rollout,
        Cell::text(deployment.task_definition.short(), Tone::Plain),
        Cell::number(f64::from(*running), counts, Tone::Plain),
        Cell::number(f64::from(*failed), failed.to_string(), if *failed > 0 { Tone::Degraded } else { Tone::Dim }),
        age_cell(deployment.created, now),
        age_cell(deployment.updated, now),
        Cell::text(deployment.id.as_str(), Tone::Dim),
    ]
}

fn history_row(history: &History, deployment: &ServiceDeployment, now: Timestamp) -> Vec<Cell> {
    let target = history.target(deployment);
    let digest = target.and_then(|revision| revision.images.first()?.digest.as_ref());
    let took = deployment.started.zip(deployment.finished).map(|(from, to)| format::age(from, to));
    let stage = if deployment.stage.is_empty() { String::new() } else { format!(", {}", deployment.stage) };
    let waits = if deployment.pause.is_some() { ", waits for an answer" } else { "" };
    let status = format!("{}{stage}{waits}", deployment.status.word());
    let failed = match deployment.failures {
        Some((count, threshold)) => {
            let tone = if count > 0 { Tone::Degraded } else { Tone::Dim };
            Cell::number(f64::from(count), format!("{count} of {threshold}"), tone)
        }
        None => Cell::nothing(),
    };
    let alarms: Vec<&str> = deployment.alarms.iter().map(|alarm| alarm.as_str()).collect();
    let alarms = if alarms.is_empty() { String::new() } else { format!(" alarms: {}", alarms.join(", ")) };
    vec![
        Cell::text(target.map_or("not told", |revision| revision.task_definition.short()), Tone::Plain),
        Cell::text(status, candidates::tone(&deployment.status)),
        age_cell(deployment.created, now),
        took.map_or_else(Cell::nothing, |took| Cell::text(took, Tone::Dim)),
        failed,
        digest.map_or_else(Cell::nothing, |digest| Cell::text(short_digest(digest), Tone::Dim)),
        Cell::text(format!("{}{alarms}", deployment.reason).trim(), Tone::Dim),
    ]
}

fn event_table(events: &[ServiceEvent], now: Timestamp) -> Block {
    if events.is_empty() {
        return dim("no event");
    }
    let rows = events.iter().map(|event| event_row(event, now).into()).collect();
    Block::Table { titles: titles(&["TIME", "AGE", "EVENT"]), rows }
}

/// Time, age and message.
pub fn event_row(event: &ServiceEvent, now: Timestamp) -> [Cell; 3] {
    let tone = match evidence::said(event) {
        Said::Trouble(_) => Tone::Degraded,
        Said::RollingBack => Tone::Degraded,
        Said::Steady => Tone::Dim,
        _ => Tone::Plain,
    };
    [
        event.at.map_or_else(Cell::nothing, |at| Cell::text(format::clock(at), Tone::Dim)),
        age_cell(event.at, now),
        Cell::text(evidence::message(event), tone),
    ]
}

fn rollout_tone(rollout: Option<Rollout>) -> Tone {
    if rollout == Some(Rollout::Failed) { Tone::Down } else { Tone::Plain }
}
