//! Queries of Logs Insights on the demo, as a person uses them.

use midwatch::app::msg::{Msg, ReadKey};
use midwatch::app::state::Overlay;
use midwatch::app::subs;
use midwatch::app::views::insights::{BUILT_IN, Field, Phase};
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::insights::{InsightsPiece, QueryStatus, Rows, Statistics};
use midwatch::domain::query::{Answer, Query};

use crate::drive::Console;

const SCREEN: (u16, u16) = (120, 40);

/// The query box over the logs of the service with the bad deployment, some time into it.
pub fn insights(size: (u16, u16)) -> Console {
    let mut console = Console::with(size, "bad-deploy", |environments| {
        environments[0].queries =
            vec![("ledger calls".into(), "filter @message like /ledger/ | stats count(*)".into())];
    });
    console.pass(60);
    console.keys("2 g g");
    console.select("harbour-booking-api-production");
    console.keys("l i");
    console
}

/// Types a query in place of the one that is there, and runs it.
pub fn ask(console: &mut Console, query: &str) {
    console.keys("ctrl-u").type_in(query).keys("enter");
}

fn view(console: &Console) -> &midwatch::app::views::insights::InsightsState {
    console.state.insights.as_ref().unwrap()
}

fn asked(console: &Console) -> Option<ReadKey> {
    let wanted = subs::subscriptions(&console.state);
    wanted.into_iter().map(|wanted| wanted.asked).find(|asked| matches!(asked.query, Query::Insights(_)))
}

fn piece(console: &mut Console, asked: &ReadKey, piece: InsightsPiece) {
    console.tell(Msg::Answer { asked: asked.clone(), round: 0, result: Ok(Answer::Insights(piece)) });
}

#[test]
fn it_opens_over_the_tail_with_a_query_that_only_needs_enter() {
    let mut console = insights(SCREEN);
    console.shows("Insights  harbour-booking-api-production");
    console.shows("fields @timestamp, @message | sort @timestamp desc | limit 100");
    console.shows("not run yet");
    assert!(asked(&console).is_none(), "nothing runs that nobody asked for");
    console.keys("enter");
    console.shows("✓ complete · 100 rows ·");
    console.shows("searches /ecs/harbour-booking-api-production");
    console.shows("@timestamp               @message");
    console.shows("▸ 2026-11-21 02:1");
    console.shows("under $0.01");
    assert!(asked(&console).is_none(), "a query that has ended is not asked again");
}

#[test]
fn rows_are_filtered_sorted_and_opened() {
    let mut console = insights(SCREEN);
    ask(&mut console, "fields @message, status, level | filter ispresent(status) | limit 20");
    console.shows("✓ complete · 20 rows");
    console.keys("enter");
    console.shows("traceId  ");
    console.shows("status   503");
    console.keys("esc / b o o k i n g s / enter");
    console.shows(" of 20 rows");
    console.shows("/ bookings/");
    console.keys("/ esc");
    console.shows("· 20 rows");
    ask_again(&mut console, "stats count(*) as lines, avg(ms) as mean by @logStream");
    console.keys("> >");
    console.shows("lines ▴");
    let ascending = lines_of(&console);
    console.keys(",");
    console.shows("lines ▾");
    let mut descending = lines_of(&console);
    descending.reverse();
    assert!(ascending.len() > 1 && ascending.is_sorted(), "{ascending:?}");
    assert_eq!(ascending, descending);
}

fn ask_again(console: &mut Console, query: &str) {
    console.keys("i");
    ask(console, query);
}

/// The figures of the column `lines`, in the order of the screen.
fn lines_of(console: &Console) -> Vec<u32> {
    let table = &view(console).table;
    let column = table.rows().columns.iter().position(|name| *name == *"lines").unwrap();
    (0..table.len()).map(|row| table.row(row).unwrap()[column].as_ref().unwrap().as_str().parse().unwrap()).collect()
}

#[test]
fn a_query_that_cannot_be_read_is_told_with_its_place() {
    let mut console = insights(SCREEN);
    ask(&mut console, "fields @message | patern @message");
    console.shows("✖ not started: the query cannot be read");
    console.shows("\n fields @message | patern @message\n                   ^^^^^^\n");
    console.shows("character 19: the demo does not know the command `patern`");
    assert_eq!(view(&console).field, Some(Field::Query), "to be mended at once");
    assert_eq!(view(&console).query.cursor(), 18);
    ask(&mut console, "fields @message | limit 3");
    console.shows("✓ complete · 3 rows");
}

