//! What a registry keeps of an image, and what deploying another one must know.

use strum::{EnumString, IntoStaticStr};

use crate::domain::prelude::*;

use super::history::History;
use super::service::{Image, ServiceFacts, TaskDefinitionRef};

/// How bad a vulnerability is (API model of ECR, FindingSeverity), worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, EnumString)]
#[strum(serialize_all = "UPPERCASE")]
pub enum Severity {
    Critical,
    High,
    Medium,
    Low,
    Informational,
    /// UNDEFINED, and what we do not know.
    Undefined,
}

words!(Severity);

impl Severity {
    /// Of AWS's word.
    pub fn of(word: &str) -> Self {
        word.parse().unwrap_or(Self::Undefined)
    }
}

/// What ECR knows of an image's vulnerabilities (imageScanFindingsSummary, imageScanStatus).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scan {
    Not,
    /// It tells a state and no findings, in AWS's word: IN_PROGRESS, FAILED, UNSUPPORTED_IMAGE.
    Status(Text),
    /// How many of which severity, worst first; none at all is a good word.
    Found(Vec<(Severity, u32)>),
}

/// A tag of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub name: Text,
    /// It may be pushed again (imageTagMutability).
    pub mutable: bool,
}

/// An image as ECR keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredImage {
    pub digest: Text,
    /// None for one whose tag went to another.
    pub tags: Vec<Tag>,
    pub pushed: Option<Timestamp>,
    pub scan: Scan,
    /// In the archive class, where nothing can pull it (imageStatus).
    pub archived: bool,
}

impl StoredImage {
    /// Whether a tag or a digest names it.
    pub fn is(&self, named: &str) -> bool {
        self.digest == *named || self.tags.iter().any(|tag| tag.name == *named)
    }

    /// What it is chosen by: its first tag, else its digest.
    pub fn name(&self) -> &Text {
        self.tags.first().map_or(&self.digest, |tag| &tag.name)
    }
}

/// A container and what could run in it.
#[derive(Clone, Debug)]
pub struct ContainerImages {
    /// As the task definition in force names it.
    pub image: Image,
    pub essential: bool,
    /// The images of its repository, newest first; `Ok(None)`: it is not in this account's and
    /// Region's ECR.
    pub images: Result<Option<Vec<StoredImage>>, Fault>,
}

/// What the plan of another image, and the watch after it, must know afresh.
#[derive(Clone, Debug)]
pub struct DeployImageFacts {
    pub facts: ServiceFacts,
    pub history: Result<History, Fault>,
    /// One for each container of the task definition in force, in its order.
    pub containers: Vec<ContainerImages>,
    /// The revisions of the family that are newer than the one in force, newest first, and their images.
    pub newer: Result<Vec<(TaskDefinitionRef, Vec<Image>)>, Fault>,
}
