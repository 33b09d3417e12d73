//! An ECS service: tasks wanted and running, its deployments, and what the scheduler says.

use serde::{Deserialize, Serialize};

use crate::domain::prelude::*;

use super::history::History;
use super::resource::resource;
use super::task::Task;
use super::task::TaskDefinition;

/// Events that a service of a list carries, newest first: enough to recognise tasks that start and
/// die again and again. The detail has all that AWS remembers.
pub const ROW_EVENTS: usize = 10;

/// Which service deploys it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Controller {
    /// ECS itself (rolling, blue/green, linear, canary): the only one that takes a new deployment
    /// through UpdateService.
    Ecs,
    CodeDeploy,
    External,
}

/// Where a deployment is. AWS leaves it out for other controllers and behind a Classic Load
/// Balancer (API model, ecs Deployment$rolloutState).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rollout {
    InProgress,
    Completed,
    Failed,
}

/// Whether ECS gives up a deployment that cannot reach a steady state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CircuitBreaker {
    pub enabled: bool,
    pub rollback: bool,
}

/// One deployment of a service. The newest is PRIMARY.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deployment {
    /// `ecs-svc/…`: what UpdateService returns and the watch follows.
    pub id: Text,
    /// PRIMARY, ACTIVE (being replaced), INACTIVE.
    pub status: Text,
    pub task_definition: TaskDefinitionRef,
    pub desired: u32,
    pub running: u32,
    pub pending: u32,
    /// Consecutive failures: back to 0 once a task runs, so 0 proves nothing.
    pub failed: u32,
    pub rollout: Option<Rollout>,
    pub rollout_reason: Text,
    pub created: Option<Timestamp>,
    pub updated: Option<Timestamp>,
}

impl Deployment {
    pub fn is_primary(&self) -> bool {
        self.status == "PRIMARY"
    }
}

/// `family:revision` of a task definition ARN.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskDefinitionRef {
    pub arn: Text,
}

impl TaskDefinitionRef {
    pub fn new(arn: impl Into<Text>) -> Self {
        Self { arn: arn.into() }
    }

    /// `api:42`.
    pub fn short(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    /// `api`.
    pub fn family(&self) -> &str {
        self.short().split(':').next().unwrap_or_default()
    }

    /// The same family at another revision.
    pub fn at(&self, revision: u64) -> Self {
        let family = self.arn.rsplit_once(':').map_or(self.arn.as_str(), |(family, _)| family);
        Self::new(format!("{family}:{revision}"))
    }

    /// `42`.
    pub fn revision(&self) -> &str {
        self.arn.rsplit(':').next().unwrap_or_default()
    }

    /// The revision of the same family that comes so many after it. `None`: there can be none.
    pub fn after(&self, step: i32) -> Option<Self> {
        let (family, revision) = self.arn.rsplit_once(':')?;
        let revision = revision.parse::<i32>().ok()?.checked_add(step).filter(|revision| *revision > 0)?;
        Some(Self::new(format!("{family}:{revision}")))
    }
}

/// What the scheduler said. Autoscaling's messages are not in the API, duplicates are suppressed
/// for up to six hours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceEvent {
    pub at: Option<Timestamp>,
    pub message: Text,
}

/// A service as DescribeServices tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    pub id: ResourceId,
    pub name: Text,
    /// The cluster's name; also the part of the listing.
    pub cluster: Text,
    /// ACTIVE, DRAINING, INACTIVE.
    pub status: Text,
    pub desired: u32,
    pub running: u32,
    pub pending: u32,
    pub controller: Controller,
    /// ROLLING, BLUE_GREEN, LINEAR, CANARY; empty where AWS says nothing.
    pub strategy: Text,
    /// FARGATE, EC2, EXTERNAL, or the capacity providers (`FARGATE_SPOT 3, FARGATE 1`).
    pub launch: Text,
    /// REPLICA or DAEMON. A daemon has no desired count of its own.
    pub scheduling: Text,
    pub task_definition: TaskDefinitionRef,
    pub deployments: Vec<Deployment>,
    /// Percent of desired that must stay healthy in a rollout (rounded up).
    pub minimum_healthy: Option<u32>,
    /// Percent of desired that may run in a rollout (rounded down).
    pub maximum: Option<u32>,
    pub breaker: CircuitBreaker,
    /// Newest first. A row carries the few newest, the detail all (at most 100).
    pub events: Vec<ServiceEvent>,
    pub created: Option<Timestamp>,
    pub exec_enabled: bool,
    /// Image of each container of the task definition in force, once it was read.
    pub images: Vec<Image>,
    /// ARNs of the target groups that its tasks register with, those of blue/green's other side too.
    pub target_groups: Vec<Text>,
}

impl Service {
    /// Whether a revision is among those that are deployed now: what tasks of another did is history.
    pub fn deploys(&self, revision: &TaskDefinitionRef) -> bool {
        self.deployments.iter().any(|deployment| deployment.task_definition == *revision)
    }

    pub fn primary(&self) -> Option<&Deployment> {
        self.deployments.iter().find(|d| d.is_primary())
    }

    pub fn deployment(&self, id: &str) -> Option<&Deployment> {
        self.deployments.iter().find(|d| d.id == *id)
    }