#[test]
fn a_wrong_time_or_an_empty_query_is_not_sent() {
    let mut console = insights(SCREEN);
    console.keys("ctrl-u enter");
    console.shows("the query is empty");
    console.type_in("fields @message").keys("enter t ctrl-u").type_in("soon").keys("enter");
    console.shows("write 15m, 3h, 7d");
    console.keys("ctrl-u").type_in("02:14..02:15").keys("enter");
    console.shows("2026-11-21 02:14:00Z to 2026-11-21 02:15:00Z");
    console.shows("✓ complete");
    console.keys("t tab enter");
    console.shows("time    15m");
}

#[test]
fn progress_is_told_and_escape_cancels() {
    let mut console = insights(SCREEN);
    console.press("enter");
    console.shows("◐ starting");
    let asked = asked(&console).expect("it is wanted");
    let statistics = Statistics { scanned: 1_234_567, matched: 42, bytes: 3_200_000_000_000 };
    piece(&mut console, &asked, InsightsPiece::Rows(Rows::of([[("@message", "the first")]])));
    piece(&mut console, &asked, InsightsPiece::Progress(QueryStatus::Running, statistics));
    console.shows("◐ running · 1 row · matched 42 of 1,234,567 · scanned 3.2 TB · $16.00 estimated · 0s");
    console.shows("the first");
    let full = Fault::new(FaultKind::Invalid, "logs:StartQuery", "too many queries");
    piece(&mut console, &asked, InsightsPiece::Trouble(full));
    console.shows("too many queries; tries again");
    console.press("esc");
    console.shows("◌ cancelled · 1 row");
    assert!(self::asked(&console).is_none(), "the read is not wanted any more: leaving it stops the query");
    piece(&mut console, &asked, InsightsPiece::Rows(Rows::default()));
    console.shows("the first");
    console.press("esc");
    assert!(console.state.overlays.is_empty());
}

#[test]
fn what_fails_is_told_with_what_mends_it_and_is_not_tried_again() {
    let mut console = insights(SCREEN);
    console.press("enter");
    let told = asked(&console).unwrap();
    let denied = FaultKind::Denied { action: "logs:StartQuery".into(), principal: "".into() };
    let fault = Fault::new(denied, "logs:StartQuery", "no").with_remedy("allow logs:StartQuery in IAM");
    console.tell(Msg::Answer { asked: told.clone(), round: 0, result: Err(fault) });
    console.tell(Msg::Answered(told));
    console.shows("✖ failed");
    console.shows("access denied: needs logs:StartQuery");
    console.shows("allow logs:StartQuery in IAM");
    assert!(asked(&console).is_none());
    console.press("r");
    let again = asked(&console).unwrap();
    console.tell(Msg::Answered(again));
    console.shows("ended before the query did");
}

#[test]
fn the_same_query_again_is_another_read() {
    let mut console = insights(SCREEN);
    console.press("enter");
    let first = asked(&console).unwrap();
    console.press("r");
    let second = asked(&console).unwrap();
    assert_ne!(first, second, "the first is dropped, though not a second has passed");
    piece(&mut console, &first, InsightsPiece::Rows(Rows::of([[("@message", "of the first")]])));
    console.shows_not("of the first");
}

#[test]
fn queries_before_and_saved_ones_are_at_hand() {
    let mut console = insights(SCREEN);
    ask(&mut console, "fields @message | limit 1");
    ask_again(&mut console, "fields @message | limit 2");
    console.keys("i ctrl-u d r a f t up");
    console.shows("query › fields @message | limit 2");
    console.keys("up");
    console.shows("fields @message | limit 1");
    console.keys("down down");
    console.shows("query › draft");
    console.keys("tab");
    console.shows("Saved queries");
    console.shows("ledger calls");
    for (name, _) in BUILT_IN {
        console.shows(name);
    }
    console.type_in("ledger").keys("enter");
    console.shows("filter @message like /ledger/ | stats count(*)");
    assert_eq!(view(&console).field, Some(Field::Query), "chosen, not run: it costs");
    console.keys("enter");
    console.shows("✓ complete · 1 row");
    console.keys("esc i");
    console.shows("✓ complete · 1 row");
    console.keys("esc esc");
    console.select_other();
    console.keys("i");
    console.shows("filter @message like /ledger/ | stats count(*)");
    console.shows("not run yet");
}

impl Console {
    /// From the logs to another service of the list.
    fn select_other(&mut self) {
        self.keys("2");
        self.select("harbour-web-production");
    }
}

#[test]
fn every_built_in_query_runs() {
    let mut console = insights(SCREEN);
    for (name, text) in BUILT_IN {
        console.keys("i ctrl-u");
        console.tell(Msg::Paste((*text).to_string()));
        console.keys("enter");
        assert_eq!(view(&console).phase, Phase::Ended(QueryStatus::Complete), "{name}");
        assert!(!view(&console).table.is_empty(), "{name} finds something");
        console.keys("esc");
        if console.state.overlays.is_empty() {
            console.keys("i");
        }
    }
}

