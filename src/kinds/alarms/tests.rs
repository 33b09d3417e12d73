//! What alarms say in rows, details and scripts.

use serde_json::json;

use super::ALARMS;
use crate::domain::Timestamp;
use crate::domain::alarm::{Alarm, AlarmDetail, AlarmEntry, AlarmState, Condition, List, Watched};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::health::Health;
use crate::domain::metric::Metric;
use crate::domain::resource::{Facts, ResourceId};
use crate::kinds;
use crate::kinds::cell::Block;
use crate::kinds::kind::{Kind, RenderContext};
use crate::kinds::testing::json_of;
pub use crate::kinds::testing::now;

fn the_kind() -> &'static dyn Kind {
    kinds::kind(ALARMS).unwrap()
}

/// An alarm of no resource, well since an hour.
pub fn alarm(name: &str) -> Alarm {
    watching(name, Metric::new("Shop", "Cost", "Sum", &[]))
}

pub fn watching(name: &str, metric: Metric) -> Alarm {
    let condition = Condition {
        comparison: "GreaterThanThreshold".into(),
        threshold: Some(80.0),
        period: 60,
        datapoints: (3, 3),
        missing: "missing".into(),
    };
    Alarm {
        id: ResourceId(format!("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}").into()),
        name: name.into(),
        part: List::Metric.part().into(),
        state: AlarmState::Ok,
        since: Some("2026-11-21T01:14:07Z".parse().unwrap()),
        reason: "Threshold Crossed: 1 datapoint [12.0] was not greater than the threshold (80.0).".into(),
        description: "".into(),
        watched: Watched::Metric(metric, condition),
        evaluation: "".into(),
        actions_enabled: true,
        actions: vec!["arn:aws:sns:eu-west-1:123456789012:on-call".into()],
        suppressor: "".into(),
        suppressed: "".into(),
    }
}

/// An alarm of a service's CPU.
pub fn of_service(name: &str, cluster: &str, service: &str) -> Alarm {
    let dimensions = [("ClusterName", cluster), ("ServiceName", service)];
    watching(name, Metric::new("AWS/ECS", "CPUUtilization", "Average", &dimensions))
}

/// A composite alarm.
pub fn rule(name: &str, rule: &str) -> Alarm {
    Alarm { watched: Watched::Rule(rule.into()), part: List::Composite.part().into(), ..alarm(name) }
}

pub fn ringing(mut alarm: Alarm, minutes: i64) -> Alarm {
    alarm.state = AlarmState::Alarm;
    alarm.since = Timestamp::from_second(now().as_second() - 60 * minutes).ok();
    alarm
}

fn health(alarm: &Alarm) -> (Health, String) {
    let diagnosis = the_kind().diagnose(alarm, now());
    (diagnosis.health, diagnosis.why.to_string())
}

fn cell(alarm: &Alarm, column: &str) -> String {
    let column = the_kind().columns().iter().find(|c| c.id == column).unwrap();
    column.cell(alarm, RenderContext::at(now()).of(&the_kind().diagnose(alarm, now()))).text
}

#[test]
fn what_rings_is_wrong_and_what_tells_nothing_is_unknown() {
    let well = of_service("api-cpu", "main", "api");
    assert_eq!(health(&well), (Health::Ok, String::new()));
    let (judged, why) = health(&ringing(well.clone(), 4));
    assert_eq!(judged, Health::Degraded);
    assert!(why.starts_with("Threshold Crossed"), "in AWS's words: {why}");
    let silent = Alarm { state: AlarmState::InsufficientData, ..well.clone() };
    assert_eq!(health(&silent).0, Health::Unknown);
    let doubtful = Alarm { evaluation: "PARTIAL_DATA".into(), ..well };
    assert_eq!(health(&doubtful).0, Health::Unknown, "an OK that may not be believed is none");
}

#[test]
fn scaling_is_no_trouble_while_it_works() {
    let low = of_service("TargetTracking-service/main/api-AlarmLow-1f2e", "main", "api");
    let high = of_service("TargetTracking-service/main/api-AlarmHigh-3c4d", "main", "api");
    assert_eq!(cell(&low, "name"), "AlarmLow api");
    assert_eq!(health(&ringing(low, 600)).0, Health::Ok, "at night it rings for hours");
    let at_work = ringing(high.clone(), 5);
    assert_eq!(health(&at_work).0, Health::Changing);
    assert!(!the_kind().diagnose(&at_work, now()).is_moving, "the question after what is wrong follows it");
    assert_eq!(health(&ringing(high, 16)).0, Health::Degraded, "it does not get there");
    let named_alike = of_service("AlarmLow-of-tasks", "main", "api");
    assert_eq!(cell(&named_alike, "name"), "AlarmLow-of-tasks");
    assert_eq!(health(&ringing(named_alike, 5)).0, Health::Degraded);
}

