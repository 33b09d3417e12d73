//! Force deploy: what is in force runs again with fresh tasks. Planned against the images and the
//! room to roll; the deployment that AWS started is followed to its own end.

use super::{IMAGES, deployment};
use crate::domain::health::Diagnosis;
use crate::domain::ops::ecs;
use crate::domain::requests::ecs::UpdateService;
use crate::domain::service::{ImageFacts, RegistryImage, Rollout, Service, ServiceFacts};
use crate::kinds::action::prelude::*;
use crate::kinds::services::columns::{short_digest, short_image};
use crate::kinds::services::{FACTS_WITH_IMAGES, health};

pub struct Deploy;

impl ActionSpec for Deploy {
    type Resource = Service;
    type Facts = ServiceFacts;

    const ID: &str = "deploy";
    const KEY: &str = "d";
    const LABEL: &str = "force deploy";
    const HELP: &str = "Replaces every task with a fresh one of the same task definition, and follows that deployment.";
    const FACTS: FactsId = FACTS_WITH_IMAGES;
    const READS: &[Op] = IMAGES;
    const CHANGES: &[Op] = &[ecs::UPDATE_SERVICE];
    const WATCH_EVERY: Duration = Duration::from_secs(3);

    fn guard(&self, service: &Service) -> Result<(), String> {
        deployment::guard(service)
    }

    fn plan(&self, facts: &ServiceFacts, _: &Inputs, now: Timestamp) -> Result<Plan, String> {
        let service = &facts.service;
        deployment::guard(service)?;
        let mut warnings = Warnings::default();
        let mut rows = vec![("task definition".to_string(), task_definition(facts, &mut warnings))];
        let gone = images(facts, now, &mut rows, &mut warnings);

        let is_stuck = deployment::rollout(service, &mut rows, &mut warnings);
        rows.push(deployment::breaker(service));
        let text = "no circuit breaker: if the new tasks fail, ECS goes on starting them for ever";
        warnings.add_if(!service.breaker.enabled, Tone::Degraded, text);
        rows.push(deployment::desired(service, &Ok(None)));
        warnings.add_if(service.desired == 0, Tone::Degraded, "scaled to zero: no task will start");
        let Diagnosis { health, why, .. } = health::diagnose(service, now);
        if let Some(primary) = service.primary().filter(|p| p.rollout == Some(Rollout::InProgress)) {
            let text =
                format!("a deployment of {} is under way, this replaces it: {why}", primary.task_definition.short());
            warnings.add(Tone::Degraded, text);
        } else if health.is_wrong() {
            rows.push(row("state", [Span::new(why.as_str(), health.into())]));
        }

        Ok(Plan {
            rows,
            warnings: warnings.worst_first(),
            calls: vec![
                UpdateService {
                    force_new_deployment: Some(true),
                    ..UpdateService::of(&service.cluster, &service.name)
                }
                .call(),
            ],
            undo: "cannot be undone; b goes back to another revision".into(),
            then: "its deployment is followed to the verdict: completed, failed, rolled back, superseded, or stalled \
                   with the reason"
                .into(),
            confirm: if gone || is_stuck { Confirm::TypeName } else { Confirm::Ask },
            // The desired count is left out: autoscaling may move it, which changes nothing here.
            before: json!({
                "deployment": service.primary().map(|p| &p.id),
                "task_definition": service.task_definition.arn,
            }),
            summary: format!("force deploy {} on {}", service.name, service.task_definition.short()),
        })
    }

    fn progress(&self, intent: &Intent, receipt: &Receipt, facts: &ServiceFacts, now: Timestamp) -> Progress {
        deployment::progress(intent, receipt, facts, now)
    }

    fn applied(&self, intent: &Intent, facts: &ServiceFacts, _: Timestamp) -> Applied {
        deployment::applied(intent, facts)
    }
}

fn task_definition(facts: &ServiceFacts, warnings: &mut Warnings) -> Vec<Span> {
    let short = facts.service.task_definition.short();
    let mut spans = vec![Span::new(format!("{short} stays"), Tone::Plain)];
    match &facts.task_definition {
        Ok(definition) if definition.status == "INACTIVE" => {
            warnings.add(Tone::Degraded, format!("{short} is deregistered (INACTIVE)"));
        }
        Ok(_) => {}
        Err(fault) => spans.push(Span::new(format!("  not read: {fault}"), Tone::Unknown)),
    }
    spans
}

/// A row for each image; whether one of them is gone.
fn images(facts: &ServiceFacts, now: Timestamp, rows: &mut Rows, warnings: &mut Warnings) -> bool {
    let mut gone = false;
    for image in &facts.images {
        let (text, tone) = image_in_words(image, now);
        if tone == Tone::Down {
            gone = true;
            let short = short_image(&image.image);
            warnings.add(Tone::Down, format!("{short}: the image is gone: no task will start"));
        }
        rows.push((format!("image {}", image.image.container), vec![Span::new(text, tone)]));
    }
    if facts.images.is_empty() {
        let known: Vec<String> = match &facts.task_definition {
            Ok(definition) => definition.images().map(short_image).collect(),
            Err(_) => facts.service.images.iter().map(short_image).collect(),
        };
        let text =
            if known.is_empty() { "not known".to_string() } else { format!("{}: not looked up", known.join(", ")) };
        rows.push(row("image", [Span::new(text, Tone::Unknown)]));
    }
    gone
}

/// A tag is resolved to a digest once a deployment (ECS guide, container image resolution), so a
/// forced one runs what the tag points to now.
fn image_in_words(facts: &ImageFacts, now: Timestamp) -> (String, Tone) {
    let image = &facts.image;
    let short = short_image(image);
    let pinned = image.reference.contains('@');
    let found = match &facts.registry {
        Err(fault) => return (format!("{short}: not looked up: {fault}"), Tone::Unknown),
        Ok(None) if pinned => return (format!("{short} is pinned by digest: the same runs again"), Tone::Plain),
        Ok(None) => {
            return (format!("{short} is not in this account's ECR: whether it changed is not known"), Tone::Unknown);
        }
        Ok(Some(found)) => found,
    };
    let RegistryImage { mutable, digest, pushed } = found;
    let Some(digest) = digest else { return (format!("{short}: no such image in ECR"), Tone::Down) };
    let pushed = pushed.map(|at| format!(", pushed {} ago", format::age(at, now))).unwrap_or_default();
    let digest = short_digest(digest);
    match (pinned, mutable) {
        (true, _) => (format!("{short} is pinned by digest{pushed}: the same runs again"), Tone::Plain),
        (_, true) => (format!("{short} is mutable: what it points to now, {digest}{pushed}, will run"), Tone::Changing),
        (_, false) => (format!("{short} is immutable: {digest}{pushed} runs again"), Tone::Plain),
    }
}
