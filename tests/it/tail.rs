//! The log pane on the demo, as a person uses it.

use midwatch::app::msg::Msg;
use midwatch::app::state::Pane;
use midwatch::app::subs;
use midwatch::domain::Timestamp;
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::log::{LiveSession, LogPiece};
use midwatch::domain::query::{Answer, Query};
use midwatch::kinds::services::SERVICES;
use midwatch::logs::settings::Redacts;

use crate::drive::{Console, START};

const SCREEN: (u16, u16) = (120, 40);

/// The logs of the service with the bad deployment, some time into it.
pub fn logs() -> Console {
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
    console.shows("▸ level     error");
    console.shows("status    503");
    console.shows("traceId");
    console.keys("j c");
    assert_eq!(console.copied.last().unwrap(), "ledger request failed");
    console.keys("esc c");
    console.shows("paused");
    assert!(console.copied.last().unwrap().starts_with("{\"level\":\"error\""));
}

#[test]
fn a_field_becomes_a_filter_and_a_column() {
    let mut console = logs();
    console.keys("/").type_in("ledger request").keys("enter [ e enter j j a");
    console.shows("status is a column now");
    console.shows("503  (column)");
    console.keys("enter");
    console.shows("/ledger request status=503");
    console.shows("status");
    let columns = console.screen().lines().filter(|line| line.contains(" 503 ")).count();
    assert!(columns > 5, "{}", console.screen());
    console.keys("backspace backspace enter");
    console.keys("esc / ").type_in("ledger request").keys("enter enter j j x");
    console.shows("status≠503");
    console.shows("no line passes the filters");
}

#[test]
fn a_json_line_is_read_as_words_or_as_it_was_written() {
    let mut console = logs();
    console.keys("/").type_in("ledger request").keys("enter");
    console.shows("ledger request failed  status=503");
    console.keys("r");
    console.shows("{\"level\":\"error\",\"msg\":\"ledger request failed\"");
    console.keys("r backspace / ").type_in("connection pool").keys("enter");
    // The line's own time says what the pane's says.
    let own = |console: &Console| console.screen().lines().filter(|line| line.matches(":15:0").count() == 2).count();
    assert_eq!(own(&console), 0, "{}", console.screen());
    console.keys("r");
    assert!(own(&console) > 0, "{}", console.screen());
}

#[test]
fn a_highlight_hides_nothing_and_is_found() {
    let mut console = logs();
    let before = console.state.logs.as_ref().unwrap().counts();
    console.keys("h").type_in("pool exhausted").keys("enter");
    console.shows("~pool exhausted");
    let after = console.state.logs.as_ref().unwrap().counts();
    assert_eq!(after.filtered, 0);
    assert!(after.shown >= before.shown);
    console.keys("N");
    console.shows("paused");
    let line = selected(&console);
    assert!(line.contains("connection pool exhausted"), "{line}");
    console.keys("N");
    assert!(selected(&console).contains("connection pool exhausted"));
    assert_ne!(selected(&console), line);
}

/// The selected line: its time of day and its text.
fn selected(console: &Console) -> String {
    let logs = console.state.logs.as_ref().unwrap();
    let entry = logs.entry(logs.selected.unwrap()).unwrap();
    let line = format!("{} {}", logs.time(entry.key.at, console.now(), &console.state.zone), entry.text);
    let screen = console.screen();
    assert!(screen.contains(&line[..12]), "{line} is not on the screen:\n{screen}");
    line
}

#[test]
fn the_same_time_of_all_sources_is_one_key_away() {
    let mut console = logs();
    console.keys("/").type_in("ledger request").keys("enter [ e");
    let line = selected(&console);
    console.keys("=");
    console.shows("± 30s");
    console.shows_not("/ledger");
    assert_eq!(selected(&console), line, "the line stays under the cursor");
    console.shows("GET /");
    console.keys("=");
    console.shows("/ledger request");
    assert_eq!(selected(&console), line);
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
    assert!(selected(&console).contains("02:10:0"), "{}", selected(&console));
    console.keys("@").type_in("3m").keys("enter");
    assert!(selected(&console).contains("02:12:"), "{}", selected(&console));
}

/// Far back there is no line: it is read back to without a hole.
#[test]
fn a_moment_before_all_lines_is_read_back_to() {
    let mut console = logs();
    let first = |console: &Console| console.state.logs.as_ref().unwrap().counts().seen;
    let before = first(&console);
    console.keys("@").type_in("01:10").keys("enter");
    for _ in 0..20 {
        console.read();
    }
    assert!(selected(&console).contains("01:10:0"), "{}", console.screen());
    assert!(first(&console) > before);
    assert!(console.state.logs.as_ref().unwrap().wants_before().is_none());
    console.keys("esc");
    console.shows("following");
}

