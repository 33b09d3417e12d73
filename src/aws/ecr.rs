//! ECR: what an image's tag stands for now, and whether it may be pushed again.

use aws_sdk_ecr::types::{ImageIdentifier, ImageTagMutability, Repository};

use super::budget::Urgency;
use super::op::{DESCRIBE_IMAGES, DESCRIBE_REPOSITORIES};
use super::session::Session;
use crate::domain::Timestamp;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::service::{Image, RegistryImage};
use crate::domain::text::Text;

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

/// What ECR says of an image. `Ok(None)` when it is not in this account's and region's registry:
/// other registries are not asked.
pub async fn image(session: &Session, image: &Image) -> Result<Option<RegistryImage>, Fault> {
    let Some(reference) = parse(&image.reference) else { return Ok(None) };
    if reference.region != session.region || *session.identity().await?.account != *reference.account {
        return Ok(None);
    }
    let repositories = session.ecr.describe_repositories().repository_names(reference.repository).send();
    let repositories = session.ask(DESCRIBE_REPOSITORIES, Urgency::Now, repositories).await?;
    // A digest is what it is; only a tag can be moved.
    let mutable = match (reference.digest, reference.tag, repositories.repositories().first()) {
        (None, Some(tag), Some(repository)) => is_mutable(repository, tag),
        _ => false,
    };
    let id = ImageIdentifier::builder();
    let id = match reference.digest {
        Some(digest) => id.image_digest(digest),
        None => id.set_image_tag(reference.tag.map(str::to_string)),
    };
    let images = session.ecr.describe_images().repository_name(reference.repository).image_ids(id.build()).send();
    let images = match session.ask(DESCRIBE_IMAGES, Urgency::Now, images).await {
        Ok(images) => images,
        // The repository was found a moment ago, so it is the image that is missing.
        Err(fault) if fault.kind == FaultKind::NotFound => {
            return Ok(Some(RegistryImage { mutable, digest: None, pushed: None }));
        }
        Err(fault) => return Err(fault),
    };
    let found = images.image_details().first();
    Ok(Some(RegistryImage {
        mutable,
        digest: found.and_then(|d| d.image_digest()).map(Text::from),
        pushed: found.and_then(|d| d.image_pushed_at()).and_then(|at| Timestamp::from_second(at.secs()).ok()),
    }))
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
