//! ECR: what an image's tag stands for now, whether it may be pushed again, and what else there is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecr::types::{ImageDetail, ImageIdentifier, ImageTagMutability, Repository};
use futures_util::future::join_all;

use crate::aws::prelude::*;
use crate::domain::image::{Scan, Severity, StoredImage, Tag};
use crate::domain::ops::ecr::{DESCRIBE_IMAGES, DESCRIBE_REPOSITORIES};
use crate::domain::service::{Image, ImageFacts, RegistryImage};

sdk_client!(aws_sdk_ecr, "ECR", "ecr");

/// DescribeImages: the most identifiers of a call, and images of a page (API model).
const IDS: usize = 100;
const PAGE: i32 = 1000;
/// Pages read at most.
const PAGES: usize = 5;

/// An image reference into a private ECR registry.
#[derive(Debug, PartialEq, Eq)]
struct Reference<'a> {
    account: &'a str,
    region: &'a str,
    repository: &'a str,
    /// A tag, or a digest (`sha256:…`).
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

/// Reads `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG`, and the dual-stack form
/// `ACCOUNT.dkr-ecr.REGION.on.aws/…` (Amazon ECR User Guide, "Registries").
fn parse(reference: &str) -> Option<Reference<'_>> {
    let (host, path) = reference.split_once('/')?;
    let mut labels = host.split('.');
    let account = labels.next().filter(|a| a.len() == 12 && a.bytes().all(|b| b.is_ascii_digit()))?;
    let region = match (labels.next()?, host) {
        ("dkr", _) => match labels.next()? {
            "ecr" | "ecr-fips" => labels.next()?,
            _ => return None,
        },
        ("dkr-ecr" | "dkr-ecr-fips", _) => labels.next()?,
        _ => return None,
    };
    let (path, digest) = match path.split_once('@') {
        Some((path, digest)) => (path, Some(digest)),
        None => (path, None),
    };
    let (repository, tag) = match path.rsplit_once(':') {
        Some((repository, tag)) => (repository, Some(tag)),
        None => (path, None),
    };
    // Without either, the tag `latest` is meant.
    let tag = if tag.is_none() && digest.is_none() { Some("latest") } else { tag };
    Some(Reference { account, region, repository, tag, digest })
}

/// What an image is found by: a digest is what it is, only a tag can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pointer<'a> {
    Tag(&'a str),
    Digest(&'a str),
}

impl Reference<'_> {
    fn pointer(&self) -> Pointer<'_> {
        match (self.digest, self.tag) {
            (Some(digest), _) => Pointer::Digest(digest),
            (None, tag) => Pointer::Tag(tag.unwrap_or("latest")),
        }
    }
}

impl Pointer<'_> {
    fn id(self) -> ImageIdentifier {
        let id = ImageIdentifier::builder();
        match self {
            Self::Tag(tag) => id.image_tag(tag),
            Self::Digest(digest) => id.image_digest(digest),
        }
        .build()
    }

    fn is(self, image: &ImageDetail) -> bool {
        match self {
            Self::Tag(tag) => image.image_tags().iter().any(|known| known == tag),
            Self::Digest(digest) => image.image_digest() == Some(digest),
        }
    }
}

/// What ECR says of images, in their order. `Ok(None)` for one that is not in this account's and
/// region's registry: other registries are not asked. Each repository is asked once for all of its
/// own, as ECR's quota is small.
pub async fn images(session: &Session, images: &[Image]) -> Vec<ImageFacts> {
    let mut wanted: BTreeMap<&str, BTreeSet<Pointer>> = BTreeMap::new();
    let references = references(session, images).await;
    for reference in references.iter().flatten().flatten() {
        wanted.entry(reference.repository).or_default().insert(reference.pointer());
    }
    let repositories = join_all(
        wanted.iter().map(|(name, pointers)| async { (*name, repository_images(session, name, pointers).await) }),
    );
    let repositories: BTreeMap<&str, Result<RepositoryImages, Fault>> = repositories.await.into_iter().collect();
    let found = |reference: &Result<Option<Reference>, Fault>| {
        let Some(reference) = reference.as_ref().map_err(Fault::clone)? else { return Ok(None) };
        let read = repositories.get(reference.repository).map(|read| read.as_ref().map_err(Fault::clone));
        Ok(read.transpose()?.map(|images| images.find(reference.pointer())))
    };
    let told = images.iter().zip(&references);
    told.map(|(image, reference)| ImageFacts { image: image.clone(), registry: found(reference) }).collect()
}

