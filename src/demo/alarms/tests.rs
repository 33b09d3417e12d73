//! The alarms follow the estate.

use super::super::world::tests::Production;
use super::*;
use crate::domain::call::Call;
use crate::domain::format;
use crate::domain::ops::ecs;

fn row<'a>(world: &'a Production, name: &str) -> &'a Alarm {
    fleet(world.estate()).rows.iter().find(|row| &*row.name == name).unwrap()
}

fn state(world: &Production, name: &str) -> AlarmState {
    row(world, name).state
}

const ERRORS: &str = "harbour-booking-api-production-5xx";
const JOURNEY: &str = "harbour-booking-journey";

#[test]
fn a_bad_deploy_rings_after_a_minute_and_what_mends_it_ends_it() {
    let mut world = Production::new("bad-deploy");
    world.pass(60);
    assert_eq!(state(&world, ERRORS), AlarmState::Ok, "a point of a minute is not over yet");
    world.pass(80);
    assert_eq!((state(&world, ERRORS), state(&world, JOURNEY)), (AlarmState::Alarm, AlarmState::Alarm));
    // The revision before comes back.
    let back = [
        ("cluster", "harbour-core".into()),
        ("service", "harbour-booking-api-production".into()),
        ("taskDefinition", "booking-api:41".into()),
    ];
    world.ask(&Call::new(ecs::UPDATE_SERVICE, back)).unwrap();
    world.pass(180);
    assert_eq!((state(&world, ERRORS), state(&world, JOURNEY)), (AlarmState::Ok, AlarmState::Ok));
    let young = |entry: &AlarmEntry| entry.at.is_some_and(|at| format::seconds_since(at, world.now()) < 600);
    let told: Vec<&str> = (fleet(world.estate()).history.iter())
        .filter(|(of, entry)| of == ERRORS && young(entry))
        .map(|(_, entry)| entry.summary.as_str())
        .collect();
    let [back, called, rang] = told[..] else { panic!("{told:?}") };
    assert_eq!((back, rang), ("Alarm updated from ALARM to OK", "Alarm updated from OK to ALARM"));
    assert!(called.starts_with("Successfully executed action arn:aws:sns:"), "{called}");
}

#[test]
fn a_calm_night_rings_nothing_but_what_scales_in() {
    let mut world = Production::new("calm");
    world.pass(900);
    let not_ok: Vec<(&str, AlarmState)> = (fleet(world.estate()).rows.iter())
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
    let mut world = Production::new("calm");
    let alarm = "harbour-worker-production-cpu";
    let desire = |world: &mut Production, count| world.estate_mut().of_family_mut("worker").unwrap().desired = count;
    desire(&mut world, 0);
    world.pass(240);
    assert_eq!(state(&world, alarm), AlarmState::InsufficientData);
    desire(&mut world, 2);
    world.pass(180);
    assert_eq!(state(&world, alarm), AlarmState::Ok);
}

#[test]
fn a_cache_without_room_rings() {
    let mut world = Production::new("default");
    world.pass(600);
    assert_eq!(state(&world, "harbour-web-production-evictions"), AlarmState::Alarm);
}

#[test]
fn a_rule_names_the_alarm_that_turned_it() {
    let mut world = Production::new("cache-stampede");
    world.pass(300);
    let web = row(&world, "harbour-web-production-5xx");
    let booking = row(&world, ERRORS);
    let first = if web.since <= booking.since { web } else { booking };
    let told = row(&world, JOURNEY);
    assert_eq!((web.state, told.state), (AlarmState::Alarm, AlarmState::Alarm));
    assert_eq!(&*told.reason, format!("The rule became true: alarm {} turned to it.", first.name));
}
