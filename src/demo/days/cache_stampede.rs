//! A cache comes back empty. What it would have answered goes to the database, which is then too slow to
//! fill it: it stays empty as long as as many ask.

use super::super::caches::COLD;
use super::super::databases::LOAD;
use super::super::services::count;
use super::{BOOKING, Course, Day, PLAIN, Scene};
use crate::domain::call::Call;
use crate::domain::requests::flush::Flush;

const CACHE: &str = "harbour-web-production";

/// Tasks of the site that the database can serve without the cache: fewer than there usually are.
const BEARS: f64 = 2.2;

/// So many more tasks than that, and it answers nobody.
const BREAKS: f64 = 2.0;

/// A second of warming: the cache is warm again after so many.
const WARMS: f64 = 1.0 / 50.0;

/// A cache that misses no more than this part of what it had is warm.
const WARM: f64 = 0.2;

/// After so many seconds autoscaling answers the slow pages with more tasks.
const SCALES: i64 = 20;

pub const DAY: Day = Day {
    name: "cache-stampede",
    says: "pages become slow, and the database is busy as never before",
    title: "A cache stampede",
    culprits: &[("replicationgroup:", CACHE)],
    suffer: &["web", "booking-api"],
    begin,
    step,
    on_call,
    lines: &[
        ("web", "WARN  cache miss key=timetable:2026-11, asking the database"),
        ("web", "ERROR timetable: no connection from the pool within {ms}ms (20 of 20 in use)"),
        ("web", "ERROR FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute"),
        ("web", "INFO  GET /sailings 503 {ms}ms"),
        ("booking-api", "ERROR connection pool exhausted after {ms}ms (20 of 20 in use)"),
        ("booking-api", "INFO  POST /bookings 503 {ms}ms"),
    ],
    effects: &[
        (
            "UpdateService",
            &["down", "web"],
            "Fewer tasks of the site ask less of the database: what it can bear lets the cache fill.",
        ),
        ("UpdateService", &["up", "web"], "More tasks of the site ask more of a database that cannot answer them all."),
        ("UpdateService", &["web"], "The same number of tasks asks the same of the database."),
        ("UpdateService", &["desiredCount"], "This service does not fill the cache."),
        ("FLUSH", &["web"], "What was warm again is cold again."),
        ("RebootDBInstance", &[], "All connections are lost, and those who ask come back together."),
        ("FailoverDBCluster", &[], "All connections are lost, and those who ask come back together."),
        ("StopTask", &[], "ECS starts another."),
    ],
    happened: &[
        "The nodes of the cache harbour-web were replaced and came back empty: its hit rate fell to nothing.",
        "Every page went to the booking database: connections at their limit of 500, CPU at 97 %, answers too late to fill the cache.",
        "Autoscaling answered the slow pages with twice the tasks of web, which asked twice as much.",
    ],
    look: "The chart of the cache shows the hit rate at 0, its events the recovery of its nodes; the database is the victim.",
    best: "s on web, down to 2: the database answers again, the cache fills within a minute; then scale back.",
    ..PLAIN
};

fn begin(scene: &mut Scene) {
    scene.course.gauge = 1.0;
    let now = scene.now;
    scene.estate.caches_mut().recovers(&CACHE.into(), now);
}

fn step(scene: &mut Scene) -> bool {
    if scene.seconds() == SCALES
        && let Some(web) = scene.estate.of_family_mut("web")
    {
        web.scale_out(2 * web.desired, scene.now);
    }
    let asking = f64::from(count(scene.estate.running("web", scene.now)));
    let pressure = asking * scene.course.gauge;
    let over = ((pressure - BEARS) / BREAKS).clamp(0.0, 1.0);
    let cold = match (over > 0.0, asking > 0.0) {
        (true, _) => scene.course.gauge + WARMS / 2.0,
        (false, true) => scene.course.gauge - WARMS,
        // Nobody asks: nothing is kept.
        (false, false) => scene.course.gauge,
    };
    scene.course.gauge = cold.clamp(0.0, 1.0);
    let restarts = scene.estate.databases().is_restarting(BOOKING);
    let failing = f64::from(restarts).max(over);
    let nobody = if asking > 0.0 { failing } else { 1.0 };
    scene.press(&[("web", nobody), ("booking-api", 0.7 * failing), ("gateway", 0.4 * failing)]);
    let gauge = scene.course.gauge;
    scene.strain(COLD, "web", gauge);
    scene.strain(LOAD, BOOKING, if restarts { 0.0 } else { (pressure / BEARS).min(1.0) });
    scene.estate.caches_mut().holds_at_most(CACHE, 1.0 - gauge);
    gauge > WARM
}

/// A flush of the cache empties it once more.
fn on_call(course: &mut Course, call: &Call) {
    if call.meant::<Flush>().is_some_and(|flush| flush.cache.ends_with(CACHE)) {
        course.gauge = 1.0;
    }
}
