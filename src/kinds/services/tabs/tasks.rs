//! The tab of a service's tasks: those that run with their containers, and those that stopped with
//! the reason in one sentence.

use super::overview::counts;
use super::{Read, recorded};
use crate::domain::Timestamp;
use crate::domain::service::{Service, ServiceDetail};
use crate::domain::task::{Container, Task};
use crate::kinds::cell::{Block, Cell, Span, Tone};
use crate::kinds::detail_view::{age_cell, dim, missing, reading, table};
use crate::kinds::kind::RenderContext;
use crate::kinds::services::columns::{short_digest, short_image};
use crate::kinds::services::evidence::{self, End};
use crate::kinds::services::stop_reason;

/// The tab.
pub fn tab(service: &Service, detail: Read, look: RenderContext) -> Vec<Block> {
    let mut blocks = vec![Block::Line(counts(service))];
    let stopped = detail.and_then(|detail| detail.stopped.as_deref().ok()).unwrap_or_default();
    let recorded = recorded::tasks(stopped, look);
    // Together, so that an end of now is counted after those that ECS has forgotten.
    let all: Vec<&Task> = stopped.iter().chain(recorded.iter().map(|(_, task)| *task)).collect();
    let mut ends = stop_reason::ends(&all);
    let past = ends.split_off(stopped.len());
    match detail {
        None => blocks.push(reading()),
        Some(detail) => blocks.extend(told(service, detail, ends, look.now)),
    }
    blocks.extend(recorded::task_section(&recorded, past, look.now));
    blocks
}

/// What ECS tells; `ends` are those of the stopped ones.
fn told(service: &Service, detail: &ServiceDetail, ends: Vec<End>, now: Timestamp) -> Vec<Block> {
    let mut blocks = Vec::new();
    match &detail.tasks {
        Ok(tasks) if tasks.is_empty() => blocks.push(dim("no task runs")),
        Ok(tasks) => blocks.push(table(
            &["TASK", "STATUS", "HEALTH", "REVISION", "VCPU/GIB", "AGE", "ZONE", "ADDRESS"],
            tasks.iter().flat_map(|task| running_rows(task, service, now)),
        )),
        Err(fault) => blocks.extend(missing("running tasks", fault)),
    }
    blocks.extend([Block::Gap, Block::Heading("Stopped".into())]);
    match &detail.stopped {
        Ok(tasks) if tasks.is_empty() => blocks.push(dim("none that ECS still remembers (about an hour)")),
        Ok(tasks) => {
            blocks.extend(looping(tasks, now));
            let rows = tasks.iter().zip(ends);
            blocks.push(table(
                &["AGE", "TASK", "REVISION", "WHY"],
                rows.flat_map(|(task, end)| stopped_rows(task, end, now)),
            ));
        }
        Err(fault) => blocks.extend(missing("stopped tasks", fault)),
    }
    blocks
}

/// The crash loop under way, and what to do next.
fn looping(stopped: &[Task], now: Timestamp) -> Vec<Block> {
    let Some(found) = stop_reason::crash_loop(stopped.iter(), now) else { return vec![] };
    vec![
        Block::Line(vec![Span::new(format!("crash loop: {}", found.why), Tone::Degraded)]),
        Block::Line(vec![
            Span::new(format!("{}  ", found.sign.word()), Tone::Strong),
            Span::new(format!("next: {}", found.sign.next()), Tone::Plain),
        ]),
    ]
}

fn status_cell(status: &str) -> Cell {
    let tone = match status {
        "RUNNING" => Tone::Ok,
        "STOPPED" => Tone::Dim,
        _ => Tone::Changing,
    };
    Cell::text(status, tone)
}

fn health_cell(health: &str) -> Cell {
    let tone = match health {
        "" => return Cell::nothing(),
        "HEALTHY" => Tone::Ok,
        "UNHEALTHY" => Tone::Down,
        _ => Tone::Dim,
    };
    Cell::text(health, tone)
}

