//! What a person does with databases, caches and distributions, from the key to the verdict.

use std::sync::Arc;

use midwatch::app::msg::{Msg, ReadKey, Session};
use midwatch::app::state::Overlay;
use midwatch::app::subs;
use midwatch::cli::status;
use midwatch::demo::{Demo, Options};
use midwatch::domain::cache::{Cache, FlushFacts};
use midwatch::domain::environment::Environment;
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::intent::{JournalEntry, Outcome, Verdict};
use midwatch::domain::ops::rds;
use midwatch::domain::query::{Answer, ListingPiece, Query};
use midwatch::domain::resource::cast;
use midwatch::keymap::Key;
use midwatch::kinds::caches::CACHES;
use midwatch::kinds::caches::actions::flush;
use midwatch::kinds::databases::DATABASES;
use serde_json::json;

use crate::drive::{Console, START};

const DECK: (u16, u16) = (120, 40);

/// Production, where plans ask for names.
fn production() -> Console {
    Console::start(DECK, "calm")
}

fn at(mut console: Console, pane: &str, name: &str) -> Console {
    console.keys(pane).select(name);
    console
}

fn verdicts(console: &Console) -> Vec<(Verdict, String)> {
    let verdict = |entry: &JournalEntry| match entry {
        JournalEntry::Verdict { verdict, why, .. } => Some((*verdict, why.to_string())),
        _ => None,
    };
    console.recorded.iter().filter_map(verdict).collect()
}

/// The shards that calls went to.
fn shards(console: &Console) -> Vec<&str> {
    console.calls.iter().map(|call| call.str("shard")).collect()
}

#[test]
fn a_snapshot_is_followed_in_percent_until_it_is_available_and_its_restore_line_is_copied() {
    let mut console = at(Console::staging(DECK, "calm"), "3", "harbour-payments-production");
    console.keys("S");
    console.shows("Snapshot harbour-payments-production");
    console.shows("harbour-payments-production-mw-20261121");
    console.shows("payments-before-16-4 (available, 2026-10-11");
    console.keys("enter");
    assert!(console.sent.is_empty());
    console.keys("y");
    assert_eq!((console.sent.len(), console.calls.len()), (1, 1));
    assert_eq!(console.calls[0].operation, "CreateDBSnapshot");
    let id = console.calls[0].str("DBSnapshotIdentifier").to_string();
    console.pass(6);
    console.shows("creating 3");
    console.shows("backing-up");
    let before = console.screen();
    console.pass(6);
    assert_ne!(console.screen(), before, "the percent goes on");
    console.shows("creating 6");
    console.pass(20);
    assert_eq!(verdicts(&console), [(Verdict::Done, format!("{id} is available, 200 GiB"))]);
    assert_eq!(console.calls.len(), 1);
    console.keys("J c");
    assert_eq!(
        console.copied,
        [format!(
            "aws rds restore-db-instance-from-db-snapshot --db-snapshot-identifier {id} --db-instance-identifier \
             harbour-payments-production-restored --profile harbour-production --region eu-west-1"
        )]
    );
}

#[test]
fn a_member_is_refused_a_snapshot_and_the_cluster_is_named() {
    let mut console = at(production(), "3", "harbour-booking-production-2");
    console.keys("S");
    console.shows("its snapshots are the cluster's: select harbour-booking-production");
    assert!(console.state.overlays.is_empty());
    console.select("harbour-booking-production").keys("S");
    console.shows("create-db-cluster-snapshot");
}

#[test]
fn a_bad_snapshot_id_is_told_while_it_is_typed_and_its_line_is_not_copied() {
    let mut console = at(Console::staging(DECK, "calm"), "3", "harbour-payments-production");
    console.keys("S ctrl-u").type_in("a--b");
    console.shows("no hyphen at the end and no two in a row");
    console.shows_not("create-db-snapshot");
    console.keys("alt-c enter");
    assert!(console.copied.is_empty() && console.sent.is_empty());
    console.keys("backspace backspace enter");
    console.shows("no hyphen at the end");
    console.type_in("1").keys("enter y");
    assert_eq!(console.calls[0].str("DBSnapshotIdentifier"), "a-1");
}

