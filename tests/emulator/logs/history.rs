//! What was before the first screen: nothing is left out of what is said to be whole.

use futures_util::StreamExt;
use midwatch::domain::log::LogSource;
use midwatch::domain::query::Query;
use midwatch::port::Cloud;
use serde_json::json;

use super::{GROUP, Tail, Told, group, line, numbered, polled};
use crate::harness::{Room, good, hurry};

async fn read_back(room: &Room, told: &mut Told, sources: &[LogSource], moment: i64) {
    let mut pieces = room.aws().read(&good(), Query::History(sources.to_vec(), moment));
    while let Some(piece) = pieces.next().await {
        told.take(piece);
    }
}

#[tokio::test]
async fn lines_beyond_the_first_screen_come_by_history() {
    hurry(10);
    let room = Room::new("history");
    room.logs(&json!({ "page": 800, "empty": 1 }));
    // Ten of each millisecond, and a source that is quiet: its last words are of yesterday.
    let lines: Vec<(i64, String)> = (0..16_000).map(|n| (600_000 - n / 10, line(n as usize))).collect();
    room.write_lines(GROUP, "app/app/1", &lines);
    room.write_lines("/ecs/quiet", "app/app/1", &[(80_000_000, line(16_000))]);
    let sources = [group(GROUP), group("/ecs/quiet")];
    let mut tail = Tail::of(&room.aws(), polled(sources.to_vec()));
    tail.until(|told| told.caught_up).await;
    let mut told = tail.told;
    let begun = told.back.expect("how far it is whole");
    assert!((500..1_000).contains(&told.lines()), "{}", told.lines());
    let mut looks = 0;
    while told.lines() < 16_001 {
        let back = told.back.unwrap();
        read_back(&room, &mut told, &sources, back).await;
        assert!(told.back.unwrap() < back, "each look comes further");
        looks += 1;
        assert!(looks < 20);
    }
    told.holds_each_once(16_001);
    assert!(told.back.unwrap() < begun && looks >= 3, "{looks}");
}

#[tokio::test]
async fn what_is_said_to_be_whole_is() {
    let room = Room::new("history-whole");
    // The second source has many more lines than one look reads.
    room.write_lines("/ecs/a", "app/app/1", &numbered(0, 100, 600_000));
    let lines: Vec<(i64, String)> = (100..12_100).map(|n| (300_000 - n / 10, line(n as usize))).collect();
    room.write_lines("/ecs/b", "app/app/1", &lines);
    let now = jiff::Timestamp::now().as_millisecond();
    let mut told = Told::default();
    let sources = [group("/ecs/a"), group("/ecs/b"), group("/ecs/gone")];
    read_back(&room, &mut told, &sources, now).await;
    let back = told.back.unwrap();
    let first = told.at_of(100 + 12_000 - told.streams["/ecs/b app/app/1"]);
    assert!(back > first, "the millisecond of the oldest line may go on: {back} {first}");
    assert!(told.faults.is_empty(), "{:?}", told.faults);
    // A failure makes nothing whole.
    room.fault(json!({ "operation": "logs:FilterLogEvents", "kind": "throttle" }));
    let mut failed = Told::default();
    read_back(&room, &mut failed, &sources, back).await;
    assert_eq!((failed.back, failed.faults.len()), (None, 1));
    room.no_fault();
    while told.lines() < 12_100 {
        let back = told.back.unwrap();
        read_back(&room, &mut told, &sources, back).await;
        assert!(told.back.unwrap() < back);
    }
    told.holds_each_once(12_100);
}

#[tokio::test]
async fn a_quiet_past_is_searched_further_and_has_an_end() {
    let room = Room::new("history-quiet");
    room.write_lines(GROUP, "app/app/1", &[(20 * 86_400_000, line(0))]);
    let now = jiff::Timestamp::now().as_millisecond();
    let mut told = Told::default();
    read_back(&room, &mut told, &[group(GROUP)], now).await;
    told.holds_each_once(1);
    assert_eq!(told.back, Some(now - 30 * 86_400_000));
    let mut told = Told::default();
    read_back(&room, &mut told, &[group(GROUP)], 1_600_000_000_000).await;
    assert_eq!(told.back, Some(1_600_000_000_000));
    assert!(told.faults[0].message.contains("2024"), "{:?}", told.faults);
}
