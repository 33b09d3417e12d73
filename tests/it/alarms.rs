//! Alarms on the deck: what rings, what it is about, what counts, and how often it is asked.

use std::time::Duration;

use midwatch::app::msg::{Msg, ReadKey};
use midwatch::app::store::Standing;
use midwatch::app::subs;
use midwatch::domain::environment::Environment;
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::health::Health;
use midwatch::domain::ops::ecs;
use midwatch::domain::query::{Answer, ListingPiece, Query};
use midwatch::domain::resource::KindId;
use midwatch::kinds;
use midwatch::kinds::alarms::ALARMS;
use midwatch::kinds::databases::DATABASES;
use midwatch::kinds::services::SERVICES;

use crate::drive::Console;

const DECK: (u16, u16) = (160, 45);
const ERRORS: &str = "harbour-booking-api-production-5xx";

/// The bad deploy, when its alarm has rung for a while.
fn ringing(size: (u16, u16)) -> Console {
    let mut console = Console::start(size, "bad-deploy");
    console.pass(120);
    console
}

fn health(console: &Console, kind: KindId, name: &str) -> Health {
    let listing = console.state.store().unwrap().listing(kind);
    listing.rows().find(|row| &**row.object.name() == name).unwrap().diagnosis.health
}

fn wrong(console: &Console, kind: KindId) -> usize {
    console.state.store().unwrap().listing(kind).wrong()
}

/// What is wrong besides alarms.
fn others(console: &Console) -> usize {
    kinds::registry().filter(|kind| kind.id() != ALARMS).map(|kind| wrong(console, kind.id())).sum()
}

fn asked(console: &Console, query: Query) -> ReadKey {
    ReadKey { environment: console.state.current.clone().unwrap(), session: console.state.session, query }
}

#[test]
fn what_rings_is_on_the_deck_and_counts_once_with_what_it_is_about() {
    let mut calm = Console::start(DECK, "calm");
    assert_eq!(calm.state.wrong(), 0, "what scales in rings and is no trouble");
    assert_eq!(calm.state.store().unwrap().standing(), Standing::Healthy, "what has no data is judged by itself");
    calm.keys("6 z");
    calm.shows("no data");
    calm.shows("little to do: autoscaling takes tasks away");
    calm.tell(Msg::Resize(300, 45));
    calm.shows("free storage of database harbour-payments-production < 20 GiB");
    let mut console = ringing(DECK);
    console.keys("6 g g");
    assert_eq!(health(&console, ALARMS, ERRORS), Health::Degraded);
    assert_eq!(health(&console, ALARMS, "harbour-booking-journey"), Health::Degraded);
    assert!(health(&console, SERVICES, "harbour-booking-api-production").is_wrong());
    assert_eq!(wrong(&console, ALARMS), 2);
    assert_eq!(console.state.wrong(), others(&console), "the alarm and the rule over it are the service's trouble");
    console.shows("2 of 15 wrong");
    // Nothing else stands on the first row of the pane.
    assert_eq!(&**console.state.selected(ALARMS).unwrap().object.name(), ERRORS);
}

#[test]
fn an_alarm_of_what_is_well_or_not_listed_counts_for_itself() {
    let mut console = Console::with(DECK, "bad-deploy", |environments| {
        // Of the jobs' cluster alone: the service is not listed, and the alarm of its target group names no cluster.
        let clusters = ["harbour-jobs".to_string()];
        environments[0].scope =
            midwatch::domain::environment::Scope::new(&[], &[], &clusters, &Default::default()).unwrap();
    });
    console.pass(120);
    assert_eq!(wrong(&console, ALARMS), 2);
    assert_eq!(
        console.state.wrong(),
        others(&console) + 1,
        "the rule is over the alarm, and that is about nothing here"
    );
}

#[test]
fn from_an_alarm_to_its_resource_and_from_a_rule_to_its_alarm() {
    let mut console = ringing(DECK);
    console.keys("6 g g a");
    let detail = console.state.detail.as_ref().unwrap();
    assert_eq!(
        (detail.kind, detail.id.0.ends_with("service/harbour-core/harbour-booking-api-production")),
        (SERVICES, true)
    );
    assert_eq!(console.state.focus.number(), 2);
    console.keys("esc");
    assert_eq!(&**console.state.selected(SERVICES).unwrap().object.name(), "harbour-booking-api-production");
    console.keys("6").select("harbour-booking-journey").keys("enter a");
    assert_eq!(&**console.state.selected(ALARMS).unwrap().object.name(), ERRORS, "the one of them that rings");
    // A filter that would hide it goes.
    console.keys("esc 3 / r e p o r t i n g enter 6").select("harbour-payments-production-storage").keys("a");
    assert_eq!(&**console.state.selected(DATABASES).unwrap().object.name(), "harbour-payments-production");
    console.keys("esc");
    assert!(!console.state.list(console.state.focus).unwrap().is_filtered());
    // Where it leads nowhere it says so.
    console.keys("3 a");
    console.shows("only alarms (6) are about something else");
}

#[test]
fn the_detail_says_why_since_when_and_what_happened() {
    let mut console = ringing(DECK);
    console.keys("6 g g enter");
    for said in [
        "▲ ALARM",
        "1 out of the last 1 datapoints",
        "5xx of the targets of target group harbour-booking-api > 25 for 1 of 1 × 1m",
        "AWS/ApplicationELB HTTPCode_Target_5XX_Count Sum",
        "target group harbour-booking-api",
        "sns harbour-on-call",
        "runbooks/5xx",
    ] {
        console.shows(said);
    }
    console.keys("right");
    console.shows("Alarm updated from OK to ALARM");
    console.shows("Successfully executed action arn:aws:sns:eu-west-1");
    console.keys("c o");
    assert!(console.copied[0].ends_with(":alarm:harbour-booking-api-production-5xx"), "{:?}", console.copied);
    assert!(console.copied[1].contains("#alarmsV2:alarm/harbour-booking-api-production-5xx"), "{:?}", console.copied);
    console.keys("l");
    console.shows("logs are those of");
}