    pub fn is_daemon(&self) -> bool {
        self.scheduling == "DAEMON"
    }

    /// What application autoscaling calls it.
    pub fn scaling_resource(&self) -> String {
        format!("service/{}/{}", self.cluster, self.name)
    }
}

resource!(Service, cluster);

/// A container image: registry/repository:tag or @digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Image {
    pub container: Text,
    pub reference: Text,
}

impl Image {
    /// The part after the last `:` or `@`, without the registry's port; `latest` where none is given.
    pub fn tag(&self) -> &str {
        let name = self.reference.rsplit('/').next().unwrap_or_default();
        if let Some((_, digest)) = name.split_once('@') {
            return digest;
        }
        name.split_once(':').map_or("latest", |(_, tag)| tag)
    }

    /// The same image by what its tag was resolved to.
    pub fn at(&self, digest: &str) -> Self {
        self.named(&format!("@{digest}"))
    }

    /// Another image of the same repository.
    pub fn tagged(&self, tag: &str) -> Self {
        self.named(&format!(":{tag}"))
    }

    fn named(&self, end: &str) -> Self {
        let start = self.reference.rfind('/').map_or(0, |slash| slash + 1);
        let name = self.reference[start..].split(['@', ':']).next().unwrap_or_default();
        let reference = format!("{}{name}{end}", &self.reference[..start]);
        Self { container: self.container.clone(), reference: reference.into() }
    }

    /// The repository's last name: `api` of `….amazonaws.com/team/api:1`.
    pub fn repository(&self) -> &str {
        let name = self.reference.rsplit('/').next().unwrap_or_default();
        name.split(['@', ':']).next().unwrap_or_default()
    }
}

/// What the detail view shows of a service beyond its row. Each piece fails on its own.
#[derive(Clone, Debug)]
pub struct ServiceDetail {
    /// With all events.
    pub service: Service,
    pub tasks: Result<Vec<Task>, Fault>,
    /// Stopped ones that ECS still remembers (about an hour), newest first.
    pub stopped: Result<Vec<Task>, Fault>,
    pub task_definition: Result<TaskDefinition, Fault>,
    pub scaling: Result<Option<ScalingBounds>, Fault>,
    /// What was deployed, and how that ended; empty where another controller deploys.
    pub history: Result<History, Fault>,
}

/// The application-autoscaling target over a service's desired count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalingBounds {
    pub min: u32,
    pub max: u32,
    /// Scaling in, out, or both is suspended.
    pub suspended_in: bool,
    pub suspended_out: bool,
    /// `target tracking: CPU 70 %`, one a policy; they fail on their own.
    pub policies: Result<Vec<Text>, Fault>,
}

/// What a plan over a service, and the watch after it, must know afresh.
#[derive(Clone, Debug)]
pub struct ServiceFacts {
    pub service: Service,
    pub scaling: Result<Option<ScalingBounds>, Fault>,
    pub task_definition: Result<TaskDefinition, Fault>,
    /// What ECR says of the images, in the task definition's order; empty for an action that does
    /// not run images.
    pub images: Vec<ImageFacts>,
    /// Tasks that ECS still remembers as stopped, newest first.
    pub stopped: Result<Vec<Task>, Fault>,
}

/// What ECR says of an image.
#[derive(Clone, Debug)]
pub struct ImageFacts {
    pub image: Image,
    /// `Ok(None)`: not an ECR image of this account and region, so nothing is known.
    pub registry: Result<Option<RegistryImage>, Fault>,
}

/// An image in ECR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryImage {
    /// The tag may be pushed again (imageTagMutability MUTABLE).
    pub mutable: bool,
    /// The digest that the reference resolves to now; `None` when there is no such image.
    pub digest: Option<Text>,
    pub pushed: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_counted_from_one() {
        let after = |arn: &str, step| TaskDefinitionRef::new(arn).after(step).map(|next| next.short().to_string());
        let arn = "arn:aws:ecs:eu-west-1:1:task-definition/api:9";
        assert_eq!((after(arn, 1), after(arn, -8)), (Some("api:10".into()), Some("api:1".into())));
        for (arn, step) in [(arn, -9), (arn, i32::MAX), ("api", 1), ("api:x", 1), ("", 1)] {
            assert_eq!(after(arn, step), None, "{arn} {step}");
        }
    }

    #[test]
    fn an_image_is_read_in_all_its_spellings() {
        for (reference, repository, tag) in [
            ("123.dkr.ecr.us-east-1.amazonaws.com/team/api:42", "api", "42"),
            ("localhost:5000/api", "api", "latest"),
            ("nginx", "nginx", "latest"),
            ("r/api@sha256:abcd", "api", "sha256:abcd"),
            ("r/api:1@sha256:abcd", "api", "sha256:abcd"),
        ] {
            let image = Image { container: "c".into(), reference: reference.into() };
            assert_eq!((image.repository(), image.tag()), (repository, tag), "{reference}");
            let pinned = image.at("sha256:ef");
            assert_eq!((pinned.repository(), pinned.tag()), (repository, "sha256:ef"), "{reference}");
            let registry = reference.rsplit_once('/').map_or("", |(registry, _)| registry);
            assert!(pinned.reference.starts_with(registry), "{reference}");
        }
    }
}
