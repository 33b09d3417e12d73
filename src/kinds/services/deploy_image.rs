//! Deploy another image: a new revision of the task definition in force, which differs from it in the
//! image of one container alone, is registered and deployed.

use std::time::Duration;

use serde_json::{Value, json};

use super::columns::{short_digest, short_image};
use super::image_candidates::{self, Wanted};
use super::reads;
use super::rollout_headroom::Room;
use super::{DEPLOY_IMAGE, PASS_ROLE, ROLLBACK, SERVICES, candidates, deploy, rollback};
use crate::domain::Timestamp;
use crate::domain::call::Call;
use crate::domain::format;
use crate::domain::image::{ContainerImages, DeployImageFacts, StoredImage};
use crate::domain::intent::{Intent, Receipt, Verdict};
use crate::domain::ops::ecs;
use crate::domain::requests::ecs::{RegisterTaskDefinition, UpdateService};
use crate::domain::requests::{Reference, Request};
use crate::domain::service::{Image, Rollout, Service, TaskDefinitionRef};
use crate::domain::text::Text;
use crate::kinds::action::{
    ActionSpec, Applied, Behaviour, Confirm, Field, Grant, Inputs, Plan, Progress, Rest, Words, worst_first,
};
use crate::kinds::cell::{Span, Tone};

/// Registering hands the definition's roles on and puts its tags on the new revision (service
/// authorization reference, Amazon ECS: RegisterTaskDefinition and its dependent actions).
const GRANTS: &[Grant] =
    &[PASS_ROLE, Grant { op: ecs::TAG_RESOURCE, when: ("ecs:CreateAction", "RegisterTaskDefinition") }];

pub fn action() -> ActionSpec {
    ActionSpec::of::<Service, DeployImageFacts>(
        Words {
            id: DEPLOY_IMAGE,
            verb: "deploy-image",
            kind: SERVICES,
            // Beside d, which deploys what is in force: this one changes what that is.
            key: "D",
            label: "deploy image",
            help: "Registers a revision of the task definition with another image of one container, deploys and follows it.",
            facts: super::DEPLOY_IMAGE_FACTS,
            reads: reads::WITH_HISTORY,
            changes: &[ecs::REGISTER_TASK_DEFINITION, ecs::UPDATE_SERVICE],
            watch_every: Duration::from_secs(5),
        },
        Behaviour { guard: deploy::guard, fields, check, plan, progress, applied },
    )
    .with_grants(GRANTS)
    .with_choices::<DeployImageFacts>("container", image_candidates::containers)
    .with_choices::<DeployImageFacts>("image", image_candidates::images)
    .with_inverse_by(ROLLBACK, rollback::inverse)
    .with_rest(rest)
}

/// They start empty: what there is to choose from is known only with the registry.
fn fields(service: &Service, _: Timestamp) -> Vec<Field> {
    let field = |name, label| Field { name, label, initial: String::new(), presets: Vec::new(), many: false };
    let container = (service.images.len() != 1).then(|| field("container", "container"));
    container.into_iter().chain([field("image", "to image")]).collect()
}

fn check(inputs: &Inputs) -> Result<(), (&'static str, String)> {
    match Wanted::parse(inputs) {
        Ok(Wanted::Nothing) => Err(("image", "a tag, a digest or a whole image is needed".into())),
        Ok(_) => Ok(()),
        Err(why) => Err(("image", why)),
    }
}