#[test]
fn what_is_shown_is_saved() {
    let mut console = logs();
    console.keys("/").type_in("ledger").keys("enter W");
    console.shows("save shown lines to harbour-booking-api-production-20261121T");
    console.keys("enter");
    console.shows("saved to /tmp/harbour-booking-api-production-20261121T");
    let (name, saved) = console.saved.pop_first().unwrap();
    assert!(name.ends_with(".log"), "{name}");
    let lines: Vec<&str> = saved.lines().filter(|line| line.starts_with("2026-11-21T")).collect();
    assert!(lines.len() > 10);
    assert!(lines.iter().all(|line| line.to_lowercase().contains("ledger")));
}

#[test]
fn all_lines_are_saved_as_json() {
    let mut console = logs();
    console.keys("/").type_in("ledger").keys("enter W tab");
    console.shows("save all lines to");
    console.keys("ctrl-u").type_in("../x").keys("enter");
    console.shows("a name alone");
    console.keys("ctrl-u").type_in("night.jsonl").keys("enter");
    let saved = console.saved.remove("night.jsonl").unwrap();
    let seen = console.state.logs.as_ref().unwrap().counts().seen;
    assert!(saved.lines().count() as u64 <= seen && saved.lines().count() as u64 > seen / 2);
    for line in saved.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["message"].is_string() && line["timestamp"].is_string(), "{line}");
    }
}

#[test]
fn a_selection_is_copied() {
    let mut console = logs();
    console.keys("/").type_in("connection pool").keys("enter k k V k k");
    console.shows("3 lines selected");
    console.keys("c");
    let copied = console.copied.last().unwrap();
    assert_eq!(copied.lines().count(), 3, "{copied}");
    assert!(copied.lines().all(|line| line.contains("connection pool")));
    console.keys("esc");
    console.shows_not("selected");
    console.keys("c");
    assert_eq!(console.copied.last().unwrap().lines().count(), 1);
}

#[test]
fn marks_are_kept_and_gone_to() {
    let mut console = logs();
    console.keys("k k m");
    let first = selected(&console);
    console.keys("k k k k k m k ] m");
    console.keys("] m");
    assert_eq!(selected(&console), first);
    console.keys("'");
    console.shows("marks");
    console.keys("j enter");
    assert_ne!(selected(&console), first, "the older one");
    console.keys("m '");
    console.keys("x");
    console.shows("no line is marked");
}

#[test]
fn sources_are_chosen() {
    let mut console = logs();
    console.keys("s");
    console.shows("READ");
    console.shows("/ecs/harbour-booking-api-production");
    console.shows("whole until");
    console.keys("enter");
    console.shows("from booking-api/");
    console.shows("○");
    let alone = console.state.logs.as_ref().unwrap().counts();
    assert!(alone.filtered > 0 && alone.shown > 0);
    console.keys("enter");
    assert_eq!(console.state.logs.as_ref().unwrap().counts().filtered, 0);
    console.keys("x");
    let without = console.state.logs.as_ref().unwrap().counts();
    assert!(without.filtered > 0 && without.shown > alone.shown);
}

#[test]
fn a_pattern_shows_its_lines_or_hides_them() {
    let mut console = logs();
    console.keys("p");
    console.shows("new");
    let screen = console.screen();
    let first = screen.lines().find(|line| line.contains('▸')).unwrap();
    assert!(first.contains(" new "), "what is new comes first: {first}");
    console.keys("enter");
    let counts = console.state.logs.as_ref().unwrap().counts();
    assert!(counts.filtered > counts.shown, "{counts:?}");
    console.keys("backspace p x");
    let counts = console.state.logs.as_ref().unwrap().counts();
    assert!(counts.shown > counts.filtered && counts.filtered > 0, "{counts:?}");
}

#[test]
fn a_source_is_added_by_name_and_what_was_read_stays() {
    let mut console = logs();
    console.keys("/").type_in("GET").keys("enter k m");
    let seen = console.state.logs.as_ref().unwrap().counts().seen;
    console.keys("+").type_in("/ecs/harbour web").keys("enter");
    console.shows("is in no log group's name");
    console.keys("ctrl-u").type_in("/ecs/harbour-web-production").keys("enter");
    console.shows("harbour-booking-api-production + /ecs/harbour-web-production");
    console.shows("/GET");
    console.shows("◆");
    console.pass(3);
    assert!(console.state.logs.as_ref().unwrap().counts().seen > seen);
    console.keys("z esc");
    console.shows("web/");
    console.keys("+").type_in("/ecs/harbour-web-production").keys("enter");
    console.shows("is in the tail already");
}

