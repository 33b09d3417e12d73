//! Live Tail: lines within a second, each once though polls tell them too, and none lost when a
//! session ends, however it does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use midwatch::domain::fault::FaultKind;
use midwatch::domain::log::LogSource;
use midwatch::domain::query::Query;
use serde_json::{Value, json};

use super::{GROUP, Tail, Told, group, line, numbered};
use crate::harness::{Room, hurry};

const FILTER: &str = "logs:FilterLogEvents";
const START: &str = "logs:StartLiveTail";

fn live(sources: Vec<LogSource>) -> Query {
    Query::Tail { sources, live: true }
}

fn sessions(told: &Told) -> usize {
    told.lives.last().copied().flatten().map_or(0, |live| live.sessions)
}

/// How Live Tail behaves; an update comes each second of the hurried clock.
fn live_tail(room: &Room, manners: &Value) {
    let mut manners = manners.clone();
    manners["every"] = json!(0.2);
    room.logs(&json!({ "live": manners }));
}

/// A tail of the group that Live Tail feeds.
async fn fed(room: &Room, manners: &Value) -> Tail {
    live_tail(room, manners);
    room.write_lines(GROUP, "app/app/1", &numbered(0, 10, 3_000));
    let mut tail = Tail::of(&room.aws(), live(vec![group(GROUP)]));
    tail.until(|told| sessions(told) == 1).await;
    tail
}

#[tokio::test]
async fn lines_come_at_once_and_each_once_and_the_session_ends_with_the_tail() {
    hurry(5);
    let room = Room::new("live");
    // After some updates the connection is cut, and a poll tells all lines once more.
    let mut tail = fed(&room, &json!({ "last": 8 })).await;
    assert!(tail.told.caught_up, "the newest lines come by polls");
    // The first poll after the beginning is for what lies between.
    let polls = tail.told.polls();
    tail.until(|told| told.polls() > polls).await;
    let (asked, begun) = (room.count(FILTER), Instant::now());
    room.write_lines(GROUP, "app/app/1", &numbered(10, 60, 200));
    // Lines that cannot be told apart are as many as were written.
    room.write_lines(GROUP, "app/app/1", &vec![(0, "the same".to_string()); 5]);
    tail.until(|told| told.whole() == 65).await;
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    assert_eq!(room.count(FILTER), asked, "Live Tail told them, no poll");
    tail.until(|told| told.merged().repeated >= 55 && told.lines() == 65).await;
    tail.during(Duration::from_secs(1)).await;
    let counts = tail.told.counts();
    assert_eq!((counts.len(), counts["the same"], tail.told.lines()), (61, 5, 65));
    assert!(tail.told.faults.is_empty() && tail.told.broken.is_empty());
    let asked = &room.live()["asked"][0];
    let arn = format!("arn:aws:logs:us-east-1:{}:log-group:{GROUP}", room.account);
    assert_eq!((&asked["logGroupIdentifiers"], &asked["logStreamNamePrefixes"]), (&json!([arn]), &Value::Null));
    drop(tail);
    let begun = Instant::now();
    while room.live()["running"] != 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "it would cost on");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn what_a_sample_leaves_out_is_polled() {
    hurry(5);
    let room = Room::new("live-sampled");
    let mut tail = fed(&room, &json!({ "most": 5 })).await;
    for n in 0..4 {
        let lines: Vec<(i64, String)> = (0..100).map(|i| (300, line(10 + n * 100 + i))).collect();
        room.write_lines(GROUP, "app/app/1", &lines);
        tail.during(Duration::from_millis(1_200)).await;
    }
    tail.until(|told| told.lines() == 410).await;
    tail.told.holds_each_once(410);
    let told = tail.told.lives.last().copied().flatten().unwrap();
    assert!(told.sampled >= 2, "{told:?}");
}

