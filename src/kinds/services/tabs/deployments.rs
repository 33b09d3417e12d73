//! The tab of a service's deployments: those that roll or stand, what ECS keeps of those before, and
//! what was recorded beyond that.

use super::{Read, recorded};
use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::history::{History, ServiceDeployment};
use crate::domain::service::{Controller, Deployment, Rollout, Service};
use crate::kinds::cell::{Block, Cell, Span, Tone};
use crate::kinds::detail_view::{age_cell, dim, missing, reading, table};
use crate::kinds::kind::RenderContext;
use crate::kinds::services::columns::short_digest;
use crate::kinds::services::{candidates, health};

pub fn tab(service: &Service, detail: Read, look: RenderContext) -> Vec<Block> {
    let mut blocks = if service.deployments.is_empty() {
        vec![dim(match service.controller {
            Controller::Ecs => "AWS shows no deployment",
            _ => "its controller deploys it outside of ECS",
        })]
    } else {
        vec![table(
            &["STATUS", "ROLLOUT", "REVISION", "TASKS", "FAILED", "CREATED", "UPDATED", "ID"],
            service.deployments.iter().map(|d| deployment_row(d, look.now).into()),
        )]
    };
    blocks.extend(reasons(service.deployments.iter()));
    if service.controller == Controller::Ecs {
        blocks.extend([Block::Gap, Block::Heading("History".into())]);
        match detail.map(|detail| &detail.history) {
            None => blocks.push(reading()),
            Some(Ok(history)) if history.deployments.is_empty() => {
                blocks.push(dim("none in the last 90 days, which is all that ECS remembers"));
            }
            Some(Ok(history)) => blocks.push(table(
                &["REVISION", "STATUS", "CREATED", "TOOK", "FAILED", "DIGEST", "WHY"],
                history.deployments.iter().map(|d| history_row(history, d, look.now)),
            )),
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
    let seconds = |(from, to)| format::seconds_since(from, to);
    let took = deployment.started.zip(deployment.finished).map(seconds).map(format::span);
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

fn rollout_tone(rollout: Option<Rollout>) -> Tone {
    if rollout == Some(Rollout::Failed) { Tone::Down } else { Tone::Plain }
}