#[test]
fn a_reboot_in_production_needs_both_names() {
    let mut console = at(production(), "3", "harbour-legacy-production");
    console.keys("B");
    console.shows("Reboot harbour-legacy-production");
    console.shows("connections drop and are refused");
    console.shows("1 of 2 · database: type harbour-legacy-production");
    console.type_in("harbour-legacy-production").keys("enter");
    assert!(console.sent.is_empty());
    console.shows("2 of 2 · environment: type harbour-production to confirm");
    console.type_in("harbour-production").keys("enter");
    assert_eq!(console.calls.len(), 1);
    console.pass(3);
    console.shows("rebooting");
    console.pass(30);
    assert!(matches!(&verdicts(&console)[..], [(Verdict::Done, why)] if why.starts_with("available again after")));
}

#[test]
fn a_failover_ends_when_the_reader_is_the_writer() {
    let mut console = at(Console::staging(DECK, "calm"), "3", "harbour-booking-production");
    console.keys("O");
    console.shows("harbour-booking-production-1 → harbour-booking-production-2");
    console.keys("tab");
    console.shows("harbour-booking-production-1 → harbour-booking-production-3");
    console.keys("enter").type_in("harbour-booking-production").keys("enter");
    assert_eq!(console.calls[0].str("TargetDBInstanceIdentifier"), "harbour-booking-production-3");
    console.pass(2);
    console.shows("failing-over");
    console.pass(20);
    let [(Verdict::Done, why)] = &verdicts(&console)[..] else { panic!("{:?}", verdicts(&console)) };
    assert!(why.starts_with("harbour-booking-production-3 is the writer after"), "{why}");
    console.select("harbour-booking-production-3").keys("z");
    console.shows("harbour-booking-production-3  writer");
}

#[test]
fn a_failover_that_another_one_overtook_is_not_done() {
    let mut console = at(Console::staging(DECK, "calm"), "3", "harbour-booking-production");
    // AWS took the call and promotes another member: a recent failover can do that.
    let receipt = midwatch::domain::intent::Receipt::of("r", None);
    console.trouble = Some((0, Outcome::Sent(receipt)));
    console.keys("O enter").type_in("harbour-booking-production").keys("enter");
    console.change_from_outside(midwatch::domain::call::Call::new(
        rds::FAILOVER_DB_CLUSTER,
        [
            ("DBClusterIdentifier", "harbour-booking-production".into()),
            ("TargetDBInstanceIdentifier", "harbour-booking-production-3".into()),
        ],
    ));
    console.pass(20);
    let why = "harbour-booking-production-3 is the writer, not harbour-booking-production-2";
    assert_eq!(verdicts(&console), [(Verdict::Superseded, why.to_string())]);
}

const SESSIONS: &str = "harbour-sessions-production";

#[test]
fn a_flush_of_a_sharded_cache_sends_one_call_a_shard_in_order() {
    let mut console = at(Console::staging(DECK, "calm"), "4", SESSIONS);
    console.keys("F");
    for text in ["Flush harbour-sessions-production", "would be lost", "call 1", "call 3", "FLUSHALL ASYNC"] {
        console.shows(text);
    }
    console.keys("enter enter");
    console.shows("cache: type ");
    console.type_in(SESSIONS).keys("enter");
    assert_eq!(shards(&console), ["0001", "0002", "0003"]);
    assert_eq!(console.sent.len(), 1);
    console.pass(6);
    let [(Verdict::Done, why)] = &verdicts(&console)[..] else { panic!("{:?}", verdicts(&console)) };
    assert!(why.starts_with("3 primaries flushed; "), "{why}");
    console.keys("J");
    console.shows("3 primaries flushed");
    console.shows("evidence");
    console.shows_not("request id");
}