/// The references of images, as far as they are into the registry of this account and Region. Without knowing
/// the account nothing is known of any that may be.
async fn references<'a>(session: &Session, images: &'a [Image]) -> Vec<Result<Option<Reference<'a>>, Fault>> {
    let identity = session.identity().await;
    let ours = |image: &'a Image| {
        let Some(reference) = parse(&image.reference) else { return Ok(None) };
        let account = &identity.as_ref().map_err(Fault::clone)?.account;
        Ok(Some(reference).filter(|r| r.region == session.region && *r.account == **account))
    };
    images.iter().map(ours).collect()
}

/// A repository, with those of its images that were asked for, or all of them.
struct RepositoryImages {
    repository: Option<Repository>,
    images: Vec<ImageDetail>,
}

impl RepositoryImages {
    fn find(&self, pointer: Pointer) -> RegistryImage {
        let found = self.images.iter().find(|image| pointer.is(image));
        let mutable = |tag| self.repository.as_ref().is_some_and(|repository| is_mutable(repository, tag));
        RegistryImage {
            mutable: matches!(pointer, Pointer::Tag(tag) if mutable(tag)),
            digest: found.and_then(|d| d.image_digest()).map(Text::from),
            pushed: found.and_then(|d| d.image_pushed_at()).and_then(|at| Timestamp::from_second(at.secs()).ok()),
        }
    }
}

