//! An Availability Zone is lost. Services come back in the others by themselves; the cluster's writer
//! stays where nobody reaches it, until somebody lets it fail over.

use super::super::memory::Strain;
use super::super::model::{Estate, Stop, is_balanced, target_group};
use super::super::seed::later;
use super::{Day, Scene, all};
use crate::domain::Timestamp;
use crate::domain::text::Text;

const CLUSTER: &str = "harbour-booking-production";

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
    begins: 15,
    culprits: &["cluster:harbour-booking-production", "db:harbour-booking-production-1"],
    suffer: &["booking-api"],
    begin,
    step,
    called: |_, _| {},
    lines: &[
        ("booking-api", "ERROR connect ETIMEDOUT harbour-booking-production.cluster-c4h7lines2qx:5432 after {ms}ms"),
        ("booking-api", "INFO  POST /bookings 504 {ms}ms"),
        ("booking-api", "WARN  no connection to the writer, readers answer"),
        ("web", "ERROR booking-api answered 504 after {ms}ms"),
    ],
    is_ill: all,
    effects: &[
        ("FailoverDBCluster", "", "A reader in another zone is the writer now: the right action."),
        ("RebootDBInstance", "", "It restarts where it is, in the zone that is lost."),
        ("UpdateService", "forceNewDeployment", "New tasks ask the same writer, which nobody reaches."),
        ("UpdateService", "", "The tasks are well where they run; the writer is not reached."),
        ("StopServiceDeployment", "", "The tasks are well where they run; the writer is not reached."),
        ("StopTask", "", "ECS starts another, which does not reach the writer either."),
        ("FLUSH", "", "The cache was what still answered."),
    ],
    happened: &[
        "The zone eu-west-1a was lost: every task in it died, and for over a minute ECS still tried to place new ones there (\"Capacity is unavailable\"). Then all came up in b and c.",
        "harbour-payments (Multi-AZ) and the cache failed over by themselves. The writer of the Aurora cluster harbour-booking stood in the lost zone, half dead: RDS took it for available, nobody reached it.",
    ],
    look: "The zones of the stopped tasks are all the same; the charts of harbour-booking-production-1, in that zone, have ended.",
    best: "O on the cluster harbour-booking, to a reader in another zone: about twelve seconds. The services mend themselves.",
};

fn begin(scene: &mut Scene) {
    let now = scene.now;
    let (account, region) = (scene.estate.account, scene.estate.region);
    for service in scene.estate.services.values_mut() {
        let group = is_balanced(&service.name).then(|| {
            format!("(target-group arn:aws:elasticloadbalancing:{region}:{account}:{})", target_group(&service.name))
        });
        let mut lost = Vec::new();
        for task in service.tasks.iter_mut().filter(|task| task.stopped.is_none() && task.zone == ZONE) {
            let (code, reason) = match &group {
                Some(group) => ("ServiceSchedulerInitiated", format!("Task failed ELB health checks in {group}")),
                None => ("InfrastructureHealth", String::new()),
            };
            task.stopped = Some(Stop { at: now, code, reason, exit: Some(137), container_reason: String::new() });
            lost.push(task.id.clone());
        }
        for (id, group) in lost.iter().zip(group.iter().cycle()) {
            let why = format!("is unhealthy in {group} due to (reason Request timed out).");
            service.say(now, format!("(task {id}) (port 8080) {why}"));
        }
    }
    scene.estate.databases.lose_zone(ZONE, now);
    scene.estate.caches.lose_zone(ZONE, now);
}

fn step(scene: &mut Scene) -> bool {
    place(scene.estate, scene.course.begun.unwrap_or(scene.now), scene.now);
    let lost: Vec<Text> = scene.estate.databases.in_zone(ZONE).cloned().collect();
    let writer = scene.estate.databases.writer(CLUSTER);
    let gone = writer.is_some_and(|(name, _)| lost.contains(&name));
    let members = (1..=3).map(|number| format!("{CLUSTER}-{number}"));
    for name in members {
        scene.strain(Strain::Gone, &name, if lost.iter().any(|lost| *lost == *name) { 1.0 } else { 0.0 });
    }
    let failing = if gone { 1.0 } else { 0.0 };
    scene.press(&[("booking-api", failing), ("web", 0.4 * failing), ("gateway", 0.4 * failing)]);
    gone
}

/// New tasks in the zone find no room; later none is placed there.
fn place(estate: &mut Estate, begun: Timestamp, now: Timestamp) {
    let blind = now < later(begun, BLIND);
    for service in estate.services.values_mut() {
        let mut failed = false;
        for task in service.tasks.iter_mut().filter(|task| task.stopped.is_none() && task.zone == ZONE) {
            if !blind {
                task.zone = if task.id.as_bytes().last().is_some_and(|last| last % 2 == 0) { "b" } else { "c" };
            } else if now >= later(task.created, 4) {
                let (code, reason) = ("TaskFailedToStart", CAPACITY.to_string());
                task.runs_at = None;
                task.stopped = Some(Stop { at: now, code, reason, exit: None, container_reason: String::new() });
                failed = true;
            }
        }
        if failed {
            service.say(now, format!("was unable to place a task. Reason: {CAPACITY}."));
        }
    }
}
