//! The environments that are not open, seen from afar.

use std::time::Duration;

use midwatch::app::environment_overview::{EnvironmentSummary, seen};
use midwatch::app::msg::{Msg, ReadKey, Session};
use midwatch::app::subs::{Subscription, subscriptions};
use midwatch::domain::environment::Environment;
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::query::{Answer, ListingPiece, Query};
use midwatch::kinds::alarms::ALARMS;

use crate::drive::{Console, SIZES};
use crate::hold;

const MINUTE: Duration = Duration::from_secs(60);

/// The console in staging, with the wall on.
fn in_staging(scenario: &str, change: impl Fn(&mut Vec<Environment>)) -> Console {
    let mut console = Console::with(SIZES[0], scenario, |environments| {
        environments.rotate_left(1);
        change(environments);
    });
    console.state.settings.watch = true;
    console.read();
    console
}

/// What is asked of environments that are not open.
fn asked(console: &Console) -> Vec<Subscription> {
    let current = console.state.current.clone().unwrap();
    let all = subscriptions(&console.state).into_iter();
    let mut others: Vec<_> = all.filter(|wanted| wanted.asked.environment != current).collect();
    others.sort_by_key(|wanted| (wanted.asked.environment.clone(), wanted.asked.query != Query::Identity));
    others
}

fn seen_of(console: &Console, name: &str) -> Option<EnvironmentSummary> {
    let env = console.state.environments.iter().find(|env| *env.name == *name).unwrap();
    seen(&console.state, env)
}

/// All of an answer that an environment gives.
fn answer<const N: usize>(console: &mut Console, of: &str, query: Query, pieces: [Result<Answer, Fault>; N]) {
    let asked = ReadKey { environment: of.into(), session: Session::OTHERS, query };
    for result in pieces {
        console.tell(Msg::Answer { asked: asked.clone(), round: 0, result });
    }
    console.tell(Msg::Answered(asked));
}

fn tell(console: &mut Console, environment: &str, query: Query, fault: FaultKind) {
    answer(console, environment, query, [Err(Fault::new(fault, "x", "so it is"))]);
}

#[test]
fn each_is_asked_two_things_a_minute_and_nothing_more() {
    let mut console = in_staging("calm", |_| {});
    let told = asked(&console);
    let of = |wanted: &Subscription| (wanted.asked.environment.to_string(), wanted.asked.query.clone());
    let wrong = || Query::Wrong(ALARMS, vec![]);
    let wanted = ["harbour-development", "harbour-production"];
    let wanted = wanted.map(|name| [(name.to_string(), Query::Identity), (name.to_string(), wrong())]).concat();
    assert_eq!(told.iter().map(of).collect::<Vec<_>>(), wanted);
    assert!(told.iter().all(|wanted| wanted.every == MINUTE), "{told:?}");
    // What is open is no part of it, and a switch changes who that is.
    console.keys("e").type_in("production").keys("enter");
    assert!(asked(&console).iter().all(|wanted| wanted.asked.environment != "harbour-production"));
    assert_eq!(asked(&console).len(), 4);
    console.state.settings.watch = false;
    assert_eq!(asked(&console).len(), 0, "off by a setting");
}

#[test]
fn a_start_is_no_burst_and_another_alarm_is_no_reason_to_ask_sooner() {
    let mut console = Console::with(SIZES[0], "bad-deploy", |environments| {
        environments.rotate_left(1);
        let copies = (0..20).map(|n| Environment { name: format!("copy-{n}").into(), ..environments[1].clone() });
        let copies: Vec<_> = copies.collect();
        environments.extend(copies);
    });
    console.state.settings.watch = true;
    let delays: Vec<Duration> = asked(&console).iter().map(|wanted| wanted.delay).collect();
    assert_eq!(delays.iter().filter(|delay| delay.is_zero()).count(), 2, "one environment at once");
    assert!(delays.iter().max().unwrap() <= &Duration::from_secs(5));
    console.later(150);
    let of_production =
        |w: &Subscription| w.asked.environment == "harbour-production" && w.asked.query != Query::Identity;
    let told: Vec<Subscription> = asked(&console).into_iter().filter(of_production).collect();
    let [wanted] = &told[..] else { panic!("{told:?}") };
    assert!(matches!(&wanted.asked.query, Query::Wrong(_, ids) if !ids.is_empty()), "{wanted:?}");
    assert_eq!(wanted.delay, MINUTE, "the question is another one now");
}

#[test]
fn who_needs_a_person_is_not_asked_and_says_so() {
    let mut console = in_staging("calm", |environments| {
        let like = |name: &str| Environment { name: name.into(), ..environments[1].clone() };
        let obstacle = Some("needs an MFA code (arn:x)".into());
        let more = [
            Environment { program: true, ..like("program") },
            Environment { obstacle, ..like("mfa") },
            Environment { region: None, ..like("nowhere") },
        ];
        environments.extend(more);
    });
    assert!(asked(&console).iter().all(|wanted| wanted.asked.environment.starts_with("harbour-")));
    console.keys("1");
    for said in ["unknown: credential process", "unknown: not usable yet", "unknown: no region"] {
        console.shows(said);
    }
    let (long, short) = ("unknown: credential process", "credential");
    console.tell(Msg::Resize(120, 40));
    console.shows_not(long);
    console.shows(short);
}

