//! Queues on the screen, for scripts, and what is wrong with them.

use super::*;
use crate::diagnosis::fixtures::Scene;
use crate::domain::resource::ResourceId;
use crate::kinds::cell::Block;

const NOW: &str = "2026-11-21T02:14:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn arn(name: &str) -> ResourceId {
    ResourceId(format!("arn:aws:sqs:eu-west-1:123456789012:{name}").into())
}

fn queue(name: &str, visible: u64, dead_letters: Option<&str>) -> Queue {
    Queue {
        id: arn(name),
        name: name.into(),
        part: "queues".into(),
        url: format!("https://sqs.eu-west-1.amazonaws.com/123456789012/{name}").into(),
        visible,
        in_flight: 0,
        delayed: 0,
        created: None,
        modified: None,
        retention: Some(345_600),
        visibility_timeout: None,
        delay: None,
        receive_wait: None,
        largest_message: None,
        is_fifo: false,
        encryption: Encryption::Off,
        dead_letters: dead_letters.map(|name| Redrive { target: arn(name), max_receives: Some(5) }),
    }
}

fn scene(dead: u64) -> Scene {
    Scene::at(now()).with(QUEUES, queue("orders", 40, Some("dead"))).with(QUEUES, queue("dead", dead, None))
}

#[test]
fn messages_in_a_dead_letter_queue_are_a_finding_there_and_nowhere_else() {
    assert_eq!(scene(0).found("dlq-not-empty"), None);
    let found = scene(3).found("dlq-not-empty").unwrap();
    assert_eq!((found.name.as_str(), found.found.since), ("dead", None), "without its metric nobody knows since when");
    assert!(found.found.evidence.iter().any(|evidence| evidence.value == "from orders after 5 receives"), "{found:?}");
    let lone = Scene::at(now()).with(QUEUES, queue("dead", 3, None));
    assert_eq!(lone.found("dlq-not-empty"), None, "a name makes no dead-letter queue");
}

#[test]
fn a_dead_letter_queue_is_not_empty_since_its_metric_says_so() {
    let mut counts = vec![0.0; 30];
    counts.extend([1.0, 2.0, 3.0, 3.0]);
    let told = scene(3).told(metrics::visible(&queue("dead", 3, None)), &counts);
    let since = told.found("dlq-not-empty").unwrap().found.since.unwrap();
    assert_eq!(now().as_second() - since.as_second(), 240, "the first point above zero");
}

#[test]
fn a_script_gets_numbers_and_the_dead_letter_queue_by_its_arn() {
    let told = columns::json(&queue("orders", 40, Some("dead")), RenderContext::at(now()));
    assert_eq!((&told["visible"], &told["max_receives"]), (&40.into(), &5.into()));
    assert_eq!(told["dead_letter_queue"], *arn("dead").0);
}

#[test]
fn the_web_console_finds_a_queue_by_its_encoded_url() {
    assert_eq!(
        columns::console_url(&queue("a.fifo", 0, None), "eu-west-1"),
        "https://eu-west-1.console.aws.amazon.com/sqs/v3/home?region=eu-west-1#/queues/\
         https%3A%2F%2Fsqs.eu-west-1.amazonaws.com%2F123456789012%2Fa.fifo"
    );
}

#[test]
fn the_overview_says_what_is_unknown() {
    let blocks = tabs::overview(&queue("orders", 40, None), None, RenderContext::at(now()));
    let [Block::Fields(fields)] = &blocks[..] else { panic!("{blocks:?}") };
    let said = |label: &str| fields.iter().find(|(name, _)| name == label).unwrap().1[0].text.clone();
    assert_eq!(said("visibility timeout"), "unknown");
    assert_eq!(said("dead letters from"), "reading…");
    assert_eq!(said("dead-letter queue"), "none");
}

#[test]
fn a_standard_queue_near_its_limit_of_messages_in_flight_is_a_finding() {
    let scene =
        |in_flight, is_fifo| Scene::at(now()).with(QUEUES, Queue { in_flight, is_fifo, ..queue("orders", 0, None) });
    assert_eq!(scene(107_999, false).found("in-flight-limit"), None);
    assert!(scene(108_000, false).found("in-flight-limit").is_some());
    assert_eq!(scene(119_000, true).found("in-flight-limit"), None, "the limit of a FIFO queue is another");
}
