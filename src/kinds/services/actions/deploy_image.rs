//! Deploy another image: a new revision of the task definition in force, which differs from it in the
//! image of one container alone, is registered and deployed.

use super::image_candidates::{self, Wanted};
use super::{IMAGES_AND_REVISIONS, PASS_ROLE, deployment, roll_back};
use crate::domain::call::Call;
use crate::domain::image::{ContainerImages, DeployImageFacts, StoredImage};
use crate::domain::ops::ecs;
use crate::domain::requests::Reference;
use crate::domain::requests::ecs::{RegisterTaskDefinition, UpdateService};
use crate::domain::service::{Image, Rollout, Service, TaskDefinitionRef};
use crate::domain::text::Text;
use crate::kinds::action::prelude::*;
use crate::kinds::action::{Grant, Remainder};
use crate::kinds::services::columns::{short_digest, short_image};
use crate::kinds::services::{DEPLOY_IMAGE_FACTS, candidates};

/// Registering hands the definition's roles on and puts its tags on the new revision (service
/// authorization reference, Amazon ECS: RegisterTaskDefinition and its dependent actions).
const GRANTS: &[Grant] =
    &[PASS_ROLE, Grant { op: ecs::TAG_RESOURCE, when: ("ecs:CreateAction", "RegisterTaskDefinition") }];

pub struct DeployImage;

impl ActionSpec for DeployImage {
    type Resource = Service;
    type Facts = DeployImageFacts;

    const ID: &str = "deploy-image";
    // Beside d, which deploys what is in force: this one changes what that is.
    const KEY: &str = "D";
    const LABEL: &str = "deploy image";
    const HELP: &str =
        "Registers a revision of the task definition with another image of one container, deploys and follows it.";
    const FACTS: FactsId = DEPLOY_IMAGE_FACTS;
    const READS: &[Op] = IMAGES_AND_REVISIONS;
    const GRANTS: &[Grant] = GRANTS;
    const CHANGES: &[Op] = &[ecs::REGISTER_TASK_DEFINITION, ecs::UPDATE_SERVICE];

    fn guard(&self, service: &Service) -> Result<(), String> {
        deployment::guard(service)
    }

    fn choices(&self, field: &str, facts: &DeployImageFacts, inputs: &Inputs, now: Timestamp) -> Vec<Choice> {
        match field {
            "container" => image_candidates::containers(facts),
            _ => image_candidates::images(facts, inputs, now),
        }
    }

    /// The revision that was in force is deployed again.
    fn inverse(&self, intent: &Intent) -> Option<(&'static str, Inputs)> {
        roll_back::RollBack.inverse(intent)
    }

    /// They start empty: what there is to choose from is known only with the registry.
    fn fields(&self, service: &Service, _: Timestamp) -> Vec<Field> {
        let container = (service.images.len() != 1).then(|| Field::new("container", "container"));
        container.into_iter().chain([Field::new("image", "to image")]).collect()
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        match Wanted::parse(inputs) {
            Ok(Wanted::Nothing) => Err(("image", "a tag, a digest or a whole image is needed".into())),
            Ok(_) => Ok(()),
            Err(why) => Err(("image", why)),
        }
    }

