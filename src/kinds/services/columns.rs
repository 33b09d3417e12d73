//! The cells of a service's row, its entry in `status --json`, and its page in the web console.

use serde_json::{Value, json};

use crate::domain::format;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::service::{Controller, Image, Rollout, Service};
use crate::domain::text::Text;
use crate::kinds::cell::{Cell, SortKey, Tone};
use crate::kinds::kind::RenderContext;

pub fn name(service: &Service, _: RenderContext) -> Cell {
    Cell::text(service.name.as_str(), Tone::Strong)
}

/// `2/5`, `2/5 +1` with one pending. Sorted by how much is missing, then by how many run.
pub fn tasks(service: &Service, look: RenderContext) -> Cell {
    let Service { running, desired, pending, .. } = service;
    let text = if *pending > 0 { format!("{running}/{desired} +{pending}") } else { format!("{running}/{desired}") };
    let tone = match look.diagnosis.health {
        _ if *desired == 0 && *running == 0 => Tone::Dim,
        Health::Ok => Tone::Ok,
        health => health.into(),
    };
    let filled = if *desired == 0 { 1.0 } else { f64::from(*running) / f64::from(*desired) };
    // Six decimals of the share leave room for the count as the tie-break.
    Cell::number(filled + f64::from(*running) * 1e-9, text, tone)
}

/// A bar while it rolls, and the state in a word or two.
pub fn rollout(_: &Service, look: RenderContext) -> Cell {
    let Diagnosis { health, ref word, progress: part, .. } = *look.diagnosis;
    let tone = if health == Health::Ok { Tone::Dim } else { health.into() };
    // Wrong first, and within one health the least advanced first.
    let rank = Tone::from(health) as u8 as f64;
    let sort = SortKey::Number(-rank * 2.0 + f64::from(part.unwrap_or(1.0)));
    let cell = Cell::text(word.as_str(), tone).sorted_by(sort);
    match part {
        Some(part) => cell.with_gauge(part),
        None => cell,
    }
}

/// `api:42` of the first container, with the number of further ones.
pub fn image(service: &Service, _: RenderContext) -> Cell {
    let Some(first) = service.images.first() else { return Cell::nothing() };
    let text = match service.images.len() - 1 {
        0 => short_image(first),
        more => format!("{} +{more}", short_image(first)),
    };
    Cell::text(text, Tone::Plain)
}

/// Repository and tag, where digests and commit hashes are cut to what tells them apart:
/// `api:42`, `api:9be01d4a…`, `api@ab12cd34…`.
pub fn short_image(image: &Image) -> String {
    let (repository, tag) = (image.repository(), image.tag());
    match tag.split_once(':') {
        Some((_, digest)) => format!("{repository}@{}", short_hash(digest)),
        None => format!("{repository}:{}", short_hash(tag)),
    }
}

/// The first eight characters of a long hexadecimal number; anything else as it is.
fn short_hash(tag: &str) -> String {
    let (prefix, hash) = tag.rsplit_once('-').map_or(("", tag), |(p, h)| (&tag[..p.len() + 1], h));
    if hash.len() >= 20 && hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        format!("{prefix}{}…", &hash[..8])
    } else {
        tag.to_string()
    }
}

/// `sha256:ab12cd34…`.
pub fn short_digest(digest: &str) -> String {
    match digest.split_once(':') {
        Some((algorithm, hash)) => format!("{algorithm}:{}", short_hash(hash)),
        None => short_hash(digest),
    }
}

/// `api:42`, sorted by family, then by the number of the revision.
pub fn task_definition(service: &Service, _: RenderContext) -> Cell {
    let short = service.task_definition.short();
    if short.is_empty() {
        return Cell::nothing();
    }
    let sort = match short.rsplit_once(':') {
        Some((family, revision)) => SortKey::Text(format!("{family}:{revision:>10}")),
        None => SortKey::Text(short.to_string()),
    };
    Cell::text(short, Tone::Plain).sorted_by(sort)
}

