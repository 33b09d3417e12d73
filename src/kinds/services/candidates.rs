//! The revisions that a service may be brought to: which one is meant by "back", what each ran, and
//! whether its images are still what they were.

use super::columns::{short_digest, short_image};
use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::history::{Candidate, DeploymentStatus, History, RollbackFacts, ServiceRevision};
use crate::domain::service::{Image, ImageFacts, TaskDefinitionRef};
use crate::domain::text::Text;
use crate::kinds::action::Choice;
use crate::kinds::cell::{Span, Tone};

/// The number of a revision, `42`.
pub fn number(definition: &TaskDefinitionRef) -> Option<u64> {
    definition.revision().parse().ok()
}

fn history(facts: &RollbackFacts) -> Option<&History> {
    facts.history.as_ref().ok()
}

/// Where a roll back goes if nothing else is chosen: where AWS takes what is under way, else to the
/// last that was deployed with success before the revision in force; without a history, to what
/// the service still runs beside it, or the next older revision.
pub fn suggested(facts: &RollbackFacts) -> Option<TaskDefinitionRef> {
    let service = &facts.facts.service;
    let current = number(&service.task_definition);
    let older = |definition: &TaskDefinitionRef| {
        *definition != service.task_definition && number(definition) < current && is_family(facts, definition)
    };
    if let Some(history) = history(facts) {
        if let Some(back) = history.under_way().and_then(|deployment| history.back(deployment)) {
            return Some(back.task_definition.clone());
        }
        let successful = history.deployments.iter().filter(|d| d.status == DeploymentStatus::Successful);
        let mut brought = successful.filter_map(|d| history.target(d)).map(|revision| &revision.task_definition);
        if let Some(definition) = brought.find(|definition| older(definition)) {
            return Some(definition.clone());
        }
    }
    let beside = service.deployments.iter().filter(|d| !d.is_primary()).map(|d| &d.task_definition);
    let known = facts.candidates.iter().filter(|c| c.active != Some(false)).map(|c| &c.definition);
    beside.chain(known).find(|definition| older(definition)).cloned()
}

fn is_family(facts: &RollbackFacts, definition: &TaskDefinitionRef) -> bool {
    definition.family() == facts.facts.service.task_definition.family()
}

/// Where the deployment under way goes back to, even if that is the task definition in force: one
/// that was forced brings the same revision with other images.
pub fn back(facts: &RollbackFacts) -> Option<&ServiceRevision> {
    let history = history(facts)?;
    history.back(history.under_way()?)
}

/// The service revision that a task definition ran as last.
pub fn last_run<'a>(facts: &'a RollbackFacts, definition: &TaskDefinitionRef) -> Option<&'a ServiceRevision> {
    if let Some(back) = back(facts).filter(|back| back.task_definition == *definition) {
        return Some(back);
    }
    let history = history(facts)?;
    history.target(history.last_of(definition)?)
}

/// The revision of that number.
///
/// # Errors
/// Why ECS would not deploy it.
pub fn chosen(facts: &RollbackFacts, wanted: u64) -> Result<Candidate, String> {
    let service = &facts.facts.service;
    let definition = service.task_definition.at(wanted);
    let short = definition.short().to_string();
    match facts.candidates.iter().find(|candidate| candidate.definition == definition) {
        Some(candidate) if candidate.active == Some(false) => {
            Err(format!("{short} is deregistered (INACTIVE): ECS deploys none of those"))
        }
        Some(candidate) => Ok(candidate.clone()),
        // Revisions are listed newest first, so what is newer than one of them would be among them.
        None if facts.family.is_none()
            && facts.candidates.iter().any(|c| c.active == Some(true) && number(&c.definition) < Some(wanted)) =>
        {
            Err(format!("there is no active revision {short}"))
        }
        None => Ok(Candidate { definition, active: None, images: None, ran: Vec::new() }),
    }
}

