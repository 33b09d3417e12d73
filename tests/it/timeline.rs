//! What changed, as a person meets it: the clock, its filter, the mark of the incident's start, and the
//! report.

use std::time::Duration;

use midwatch::app::msg::{Msg, ReadKey};
use midwatch::app::state::Overlay;
use midwatch::app::subs::subscriptions;
use midwatch::app::views::timeline::TimelineView;
use midwatch::domain::event::Event;
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::log::{LogEvent, LogPiece, RawLine};
use midwatch::domain::query::{Answer, Query};
use midwatch::domain::timeline::{TimeRange, TimelineSource};
use midwatch::kinds::{alarms, caches, databases};
use midwatch::logs::settings::Redacts;

use proptest::prelude::*;

use crate::drive::{Console, SIZES};
use crate::hold;

/// The console ten minutes after a bad deployment began, everything read again.
fn bad_deploy(size: (u16, u16)) -> Console {
    let mut console = Console::start(size, "bad-deploy");
    console.demo.advance(Duration::from_secs(8));
    console.read();
    console.demo.advance(Duration::from_secs(592));
    console.read();
    console.pass(2);
    console
}

fn view(console: &Console) -> &TimelineView {
    console
        .state
        .overlays
        .iter()
        .find_map(|o| if let Overlay::Timeline(view) = o { Some(&**view) } else { None })
        .unwrap()
}

/// Keys that open a field, and what is typed there.
fn type_fast(console: &mut Console, keys: &str, text: &str) {
    console.keys(keys);
    console.tell(Msg::Paste(text.into()));
}

/// The entries that are shown, each as its sources and its sentence.
fn shown(console: &Console) -> Vec<String> {
    let sources = |entry: &midwatch::domain::timeline::TimelineEntry| {
        entry.told().iter().map(|told| told.source.word()).collect::<Vec<_>>().join("+")
    };
    view(console)
        .shown()
        .map(|entry| format!("{} {}: {}", sources(entry), entry.about().name(), entry.first().what))
        .collect()
}

fn asked(console: &Console) -> Vec<(TimelineSource, TimeRange)> {
    let wanted = subscriptions(&console.state).into_iter();
    let mut asked: Vec<_> = wanted
        .filter_map(|wanted| {
            if let Query::Events(source, stretch) = wanted.asked.query { Some((source, stretch)) } else { None }
        })
        .collect();
    asked.sort();
    asked
}

#[test]
fn the_clock_has_everything_once_newest_first() {
    let mut console = bad_deploy(SIZES[1]);
    console.keys("t");
    type_fast(&mut console, "/", "30h");
    console.keys("enter");
    let told = shown(&console);
    console.keys("esc");
    let with = |words: &str| told.iter().filter(|line| line.contains(words)).count();
    // What the pipeline asked for and the deployment that ECS began are one entry.
    assert_eq!(
        with("ECS+CloudTrail harbour-booking-api-production: deployment of booking-api:42 began"),
        1,
        "{told:#?}"
    );
    assert_eq!(with("ecs:UpdateService"), 0);
    for words in [
        "RDS harbour-payments-production: Finished DB Instance backup",
        "ElastiCache ",
        "Alarm updated from OK to ALARM",
        "sg-0c1d2e3f: ec2:AuthorizeSecurityGroupIngress",
        "ecs:RegisterTaskDefinition  family booking-api",
    ] {
        assert!(with(words) >= 1, "{words}: {told:#?}");
    }
    let times: Vec<_> = view(&console).shown().map(|entry| entry.at()).collect();
    assert!(times.is_sorted_by(|a, b| a >= b));
    console.shows("CloudTrail minutes late, read at 02:");
    type_fast(&mut console, "/", "booking-api:42 began");
    console.keys("enter");
    console.shows("by deploy-pipe");
    hold!("timeline-filtered", console);
}

#[test]
fn the_clock_at_three_sizes() {
    let mut console = bad_deploy(SIZES[1]);
    console.keys("t");
    hold!("timeline", console);
    console.keys("esc w t");
    hold!("timeline-onset", console);
}

