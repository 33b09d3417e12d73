//! Metrics as a person meets them: in rows, as charts of a resource, as the golden signals.

use std::sync::Arc;
use std::time::Duration;

use midwatch::app::msg::Msg;
use midwatch::app::subs::{Subscription, subscriptions};
use midwatch::domain::alarm::{Alarm, AlarmState, Condition, Watched};
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::metric::{Metric, Range, Window};
use midwatch::domain::query::{Answer, ListingPiece, Query};
use midwatch::domain::resource::{KindId, Object, ResourceId};
use midwatch::keymap::Key;
use midwatch::theme::{ChartGlyphs, Depth, load};

use crate::drive::{Console, SIZES, screen_of};
use crate::hold;

/// The console ten minutes after a bad deployment began, everything read again.
fn bad_deploy(size: (u16, u16)) -> Console {
    let mut console = Console::start(size, "bad-deploy");
    console.demo.advance(Duration::from_secs(600));
    console.read();
    console.pass(2);
    console
}

fn asked(console: &Console) -> Vec<Subscription> {
    let wanted = subscriptions(&console.state).into_iter();
    wanted.filter(|wanted| matches!(wanted.asked.query, Query::Metrics(..))).collect()
}

fn metrics_of(wanted: &Subscription) -> (usize, Window) {
    let Query::Metrics(metrics, window) = &wanted.asked.query else { panic!("{wanted:?}") };
    (metrics.len(), *window)
}

#[test]
fn rows_have_the_last_hour_and_its_newest_value() {
    let mut console = bad_deploy(SIZES[2]);
    hold!("rows", console);
    // By the value, not by its spelling.
    console.keys("> > > >");
    console.shows("CPU↑");
    let values = |console: &Console| -> Vec<f64> {
        let screen = console.screen();
        let lines = screen.lines().filter(|line| line.contains("harbour-") && line.contains('/'));
        let percent = |line: &str| line.split('%').next()?.rsplit([' ', '█']).next()?.parse().ok();
        lines.filter_map(percent).collect()
    };
    let told = values(&console);
    assert!(told.len() > 8 && told.is_sorted(), "{told:?}");
    console.keys(",");
    let told = values(&console);
    assert!(told.iter().rev().is_sorted() && told[0] > 60.0, "the service that crashes is on top: {told:?}");
}

#[test]
fn all_rows_in_view_are_one_question_a_minute_and_the_others_none() {
    let mut console = Console::start(SIZES[1], "calm");
    // Now the balancers are known, and with them the counts of unhealthy targets and what the rules ask.
    console.pass(2);
    let wanted = asked(&console);
    let [rows] = &wanted[..] else { panic!("{wanted:?}") };
    let (count, window) = metrics_of(rows);
    // CPU and memory of 14 services, connections and CPU of the databases, …
    assert!(count > 28 && count <= 500, "{count}");
    assert_eq!((window, rows.every), (Window::newest(Range::H1), Duration::from_secs(60)));
    // A list alone on the screen: its own, and what the rules look for.
    console.keys("5 z");
    let (alone, _) = metrics_of(&asked(&console)[0]);
    assert!(alone < count, "{alone} {count}");
    console.keys("z 1");
    assert!(metrics_of(&asked(&console)[0]).0 >= count);
    console.keys("2 enter");
    assert_eq!(asked(&console).len(), 1, "nothing of a metric is in view, and what is wrong is looked for");
    console.keys("[ -");
    console.shows("CPU");
    assert_eq!(asked(&console).len(), 2);
    console.keys("v");
    assert_eq!(asked(&console).len(), 3, "the day before is another window");
}

#[test]
fn a_thousand_rows_are_no_more_than_those_in_view() {
    let mut console = Console::start(SIZES[1], "crowd");
    console.read();
    let first = asked(&console);
    assert_eq!(first.len(), 1);
    assert!(metrics_of(&first[0]).0 <= 200, "{}", metrics_of(&first[0]).0);
    console.keys("j");
    assert_eq!(asked(&console)[0].asked, first[0].asked, "scrolling by a line asks nothing new");
    console.keys("G");
    assert_ne!(asked(&console)[0].asked, first[0].asked);
}

