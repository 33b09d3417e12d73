//! What ECS remembers of a service's deployments, and what a roll back can go to. ECS keeps service
//! deployments for 90 days, those since 25 October 2024 (ECS guide, "View service history").

use strum::EnumString;

use crate::domain::prelude::*;

use super::service::{Image, ImageFacts, ServiceFacts, TaskDefinitionRef};

/// Where a service deployment is (API model, ServiceDeploymentStatus).
#[derive(Clone, Debug, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum DeploymentStatus {
    Pending,
    InProgress,
    Successful,
    StopRequested,
    Stopped,
    RollbackRequested,
    RollbackInProgress,
    RollbackSuccessful,
    RollbackFailed,
    /// One that we do not know, in AWS's word.
    #[strum(default)]
    Other(Text),
}

impl DeploymentStatus {
    /// Of AWS's word.
    pub fn of(word: &str) -> Self {
        word.parse().unwrap_or_else(|_| Self::Other(word.into()))
    }

    pub fn word(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in progress",
            Self::Successful => "successful",
            Self::StopRequested => "being stopped",
            Self::Stopped => "stopped",
            Self::RollbackRequested => "roll back requested",
            Self::RollbackInProgress => "rolling back",
            Self::RollbackSuccessful => "rolled back",
            Self::RollbackFailed => "roll back failed",
            Self::Other(word) => word,
        }
    }

    /// StopServiceDeployment takes it in these states alone (ECS API reference).
    pub fn can_be_stopped(&self) -> bool {
        matches!(self, Self::Pending | Self::InProgress)
    }

    /// It is on its way back already.
    pub fn is_going_back(&self) -> bool {
        matches!(self, Self::RollbackRequested | Self::RollbackInProgress)
    }

    /// It has come to no end yet.
    pub fn is_under_way(&self) -> bool {
        self.can_be_stopped() || self.is_going_back() || *self == Self::StopRequested
    }
}

/// A lifecycle hook at which a deployment waits for a person (target type PAUSE).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub hook: Text,
    /// When AWS goes on by itself, and how (CONTINUE, ROLLBACK).
    pub expires: Option<Timestamp>,
    pub then: Text,
}

/// One service deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceDeployment {
    pub arn: Text,
    pub status: DeploymentStatus,
    pub reason: Text,
    /// ARN of the service revision that it brings.
    pub target: Text,
    /// ARNs of the service revisions that it replaces; none in a service's first one.
    pub sources: Vec<Text>,
    pub created: Option<Timestamp>,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
    /// Of blue/green, linear and canary: where in its life it is (`BAKE_TIME`).
    pub stage: Text,
    pub pause: Option<Pause>,
    /// ARN of the service revision that AWS went back to, once it does.
    pub back_to: Option<Text>,
    /// Tasks that the circuit breaker counted as failed, and how many make it act.
    pub failures: Option<(u32, u32)>,
    /// The alarms that made it fail.
    pub alarms: Vec<Text>,
}

/// An image as a service revision runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionImage {
    pub image: Image,
    /// What the tag was resolved to when it was deployed; all its tasks run this.
    pub digest: Option<Text>,
}

/// One service revision: what a deployment brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRevision {
    pub arn: Text,
    pub task_definition: TaskDefinitionRef,
    pub images: Vec<RevisionImage>,
}

/// The service deployments that ECS remembers, newest first, and the revisions that they name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    pub deployments: Vec<ServiceDeployment>,
    pub revisions: Vec<ServiceRevision>,
}

impl History {
    pub fn deployment(&self, arn: &str) -> Option<&ServiceDeployment> {
        self.deployments.iter().find(|deployment| deployment.arn == *arn)
    }

    pub fn revision(&self, arn: &str) -> Option<&ServiceRevision> {
        self.revisions.iter().find(|revision| revision.arn == *arn)
    }

    /// What a deployment brings.
    pub fn target(&self, deployment: &ServiceDeployment) -> Option<&ServiceRevision> {
        self.revision(&deployment.target)
    }

    /// Where a deployment goes when it is rolled back: what AWS says, else of what it replaces that
    /// which was completed (ECS guide: back to the last completed one).
    pub fn back(&self, deployment: &ServiceDeployment) -> Option<&ServiceRevision> {
        if let Some(arn) = &deployment.back_to {
            return self.revision(arn);
        }
        let completed = |arn: &Text| {
            self.deployments.iter().any(|d| match d.status {
                DeploymentStatus::Successful => d.target == *arn,
                DeploymentStatus::RollbackSuccessful => d.back_to.as_ref() == Some(arn),
                _ => false,
            })
        };
        // What came before all that is remembered has been completed as well.
        let is_older = |arn: &Text| self.deployments.iter().all(|d| d.target != *arn);
        let sources = &deployment.sources;
        let source = sources.iter().find(|arn| completed(arn)).or(sources.iter().find(|arn| is_older(arn)));
        self.revision(source.or(sources.first())?)
    }

    /// The newest one, if it has not ended.
    pub fn under_way(&self) -> Option<&ServiceDeployment> {
        self.deployments.first().filter(|deployment| deployment.status.is_under_way())
    }

    /// The newest deployment that brought a task definition.
    pub fn last_of(&self, definition: &TaskDefinitionRef) -> Option<&ServiceDeployment> {
        self.deployments.iter().find(|d| self.target(d).is_some_and(|r| r.task_definition == *definition))
    }
}

/// A revision of the family that a service may be brought to.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub definition: TaskDefinitionRef,
    /// `Some(false)`: it is INACTIVE, and ECS takes none of those. `None`: not known.
    pub active: Option<bool>,
    /// Its images and what ECR says of them now; `None` where they were not looked up.
    pub images: Option<Result<Vec<ImageFacts>, Fault>>,
    /// The images that it ran, by digest: its tags may stand for others now.
    pub ran: Vec<ImageFacts>,
}

/// What the plan of a roll back, and the watch after it, must know afresh.
#[derive(Clone, Debug)]
pub struct RollbackFacts {
    pub facts: ServiceFacts,
    pub history: Result<History, Fault>,
    /// The newest revisions of the family, newest first, with the one in force.
    pub candidates: Vec<Candidate>,
    /// Why the family's revisions are not known.
    pub family: Option<Fault>,
}