/// The task, and below it its containers, unless there is one that says nothing more.
fn running_rows(task: &Task, service: &Service, now: Timestamp) -> Vec<Vec<Cell>> {
    let definition = &task.task_definition;
    let family = |arn: &str| arn.rsplit_once(':').map(|(family, _)| family.to_string());
    let same = family(&definition.arn) == family(&service.task_definition.arn);
    let old = *definition != service.task_definition;
    let revision = if same { definition.revision() } else { definition.short() };
    let mut rows = vec![vec![
        Cell::text(short_id(task), Tone::Plain),
        status_cell(&task.status),
        health_cell(&task.health),
        Cell::text(revision, if old { Tone::Changing } else { Tone::Plain }),
        size(task),
        age_cell(task.started.or(task.created), now),
        Cell::text(task.zone.as_str(), Tone::Dim),
        task.address.as_ref().map_or_else(Cell::nothing, |a| Cell::text(a.as_str(), Tone::Dim)),
    ]];
    let says_more = |c: &Container| {
        c.status != *task.status || c.health != *task.health || c.exit_code.is_some() || !c.reason.is_empty()
    };
    if task.containers.len() > 1 || task.containers.iter().any(says_more) {
        rows.extend(task.containers.iter().map(|c| {
            let ended = c.exit_code.is_some() || !c.reason.is_empty();
            vec![
                Cell::text(format!("  {}", c.name), Tone::Dim),
                status_cell(&c.status),
                health_cell(&c.health),
                Cell::text("", Tone::Dim),
                Cell::text("", Tone::Dim),
                Cell::text("", Tone::Dim),
                Cell::text("", Tone::Dim),
                if ended { Cell::text(ending(c), Tone::Degraded) } else { Cell::text(image(c), Tone::Dim) },
            ]
        }));
    }
    rows
}

/// When it ended and why; below it how each container ended, where there are several.
fn stopped_rows(task: &Task, end: End, now: Timestamp) -> Vec<Vec<Cell>> {
    let mut rows = vec![stopped_row(task, end, now).into()];
    if task.containers.len() > 1 {
        let blank = || Cell::text("", Tone::Dim);
        let line = |c: &Container| Cell::text(format!("  {} {}", c.name, ending(c)), Tone::Dim);
        rows.extend(task.containers.iter().map(|c| vec![blank(), blank(), blank(), line(c)]));
    }
    rows
}

/// Age, task, revision and why.
pub fn stopped_row(task: &Task, End { why, failed }: End, now: Timestamp) -> [Cell; 4] {
    [
        age_cell(task.stopped, now),
        Cell::text(short_id(task), Tone::Plain),
        Cell::text(task.task_definition.short(), Tone::Plain),
        Cell::text(why, if failed { Tone::Degraded } else { Tone::Dim }),
    ]
}

/// `exited 137: OutOfMemoryError: …`; a container without an exit code never ran.
fn ending(container: &Container) -> String {
    let said = match container.exit_code {
        Some(code) => format!("exited {code}{}", evidence::meaning(code)),
        None if container.status == "STOPPED" => "never ran".to_string(),
        None => container.status.to_ascii_lowercase(),
    };
    if container.reason.is_empty() { said } else { format!("{said}: {}", container.reason) }
}

/// The image, with the digest that the tag was resolved to.
fn image(container: &Container) -> String {
    let digest = container.digest.as_ref().map(|digest| format!(" {}", short_digest(digest))).unwrap_or_default();
    format!("{}{digest}", short_image(&container.image))
}

/// `0.5/1`, from CPU units (1024 a vCPU) and MiB.
fn size(task: &Task) -> Cell {
    let scaled = |text: &str| text.parse::<f64>().map(|n| ((n / 1024.0 * 100.0).round() / 100.0).to_string());
    match (scaled(&task.cpu), scaled(&task.memory)) {
        (Ok(cpu), Ok(memory)) => Cell::text(format!("{cpu}/{memory}"), Tone::Dim),
        _ => Cell::nothing(),
    }
}

/// The first eight characters of the task's id, which the stream names of its logs show too.
pub fn short_id(task: &Task) -> String {
    short_digest(task.id()).chars().take(8).collect()
}