#[test]
fn nobody_is_called_is_said() {
    let mut off = ringing(of_service("api-cpu", "main", "api"), 4);
    off.actions_enabled = false;
    assert!(health(&off).1.starts_with("actions are off; Threshold"));
    assert_eq!(cell(&off, "actions"), "off");
    let mut held = ringing(rule("outage", "ALARM(api-cpu)"), 4);
    (held.suppressor, held.suppressed) = ("maintenance".into(), "Alarm".into());
    assert!(health(&held).1.starts_with("actions held back by maintenance"));
    assert_eq!((health(&held).0, cell(&held, "actions")), (Health::Degraded, "held back".to_string()));
    held.suppressed = "".into();
    assert_eq!(cell(&held, "actions"), "on");
    held.actions.clear();
    assert_eq!(cell(&held, "actions"), "none");
}

#[test]
fn the_entry_of_a_script_has_what_the_row_has() {
    let entry = json_of(the_kind(), &ringing(of_service("api-cpu", "main", "api"), 4));
    assert_eq!(
        entry,
        json!({
            "name": "api-cpu",
            "arn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:api-cpu",
            "form": "metric",
            "state": "ALARM",
            "since": "2026-11-21T02:10:07Z",
            "what": "CPU of service api > 80 % for 3 of 3 × 1m",
            "about": [{ "kind": "services", "name": "main/api" }],
            "reason": "Threshold Crossed: 1 datapoint [12.0] was not greater than the threshold (80.0).",
            "actions_enabled": true,
            "suppressed_by": null,
            "health": "degraded",
            "why": "Threshold Crossed: 1 datapoint [12.0] was not greater than the threshold (80.0).",
        })
    );
    let entry = json_of(the_kind(), &rule("outage", "ALARM(api-cpu) AND NOT ALARM(maintenance)"));
    assert_eq!((&entry["form"], &entry["about"][1]["name"]), (&json!("composite"), &json!("maintenance")));
    assert_eq!(entry["about"][0]["kind"], "alarms");
}

#[test]
fn its_page_is_in_its_own_region() {
    let mut odd = alarm("api 5xx/é");
    let url = the_kind().console_url(&odd, "eu-west-1").unwrap();
    assert!(url.ends_with("cloudwatch/home?region=eu-west-1#alarmsV2:alarm/api%205xx%2F%C3%A9"), "{url}");
    odd.id = ResourceId("arn:aws:cloudwatch:us-east-1:123456789012:alarm:cdn".into());
    let url = the_kind().console_url(&odd, "eu-west-1").unwrap();
    assert!(url.starts_with("https://us-east-1.console.aws.amazon.com/"), "{url}");
}

fn text(blocks: &[Block]) -> String {
    format!("{blocks:?}")
}

#[test]
fn the_detail_tells_everything_and_what_it_could_not_read() {
    let mut alarm = ringing(of_service("api-cpu", "main", "api"), 4);
    alarm.description = "runbook: wiki/api".into();
    let diagnosis = the_kind().diagnose(&alarm, now());
    let look = RenderContext::at(now()).of(&diagnosis);
    let entry = |kind: &str, summary: &str| AlarmEntry { at: alarm.since, kind: kind.into(), summary: summary.into() };
    let history = vec![
        entry("Action", "Successfully executed action arn:aws:sns:eu-west-1:123456789012:on-call"),
        entry("StateUpdate", "Alarm updated from OK to ALARM"),
    ];
    let facts: Facts = std::sync::Arc::new(AlarmDetail { alarm: alarm.clone(), history: Ok(history) });
    let [overview, history, _] = the_kind().tabs() else { panic!("three tabs") };
    let told = text(&overview.view(&alarm, Some(&facts), look));
    for said in [
        "ALARM",
        "since 2026-11-21 02:10:07Z, 4m ago",
        "Threshold Crossed",
        "CPU of service api > 80 % for 3 of 3 × 1m",
        "AWS/ECS CPUUtilization Average",
        "ClusterName=main ServiceName=api",
        "turns it into INSUFFICIENT_DATA",
        "sns on-call",
        "runbook: wiki/api",
        "Alarm updated from OK to ALARM",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(text(&history.view(&alarm, Some(&facts), look)).contains("Successfully executed"));
    assert!(text(&overview.view(&alarm, None, look)).contains("reading"));
    let fault = Fault::new(FaultKind::Throttled, "cloudwatch:DescribeAlarmHistory", "Rate exceeded");
    let facts: Facts = std::sync::Arc::new(AlarmDetail { alarm: alarm.clone(), history: Err(fault) });
    assert!(text(&history.view(&alarm, Some(&facts), look)).contains("Rate exceeded"));
}