#[test]
fn without_a_login_it_is_unknown_and_asked_no_more_than_who_we_are() {
    let mut console = in_staging("expired", |_| {});
    assert_eq!(seen_of(&console, "harbour-production"), Some(EnvironmentSummary::Unknown("no login".into())));
    console.keys("1");
    console.shows("unknown: no login");
    let told = asked(&console).into_iter().filter(|w| w.asked.environment == "harbour-production");
    let told: Vec<_> = told.map(|wanted| (wanted.asked.query, wanted.every)).collect();
    assert_eq!(told, [(Query::Identity, 5 * MINUTE)]);
    // The others are told all the same.
    assert!(matches!(seen_of(&console, "harbour-development"), Some(EnvironmentSummary::Quiet { .. })));
    // After a login elsewhere it comes back by itself.
    let env = console.state.environments.iter().find(|env| env.name == "harbour-development").unwrap().clone();
    let mut told = console.asked_of_the_demo(&env, Query::Identity);
    let asked_of =
        ReadKey { environment: "harbour-production".into(), session: Session::OTHERS, query: Query::Identity };
    console.tell(Msg::Answer { asked: asked_of, round: 0, result: told.remove(0) });
    assert!(asked(&console).iter().filter(|w| w.asked.environment == "harbour-production").count() == 2);
}

#[test]
fn what_rings_elsewhere_is_seen_and_enter_goes_there() {
    let mut console = in_staging("bad-deploy", |_| {});
    assert!(matches!(seen_of(&console, "harbour-production"), Some(EnvironmentSummary::Quiet { .. })));
    console.later(200);
    let Some(EnvironmentSummary::Ringing { count, since, age }) = seen_of(&console, "harbour-production") else {
        panic!("{:?}", seen_of(&console, "harbour-production"))
    };
    assert!(count >= 1 && since.is_some() && age <= 1);
    console.keys("1");
    hold!("wall", console);
    console.tell(Msg::Resize(80, 24));
    console.keys("k k j j enter");
    assert_eq!(console.state.current.as_deref(), Some("harbour-production"));
    assert_eq!(seen_of(&console, "harbour-production"), None, "it is open now");
    // Left again with what was wrong; the alarms are asked on.
    console.pass(5);
    console.keys("e").type_in("staging").keys("enter");
    assert!(matches!(seen_of(&console, "harbour-production"), Some(EnvironmentSummary::Ringing { .. })));
}

#[test]
fn what_is_not_known_is_never_told_as_quiet() {
    let mut console = in_staging("calm", |environments| environments[1].account = None);
    let name = "harbour-development";
    assert!(matches!(seen_of(&console, name), Some(EnvironmentSummary::Quiet { .. })));
    let denied = FaultKind::Denied { action: "cloudwatch:DescribeAlarms".into(), principal: "x".into() };
    for (query, fault, why) in [
        (Query::Wrong(ALARMS, vec![]), denied, "denied"),
        (Query::Wrong(ALARMS, vec![]), FaultKind::TimedOut, "timed out"),
        (Query::Identity, FaultKind::Unreachable, "unreachable"),
    ] {
        tell(&mut console, name, query, fault);
        assert_eq!(seen_of(&console, name), Some(EnvironmentSummary::Unknown(why.into())));
        console.pass(60);
        assert!(matches!(seen_of(&console, name), Some(EnvironmentSummary::Quiet { .. })), "the next answer ends it");
    }
    // Of some lists only: what rings in the others is not known, and what rings is told all the same.
    let partly = || {
        let kind = FaultKind::Denied { action: "cloudwatch:DescribeAlarms".into(), principal: "x".into() };
        let fault = Fault::new(kind, "cloudwatch:DescribeAlarms", "so it is");
        [
            Ok(Answer::Listing(ListingPiece::Items(vec![]))),
            Ok(Answer::Listing(ListingPiece::PartFailed { part: "composite".into(), fault })),
        ]
    };
    answer(&mut console, name, Query::Wrong(ALARMS, vec![]), partly());
    assert_eq!(seen_of(&console, name), Some(EnvironmentSummary::Unknown("partly denied".into())));
    console.pass(60);
    assert!(matches!(seen_of(&console, name), Some(EnvironmentSummary::Quiet { .. })), "the next answer ends it");
    // Nothing came for long: what hangs is not quiet.
    console.demo.advance(Duration::from_secs(170));
    console.tell(Msg::Tick);
    assert!(matches!(seen_of(&console, name), Some(EnvironmentSummary::Quiet { age: 170 })));
    console.demo.advance(Duration::from_secs(20));
    console.tell(Msg::Tick);
    assert_eq!(seen_of(&console, name), Some(EnvironmentSummary::Unknown("no answer for 3m".into())));
}

#[test]
fn before_the_first_answer_and_in_another_account_it_is_unknown() {
    let mut console = Console::with(SIZES[0], "calm", |environments| {
        environments.rotate_left(1);
        environments[2].account = Some("000000000000".into());
    });
    console.state.settings.watch = true;
    assert_eq!(seen_of(&console, "harbour-development"), Some(EnvironmentSummary::Waiting));
    console.keys("1");
    assert_eq!(seen_of(&console, "harbour-production"), Some(EnvironmentSummary::Unknown("another account".into())));
}