#[test]
fn a_flush_in_production_needs_both_names() {
    let mut console = at(production(), "4", SESSIONS);
    console.keys("F enter enter").type_in(SESSIONS).keys("enter");
    assert!(console.calls.is_empty());
    console.type_in("harbour-production").keys("enter");
    assert_eq!(console.calls.len(), 3);
}

fn refused() -> Outcome {
    Outcome::Refused { fault: Fault::new(FaultKind::Invalid, "redis:FLUSHALL", "MISCONF it cannot save") }
}

fn unknown() -> Outcome {
    Outcome::Unknown { fault: Fault::new(FaultKind::TimedOut, "redis:FLUSHALL", "no answer in 5s") }
}

/// A flush of all shards whose second call gets this answer.
fn broken_off(outcome: Outcome) -> Console {
    let mut console = at(Console::staging(DECK, "calm"), "4", SESSIONS);
    console.trouble = Some((1, outcome));
    console.keys("F enter enter").type_in(SESSIONS).keys("enter");
    assert_eq!(shards(&console), ["0001", "0002"], "the third is not sent");
    console
}

/// Flushes these shards afterwards.
fn the_rest(console: &mut Console, ids: &str) {
    console.trouble = None;
    console.keys("F ctrl-u").type_in(ids).keys("enter enter").type_in(SESSIONS).keys("enter");
}

#[test]
fn a_flush_whose_second_call_is_refused_sends_no_third_and_says_how_the_rest_is_done() {
    let mut console = broken_off(refused());
    let line = "1 of 3 calls done, then one refused: redis:FLUSHALL: MISCONF it cannot save; the rest was not sent; \
                flush with shards 0002,0003 does the rest";
    assert_eq!(verdicts(&console), [(Verdict::Failed, line.to_string())]);
    console.keys("J");
    console.shows("flush with shards 0002,0003 does the rest");
    console.keys("c esc");
    let copied = console.copied.remove(0);
    let lines: Vec<&str> = copied.split(" && ").collect();
    assert!(lines.len() == 2 && lines[0].contains("0002-001") && lines[1].contains("0003-001"), "{copied}");
    the_rest(&mut console, "0002,0003");
    assert_eq!(shards(&console), ["0001", "0002", "0002", "0003"]);
    console.pass(6);
    assert!(verdicts(&console)[1].1.starts_with("2 primaries flushed"), "{:?}", verdicts(&console));
}

#[test]
fn a_flush_whose_second_call_nobody_knows_of_sends_no_third_and_is_not_waited_for_in_vain() {
    let mut console = broken_off(unknown());
    console.keys("J");
    console.shows("one of which nobody knows");
    console.shows("flush with shards 0002,0003 does the rest");
    console.keys("esc F");
    console.shows("is not settled yet");
    console.pass(40);
    let [(Verdict::Lost, why)] = &verdicts(&console)[..] else { panic!("{:?}", verdicts(&console)) };
    assert!(why.ends_with("the rest was not sent; flush with shards 0002,0003 does the rest"), "{why}");
    the_rest(&mut console, "0002,0003");
    assert_eq!(shards(&console), ["0001", "0002", "0002", "0003"]);
}

#[test]
fn a_flush_that_arrived_without_an_answer_is_seen_by_the_empty_server() {
    let mut console = broken_off(unknown());
    let second = console.calls[1].clone();
    console.change_from_outside(second);
    console.read();
    let line = "2 of 3 flushed; flush with shards 0003 does the rest";
    assert_eq!(verdicts(&console), [(Verdict::Failed, line.to_string())]);
}

