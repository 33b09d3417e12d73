//! What services are made of: revisions, deployments, tasks.

use crate::demo::prelude::*;
use crate::domain::history::DeploymentStatus;
use crate::domain::image::Scan;
use crate::domain::service::{CircuitBreaker, Controller};

/// How a revision of a service behaves once it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    Sound,
    /// Exits with 1 some seconds after its start.
    Crashes,
    /// The image is not there.
    Missing,
}

/// One revision of a task definition.
#[derive(Clone, Debug)]
pub struct Revision {
    pub number: u32,
    pub tag: String,
    /// Which build its image is: the digest follows from it.
    pub build: u32,
    /// The revision whose definition it has, but for the image; itself for an ordinary one.
    pub like: u32,
    /// The image in full, where it is not named by a tag of the service's repository.
    pub reference: Option<String>,
    pub cpu: u32,
    pub memory: u32,
    pub behaviour: Behaviour,
    /// A variable of its environment has another name than the program asks for.
    pub renamed: bool,
}

/// An image in the service's repository that no revision came with.
#[derive(Clone, Debug)]
pub struct Build {
    pub number: u32,
    pub tag: &'static str,
    /// It is there from then on.
    pub pushed: Timestamp,
    pub behaviour: Behaviour,
    pub scan: Scan,
    /// It takes the renamed variable by its old name and by its new one.
    pub asks_for_either: bool,
}

/// One task, on its way from PROVISIONING to STOPPED.
#[derive(Clone, Debug)]
pub struct Task {
    pub id: String,
    pub deployment: String,
    pub revision: u32,
    pub created: Timestamp,
    /// When it will be, or became, RUNNING; `None` when it never will.
    pub runs_at: Option<Timestamp>,
    pub stopped: Option<Stop>,
    /// When it will end by itself, and how.
    pub ends: Option<(Timestamp, Stop)>,
    pub zone: &'static str,
    pub address: String,
}

impl Task {
    pub fn is_running(&self, now: Timestamp) -> bool {
        self.stopped.is_none() && self.runs_at.is_some_and(|at| at <= now)
    }

    /// Ends, if it is time for that. Whether it did.
    pub fn end_due(&mut self, now: Timestamp) -> bool {
        let due = self.ends.as_ref().filter(|(at, _)| self.stopped.is_none() && *at <= now).cloned();
        due.is_some_and(|(_, stop)| self.stopped.replace(stop).is_none())
    }
}

/// A task that no service keeps.
#[derive(Clone, Debug)]
pub struct OneOff {
    /// Its deployment is what it was said to be started by.
    pub task: Task,
    pub command: Vec<String>,
    /// By which a request that comes again is known.
    pub token: String,
}

/// How a task stopped, in AWS's words.
#[derive(Clone, Debug)]
pub struct Stop {
    pub at: Timestamp,
    pub code: &'static str,
    pub reason: String,
    pub exit: Option<i32>,
    pub container_reason: String,
}

impl Stop {
    /// One of which the container says nothing.
    pub fn new(at: Timestamp, code: &'static str, reason: impl Into<String>, exit: Option<i32>) -> Self {
        Self { at, code, reason: reason.into(), exit, container_reason: String::new() }
    }

    /// Its container ended with this code.
    pub fn exited(at: Timestamp, exit: i32) -> Self {
        Self::new(at, "EssentialContainerExited", "Essential container in task exited", Some(exit))
    }

    /// What the container says of it.
    pub fn with_container_reason(self, reason: &str) -> Self {
        Self { container_reason: reason.to_string(), ..self }
    }
}

/// One deployment.
#[derive(Clone, Debug)]
pub struct Deployment {
    pub id: String,
    pub revision: u32,
    pub created: Timestamp,
    pub updated: Timestamp,
    pub failed: u32,
    pub state: State,
    pub reason: String,
}

/// One service deployment, as the history keeps it.
#[derive(Clone, Debug)]
pub struct Release {
    /// Of the deployment that brings, or brought, its revision: its own id follows from it.
    pub deployment: String,
    pub revision: u32,
    /// What it replaces.
    pub source: Option<u32>,
    pub created: Timestamp,
    pub finished: Option<Timestamp>,
    pub status: DeploymentStatus,
    pub reason: String,
    pub failures: u32,
    /// The deployment that takes it back, and the revision of that.
    pub back: Option<(String, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    InProgress,
    Completed,
    Failed,
}

/// Application autoscaling over a service.
#[derive(Clone, Debug)]
pub struct Scaling {
    pub min: u32,
    pub max: u32,
    pub policy: String,
    /// When it set which count, and by the alarm at which end (`High`, `Low`); newest first.
    pub done: Vec<(Timestamp, u32, &'static str)>,
}

/// One service.
#[derive(Clone, Debug)]
pub struct Service {
    pub id: ResourceId,
    pub name: String,
    pub cluster: String,
    pub desired: u32,
    pub controller: Controller,
    pub launch: String,
    pub daemon: bool,
    pub minimum: u32,
    pub maximum: u32,
    pub breaker: CircuitBreaker,
    pub scaling: Option<Scaling>,
    pub revisions: Vec<Revision>,
    pub builds: Vec<Build>,
    /// Newest first.
    pub deployments: Vec<Deployment>,
    /// Newest first, those that ended too.
    pub releases: Vec<Release>,
    pub tasks: Vec<Task>,
    /// Tasks that were started beside it, oldest first.
    pub one_off: Vec<OneOff>,
    /// Newest first.
    pub events: Vec<(Timestamp, String)>,
    pub created: Timestamp,
    /// The tag may be pushed again.
    pub mutable: bool,
    pub exec: bool,
}

impl Service {
    pub fn revision(&self, number: u32) -> Option<&Revision> {
        self.revisions.iter().find(|revision| revision.number == number)
    }

    pub fn running(&self, deployment: &str, now: Timestamp) -> u32 {
        count(self.tasks.iter().filter(|task| task.deployment == deployment && task.is_running(now)))
    }

    pub fn pending(&self, deployment: &str, now: Timestamp) -> u32 {
        count(self.tasks.iter().filter(|t| t.deployment == deployment && t.stopped.is_none() && !t.is_running(now)))
    }

    /// Autoscaling wants so many tasks, and gets them up to its max.
    pub fn scale_out(&mut self, wanted: u32, at: Timestamp) {
        let Some(scaling) = &mut self.scaling else { return };
        let count = wanted.min(scaling.max);
        if count > self.desired {
            self.desired = count;
            scaling.done.insert(0, (at, count, "High"));
        }
    }

    pub fn record_event(&mut self, at: Timestamp, message: String) {
        self.events.insert(0, (at, format!("(service {}) {message}", self.name)));
        self.events.truncate(100);
    }
}

pub fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}