#[test]
fn filters_find_alarms_by_state_and_by_what_they_watch() {
    let mut console = ringing(DECK);
    console.keys("6 /").type_in("state:ALARM health:degraded").keys("enter");
    assert_eq!(console.state.list(console.state.focus).unwrap().order().len(), 2);
    console.keys("esc /").type_in("what:connections").keys("enter");
    let found = console.state.list(console.state.focus).unwrap().order();
    assert!(found.iter().any(|id| id.0.ends_with("harbour-payments-production-connections")), "{found:?}");
}

#[test]
fn the_question_what_is_wrong_is_asked_often_and_the_list_seldom() {
    let console = ringing(DECK);
    let wanted = subs::subscriptions(&console.state);
    let paces: Vec<(bool, Duration, usize)> = (wanted.iter())
        .filter_map(|wanted| match &wanted.asked.query {
            Query::List(ALARMS) => Some((true, wanted.every, 0)),
            Query::Wrong(ALARMS, ids) => Some((false, wanted.every, ids.len())),
            Query::Some(ALARMS, _) => panic!("{wanted:?}"),
            _ => None,
        })
        .collect();
    assert!(paces.contains(&(true, Duration::from_secs(60), 0)), "{paces:?}");
    assert!(paces.contains(&(false, Duration::from_secs(10), 2)), "those that ring are looked after: {paces:?}");
    assert_eq!(paces.len(), 2);
    // Out of sight the list waits longer; what rings is still heard.
    let mut console = Console::start((80, 24), "calm");
    console.keys("2");
    let wanted = subs::subscriptions(&console.state);
    let pace = |query: &dyn Fn(&Query) -> bool| wanted.iter().find(|wanted| query(&wanted.asked.query)).unwrap().every;
    assert_eq!(pace(&|query| matches!(query, Query::List(ALARMS))), Duration::from_secs(300));
    assert_eq!(pace(&|query| matches!(query, Query::Wrong(ALARMS, _))), Duration::from_secs(10));
    assert!(wanted.iter().all(|wanted| !matches!(wanted.asked.query, Query::Wrong(SERVICES, _))));
}

#[test]
fn a_fault_of_the_quick_question_is_told_in_the_pane_and_ends_with_a_good_one() {
    let mut console = ringing(DECK);
    let quick = asked(&console, Query::Wrong(ALARMS, vec![]));
    let fault = Fault::new(FaultKind::Throttled, "cloudwatch:DescribeAlarms", "Rate exceeded");
    let tell = |console: &mut Console, result| {
        if let Some(result) = result {
            console.tell(Msg::Answer { asked: quick.clone(), round: 0, result });
        }
        console.tell(Msg::Answered(quick.clone()));
    };
    tell(&mut console, Some(Err(fault)));
    console.shows("throttled");
    assert_eq!(health(&console, ALARMS, ERRORS), Health::Degraded, "an error ends no alarm");
    tell(&mut console, Some(Ok(Answer::Listing(ListingPiece::Items(vec![])))));
    console.shows_not("throttled");
}

#[test]
fn denied_is_said_in_the_pane_of_the_alarms_alone() {
    let mut console = Console::start(DECK, "calm");
    let list = asked(&console, Query::List(ALARMS));
    let kind = FaultKind::Denied { action: "cloudwatch:DescribeAlarms".into(), principal: "".into() };
    let fault = Fault::new(kind, "cloudwatch:DescribeAlarms", "");
    let answer = Answer::Listing(ListingPiece::PartFailed { part: "composite".into(), fault });
    console.tell(Msg::Answer { asked: list.clone(), round: 0, result: Ok(answer) });
    console.tell(Msg::Answered(list));
    console.shows("composite: needs cloud");
    assert!(console.screen().matches("denied").count() > 0);
    for kind in [SERVICES, DATABASES] {
        assert!(console.state.store().unwrap().listing(kind).faults().is_empty());
    }
    console.shows("harbour-payments-production");
}

#[test]
fn the_quick_question_hears_what_begins_and_what_ends() {
    let mut console = Console::start(DECK, "bad-deploy");
    let env: Environment = (**console.state.environment().unwrap()).clone();
    // Only the quick question is answered from here on.
    let look = |console: &mut Console| {
        let quick = subs::subscriptions(&console.state);
        let quick = quick.into_iter().find(|wanted| matches!(wanted.asked.query, Query::Wrong(..))).unwrap();
        for result in console.asked_of_the_demo(&env, quick.asked.query.clone()) {
            console.tell(Msg::Answer { asked: quick.asked.clone(), round: quick.round, result });
        }
        console.tell(Msg::Answered(quick.asked));
    };
    console.demo.advance(Duration::from_secs(120));
    look(&mut console);
    assert_eq!(health(&console, ALARMS, ERRORS), Health::Degraded);
    console.keys("2").select("harbour-booking-api-production").keys("s").type_in("0").keys("enter");
    // Nobody is left to crash.
    console.change_from_outside(midwatch::domain::call::Call::new(
        ecs::UPDATE_SERVICE,
        [
            ("cluster", "harbour-core".into()),
            ("service", "harbour-booking-api-production".into()),
            ("desiredCount", 0.into()),
        ],
    ));
    console.keys("esc");
    console.demo.advance(Duration::from_secs(180));
    look(&mut console);
    assert_eq!(health(&console, ALARMS, ERRORS), Health::Ok);
}