#[test]
fn logs_stay_beside_a_detail_and_actions_go_on() {
    let mut console = logs();
    console.keys("2 enter");
    console.shows("Logs harbour-booking-api-production following");
    console.shows("circuit breaker");
    let seen = console.state.logs.as_ref().unwrap().counts().seen;
    console.keys("d");
    console.shows("Force deploy harbour-booking-api-production");
    console.keys("esc");
    console.pass(3);
    assert!(console.state.logs.as_ref().unwrap().counts().seen > seen);
    console.keys("8 k");
    console.shows("paused");
    console.keys("esc esc");
    assert!(console.state.logs.is_none());
    console.shows("circuit breaker");
}

/// The tail tells a piece of the demo's port.
fn told(console: &mut Console, piece: LogPiece) {
    let wanted = subs::subscriptions(&console.state).into_iter();
    let wanted = wanted.into_iter().find(|wanted| matches!(wanted.asked.query, Query::Tail { .. })).unwrap();
    console.tell(Msg::Answer { asked: wanted.asked, round: wanted.round, result: Ok(Answer::Logs(piece)) });
}

#[test]
fn a_gap_is_told_and_its_end_too() {
    let mut console = logs();
    let source = console.state.logs.as_ref().unwrap().found[0].clone();
    let fault = Fault::new(FaultKind::Throttled, "logs:FilterLogEvents", "rate exceeded");
    let since = (console.now().as_second() - 40) * 1000;
    told(&mut console, LogPiece::Broken { source: source.clone(), since, fault: fault.clone() });
    console.shows("gap 40s: throttled");
    console.shows("no lines since 02:14:");
    console.keys("s");
    told(&mut console, LogPiece::Broken { source: source.clone(), since, fault });
    console.shows("gap of 4");
    console.keys("esc");
    let at = console.now().as_millisecond();
    told(&mut console, LogPiece::Until { source, at });
    console.shows_not("gap 4");
    console.shows("s is filled");
}

#[test]
fn live_tail_tells_its_cost_and_what_was_left_out() {
    let mut console = logs();
    console.keys("T");
    console.shows("about $0.01 a minute");
    let is_live = |console: &Console| {
        let asked = subs::subscriptions(&console.state).into_iter().map(|wanted| wanted.asked.query);
        asked.into_iter().any(|query| matches!(query, Query::Tail { live: true, .. }))
    };
    assert!(is_live(&console));
    let since = console.now().as_millisecond() - 120_000;
    told(&mut console, LogPiece::Live(Some(LiveSession { since, sessions: 2, sampled: 3 })));
    console.shows("LIVE 2m ≈$0.04");
    console.shows("sampled 3×");
    // It costs, so it stops while nobody sees it.
    console.keys("2 z");
    assert!(!is_live(&console));
    console.keys("z 8");
    assert!(is_live(&console));
    console.keys("T");
    assert!(!is_live(&console));
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
fn times_are_shown_and_typed_in_the_zone_of_the_person() {
    let mut console = logs();
    console.state.zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(-5));
    console.shows("02:15:");
    console.keys("t");
    console.shows("21:15:0");
    console.shows("UTC-05:00");
    console.keys("@").type_in("21:10").keys("enter");
    assert!(selected(&console).starts_with("21:10:0"), "{}", selected(&console));
    console.keys("t");
    console.shows(" 5m ");
    console.keys("t t");
    console.shows("02:10:0");
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
    console.shows("no lines since 02:14:2");
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

/// A tail that begins anew shows its newest lines first; what came in between is read as well.
#[test]
fn what_was_written_while_no_tail_ran_is_filled_in() {
    let mut console = logs();
    console.pass(2);
    let logs = |console: &Console| console.state.logs.as_ref().unwrap().counts().seen;
    let before = logs(&console);
    // Nothing is read for an hour: a laptop that slept.
    console.demo.advance(std::time::Duration::from_secs(3600));
    console.keys("R");
    console.read();
    console.shows("filling ");
    while console.state.logs.as_ref().unwrap().wants_before().is_some() {
        console.read();
    }
    assert!(logs(&console) > before + 10_000);
    console.keys("W tab ctrl-u").type_in("x.jsonl").keys("enter");
    let saved = console.saved.remove("x.jsonl").unwrap();
    let at =
        |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["timestamp"].as_str().unwrap().parse();
    let times: Vec<Timestamp> = saved.lines().map(|line| at(line).unwrap()).collect();
    let longest = times.windows(2).map(|two| two[1].as_millisecond() - two[0].as_millisecond()).max();
    assert!(longest < Some(10_000), "a hole of {longest:?} ms");
}

#[test]
fn escape_goes_back_to_what_the_logs_were_opened_from() {
    let mut console = Console::start((80, 24), "bad-deploy");
    console.keys("2 l esc");
    assert_eq!(console.state.focus.number(), 2, "{}", console.screen());
    console.keys("4 l esc");
    assert_eq!(console.state.focus.number(), 4);
}
