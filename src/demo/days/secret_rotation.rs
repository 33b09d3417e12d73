//! The password of a database is changed. Tasks read it when they start: those that run go on with the old
//! one, and are refused whenever they connect anew.

use super::super::databases::DENIED;
use super::super::services::count;
use super::{BOOKING, BOOKING_API, Course, Day, PLAIN, Scene};
use crate::domain::Timestamp;

/// Pools make all their connections anew in so many seconds...
const RENEWS: f64 = 90.0;

/// ...but for those that are always in use.
const RENEWED: f64 = 0.85;

pub const DAY: Day = Day {
    name: "secret-rotation",
    says: "all tasks run, nothing was deployed, and more and more requests fail",
    title: "A secret was rotated",
    culprits: &[("service/harbour-core/", BOOKING_API)],
    suffer: &["booking-api"],
    begin,
    step,
    lines: &[
        ("booking-api", "ERROR FATAL: password authentication failed for user \"app\" (28P01)"),
        ("booking-api", "ERROR no connection from the pool within {ms}ms: 3 of 20 left"),
        ("booking-api", "INFO  POST /bookings 500 {ms}ms"),
    ],
    is_ill,
    effects: &[
        ("UpdateService", &["forceNewDeployment", "booking-api"], "New tasks read the new password: the right action."),
        (
            "UpdateService",
            &["taskDefinition", "booking-api"],
            "Any new task reads the new password; but code was changed with it that was well.",
        ),
        (
            "UpdateService",
            &["up", "booking-api"],
            "New tasks can connect, the old ones still cannot: fewer requests fail.",
        ),
        ("UpdateService", &["down", "booking-api"], "Those that are left do not read the new password by that."),
        (
            "StopTask",
            &["booking-api"],
            "The task that comes in its place reads the new password: one of them is mended.",
        ),
        ("RebootDBInstance", &[], "Connections that had lasted from before the rotation are lost too."),
        ("FailoverDBCluster", &[], "Connections that had lasted from before the rotation are lost too."),
        ("StopServiceDeployment", &["booking-api"], "The tasks that come in place of the new ones read it too."),
        ("FLUSH", &[], "The cache has nothing to do with it."),
    ],
    happened: &[
        "Secrets Manager rotated the password of harbour-booking. ECS reads a secret only when a task starts, so the tasks of booking-api kept the old one.",
        "Connections of before lived on; each new one was refused (28P01), so errors grew as the pools renewed theirs. All tasks ran and their health checks passed.",
    ],
    look: "l on booking-api: \"password authentication failed\"; the events of the database tell \"Reset master credentials\" at that moment.",
    best: "d on booking-api: a forced deployment of the same revision, whose tasks read the new secret.",
    ..PLAIN
};

fn begin(scene: &mut Scene) {
    let now = scene.now;
    scene.estate.databases_mut().resets_password(&BOOKING.into(), now);
}

/// It began before the password was another.
fn is_ill(course: &Course, created: Timestamp) -> bool {
    course.begun.is_some_and(|begun| created < begun)
}

fn step(scene: &mut Scene) -> bool {
    let tasks = || scene.estate.running("booking-api", scene.now);
    let (running, old) = (count(tasks()), count(tasks().filter(|task| is_ill(scene.course, task.created))));
    // What connections of before still serve grows less as pools renew them; a restart ends them all.
    let restarts = scene.estate.databases().is_restarting(BOOKING);
    let renewed = if restarts { 1.0 } else { (scene.seconds() as f64 / RENEWS).min(RENEWED) };
    scene.course.gauge = scene.course.gauge.max(renewed);
    let denied = scene.course.gauge * f64::from(old) / f64::from(running.max(1));
    let failing = if running == 0 { 1.0 } else { denied };
    scene.press(&[("booking-api", failing), ("web", 0.3 * failing), ("gateway", 0.3 * failing)]);
    scene.strain(DENIED, BOOKING, denied);
    old > 0 || running == 0
}
