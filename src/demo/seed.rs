//! The estate of Harbour Lines, a ferry operator that never was.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::days::{self, Course};
use super::life::{hex, new_task};
use super::memory::{Memory, Strain};
use super::model::{Behaviour, Deployment, Estate, Release, Revision, Scaling, Service, State};
use super::{alarms, caches, cdn, databases, images, trail};
use crate::domain::Timestamp;
use crate::domain::history::DeploymentStatus;
use crate::domain::resource::ResourceId;
use crate::domain::service::{CircuitBreaker, Controller};
use crate::domain::text::Text;

/// (name, cluster, desired, revision, days since the last deployment)
type Line = (&'static str, &'static str, u32, u32, i64);

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

/// Seconds.
pub const DAY: i64 = 86_400;

/// Where something stands.
pub struct Place {
    pub account: &'static str,
    pub region: &'static str,
    pub stage: &'static str,
    /// Nothing bad happens by itself.
    pub calm: bool,
}

impl Place {
    /// `harbour-payments-production`.
    pub fn name(&self, what: &str) -> Text {
        format!("harbour-{what}-{}", self.stage).into()
    }

    /// The ARN in this account and Region of what comes after them, `db:harbour-payments-production`.
    pub fn arn(&self, service: &str, tail: &str) -> ResourceId {
        ResourceId(format!("arn:aws:{service}:{}:{}:{tail}", self.region, self.account).into())
    }

    /// An availability zone by its letter.
    pub fn zone(&self, letter: &str) -> Text {
        format!("{}{letter}", self.region).into()
    }
}

/// The three environments as they are at the start.
pub fn estates(now: Timestamp, rng: &mut Rng, scenario: &'static str) -> Vec<Estate> {
    let mut production =
        estate(("harbour-production", "417228905561", "eu-west-1"), "production", scenario, PRODUCTION, now, rng);
    if !is_calm(scenario) && !["crowd", "flood"].contains(&scenario) {
        production.bad_deploy = Some(later(now, 25));
    }
    production.day = days::named(scenario).map(Course::new);
    let staging = estate(("harbour-staging", "608815332204", "eu-west-1"), "staging", scenario, STAGING, now, rng);
    let development =
        estate(("harbour-development", "331907764418", "eu-central-1"), "development", scenario, DEVELOPMENT, now, rng);
    vec![production, staging, development]
}

/// A moment in the last nights, at so many seconds after midnight UTC; night 1 is the last one.
pub fn night(now: Timestamp, nights: i64, seconds: i64) -> Timestamp {
    let midnight = now.as_second() - now.as_second().rem_euclid(DAY);
    let last = if midnight + seconds <= now.as_second() - 3600 { midnight + seconds } else { midnight + seconds - DAY };
    Timestamp::from_second(last - (nights - 1) * DAY).unwrap_or(now)
}

/// A moment so many seconds after another.
pub fn later(at: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(at.as_second() + seconds).unwrap_or(at)
}

fn estate(
    (profile, account, region): (&'static str, &'static str, &'static str),
    stage: &'static str,
    scenario: &'static str,
    lines: &[Line],
    now: Timestamp,
    rng: &mut Rng,
) -> Estate {
    let place = Place { account, region, stage, calm: is_calm(scenario) };
    let mut estate = Estate {
        profile,
        account,
        region,
        role: "ops-role",
        services: BTreeMap::new(),
        clusters: Vec::new(),
        bad_deploy: None,
        scenario,
        begun: now,
        databases: databases::Fleet::new(&place, now),
        caches: caches::Fleet::new(&place, now),
        distributions: cdn::Fleet::new(&place, now),
        alarms: alarms::Fleet::new(&place, now),
        memory: Memory::default(),
        day: None,
        trail: trail::Trail::new(account, region, now),
    };
    for line in lines {
        let mut service = service(line, stage, now, rng);
        special(&mut service, line.0, stage, now);
        if service.desired == 0 {
            estate.memory.set(Strain::Idle, line.0, 1.0, i64::MIN);
        }
        add(&mut estate, service);
    }
    alarms::settle(&mut estate, now);
    estate
}

/// Whether nothing bad happens by itself, or nothing besides what is played.
pub fn is_calm(scenario: &str) -> bool {
    ["calm", "crowd"].contains(&scenario) || days::named(scenario).is_some()
}

fn add(estate: &mut Estate, service: Service) {
    if !estate.clusters.contains(&service.cluster) {
        estate.clusters.push(service.cluster.clone());
    }
    estate.services.insert((service.cluster.clone(), service.name.clone()), service);
}

fn service((name, cluster, desired, revision, days): &Line, stage: &str, now: Timestamp, rng: &mut Rng) -> Service {
    let created = later(now, -days * DAY - rng.i64(3600..7200));
    let oldest = revision.saturating_sub(PAST).max(1);
    let revisions = (oldest..=*revision)
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
    let releases = (oldest..=*revision).rev().map(release).collect();
    let mut service = Service {
        name: format!("harbour-{name}-{stage}"),
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
        exec: stage != "production",
    };
    for _ in 0..*desired {
        let started = later(created, rng.i64(20..90));
        let mut task = new_task(&service, &id, *revision, started, rng);
        task.runs_at = Some(later(started, 25));
        task.ends = None;
        service.tasks.push(task);
    }
    service.say(later(now, -rng.i64(600..18_000)), "has reached a steady state.".to_string());
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

/// So many services more, a hundred in a cluster, to see how a large estate feels.
pub fn crowd(estate: &mut Estate, services: u32, now: Timestamp, rng: &mut Rng) {
    for route in 0..services {
        let (cluster, number) = (route / 100, route % 100);
        let line = ("crowd", "", 2, 1 + number % 40, i64::from(number % 30));
        let mut service = service(&line, "production", now, rng);
        service.name = format!("harbour-route-{route:03}-production");
        service.cluster = format!("harbour-crowd-{cluster}");
        add(estate, service);
    }
}

/// An id as ECS numbers its deployments.
pub fn digits(rng: &mut Rng) -> String {
    format!("{:019}", rng.u64(10_u64.pow(18)..9 * 10_u64.pow(18)))
}

/// A task id as ECS makes them.
pub fn task_id(rng: &mut Rng) -> String {
    hex(rng, 32)
}
