//! Two revisions beside each other on the demo, as a person compares them.

use midwatch::app::msg::Msg;
use midwatch::app::subs;
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::query::Query;

use crate::drive::Console;

const SCREEN: (u16, u16) = (120, 40);
const SERVICE: &str = "harbour-booking-api-production";

/// The service with the bad deployment, some time into it.
pub fn compare(size: (u16, u16)) -> Console {
    let mut console = Console::start(size, "bad-deploy");
    console.pass(60);
    console.keys("2").select(SERVICE).keys("=");
    console
}

/// The numbers of the revisions on both sides.
fn sides(console: &Console) -> (u32, u32) {
    let screen = console.screen();
    let line = screen.lines().find(|line| line.trim_start().starts_with("revision ")).expect("two columns");
    let mut numbers = line.split_whitespace().skip(1).map(|side| side.rsplit(':').next().unwrap().parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

/// The revisions that are asked for, in order.
fn wanted(console: &Console) -> Vec<String> {
    let wanted = subs::subscriptions(&console.state).into_iter();
    let revisions = wanted.filter_map(|wanted| match wanted.asked.query {
        Query::Revision(reference) => Some(reference.short().to_string()),
        _ => None,
    });
    let mut revisions: Vec<String> = revisions.collect();
    revisions.sort_unstable();
    revisions
}

/// Answers what is asked for with a fault.
fn refuse(console: &mut Console, fault: &Fault) {
    for wanted in subs::subscriptions(&console.state) {
        if let Query::Revision(_) = wanted.asked.query {
            console.tell(Msg::Answer { asked: wanted.asked, round: wanted.round, result: Err(fault.clone()) });
        }
    }
}

#[test]
fn what_changed_in_the_bad_deployment_is_what_its_tasks_miss() {
    let mut console = compare(SCREEN);
    assert_eq!(sides(&console), (41, 42));
    console.shows("ACTIVE, being replaced,");
    console.shows("PRIMARY, in progress,");
    console.shows("2 changed, 1 added, 1 removed, 19 the same");
    console.shows("▸ ~ image");
    console.shows("- environment BOOKING_LEDGER_URL    ••••••");
    console.shows("+ environment LEDGER_URL            —");
    console.shows("(another value)");
    console.shows_not("LOG_LEVEL");
    // The last words of its tasks name the variable that is gone.
    console.keys("esc l / F A T A L enter");
    console.shows("configuration key BOOKING_LEDGER_URL is missing");
}

#[test]
fn it_opens_from_the_list_and_from_the_opened_service_and_closes_by_the_same_key() {
    let mut console = compare(SCREEN);
    console.keys("=");
    console.shows_not("Compare  ");
    console.keys("enter right =");
    console.shows(&format!("Compare  {SERVICE}"));
    console.keys("esc");
    assert!(console.state.detail.is_some() && console.state.overlays.is_empty());
}

#[test]
fn all_fields_can_be_shown_and_the_cursor_stays_on_its_field() {
    let mut console = compare(SCREEN);
    console.keys("j j");
    console.shows("▸ ~ environment FARES_VERSION");
    console.shows("field 3 of 4");
    console.keys("a");
    console.shows("▸ ~ environment FARES_VERSION");
    console.shows("field 4 of 23");
    console.shows("environment LOG_LEVEL");
    console.shows("health check");
    console.keys("G");
    console.shows("field 23 of 23");
    console.shows("▸   launch type");
    console.keys("a");
    console.shows("field 1 of 4");
    console.keys("k k k");
    console.shows("field 1 of 4");
}

#[test]
fn either_side_and_both_go_through_the_family() {
    let mut console = compare(SCREEN);
    console.keys("left");
    assert_eq!(sides(&console), (40, 41));
    console.shows("in no deployment  ");
    console.shows("ACTIVE, being replaced");
    console.keys("right [");
    assert_eq!(sides(&console), (40, 42));
    console.keys("]");
    assert_eq!(sides(&console), (41, 42));
    console.keys("{");
    assert_eq!(sides(&console), (41, 41));
    console.shows("both sides are the same revision");
    console.keys("} [ [ [ [ [ [");
    assert_eq!(sides(&console), (35, 42));
    console.shows("512 MiB");
    console.shows("1024 MiB");
    // Beyond the newest there is nothing, and the way back is open.
    console.keys("}");
    console.shows("booking-api:43 is not there: it was never registered, or it was deleted");
    console.shows("not there");
    console.keys("{");
    console.shows("added");
}

#[test]
fn revisions_are_read_once_and_those_passed_by_are_not() {
    let mut console = compare(SCREEN);
    assert!(wanted(&console).is_empty(), "a revision never changes");
    for _ in 0..3 {
        console.press("left");
    }
    assert_eq!(wanted(&console), ["booking-api:38", "booking-api:39"]);
    console.shows("reading…");
    console.keys("left right right right right");
    console.shows("2 changed, 1 added, 1 removed");
    console.press("left");
    assert!(wanted(&console).is_empty(), "these were read before");
    for _ in 0..60 {
        console.press("left");
    }
    console.shows("booking-api:1 is the first of its family");
    console.keys("esc");
    assert!(wanted(&console).is_empty());
}

#[test]
fn a_refusal_is_told_with_what_mends_it_and_asked_again_only_by_hand() {
    let mut console = Console::start(SCREEN, "bad-deploy");
    console.pass(60);
    console.keys("2").select(SERVICE);
    console.press("=");
    console.shows("reading…");
    let (action, principal) = ("ecs:DescribeTaskDefinition".into(), "".into());
    let denied = Fault::new(FaultKind::Denied { action, principal }, "ecs:DescribeTaskDefinition", "no")
        .with_remedy("ask for the permission");
    refuse(&mut console, &denied);
    console.shows("booking-api:41: access denied: needs ecs:DescribeTaskDefinition");
    console.shows("ask for the permission");
    assert!(wanted(&console).is_empty(), "it would be refused again");
    console.press("c");
    console.shows("the revisions are not read yet");
    assert!(console.copied.is_empty());
    console.press("R");
    assert_eq!(wanted(&console).len(), 2);
    refuse(&mut console, &Fault::new(FaultKind::Throttled, "ecs:DescribeTaskDefinition", "Rate exceeded"));
    assert_eq!(wanted(&console).len(), 2, "what passes is asked again by itself");
    console.read();
    console.shows("2 changed, 1 added, 1 removed");
}

#[test]
fn what_is_shown_is_copied_without_values() {
    let mut console = compare((80, 24));
    console.keys("c");
    let image = "417228905561.dkr.ecr.eu-west-1.amazonaws.com/harbour/booking-api";
    assert_eq!(
        console.copied,
        [format!(
            "{SERVICE} in harbour-production: booking-api:41 → booking-api:42
container booking-api
  ~ image: {image}:41 → {image}:42
  - environment BOOKING_LEDGER_URL: ••••••
  ~ environment FARES_VERSION: •••••• → •••••• (another value)
  + environment LEDGER_URL: ••••••"
        )]
    );
}

#[test]
fn without_a_deployment_under_way_it_is_the_revision_before() {
    let mut console = Console::start(SCREEN, "calm");
    console.keys("2").select("harbour-reports-production").keys("=");
    console.shows("in no deployment");
    console.shows("PRIMARY,");
    // Its images have a tag that is pushed again: no field tells what runs.
    console.shows("▲ both name reports:latest: a tag that was pushed again is another image");
}

#[test]
fn where_there_is_nothing_to_compare_it_says_why() {
    let mut console = Console::start(SCREEN, "calm");
    console.keys("3 =");
    console.shows("revisions are those of a service (pane 2)");
    assert!(console.state.overlays.is_empty());
    console.keys(": c o m p a r e");
    console.shows("revisions are those of a service");
}

#[test]
fn it_fits_every_screen() {
    let mut console = compare(SCREEN);
    console.keys("a");
    for width in [40, 41, 60, 79, 109, 110, 111, 300] {
        for height in [10, 11, 24, 100] {
            console.tell(Msg::Resize(width, height));
            console.shows("booking-api:41");
            console.keys("G");
            console.shows("▸");
            console.keys("g g");
        }
    }
}
