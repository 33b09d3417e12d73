//! Another image: a revision that differs in nothing else is registered, deployed and followed.

use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::intent::{Outcome, Verdict};
use serde_json::json;

use crate::drive::Console;

const BAD: &str = "harbour-booking-api-production";
const GATEWAY: &str = "harbour-gateway-production";

fn image(rest: &str) -> String {
    format!("417228905561.dkr.ecr.eu-west-1.amazonaws.com/harbour/{rest}")
}

#[test]
fn a_bad_deployment_is_mended_by_a_fixed_image() {
    let mut console = Console::staging((120, 40), "bad-deploy");
    console.pass(45);
    console.select(BAD).keys("D");
    console.shows("Deploy image harbour-booking-api-production");
    console.shows("▸ 42.1");
    console.shows("booking-api:42 → booking-api:42.1");
    console.shows("a deployment of booking-api:42 is under way, this replaces it");
    console.keys("enter y");
    let revision = "arn:aws:ecs:eu-west-1:417228905561:task-definition/booking-api:43";
    let expected = [
        (
            "RegisterTaskDefinition",
            json!({ "taskDefinition": "booking-api:42", "container": "booking-api", "image": image("booking-api:42.1") }),
        ),
        ("UpdateService", json!({ "cluster": "harbour-core", "service": BAD, "taskDefinition": revision })),
    ];
    assert_eq!(console.operations(), expected);
    console.pass(150);
    assert_eq!((console.verdicts(), console.calls.len()), (vec![Verdict::Done], 2));
    let row = console.row("booking-api");
    assert!(row.contains("5/5") && row.contains("steady") && row.contains("booking-api:42.1"), "{row}");
}

#[test]
fn an_image_from_before_does_not_mend_what_the_definition_broke() {
    let mut console = Console::staging((120, 40), "bad-deploy");
    console.pass(45);
    console.select(BAD).keys("D ctrl-u 4 1");
    console.shows("it is older than what runs");
    console.keys("enter y");
    console.pass(150);
    assert!(console.verdicts().is_empty(), "{:?}", console.verdicts());
}

#[test]
fn each_image_is_told_with_its_age_its_scan_and_what_is_wrong_with_it() {
    let mut console = Console::staging((120, 40), "calm");
    console.select(BAD).keys("D");
    let screen = console.screen();
    let line = |name: &str| screen.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{screen}"));
    assert!(line("▸ next-7f3a").contains("20m ago") && line("▸ next-7f3a").contains("not scanned"));
    assert!(line("41-debug ").contains("26h ago") && line("41-debug ").contains("2 CRITICAL"));
    assert!(screen.lines().any(|line| line.contains(" 41 ") && line.contains("runs now")), "{screen}");
    console.keys("down");
    console.shows("booking-api:41-debug has 2 CRITICAL and 5 HIGH vulnerabilities by the scan of ECR");
    // What was deleted, what was never there, what is there already, what names no image.
    console.keys("ctrl-u 3 6");
    console.shows("booking-api:36: no such image in ECR: no task will start");
    console.keys("ctrl-u 4 1");
    console.shows("booking-api:41 is in booking-api:41 already: d deploys it anew");
    console.keys("ctrl-u s h a 2 5 6 : a b");
    console.shows("a digest has 64 hexadecimal digits: sha256:ab");
    console.keys("ctrl-u").type_in("public.ecr.aws/x/api:1");
    console.shows("public.ecr.aws/x/api:1 is taken as typed: nothing is looked up of it");
    console.keys("ctrl-u ?");
    console.shows("neither a tag, a digest nor an image: ?");
    console.keys("ctrl-u enter y");
    assert!(console.calls.is_empty(), "nothing is chosen");
}

#[test]
fn an_image_that_is_not_there_needs_the_typed_name() {
    let mut console = Console::staging((120, 40), "calm");
    console.select(GATEWAY).keys("D ctrl-u 9 9 enter y enter");
    assert!(console.calls.is_empty());
    console.keys("ctrl-u").type_in(GATEWAY).keys("enter");
    assert_eq!(console.calls[0].input["image"], image("gateway:99"));
    // And the circuit breaker takes it back.
    console.pass(120);
    assert_eq!(console.verdicts(), [Verdict::RolledBack]);
}

#[test]
fn an_untagged_digest_of_a_mutable_repository_is_told() {
    let mut console = Console::staging((120, 40), "calm");
    console.select("harbour-reports-production").keys("D");
    console.shows("no tag");
    console.keys("down down");
    console.shows("has no tag: a lifecycle policy may delete it while it is in use");
    console.keys("enter y");
    assert!(console.calls[0].str("image").starts_with(&image("reports@sha256:")), "{:?}", console.calls);
    console.pass(90);
    assert_eq!(console.verdicts(), [Verdict::Done]);
    // Back on the tag that may be pushed again.
    console.select("harbour-reports-production").keys("D ctrl-u l a t e s t");
    console.shows("reports:latest is a mutable tag");
}

