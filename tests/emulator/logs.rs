//! Tails of CloudWatch Logs through the real SDK: the newest at once, then every line once, whatever
//! goes wrong in between.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt;
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::log::{LogEvent, LogPiece, LogSource};
use midwatch::domain::query::{Answer, Query};
use midwatch::domain::resource::ResourceId;
use midwatch::kinds::services::SERVICES;
use midwatch::port::Cloud;
use serde_json::json;

use crate::harness::{Room, good};

const GROUP: &str = "/ecs/main";

fn numbered(from: usize, to: usize, first_ago: i64) -> Vec<(i64, String)> {
    let step = |n: usize| i64::try_from(n - from).unwrap();
    (from..to).map(|n| ((first_ago - step(n)).max(0), format!("line {n:05}"))).collect()
}

/// What a tail told so far.
#[derive(Default)]
struct Told {
    events: Vec<LogEvent>,
    sources: Vec<LogSource>,
    caught_up: bool,
    polls: usize,
    faults: Vec<Fault>,
}

impl Told {
    fn take(&mut self, piece: Result<Answer, Fault>) {
        match piece {
            Ok(Answer::Logs(LogPiece::Events(events))) => self.events.extend(events),
            Ok(Answer::Logs(LogPiece::Sources(sources))) => self.sources = sources,
            Ok(Answer::Logs(LogPiece::CaughtUp)) => self.caught_up = true,
            Ok(Answer::Logs(LogPiece::Until { .. })) => self.polls += 1,
            Ok(other) => panic!("unexpected {other:?}"),
            Err(fault) => self.faults.push(fault),
        }
    }

    /// How often each line was told.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for event in &self.events {
            *counts.entry(event.line.as_raw().to_string()).or_default() += 1;
        }
        counts
    }
}

fn group() -> Query {
    Query::Tail { sources: vec![LogSource::Group(GROUP.into())], live: false }
}

/// Follows until it is so; patient, for a busy machine.
async fn follow(
    stream: &mut (impl StreamExt<Item = Result<Answer, Fault>> + Unpin),
    told: &mut Told,
    met: impl Fn(&Told) -> bool,
) {
    let until = async {
        while !met(told) {
            told.take(stream.next().await.expect("a tail does not end"));
        }
    };
    tokio::time::timeout(Duration::from_secs(60), until).await.expect("it is told in time");
}

#[tokio::test]
async fn the_newest_lines_come_at_once_and_then_each_once() {
    let room = Room::new("tail");
    room.write_lines(GROUP, "app/app/1", &numbered(0, 300, 60_000));
    room.write_lines(GROUP, "app/app/2", &numbered(300, 600, 60_000));
    let aws = room.aws();
    let mut stream = aws.read(&good(), group());
    let mut told = Told::default();
    follow(&mut stream, &mut told, |told| told.caught_up).await;
    assert_eq!(told.counts().len(), 600, "both streams, whole");
    assert_eq!(told.sources, [LogSource::Group(GROUP.into())]);
    room.write_lines(GROUP, "app/app/1", &numbered(600, 700, 100));
    follow(&mut stream, &mut told, |told| told.counts().len() == 700).await;
    let polls = told.polls;
    follow(&mut stream, &mut told, |told| told.polls >= polls + 2).await;
    assert!(told.counts().values().all(|n| *n == 1), "overlapping polls tell nothing twice");
    assert!(told.faults.is_empty());
}

#[tokio::test]
async fn no_line_is_lost_while_requests_fail() {
    let room = Room::new("tail-faults");
    room.write_lines(GROUP, "app/app/1", &numbered(0, 10, 5_000));
    let aws = room.aws();
    let mut stream = aws.read(&good(), group());
    let mut told = Told::default();
    follow(&mut stream, &mut told, |told| told.caught_up).await;
    room.fault(json!({ "operation": "logs:FilterLogEvents", "kind": "error500" }));
    room.write_lines(GROUP, "app/app/1", &numbered(10, 50, 500));
    follow(&mut stream, &mut told, |told| !told.faults.is_empty()).await;
    room.write_lines(GROUP, "app/app/1", &numbered(50, 90, 500));
    room.no_fault();
    follow(&mut stream, &mut told, |told| told.counts().len() == 90).await;
    assert!(told.counts().values().all(|n| *n == 1));
}

#[tokio::test]
async fn a_line_that_comes_late_is_told_all_the_same() {
    let room = Room::new("tail-late");
    room.write_lines(GROUP, "app/app/1", &numbered(0, 5, 2_000));
    let aws = room.aws();
    let mut stream = aws.read(&good(), group());
    let mut told = Told::default();
    follow(&mut stream, &mut told, |told| told.caught_up).await;
    // It happened a minute ago and is written only now: a poll from the newest would never see it.
    room.write_lines(GROUP, "app/app/9", &[(60_000, "late".to_string())]);
    follow(&mut stream, &mut told, |told| told.counts().contains_key("late")).await;
}

#[tokio::test]
async fn a_service_names_its_groups_by_its_task_definition() {
    let room = Room::with("tail-service", &[("main", 1)]);
    room.write_lines(GROUP, "app/app/1", &numbered(0, 5, 2_000));
    let id = ResourceId(format!("arn:aws:ecs:us-east-1:{}:service/main/main-svc-0000", room.account).into());
    let aws = room.aws();
    let mut stream = aws.read(&good(), Query::Tail { sources: vec![LogSource::Resource(SERVICES, id)], live: false });
    let mut told = Told::default();
    follow(&mut stream, &mut told, |told| told.caught_up).await;
    assert_eq!(told.sources, [LogSource::Streams { group: GROUP.into(), prefix: "app/app/".into() }]);
    // moto has no prefixes; AWS leaves the streams out that are other people's.
    let asked = room.bodies("logs:FilterLogEvents");
    assert!(asked.iter().all(|body| body["logStreamNamePrefix"] == "app/app/"), "{asked:?}");
}

#[tokio::test]
async fn a_group_that_is_not_there_is_told_and_tried_again() {
    let room = Room::new("tail-missing");
    let aws = room.aws();
    let mut stream = aws.read(&good(), group());
    let mut told = Told::default();
    follow(&mut stream, &mut told, |told| !told.faults.is_empty()).await;
    assert_eq!(told.faults[0].kind, FaultKind::NotFound, "{:?}", told.faults[0]);
    room.write_lines(GROUP, "app/app/1", &numbered(0, 5, 1_000));
    follow(&mut stream, &mut told, |told| told.counts().len() == 5).await;
}

#[tokio::test]
async fn history_ends_and_a_denied_tail_names_its_permission() {
    let room = Room::new("history");
    room.write_lines(GROUP, "app/app/1", &numbered(0, 50, 120_000));
    let aws = room.aws();
    let now = jiff::Timestamp::now().as_millisecond();
    let query = Query::History(vec![LogSource::Group(GROUP.into())], now - 60_000);
    let mut told = Told::default();
    aws.read(&good(), query).collect::<Vec<_>>().await.into_iter().for_each(|piece| told.take(piece));
    assert_eq!(told.counts().len(), 50);
    room.fault(json!({ "operation": "logs:FilterLogEvents", "kind": "deny" }));
    let mut stream = aws.read(&good(), group());
    let mut told = Told::default();
    follow(&mut stream, &mut told, |told| !told.faults.is_empty()).await;
    let FaultKind::Denied { action, .. } = &told.faults[0].kind else { panic!("{:?}", told.faults[0]) };
    assert_eq!(*action, "logs:FilterLogEvents");
}
