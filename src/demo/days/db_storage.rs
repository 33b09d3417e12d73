//! A job that somebody began fills the storage of a database with its temporary files, until nobody can
//! write any more. They are gone as soon as the job is.

use super::super::memory::Strain;
use super::{Day, Scene, all};

const DATABASE: &str = "harbour-payments-production";

/// Tasks of the job.
const TASKS: u32 = 4;

/// What one task takes of the free storage in a second.
const TAKES: f64 = 1.0 / 560.0;

/// What is given back in a second when none runs.
const GIVES: f64 = 1.0 / 45.0;

pub const DAY: Day = Day {
    name: "db-storage",
    says: "free storage of the payments' database falls, minute by minute",
    title: "Storage runs out",
    begins: 15,
    culprits: &["service/harbour-jobs/harbour-backfill-production"],
    suffer: &["payments", "booking-api"],
    begin,
    step,
    called: |_, _| {},
    lines: &[
        ("payments", "ERROR PG::DiskFull: could not extend file \"base/16401/26193\": No space left on device"),
        ("payments", "INFO  POST /charges 500 {ms}ms"),
        ("payments", "WARN  charge not stored, tried again in {ms}ms"),
        ("booking-api", "ERROR payments answered 500 after {ms}ms"),
        ("booking-api", "INFO  POST /bookings 502 {ms}ms"),
    ],
    is_ill: all,
    effects: &[
        ("UpdateService", "desiredCount backfill", "Without the job its temporary files are gone."),
        ("UpdateService", "backfill", "New tasks of the job go on where the old ones were."),
        ("StopTask", "backfill", "The service starts another task of the job."),
        ("RunTask", "", "Whatever is freed, the job takes it again."),
        ("RebootDBInstance", "", "A restart drops temporary files; the job connects again and writes new ones."),
        ("CreateDBSnapshot", "", "A snapshot frees nothing."),
        ("UpdateService", "payments", "Those who cannot write are not those who write too much."),
    ],
    happened: &[
        "Somebody scaled backfill, which is off at night, to 4 tasks. Its queries sort more than memory holds and wrote temporary files into the storage of harbour-payments.",
        "At the end the storage was full: RDS set the status storage-full, charges failed with \"No space left on device\", and bookings with them.",
    ],
    look: "The database's log names the user and the statement of each temporary file; backfill is the only service that did not run before.",
    best: "s on backfill, to 0, before the storage is full: nobody would have noticed. The console cannot grow storage; RDS can (six hours pass before it can again).",
};

fn begin(scene: &mut Scene) {
    scene.estate.databases.pin_storage(&DATABASE.into());
    if let Some(job) = scene.service("backfill") {
        job.desired = TASKS;
    }
}

fn step(scene: &mut Scene) -> bool {
    let running = scene.running("backfill");
    let status = scene.estate.databases.status(DATABASE).to_string();
    let mut taken = scene.course.gauge;
    taken += if running > 0 { TAKES * f64::from(running) } else { -GIVES };
    if status == "rebooting" {
        taken -= 0.1;
    }
    taken = taken.clamp(0.0, 1.0);
    scene.course.gauge = taken;
    let (database, now) = (DATABASE.into(), scene.now);
    if taken >= 0.91 && scene.is_first(1) {
        scene.estate.databases.runs_low(&database, now);
    }
    if taken >= 1.0 && status == "available" {
        scene.estate.databases.fills(&database, now);
    } else if taken < 0.85 {
        scene.estate.databases.empties(&database);
    }
    let failing = match status.as_str() {
        "storage-full" => 1.0,
        "rebooting" => 0.8,
        _ => 0.0,
    };
    scene.press(&[("payments", failing), ("booking-api", 0.6 * failing), ("gateway", 0.3 * failing)]);
    scene.strain(Strain::Taken, DATABASE, taken);
    let wanted = scene.service("backfill").is_some_and(|job| job.desired > 0);
    wanted || running > 0 || taken > 0.6
}
