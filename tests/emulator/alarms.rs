//! Alarms as CloudWatch tells them, and what is asked of it for them.

use midwatch::domain::alarm::{Alarm, AlarmDetail, AlarmState, Watched};
use midwatch::domain::environment::{Environment, Scope};
use midwatch::domain::fault::FaultKind;
use midwatch::domain::query::{Answer, ListingPiece, Query};
use midwatch::domain::resource::{ResourceId, cast_facts};
use midwatch::kinds;
use midwatch::kinds::alarms::ALARMS;
use serde_json::{Value, json};

use crate::contract;
use crate::harness::{Room, ask, good, short};
use crate::read_result::{ReadResult, facts, list, read};

const DESCRIBE: &str = "cloudwatch:DescribeAlarms";
const HISTORY: &str = "cloudwatch:DescribeAlarmHistory";

fn dimensions(of: &[(&str, &str)]) -> Vec<Value> {
    of.iter().map(|(name, value)| json!({ "Name": name, "Value": value })).collect()
}

fn of_service(name: &str, cluster: &str, service: &str) -> Value {
    let of = dimensions(&[("ServiceName", service), ("ClusterName", cluster)]);
    json!({ "AlarmName": name, "Namespace": "AWS/ECS", "MetricName": "CPUUtilization", "Dimensions": of })
}

fn room(name: &str, wish: &Value) -> Room {
    let room = Room::new(name);
    room.alarms(wish);
    room
}

fn arn(room: &Room, name: &str) -> ResourceId {
    ResourceId(format!("arn:aws:cloudwatch:us-east-1:{}:alarm:{name}", room.account).into())
}

async fn alarms(room: &Room, env: &Environment) -> ReadResult<Alarm> {
    list(&room.aws(), env, ALARMS).await
}

async fn wrong(room: &Room, ids: &[&str]) -> ReadResult<Alarm> {
    read(&room.aws(), &good(), Query::Wrong(ALARMS, ids.iter().map(|name| arn(room, name)).collect())).await
}

fn names(told: &ReadResult<Alarm>) -> Vec<&str> {
    told.items.keys().map(String::as_str).collect()
}

fn some_of_all() -> Value {
    json!({
        "metric": [of_service("api-cpu", "main", "api"), of_service("TargetTracking-service/main/api-AlarmLow-1f", "main", "api")],
        "composite": [{ "AlarmName": "outage", "AlarmRule": "ALARM(\"api-cpu\") AND NOT ALARM(billing)" }],
        "log": [{ "AlarmName": "panics", "Threshold": 5.0, "ComparisonOperator": "GreaterThanThreshold",
                  "QueryResultsToEvaluate": 3, "QueryResultsToAlarm": 2,
                  "ScheduledQueryConfiguration": { "QueryString": "filter @message like /panic/" } }],
        "states": { "api-cpu": ["ALARM", "Threshold Crossed"] },
    })
}

#[tokio::test]
async fn the_contract_holds_for_alarms() {
    let room = room("alarms-contract", &some_of_all());
    contract::holds(&room.aws(), &good(), &["alarms"]).await;
}