#[test]
fn a_memcached_is_flushed_node_by_node() {
    let mut console = at(Console::staging(DECK, "calm"), "4", "harbour-rates-production");
    console.keys("S");
    console.shows("Memcached has no snapshots");
    console.keys("F");
    console.shows("flush_all");
    console.shows("it fills again from its source");
    console.keys("enter").type_in("harbour-rates-production").keys("enter");
    let operations: Vec<&str> = console.calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(operations, ["flush_all", "flush_all"]);
    console.pass(6);
    assert!(verdicts(&console)[0].1.starts_with("2 nodes flushed"), "{:?}", verdicts(&console));
}

#[test]
fn a_flush_that_the_cache_does_not_permit_is_refused_before_anything_is_sent() {
    let mut console = at(Console::staging(DECK, "denied"), "4", SESSIONS);
    console.keys("F");
    console.shows("shard 0001: User ops has no permissions to run the 'flushall' command; nothing");
    console.keys("enter enter y").type_in(SESSIONS).keys("enter");
    assert!(console.sent.is_empty() && console.calls.is_empty());
}

#[test]
fn a_cache_is_snapshotted_and_a_flush_over_it_is_warned_of() {
    let mut console = at(Console::staging(DECK, "calm"), "4", "harbour-web-production");
    console.keys("S enter y");
    assert_eq!(console.calls[0].operation, "CreateSnapshot");
    console.pass(2);
    console.shows("snapshotting");
    console.keys("F");
    console.shows("a snapshot is being taken: FLUSHALL aborts it");
    console.keys("esc");
    console.pass(25);
    assert!(matches!(&verdicts(&console)[..], [(Verdict::Done, why)] if why.contains("is available")));
}

#[test]
fn paths_are_added_taken_back_and_pasted() {
    let mut console = at(Console::staging(DECK, "calm"), "5", "E2HARBOURWEB01");
    console.keys("I");
    console.shows("type a path, as /index.html or /images/*");
    console.type_in("/a").keys("enter").type_in("/b").keys("enter");
    let paths = |console: &Console| match console.state.overlays.last() {
        Some(Overlay::Action(dialog)) => dialog.inputs()["paths"].replace('\n', " "),
        _ => panic!("no dialog"),
    };
    assert_eq!(paths(&console), "/a /b");
    // In the empty line the last one comes back, to be changed.
    console.keys("backspace");
    console.type_in("c");
    assert_eq!(paths(&console), "/a /bc");
    console.keys("enter");
    console.tell(Msg::Paste("/d\n/e\r\n\n  /f  \n".into()));
    assert_eq!(paths(&console), "/a /bc /d /e /f");
    console.keys("enter");
    console.type_in("/a").keys("enter");
    assert_eq!(paths(&console), "/a /bc /d /e /f", "none twice");
    console.type_in("x");
    console.shows("a path begins with /: x");
    console.keys("enter enter");
    assert!(console.sent.is_empty(), "a bad path goes nowhere");
    console.keys("backspace").type_in("/x*y");
    console.shows("* may only be the last character: /x*y");
    console.keys("backspace enter");
    assert_eq!(paths(&console), "/a /bc /d /e /f /x*");
    console.type_in("/é");
    console.shows("'é' must be written as in the URL");
    console.keys("backspace backspace enter y");
    let batch = &console.calls[0].input["InvalidationBatch"];
    assert_eq!(batch["Paths"], json!({"Quantity": 6, "Items": ["/a", "/bc", "/d", "/e", "/f", "/x*"]}));
    console.pass(10);
    console.shows("in progress");
    console.pass(70);
    assert!(matches!(&verdicts(&console)[..], [(Verdict::Done, why)] if why.contains("completed after")));
}

#[test]
fn a_long_list_of_paths_leaves_the_typed_line_in_view() {
    let mut console = at(Console::staging((80, 24), "calm"), "5", "E2HARBOURWEB01");
    console.keys("I");
    console.tell(Msg::Paste((0..40).map(|n| format!("/page-{n}\n")).collect()));
    console.keys("enter").type_in("/last");
    for text in ["35 more before", "/page-39", "/last", "add it"] {
        console.shows(text);
    }
}

