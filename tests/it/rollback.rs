//! Going back: a bad deployment is mended from the keyboard, by the road that its state asks for.

use midwatch::domain::call::Call;
use midwatch::domain::intent::Verdict;
use midwatch::domain::ops::ecs;
use midwatch::kinds::services::SERVICES;
use serde_json::{Value, json};

use crate::drive::Console;

const DECK: (u16, u16) = (120, 40);
const BAD: &str = "harbour-booking-api-production";

fn update(service: &str, member: &str, value: Value) -> Call {
    let named = [("cluster", "harbour-core".into()), ("service", service.into()), (member, value)];
    Call::new(ecs::UPDATE_SERVICE, named)
}

#[test]
fn a_bad_deployment_is_stopped_and_followed_until_users_are_well() {
    let mut console = Console::staging(DECK, "bad-deploy");
    console.pass(45);
    console.select(BAD).keys("b");
    console.shows("Roll back harbour-booking-api-production");
    console.shows("▸ booking-api:41");
    console.shows("booking-api:42 → booking-api:41");
    console.shows("is stopped, and AWS goes back");
    console.shows("database migrations stay");
    console.keys("enter y");
    let (operation, members) = console.last();
    assert_eq!((operation.as_str(), &members["stopType"]), ("StopServiceDeployment", &json!("ROLLBACK")));
    assert!(members["serviceDeploymentArn"].as_str().unwrap().contains(":service-deployment/harbour-core/"));
    assert!(console.verdicts().is_empty(), "it is not over when AWS has taken it");
    console.pass(120);
    assert_eq!(console.verdicts(), [Verdict::Done]);
    assert_eq!(console.calls.len(), 1);
    let row = console.row("booking-api");
    assert!(row.contains("● ") && row.contains("5/5") && row.contains("rolled back"), "{row}");
    console.keys("J");
    console.shows("back on booking-api:41: 5 of 5 tasks run on booking-api:41");
}

#[test]
fn neither_more_tasks_nor_fresh_ones_mend_it() {
    let mut console = Console::staging(DECK, "bad-deploy");
    console.pass(45);
    console.select(BAD).keys("d y");
    console.pass(150);
    assert!(console.verdicts().is_empty(), "the same revision fails the same way: {:?}", console.verdicts());
    console.select(BAD).keys("s up enter y");
    console.pass(150);
    let row = console.row("booking-api");
    assert!(!row.contains("steady"), "{row}");
    // And still it can be taken back.
    console.select(BAD).keys("b enter y");
    console.pass(180);
    assert_eq!(console.verdicts().last(), Some(&Verdict::Done));
}

#[test]
fn a_finished_deployment_is_deployed_over_and_only_that_is_sent() {
    let mut console = Console::staging(DECK, "calm");
    console.select("harbour-gateway-production").keys("b");
    // gateway:25 was withdrawn, gateway:26 is the last good one.
    console.shows("▸ gateway:26");
    console.shows("a new deployment of the chosen revision");
    console.keys("enter y");
    let expected = json!({
        "cluster": "harbour-core", "service": "harbour-gateway-production", "taskDefinition": "gateway:26"
    });
    assert_eq!(console.last(), ("UpdateService".to_string(), expected));
    console.pass(90);
    assert_eq!((console.verdicts(), console.calls.len()), (vec![Verdict::Done], 1));
    console.shows("gateway:26");
}

#[test]
fn any_revision_is_chosen_by_arrows_or_typed() {
    let mut console = Console::staging(DECK, "calm");
    console.select("harbour-gateway-production").keys("b down");
    console.shows("▸ gateway:25");
    console.shows("rolled back: Service deployment rolled back because of a user request.");
    console.keys("down down down");
    console.shows("▸ gateway:22");
    console.shows("the image is gone from ECR: no task will start");
    console.keys("up ctrl-u 2 4");
    console.shows("▸ gateway:24");
    console.shows("gateway:27 → gateway:24");
    console.keys("ctrl-u 2 7");
    console.shows("gateway:27 is in force: d deploys it anew");
    console.keys("enter y");
    assert!(console.calls.is_empty(), "there is no plan to say yes to");
    console.keys("esc ctrl-u 9 9");
    console.shows("there is no active revision gateway:99");
    console.keys("ctrl-u x");
    console.shows("not the number of a revision: x");
    console.keys("ctrl-u 2 4 enter y");
    assert_eq!(console.last().1["taskDefinition"], "gateway:24");
}

#[test]
fn an_image_that_is_gone_needs_the_typed_name() {
    let mut console = Console::staging(DECK, "calm");
    console.select("harbour-gateway-production").keys("b ctrl-u 2 2 enter y enter");
    assert!(console.calls.is_empty());
    console.keys("ctrl-u").type_in("harbour-gateway-production").keys("enter");
    assert_eq!(console.last().1["taskDefinition"], "gateway:22");
}

#[test]
fn one_mutable_tag_brings_the_bad_image_back_and_is_told() {
    let mut console = Console::staging(DECK, "calm");
    console.select("harbour-reports-production").keys("b");
    console.shows("both revisions name reports:latest, a mutable tag");
    console.keys("enter y");
    assert!(console.calls.is_empty(), "it asks for the name");
    console.shows("service: type ");
}

#[test]
fn another_controller_is_told_before_a_key_is_pressed() {
    let mut console = Console::staging(DECK, "calm");
    console.select("harbour-payments-production").keys("b");
    console.shows_not("Roll back harbour-payments");
    console.shows("CodeDeploy deploys this service: a deployment is rolled back there");
}

#[test]
fn what_aws_takes_back_by_itself_is_not_sent_again() {
    let mut console = Console::staging(DECK, "calm");
    let name = "harbour-gateway-production";
    // gateway:22 has no image, and its circuit breaker takes it back.
    console.change_from_outside(update(name, "taskDefinition", "gateway:22".into()));
    console.pass(2);
    console.select(name).keys("b");
    console.shows("is stopped, and AWS goes back");
    // AWS acts while the plan stands there, which is read again before the call.
    let goes_back = |console: &Console| console.state.selected(SERVICES).unwrap().diagnosis.why.contains("rolls back");
    for _ in 0..60 {
        console.pass(1);
        if goes_back(&console) {
            break;
        }
    }
    console.keys("enter y");
    console.shows("AWS goes back to gateway:27 already");
    assert!(console.calls.is_empty());
    // Another one may still be chosen.
    console.keys("esc ctrl-u 2 6");
    console.shows("a deployment is rolling back, this replaces it");
}

#[test]
fn a_deployment_that_ends_while_its_plan_is_read_is_not_stopped() {
    let mut console = Console::staging(DECK, "calm");
    let name = "harbour-gateway-production";
    console.change_from_outside(update(name, "taskDefinition", "gateway:26".into()));
    console.pass(2);
    console.select(name).keys("b enter");
    console.shows("is stopped, and AWS goes back");
    // It ends unseen, between the last read and the key.
    console.demo.advance(std::time::Duration::from_secs(120));
    console.keys("y");
    assert!(console.calls.is_empty());
    console.shows("it moved while you read the plan");
    console.shows("a new deployment of the chosen revision");
}