#[test]
fn sources_are_asked_only_while_it_is_open() {
    let mut console = Console::start(SIZES[1], "calm");
    assert_eq!(asked(&console), []);
    console.keys("t");
    let sources: Vec<TimelineSource> = asked(&console).into_iter().map(|(source, _)| source).collect();
    assert_eq!(
        sources,
        [databases::EVENTS, caches::EVENTS, alarms::EVENTS, TimelineSource::CLOUD_TRAIL],
        "a question each"
    );
    let before = asked(&console);
    console.pass(3);
    assert_eq!(asked(&console), before, "and the same one for a while");
    // Past the oldest entry it reads on; what is read already is not asked again.
    console.keys("G j");
    let back_to = view(&console).back_to;
    assert!(asked(&console).iter().all(|(_, stretch)| stretch.to.is_none() && stretch.from > back_to), "it was read");
    console.shows("read back to 11-20 20:14");
    console.keys("esc");
    assert_eq!(asked(&console), []);
}

#[test]
fn of_an_opened_resource_it_is_its_own_and_a_key_lifts_that() {
    let mut console = bad_deploy(SIZES[1]);
    console.select("harbour-booking-api-production").keys("enter t");
    console.shows("only harbour-booking-api-production");
    let own = shown(&console);
    assert!(own.iter().all(|line| line.contains("booking-api")) && own.len() > 3, "{own:#?}");
    console.keys("f");
    assert!(shown(&console).len() > own.len());
    // The other way round: only what the selected entry is about.
    type_fast(&mut console, "/", "source:alarms");
    console.keys("enter f");
    console.shows("only TargetTracking-");
    console.keys("esc");
    assert!(shown(&console).iter().all(|line| line.starts_with("alarms ")), "{:#?}", shown(&console));
    // And there.
    console.keys("enter");
    assert!(console.state.overlays.is_empty());
    assert_eq!(console.state.detail.as_ref().unwrap().kind.0, "alarms");
}

#[test]
fn the_filter_knows_words_columns_and_times() {
    let mut console = bad_deploy(SIZES[1]);
    console.keys("t");
    let all = shown(&console).len();
    let mut with = |filter: &str| {
        type_fast(&mut console, "/", filter);
        console.keys("enter");
        let told = shown(&console);
        console.keys("esc");
        told
    };
    assert!(with("source:rds").iter().all(|line| line.starts_with("RDS")));
    assert!(with("sort:change actor:lee")[0].contains("AuthorizeSecurityGroupIngress"));
    let (early, late) = (with("to:02:15"), with("from:02:15:01"));
    assert!(!early.is_empty() && !late.is_empty() && early.iter().all(|line| !late.contains(line)));
    assert!(with("5m").len() < late.len());
    assert!(with("kind:alarms !ALARM").iter().all(|line| line.starts_with("alarms") && !line.contains("ALARM")));
    console.keys("/").type_in("a(");
    console.shows("a(: unclosed group");
    console.keys("esc");
    assert!(shown(&console).len() >= all);
}

#[test]
fn what_happens_again_and_again_is_a_line_where_it_began() {
    let mut console = bad_deploy(SIZES[1]);
    type_fast(&mut console, "t /", "booking-api sort:event started");
    console.keys("enter");
    let (folded, (entries, _)) = (shown(&console).len(), view(&console).counts());
    assert!(folded <= 2 && entries > 5, "{folded} lines of {entries}");
    console.shows(" times, last 2026-11-21 02:2");
    console.keys("a");
    assert!(shown(&console).len() >= entries);
}

#[test]
fn from_a_finding_it_opens_at_its_onset_and_what_comes_moves_nothing() {
    let mut console = bad_deploy(SIZES[1]);
    console.keys("w t");
    let onset = view(&console).onset.clone().unwrap().0;
    let at = |console: &Console| view(console).entry().unwrap().at();
    assert!(at(&console) <= onset, "{} {onset} {:#?}", at(&console), shown(&console));
    let newer = view(&console).shown().filter(|entry| entry.at() <= onset).map(|entry| entry.at()).max();
    assert_eq!(Some(at(&console)), newer, "the last thing before it");
    console.keys("j");
    let chosen = at(&console);
    console.pass(30);
    assert_eq!(at(&console), chosen);
    console.keys("esc");
    assert!(matches!(console.state.overlays.last(), Some(Overlay::Findings(_))), "back to the finding");
}