/// What the dialog lists: newest first, without the one in force unless it is gone back to.
pub fn choices(facts: &RollbackFacts, now: Timestamp) -> Vec<Choice> {
    let current = &facts.facts.service.task_definition;
    let suggested = suggested(facts);
    let is_offered =
        |candidate: &&Candidate| candidate.definition != *current || suggested.as_ref() == Some(&candidate.definition);
    (facts.candidates.iter().filter(is_offered))
        .map(|candidate| Choice {
            value: candidate.definition.revision().to_string(),
            columns: columns(facts, candidate, now),
            suggested: suggested.as_ref() == Some(&candidate.definition),
        })
        .collect()
}

/// Revision, image, what ran of it, when it was deployed last and how that ended.
fn columns(facts: &RollbackFacts, candidate: &Candidate, now: Timestamp) -> Vec<Span> {
    let definition = &candidate.definition;
    let dim = |text: &str| Span::new(text, Tone::Dim);
    let ran = last_run(facts, definition).map_or(&[][..], |revision| &revision.images);
    let (image, digest) = match &candidate.images {
        Some(Ok(images)) => (
            images.first().map_or_else(|| dim("no image"), |first| short_image(&first.image).into()),
            ran.first().and_then(|image| image.digest.as_ref()).or_else(|| images.first().and_then(now_is)),
        ),
        Some(Err(_)) => (Span::new("image not read", Tone::Unknown), None),
        None => (dim("image not looked up"), None),
    };
    let last = history(facts).and_then(|history| history.last_of(definition));
    let (when, state) = match last {
        _ if candidate.active == Some(false) => (Span::from(""), Span::new("deregistered", Tone::Degraded)),
        Some(deployment) => {
            let age = deployment.created.map(|at| format!("{} ago", format::age(at, now))).unwrap_or_default();
            (Span::from(age), Span::new(deployment.status.word(), tone(&deployment.status)))
        }
        None => (dim(""), dim("not in the history")),
    };
    let gone = matches!(&candidate.images, Some(Ok(images)) if images.iter().any(is_gone));
    let state = if gone { Span::new("image gone", Tone::Down) } else { state };
    vec![
        definition.short().into(),
        image,
        dim(&digest.map_or(String::new(), |digest| short_digest(digest))),
        when,
        state,
    ]
}

/// How the end of a service deployment sits.
pub fn tone(status: &DeploymentStatus) -> Tone {
    match status {
        DeploymentStatus::Successful => Tone::Plain,
        DeploymentStatus::RollbackSuccessful | DeploymentStatus::Stopped => Tone::Degraded,
        DeploymentStatus::RollbackFailed => Tone::Down,
        _ => Tone::Changing,
    }
}

fn now_is(image: &ImageFacts) -> Option<&Text> {
    image.registry.as_ref().ok()?.as_ref()?.digest.as_ref()
}

/// ECR has no such image.
fn is_gone(image: &ImageFacts) -> bool {
    matches!(&image.registry, Ok(Some(found)) if found.digest.is_none())
}

/// What will run in a container, and how that sits.
pub struct Pulled {
    pub container: Text,
    pub text: String,
    pub tone: Tone,
    /// What to think of before saying yes.
    pub warning: Option<(Tone, String)>,
}

/// What a new deployment of a revision would run: a tag is resolved anew (ECS guide, container image
/// resolution), so it is not always what ran then.
pub fn pulled(facts: &RollbackFacts, candidate: &Candidate) -> Vec<Pulled> {
    let bad = last_run(facts, &facts.facts.service.task_definition);
    let then = last_run(facts, &candidate.definition);
    let images = match &candidate.images {
        Some(Ok(images)) => images,
        Some(Err(fault)) => return vec![unknown(&format!("not read: {fault}"))],
        None => return vec![unknown("not looked up")],
    };
    images.iter().map(|image| of_tag(facts, image, digest_of(bad, image), digest_of(then, image))).collect()
}

fn unknown(text: &str) -> Pulled {
    Pulled { container: "".into(), text: text.to_string(), tone: Tone::Unknown, warning: None }
}

fn digest_of<'a>(revision: Option<&'a ServiceRevision>, image: &ImageFacts) -> Option<&'a Text> {
    let of = |ran: &&crate::domain::history::RevisionImage| ran.image.container == image.image.container;
    revision?.images.iter().find(of)?.digest.as_ref()
}

