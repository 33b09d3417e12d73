//! What the event sources of AWS are asked, and what they tell of it.

use jiff::{SignedDuration, Timestamp};
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::query::{Answer, Query};
use midwatch::domain::timeline::{TimeRange, TimelineEvent, TimelineSource};
use midwatch::kinds::{alarms, caches, databases};
use serde_json::{Value, json};

use crate::harness::{Room, ask, good, short};

const RDS: &str = "rds:DescribeEvents";
const CACHES: &str = "elasticache:DescribeEvents";
const HISTORY: &str = "cloudwatch:DescribeAlarmHistory";
const LOOKUP: &str = "cloudtrail:LookupEvents";

fn ago(minutes: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_mins(minutes)
}

/// What is told, newest first, and from when on it is whole.
async fn told(
    room: &Room,
    source: TimelineSource,
    from: Timestamp,
    to: Option<Timestamp>,
) -> Result<(Vec<TimelineEvent>, Timestamp), Fault> {
    let answers = ask(&room.aws(), &good(), Query::Events(source, TimeRange { from, to })).await;
    let [answer] = <[_; 1]>::try_from(answers).unwrap();
    let Answer::Events { mut told, from } = answer? else { panic!("no events") };
    told.sort_by_key(|one| std::cmp::Reverse((one.at, one.key.clone())));
    Ok((told, from))
}

fn whats(told: &[TimelineEvent]) -> Vec<&str> {
    told.iter().map(|one| one.what.as_str()).collect()
}

#[tokio::test]
async fn rds_tells_the_newest_hour_first_and_of_all_databases() {
    let room = Room::new("timeline-rds");
    room.seed(&json!({ "databases": { "instances": [{ "name": "orders" }, { "name": "other" }],
        "events": { "orders": [4, 50], "other": [1, 1] } } }));
    let from = ago(170);
    let (found, whole) = told(&room, databases::EVENTS, from, None).await.unwrap();
    assert_eq!(found.len(), 5);
    assert!(whole <= from && found.iter().any(|one| one.about.name() == "other"));
    let forms = room.forms(RDS);
    assert_eq!(forms.len(), 3, "an hour a question");
    assert!(
        forms
            .windows(2)
            .all(|two| two[0]["StartTime"] > two[1]["StartTime"] && two[0]["StartTime"] == two[1]["EndTime"])
    );
    assert!(forms.iter().all(|form| form["MaxRecords"] == "100" && !form.contains_key("SourceIdentifier")));
    // The newest alone is one question.
    assert_eq!(told(&room, databases::EVENTS, ago(20), None).await.unwrap().0.len(), 2);
    assert_eq!(room.count(RDS), 4);
}

#[tokio::test]
async fn pages_of_rds_are_read_to_their_end() {
    let room = Room::new("timeline-rds-pages");
    room.seed(&json!({ "databases": { "instances": [{ "name": "orders" }], "events": { "orders": [250, 0.1] } } }));
    let (found, _) = told(&room, databases::EVENTS, ago(50), None).await.unwrap();
    assert_eq!((found.len(), room.count(RDS)), (250, 3));
}

#[tokio::test]
async fn elasticache_tells_what_happened_between_two_times() {
    let room = Room::new("timeline-caches");
    let event = |minutes: i64, source: &str, message: &str| json!({ "minutes": minutes, "SourceIdentifier": source, "SourceType": "cache-cluster", "Message": message });
    room.caches(
        &json!({ "events": [event(10, "web-001", "Failover to web-002 completed"), event(90, "web-001", "old"),
        event(200, "web-001", "older")] }),
    );
    let (found, _) = told(&room, caches::EVENTS, ago(100), None).await.unwrap();
    assert_eq!(whats(&found), ["Failover to web-002 completed", "old"]);
    let (found, whole) = told(&room, caches::EVENTS, ago(240), Some(ago(100))).await.unwrap();
    assert_eq!(whats(&found), ["older"]);
    assert!(whole <= ago(239));
    assert!(room.forms(CACHES).iter().all(|form| !form.contains_key("Duration")));
}