async fn repository_images(
    session: &Session,
    name: &str,
    wanted: &BTreeSet<Pointer<'_>>,
) -> Result<RepositoryImages, Fault> {
    let repository = repository(session, name).await?;
    let mut images = Vec::new();
    for pointers in wanted.iter().collect::<Vec<_>>().chunks(IDS) {
        let ids = pointers.iter().map(|pointer| pointer.id()).collect();
        let request = client(session).describe_images().repository_name(name).set_image_ids(Some(ids)).send();
        match session.ask(DESCRIBE_IMAGES, Urgency::Now, request).await {
            Ok(told) => images.extend(told.image_details().iter().cloned()),
            // The repository was found a moment ago, so it is an image that is missing.
            Err(fault) if fault.kind == FaultKind::NotFound && wanted.len() == 1 => {}
            // One of several is missing, and ECR tells nothing of the others: they are looked for
            // among all there are.
            Err(fault) if fault.kind == FaultKind::NotFound => {
                images = everything(session, name).await?;
                break;
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(RepositoryImages { repository, images })
}

async fn repository(session: &Session, name: &str) -> Result<Option<Repository>, Fault> {
    let request = client(session).describe_repositories().repository_names(name).send();
    let told = session.ask(DESCRIBE_REPOSITORIES, Urgency::Now, request).await?;
    Ok(told.repositories().first().cloned())
}

/// All images of a repository.
async fn everything(session: &Session, name: &str) -> Result<Vec<ImageDetail>, Fault> {
    let told = pages(PAGES, |token| async move {
        let request = client(session).describe_images().repository_name(name);
        let request = request.max_results(PAGE).set_next_token(token).send();
        let page = session.ask(DESCRIBE_IMAGES, Urgency::Now, request).await?;
        Ok((page.image_details.unwrap_or_default(), page.next_token))
    });
    match told.await {
        Pages { items, end: End::Whole, .. } => Ok(items),
        Pages { end: End::Failed(fault), .. } => Err(fault),
        Pages { items, end: End::Cut, .. } => {
            let why = format!("{name} has more than {} images, which are not read", items.len());
            Err(Fault::new(FaultKind::Other, DESCRIBE_IMAGES.to_string(), why))
        }
    }
}

/// Everything in the repositories of these images, newest first, in their order. `Ok(None)` as for
/// [`images`].
pub async fn repositories(session: &Session, images: &[Image]) -> Vec<Result<Option<Vec<StoredImage>>, Fault>> {
    let references = references(session, images).await;
    let wanted: BTreeSet<&str> = references.iter().flatten().flatten().map(|reference| reference.repository).collect();
    let read = join_all(wanted.iter().map(|name| async { (*name, stored(session, name).await) })).await;
    let read: BTreeMap<&str, Result<Vec<StoredImage>, Fault>> = read.into_iter().collect();
    let found = |reference: Result<Option<Reference>, Fault>| {
        reference?.and_then(|reference| read.get(reference.repository)).cloned().transpose()
    };
    references.into_iter().map(found).collect()
}

/// The images of a repository, newest first; ECR tells them in no order.
async fn stored(session: &Session, name: &str) -> Result<Vec<StoredImage>, Fault> {
    let repository = repository(session, name).await?;
    let mutable = |tag: &str| repository.as_ref().is_none_or(|repository| is_mutable(repository, tag));
    let mut stored: Vec<StoredImage> = (everything(session, name).await?.iter())
        .map(|image| StoredImage {
            digest: image.image_digest().unwrap_or_default().into(),
            tags: image.image_tags().iter().map(|tag| Tag { name: Text::new(tag), mutable: mutable(tag) }).collect(),
            pushed: image.image_pushed_at().and_then(|at| Timestamp::from_second(at.secs()).ok()),
            scan: scan(image),
            archived: image.image_status().is_some_and(|status| status.as_str() != "ACTIVE"),
        })
        .collect();
    stored.sort_by_key(|image| Reverse(image.pushed));
    Ok(stored)
}

fn scan(image: &ImageDetail) -> Scan {
    let counts = image.image_scan_findings_summary().map(|summary| summary.finding_severity_counts());
    let status = image.image_scan_status().and_then(|status| status.status());
    match (counts, status) {
        (Some(counts), _) => {
            let mut found: Vec<(Severity, u32)> = (counts.into_iter().flatten())
                .map(|(severity, count)| (Severity::of(severity.as_str()), u32::try_from(*count).unwrap_or(0)))
                .filter(|(_, count)| *count > 0)
                .collect();
            found.sort_unstable();
            Scan::Found(found)
        }
        (None, Some(status)) => Scan::Status(status.as_str().into()),
        (None, None) => Scan::Not,
    }
}

/// Whether a tag may be pushed again. A setting that we do not know counts as mutable: the plan
/// then warns rather than promises.
fn is_mutable(repository: &Repository, tag: &str) -> bool {
    let excepted = repository.image_tag_mutability_exclusion_filters().iter().any(|f| matches(f.filter(), tag));
    match repository.image_tag_mutability() {
        Some(ImageTagMutability::Immutable) => false,
        Some(ImageTagMutability::ImmutableWithExclusion) => excepted,
        Some(ImageTagMutability::MutableWithExclusion) => !excepted,
        _ => true,
    }
}

/// Whether a tag matches a filter, in which `*` stands for anything.
fn matches(filter: &str, tag: &str) -> bool {
    let mut parts = filter.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = tag.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_apart() {
        let read = |r| parse(r).map(|r| (r.account, r.region, r.repository, r.tag, r.digest));
        assert_eq!(
            read("123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api:42"),
            Some(("123456789012", "eu-west-1", "team/api", Some("42"), None))
        );
        assert_eq!(
            read("123456789012.dkr-ecr.eu-west-1.on.aws/api"),
            Some(("123456789012", "eu-west-1", "api", Some("latest"), None))
        );
        assert_eq!(
            read("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/api:1@sha256:ab"),
            Some(("123456789012", "cn-north-1", "api", Some("1"), Some("sha256:ab")))
        );
        for other in ["nginx:1", "public.ecr.aws/x/api:1", "localhost:5000/api", "123.dkr.ecr.x/api"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn exclusions_of_mutability_are_wildcards() {
        for (filter, tag, expected) in [
            ("prod-*", "prod-1", true),
            ("prod-*", "dev-1", false),
            ("*", "x", true),
            ("v*.*-rc*", "v1.2-rc3", true),
            ("v*.*-rc", "v1.2-rc3", false),
            ("exact", "exact", true),
            ("exact", "exactly", false),
        ] {
            assert_eq!(matches(filter, tag), expected, "{filter} {tag}");
        }
    }
}