fn of_tag(facts: &RollbackFacts, image: &ImageFacts, bad: Option<&Text>, then: Option<&Text>) -> Pulled {
    let short = short_image(&image.image);
    let told = |text: String, tone, warning| Pulled { container: image.image.container.clone(), text, tone, warning };
    let found = match &image.registry {
        Err(fault) => return told(format!("{short}: not looked up: {fault}"), Tone::Unknown, None),
        Ok(None) => {
            let text = format!("{short} is not in this account's ECR: whether it is still there is not known");
            return told(text, Tone::Unknown, None);
        }
        Ok(Some(found)) => found,
    };
    let Some(now) = &found.digest else {
        let warning = (Tone::Down, format!("{short}: the image is gone from ECR: no task will start"));
        return told(format!("{short}: no such image in ECR"), Tone::Down, Some(warning));
    };
    let digest = short_digest(now);
    let same_name = in_force(facts, &image.image).is_some_and(|current| current.reference == image.image.reference);
    let comes_back = found.mutable && then != Some(now) && (bad == Some(now) || (bad.is_none() && same_name));
    if comes_back {
        let both = if same_name { "both revisions name" } else { "now the same image as in force:" };
        let pinned = then.map_or(String::new(), |then| {
            format!("; what ran then, {}, comes back only by its digest", short_digest(then))
        });
        let warning = format!("{both} {short}, a mutable tag: the image of now, {digest}, would run again{pinned}");
        return told(format!("{short} is mutable: {digest}, as in force"), Tone::Down, Some((Tone::Down, warning)));
    }
    match then {
        Some(then) if then == now => told(format!("{short}: {digest}, as it ran then"), Tone::Plain, None),
        Some(then) => {
            let then = short_digest(then);
            let warning = format!("{short} was pushed again: {digest} will run, not {then}, which ran then");
            told(format!("{short}: {digest}, not {then} as then"), Tone::Degraded, Some((Tone::Degraded, warning)))
        }
        None if found.mutable => told(format!("{short} is mutable: {digest}, as it stands now"), Tone::Plain, None),
        None => told(format!("{short}: {digest}"), Tone::Plain, None),
    }
}

/// The image of the same container in the revision in force.
fn in_force<'a>(facts: &'a RollbackFacts, image: &Image) -> Option<&'a Image> {
    let definition = facts.facts.task_definition.as_ref().ok()?;
    definition.images().find(|current| current.container == image.container)
}

/// What AWS runs when it goes back by itself to a service revision: the digests of then, which must
/// still be in ECR.
pub fn kept(candidate: Option<&Candidate>, back: &ServiceRevision) -> Vec<Pulled> {
    let looked_up: Vec<&ImageFacts> = candidate
        .map(|c| c.ran.iter().chain(c.images.iter().filter_map(|images| images.as_ref().ok()).flatten()).collect())
        .unwrap_or_default();
    (back.images.iter())
        .map(|ran| {
            let short = short_image(&ran.image);
            let told = |text, tone, warning| Pulled { container: ran.image.container.clone(), text, tone, warning };
            let Some(digest) = &ran.digest else {
                return told(format!("{short}: its digest is not told"), Tone::Unknown, None);
            };
            let digest_short = short_digest(digest);
            let of_it = looked_up.iter().filter(|image| image.image.container == ran.image.container);
            let pinned = of_it.clone().find(|image| image.image.tag() == &**digest);
            match pinned {
                Some(ImageFacts { registry: Ok(Some(found)), .. }) if found.digest.is_none() => told(
                    format!("{short}: {digest_short} is gone from ECR"),
                    Tone::Down,
                    Some((Tone::Down, format!("{short}: what ran then is gone from ECR: no new task will start"))),
                ),
                Some(ImageFacts { registry: Ok(Some(_)), .. }) => {
                    told(format!("{short}: {digest_short}, as it ran then"), Tone::Plain, None)
                }
                _ if of_it.clone().any(|image| now_is(image) == Some(digest)) => {
                    told(format!("{short}: {digest_short}, as it ran then"), Tone::Plain, None)
                }
                _ => {
                    told(format!("{short}: {digest_short}; whether ECR still has it is not known"), Tone::Unknown, None)
                }
            }
        })
        .collect()
}