#[tokio::test]
async fn an_alarm_is_told_as_aws_tells_it() {
    let room = room("alarms-shapes", &some_of_all());
    let held = dimensions(&[("TargetGroup", "targetgroup/api/0a1b"), ("LoadBalancer", "app/web/2c3d")]);
    let stat = |id: &str, name: &str, returned: bool| {
        let metric = json!({ "Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": held });
        json!({ "Id": id, "ReturnData": returned, "MetricStat": { "Metric": metric, "Period": 300, "Stat": "Sum" } })
    };
    let of_metrics = |name: &str, metrics: Vec<Value>, more: Value| {
        let mut alarm = json!({ "AlarmName": name, "Metrics": metrics, "EvaluationPeriods": 2 });
        alarm.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        alarm
    };
    let share = json!({ "Id": "e1", "Expression": "100 * errors / all", "Label": "share of 5xx", "ReturnData": true });
    let band = json!({ "Id": "b1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)", "ReturnData": true });
    room.alarms(&json!({
        "metric": [
            of_metrics("api-share", vec![stat("errors", "HTTPCode_Target_5XX_Count", false), stat("all", "RequestCount", false), share],
                json!({ "Threshold": 5, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "DatapointsToAlarm": 1 })),
            of_metrics("api-odd", vec![stat("m1", "RequestCount", true), band],
                json!({ "ThresholdMetricId": "b1", "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold" })),
            { "AlarmName": "half-blind", "EvaluationState": "PARTIAL_DATA", "ActionsEnabled": false, "ExtendedStatistic": "p99", "Statistic": null,
              "AlarmActions": ["arn:aws:sns:us-east-1:1:on-call"], "TreatMissingData": "breaching", "DatapointsToAlarm": 2 },
        ],
        "composite": [{ "AlarmName": "held", "AlarmRule": "ALARM(api-cpu)", "ActionsSuppressedBy": "Alarm",
                        "ActionsSuppressor": format!("arn:aws:cloudwatch:us-east-1:{}:alarm:maintenance", room.account) }],
    }));
    let told = alarms(&room, &good()).await;
    assert!(told.failed.is_empty(), "{:?}", told.failed);
    let said = |name: &str| {
        let (kind, now) = (kinds::kind(ALARMS).unwrap(), jiff::Timestamp::now());
        let entry = kind.entry(&told.items[name], &kind.diagnose(&told.items[name], now), now);
        entry["what"].as_str().unwrap().to_string()
    };
    assert_eq!(said("api-cpu"), "CPU of service api > 80 % for 3 of 3 × 1m");
    assert_eq!(said("api-share"), "share of 5xx ≥ 5 for 1 of 2 × 5m");
    assert_eq!(said("api-odd"), "requests of target group api outside its band for 2 of 2 × 5m");
    assert_eq!(said("half-blind"), "p99 Cost > 80 for 2 of 3 × 1m");
    assert_eq!(said("panics"), "log query filter @message like /panic/ > 5 for 2 of 3");
    assert_eq!(said("outage"), "ALARM(\"api-cpu\") AND NOT ALARM(billing)");
    let (cpu, blind, held) = (&told.items["api-cpu"], &told.items["half-blind"], &told.items["held"]);
    assert_eq!((cpu.state, &*cpu.reason, &*cpu.part), (AlarmState::Alarm, "Threshold Crossed", "metric"));
    assert_eq!((&*blind.evaluation, blind.actions_enabled, blind.actions.len()), ("PARTIAL_DATA", false, 1));
    assert_eq!(&*blind.watched.condition().unwrap().missing, "breaching");
    assert_eq!((&*held.suppressor, &*held.suppressed, &*held.part), ("maintenance", "Alarm", "composite"));
    assert_eq!((&*told.items["panics"].part, told.rosters.len()), ("log", 3));
    assert!(matches!(&told.items["api-share"].watched, Watched::Expression(_, metrics, _) if metrics.len() == 2));

    // A state that is set again is updated and no transition.
    let since = cpu.since;
    room.alarms(&json!({ "states": { "api-cpu": ["ALARM", "still"] } }));
    let again = alarms(&room, &good()).await;
    assert_eq!((again.items["api-cpu"].since, &*again.items["api-cpu"].reason), (since, "still"));
}

#[tokio::test]
async fn every_type_is_asked_for_and_every_page_read() {
    let room = room("alarms-pages", &json!({ "many": ["cpu-{:03}", 250] }));
    let told = alarms(&room, &good()).await;
    assert_eq!((told.items.len(), told.rosters["metric"].len()), (250, 250));
    let types: Vec<String> = room.bodies(DESCRIBE).iter().map(|body| body["AlarmTypes"][0].to_string()).collect();
    assert_eq!(types, ["\"MetricAlarm\"", "\"MetricAlarm\"", "\"MetricAlarm\"", "\"CompositeAlarm\"", "\"LogAlarm\""]);
    assert!(room.bodies(DESCRIBE).iter().all(|body| body["MaxRecords"] == 100));
}

#[tokio::test]
async fn what_rings_is_one_request_and_what_rang_is_looked_after() {
    let room = room("alarms-wrong", &some_of_all());
    assert_eq!(names(&wrong(&room, &[]).await), ["api-cpu"]);
    assert_eq!(room.count(DESCRIBE), 1);
    let asked = &room.bodies(DESCRIBE)[0];
    assert_eq!((&asked["StateValue"], asked["AlarmTypes"].as_array().unwrap().len()), (&json!("ALARM"), 3));
    // It still rings: nothing more is asked.
    assert_eq!((names(&wrong(&room, &["api-cpu"]).await), room.count(DESCRIBE)), (vec!["api-cpu"], 2));
    // It ended, another began, one was deleted.
    let over = json!({ "api-cpu": ["OK", "well"], "panics": ["ALARM", "5 > 3"] });
    room.alarms(&json!({ "states": over, "delete": ["outage"] }));
    let told = wrong(&room, &["api-cpu", "outage"]).await;
    assert_eq!((names(&told), room.count(DESCRIBE)), (vec!["api-cpu", "panics"], 4));
    assert_eq!((told.items["api-cpu"].state, &told.gone[..]), (AlarmState::Ok, &[arn(&room, "outage")][..]));
}

