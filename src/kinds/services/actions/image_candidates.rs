//! The images that could run in a container: which is meant by what was typed, what runs now, and
//! what ECR knows of each.

use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::history::RevisionImage;
use crate::domain::image::{ContainerImages, DeployImageFacts, Scan, Severity, StoredImage};
use crate::domain::service::Image;
use crate::domain::text::Text;
use crate::kinds::action::{Choice, Inputs, input};
use crate::kinds::cell::{Span, Tone};
use crate::kinds::services::candidates;
use crate::kinds::services::columns::{short_digest, short_image};

/// So many images are listed; any other can be typed.
const LISTED: usize = 50;

/// The length of a tag at most (ECR API, ImageTag).
const TAG: usize = 300;

/// What was typed for the image.
#[derive(Debug, PartialEq)]
pub enum Wanted<'a> {
    /// Nothing yet.
    Nothing,
    Tag(&'a str),
    /// `sha256:…`.
    Digest(&'a str),
    /// A whole reference, into any registry.
    Reference(&'a str),
}

impl<'a> Wanted<'a> {
    /// # Errors
    /// It names no image.
    pub fn parse(inputs: &'a Inputs) -> Result<Self, String> {
        let text = input(inputs, "image");
        let digest = |text: &str| {
            text.strip_prefix("sha256:").is_some_and(|hash| hash.len() == 64 && hash.bytes().all(is_small_hex))
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let is_reference = |c: char| is_name(c) || "/:@".contains(c);
        match text {
            "" => Ok(Self::Nothing),
            text if digest(text) => Ok(Self::Digest(text)),
            text if text.starts_with("sha256:") => Err(format!("a digest has 64 hexadecimal digits: {text}")),
            text if text.len() <= TAG && text.chars().all(is_name) && !text.starts_with(['-', '.']) => {
                Ok(Self::Tag(text))
            }
            text if text.contains(['/', ':']) && text.chars().all(is_reference) && !text.ends_with(['/', ':', '@']) => {
                Ok(Self::Reference(text))
            }
            text => Err(format!("neither a tag, a digest nor an image: {text}")),
        }
    }

    /// The image that it names in the place of this one.
    pub fn image(&self, now: &Image) -> Option<Image> {
        match self {
            Self::Nothing => None,
            Self::Tag(tag) => Some(now.tagged(tag)),
            Self::Digest(digest) => Some(now.at(digest)),
            Self::Reference(reference) => {
                Some(Image { container: now.container.clone(), reference: Text::new(reference) })
            }
        }
    }
}

fn is_small_hex(b: u8) -> bool {
    b.is_ascii_digit() || (b'a'..=b'f').contains(&b)
}

/// The container that is meant: the one that was chosen, else [`main`].
///
/// # Errors
/// The task definition has none of that name, or is not known.
pub fn of<'a>(facts: &'a DeployImageFacts, inputs: &Inputs) -> Result<&'a ContainerImages, String> {
    let short = facts.facts.service.task_definition.short();
    if let Err(fault) = &facts.facts.task_definition {
        return Err(format!("{short} is not read: {fault}"));
    }
    match input(inputs, "container") {
        "" => main(facts).ok_or_else(|| format!("{short} has no container")),
        name => facts
            .containers
            .iter()
            .find(|container| container.image.container == *name)
            .ok_or_else(|| format!("{short} has no container {name}")),
    }
}

/// The first essential container with an image in this account's ECR, or what comes nearest to that.
fn main(facts: &DeployImageFacts) -> Option<&ContainerImages> {
    let rank = |container: &&ContainerImages| (!container.essential, matches!(container.images, Ok(None)));
    facts.containers.iter().min_by_key(rank)
}

/// What the dialog lists of containers, where there are several.
pub fn containers(facts: &DeployImageFacts) -> Vec<Choice> {
    let suggested = main(facts).map(|container| &container.image.container);
    let choice = |container: &ContainerImages| Choice {
        value: container.image.container.to_string(),
        columns: vec![
            container.image.container.as_str().into(),
            short_image(&container.image).into(),
            Span::new(if container.essential { "" } else { "not essential" }, Tone::Dim),
        ],
        suggested: suggested == Some(&container.image.container),
    };
    facts.containers.iter().map(choice).collect()
}

/// What the dialog lists of images, newest first. It starts with the newest, unless that runs now.
pub fn images(facts: &DeployImageFacts, inputs: &Inputs, now: Timestamp) -> Vec<Choice> {
    let Ok(container) = of(facts, inputs) else { return Vec::new() };
    let Ok(Some(stored)) = &container.images else { return Vec::new() };
    let running = running(facts, container);
    (stored.iter().take(LISTED).enumerate())
        .map(|(place, image)| Choice {
            value: image.name().to_string(),
            columns: columns(image, running == Some(&image.digest), now),
            suggested: place == 0 && running != Some(&image.digest),
        })
        .collect()
}

/// Tags, digest, age, the verdict of the scan, what else there is to say.
fn columns(image: &StoredImage, runs: bool, now: Timestamp) -> Vec<Span> {
    let tags: Vec<&str> = image.tags.iter().map(|tag| tag.name.as_str()).collect();
    let tags = match &tags[..] {
        [] => Span::new("no tag", Tone::Dim),
        tags => tags.join(" ").into(),
    };
    let age = image.pushed.map(|at| format!("{} ago", format::age(at, now))).unwrap_or_default();
    let more = match image {
        _ if runs => Span::new("runs now", Tone::Accent),
        StoredImage { archived: true, .. } => Span::new("archived", Tone::Down),
        _ if image.tags.first().is_some_and(|tag| tag.mutable) => Span::new("mutable", Tone::Dim),
        _ => "".into(),
    };
    vec![tags, Span::new(short_digest(&image.digest), Tone::Dim), age.into(), verdict(&image.scan), more]
}

/// The worst severity with its count: `2 CRITICAL`, `not scanned`.
pub fn verdict(scan: &Scan) -> Span {
    match scan {
        Scan::Not => Span::new("not scanned", Tone::Dim),
        Scan::Status(status) => Span::new(format!("scan {}", status.to_lowercase().replace('_', " ")), Tone::Unknown),
        Scan::Found(found) => match found.first() {
            None => Span::new("scanned, nothing found", Tone::Ok),
            Some((severity, count)) => {
                let tone = if *severity <= Severity::High { Tone::Degraded } else { Tone::Plain };
                Span::new(format!("{count} {}", severity.word()), tone)
            }
        },
    }
}

/// The vulnerabilities that are worth a word before it runs: `1 CRITICAL and 3 HIGH`.
pub fn grave(scan: &Scan) -> Option<String> {
    let Scan::Found(found) = scan else { return None };
    let grave = found.iter().filter(|(severity, _)| *severity <= Severity::High);
    let grave: Vec<String> = grave.map(|(severity, count)| format!("{count} {}", severity.word())).collect();
    (!grave.is_empty()).then(|| grave.join(" and "))
}

/// The digest that runs in the container: as it was resolved when it was deployed, else what its
/// reference stands for now.
pub fn running<'a>(facts: &'a DeployImageFacts, container: &'a ContainerImages) -> Option<&'a Text> {
    let definition = &facts.facts.service.task_definition;
    let history = facts.history.as_ref().ok();
    let deployed = history.and_then(|history| history.target(history.last_of(definition)?));
    let of = |ran: &&RevisionImage| ran.image.container == container.image.container;
    let resolved = deployed.and_then(|revision| revision.images.iter().find(of)?.digest.as_ref());
    resolved.or_else(|| Some(&found(container, container.image.tag())?.digest))
}

/// The image of that tag or digest.
pub fn found<'a>(container: &'a ContainerImages, named: &str) -> Option<&'a StoredImage> {
    let Ok(Some(stored)) = &container.images else { return None };
    stored.iter().find(|image| image.is(named))
}

/// The newest revision of the family that reading tells, as its number.
pub fn newest(facts: &DeployImageFacts) -> Option<u64> {
    let newer = facts.newer.iter().flatten().map(|(definition, _)| definition);
    newer.chain([&facts.facts.service.task_definition]).filter_map(candidates::number).max()
}