#[test]
fn the_metrics_of_a_service_tell_the_deployment() {
    let mut console = bad_deploy(SIZES[1]);
    console.select("harbour-booking-api-production").keys("enter [");
    console.shows("Response time");
    console.shows("of targets");
    hold!("metrics-service", console);
    console.shows("▲");
    console.tell(Msg::Resize(80, 24));
    console.keys("j j j j j j j j j j j j j j");
    console.shows("Requests");
}

#[test]
fn the_metrics_of_every_kind() {
    for (pane, name, title) in [
        ("3", "harbour-booking-production", "Volume used"),
        ("3", "harbour-reporting-production", "Replica lag"),
        ("4", "harbour-sessions-production", "Hit rate"),
        ("4", "harbour-rates-production", "Misses"),
        ("4", "harbour-search-production", "Processing units"),
        ("5", "E2HARBOURWEB01", "Origin latency"),
    ] {
        let mut console = bad_deploy(SIZES[2]);
        console.keys(pane).select(name).keys("enter [");
        console.shows(title);
        console.shows_not("reading …");
        console.read();
        insta::assert_snapshot!(format!("metrics-{name}"), console.screen());
    }
    let mut console = bad_deploy(SIZES[1]);
    console.keys("5").select("E2HARBOURTILES").keys("enter [");
    console.shows("no data: off; CloudFront bills it as an extra");
}

#[test]
fn ranges_and_the_day_before() {
    let mut console = bad_deploy(SIZES[1]);
    console.keys("g g enter [");
    // What the rules look for is of the last hour, whatever the charts show.
    let range = |console: &Console| asked(console).iter().map(|wanted| metrics_of(wanted).1.range).max().unwrap();
    for expected in [Range::H3, Range::H12, Range::D1, Range::D7, Range::D7] {
        console.keys("-");
        assert_eq!(range(&console), expected);
        console.shows_not("reading …");
    }
    console.shows("Nov 19");
    console.keys("+ + +");
    assert_eq!(range(&console), Range::H3);
    console.keys("v");
    console.shows("dotted: a day before");
    console.shows("(−1d ");
    console.keys("v");
    console.shows_not("−1d");
}

#[test]
fn the_cursor_tells_what_was_at_its_time() {
    let mut console = bad_deploy(SIZES[1]);
    console.keys("g g enter [ , ,");
    console.shows("at Nov 21 02:22Z");
    console.keys("<");
    console.shows("at Nov 21 02:12Z");
    console.shows_not(" min ");
    console.keys(". >");
    console.shows("at Nov 21 02:23Z");
    console.keys("esc");
    console.shows_not("at Nov 21");
    assert!(console.state.detail.is_some(), "escape took the cursor away first");
    console.keys("esc");
    assert!(console.state.detail.is_none());
}

#[test]
fn a_fault_keeps_the_chart_and_says_what_mends_it() {
    let mut console = bad_deploy(SIZES[1]);
    console.keys("g g enter [");
    let dots = |console: &Console| console.screen().chars().filter(|c| ('\u{2801}'..='\u{28ff}').contains(c)).count();
    // The names of some metrics are known once their balancers are.
    console.read();
    assert!(dots(&console) > 150);
    let wanted = asked(&console).swap_remove(0);
    let fault =
        || Fault::new(FaultKind::Throttled, "cloudwatch:GetMetricData", "Rate exceeded").with_remedy("wait a little");
    console.tell(Msg::Answer { asked: wanted.asked.clone(), round: wanted.round, result: Err(fault()) });
    console.shows("not read again: cloudwatch:GetMetricData: Rate exceeded");
    assert!(dots(&console) > 150, "an error never erases");
    console.pass(60);
    console.shows_not("not read again");
    let mut console = Console::start(SIZES[1], "calm");
    console.state.stores.values_mut().for_each(|store| store.readings = Default::default());
    console.tell(Msg::Key(Key::parse("enter").unwrap()));
    console.tell(Msg::Key(Key::parse("[").unwrap()));
    console.shows("reading …");
    let wanted = asked(&console).swap_remove(0);
    console.tell(Msg::Answer { asked: wanted.asked, round: wanted.round, result: Err(fault()) });
    console.shows("wait a little");
}

