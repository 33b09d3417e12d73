//! An Availability Zone is lost. Services come back in the others by themselves; the cluster's writer
//! stays where nobody reaches it, until somebody lets it fail over.

use super::super::databases::GONE;
use super::super::services::{Service, Stop, Task};
use super::{BOOKING, Day, PLAIN, Scene};
use crate::demo::prelude::*;
use crate::domain::database::{Database, DatabaseRole};

/// The writer of the cluster, at the beginning.
const WRITER: &str = "harbour-booking-production-1";

/// The letter of the zone.
const ZONE: &str = "a";

/// For so many seconds ECS still places tasks in it.
const BLIND: i64 = 75;

/// AWS's words for a zone without room (ECS guide, stopped task errors).
const CAPACITY: &str =
    "Capacity is unavailable at this time. Please try again later or in a different availability zone";

pub const DAY: Day = Day {
    name: "az-loss",
    says: "tasks die in many services at once, and bookings fail",
    title: "An Availability Zone is lost",
    culprits: &[("cluster:", BOOKING), ("db:", WRITER)],
    suffer: &["booking-api"],
    begin,
    step,
    lines: &[
        ("booking-api", "ERROR connect ETIMEDOUT harbour-booking-production.cluster-c4h7lines2qx:5432 after {ms}ms"),
        ("booking-api", "INFO  POST /bookings 504 {ms}ms"),
        ("booking-api", "WARN  no connection to the writer, readers answer"),
        ("web", "ERROR booking-api answered 504 after {ms}ms"),
    ],
    effects: &[
        ("FailoverDBCluster", &[BOOKING], "A reader in another zone is the writer now: the right action."),
        ("RebootDBInstance", &[WRITER], "It restarts where it is, in the zone that is lost."),
        ("UpdateService", &["forceNewDeployment"], "New tasks ask the same writer, which nobody reaches."),
        ("UpdateService", &[], "The tasks are well where they run; the writer is not reached."),
        ("StopServiceDeployment", &[], "The tasks are well where they run; the writer is not reached."),
        ("StopTask", &[], "ECS starts another, which does not reach the writer either."),
        ("FLUSH", &[], "The cache was what still answered."),
    ],
    happened: &[
        "The zone eu-west-1a was lost: every task in it died, and for over a minute ECS still tried to place new ones there (\"Capacity is unavailable\"). Then all came up in b and c.",
        "harbour-payments (Multi-AZ) and the cache failed over by themselves. The writer of the Aurora cluster harbour-booking stood in the lost zone, half dead: RDS took it for available, nobody reached it.",
    ],
    look: "The zones of the stopped tasks are all the same; the charts of harbour-booking-production-1, in that zone, have ended.",
    best: "O on the cluster harbour-booking, to a reader in another zone: about twelve seconds. The services mend themselves.",
    ..PLAIN
};

/// The tasks of a service in the zone.
fn there(service: &mut Service) -> impl Iterator<Item = &mut Task> {
    service.tasks.iter_mut().filter(|task| task.stopped.is_none() && task.zone == ZONE)
}

fn begin(scene: &mut Scene) {
    let now = scene.now;
    let place = scene.estate.place;
    for service in scene.estate.ecs_mut().services.values_mut() {
        let group = place.target_group(&service.name).map(|arn| format!("(target-group {arn})"));
        let mut lost = Vec::new();
        for task in there(service) {
            let (code, reason) = match &group {
                Some(group) => ("ServiceSchedulerInitiated", format!("Task failed ELB health checks in {group}")),
                None => ("InfrastructureHealth", String::new()),
            };
            task.stopped = Some(Stop::new(now, code, reason, Some(137)));
            lost.push(task.id.clone());
        }
        if let Some(group) = group {
            let why = format!("is unhealthy in {group} due to (reason Request timed out).");
            lost.into_iter().for_each(|id| service.record_event(now, format!("(task {id}) (port 8080) {why}")));
        }
    }
    scene.estate.databases_mut().lose_zone(ZONE, now);
    scene.estate.caches_mut().lose_zone(ZONE, now);
}

fn step(scene: &mut Scene) -> bool {
    place(scene.estate, scene.course.begun.unwrap_or(scene.now), scene.now);
    let is_lost = |member: &Database| member.zone.ends_with(ZONE);
    let is_writer = |member: &Database| matches!(member.role, DatabaseRole::Member { writer: Some(true), .. });
    let databases = scene.estate.databases();
    let gone = databases.members(BOOKING).any(|member| is_lost(member) && is_writer(member));
    let members: Vec<(Text, bool)> =
        databases.members(BOOKING).map(|member| (member.name.clone(), is_lost(member))).collect();
    for (name, lost) in members {
        scene.strain(GONE, &name, f64::from(lost));
    }
    let failing = f64::from(gone);
    scene.press(&[("booking-api", failing), ("web", 0.4 * failing), ("gateway", 0.4 * failing)]);
    gone
}

/// New tasks in the zone find no room; later none is placed there.
fn place(estate: &mut Estate, begun: Timestamp, now: Timestamp) {
    let blind = now < later(begun, BLIND);
    for service in estate.ecs_mut().services.values_mut() {
        let mut failed = false;
        for task in there(service) {
            if !blind {
                task.zone = if task.id.as_bytes().last().is_some_and(|last| last % 2 == 0) { "b" } else { "c" };
            } else if now >= later(task.created, 4) {
                task.runs_at = None;
                task.stopped = Some(Stop::new(now, "TaskFailedToStart", CAPACITY, None));
                failed = true;
            }
        }
        if failed {
            service.record_event(now, format!("was unable to place a task. Reason: {CAPACITY}."));
        }
    }
}
