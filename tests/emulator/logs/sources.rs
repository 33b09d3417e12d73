//! From what a person names to the groups that are read.

use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::log::LogSource;
use midwatch::domain::resource::{KindId, ResourceId};
use midwatch::kinds::caches::CACHES;
use midwatch::kinds::databases::DATABASES;
use midwatch::kinds::distributions::DISTRIBUTIONS;
use midwatch::kinds::services::SERVICES;
use serde_json::json;

use super::{GROUP, Tail, Told, group, numbered, polled};
use crate::harness::{Room, hurry};

fn resource(room: &Room, kind: KindId, rest: &str) -> LogSource {
    let (service, name) = rest.split_once(' ').unwrap();
    LogSource::Resource(kind, ResourceId(format!("arn:aws:{service}:us-east-1:{}:{name}", room.account).into()))
}

/// What a source turned out to be, or why it is none.
async fn found(room: &Room, source: LogSource) -> Result<Vec<LogSource>, Fault> {
    let mut tail = Tail::of(&room.aws(), polled(vec![source.clone()]));
    tail.until(|told| !told.sources.is_empty() || !told.broken.is_empty()).await;
    let Told { sources, mut broken, .. } = tail.told;
    match broken.pop() {
        Some((of, _, fault)) if of == source => Err(fault),
        _ => Ok(sources),
    }
}

#[tokio::test]
async fn a_service_names_its_groups_by_its_task_definition() {
    let room = Room::with("tail-service", &[("main", 1)]);
    room.write_lines(GROUP, "app/app/1", &numbered(0, 5, 2_000));
    room.write_lines(GROUP, "web/app/1", &numbered(5, 10, 2_000));
    let mut tail = Tail::of(&room.aws(), polled(vec![resource(&room, SERVICES, "ecs service/main/main-svc-0000")]));
    tail.until(|told| told.caught_up).await;
    assert_eq!(tail.told.sources, [LogSource::Streams { group: GROUP.into(), prefix: "app/app/".into() }]);
    tail.told.holds_each_once(5);
}

#[tokio::test]
async fn groups_of_a_pattern_join_as_they_are_made_and_leave() {
    hurry(10);
    let room = Room::new("tail-pattern");
    room.groups(&json!({ "make": ["/ecs/a", "/ecs/b", "/ecs/b-2", "/rds/b"] }));
    let mut tail = Tail::of(&room.aws(), polled(vec![LogSource::Matching("/ecs/*".into()), group("/rds/b")]));
    tail.until(|told| told.caught_up && told.sources.len() == 4).await;
    room.groups(&json!({ "make": ["/ecs/c"], "drop": ["/ecs/b"] }));
    room.write_lines("/ecs/c", "app/app/1", &numbered(0, 5, 1_000));
    tail.until(|told| told.lines() == 5 && !told.sources.contains(&group("/ecs/b"))).await;
    assert_eq!(tail.told.sources, ["/ecs/a", "/ecs/b-2", "/ecs/c", "/rds/b"].map(group));
}

#[tokio::test]
async fn a_pattern_that_stands_for_none_or_too_many_says_so() {
    let room = Room::new("tail-many");
    let names: Vec<String> = (0..120).map(|n| format!("/many/{n:03}")).collect();
    room.groups(&json!({ "make": names }));
    let fault = found(&room, LogSource::Matching("/ecs/*".into())).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::NotFound);
    assert!(fault.message.contains("no log group of us-east-1 matches /ecs/*"), "{fault}");
    let before = room.count("logs:DescribeLogGroups");
    let mut tail = Tail::of(&room.aws(), polled(vec![LogSource::Matching("/many/*".into())]));
    tail.until(|told| !told.sources.is_empty() && !told.broken.is_empty()).await;
    assert_eq!(tail.told.sources.len(), 50);
    assert!(tail.told.broken[0].2.message.contains("120 log sources, of which 50"), "{:?}", tail.told.broken);
    assert_eq!(room.count("logs:DescribeLogGroups") - before, 3, "page by page");
}