#[tokio::test]
async fn the_history_of_all_alarms_is_one_paged_question() {
    let room = Room::new("timeline-alarms");
    let ringing: Vec<Value> = (0..150)
        .map(|n| json!(["cpu", format!("Alarm updated from OK to ALARM {n}"), 5.0 + f64::from(n) / 100.0]))
        .collect();
    room.alarms(&json!({ "metric": [{ "AlarmName": "cpu" }], "composite": [{ "AlarmName": "outage", "AlarmRule": "ALARM(cpu)" }] }));
    room.alarms(&json!({ "history": ringing, "states": { "outage": ["ALARM", "rule"] } }));
    room.alarms(&json!({ "history": [["cpu", "Alarm updated from OK to ALARM", 300]] }));
    let (found, _) = told(&room, alarms::EVENTS, ago(60), None).await.unwrap();
    assert_eq!(found.len(), 150 + 3, "with those that were made and what a rule became");
    assert_eq!(found[0].about.name(), "outage");
    let bodies = room.bodies(HISTORY);
    assert_eq!(bodies.len(), 2);
    for body in bodies {
        assert_eq!((&body["ScanBy"], &body["MaxRecords"]), (&json!("TimestampDescending"), &json!(100)));
        assert!(body.get("AlarmName").is_none() && body["AlarmTypes"].as_array().unwrap().len() == 3);
    }
}

fn update(seconds: i64, service: &str) -> Value {
    json!({ "seconds": seconds, "eventName": "UpdateService", "eventSource": "ecs.amazonaws.com", "awsRegion": "us-east-1",
        "userIdentity": { "arn": "arn:aws:sts::1:assumed-role/ci/build-7" }, "requestParameters": { "service": service, "desiredCount": 3 } })
}

#[tokio::test]
async fn cloudtrail_tells_who_changed_what_and_no_reads() {
    let room = Room::new("timeline-trail");
    let mut read = update(30, "api");
    read["readOnly"] = true.into();
    room.trail(&json!([update(60, "api"), read, update(7200, "old")]));
    let (found, whole) = told(&room, TimelineSource::CLOUD_TRAIL, ago(60), None).await.unwrap();
    assert_eq!(whats(&found), ["ecs:UpdateService  desiredCount 3"]);
    assert_eq!((found[0].actor.as_str(), found[0].about.name()), ("build-7 (ci)", "api"));
    assert!(whole <= ago(59));
    let body = &room.bodies(LOOKUP)[0];
    assert_eq!(body["LookupAttributes"], json!([{ "AttributeKey": "ReadOnly", "AttributeValue": "false" }]));
    assert_eq!(body["MaxResults"], 50);
}

#[tokio::test]
async fn cloudtrail_says_how_far_back_its_pages_reach() {
    let room = Room::new("timeline-trail-pages");
    let many: Vec<Value> = (0..120).map(|n| update(n, "api")).collect();
    room.trail(&json!(many));
    let (found, whole) = told(&room, TimelineSource::CLOUD_TRAIL, ago(60), None).await.unwrap();
    assert_eq!((found.len(), room.count(LOOKUP)), (120, 3));
    assert!(whole <= ago(59));
    // A page that does not come leaves those before it.
    room.fault(json!({ "operation": LOOKUP, "kind": "deny", "match": "NextToken" }));
    let (found, whole) = told(&room, TimelineSource::CLOUD_TRAIL, ago(60), None).await.unwrap();
    assert_eq!(found.len(), 50);
    assert!(whole > ago(2) && found.iter().all(|one| one.at.as_second() >= whole.as_second()));
}

#[tokio::test]
async fn what_is_denied_or_throttled_is_a_fault_of_its_source_alone() {
    let room = Room::new("timeline-faults");
    for (source, operation) in [
        (databases::EVENTS, RDS),
        (caches::EVENTS, CACHES),
        (alarms::EVENTS, HISTORY),
        (TimelineSource::CLOUD_TRAIL, LOOKUP),
    ] {
        room.fault(json!({ "operation": operation, "kind": "deny" }));
        let fault = told(&room, source, ago(30), None).await.unwrap_err();
        assert!(matches!(&fault.kind, FaultKind::Denied { action, .. } if *action == *operation), "{fault:?}");
        room.fault(json!({ "operation": operation, "kind": "throttle" }));
        let aws = midwatch::aws::Aws::new(room.options(short()));
        let answers = ask(&aws, &good(), Query::Events(source, TimeRange { from: ago(30), to: None })).await;
        assert!(matches!(&answers[..], [Err(fault)] if fault.kind == FaultKind::Throttled), "{answers:?}");
        room.no_fault();
        assert!(told(&room, source, ago(30), None).await.is_ok());
    }
}