#[test]
fn everything_needs_the_name_and_in_production_both() {
    let mut console = at(Console::staging(DECK, "calm"), "5", "E2HARBOURWEB01");
    console.keys("I").type_in("/*").keys("enter enter y");
    assert!(console.sent.is_empty());
    console.shows("distribution: type E2HARBOURWEB01 to confirm");
    console.keys("ctrl-u").type_in("E2HARBOURWEB01").keys("enter");
    assert_eq!(console.calls.len(), 1);

    let mut console = at(production(), "5", "E2HARBOURWEB01");
    console.keys("I").type_in("/*").keys("enter enter").type_in("E2HARBOURWEB01").keys("enter");
    assert!(console.sent.is_empty());
    console.type_in("harbour-production").keys("enter");
    assert_eq!(console.calls.len(), 1);
    // One path asks for one name there.
    let mut console = at(production(), "5", "E2HARBOURWEB01");
    console.keys("I").type_in("/a").keys("enter enter").type_in("E2HARBOURWEB01").keys("enter");
    assert_eq!(console.calls.len(), 1);
}

#[test]
fn a_denied_kind_leaves_the_others_as_they_are_and_its_pane_says_what_is_needed() {
    let mut console = production();
    console.tell(Msg::Resize(160, 45));
    let environment = console.state.current.clone().unwrap();
    let asked = ReadKey { environment, session: console.state.session, query: Query::List(DATABASES) };
    let fault = || {
        let action = "rds:DescribeDBInstances".into();
        Fault::new(FaultKind::Denied { action, principal: "".into() }, "rds:DescribeDBInstances", "")
            .with_remedy("ask for what midwatch policy read-only prints")
    };
    let deny = |console: &mut Console| {
        for part in ["instances", "clusters"] {
            let answer = Answer::Listing(ListingPiece::PartFailed { part: part.into(), fault: fault() });
            console.tell(Msg::Answer { asked: asked.clone(), round: 0, result: Ok(answer) });
        }
        console.tell(Msg::Answered(asked.clone()));
    };
    console.tell(Msg::Resize(220, 60));
    deny(&mut console);
    for text in ["clusters: needs rds:DescribeDBInstances", "denied (+1)"] {
        console.shows(text);
    }
    for text in ["harbour-payments-production", "harbour-web-production", "E2HARBOURWEB01"] {
        console.shows(text);
    }
    // The whole of it is told where there is room.
    console.keys("3 z");
    deny(&mut console);
    console.shows("clusters: access denied: needs rds:DescribeDBInstances (+1)");
}

#[test]
fn a_kind_that_was_never_read_says_what_is_needed_instead_of_rows() {
    let mut console = production();
    let environment = console.state.current.clone().unwrap();
    let asked = ReadKey { environment, session: console.state.session, query: Query::List(DATABASES) };
    let mut tell = |answer| console.tell(Msg::Answer { asked: asked.clone(), round: 0, result: Ok(answer) });
    tell(Answer::Listing(ListingPiece::Parts(vec![])));
    tell(Answer::Listing(ListingPiece::Parts(vec!["instances".into()])));
    let kind = FaultKind::Denied { action: "rds:DescribeDBInstances".into(), principal: "".into() };
    let fault = Fault::new(kind, "rds", "").with_remedy("midwatch policy prints what to ask for");
    tell(Answer::Listing(ListingPiece::PartFailed { part: "instances".into(), fault }));
    console.tell(Msg::Resize(330, 60));
    console.shows("access denied: needs rds:DescribeDBInstances; midwatch policy");
    console.shows("harbour-web-production");
}

#[test]
fn development_has_no_distributions_and_that_is_no_fault() {
    let mut console = production();
    console.tell(Msg::Resize(160, 40));
    console.keys("e").type_in("dev").keys("enter");
    console.pass(1);
    console.shows("no distributions here");
    console.keys("5 I");
    console.shows("no distribution is selected");
    assert!(console.state.overlays.is_empty());
}

