//! An hour in which much happens and nothing is wrong: what must not be taken for trouble.

use super::super::services::{Behaviour, IDLE_TRAFFIC, Stop, ship};
use super::super::simulated_kind::{Moment, Perform};
use crate::domain::format;
use crate::domain::requests::rds::CreateDbSnapshot;

/// As `--demo` takes it.
pub const NAME: &str = "routine";

/// What happens to the estate.
type Activity = fn(&mut Moment);

/// Each activity of the hour, and the second at which it begins.
const ACTIVITIES: [(i64, Activity); 14] = [
    // At an idle service one bad request a minute is a large share.
    (1, |moment| moment.estate.memory.set(IDLE_TRAFFIC, "search", 1.0, i64::MIN)),
    // A good deployment.
    (60, |Moment { estate, now, rng }| {
        estate.of_family_mut("web").into_iter().for_each(|service| ship(service, Behaviour::Sound, *now, rng));
    }),
    // More tasks by hand, and fewer again.
    (420, |moment| scale(moment, "gateway", 6)),
    (2400, |moment| scale(moment, "gateway", 3)),
    // More tasks by autoscaling.
    (840, |Moment { estate, now, .. }| {
        estate.of_family_mut("booking-api").into_iter().for_each(|service| service.scale_out(7, *now));
    }),
    // Fargate takes back Spot capacity.
    (1200, |moment| end(moment, "worker", "SpotInterruption", "Your Spot Task was interrupted.", None)),
    (1215, |moment| end(moment, "worker", "SpotInterruption", "Your Spot Task was interrupted.", None)),
    // A worker that ends after so many jobs.
    (1500, recycle),
    (1620, recycle),
    (1740, recycle),
    (1860, recycle),
    // The nightly batch.
    (2000, |moment| scale(moment, "backfill", 4)),
    (2900, |moment| scale(moment, "backfill", 0)),
    // The backup window.
    (3000, |moment| {
        let instance = moment.estate.place.name("payments").to_string();
        let request =
            CreateDbSnapshot { db_instance_identifier: instance, db_snapshot_identifier: "nightly".to_string() };
        // Refused while another is made: then there is one anyway.
        let _ = request.perform(moment);
    }),
];

/// One second of it.
pub fn step(moment: &mut Moment) {
    if moment.estate.scenario.name != NAME || moment.estate.place.stage != "production" {
        return;
    }
    let second = format::seconds_since(moment.estate.begun, moment.now);
    ACTIVITIES.iter().filter(|(at, _)| *at == second).for_each(|(_, act)| act(moment));
}

fn scale(moment: &mut Moment, family: &str, tasks: u32) {
    moment.estate.of_family_mut(family).into_iter().for_each(|service| service.desired = tasks);
}

fn recycle(moment: &mut Moment) {
    end(moment, "ingest", "EssentialContainerExited", "Essential container in task exited", Some(0));
}

/// The oldest task of a family ends.
fn end(moment: &mut Moment, family: &str, code: &'static str, reason: &str, exit: Option<i32>) {
    let at = moment.now;
    let tasks = moment.estate.of_family_mut(family).into_iter().flat_map(|service| &mut service.tasks);
    if let Some(task) = tasks.filter(|task| task.is_running(at)).min_by_key(|task| task.created) {
        task.stopped = Some(Stop { at, code, reason: reason.to_string(), exit, container_reason: String::new() });
    }
}