#[test]
fn golden_signals_from_the_edge_inwards() {
    let mut console = bad_deploy(SIZES[1]);
    console.keys("m");
    let screen = console.screen();
    let place = |word: &str| screen.find(word).unwrap_or_else(|| panic!("{word} is not on the page:\n{screen}"));
    assert!([" CDN", "Load balancing", " Services", " Databases", " Caches"].map(place).is_sorted());
    hold!("golden", console);
    console.tell(Msg::Resize(120, 40));
    // The first of the services, which is the one that crashes.
    console.keys("j j j j j j j enter");
    console.shows("Response time");
    assert_eq!(
        console.state.detail.as_ref().unwrap().id.to_string().rsplit('/').next(),
        Some("harbour-booking-api-production")
    );
    console.keys("esc");
    assert!(console.state.detail.is_none());
    console.shows("Golden signals");
    console.keys("esc");
    assert!(console.state.overlays.is_empty());
    console.keys("m esc");
    assert!(console.state.overlays.is_empty());
    console.keys("m m");
    assert!(console.state.overlays.is_empty());
}

#[test]
fn the_threshold_of_an_alarm_is_a_line() {
    let mut console = bad_deploy(SIZES[1]);
    console.select("harbour-booking-api-production");
    let service = [("ClusterName", "harbour-core"), ("ServiceName", "harbour-booking-api-production")];
    let alarm = |name: &str, metric, threshold| Alarm {
        id: ResourceId(format!("arn:aws:cloudwatch:eu-west-1:417228905561:alarm:{name}").into()),
        name: name.into(),
        part: "metric".into(),
        state: AlarmState::Alarm,
        since: None,
        reason: "".into(),
        description: "".into(),
        watched: Watched::Metric(
            Metric::new("AWS/ECS", metric, "Average", &service),
            Condition { threshold: Some(threshold), ..Condition::default() },
        ),
        evaluation: "".into(),
        actions_enabled: true,
        actions: vec![],
        suppressor: "".into(),
        suppressed: "".into(),
    };
    // Those of scaling are not for people.
    let alarms: Vec<Object> = vec![
        Arc::new(alarm("api-cpu", "CPUUtilization", 80.0)),
        Arc::new(alarm("TargetTracking-service/x-AlarmHigh-1", "MemoryUtilization", 55.0)),
    ];
    let now = console.now();
    let store = console.state.stores.values_mut().find(|store| store.visited).unwrap();
    store.accept(&Query::List(KindId("alarms")), Ok(Answer::Listing(ListingPiece::Items(alarms))), now);
    for key in ["enter", "["] {
        console.tell(Msg::Key(Key::parse(key).unwrap()));
    }
    console.shows("alarm at 80 %");
    console.shows("╌╌╌╌");
    console.shows_not("alarm at 55 %");
}

#[test]
fn charts_without_colours_or_braille() {
    let mut console = bad_deploy(SIZES[0]);
    console.select("harbour-booking-api-production").keys("enter [ v").read();
    for ink in [ChartGlyphs::Blocks, ChartGlyphs::Ascii] {
        let mut theme = load("mono", Depth::None).unwrap();
        theme.ink = ink;
        let name = format!("metrics-{ink:?}-80x24").to_lowercase();
        insta::assert_snapshot!(name, screen_of(&console.state, &theme));
    }
}