#[test]
fn an_own_action_stands_with_its_request_and_what_it_began() {
    let mut console = Console::start(SIZES[1], "calm");
    console.select("harbour-search-production").keys("d");
    console.type_in("harbour-search-production").keys("enter");
    assert_eq!(console.sent.len(), 1, "{}", console.screen());
    console.pass(20);
    console.keys("t");
    let first = |console: &Console| shown(console).into_iter().find(|line| line.starts_with("midwatch")).unwrap();
    assert!(first(&console).starts_with("midwatch+ECS"), "{}", first(&console));
    console.demo.advance(Duration::from_secs(200));
    console.read();
    console.read();
    assert!(first(&console).contains("ECS+CloudTrail harbour-search-production: "), "{:#?}", shown(&console));
    assert!(first(&console).contains("done"), "{}", first(&console));
    assert_eq!(shown(&console).iter().filter(|line| line.contains("UpdateService")).count(), 0);
}

#[test]
fn a_source_that_fails_is_a_gap_and_no_fault_of_the_others() {
    let mut console = bad_deploy(SIZES[1]);
    console.keys("t");
    let count = shown(&console).len();
    let denied = FaultKind::Denied { action: "cloudtrail:LookupEvents".into(), principal: "ops".into() };
    let mut wanted = subscriptions(&console.state).into_iter();
    let wanted = wanted.find(|w| matches!(w.asked.query, Query::Events(TimelineSource::CLOUD_TRAIL, _))).unwrap();
    let result = Err(Fault::new(denied, "cloudtrail:LookupEvents", "no"));
    console.tell(Msg::Answer { asked: wanted.asked, round: wanted.round, result });
    console.tell(Msg::Tick);
    console.shows("access denied: needs cloudtrail:LookupEvents");
    assert_eq!(shown(&console).len(), count, "what was told stays");
}

#[test]
fn the_mark_of_the_incident_is_set_moved_and_taken_away() {
    let mut console = bad_deploy(SIZES[1]);
    console.keys("M");
    console.shows("incident since 02:24 · ");
    console.tell(Msg::Resize(80, 24));
    console.shows("since 02:24");
    console.tell(Msg::Resize(120, 40));
    console.keys("M");
    console.shows_not("incident since");
    type_fast(&mut console, "t /", "booking-api:42 began");
    console.keys("enter M");
    console.shows("incident since 02:14 · ");
    console.keys("esc");
    console.shows("── the incident began · 02:14:");
    let at = console.state.charts.incident.unwrap();
    console.keys("esc 2 g g enter [");
    console.shows("◆");
    console.keys("esc l");
    console.shows("◆");
    type_fast(&mut console, "esc :", "incident 02:20");
    console.keys("enter");
    assert_ne!(console.state.charts.incident, Some(at));
    console.shows("incident since 02:20");
    type_fast(&mut console, ":", "incident 5x");
    console.keys("enter");
    console.shows("5x is not a time");
}

#[test]
fn the_report_has_what_was_found_changed_and_done() {
    let mut console = bad_deploy(SIZES[1]);
    type_fast(&mut console, "M :", "report 02:00");
    console.keys("enter");
    for _ in 0..4 {
        console.read();
    }
    let (file, text) = console.saved.iter().next().expect("a file");
    assert!(file.starts_with("incident-harbour-production-20261121T0224"), "{file}");
    console.shows(&format!("the report is in /tmp/{file}"));
    for words in [
        "# Incident in harbour-production",
        "From 2026-11-21 02:00:00Z to 2026-11-21 02:24:",
        "## What was wrong",
        "harbour-booking-api-production",
        "| 2026-11-21 02:14:14Z | ECS, CloudTrail | harbour-booking-api-production |",
        "**the incident began**",
        "CloudTrail is minutes late",
        "## What was done from here\n\nNothing.",
        "| harbour-booking-api-production | 5xx |",
        "| CPU |",
    ] {
        assert!(text.contains(words), "{words}:\n{text}");
    }
    assert!(!text.contains("AuthorizeSecurityGroupIngress"), "that was before");
    assert!(console.state.report.is_none() && asked(&console).is_empty());
}

