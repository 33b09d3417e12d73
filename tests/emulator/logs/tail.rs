//! A tail that nothing disturbs: the newest lines at once, then whatever comes.

use midwatch::domain::log::LogSource;
use midwatch::domain::resource::ResourceId;
use midwatch::kinds::services::SERVICES;
use serde_json::json;

use super::{GROUP, Tail, group, line, numbered, polled};
use crate::contract;
use crate::harness::{Room, good, hurry};

#[tokio::test]
async fn the_contract_holds_for_tails() {
    let room = Room::with("tail-contract", &[("main", 1)]);
    room.write_lines(GROUP, "app/app/1", &numbered(0, 900, 60_000));
    room.write_lines("/ecs/other", "app/app/1", &numbered(900, 1_000, 30_000));
    let service = ResourceId(format!("arn:aws:ecs:us-east-1:{}:service/main/main-svc-0000", room.account).into());
    for sources in [vec![LogSource::Resource(SERVICES, service)], vec![LogSource::Matching("/ecs/*".into())]] {
        contract::tail(&room.aws(), &good(), sources).await;
    }
}

#[tokio::test]
async fn the_newest_lines_come_at_once_and_then_each_once() {
    hurry(10);
    let room = Room::new("tail");
    room.write_lines(GROUP, "app/app/1", &numbered(0, 200, 60_000));
    room.write_lines(GROUP, "app/app/2", &numbered(200, 400, 60_000));
    let mut tail = Tail::of(&room.aws(), polled(vec![group(GROUP)]));
    tail.until(|told| told.caught_up).await;
    assert_eq!(tail.told.lines(), 400, "both streams, whole");
    assert_eq!(tail.told.sources, [group(GROUP)]);
    room.write_lines(GROUP, "app/app/1", &numbered(400, 500, 100));
    tail.until(|told| told.lines() == 500).await;
    let polls = tail.told.polls();
    tail.until(|told| told.polls() >= polls + 2).await;
    tail.told.holds_each_once(500);
    assert_eq!(tail.told.merged().repeated, 0, "what overlaps is told once");
    assert!(tail.told.broken.is_empty() && tail.told.faults.is_empty());
    let untils = &tail.told.untils[&group(GROUP)];
    assert!(untils.is_sorted(), "{untils:?}");
}

#[tokio::test]
async fn streams_and_groups_are_interleaved_and_pages_may_be_empty() {
    hurry(10);
    let room = Room::new("tail-pages");
    // Three pages without an event before each page, and pages that end within a millisecond.
    room.logs(&json!({ "page": 7, "empty": 3 }));
    let (mut tail, streams) = (
        Tail::of(&room.aws(), polled(vec![group("/ecs/a"), group("/ecs/b")])),
        [("/ecs/a", "app/app/1"), ("/ecs/a", "app/app/2"), ("/ecs/b", "web/web/1")],
    );
    room.groups(&json!({ "make": ["/ecs/a", "/ecs/b"] }));
    tail.until(|told| told.caught_up).await;
    for n in (0..60).step_by(20) {
        for (which, (group, stream)) in streams.into_iter().enumerate() {
            // Twenty lines of one millisecond, interleaved with those of the other streams.
            let lines: Vec<(i64, String)> = (n..n + 20).map(|n| (500, line(n * 3 + which))).collect();
            room.write_lines(group, stream, &lines);
        }
    }
    tail.until(|told| told.lines() == 180).await;
    tail.told.holds_each_once(180);
    assert_eq!(tail.told.streams.values().collect::<Vec<_>>(), [&60, &60, &60]);
    assert!(tail.told.broken.is_empty(), "{:?}", tail.told.broken);
}

#[tokio::test]
async fn ten_thousand_lines_of_one_second_are_all_told() {
    let room = Room::new("tail-burst");
    room.write_lines(GROUP, "app/app/0", &[(5_000, line(0))]);
    let mut tail = Tail::of(&room.aws(), polled(vec![group(GROUP)]));
    tail.until(|told| told.caught_up).await;
    for part in 0..10 {
        // Ten lines of each millisecond.
        let lines: Vec<(i64, String)> =
            (0..1_000).map(|n| (1_000 - n / 10, line(1 + part * 1_000 + n as usize))).collect();
        room.write_lines(GROUP, &format!("app/app/{part}"), &lines);
    }
    tail.until(|told| told.lines() == 10_001).await;
    tail.told.holds_each_once(10_001);
}

#[tokio::test]
async fn prefixes_leave_out_what_is_of_others() {
    let room = Room::new("tail-prefix");
    room.write_lines(GROUP, "app/app/1", &numbered(0, 5, 2_000));
    room.write_lines(GROUP, "sidecar/app/1", &numbered(5, 10, 2_000));
    let source = LogSource::Streams { group: GROUP.into(), prefix: "app/".into() };
    let mut tail = Tail::of(&room.aws(), polled(vec![source]));
    tail.until(|told| told.caught_up).await;
    tail.told.holds_each_once(5);
}

#[tokio::test]
async fn times_are_those_of_aws_whatever_our_clock_says() {
    hurry(10);
    for (name, clock) in [("behind", -600_000), ("ahead", 3_600_000)] {
        let room = Room::new(&format!("tail-clock-{name}"));
        room.logs(&json!({ "clock": clock }));
        room.write_lines(GROUP, "app/app/1", &numbered(0, 5, 2_000));
        let mut tail = Tail::of(&room.aws(), polled(vec![group(GROUP)]));
        tail.until(|told| told.caught_up).await;
        room.write_lines(GROUP, "app/app/1", &numbered(5, 10, 100));
        tail.until(|told| told.whole() == 10).await;
        let off = tail.told.untils[&group(GROUP)].last().unwrap() - jiff::Timestamp::now().as_millisecond();
        assert!((off - clock).abs() < 10_000, "{name}: {off}");
    }
}