#[test]
fn rows_are_copied_and_saved() {
    let mut console = insights(SCREEN);
    ask(&mut console, "fields @timestamp, @message | limit 3");
    console.keys("c");
    assert!(console.copied.last().unwrap().starts_with("@timestamp=2026-11-21 02:1"));
    console.keys("W");
    console.shows("save rows to harbour-booking-api-production-insights-20261121T");
    console.keys("enter");
    console.shows("3 rows saved to /tmp/harbour-booking-api-production-insights-20261121T");
    console.keys("W ctrl-u").type_in("../x.csv").keys("enter");
    console.shows("a name alone");
    console.keys("ctrl-u").type_in("three.csv").keys("tab enter");
    let [csv, json] = console.saved.values().collect::<Vec<_>>()[..] else { panic!("{:?}", console.saved.keys()) };
    assert!(csv.starts_with("@timestamp,@message\r\n2026-11-21 02:1") && csv.ends_with("\r\n"));
    assert!(console.saved.contains_key("three.jsonl"));
    let rows: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(rows.len() == 3 && rows.iter().all(|row| row["@message"].is_string() && row.get("@ptr").is_none()));
    console.keys("W esc");
    console.shows_not("save rows");
    console.shows("▸ 2026-11-21");
}

#[test]
fn secrets_are_taken_out_where_the_config_says() {
    for (screen, copy, shown, copied) in [
        (false, true, "login password=hunter2", "login password=<redacted>"),
        (false, false, "login password=hunter2", "login password=hunter2"),
        (true, false, "login password=<redacted>", "login password=<redacted>"),
    ] {
        let mut console = Console::start(SCREEN, "calm");
        let redacts = &mut console.state.settings.logs.redacts;
        (redacts.screen, redacts.copy, redacts.save) = (screen, copy, copy);
        console.keys("2").select("harbour-web-production").keys("i");
        console.press("enter");
        let asked = asked(&console).unwrap();
        piece(&mut console, &asked, InsightsPiece::Rows(Rows::of([[("@message", "login password=hunter2")]])));
        console.shows(shown);
        console.press("c");
        assert_eq!(console.copied, [copied]);
        console.press("W");
        console.press("enter");
        assert_eq!(console.saved.values().next().unwrap(), &format!("@message\r\n{copied}\r\n"));
    }
}

#[test]
fn it_opens_from_the_palette_and_only_where_there_are_logs() {
    let mut console = Console::start(SCREEN, "calm");
    console.keys("3").select("harbour-booking-production").keys(":").type_in("insights").keys("enter");
    console.shows("Insights  harbour-booking-production");
    console.keys("esc 5 i");
    console.shows("a query searches the logs of a service, a database or a cache");
    assert!(console.state.overlays.is_empty());
}

#[test]
fn help_over_a_running_query_leaves_it_running_and_another_environment_does_not() {
    let mut console = insights(SCREEN);
    console.press("enter");
    console.press("?");
    assert!(asked(&console).is_some());
    console.shows("everywhere");
    console.press("esc");
    assert!(matches!(console.state.overlays.last(), Some(Overlay::Insights(_))));
    let other = console.state.environments[1].name.clone();
    midwatch::app::activate(&mut console.state, &other);
    assert!(asked(&console).is_none() && console.state.insights.is_none());
}

#[test]
fn the_query_stays_in_sight_behind_the_list_of_saved_ones() {
    let mut console = insights(SCREEN);
    console.keys("tab");
    console.shows("Saved queries");
    console.shows("Insights  harbour-booking-api-production");
    console.shows_not("1 Environments");
}

#[test]
fn the_line_of_the_status_loses_whole_parts_where_there_is_little_room() {
    let mut console = insights((80, 24));
    console.press("enter");
    let asked = asked(&console).unwrap();
    let statistics = Statistics { scanned: 123_456_789, matched: 42, bytes: 3_200_000_000_000 };
    piece(&mut console, &asked, InsightsPiece::Progress(QueryStatus::Running, statistics));
    console.shows("◐ running · 0 rows · matched 42 of 123,456,789 · $16.00 estimated\n");
}

#[test]
fn no_size_panics() {
    let mut console = insights(SCREEN);
    for keys in
        ["tab", "esc", "enter", "enter", "j", "esc", "/", "x", "enter", "right", "t", "esc", "esc", "i", "x", "enter"]
    {
        console.keys(keys);
        for size in [(1, 1), (40, 10), (80, 24), (99, 23), (100, 24), (200, 60), (60, 300)] {
            console.tell(Msg::Resize(size.0, size.1));
            console.screen();
        }
    }
}
