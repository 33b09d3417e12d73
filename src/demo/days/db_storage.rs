//! A job that somebody began fills the storage of a database with its temporary files, until nobody can
//! write any more. They are gone as soon as the job is.

use super::super::databases::{TAKEN, free_storage};
use super::super::services::count;
use super::{Day, PLAIN, Scene};

const DATABASE: &str = "harbour-payments-production";

/// Tasks of the job.
const TASKS: u32 = 4;

/// What one task takes of the free storage in a second.
const TAKES: f64 = 1.0 / 560.0;

/// What is given back in a second when none runs.
const GIVES: f64 = 1.0 / 45.0;

/// And in a second of a restart, which drops temporary files.
const DROPS: f64 = 0.1;

/// RDS tells that storage is low when less than this part of the whole is free.
const LOW: f64 = 0.1;

/// A full database is available again when no more than this part of its free storage is taken.
const ROOM: f64 = 0.85;

/// And it is out of danger at this part.
const SAFE: f64 = 0.6;

pub const DAY: Day = Day {
    name: "db-storage",
    says: "free storage of the payments' database falls, minute by minute",
    title: "Storage runs out",
    culprits: &[("service/harbour-jobs/", "harbour-backfill-production")],
    suffer: &["payments", "booking-api"],
    begin,
    step,
    lines: &[
        ("payments", "ERROR PG::DiskFull: could not extend file \"base/16401/26193\": No space left on device"),
        ("payments", "INFO  POST /charges 500 {ms}ms"),
        ("payments", "WARN  charge not stored, tried again in {ms}ms"),
        ("booking-api", "ERROR payments answered 500 after {ms}ms"),
        ("booking-api", "INFO  POST /bookings 502 {ms}ms"),
    ],
    effects: &[
        (
            "UpdateService",
            &["down", "backfill"],
            "Fewer tasks of the job take less; when none is left, their temporary files are gone.",
        ),
        ("UpdateService", &["up", "backfill"], "More tasks of the job take the storage sooner."),
        ("UpdateService", &["backfill"], "New tasks of the job go on where the old ones were."),
        ("StopTask", &["backfill"], "The service starts another task of the job."),
        ("RunTask", &[], "Whatever is freed, the job takes it again."),
        (
            "RebootDBInstance",
            &[DATABASE],
            "A restart drops temporary files; the job connects again and writes new ones.",
        ),
        ("CreateDBSnapshot", &[DATABASE], "A snapshot frees nothing."),
        ("UpdateService", &["payments"], "Those who cannot write are not those who write too much."),
    ],
    happened: &[
        "Somebody scaled backfill, which is off at night, to 4 tasks. Its queries sort more than memory holds and wrote temporary files into the storage of harbour-payments.",
        "At the end the storage was full: RDS set the status storage-full, charges failed with \"No space left on device\", and bookings with them.",
    ],
    look: "The database's log names the user and the statement of each temporary file; backfill is the only service that did not run before.",
    best: "s on backfill, to 0, before the storage is full: nobody would have noticed. The console cannot grow storage; RDS can (six hours pass before it can again).",
    ..PLAIN
};

fn begin(scene: &mut Scene) {
    scene.estate.databases_mut().pin_storage(&DATABASE.into());
    if let Some(job) = scene.estate.of_family_mut("backfill") {
        job.desired = TASKS;
    }
}

fn step(scene: &mut Scene) -> bool {
    let running = count(scene.estate.running("backfill", scene.now));
    let status = scene.estate.databases().status(DATABASE).to_string();
    let mut taken = scene.course.gauge;
    taken += if running > 0 { TAKES * f64::from(running) } else { -GIVES };
    if status == "rebooting" {
        taken -= DROPS;
    }
    taken = taken.clamp(0.0, 1.0);
    scene.course.gauge = taken;
    let (database, now) = (DATABASE.into(), scene.now);
    let was_free = free(scene);
    scene.strain(TAKEN, DATABASE, taken);
    let is_free = free(scene);
    if was_free >= LOW && is_free < LOW {
        scene.estate.databases_mut().runs_low(&database, is_free, now);
    }
    if taken >= 1.0 && status == "available" {
        scene.estate.databases_mut().fills(&database, now);
    } else if taken < ROOM {
        scene.estate.databases_mut().empties(&database);
    }
    let failing = match status.as_str() {
        "storage-full" => 1.0,
        "rebooting" => 0.8,
        _ => 0.0,
    };
    scene.press(&[("payments", failing), ("booking-api", 0.6 * failing), ("gateway", 0.3 * failing)]);
    let wanted = scene.estate.of_family("backfill").is_some_and(|job| job.desired > 0);
    wanted || running > 0 || taken > SAFE
}

/// The part of the storage that is free, as the charts show it.
fn free(scene: &Scene) -> f64 {
    free_storage(scene.estate, &DATABASE.into(), scene.now.as_second())
}
