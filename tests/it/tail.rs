//! The log pane on the demo, as a person uses it.

use midwatch::app::msg::Msg;
use midwatch::app::state::Pane;
use midwatch::domain::Timestamp;
use midwatch::kinds::services::SERVICES;
use midwatch::logs::settings::{Redacts, Times};

use crate::drive::{Console, START};

const SCREEN: (u16, u16) = (120, 40);

/// The logs of the service with the bad deployment, some time into it.
fn logs() -> Console {
    let mut console = Console::start(SCREEN, "bad-deploy");
    console.pass(60);
    console.keys("2 g g");
    console.select("harbour-booking-api-production");
    console.keys("l");
    console
}

#[test]
fn the_newest_lines_are_there_at_once_and_it_follows() {
    let mut console = logs();
    assert_eq!(console.state.focus, Pane::Logs);
    console.shows("Logs harbour-booking-api-production following");
    console.shows("ERROR connection pool exhausted");
    let before = console.state.logs.as_ref().unwrap().counts().seen;
    console.pass(5);
    let after = console.state.logs.as_ref().unwrap().counts().seen;
    assert!(after > before, "{before} → {after}");
    console.shows("following");
}

#[test]
fn looking_up_pauses_and_escape_follows_again() {
    let mut console = logs();
    console.keys("k k");
    console.shows("paused");
    console.pass(5);
    console.shows(" new");
    console.keys("esc");
    console.shows("following");
    console.keys("esc");
    assert!(console.state.logs.is_none(), "a second escape closes the pane");
}

#[test]
fn filters_lie_upon_each_other_and_stay_in_view() {
    let mut console = logs();
    console.keys("/").type_in("ledger").keys("enter x").type_in("retrying").keys("enter");
    console.shows("/ledger not /retrying");
    console.shows("ledger request failed");
    console.shows_not("retrying ledger");
    console.shows_not("connection pool");
    console.keys("v v v");
    console.shows("error and worse");
    console.keys("backspace backspace backspace");
    console.shows_not("/ledger");
    console.shows("connection pool");
    console.keys("backspace");
    console.shows("no filter is laid");
}

#[test]
fn a_bad_regex_is_told_while_it_is_typed_and_the_last_good_filters_stay() {
    let mut console = logs();
    console.keys("/").type_in("ledger").keys("enter /").type_in("(");
    console.shows("show / (");
    console.shows("unclosed group");
    console.keys("enter");
    console.shows("unclosed group");
    console.shows("ledger");
    console.keys("esc");
    console.shows("/ledger");
}

#[test]
fn an_error_is_found_and_opens_with_its_fields() {
    let mut console = logs();
    console.keys("/").type_in("ledger request").keys("enter [ e enter");
    console.shows("status  503");
    console.shows("traceId");
    console.keys("c");
    assert!(console.copied.last().unwrap().contains("ledger request failed"));
    console.keys("esc");
    console.shows("paused");
}

#[test]
fn patterns_say_what_is_new() {
    let mut console = logs();
    console.keys("p");
    console.shows("PATTERN");
    console.shows("ERROR connection pool exhausted after <*>");
    console.keys("esc");
    console.shows("following");
}

#[test]
fn a_moment_is_jumped_to_and_a_wrong_one_told() {
    let mut console = logs();
    console.keys("@").type_in("soon").keys("enter");
    console.shows("write 5m, 2h, 02:10");
    console.keys("esc @").type_in("02:10").keys("enter");
    console.shows("▸02:10:0");
    console.keys("@").type_in("3m").keys("enter");
    console.shows("▸02:12:");
}

#[test]
fn what_is_shown_is_saved_without_secrets() {
    let mut console = logs();
    console.keys("/").type_in("ledger").keys("enter W");
    let saved = console.copied.last().unwrap();
    assert!(saved.starts_with("harbour-booking-api-production-20261121T"), "{}", &saved[..60]);
    assert!(
        saved
            .lines()
            .skip(1)
            .filter(|line| line.starts_with("2026-11-21T"))
            .all(|line| line.to_lowercase().contains("ledger"))
    );
}

#[test]
fn several_services_are_one_stream() {
    let mut console = logs();
    console.keys("2");
    console.select("harbour-web-production");
    console.keys("L");
    console.shows("harbour-booking-api-production + harbour-web-production");
    console.keys("z /").type_in("GET /sailings 200").keys("enter");
    console.shows("web/");
    console.shows("booking-a…");
}

#[test]
fn context_lines_surround_a_match() {
    let mut console = logs();
    console.keys("z /").type_in("slow query").keys("enter");
    let alone = console.screen();
    console.keys("C");
    console.shows("2 lines around each match");
    console.shows("hidden");
    assert_ne!(console.screen(), alone);
}

#[test]
fn no_size_panics_and_another_environment_closes_the_tail() {
    let mut console = logs();
    for keys in ["k", "enter", "esc", "p", "esc", "/", "esc", "w"] {
        console.keys(keys);
        for size in [(1, 1), (40, 10), (80, 24), (99, 23), (100, 24), (200, 60), (60, 300)] {
            console.tell(Msg::Resize(size.0, size.1));
            console.screen();
        }
    }
    console.tell(Msg::Resize(120, 40));
    console.keys("e").type_in("staging").keys("enter");
    assert!(console.state.logs.is_none());
    console.shows("harbour-web-staging");
}

#[test]
fn a_gap_is_told_and_filled() {
    let mut console = Console::start(SCREEN, "throttled");
    while console.state.selected(SERVICES).is_none() {
        console.pass(1);
    }
    console.keys("2").select("harbour-booking-api-production").keys("l");
    while console.state.logs.as_ref().unwrap().gaps.is_empty() {
        console.pass(1);
        assert!(console.now().as_second() < START.parse::<Timestamp>().unwrap().as_second() + 120, "no gap");
    }
    console.pass(8);
    console.shows("Rate exceeded");
    let logs = console.state.logs.as_ref().unwrap();
    let since = logs.gaps.values().next().unwrap().since;
    assert!(logs.untils.values().all(|until| *until <= since), "its lines are missing since then");
    let before = logs.counts().seen;
    console.pass(5);
    let logs = console.state.logs.as_ref().unwrap();
    assert!(logs.gaps.is_empty() && logs.counts().seen > before);
    console.shows("is filled");
}

#[test]
fn secrets_are_taken_out_where_the_settings_say() {
    const SECRET: &str = ":h4rbour-";
    let copied = |redact: &[&str]| {
        let mut console = Console::start(SCREEN, "calm");
        console.state.settings.logs.redacts = Redacts::of(redact);
        console.select("harbour-booking-api-production");
        console.keys("l /").type_in("connected to postgres").keys("enter k c");
        (console.screen().contains(SECRET), console.copied.last().unwrap().contains(SECRET))
    };
    assert_eq!(copied(&["copy", "save"]), (true, false));
    assert_eq!(copied(&["save"]), (true, true));
    assert_eq!(copied(&["screen"]), (false, false), "what did not come in does not go out");
}

#[test]
fn times_are_shown_in_the_zone_of_the_person() {
    let mut console = Console::start(SCREEN, "calm");
    console.state.settings.logs.times = Times::Local;
    console.state.zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(5));
    console.select("harbour-booking-api-production").keys("l");
    console.shows(" 07:14:0");
}
