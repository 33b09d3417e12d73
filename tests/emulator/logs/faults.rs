//! A tail while things go wrong: it says since when lines are missing, tries again, and in the end
//! every line is there once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use midwatch::aws::{Aws, Timeouts};
use midwatch::domain::fault::FaultKind;
use midwatch::domain::log::LogSource;
use midwatch::domain::resource::ResourceId;
use midwatch::kinds::databases::DATABASES;
use serde_json::{Value, json};

use super::{GROUP, Tail, Told, group, line, numbered, polled};
use crate::harness::{Room, hurry, short};

const FILTER: &str = "logs:FilterLogEvents";

fn fault(kind: &str, times: u32) -> Value {
    json!({ "operation": FILTER, "kind": kind, "times": times })
}

/// Writes numbered lines to three streams, some late and ten of each millisecond; how many.
fn write_during_faults(room: &Room) -> usize {
    // Between them some requests go well, or the tail would wait longer and longer.
    let kinds = [("throttle", 2), ("error500", 2), ("expired", 2), ("drop", 2), ("hang", 1)];
    let faults: Vec<Value> = kinds.iter().flat_map(|(kind, times)| [fault(kind, *times), fault("none", 20)]).collect();
    let mut written = 0;
    for round in 0..60 {
        if round == 4 {
            room.faults(&faults);
        }
        for (group, stream) in [("/ecs/a", "app/app/1"), ("/ecs/a", "app/app/2"), ("/ecs/b", "web/web/1")] {
            // A poll from the newest would never see what is written a minute late.
            let ago = if round % 10 == 9 && round < 20 { 60_000 } else { 50 };
            let lines: Vec<(i64, String)> = (written..written + 10).map(|n| (ago, line(n))).collect();
            room.write_lines(group, stream, &lines);
            written += 10;
        }
        // A quarter of a second by the hurried clock.
        std::thread::sleep(Duration::from_millis(25));
    }
    written
}

/// Lines are written from outside all the time, while requests are throttled, fail, break, hang and
/// are refused for expired credentials.
#[tokio::test]
async fn each_line_that_was_written_during_faults_is_there_once() {
    hurry(10);
    let room = Arc::new(Room::new("tail-proof"));
    room.logs(&json!({ "page": 205, "empty": 1 }));
    room.groups(&json!({ "make": ["/ecs/a", "/ecs/b"] }));
    let aws = Aws::new(room.options(short()));
    let mut tail = Tail::of(&aws, polled(vec![group("/ecs/a"), group("/ecs/b")]));
    tail.until(|told| told.caught_up).await;
    let writer = tokio::task::spawn_blocking({
        let room = Arc::clone(&room);
        move || write_during_faults(&room)
    });
    while !writer.is_finished() {
        tail.during(Duration::from_millis(200)).await;
    }
    let written = writer.await.unwrap();
    let met = |told: &Told| told.broken.iter().map(|(_, _, fault)| fault.word()).collect::<BTreeSet<_>>();
    // What was told as missing is told as whole again.
    let is_whole =
        |told: &Told| told.broken.iter().all(|(source, since, _)| told.untils[source].iter().any(|at| at > since));
    let all = BTreeSet::from(["failed", "login needed", "throttled", "timed out"]);
    tail.until(|told| told.lines() >= written && is_whole(told) && met(told).is_superset(&all)).await;
    tail.told.holds_each_once(written);
}

#[tokio::test]
async fn a_gap_begins_where_all_was_told_and_is_filled() {
    hurry(10);
    let room = Room::new("tail-gap");
    room.write_lines(GROUP, "app/app/1", &numbered(0, 10, 5_000));
    let mut tail = Tail::of(&room.aws(), polled(vec![group(GROUP)]));
    tail.until(|told| told.polls() >= 2).await;
    room.fault(json!({ "operation": FILTER, "kind": "expired" }));
    tail.until(|told| !told.broken.is_empty()).await;
    let whole = *tail.told.untils[&group(GROUP)].last().unwrap();
    room.write_lines(GROUP, "app/app/1", &numbered(10, 50, 500));
    tail.until(|told| told.broken.len() >= 2).await;
    for (source, since, fault) in &tail.told.broken {
        assert_eq!((source, *since, &fault.kind), (&group(GROUP), whole, &FaultKind::Expired));
    }
    room.write_lines(GROUP, "app/app/1", &numbered(50, 90, 500));
    room.no_fault();
    tail.until(|told| told.lines() == 90 && *told.untils[&group(GROUP)].last().unwrap() > whole).await;
    tail.told.holds_each_once(90);
}