#[tokio::test]
async fn a_database_has_the_groups_that_it_exports() {
    let room = Room::new("tail-databases");
    room.seed(&json!({ "databases": {
        "instances": [{ "name": "orders" }, { "name": "mute" }],
        "clusters": [{ "name": "shop", "members": ["shop-1", "shop-2"], "writer": "shop-2" }],
        "set": {
            "orders": { "enabled_cloudwatch_logs_exports": ["postgresql", "upgrade"] },
            "shop": { "enabled_cloudwatch_logs_exports": ["error"] },
        },
    }}));
    let of = |rest: &str| found(&room, resource(&room, DATABASES, rest));
    let both = ["postgresql", "upgrade"].map(|kind| group(&format!("/aws/rds/instance/orders/{kind}")));
    assert_eq!(of("rds db:orders").await.unwrap(), both);
    assert_eq!(of("rds cluster:shop").await.unwrap(), [group("/aws/rds/cluster/shop/error")]);
    let fault = of("rds db:mute").await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Invalid);
    assert!(fault.message.contains("exports no log") && fault.remedy.contains("modify-db-instance"), "{fault:?}");
    let member = of("rds db:shop-1").await.unwrap();
    assert_eq!(member, [LogSource::Streams { group: "/aws/rds/cluster/shop/error".into(), prefix: "shop-1".into() }]);
    assert_eq!(of("rds db:nobody").await.unwrap_err().kind, FaultKind::NotFound);
}

#[tokio::test]
async fn a_cache_has_the_groups_that_its_logs_are_delivered_to() {
    let room = Room::new("tail-caches");
    let delivery = |kind: &str, group: &str| {
        json!({ "LogType": kind, "DestinationType": "cloudwatch-logs", "LogFormat": "json", "Status": "active",
                "DestinationDetails": { "CloudWatchLogsDetails": { "LogGroup": group } } })
    };
    let stream = json!({ "LogType": "slow-log", "DestinationType": "kinesis-firehose",
                         "DestinationDetails": { "KinesisFirehoseDetails": { "DeliveryStream": "s" } } });
    room.caches(&json!({
        "groups": [{ "name": "shop", "shards": [[["127.0.0.1", 1]]] }],
        "clusters": [
            { "name": "single", "engine": "redis", "nodes": [["127.0.0.1", 1]] },
            { "name": "pages", "engine": "memcached", "nodes": [["127.0.0.1", 1]] },
        ],
        "serverless": [{ "name": "elastic", "endpoint": ["127.0.0.1", 1] }],
        "change": {
            "shop": { "LogDeliveryConfigurations": [delivery("slow-log", "/cache/slow"), delivery("engine-log", "/cache/engine")] },
            "single": { "LogDeliveryConfigurations": [stream] },
        },
    }));
    let of = |rest: &str| found(&room, resource(&room, CACHES, rest));
    assert_eq!(of("elasticache replicationgroup:shop").await.unwrap(), ["/cache/engine", "/cache/slow"].map(group));
    for (rest, words) in [
        ("elasticache cluster:single", "(slow-log: kinesis-firehose)"),
        ("elasticache cluster:pages", "delivers no log"),
        ("elasticache serverlesscache:elastic", "serverless"),
    ] {
        let fault = of(rest).await.unwrap_err();
        assert!(fault.kind == FaultKind::Invalid && fault.message.contains(words), "{fault:?}");
    }
    assert_eq!(of("elasticache replicationgroup:nobody").await.unwrap_err().kind, FaultKind::NotFound);
    let cdn = LogSource::Resource(DISTRIBUTIONS, ResourceId("arn:aws:cloudfront::1:distribution/E1".into()));
    assert!(found(&room, cdn).await.unwrap_err().remedy.contains("us-east-1"));
}
