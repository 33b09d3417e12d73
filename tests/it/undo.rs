//! Undo: the inverse of what was done last, as a plan like any other.

use serde_json::json;

use crate::drive::Console;
use midwatch::domain::ops::ecs;

const GATEWAY: &str = "harbour-gateway-production";
const BAD: &str = "harbour-booking-api-production";

#[test]
fn a_scale_is_taken_back_to_the_count_of_before() {
    let mut console = Console::staging((120, 40), "calm");
    console.keys("u");
    console.shows("nothing that can be undone was done in harbour-production since the start");
    console.select(GATEWAY).keys("s up up enter y");
    console.pass(40);
    // It is the service of then, whatever is selected now.
    console.select("harbour-worker-production").keys("u");
    console.shows("Scale harbour-gateway-production");
    console.shows("5 → 3");
    console.shows("this undoes scale harbour-gateway-production 3 → 5, sent ");
    assert_eq!(console.calls.len(), 1, "a plan sends nothing");
    console.keys("enter y");
    assert_eq!(console.calls[1].input["desiredCount"], 3);
    console.pass(40);
    // The last one is the undo itself.
    console.keys("u");
    console.shows("3 → 5");
}

#[test]
fn a_count_that_somebody_else_changed_meanwhile_is_seen() {
    let mut console = Console::staging((120, 40), "calm");
    console.select(GATEWAY).keys("s up enter y");
    console.pass(30);
    let named = [("cluster", "harbour-core".into()), ("service", GATEWAY.into()), ("desiredCount", 7.into())];
    let update = ecs::UPDATE_SERVICE;
    console.change_from_outside(midwatch::domain::call::Call::new(update, named));
    console.keys("u");
    console.shows("7 → 3");
}

#[test]
fn a_roll_back_is_taken_back_and_what_has_no_inverse_is_passed_over() {
    let mut console = Console::staging((120, 40), "calm");
    console.select(GATEWAY).keys("b enter y");
    console.pass(90);
    console.select(GATEWAY).keys("d y");
    console.pass(90);
    console.keys("u");
    console.shows("Roll back harbour-gateway-production");
    console.shows("gateway:26 → gateway:27");
    console.keys("enter y");
    let expected = json!({ "cluster": "harbour-core", "service": GATEWAY, "taskDefinition": "gateway:27" });
    assert_eq!(serde_json::Value::Object(console.calls[2].input.clone()), expected);
}

#[test]
fn what_aws_was_told_to_stop_is_deployed_again_only_by_a_plan() {
    let mut console = Console::staging((120, 40), "bad-deploy");
    console.pass(45);
    console.select(BAD).keys("b enter y");
    console.pass(120);
    console.keys("u");
    console.shows("booking-api:41 → booking-api:42");
    console.shows("rolled back: Service deployment rolled back because of a user request.");
    console.keys("esc");
    assert_eq!(console.calls.len(), 1);
}