#[test]
fn a_verb_works_where_kinds_share_it_and_says_so_elsewhere() {
    let mut console = production();
    for (pane, name, title) in [
        ("3", "harbour-payments-production", "Snapshot harbour-payments-production"),
        ("4", "harbour-web-production", "Snapshot harbour-web-production"),
    ] {
        console.keys(pane).select(name).keys("S");
        console.shows(title);
        console.keys("esc");
    }
    for pane in ["2", "5"] {
        console.keys(pane).keys("S");
        console.shows("snapshot works on a database (pane 3) or a cache (pane 4)");
        assert!(console.state.overlays.is_empty());
    }
}

#[test]
fn a_thing_that_vanished_lets_no_dialog_wait() {
    let mut console = at(Console::staging(DECK, "calm"), "3", "harbour-payments-production");
    console.keys("S enter");
    console.demo.advance(std::time::Duration::from_millis(300));
    let now = console.now();
    midwatch::app::update(&mut console.state, Msg::Key(Key::parse("y").unwrap()), now);
    console.shows("reading once more");
    let (asked, round) = facts_wanted(&console);
    let Query::Facts(_, id) = &asked.query else { panic!("{asked:?}") };
    let gone = Answer::Gone(vec![id.clone()]);
    console.tell(Msg::Answer { asked, round, result: Ok(gone) });
    console.shows("not sent: it could not be checked once more");
    console.shows("it does not exist any more");
    assert!(console.sent.is_empty());
}

#[test]
fn a_job_over_a_thing_that_vanished_comes_to_an_end() {
    let mut console = at(Console::staging(DECK, "calm"), "3", "harbour-payments-production");
    console.keys("S enter y");
    let wanted = subs::subscriptions(&console.state);
    let watch = wanted.into_iter().find(|wanted| wanted.asked.session == Session::JOBS).unwrap();
    let Query::Facts(_, id) = &watch.asked.query else { panic!("{watch:?}") };
    let id = id.clone();
    let gone = |console: &mut Console| {
        let result = Ok(Answer::Gone(vec![id.clone()]));
        console.tell(Msg::Answer { asked: watch.asked.clone(), round: watch.round, result });
    };
    gone(&mut console);
    assert!(verdicts(&console).is_empty(), "one read may be wrong");
    console.demo.advance(std::time::Duration::from_secs(700));
    gone(&mut console);
    let [(Verdict::Lost, why)] = &verdicts(&console)[..] else { panic!("{:?}", verdicts(&console)) };
    assert!(why.ends_with("it does not exist any more"), "{why}");
}