#[test]
fn the_report_has_the_marked_lines_of_the_logs_without_their_secrets() {
    let mut console = Console::start(SIZES[1], "calm");
    // It is written for others: what may be seen here may not be in it.
    console.state.settings.logs.redacts = Redacts::of(&[""; 0]);
    console.select("harbour-booking-api-production");
    console.keys("l /").type_in("connected to postgres").keys("enter k m");
    console.shows(":h4rbour-");
    // A line that would end the fence around it, marked too.
    let wanted = subscriptions(&console.state).into_iter();
    let asked = wanted.map(|wanted| wanted.asked).find(|asked| matches!(asked.query, Query::Tail { .. })).unwrap();
    let odd = LogEvent {
        id: "odd".into(),
        at: console.now().as_millisecond(),
        ingested: 0,
        group: "/ecs/harbour-booking-api-production".into(),
        stream: "booking-api/app/1".into(),
        line: RawLine::new("connected to postgres\n```\n# token=abcdef0123456789"),
    };
    console.tell(Msg::Answer { asked, round: 0, result: Ok(Answer::Logs(LogPiece::Events(vec![odd]))) });
    console.pass(3);
    console.keys("G m");
    type_fast(&mut console, ":", "report 1h");
    console.keys("enter");
    for _ in 0..3 {
        console.read();
    }
    let text = console.saved.values().next().expect("a report");
    let (_, marked) = text.split_once("## Marked lines of the logs\n\n").unwrap_or_else(|| panic!("{text}"));
    let lines: Vec<&str> = marked.lines().collect();
    let [begin, first, second, fence, token, end] = lines[..] else { panic!("{marked}") };
    assert_eq!((begin, fence, end), ("````text", "```", "````"));
    assert!(first.contains("connected to postgres") && first.contains("<redacted>"), "{first}");
    assert!(second.ends_with("connected to postgres") && token == "# token=<redacted>", "{marked}");
    assert!(!text.contains(":h4rbour-"), "{text}");
}

#[test]
fn a_report_of_no_time_is_refused_with_a_reason() {
    let mut console = Console::start(SIZES[1], "calm");
    for (typed, why) in [
        ("report 5x", "5x is not a time"),
        ("report 02:14 02:10", "it would end before it begins"),
        ("report 1 2 3", "a report is from one time"),
    ] {
        console.keys(":").type_in(typed);
        console.shows(why);
        console.keys("enter esc");
    }
    assert!(console.saved.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whatever a source tells with a secret of a usual form in it: no report has it.
    #[test]
    fn no_secret_gets_into_a_report(secret in "[A-Z2-7]{16}", form in 0usize..8, part in 0usize..4) {
        let said = match form {
            0 => format!("connected with password={secret}"),
            1 => format!("key AKIA{secret} was used"),
            2 => format!("postgres://app:{secret}@db:5432/shop"),
            3 => format!("{{\"db_password\": \"{secret}\"}}"),
            4 => format!("Authorization: Bearer {secret}"),
            5 => format!("aws_secret_access_key = {secret}"),
            6 => format!("-----BEGIN RSA PRIVATE KEY-----{secret}"),
            _ => format!("GET /x?token={secret}&page=2"),
        };
        let mut console = Console::start(SIZES[0], "calm");
        let at = console.now();
        let text = |own: usize| if part == own { said.as_str().into() } else { "x_y".into() };
        let mut told = midwatch::kinds::timeline::event(
            databases::EVENTS,
            &Event { at: Some(at), source: text(0), message: text(1), categories: vec![] },
        ).unwrap();
        told.actor = text(2);
        told.more = vec![("category", text(3))];
        let stretch = TimeRange { from: at, to: None };
        let asked = ReadKey {
            environment: console.state.current.clone().unwrap(),
            session: console.state.session,
            query: Query::Events(databases::EVENTS, stretch),
        };
        console.tell(Msg::Answer { asked, round: 0, result: Ok(Answer::Events { told: vec![told], from: at }) });
        type_fast(&mut console, ":", "report 1h");
        console.keys("enter");
        for _ in 0..3 {
            console.read();
        }
        let text = console.saved.values().next().expect("a report");
        prop_assert!(!text.contains(&secret), "{}", text);
        prop_assert!(text.contains("| RDS |"));
        if part < 3 {
            prop_assert!(text.contains("&lt;redacted&gt;"), "{}", text);
        }
    }
}

#[test]
fn a_scale_stands_beside_the_deployment_that_was_there_before() {
    let mut console = Console::staging(SIZES[1], "bad-deploy");
    console.pass(60);
    console.select("harbour-booking-api-production").keys("s ctrl-u 8 enter y");
    assert_eq!(console.sent.len(), 1, "{}", console.screen());
    console.pass(20);
    console.keys("t");
    let told = shown(&console);
    let scale = told.iter().position(|line| line.contains("5 → 8")).unwrap();
    let deployed = told.iter().position(|line| line.contains("deployment of booking-api:42 began")).unwrap();
    assert!(scale < deployed, "{told:#?}");
}
