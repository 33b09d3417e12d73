//! Target health and autoscaling as a person meets them: in the detail of a service and among what is
//! wrong.

use std::sync::Arc;
use std::time::Duration;

use midwatch::app::msg::{Msg, ReadKey};
use midwatch::app::subs::{Subscription, subscriptions};
use midwatch::domain::call::Call;
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::ops::ecs;
use midwatch::domain::query::{Answer, ListingPiece, Query};
use midwatch::domain::resource::{Object, ResourceId, cast};
use midwatch::domain::service::{Service, ServiceEvent};
use midwatch::domain::text::Text;
use midwatch::kinds::services::SERVICES;
use serde_json::json;

use crate::drive::{Console, SIZES};
use crate::hold;

const BOOKING: &str = "harbour-booking-api-production";

/// So many seconds later; what the last answers said is looked at a moment after them.
fn looked_at(console: &mut Console, seconds: u64) {
    console.later(seconds);
    console.pass(1);
}

/// What is asked of target groups and of autoscaling, each with its pace in seconds.
fn asked(console: &Console) -> Vec<(Query, u64)> {
    let of = |wanted: Subscription| (wanted.asked.query, wanted.every.as_secs());
    let all = subscriptions(&console.state).into_iter().map(of);
    let mut told: Vec<_> = all.filter(|(query, _)| matches!(query, Query::Targets(_) | Query::Activities(_))).collect();
    told.sort_by_key(|(query, _)| format!("{query:?}"));
    told
}

fn targets(console: &Console) -> Vec<u64> {
    asked(console).into_iter().filter(|(query, _)| matches!(query, Query::Targets(_))).map(|(_, every)| every).collect()
}

fn open(console: &mut Console, tab: &str) {
    console.select(BOOKING).keys("enter").keys(tab);
}

const TARGETS: &str = "] ] ] ]";
const SCALING: &str = "] ] ] ] ]";

#[test]
fn the_targets_of_a_bad_deployment() {
    let mut console = Console::start(SIZES[0], "bad-deploy");
    console.pass(45);
    open(&mut console, TARGETS);
    for said in ["unhealthy", "Target.ResponseCodeMismatch", "behind app/harbour-public", "/health"] {
        console.shows(said);
    }
    hold!("targets", console);
}

#[test]
fn a_target_stands_beside_its_task() {
    let mut console = Console::start(SIZES[1], "calm");
    open(&mut console, "]");
    let screen = console.screen();
    let tasks: Vec<(String, String)> = (screen.lines().filter(|line| line.contains("RUNNING")))
        .map(|line| line.split_whitespace().map(str::to_string).collect::<Vec<_>>())
        .map(|words| (words[1].clone(), words.iter().find(|word| word.starts_with("10.")).unwrap().clone()))
        .collect();
    assert_eq!(tasks.len(), 5);
    console.keys("] ] ]");
    let screen = console.screen();
    for (task, address) in tasks {
        let line = screen.lines().find(|line| line.contains(&format!("{address}:8080")));
        assert!(line.is_some_and(|line| line.contains(&task) && line.contains("healthy")), "{task}: {line:?}");
    }
    console.shows("5 healthy");
}

#[test]
fn a_fault_of_the_targets_leaves_what_was_read_with_its_age() {
    let mut console = Console::start(SIZES[1], "calm");
    open(&mut console, TARGETS);
    let query = asked(&console).into_iter().find(|(query, _)| matches!(query, Query::Targets(_))).unwrap().0;
    let environment = console.state.current.clone().unwrap();
    let asked_of = ReadKey { environment, session: console.state.session, query };
    let action = "elasticloadbalancing:DescribeTargetHealth";
    let kind = FaultKind::Denied { action: action.into(), principal: "".into() };
    let fault = Fault::new(kind, action, "").with_remedy("allow it in IAM");
    console.demo.advance(Duration::from_secs(30));
    console.tell(Msg::Answer { asked: asked_of, round: 0, result: Err(fault) });
    console.shows("target health: access denied: needs elasticloadbalancing:DescribeTargetHealth");
    console.shows("5 healthy  read 30s ago");
    console.shows("checks");
}

#[test]
fn only_what_is_open_or_suspect_is_read() {
    let mut console = Console::start(SIZES[1], "calm");
    assert_eq!(asked(&console), [(Query::Activities(None), 60)]);
    open(&mut console, "");
    let own = Some(format!("service/harbour-core/{BOOKING}").into());
    let told = asked(&console);
    assert_eq!(targets(&console), [5]);
    assert!(told.contains(&(Query::Activities(own), 30)) && told.len() == 3, "{told:?}");
    console.keys("esc");
    assert_eq!(targets(&console), [0_u64; 0]);
    // One that goes wrong is looked at without being opened, and before the person asks.
    let mut console = Console::start(SIZES[1], "bad-deploy");
    console.pass(60);
    assert_eq!(targets(&console), [15]);
    assert!(console.rules().contains(&"unhealthy-targets"), "{:?}", console.rules());
}

/// Tells of so many services more, each with a target group of its own, that are like the booking service.
fn copies(console: &mut Console, count: usize, change: impl Fn(usize, &mut Service)) {
    let listing = console.state.store().unwrap().listing(SERVICES);
    let row = listing.rows().find(|row| *row.object.name() == *BOOKING).unwrap();
    let like = cast::<Service>(&*row.object).unwrap();
    let copy = |n: usize| {
        let mut service = Service {
            id: ResourceId(format!("{}-{n:04}", like.id.0).into()),
            name: format!("{BOOKING}-{n:04}").into(),
            target_groups: vec![group(n)],
            ..like.clone()
        };
        change(n, &mut service);
        Arc::new(service) as Object
    };
    let told = Answer::Listing(ListingPiece::Items((0..count).map(copy).collect()));
    let environment = console.state.current.clone().unwrap();
    let asked = ReadKey { environment, session: console.state.session, query: Query::List(SERVICES) };
    console.tell(Msg::Answer { asked, round: 0, result: Ok(told) });
}

