//! The alarms follow the estate.

use fastrand::Rng;

use super::super::model::{Estate, State};
use super::super::seed::{self, later};
use super::super::{SIMULATED_KINDS, life};
use super::*;
use crate::domain::format;

fn production(scenario: &'static str) -> (Estate, Timestamp) {
    let now = "2026-03-04T02:40:00Z".parse().unwrap();
    (seed::estates(now, &mut Rng::with_seed(7), scenario).swap_remove(0), now)
}

/// Lives so many seconds and returns the moment after them.
fn live(estate: &mut Estate, from: Timestamp, seconds: i64, rng: &mut Rng) -> Timestamp {
    for second in 1..=seconds {
        SIMULATED_KINDS.iter().for_each(|simulated| simulated.step(estate, later(from, second), rng));
    }
    later(from, seconds)
}

fn row<'a>(estate: &'a Estate, name: &str) -> &'a Alarm {
    estate.alarms.rows.iter().find(|row| &*row.name == name).unwrap()
}

fn state(estate: &Estate, name: &str) -> AlarmState {
    row(estate, name).state
}

const ERRORS: &str = "harbour-booking-api-production-5xx";
const JOURNEY: &str = "harbour-booking-journey";

#[test]
fn a_bad_deploy_rings_after_a_minute_and_what_mends_it_ends_it() {
    let ((mut estate, now), mut rng) = (production("bad-deploy"), Rng::with_seed(7));
    let now = live(&mut estate, now, 60, &mut rng);
    assert_eq!(state(&estate, ERRORS), AlarmState::Ok, "a point of a minute is not over yet");
    let now = live(&mut estate, now, 80, &mut rng);
    assert_eq!((state(&estate, ERRORS), state(&estate, JOURNEY)), (AlarmState::Alarm, AlarmState::Alarm));
    // The revision before comes back.
    let key = ("harbour-core".to_string(), "harbour-booking-api-production".to_string());
    let service = estate.services.get_mut(&key).unwrap();
    let good = service.deployments.iter().find(|d| d.state == State::Completed).unwrap().revision;
    life::deploy(service, good, now, &mut rng);
    let now = live(&mut estate, now, 180, &mut rng);
    assert_eq!((state(&estate, ERRORS), state(&estate, JOURNEY)), (AlarmState::Ok, AlarmState::Ok));
    let told: Vec<&str> = (estate.alarms.history.iter())
        .filter(|(of, entry)| of == ERRORS && entry.at.is_some_and(|at| format::seconds_since(at, now) < 600))
        .map(|(_, entry)| entry.summary.as_str())
        .collect();
    let [back, called, rang] = told[..] else { panic!("{told:?}") };
    assert_eq!((back, rang), ("Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM"));
    assert!(called.starts_with("Successfully executed action arn:aws:sns:"), "{called}");
}

#[test]
fn a_calm_night_rings_nothing_but_what_scales_in() {
    let ((mut estate, now), mut rng) = (production("calm"), Rng::with_seed(7));
    live(&mut estate, now, 900, &mut rng);
    let not_ok: Vec<(&str, AlarmState)> = (estate.alarms.rows.iter())
        .filter(|row| row.state != AlarmState::Ok)
        .map(|row| (&*row.name, row.state))
        .collect();
    let low =
        ["web", "booking-api"].map(|of| of_tracking(&format!("service/harbour-core/harbour-{of}-production"), "Low"));
    let [web, booking] = low.each_ref().map(|name| (name.as_str(), AlarmState::Alarm));
    assert_eq!(not_ok, [("harbour-backfill-production-cpu", AlarmState::InsufficientData), web, booking]);
}

#[test]
fn a_service_without_tasks_sends_no_data() {
    let ((mut estate, now), mut rng) = (production("calm"), Rng::with_seed(7));
    let key = ("harbour-jobs".to_string(), "harbour-worker-production".to_string());
    estate.services.get_mut(&key).unwrap().desired = 0;
    let now = live(&mut estate, now, 240, &mut rng);
    assert_eq!(state(&estate, "harbour-worker-production-cpu"), AlarmState::InsufficientData);
    estate.services.get_mut(&key).unwrap().desired = 2;
    live(&mut estate, now, 180, &mut rng);
    assert_eq!(state(&estate, "harbour-worker-production-cpu"), AlarmState::Ok);
}

#[test]
fn a_cache_without_room_rings() {
    let ((mut estate, now), mut rng) = (production("default"), Rng::with_seed(7));
    live(&mut estate, now, 600, &mut rng);
    assert_eq!(state(&estate, "harbour-web-production-evictions"), AlarmState::Alarm);
}

#[test]
fn a_rule_names_the_alarm_that_turned_it() {
    let ((mut estate, now), mut rng) = (production("cache-stampede"), Rng::with_seed(7));
    live(&mut estate, now, 300, &mut rng);
    let web = row(&estate, "harbour-web-production-5xx");
    let booking = row(&estate, ERRORS);
    let first = if web.since <= booking.since { web } else { booking };
    let told = row(&estate, JOURNEY);
    assert_eq!((web.state, told.state), (AlarmState::Alarm, AlarmState::Alarm));
    assert_eq!(&*told.reason, format!("The rule became true: alarm {} turned to it.", first.name));
}