#[tokio::test]
async fn a_name_with_colons_is_found_again() {
    let room = room("alarms-names", &json!({ "metric": [of_service("a:b/c d", "main", "api")] }));
    let told: ReadResult<Alarm> = read(&room.aws(), &good(), Query::Some(ALARMS, vec![arn(&room, "a:b/c d")])).await;
    assert_eq!((names(&told), told.gone.len()), (vec!["a:b/c d"], 0));
}

#[tokio::test]
async fn the_history_is_that_of_the_alarm_newest_first() {
    let room = room("alarms-history", &some_of_all());
    room.alarms(&json!({ "states": { "outage": ["ALARM", "rule"], "panics": ["ALARM", "3"] } }));
    let detail = facts(&room.aws(), &good(), Query::Detail(ALARMS.detail(), arn(&room, "outage"))).await;
    let detail = cast_facts::<AlarmDetail>(&*detail).unwrap();
    let summaries: Vec<&str> = detail.history.as_ref().unwrap().iter().map(|entry| entry.summary.as_str()).collect();
    assert_eq!(summaries, ["Alarm updated from OK to ALARM", "Alarm \"outage\" created"]);
    assert_eq!(room.bodies(HISTORY)[0]["AlarmName"], "outage");
    // Without its history the rest is told.
    room.fault(json!({ "operation": HISTORY, "kind": "deny" }));
    let detail = facts(&room.aws(), &good(), Query::Detail(ALARMS.detail(), arn(&room, "outage"))).await;
    let fault = cast_facts::<AlarmDetail>(&*detail).unwrap().history.clone().unwrap_err();
    assert!(matches!(&fault.kind, FaultKind::Denied { action, .. } if action == HISTORY), "{fault:?}");
}

#[tokio::test]
async fn the_lists_fail_apart() {
    let room = room("alarms-apart", &some_of_all());
    room.fault(json!({ "operation": DESCRIBE, "kind": "deny", "match": "[\"CompositeAlarm\"]" }));
    let told = alarms(&room, &good()).await;
    assert_eq!(told.failed.keys().collect::<Vec<_>>(), ["composite"]);
    assert!(matches!(&told.failed["composite"].kind, FaultKind::Denied { action, .. } if action == DESCRIBE));
    assert_eq!(told.items.len(), 3, "the others are told");
}

#[tokio::test]
async fn what_rings_is_told_of_each_type_that_may_be_read_and_of_the_others_that_it_is_not() {
    let room = room("alarms-partly", &some_of_all());
    let rings = json!({ "panics": ["ALARM", "5 > 3"], "outage": ["ALARM", "rule"] });
    room.alarms(&json!({ "states": rings }));
    room.fault(json!({ "operation": DESCRIBE, "kind": "deny", "match": "CompositeAlarm" }));
    let told = wrong(&room, &[]).await;
    assert_eq!(names(&told), ["api-cpu", "panics"]);
    assert_eq!(told.failed.keys().collect::<Vec<_>>(), ["composite"]);
    assert!(matches!(&told.failed["composite"].kind, FaultKind::Denied { action, .. } if action == DESCRIBE));
    // What ended is told as well.
    room.alarms(&json!({ "states": { "api-cpu": ["OK", "well"] } }));
    let told = wrong(&room, &["api-cpu", "panics"]).await;
    assert_eq!((names(&told), told.items["api-cpu"].state), (vec!["api-cpu", "panics"], AlarmState::Ok));
    // What is not found may be of the type that may not be read: it is not gone.
    let ids = vec![arn(&room, "outage"), arn(&room, "panics")];
    let answers = ask(&room.aws(), &good(), Query::Wrong(ALARMS, ids)).await;
    assert!(
        matches!(answers.last(), Some(Err(fault)) if matches!(fault.kind, FaultKind::Denied { .. })),
        "{answers:?}"
    );
    assert!(!answers.iter().any(|answer| matches!(answer, Ok(Answer::Gone(_)))), "{answers:?}");
}

#[tokio::test]
async fn a_throttled_question_is_a_fault_and_no_end_of_an_alarm() {
    let room = room("alarms-throttled", &some_of_all());
    room.fault(json!({ "operation": DESCRIBE, "kind": "throttle" }));
    let aws = midwatch::aws::Aws::new(room.options(short()));
    let answers = ask(&aws, &good(), Query::Wrong(ALARMS, vec![arn(&room, "api-cpu")])).await;
    let [Err(fault)] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!(fault.kind, FaultKind::Throttled);
    let answers = ask(&aws, &good(), Query::List(ALARMS)).await;
    let throttled = |answer: &&Result<Answer, _>| matches!(answer, Ok(Answer::Listing(ListingPiece::PartFailed { fault, .. })) if fault.kind == FaultKind::Throttled);
    assert_eq!(answers.iter().filter(throttled).count(), 3);
}