fn group(n: usize) -> Text {
    format!("arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/copy-{n:04}/1").into()
}

#[test]
fn a_thousand_services_are_not_a_thousand_questions() {
    let mut console = Console::start(SIZES[1], "calm");
    copies(&mut console, 1_000, |_, _| {});
    console.demo.advance(Duration::from_secs(5));
    console.tell(Msg::Tick);
    assert_eq!(asked(&console), [(Query::Activities(None), 60)]);
}

#[test]
fn of_many_suspects_ten_are_read_and_of_what_is_wrong_they_come_first() {
    let mut console = Console::start(SIZES[1], "calm");
    let at = Some(console.now());
    let message = "(service api) (port 8080) is unhealthy in (target-group copy) due to (reason Request timed out)";
    let mut suspects = |count: usize| {
        copies(&mut console, count, |n, service| match n {
            // Down, and no word of a target.
            0 | 1 => (service.running, service.events) = (0, vec![]),
            _ => service.events = vec![ServiceEvent { at, message: message.into() }],
        });
        console.demo.advance(Duration::from_secs(2));
        console.tell(Msg::Tick);
        let told = asked(&console).into_iter().filter(|(query, _)| matches!(query, Query::Targets(_)));
        told.collect::<Vec<_>>()
    };
    let wanted = |numbers: &[usize]| {
        let of = |n: &usize| (Query::Targets(vec![group(*n)]), 15);
        numbers.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(suspects(11), wanted(&[0, 2, 3, 4, 5, 6, 7, 8, 9, 10]), "nine suspects, and one that is wrong");
    assert_eq!(suspects(13), wanted(&[2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), "ten of eleven suspects");
}

/// What is asked of balancers: the groups, and how long from now.
fn of_balancers(console: &Console) -> Vec<(Vec<Text>, Duration)> {
    let of = |wanted: Subscription| match wanted.asked.query {
        Query::Balancers(groups) => Some((groups, wanted.delay)),
        _ => None,
    };
    subscriptions(&console.state).into_iter().filter_map(of).collect()
}

#[test]
fn the_balancers_of_all_that_is_shown_are_one_question() {
    let mut console = Console::start(SIZES[1], "calm");
    console.select(BOOKING);
    let in_view = of_balancers(&console);
    let [(groups, _)] = &in_view[..] else { panic!("{in_view:?}") };
    assert!(groups.len() > 1 && groups.is_sorted(), "{groups:?}");
    // The charts of a service that is in view, the golden signals of all, a report: the same groups, or fewer.
    for keys in ["enter", "m", "esc esc m", "esc : r e p o r t space 1 h enter"] {
        console.keys(keys);
        let told = of_balancers(&console);
        let [(own, delay)] = &told[..] else { panic!("after {keys}: {told:?}") };
        assert!(own.iter().all(|group| groups.contains(group)), "{own:?}");
        assert!(*delay > Duration::from_secs(240), "after {keys} they were just read, and are asked for in {delay:?}");
    }
}

#[test]
fn unhealthy_targets_are_explained_by_the_bad_deployment() {
    let mut console = Console::start(SIZES[1], "bad-deploy");
    console.watch(60);
    let triage = &console.state.store().unwrap().triage;
    let of = |rule: &str| triage.findings.iter().position(|finding| finding.rule == rule).unwrap();
    assert_eq!(triage.findings[of("unhealthy-targets")].because.map(|(i, _)| i), Some(of("bad-deploy")));
    let down = (0..of("unhealthy-targets")).map(|_| "j").collect::<Vec<_>>().join(" ");
    console.keys("w").keys(&down);
    hold!("unhealthy-targets", console);
}

#[test]
fn at_its_max_under_load_is_a_finding_and_the_tab_tells_it() {
    let mut console = Console::start(SIZES[1], "bad-deploy");
    looked_at(&mut console, 100);
    assert!(!console.rules().contains(&"autoscaling-at-max"), "it may still grow");
    let call = [("cluster", json!("harbour-core")), ("service", json!(BOOKING)), ("desiredCount", json!(8))];
    console.change_from_outside(Call::new(ecs::UPDATE_SERVICE, call));
    looked_at(&mut console, 150);
    assert!(console.rules().contains(&"autoscaling-at-max"), "{:?}", console.rules());
    open(&mut console, SCALING);
    console.shows("AlreadyAtMaxCapacity");
    console.shows("at its max of 8");
    hold!("scaling", console);
    console.keys("esc t");
    console.shows("more or fewer tasks were wanted: it is at its max of 8");
    console.keys("/").type_in("source:autoscaling").keys("enter");
    console.shows("booking-api");
    console.keys("esc");
    // Who is at the max without a wish for more is well.
    let mut calm = Console::start(SIZES[1], "calm");
    calm.change_from_outside(Call::new(
        ecs::UPDATE_SERVICE,
        [("cluster", json!("harbour-core")), ("service", json!(BOOKING)), ("desiredCount", json!(8))],
    ));
    looked_at(&mut calm, 120);
    assert!(!calm.rules().contains(&"autoscaling-at-max"));
}