#[tokio::test]
async fn a_source_that_fails_holds_up_no_other() {
    hurry(5);
    let room = Room::new("tail-one-fails");
    room.groups(&json!({ "make": ["/ecs/good", "/ecs/bad"] }));
    room.fault(json!({ "operation": FILTER, "kind": "hang", "match": "/ecs/bad" }));
    let hangs = Duration::from_secs(20);
    let aws = Aws::new(room.options(Timeouts { read: hangs, attempt: hangs, ..short() }));
    let nobody = LogSource::Resource(DATABASES, ResourceId("arn:aws:rds:us-east-1:1:db:nobody".into()));
    let mut tail = Tail::of(&aws, polled(vec![group("/ecs/good"), group("/ecs/bad"), nobody.clone()]));
    tail.until(|told| told.untils.get(&group("/ecs/good")).is_some_and(|all| !all.is_empty())).await;
    let begun = tokio::time::Instant::now();
    room.write_lines("/ecs/good", "app/app/1", &numbered(0, 10, 100));
    tail.until(|told| told.lines() == 10).await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    tail.until(|told| told.caught_up && told.broken.len() >= 2).await;
    let kinds: Vec<(&LogSource, &FaultKind)> = tail.told.broken.iter().map(|(s, _, f)| (s, &f.kind)).collect();
    assert!(kinds.contains(&(&nobody, &FaultKind::NotFound)), "{kinds:?}");
    assert!(kinds.contains(&(&group("/ecs/bad"), &FaultKind::TimedOut)), "{kinds:?}");
    assert!(!kinds.iter().any(|(source, _)| **source == group("/ecs/good")));
}

#[tokio::test]
async fn a_group_that_is_not_there_is_told_and_tried_again() {
    hurry(10);
    let room = Room::new("tail-missing");
    let mut tail = Tail::of(&room.aws(), polled(vec![group(GROUP)]));
    tail.until(|told| !told.broken.is_empty()).await;
    assert_eq!(tail.told.broken[0].2.kind, FaultKind::NotFound, "{:?}", tail.told.broken[0]);
    room.write_lines(GROUP, "app/app/1", &numbered(0, 5, 1_000));
    tail.until(|told| told.lines() == 5).await;
}

#[tokio::test]
async fn a_denied_tail_names_its_permission() {
    let room = Room::new("tail-denied");
    room.groups(&json!({ "make": [GROUP] }));
    room.fault(json!({ "operation": FILTER, "kind": "deny" }));
    let mut tail = Tail::of(&room.aws(), polled(vec![group(GROUP)]));
    tail.until(|told| !told.broken.is_empty()).await;
    let FaultKind::Denied { action, .. } = &tail.told.broken[0].2.kind else { panic!("{:?}", tail.told.broken) };
    assert_eq!(*action, FILTER);
}

/// The pane takes what is said to be read back for whole: no line of a source that could be read only
/// afterwards may be missing from it.
#[tokio::test]
async fn a_source_that_comes_late_is_read_back_as_far_as_the_others() {
    hurry(10);
    let room = Room::new("tail-comes-late");
    room.write_lines("/ecs/early", "app/app/1", &[(500_000, line(0))]);
    let lines: Vec<(i64, String)> = (1..=3_000).map(|n| (400_000 - n as i64 / 10, line(n))).collect();
    room.write_lines("/ecs/late", "app/app/1", &lines);
    room.fault(json!({ "operation": FILTER, "kind": "expired", "match": "/ecs/late", "times": 1 }));
    let mut tail = Tail::of(&room.aws(), polled(vec![group("/ecs/early"), group("/ecs/late")]));
    tail.until(|told| told.caught_up && told.lines() >= 3_001).await;
    tail.told.holds_each_once(3_001);
    assert!(tail.told.back.unwrap() < tail.told.at_of(0));
}
