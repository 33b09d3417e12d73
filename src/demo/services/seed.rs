//! The services of Harbour Lines as they are at the start.

use super::super::scenario::Scenario;
use super::fleet::Fleet;
use super::images;
use super::life::{digits, new_task};
use super::model::{Behaviour, Deployment, Release, Revision, Scaling, Service, State};
use crate::demo::prelude::*;
use crate::domain::history::DeploymentStatus;
use crate::domain::service::{CircuitBreaker, Controller};

/// (name, cluster, desired, revision, days since the last deployment)
type Line<'a> = (&'a str, &'a str, u32, u32, i64);

const PRODUCTION: &[Line] = &[
    ("booking-api", "harbour-core", 5, 41, 2),
    ("web", "harbour-core", 3, 118, 5),
    ("gateway", "harbour-core", 3, 27, 19),
    ("payments", "harbour-core", 2, 33, 11),
    ("search", "harbour-core", 3, 54, 6),
    ("timetable", "harbour-core", 2, 20, 33),
    ("notifier", "harbour-jobs", 2, 15, 11),
    ("worker", "harbour-jobs", 4, 17, 2),
    ("ingest", "harbour-jobs", 3, 18, 1),
    ("scheduler", "harbour-jobs", 1, 9, 40),
    ("reports", "harbour-jobs", 1, 31, 11),
    ("backfill", "harbour-jobs", 0, 5, 33),
    ("tiles", "harbour-edge", 3, 7, 19),
    ("log-router", "harbour-edge", 3, 3, 60),
];

const STAGING: &[Line] = &[
    ("booking-api", "harbour-staging", 2, 43, 1),
    ("web", "harbour-staging", 1, 119, 1),
    ("payments", "harbour-staging", 1, 34, 3),
    ("search", "harbour-staging", 1, 55, 2),
    ("worker", "harbour-staging", 1, 18, 2),
    ("ingest", "harbour-staging", 1, 19, 1),
];

const DEVELOPMENT: &[Line] = &[
    ("booking-api", "harbour-dev", 1, 44, 0),
    ("web", "harbour-dev", 1, 121, 0),
    ("worker", "harbour-dev", 1, 18, 4),
    ("sandbox", "harbour-dev", 0, 2, 50),
];

/// So many revisions before the one in force are known.
const PAST: u32 = 5;

impl Fleet {
    /// The services of a stage.
    pub fn new(place: &Place, scenario: Scenario, now: Timestamp, rng: &mut Rng) -> Self {
        let lines = match place.stage {
            "production" => PRODUCTION,
            "staging" => STAGING,
            _ => DEVELOPMENT,
        };
        let mut fleet = Self::default();
        for line in lines {
            let mut service = service(line, PAST, place, now, rng);
            special(&mut service, line.0, place.stage, now);
            fleet.add(service);
        }
        if place.stage == "production" {
            fleet.crowd(place, scenario.crowd, now, rng);
            if !place.calm && scenario.name != "flood" {
                fleet.bad_deploy = Some(later(now, 25));
            }
        }
        fleet
    }

    fn add(&mut self, service: Service) {
        if !self.clusters.contains(&service.cluster) {
            self.clusters.push(service.cluster.clone());
        }
        self.services.insert((service.cluster.clone(), service.name.clone()), service);
    }

    /// So many services more, a hundred in a cluster, to see how a large estate feels.
    fn crowd(&mut self, place: &Place, services: u32, now: Timestamp, rng: &mut Rng) {
        for route in 0..services {
            let (cluster, number) = (route / 100, route % 100);
            let (name, cluster) = (format!("route-{route:03}"), format!("harbour-crowd-{cluster}"));
            let line = (name.as_str(), cluster.as_str(), 2, 1 + number % 40, i64::from(number % 30));
            // Thousands of histories would take more memory than all the rest.
            let mut service = service(&line, 0, place, now, rng);
            service.tasks.shrink_to_fit();
            service.events.shrink_to_fit();
            self.add(service);
        }
    }
}