fn plan(facts: &DeployImageFacts, inputs: &Inputs, now: Timestamp) -> Result<Plan, String> {
    let service = &facts.facts.service;
    deploy::guard(service)?;
    let container = image_candidates::of(facts, inputs)?;
    let wanted = Wanted::parse(inputs)?;
    let to = wanted.image(&container.image).ok_or("a tag, a digest or a whole image is needed")?;
    let (from, definition) = (&container.image, &service.task_definition);
    if to.reference == from.reference {
        return Err(format!("{} is in {} already: d deploys it anew", short_image(&to), definition.short()));
    }
    let mut warnings = Vec::new();
    let mut rows = vec![
        (
            "revision".to_string(),
            vec![
                definition.short().into(),
                Span::new(" → ", Tone::Dim),
                Span::new("a new one", Tone::Strong),
                Span::new("; all else and the tags are carried over", Tone::Dim),
            ],
        ),
        (
            format!("image {}", from.container),
            vec![short_image(from).into(), Span::new(" → ", Tone::Dim), Span::new(short_image(&to), Tone::Strong)],
        ),
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
    doubts(facts, &to, &mut warnings);

    let room = Room::of(service);
    rows.push(("rollout".to_string(), vec![deploy::room_in_words(service, room)]));
    let stuck = room.is_some_and(|room| !room.rolls());
    if stuck {
        let text = "as configured it can never finish: no old task may stop and no new one may start";
        warnings.push((Tone::Down, text.into()));
    }
    rows.push(("circuit breaker".to_string(), vec![deploy::breaker(service)]));
    rows.push(("desired".to_string(), vec![rollback::desired(service, &facts.facts)]));
    worst_first(&mut warnings);

    Ok(Plan {
        rows,
        warnings,
        calls: calls(service, from, &to),
        undo: format!("deploy {} again (b {}); the new revision stays registered", definition.short(), definition.revision()),
        then: "its deployment is followed until all tasks run the new revision; where IAM refuses the first call, nothing is changed".into(),
        confirm: if gone || stuck { Confirm::TypeName } else { Confirm::Ask },
        before: json!({
            "deployment": service.primary().map(|primary| &primary.id),
            "task_definition": definition.arn,
            "newest": image_candidates::newest(facts),
            "digest": found.map(|image| &image.digest),
        }),
        summary: format!("deploy image {} on {}", short_image(&to), service.name),
    })
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

type Rows = Vec<(String, Vec<Span>)>;
type Warnings = Vec<(Tone, String)>;

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
    let mut row = |text: String, tone| rows.push(("registry".to_string(), vec![Span::new(text, tone)]));
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
        row(text.clone(), tone);
        warnings.push((tone, text));
        return tone == Tone::Down;
    };
    let digest = short_digest(&image.digest);
    let pushed = image.pushed.map(|at| format!(", pushed {} ago", format::age(at, now))).unwrap_or_default();
    let scan = image_candidates::verdict(&image.scan);
    row(format!("{digest}{pushed}, {}", scan.text), scan.tone);
    if let Some(grave) = image_candidates::grave(&image.scan) {
        warnings.push((Tone::Degraded, format!("{short} has {grave} vulnerabilities by the scan of ECR")));
    }
    if running == Some(&image.digest) {
        warnings.push((Tone::Degraded, format!("{digest} runs already, by another name: nothing will be mended")));
    } else if let (Some(at), Some(before)) =
        (image.pushed, running.and_then(|d| image_candidates::found(container, d)?.pushed))
        && at < before
    {
        let text = "it is older than what runs: the older code must still work with the data as it is now";
        warnings.push((Tone::Plain, text.into()));
    }
    match wanted {
        Wanted::Tag(tag) if image.tags.iter().any(|t| t.name == **tag && t.mutable) => {
            let text = format!(
                "{short} is a mutable tag: what it stands for when it is deployed will run; its digest pins it"
            );
            warnings.push((Tone::Plain, text));
        }
        Wanted::Digest(_) if image.tags.is_empty() => {
            let text = format!("{digest} has no tag: a lifecycle policy may delete it while it is in use");
            warnings.push((Tone::Degraded, text));
        }
        _ => {}
    }
    if image.archived {
        warnings.push((Tone::Down, format!("{short} is archived in ECR: no task will start")));
    }
    image.archived
}

/// What is there already, what is under way, and what is not known.
fn doubts(facts: &DeployImageFacts, to: &Image, warnings: &mut Warnings) {
    let service = &facts.facts.service;
    match &facts.newer {
        Err(fault) => {
            warnings.push((Tone::Unknown, format!("whether there are newer revisions is not known: {fault}")))
        }
        Ok(newer) => {
            for (definition, images) in newer {
                let (short, number) = (definition.short(), definition.revision());
                let text = match images.contains(to) {
                    true => format!("{short} has this image already: b {number} deploys it and registers nothing"),
                    false => format!("{short} is newer and not in force: what it changed is not in the new one"),
                };
                warnings.push((Tone::Degraded, text));
            }
        }
    }
    if let Err(fault) = &facts.history {
        warnings
            .push((Tone::Unknown, format!("the history is not known, so what runs now is told by its tag: {fault}")));
    }
    if service.desired == 0 && !service.is_daemon() {
        warnings.push((Tone::Degraded, "scaled to zero: no task will start".into()));
    }
    if let Some(primary) = service.primary().filter(|p| p.rollout == Some(Rollout::InProgress)) {
        let text = format!("a deployment of {} is under way, this replaces it", primary.task_definition.short());
        warnings.push((Tone::Degraded, text));
    }
    if !service.breaker.enabled {
        let text = "no circuit breaker: if the new tasks fail, ECS goes on starting them for ever";
        warnings.push((Tone::Degraded, text.into()));
    }
}

/// What became of the revision where the service was not brought to it.
fn rest(rest: Rest) -> Option<String> {
    let made = TaskDefinitionRef::new(rest.taken?.started.clone()?);
    Some(match rest.is_certain {
        true => format!("{} is registered and nothing runs it: b {} deploys it", made.short(), made.revision()),
        false => format!("{} is registered; reading tells whether it is deployed", made.short()),
    })
}

fn progress(intent: &Intent, receipt: &Receipt, facts: &DeployImageFacts, now: Timestamp) -> Progress {
    // What follows a call whose answer was lost is not sent, though reading settled it.
    let left = intent.calls.get(receipt.calls..).unwrap_or_default();
    if let [_, ..] = left {
        let rest = rest(Rest { calls: left, taken: Some(receipt), is_certain: true }).unwrap_or_default();
        return Progress::ended(Verdict::Failed, rest);
    }
    deploy::progress(intent, receipt, &facts.facts, now)
}

fn applied(intent: &Intent, facts: &DeployImageFacts, now: Timestamp) -> Applied {
    let Some(asked) = intent.calls.first().and_then(Call::meant::<RegisterTaskDefinition>) else {
        return deploy::applied(intent, &facts.facts, now);
    };
    let Ok(newer) = &facts.newer else { return Applied::CannotTell };
    let before = intent.before.get("newest").and_then(Value::as_u64);
    let has = |image: &Image| *image.container == *asked.container && *image.reference == *asked.image;
    let made = newer.iter().find(|(other, images)| candidates::number(other) > before && images.iter().any(has));
    made.map_or(Applied::No, |(made, _)| Applied::Yes(Receipt::of("", Some(made.arn.clone()))))
}
