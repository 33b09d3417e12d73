//! How often a tail asks: never more than a quarter of the quota, each source in its turn.

use std::time::Duration;

use midwatch::domain::environment::Environment;
use midwatch::port::Cloud;
use serde_json::json;

use super::{Tail, Told, group, line, numbered, polled};
use crate::harness::{Room, hurry};

const FILTER: &str = "logs:FilterLogEvents";

/// All at once: each of them waits most of the time.
#[tokio::test]
async fn tails_share_a_quarter_of_the_quota_fairly_and_heed_throttles() {
    hurry(5);
    tokio::join!(
        ten_sources_share_a_quarter_of_the_quota(),
        a_source_of_many_pages_leaves_the_others_their_pace(),
        a_throttle_slows_all_and_is_told(),
    );
}

async fn ten_sources_share_a_quarter_of_the_quota() {
    let room = Room::new("tail-pace");
    // 10 requests a second are the quota of this Region.
    let region = "eu-west-1";
    let sources: Vec<_> = (0..10).map(|n| format!("/ecs/{n}")).collect();
    for (n, name) in sources.iter().enumerate() {
        room.write_lines_in(region, name, "app/app/1", &numbered(n, n + 1, 1_000));
    }
    let env = Environment::of_profile("good", Some("good"), Some(region));
    let stream = room.aws().read(&env, polled(sources.iter().map(|name| group(name)).collect()));
    let mut tail = Tail { stream, told: Told::default() };
    tail.until(|told| told.caught_up).await;
    // The opening allowance is half of the quota, for ten seconds.
    tail.during(Duration::from_secs(10)).await;
    for (n, name) in sources.iter().enumerate() {
        room.write_lines_in(region, name, "app/app/1", &[(0, line(n + 10))]);
    }
    let (asked, polled) = (room.count(FILTER), tail.told.untils.clone());
    let begun = tokio::time::Instant::now();
    tail.during(Duration::from_secs(11)).await;
    let rate = (room.count(FILTER) - asked) as f64 / begun.elapsed().as_secs_f64();
    assert!(rate <= 2.5, "{rate} a second");
    assert!(rate >= 1.4, "no more is left unused than has to be: {rate} a second");
    for source in &tail.told.sources {
        let polls = tail.told.untils[source].len() - polled[source].len();
        assert!((1..=3).contains(&polls), "each in its turn: {source:?} {polls}");
    }
    assert_eq!(tail.told.paces, [Duration::from_secs(5)], "and it is said");
    tail.told.holds_each_once(20);
}

async fn a_source_of_many_pages_leaves_the_others_their_pace() {
    let room = Room::new("tail-greedy");
    room.logs(&json!({ "page": 10 }));
    room.groups(&json!({ "make": ["/ecs/calm", "/ecs/greedy"] }));
    let mut tail = Tail::of(&room.aws(), polled(vec![group("/ecs/calm"), group("/ecs/greedy")]));
    tail.until(|told| told.caught_up).await;
    // Sixty pages for each poll that sees them.
    room.write_lines("/ecs/greedy", "app/app/1", &numbered(0, 600, 100));
    tail.until(|told| told.lines() == 600).await;
    let polls = |tail: &Tail| tail.told.untils.get(&group("/ecs/calm")).map_or(0, Vec::len);
    let before = polls(&tail);
    tail.during(Duration::from_secs(10)).await;
    assert!(polls(&tail) - before >= 3, "{}", polls(&tail) - before);
    tail.told.holds_each_once(600);
}

async fn a_throttle_slows_all_and_is_told() {
    let room = Room::new("tail-throttled");
    room.groups(&json!({ "make": ["/ecs/a", "/ecs/b"] }));
    let mut tail = Tail::of(&room.aws(), polled(vec![group("/ecs/a"), group("/ecs/b")]));
    tail.until(|told| told.polls() >= 2).await;
    room.fault(json!({ "operation": FILTER, "kind": "throttle", "match": "/ecs/a", "times": 1 }));
    tail.until(|told| !told.paces.is_empty()).await;
    assert_eq!(tail.told.paces, [Duration::from_secs(4)]);
    assert!(tail.told.broken.iter().all(|(source, _, _)| *source == group("/ecs/a")));
    tail.until(|told| told.paces.last() == Some(&Duration::from_secs(2))).await;
}
