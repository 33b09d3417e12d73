//! What is wrong, on the demo: the first screen without a key, the list, the way from a finding to its
//! resource, and how one ends.

use std::time::Duration;

use midwatch::app::msg::{Msg, ReadKey};
use midwatch::app::state::{Overlay, Pane};
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::query::Query;
use midwatch::domain::rules::Setting;
use midwatch::kinds::alarms::ALARMS;
use midwatch::kinds::databases::DATABASES;
use midwatch::kinds::services::SERVICES;

use crate::drive::{Console, SIZES};
use crate::hold;

const BAD: &str = "harbour-booking-api-production";

/// The bad deployment as staging, where a plan asks for `y` only.
fn bad_deploy(seconds: u64) -> Console {
    let mut console = Console::staging(SIZES[1], "bad-deploy");
    console.pass(seconds);
    console
}

#[test]
fn the_first_screen_says_what_where_since_when_and_what_was_changed() {
    let mut console = bad_deploy(75);
    for size in SIZES {
        console.tell(Msg::Resize(size.0, size.1));
        let screen = console.screen();
        let lines: Vec<&str> = screen.lines().skip(1).take(2).collect();
        assert!(lines[0].contains("bad deploy") && lines[0].contains(BAD), "{size:?}: {}", lines[0]);
        assert!(lines[1].contains("since ") && lines[1].contains("booking-api:42 deployed"), "{size:?}: {}", lines[1]);
        assert!(lines[1].contains("w b"), "{size:?}: {}", lines[1]);
    }
    hold!("wrong-deck", console);
}

#[test]
fn the_list_shows_causes_evidence_and_what_was_not_looked_at() {
    let mut console = bad_deploy(240);
    // The golden signals are read once, so that the balancers' numbers are known.
    console.keys("m");
    console.pass(2);
    console.keys("m w");
    let told = console.rules();
    let place = |rule: &str| told.iter().position(|id| *id == rule).unwrap_or_else(|| panic!("no {rule}: {told:?}"));
    // The other trouble of the estate, a database that is full, has nothing to do with it.
    let cause = place("bad-deploy");
    let findings = &console.state.store().unwrap().triage.findings;
    for effect in ["target-5xx", "cdn-5xx", "alarm"] {
        assert_eq!(findings[place(effect)].because.map(|(cause, _)| cause), Some(cause), "{effect}");
    }
    console.shows("not checked:");
    console.keys(&"j ".repeat(cause));
    hold!("wrong", console);
}

#[test]
fn the_keys_of_a_finding_work_on_its_resource() {
    let mut console = bad_deploy(60);
    // Another row has the selection, and keeps it out of the way.
    console.select("harbour-search-production").keys("w b");
    console.shows(&format!("Roll back {BAD}"));
    assert!(console.state.notice.is_none());
    console.keys("esc").select("harbour-search-production").keys("b");
    console.shows(&format!("no problem found here: bad deploy is at {BAD}"));
    console.keys("esc w l");
    assert!(console.state.logs.as_ref().is_some_and(|logs| format!("{:?}", logs.sources).contains("booking-api")));
    let mut console = bad_deploy(60);
    console.keys("w enter");
    assert!(console.state.detail.is_some() && console.state.overlays.is_empty());
    console.shows(BAD);
    console.keys("esc");
    assert!(
        matches!(console.state.overlays.last(), Some(Overlay::Findings(_))),
        "back to the list that it was opened from"
    );
    console.keys("m");
    console.shows("Golden signals");
    console.keys("enter");
    assert!(console.state.detail.is_some() && console.state.overlays.is_empty());
    console.keys("esc");
    console.shows("Golden signals");
}

#[test]
fn the_number_of_a_pane_leads_there_from_every_list() {
    let mut console = bad_deploy(60);
    for list in ["w", "t", "m", "?", "w enter esc"] {
        console.keys(list).keys("3");
        assert!(console.state.overlays.is_empty() && console.state.focus == Pane::Kind(DATABASES), "{list}");
        console.keys("2");
    }
    console.keys("w b 3");
    assert!(matches!(console.state.overlays.last(), Some(Overlay::Action(_))), "no plan is left by chance");
}

#[test]
fn a_finding_leads_to_its_resource_whatever_the_list_was_filtered_by() {
    let mut console = bad_deploy(60);
    console.keys("/ w e b enter");
    console.keys("w enter esc esc");
    let selected = console.state.selected(SERVICES).map(|row| row.object.name().to_string());
    assert_eq!(selected.as_deref(), Some(BAD));
    console.keys("s");
    console.shows(&format!("Scale {BAD}"));
}