/// A service of which so many revisions before the one in force are known.
fn service(
    (name, cluster, desired, revision, days): &Line,
    past: u32,
    place: &Place,
    now: Timestamp,
    rng: &mut Rng,
) -> Service {
    let created = later(now, -days * DAY - rng.i64(3600..7200));
    let oldest = revision.saturating_sub(PAST).max(1);
    let known = revision.saturating_sub(past).max(1)..=*revision;
    let revisions = known
        .clone()
        .map(|number| Revision {
            number,
            tag: number.to_string(),
            build: number,
            like: number,
            reference: None,
            renamed: false,
            cpu: 512,
            memory: 1024,
            // ECR has expired the oldest image.
            behaviour: if number + PAST == *revision { Behaviour::Missing } else { Behaviour::Sound },
        })
        .collect();
    let id = format!("ecs-svc/{}", digits(rng));
    let deployment = Deployment {
        id: id.clone(),
        revision: *revision,
        created,
        updated: later(created, 90),
        failed: 0,
        state: State::Completed,
        reason: format!("ECS deployment {id} completed."),
    };
    // One of them was withdrawn, as happens.
    let is_withdrawn = |number: u32| number + 2 == *revision && number > oldest;
    let release = |number: u32| {
        let (age, withdrawn) = (i64::from(revision - number), is_withdrawn(number));
        let created = later(created, -age * 3 * DAY);
        Release {
            deployment: if age == 0 { id.clone() } else { format!("ecs-svc/{}{number:03}", &id[8..24]) },
            revision: number,
            source: (number > oldest).then(|| number - if is_withdrawn(number - 1) { 2 } else { 1 }),
            created,
            finished: Some(later(created, if withdrawn { 240 } else { 90 })),
            status: if withdrawn { DeploymentStatus::RollbackSuccessful } else { DeploymentStatus::Successful },
            reason: if withdrawn { "Service deployment rolled back because of a user request." } else { "" }
                .to_string(),
            failures: 0,
            back: withdrawn.then(|| (id.clone(), number - 1)),
        }
    };
    let releases = known.rev().map(release).collect();
    let mut service = Service {
        id: place.arn("ecs", &format!("service/{cluster}/{}", place.name(name))),
        name: place.name(name).to_string(),
        cluster: (*cluster).to_string(),
        desired: *desired,
        controller: Controller::Ecs,
        launch: "FARGATE".to_string(),
        daemon: false,
        minimum: 100,
        maximum: 200,
        breaker: CircuitBreaker { enabled: true, rollback: true },
        scaling: None,
        revisions,
        builds: Vec::new(),
        deployments: vec![deployment],
        releases,
        tasks: Vec::new(),
        one_off: Vec::new(),
        events: Vec::new(),
        created: later(now, -400 * DAY),
        mutable: false,
        exec: place.stage != "production",
    };
    for _ in 0..*desired {
        let started = later(created, rng.i64(20..90));
        let mut task = new_task(&service, &id, *revision, started, rng);
        task.runs_at = Some(later(started, 25));
        task.ends = None;
        service.tasks.push(task);
    }
    service.record_event(later(now, -rng.i64(600..18_000)), "has reached a steady state.".to_string());
    service
}

/// Autoscaling that went up in the afternoon and down in the evening.
fn scaling(desired: u32, (min, max): (u32, u32), policy: &str, now: Timestamp) -> Scaling {
    let done = vec![
        (later(now, -5 * 3600 - 1240), desired, "Low"),
        (later(now, -6 * 3600 - 310), desired + 1, "Low"),
        (later(now, -12 * 3600 - 95), desired + 2, "High"),
    ];
    Scaling { min, max, policy: policy.to_string(), done }
}

/// What makes single services worth a look.
fn special(service: &mut Service, name: &str, stage: &str, now: Timestamp) {
    let production = stage == "production";
    match name {
        "booking-api" => {
            service.builds = images::untried(now);
            // Without a breaker a bad deployment stays in progress for ever.
            service.breaker = CircuitBreaker { enabled: !production, rollback: !production };
            service.scaling = Some(scaling(service.desired, (2, 8), "target tracking: CPU 60 %", now));
        }
        "web" => {
            service.scaling = Some(scaling(service.desired, (2, 12), "target tracking: requests 800", now));
        }
        "payments" if production => service.controller = Controller::CodeDeploy,
        "worker" => {
            service.launch = "FARGATE_SPOT 3, FARGATE 1".to_string();
            service.exec = true;
        }
        "scheduler" => (service.minimum, service.maximum) = (100, 100),
        "log-router" => {
            service.daemon = true;
            service.launch = "EC2".to_string();
        }
        "reports" => {
            service.mutable = true;
            service.revisions.iter_mut().for_each(|revision| revision.tag = "latest".to_string());
        }
        _ => {}
    }
}