pub fn cluster(service: &Service, _: RenderContext) -> Cell {
    Cell::text(service.cluster.as_str(), Tone::Plain)
}

/// The age of the newest deployment, coloured while it may be the cause of what is wrong.
pub fn since(service: &Service, look: RenderContext) -> Cell {
    let Some(created) = service.primary().and_then(|p| p.created) else { return Cell::nothing() };
    let age = format::seconds_since(created, look.now);
    let health = look.diagnosis.health;
    let tone = if health.is_wrong() && age < 3600 { health.into() } else { Tone::Dim };
    // By the moment, which is the same at whatever time two rows are compared.
    Cell::number(-(created.as_second() as f64), format::age_of(age), tone)
}

/// The service's entry in `status --json`; `health` and `why` are added to every kind's entry.
///
/// | member | type | meaning |
/// |---|---|---|
/// | `name`, `cluster`, `arn` | string | as AWS calls them |
/// | `status` | string | ACTIVE, DRAINING, INACTIVE |
/// | `desired`, `running`, `pending` | number | tasks |
/// | `rollout` | string | `in_progress`, `completed`, `failed`; null where AWS tells none |
/// | `rollout_part` | number | 0 to 1 while a rollout is under way, else null |
/// | `rollout_reason` | string | what AWS says of it; null for nothing |
/// | `failed` | number | tasks of the newest deployment that failed in a row; null without one |
/// | `deployments` | number | how many are in force; 1 when nothing rolls |
/// | `task_definition` | string | `family:revision` |
/// | `images` | strings | one a container; empty until read |
/// | `since` | string | RFC 3339, when the newest deployment was made; null when not known |
/// | `controller` | string | `ecs`, `code_deploy`, `external` |
/// | `strategy`, `launch`, `scheduling` | string | as AWS calls them; null where it says nothing |
pub fn json(service: &Service, look: RenderContext) -> Value {
    let primary = service.primary();
    let said = |text: &str| (!text.is_empty()).then(|| text.to_string());
    json!({
        "name": service.name,
        "cluster": service.cluster,
        "arn": service.id.0,
        "status": service.status,
        "desired": service.desired,
        "running": service.running,
        "pending": service.pending,
        "rollout": primary.and_then(|p| p.rollout).map(rollout_word),
        "rollout_part": look.diagnosis.progress.map(|part| (f64::from(part) * 100.0).round() / 100.0),
        "rollout_reason": primary.and_then(|p| said(&p.rollout_reason)),
        "failed": primary.map(|p| p.failed),
        "deployments": service.deployments.len(),
        "task_definition": service.task_definition.short(),
        "images": service.images.iter().map(|image| image.reference.as_str()).collect::<Vec<_>>(),
        "since": primary.and_then(|p| p.created).map(|at| at.to_string()),
        "controller": controller_word(&service.controller),
        "strategy": said(&service.strategy),
        "launch": said(&service.launch),
        "scheduling": said(&service.scheduling),
    })
}

fn rollout_word(rollout: Rollout) -> &'static str {
    match rollout {
        Rollout::InProgress => "in_progress",
        Rollout::Completed => "completed",
        Rollout::Failed => "failed",
    }
}

fn controller_word(controller: &Controller) -> &'static str {
    match controller {
        Controller::Ecs => "ecs",
        Controller::CodeDeploy => "code_deploy",
        Controller::External => "external",
    }
}

/// By its cluster and name, and by its target groups as CloudWatch has them: the tail of the ARN.
pub fn names(service: &Service) -> Vec<Text> {
    let groups = service.target_groups.iter().filter_map(|arn| arn.splitn(6, ':').nth(5)).map(Text::from);
    std::iter::once(format!("{}/{}", service.cluster, service.name).into()).chain(groups).collect()
}

/// The service's page in the AWS web console.
pub fn console_url(service: &Service, region: &str) -> String {
    format!(
        "https://{region}.console.aws.amazon.com/ecs/v2/clusters/{}/services/{}?region={region}",
        service.cluster, service.name
    )
}