/// Lines are written while sessions end one after the other.
async fn survives(name: &str, manners: Value) {
    let room = Arc::new(Room::new(name));
    let mut tail = fed(&room, &manners).await;
    let since = tail.told.lives.last().copied().flatten().unwrap().since;
    let writer = tokio::task::spawn_blocking({
        let room = Arc::clone(&room);
        move || {
            for n in (10..170).step_by(5) {
                // Five of one millisecond.
                let lines: Vec<(i64, String)> = (n..n + 5).map(|n| (20, line(n))).collect();
                room.write_lines(GROUP, "app/app/1", &lines);
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    });
    while !writer.is_finished() {
        tail.during(Duration::from_millis(200)).await;
    }
    writer.await.unwrap();
    tail.until(|told| told.lines() == 170).await;
    tail.told.holds_each_once(170);
    assert!(room.live()["begun"].as_u64().unwrap() >= 2, "{}", room.live());
    let sinces = tail.told.lives.iter().flatten().map(|live| live.since);
    assert!(sinces.eq(tail.told.lives.iter().flatten().map(|_| since)), "it goes on");
    assert!(tail.told.lives.contains(&None), "and says when it does not run");
    assert!(tail.told.broken.is_empty(), "{:?}", tail.told.broken);
}

/// All at once: each of them waits most of the time.
#[tokio::test]
async fn however_a_session_ends_nothing_is_lost() {
    hurry(5);
    tokio::join!(
        survives("live-cut", json!({ "last": 4 })),
        // The end of its three hours.
        survives("live-timeout", json!({ "last": 4, "end": "SessionTimeoutException" })),
        // No update any more, though the connection stands.
        survives("live-mute", json!({ "mute": true })),
    );
}

#[tokio::test]
async fn a_refusal_is_told_and_the_tail_polls() {
    hurry(5);
    for (name, manners, kind, words) in [
        ("limit", json!({ "refuse": "LimitExceededException" }), FaultKind::Invalid, "LimitExceededException"),
        ("silent", json!({ "silent": true }), FaultKind::TimedOut, "did not begin"),
    ] {
        let room = Room::new(&format!("live-{name}"));
        live_tail(&room, &manners);
        room.groups(&json!({ "make": [GROUP] }));
        let mut tail = Tail::of(&room.aws(), live(vec![group(GROUP)]));
        tail.until(|told| !told.faults.is_empty()).await;
        let fault = &tail.told.faults[0];
        assert!(fault.kind == kind && fault.to_string().contains(words), "{fault:?}");
        room.write_lines(GROUP, "app/app/1", &numbered(0, 10, 100));
        tail.until(|told| told.lines() == 10).await;
        assert_eq!((tail.told.lives.len(), room.count(START) <= 2), (0, true), "no session, and no storm of requests");
    }
}

#[tokio::test]
async fn a_denied_session_names_its_permission() {
    let room = Room::new("live-denied");
    room.groups(&json!({ "make": [GROUP] }));
    room.fault(json!({ "operation": START, "kind": "deny" }));
    let mut tail = Tail::of(&room.aws(), live(vec![group(GROUP)]));
    tail.until(|told| !told.faults.is_empty()).await;
    assert_eq!(tail.told.faults[0].to_string(), "access denied: needs logs:StartLiveTail");
    assert_eq!(room.count(START), 1);
}

#[tokio::test]
async fn eleven_groups_are_two_sessions_and_streams_are_chosen() {
    hurry(5);
    let room = Room::new("live-many");
    let names: Vec<String> = (0..11).map(|n| format!("/ecs/{n:02}")).collect();
    live_tail(&room, &json!({}));
    room.groups(&json!({ "make": names }));
    let sources = names.iter().map(|name| LogSource::Streams { group: name.as_str().into(), prefix: "app/".into() });
    let mut tail = Tail::of(&room.aws(), live(sources.collect()));
    tail.until(|told| sessions(told) == 2).await;
    for (n, name) in names.iter().enumerate() {
        room.write_lines(name, "web/web/1", &[(0, "of another".to_string())]);
        room.write_lines(name, "app/app/1", &[(0, line(n))]);
    }
    tail.until(|told| told.lines() == 11).await;
    tail.told.holds_each_once(11);
    let asked = room.live()["asked"].as_array().unwrap().clone();
    let mut sizes: Vec<(usize, &Value)> = asked
        .iter()
        .map(|asked| (asked["logGroupIdentifiers"].as_array().unwrap().len(), &asked["logStreamNamePrefixes"]))
        .collect();
    sizes.sort_by_key(|(groups, _)| *groups);
    assert_eq!(sizes, [(1, &json!(["app/"])), (10, &Value::Null)]);
}