    fn plan(&self, facts: &DeployImageFacts, inputs: &Inputs, now: Timestamp) -> Result<Plan, String> {
        let service = &facts.facts.service;
        deployment::guard(service)?;
        let container = image_candidates::of(facts, inputs)?;
        let wanted = Wanted::parse(inputs)?;
        let to = wanted.image(&container.image).ok_or("a tag, a digest or a whole image is needed")?;
        let (from, definition) = (&container.image, &service.task_definition);
        if to.reference == from.reference {
            return Err(format!("{} is in {} already: d deploys it anew", short_image(&to), definition.short()));
        }
        let mut warnings = Warnings::default();
        let mut rows = vec![
            row("revision", {
                let [before, arrow, after] = becomes(definition.short(), "a new one");
                [before, arrow, after, Span::new("; all else and the tags are carried over", Tone::Dim)]
            }),
            row(&format!("image {}", from.container), becomes(short_image(from), short_image(&to))),
        ];
        let found = match wanted {
            Wanted::Reference(_) => None,
            _ => image_candidates::found(container, to.tag()),
        };
        let gone = registry(
            (container, &wanted, &to),
            found,
            image_candidates::running(facts, container),
            now,
            &mut rows,
            &mut warnings,
        );
        gather_warnings(facts, &to, &mut warnings);

        let is_stuck = deployment::rollout(service, &mut rows, &mut warnings);
        rows.push(deployment::breaker(service));
        rows.push(deployment::desired(service, &facts.facts.scaling));
        Ok(Plan {
            rows,
            warnings: warnings.worst_first(),
            calls: calls(service, from, &to),
            undo: format!(
                "deploy {} again (b {}); the new revision stays registered",
                definition.short(),
                definition.revision()
            ),
            then: "its deployment is followed until all tasks run the new revision; where IAM refuses the first call, \
                   nothing is changed"
                .into(),
            confirm: if gone || is_stuck { Confirm::TypeName } else { Confirm::Ask },
            before: json!({
                "deployment": service.primary().map(|primary| &primary.id),
                "task_definition": definition.arn,
                "newest": image_candidates::newest(facts),
                "digest": found.map(|image| &image.digest),
            }),
            summary: format!("deploy image {} on {}", short_image(&to), service.name),
        })
    }

    fn progress(&self, intent: &Intent, receipt: &Receipt, facts: &DeployImageFacts, now: Timestamp) -> Progress {
        // What follows a call whose answer was lost is not sent, though reading settled it.
        let left = intent.calls.get(receipt.calls..).unwrap_or_default();
        if let [_, ..] = left {
            let rest = self
                .remainder(Remainder { calls: left, accepted: Some(receipt), is_certain: true })
                .unwrap_or_default();
            return Progress::ended(Verdict::Failed, rest);
        }
        deployment::progress(intent, receipt, &facts.facts, now)
    }

    fn applied(&self, intent: &Intent, facts: &DeployImageFacts, _: Timestamp) -> Applied {
        let Some(asked) = intent.calls.first().and_then(Call::meant::<RegisterTaskDefinition>) else {
            return deployment::applied(intent, &facts.facts);
        };
        let Ok(newer) = &facts.newer else { return Applied::CannotTell };
        let before = intent.before.get("newest").and_then(Value::as_u64);
        let has = |image: &Image| *image.container == *asked.container && *image.reference == *asked.image;
        let made = newer.iter().find(|(other, images)| candidates::number(other) > before && images.iter().any(has));
        made.map_or(Applied::No, |(made, _)| Applied::yes(made.arn.clone()))
    }

    /// What became of the revision where the service was not brought to it.
    fn remainder(&self, rest: Remainder) -> Option<String> {
        let made = TaskDefinitionRef::new(rest.accepted?.started.clone()?);
        Some(match rest.is_certain {
            true => format!("{} is registered and nothing runs it: b {} deploys it", made.short(), made.revision()),
            false => format!("{} is registered; reading tells whether it is deployed", made.short()),
        })
    }
}

/// The definition is named, not spelled out: the adapter reads it when it sends the call, and no value
/// of its environment comes here.
fn calls(service: &Service, from: &Image, to: &Image) -> Vec<Call> {
    vec![
        RegisterTaskDefinition {
            task_definition: service.task_definition.short().to_string(),
            container: from.container.to_string(),
            image: to.reference.to_string(),
        }
        .call(),
        UpdateService { task_definition: Some(Reference::Made), ..UpdateService::of(&service.cluster, &service.name) }
            .call(),
    ]
}