#[test]
fn it_is_taken_back_to_the_revision_of_before() {
    let mut console = Console::staging((120, 40), "calm");
    console.select(GATEWAY).keys("D ctrl-u 2 6 enter y");
    console.pass(90);
    assert_eq!(console.verdicts(), [Verdict::Done]);
    // Nothing but the image is another.
    console.select(GATEWAY).keys("=");
    console.shows("gateway:27");
    console.shows("1 changed, ");
    console.shows("~ image");
    console.keys("esc u");
    console.shows("Roll back harbour-gateway-production");
    console.shows("gateway:28 → gateway:27");
    console.keys("enter y");
    let expected = json!({ "cluster": "harbour-core", "service": GATEWAY, "taskDefinition": "gateway:27" });
    assert_eq!(console.operations()[2], ("UpdateService", expected));
}

#[test]
fn a_revision_that_nothing_runs_is_called_that() {
    let mut console = Console::staging((120, 40), "calm");
    let fault = Fault::new(FaultKind::Invalid, "ecs:UpdateService", "no");
    console.trouble = Some((1, Outcome::Refused { fault }));
    console.select(GATEWAY).keys("D ctrl-u 2 6 enter y");
    assert_eq!((console.calls.len(), console.verdicts()), (2, vec![Verdict::Failed]));
    console.keys("J");
    console.shows("1 of 2 calls done, then one refused");
    console.shows("gateway:28 is");
    console.shows("registered and nothing runs it: b 28 deploys it");
    // The next plan knows it.
    console.keys("esc").trouble = None;
    console.select(GATEWAY).keys("D ctrl-u 2 6");
    console.shows("gateway:28 has this image already: b 28 deploys it and registers nothing");
}

#[test]
fn what_was_refused_first_changes_nothing() {
    let mut console = Console::staging((120, 40), "calm");
    let fault = Fault::new(FaultKind::Invalid, "ecs:RegisterTaskDefinition", "no");
    console.trouble = Some((0, Outcome::Refused { fault }));
    console.select(GATEWAY).keys("D ctrl-u 2 6 enter y J");
    console.shows("refused, nothing was changed");
    assert_eq!(console.calls.len(), 1);
}

#[test]
fn a_lost_answer_is_settled_by_reading() {
    let lost = |op: &str| Outcome::Unknown { fault: Fault::new(FaultKind::TimedOut, op, "no answer") };
    let mut console = Console::staging((120, 40), "calm");
    // It did not arrive, and the service is as it was.
    console.trouble = Some((1, lost("ecs:UpdateService")));
    console.select(GATEWAY).keys("D ctrl-u 2 6 enter y");
    console.pass(40);
    assert_eq!((console.verdicts(), console.calls.len()), (vec![Verdict::NotDone], 2));
    console.keys("J");
    console.shows("reading shows nothing of the next; gateway:28 is");
    console.shows("registered and nothing runs it: b 28 deploys it");
    console.keys("esc");
    // The registration did not arrive: there is no revision of that image newer than gateway:28.
    console.trouble = Some((0, lost("ecs:RegisterTaskDefinition")));
    console.select(GATEWAY).keys("D ctrl-u 2 4 enter y");
    console.pass(40);
    assert_eq!((console.verdicts(), console.calls.len()), (vec![Verdict::NotDone, Verdict::NotDone], 3));
}

#[test]
fn what_is_pushed_while_the_plan_is_read_stops_it() {
    let mut console = Console::staging((120, 40), "bad-deploy");
    // The bad deployment comes after eight seconds: the plan is of what ran before it.
    console.select(BAD).keys("D ctrl-u 4 0 enter");
    console.demo.advance(std::time::Duration::from_secs(30));
    console.keys("y");
    assert!(console.calls.is_empty());
    console.shows("it moved while you read the plan");
}

#[test]
fn the_line_for_the_shell_holds_no_value() {
    let mut console = Console::staging((120, 40), "calm");
    console.select(GATEWAY).keys("D ctrl-u 2 6 enter c");
    let line = console.copied.last().unwrap();
    assert!(
        line.starts_with("MADE=$(aws ecs describe-task-definition --task-definition gateway:27 --include TAGS"),
        "{line}"
    );
    assert!(line.contains(r#"--task-definition "$MADE""#) && line.contains("file:///dev/stdin"), "{line}");
}