#[test]
fn what_is_mended_ends_and_stays_marked_for_a_while() {
    let mut console = bad_deploy(45);
    assert_eq!(console.rules()[0], "bad-deploy");
    console.keys("w b enter y");
    console.pass(4);
    let screen = console.screen();
    let second = screen.lines().nth(2).unwrap_or_default();
    assert!(second.contains("roll back ") && second.contains("s ago, under way"), "{second}");
    console.keys("w");
    console.shows("done since");
    console.keys("esc");
    let mut waited = 0;
    while console.rules().contains(&"bad-deploy") {
        console.pass(5);
        waited += 5;
        assert!(waited < 300, "it does not end: {:?}", console.rules());
    }
    console.keys("w");
    console.shows("✓ bad deploy");
    console.keys("esc");
    console.pass(310);
    console.keys("w");
    console.shows_not("✓ bad deploy");
}

#[test]
fn a_threshold_of_the_environment_counts() {
    let with = |setting: Option<Setting>| {
        let mut console = Console::with(SIZES[1], "bad-deploy", |environments| {
            setting.into_iter().for_each(|setting| environments[0].rules.set("bad-deploy", setting));
        });
        console.pass(60);
        console.rules()[0]
    };
    assert_eq!(with(None), "bad-deploy");
    assert_ne!(with(Some(Setting::Off)), "bad-deploy");
}

#[test]
fn nothing_wrong_is_said_of_what_was_looked_at_alone() {
    let mut console = Console::with(SIZES[1], "calm", |environments| {
        // What has no data since a month is known, and no news.
        environments[0].rules.set("alarm-no-data", Setting::Off);
    });
    console.pass(2);
    assert_eq!(console.rules(), Vec::<&str>::new());
    console.shows("No problems found");
    console.shows("not checked:");
    // A list that fails is the first that is missing.
    let environment = console.state.current.clone().unwrap();
    let asked = ReadKey { environment, session: console.state.session, query: Query::List(ALARMS) };
    let kind = FaultKind::Denied { action: "cloudwatch:DescribeAlarms".into(), principal: "".into() };
    let fault = Fault::new(kind, "cloudwatch:DescribeAlarms", "");
    console.demo.advance(Duration::from_secs(1));
    console.tell(Msg::Answer { asked: asked.clone(), round: console.state.round, result: Err(fault) });
    console.tell(Msg::Answered(asked));
    console.tell(Msg::Tick);
    console.shows("not checked: alarms (access denied: needs cloudwatch:DescribeAlarms)");
}

#[test]
fn what_was_changed_is_still_told_when_something_was_deployed_since() {
    for keys in ["w b enter y", "w enter d y"] {
        let mut console = bad_deploy(60);
        console.shows("booking-api:42 deployed");
        console.keys(keys);
        assert_eq!(console.sent.len(), 1, "{}", console.screen());
        for _ in 0..10 {
            console.pass(2);
            let found = console.state.store().unwrap().triage.findings.first().cloned().unwrap();
            // The way back ends it, and what rings still has the same cause; a restart mends nothing.
            assert!(keys.starts_with("w b") || found.rule == "bad-deploy", "after {keys}: {found:?}");
            assert_eq!(found.before.as_ref().unwrap().what, "booking-api:42 deployed", "after {keys}: {found:?}");
        }
    }
}

#[test]
fn the_selected_finding_stays_selected_wherever_it_goes() {
    let mut console = bad_deploy(45);
    console.keys("w j");
    let selected = |console: &Console| {
        let lines = console.screen();
        let at = lines.lines().find(|line| line.contains("│ what ")).unwrap().to_string();
        (midwatch::app::views::findings::view::selected(&console.state).unwrap().rule, at)
    };
    let (rule, _) = selected(&console);
    assert_ne!(rule, "bad-deploy");
    for _ in 0..20 {
        console.pass(3);
        let there = console.state.store().unwrap().triage.all().any(|(finding, _)| finding.rule == rule);
        assert!(!there || selected(&console).0 == rule, "{}", console.screen());
    }
}

#[test]
fn the_evidence_goes_on_by_pages_where_there_is_little_room() {
    let mut console = bad_deploy(60);
    console.tell(Msg::Resize(80, 24));
    console.keys("w");
    console.shows_not("ranked by");
    console.keys("pagedown pagedown");
    console.shows("ranked by");
    console.keys("j");
    console.keys("k");
    console.shows_not("ranked by");
}

#[test]
fn in_the_logs_a_key_is_offered_for_what_it_does_there() {
    let mut console = bad_deploy(60);
    console.keys("w enter l");
    let footer = console.screen().lines().last().unwrap().to_string();
    assert!(footer.contains("f follow") && !footer.contains("s scale"), "{footer}");
    console.shows(":wrong details");
    console.keys("?");
    let first = console
        .screen()
        .lines()
        .find(|line| line.contains("in the logs") || line.contains("everywhere"))
        .unwrap()
        .to_string();
    assert!(first.contains("in the logs"), "{first}");
}