#[tokio::test]
async fn status_lists_every_kind() {
    let demo = Demo::new(Options::manual(Some("calm"), START.parse().unwrap())).unwrap();
    let env = Environment::of_profile("harbour-production", Some("harbour-production"), Some("eu-west-1"));
    let report = status::look(&demo, &env).await;
    let json = report.json();
    let names = |kind: &str| -> Vec<&str> {
        json[kind].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
    };
    assert_eq!(names("databases").len(), 7);
    assert!(names("databases").contains(&"harbour-booking-production"));
    assert_eq!(names("caches").len(), 4);
    assert_eq!(names("distributions"), ["E2HARBOURTILES", "E2HARBOURWEB01"]);
    assert_eq!(names("alarms").len(), 15);
    let silent = json["alarms"].as_array().unwrap().iter().find(|row| row["health"] == "unknown").unwrap();
    assert_eq!(silent["about"], json!([{ "kind": "services", "name": "harbour-jobs/harbour-backfill-production" }]));
    // What that is about is scaled to zero, and well.
    assert_eq!((&json["faults"], report.exit_code()), (&json!([]), 0));
    let text = report.text();
    for line in ["Databases: 7, 0 wrong", "Caches: 4, 0 wrong", "CDN: 2, 0 wrong", "Alarms: 15, 0 wrong"] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

/// The read that the open dialog wants.
fn facts_wanted(console: &Console) -> (ReadKey, u64) {
    let wanted = subs::subscriptions(&console.state);
    let facts = wanted.into_iter().find(|wanted| matches!(wanted.asked.query, Query::Facts(..))).unwrap();
    (facts.asked, facts.round)
}

/// A dialog over a cache that asks for a password which nobody configured.
fn locked() -> Console {
    let mut console = at(Console::staging(DECK, "calm"), "4", SESSIONS);
    let now = console.now();
    midwatch::app::update(&mut console.state, Msg::Key(Key::parse("F").unwrap()), now);
    answer_locked(&mut console, "it asks for a password");
    console
}

fn answer_locked(console: &mut Console, said: &str) {
    let row = console.state.selected(CACHES).unwrap();
    let cache = cast::<Cache>(&*row.object).unwrap().clone();
    let kind = FaultKind::Denied { action: flush::AUTH.into(), principal: "".into() };
    let facts = FlushFacts {
        cache,
        looks: Err(Fault::new(kind, flush::AUTH, said)),
        connection: "TLS, no password".into(),
        snapshots: Ok(vec![]),
        databases: Ok(vec![]),
    };
    let (asked, round) = facts_wanted(console);
    console.tell(Msg::Answer { asked, round, result: Ok(Answer::Facts(Arc::new(facts))) });
    console.tell(Msg::Painted);
}

/// Letters that no word on the screen has.
const PASSWORD: [&str; 7] = ["X", "q", "7", "y", "c", "Q", "Z"];

#[test]
fn a_password_is_dots_on_the_screen_and_leaves_by_enter_alone() {
    let mut console = locked();
    console.shows("password");
    let (_, round) = facts_wanted(&console);
    console.press(&PASSWORD.join(" "));
    console.shows("•••••••");
    console.shows_not("Xq7");
    assert!(console.unlocked.is_empty() && !console.has_quit && console.copied.is_empty());
    console.press("enter");
    let [(id, secret)] = &console.unlocked[..] else { panic!("{:?}", console.unlocked) };
    assert!(id.0.contains(SESSIONS) && secret.0 == PASSWORD.concat());
    assert_eq!(format!("{secret:?}"), "•••");
    assert_eq!(facts_wanted(&console).1, round + 1, "it is tried at once");
    console.shows_not("•••");
    // The demo takes any: the plan is there, is confirmed, sent and followed.
    console.read();
    console.shows("would be lost");
    console.keys("enter enter").type_in(SESSIONS).keys("enter");
    assert_eq!(console.calls.len(), 3);
    console.pass(6);
    console.keys("J");
    let journal = serde_json::to_string(&(&console.sent, &console.recorded)).unwrap();
    for told in [journal, format!("{:?}{:?}", console.sent, console.recorded), console.screen()] {
        assert!(!told.contains("Xq7"), "{told}");
    }
}

#[test]
fn a_wrong_password_is_asked_for_again_and_an_empty_one_is_none() {
    let mut console = locked();
    console.press("enter");
    assert!(console.unlocked.is_empty());
    console.press("w r o enter");
    answer_locked(&mut console, "the password (or user) is wrong");
    console.shows("password");
    console.shows("the password (or user) is wrong");
    console.shows_not("•••");
    console.tell(Msg::Paste("Xq7ycQZ\n".into()));
    console.shows("•••••••");
    console.shows_not("Xq7");
    console.press("enter");
    assert_eq!(console.unlocked[1].1.0, "Xq7ycQZ");
}

#[test]
fn escape_closes_the_prompt_and_forgets_what_was_typed() {
    let mut console = locked();
    console.press(&PASSWORD.join(" "));
    console.press("esc");
    assert!(console.state.overlays.is_empty() && console.unlocked.is_empty());
    console.shows_not("•••");
}