#[tokio::test]
async fn a_scope_takes_the_alarms_of_its_services_and_tags_are_the_alarms_own() {
    let room = room(
        "alarms-scope",
        &json!({
            "metric": [of_service("cpu-1", "main", "shop-api"), of_service("cpu-2", "main", "billing"), of_service("cpu-3", "jobs", "shop-jobs")],
            "tags": { "cpu-1": { "team": "shop" }, "cpu-2": { "team": "money" } },
        }),
    );
    let scoped = |include: &[&str], clusters: &[&str], tags: &[(&str, &str)]| {
        let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let tags = tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        Environment { scope: Scope::new(&owned(include), &[], &owned(clusters), &tags).unwrap(), ..good() }
    };
    assert_eq!(names(&alarms(&room, &scoped(&["shop-*"], &[], &[])).await), ["cpu-1", "cpu-3"]);
    assert_eq!(names(&alarms(&room, &scoped(&[], &["main"], &[])).await), ["cpu-1", "cpu-2"]);
    assert_eq!(room.count("cloudwatch:ListTagsForResource"), 0);
    let (aws, env) = (room.aws(), scoped(&[], &[], &[("team", "shop")]));
    for _ in 0..2 {
        let told: ReadResult<Alarm> = list(&aws, &env, ALARMS).await;
        assert_eq!(names(&told), ["cpu-1"]);
    }
    assert_eq!(room.count("cloudwatch:ListTagsForResource"), 3, "a request each, and remembered");
}

#[tokio::test]
async fn the_alarms_of_cloudfront_are_read_in_its_home_region() {
    let edge = dimensions(&[("DistributionId", "E2QWRU"), ("Region", "Global")]);
    let room = room(
        "alarms-home",
        &json!({ "metric": [
            { "AlarmName": "edge-5xx", "Namespace": "AWS/CloudFront", "MetricName": "5xxErrorRate", "Dimensions": edge },
            of_service("virginia-cpu", "main", "api"),
        ], "states": { "edge-5xx": ["ALARM", "6 %"], "virginia-cpu": ["ALARM", "90 %"] } }),
    );
    room.alarms(&json!({ "region": "eu-west-1", "metric": [of_service("ireland-cpu", "main", "api")] }));
    let ireland = Environment { region: Some("eu-west-1".into()), ..good() };
    let told = alarms(&room, &ireland).await;
    assert_eq!(names(&told), ["edge-5xx", "ireland-cpu"], "of Virginia only what CloudFront writes");
    assert_eq!(told.rosters.keys().collect::<Vec<_>>(), ["CloudFront", "composite", "log", "metric"]);
    let told: ReadResult<Alarm> = read(&room.aws(), &ireland, Query::Wrong(ALARMS, vec![])).await;
    assert_eq!(names(&told), ["edge-5xx"]);
    facts(&room.aws(), &ireland, Query::Detail(ALARMS.detail(), arn(&room, "edge-5xx"))).await;
    assert_eq!(room.scopes(HISTORY), ["us-east-1/monitoring"]);
    assert_eq!(room.scopes(DESCRIBE), ["eu-west-1/monitoring", "us-east-1/monitoring"]);
}

/// A minute of a console that shows the deck: its own reads, at its own paces.
#[tokio::test]
async fn a_calm_minute_costs_a_request_each_ten_seconds() {
    use midwatch::app::{State, activate, commands, subs};
    use midwatch::settings::Settings;
    use std::sync::Arc;
    let now = jiff::Timestamp::now();
    let keymap = Arc::new(midwatch::keymap::Keymap::standard(commands::declared()));
    let mut state = State::new(
        vec![good_in("us-east-1")],
        keymap,
        Settings { watch: false, ..Settings::default() },
        (140, 45),
        now,
    );
    activate(&mut state, &"good".into());
    let room = room("alarms-minute", &some_of_all());
    let aws = room.aws();
    let wanted = subs::subscriptions(&state);
    let of_alarms = wanted.iter().filter(|wanted| match &wanted.asked.query {
        Query::List(kind) | Query::Wrong(kind, _) | Query::Some(kind, _) => *kind == ALARMS,
        _ => false,
    });
    let mut reads = 0;
    for wanted in of_alarms {
        // The first minute: at 0 s or after the delay, and then each time that it is due.
        let (every, delay) = (wanted.every.as_secs(), wanted.delay.as_secs());
        for _ in (delay..60).step_by(every as usize) {
            ask(&aws, &good(), wanted.asked.query.clone()).await;
            reads += 1;
        }
    }
    assert_eq!((reads, room.count(DESCRIBE)), (6, 3 + 5), "a list of three types, and five looks at what rings");
}

fn good_in(region: &str) -> Environment {
    Environment { region: Some(region.into()), ..good() }
}