/// What the registry says of the image; whether no task can start with it.
fn registry(
    (container, wanted, to): (&ContainerImages, &Wanted, &Image),
    found: Option<&StoredImage>,
    running: Option<&Text>,
    now: Timestamp,
    rows: &mut Rows,
    warnings: &mut Warnings,
) -> bool {
    let short = short_image(to);
    let mut add_row = |text: String, tone| rows.push(row("registry", [Span::new(text, tone)]));
    let Some(image) = found else {
        let (text, tone) = match &container.images {
            _ if matches!(wanted, Wanted::Reference(_)) => {
                (format!("{} is taken as typed: nothing is looked up of it", to.reference), Tone::Unknown)
            }
            Err(fault) => (format!("not looked up: {fault}"), Tone::Unknown),
            Ok(None) => {
                (format!("{short} is not in this account's ECR: whether it is there is not known"), Tone::Unknown)
            }
            Ok(Some(_)) => (format!("{short}: no such image in ECR: no task will start"), Tone::Down),
        };
        add_row(text.clone(), tone);
        warnings.add(tone, text);
        return tone == Tone::Down;
    };
    let digest = short_digest(&image.digest);
    let pushed = image.pushed.map(|at| format!(", pushed {} ago", format::age(at, now))).unwrap_or_default();
    let scan = image_candidates::verdict(&image.scan);
    add_row(format!("{digest}{pushed}, {}", scan.text), scan.tone);
    if let Some(grave) = image_candidates::grave(&image.scan) {
        warnings.add(Tone::Degraded, format!("{short} has {grave} vulnerabilities by the scan of ECR"));
    }
    if running == Some(&image.digest) {
        warnings.add(Tone::Degraded, format!("{digest} runs already, by another name: nothing will be mended"));
    } else if let (Some(at), Some(before)) =
        (image.pushed, running.and_then(|d| image_candidates::found(container, d)?.pushed))
        && at < before
    {
        let text = "it is older than what runs: the older code must still work with the data as it is now";
        warnings.add(Tone::Plain, text);
    }
    match wanted {
        Wanted::Tag(tag) if image.tags.iter().any(|t| t.name == **tag && t.mutable) => {
            let text = format!(
                "{short} is a mutable tag: what it stands for when it is deployed will run; its digest pins it"
            );
            warnings.add(Tone::Plain, text);
        }
        Wanted::Digest(_) if image.tags.is_empty() => {
            let text = format!("{digest} has no tag: a lifecycle policy may delete it while it is in use");
            warnings.add(Tone::Degraded, text);
        }
        _ => {}
    }
    if image.archived {
        warnings.add(Tone::Down, format!("{short} is archived in ECR: no task will start"));
    }
    image.archived
}

/// What is there already, what is under way, and what is not known.
fn gather_warnings(facts: &DeployImageFacts, to: &Image, warnings: &mut Warnings) {
    let service = &facts.facts.service;
    warnings.add_unknown("whether there are newer revisions is not known", &facts.newer);
    for (definition, images) in facts.newer.iter().flatten() {
        let (short, number) = (definition.short(), definition.revision());
        let text = match images.contains(to) {
            true => format!("{short} has this image already: b {number} deploys it and registers nothing"),
            false => format!("{short} is newer and not in force: what it changed is not in the new one"),
        };
        warnings.add(Tone::Degraded, text);
    }
    warnings.add_unknown("deployment history unknown, the running image is shown by its tag", &facts.history);
    warnings.add_if(service.desired == 0 && !service.is_daemon(), Tone::Degraded, "scaled to zero: no task will start");
    if let Some(primary) = service.primary().filter(|p| p.rollout == Some(Rollout::InProgress)) {
        let text = format!("a deployment of {} is under way, this replaces it", primary.task_definition.short());
        warnings.add(Tone::Degraded, text);
    }
    let text = "no circuit breaker: if the new tasks fail, ECS goes on starting them for ever";
    warnings.add_if(!service.breaker.enabled, Tone::Degraded, text);
}
