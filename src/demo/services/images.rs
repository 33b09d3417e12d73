//! What ECR keeps for a service, and revisions that are registered with another image.

use super::model::{self, Behaviour, Build, Revision};
use super::{releases, show};
use crate::demo::prelude::*;
use crate::domain::history::History;
use crate::domain::image::{ContainerImages, DeployImageFacts, Scan, Severity, StoredImage, Tag};
use crate::domain::requests::ecs::RegisterTaskDefinition;
use crate::domain::service::{Controller, ServiceFacts, TaskDefinitionRef};

/// The builds that have no revision begin to be counted here.
const APART: u32 = 1000;

/// What deploying another image must know.
pub fn facts(estate: &Estate, service: &model::Service, facts: ServiceFacts, now: Timestamp) -> DeployImageFacts {
    let current = service.deployments.first().map_or(0, |deployment| deployment.revision);
    let newer = service.revisions.iter().rev().filter(|revision| revision.number > current);
    let newer = newer.map(|revision| {
        let definition = TaskDefinitionRef::new(estate.place.task_definition_arn(service, revision.number));
        (definition, vec![show::image(estate, service, revision.number)])
    });
    DeployImageFacts {
        containers: vec![ContainerImages {
            image: show::image(estate, service, current),
            essential: true,
            images: Ok(Some(stored(service, now))),
        }],
        newer: Ok(newer.collect()),
        history: Ok(match service.controller {
            Controller::Ecs => releases::history(estate, service),
            _ => History::default(),
        }),
        facts,
    }
}

/// The images of the service's repository, newest first.
fn stored(service: &model::Service, now: Timestamp) -> Vec<StoredImage> {
    let ordinary = || service.revisions.iter().filter(|revision| revision.build == revision.number);
    let newest = ordinary().next_back().map(|revision| revision.number);
    let built = ordinary().filter(|revision| revision.behaviour != Behaviour::Missing);
    let of_revision = |revision: &Revision| {
        let release = service.releases.iter().rev().find(|release| release.revision == revision.number);
        let is_tagged = !service.mutable || newest == Some(revision.number);
        StoredImage {
            digest: show::digest(revision.build),
            tags: if is_tagged { vec![tag(service, &revision.tag)] } else { Vec::new() },
            pushed: release.map(|release| later(release.created, -600)),
            scan: scan_of(revision.number),
            archived: false,
        }
    };
    let apart = |build: &Build| StoredImage {
        digest: show::digest(build.number),
        tags: vec![tag(service, build.tag)],
        pushed: Some(build.pushed),
        scan: build.scan.clone(),
        archived: false,
    };
    let builds = service.builds.iter().filter(|build| build.pushed <= now);
    let mut stored: Vec<StoredImage> = built.map(of_revision).chain(builds.map(apart)).collect();
    stored.sort_by_key(|image| std::cmp::Reverse(image.pushed));
    stored
}

fn tag(service: &model::Service, name: &str) -> Tag {
    Tag { name: Text::new(name), mutable: service.mutable }
}

/// What the scan of an ordinary build found.
fn scan_of(number: u32) -> Scan {
    Scan::Found(match number % 4 {
        0 => vec![(Severity::High, 1), (Severity::Medium, 4)],
        1 => vec![(Severity::Medium, 2), (Severity::Low, 7)],
        2 => vec![(Severity::Low, 3)],
        _ => Vec::new(),
    })
}

/// Builds that nobody has deployed: one with holes, and one that does not start.
pub fn untried(now: Timestamp) -> Vec<Build> {
    let holes = Scan::Found(vec![(Severity::Critical, 2), (Severity::High, 5), (Severity::Medium, 9)]);
    vec![
        Build {
            number: APART + 1,
            tag: "41-debug",
            pushed: later(now, -26 * 3600),
            behaviour: Behaviour::Sound,
            scan: holes,
            asks_for_either: false,
        },
        Build {
            number: APART + 2,
            tag: "next-7f3a",
            pushed: later(now, -20 * 60),
            behaviour: Behaviour::Crashes,
            scan: Scan::Not,
            asks_for_either: false,
        },
    ]
}

/// The build that mends the bad deployment, pushed a little after it.
pub fn fix(now: Timestamp) -> Build {
    Build {
        number: APART + 3,
        tag: "42.1",
        pushed: later(now, 10),
        behaviour: Behaviour::Sound,
        scan: Scan::Found(vec![(Severity::Low, 3)]),
        asks_for_either: true,
    }
}

impl Perform for RegisterTaskDefinition {
    /// All else of the definition stays.
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        let Moment { estate, now, .. } = moment;
        let short = self.task_definition.as_str();
        let of_family = |service: &&model::Service| releases::revision(service, short).is_ok();
        let missing = || Refusal::invalid("ClientException: Unable to describe task definition.");
        let service = estate.services().find(of_family).ok_or_else(missing)?;
        let key = (service.cluster.clone(), service.name.clone());
        let base =
            releases::revision(service, short).ok().and_then(|number| service.revision(number)).ok_or_else(missing)?;
        let named = self.image.strip_prefix(&estate.place.repository(service));
        let pointer = named.and_then(|rest| rest.strip_prefix([':', '@']));
        let image = pointer.and_then(|pointer| stored(service, *now).into_iter().find(|image| image.is(pointer)));
        let build =
            image.as_ref().and_then(|image| service.builds.iter().find(|b| show::digest(b.number) == image.digest));
        let ordinary =
            image.as_ref().and_then(|i| service.revisions.iter().find(|r| show::digest(r.build) == i.digest));
        let asks_for_either = build.is_some_and(|build| build.asks_for_either);
        let behaviour = match (&image, build) {
            (None, _) => Behaviour::Missing,
            (_, Some(build)) if build.behaviour != Behaviour::Sound => build.behaviour,
            // It asks for a variable that the definition does not have any more.
            _ if base.renamed && !asks_for_either => Behaviour::Crashes,
            _ => Behaviour::Sound,
        };
        let number = service.revisions.iter().map(|revision| revision.number).max().unwrap_or(0) + 1;
        let revision = Revision {
            number,
            tag: pointer.unwrap_or_default().to_string(),
            build: build.map(|build| build.number).or(ordinary.map(|r| r.build)).unwrap_or(APART),
            // As it was named: a digest, or an image of another registry.
            reference: named.is_none_or(|rest| rest.starts_with('@')).then(|| self.image.clone()),
            behaviour,
            ..base.clone()
        };
        let arn = estate.place.task_definition_arn(service, number);
        let service = estate.ecs_mut().services.get_mut(&key).ok_or_else(missing)?;
        service.revisions.push(revision);
        Ok(receipt(moment.rng, Some(arn)))
    }

    fn attempt_label(&self) -> Option<String> {
        None
    }
}
