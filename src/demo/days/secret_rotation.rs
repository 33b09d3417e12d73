//! The password of a database is changed. Tasks read it when they start: those that run go on with the old
//! one, and are refused whenever they connect anew.

use super::super::memory::Strain;
use super::super::model::Task;
use super::{Course, Day, Scene};

const CLUSTER: &str = "harbour-booking-production";

pub const DAY: Day = Day {
    name: "secret-rotation",
    says: "all tasks run, nothing was deployed, and more and more requests fail",
    title: "A secret was rotated",
    begins: 15,
    culprits: &["service/harbour-core/harbour-booking-api-production"],
    suffer: &["booking-api"],
    begin,
    step,
    called: |_, _| {},
    lines: &[
        ("booking-api", "ERROR FATAL: password authentication failed for user \"app\" (28P01)"),
        ("booking-api", "ERROR no connection from the pool within {ms}ms: 3 of 20 left"),
        ("booking-api", "INFO  POST /bookings 500 {ms}ms"),
    ],
    is_ill,
    effects: &[
        ("UpdateService", "forceNewDeployment", "New tasks read the new password: the right action."),
        (
            "UpdateService",
            "taskDefinition",
            "Any new task reads the new password; but code was changed with it that was well.",
        ),
        ("UpdateService", "desiredCount", "New tasks can connect, the old ones still cannot: fewer requests fail."),
        ("StopTask", "", "The task that comes in its place reads the new password: one of them is mended."),
        ("RebootDBInstance", "", "Connections that had lasted from before the rotation are lost too."),
        ("FailoverDBCluster", "", "Connections that had lasted from before the rotation are lost too."),
        ("StopServiceDeployment", "", "Nothing was being deployed."),
        ("FLUSH", "", "The cache has nothing to do with it."),
    ],
    happened: &[
        "Secrets Manager rotated the password of harbour-booking. ECS reads a secret only when a task starts, so the tasks of booking-api kept the old one.",
        "Connections of before lived on; each new one was refused (28P01), so errors grew as the pools renewed theirs. All tasks ran and their health checks passed.",
    ],
    look: "l on booking-api: \"password authentication failed\"; the events of the database tell \"Reset master credentials\" at that moment.",
    best: "d on booking-api: a forced deployment of the same revision, whose tasks read the new secret.",
};

fn begin(scene: &mut Scene) {
    let now = scene.now;
    scene.estate.databases.resets_password(&CLUSTER.into(), now);
}

/// It began before the password was another.
fn is_ill(course: &Course, task: &Task) -> bool {
    course.begun.is_some_and(|begun| task.created < begun)
}

fn step(scene: &mut Scene) -> bool {
    let (begun, now) = (scene.course.begun, scene.now);
    let of_tasks = scene.service("booking-api").map_or((0.0, 0.0), |service| {
        let running = || service.tasks.iter().filter(|task| task.is_running(now));
        let old = running().filter(|task| begun.is_some_and(|begun| task.created < begun)).count();
        (old as f64, running().count() as f64)
    });
    let (old, running) = of_tasks;
    let part = if running > 0.0 { old / running } else { 0.0 };
    // What connections of before still serve grows less as pools renew them.
    let renewed = (scene.seconds() as f64 / 90.0).clamp(0.0, 0.85);
    let restarts = scene.estate.databases.is_restarting(CLUSTER);
    if restarts {
        scene.is_first(1);
    }
    let renewed = if scene.course.told > 0 { 1.0 } else { renewed };
    let failing = if running == 0.0 { 1.0 } else { part * renewed };
    scene.press(&[("booking-api", failing), ("web", 0.3 * failing), ("gateway", 0.3 * failing)]);
    scene.strain(Strain::Denied, "booking", part * renewed);
    old > 0.0 || running == 0.0
}
