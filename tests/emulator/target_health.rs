//! Target health and scaling activities: what is asked of AWS, in how many requests, and what is made of
//! the answers.

use std::collections::{BTreeMap, BTreeSet};

use midwatch::domain::fault::FaultKind;
use midwatch::domain::metric::Readings;
use midwatch::domain::query::{Answer, GroupPiece, Query};
use midwatch::domain::resource::{ResourceId, cast_facts};
use midwatch::domain::scaling::ScalingActivity;
use midwatch::domain::service::ServiceDetail;
use midwatch::domain::target_health::{GroupSettings, TargetState};
use midwatch::domain::text::Text;
use midwatch::kinds::services::SERVICES;
use serde_json::{Value, json};

use crate::harness::{Room, ask, good};

const HEALTH: &str = "elasticloadbalancing:DescribeTargetHealth";
const GROUPS: &str = "elasticloadbalancing:DescribeTargetGroups";
const ACTIVITIES: &str = "application-autoscaling:DescribeScalingActivities";

/// What was told of the targets of each group.
async fn targets(room: &Room, groups: &[Text]) -> Readings {
    let mut readings = Readings::default();
    for answer in ask(&room.aws(), &good(), Query::Targets(groups.to_vec())).await {
        let Ok(Answer::Groups(GroupPiece::Targets(group, told))) = answer else { panic!("{answer:?}") };
        readings.groups.accept_targets(group, told, jiff::Timestamp::now());
    }
    readings
}

#[tokio::test]
async fn targets_are_told_with_state_reason_and_description_a_request_a_group() {
    let room = Room::new("balancing-targets");
    let target = |id: &str, state: &str, reason: Option<&str>, description: Option<&str>| {
        let zone = "us-east-1a";
        json!({ "id": id, "port": 8080, "zone": zone, "state": state, "reason": reason, "description": description })
    };
    let odd = "Health checks failed with these codes: [502] \u{202e}<b>";
    room.targets(&json!({
        "arn:api": [
            target("10.0.0.1", "unhealthy", Some("Target.ResponseCodeMismatch"), Some(odd)),
            target("10.0.0.2", "healthy", None, None),
            target("10.0.0.3", "unhealthy.draining", Some("Target.Timeout"), Some("Request timed out")),
            target("10.0.0.4", "warming", Some("Target.Warming"), None),
        ],
        "arn:web": [],
    }));
    let groups: Vec<Text> = vec!["arn:api".into(), "arn:web".into(), "arn:gone".into()];
    let told = targets(&room, &groups).await;
    let api = told.groups.targets(&groups[0]).unwrap().0;
    assert_eq!((api.len(), api[0].address().as_str(), api[0].zone.as_str()), (4, "10.0.0.1:8080", "us-east-1a"));
    assert_eq!((&api[0].state, api[0].reason.as_str()), (&TargetState::Unhealthy, "Target.ResponseCodeMismatch"));
    assert!(api[0].description.starts_with("Health checks failed with these codes: [502]"));
    assert!(!api[0].description.contains('\u{202e}'), "cleaned before anybody sees it");
    assert_eq!((&api[1].state, api[1].reason.as_str()), (&TargetState::Healthy, ""));
    assert_eq!(api[2].state, TargetState::UnhealthyDraining);
    assert_eq!((&api[3].state, api[3].why()), (&TargetState::Other("warming".into()), "Target.Warming"));
    assert_eq!(told.groups.targets(&groups[1]).unwrap().0, []);
    // One that is gone hides nothing of the others.
    let gone = told.groups.of(&groups[2]).unwrap();
    assert_eq!(gone.targets.fault().unwrap().kind, FaultKind::NotFound);
    let mut asked: Vec<BTreeMap<String, String>> =
        room.texts(HEALTH).iter().map(|body| serde_json::from_value(form(body)).unwrap()).collect();
    asked.sort();
    let wanted = |arn: &str| BTreeMap::from([("TargetGroupArn".to_string(), arn.to_string())]);
    assert_eq!(asked, [wanted("arn:api"), wanted("arn:gone"), wanted("arn:web")]);
}

/// The members of a request in the query protocol, without those of the protocol.
fn form(body: &str) -> Value {
    let members = body.split('&').filter_map(|pair| pair.split_once('='));
    let own = members.filter(|(name, _)| !matches!(*name, "Action" | "Version"));
    own.map(|(name, value)| (name.to_string(), Value::from(value.replace("%3A", ":")))).collect()
}

#[tokio::test]
async fn who_may_not_read_one_group_is_told_so_of_that_one() {
    let room = Room::new("balancing-denied");
    let well = json!([{ "id": "10.0.0.1", "state": "healthy" }]);
    room.targets(&json!({ "arn:api": well, "arn:web": well }));
    room.fault(json!({ "operation": HEALTH, "match": "web", "kind": "deny" }));
    let told = targets(&room, &["arn:api".into(), "arn:web".into()]).await;
    assert!(told.groups.targets(&"arn:api".into()).is_some());
    let fault = told.groups.of(&"arn:web".into()).unwrap().targets.fault().unwrap();
    assert!(matches!(&fault.kind, FaultKind::Denied { action, .. } if action == HEALTH), "{fault:?}");
}

#[tokio::test]
async fn a_groups_settings_come_with_its_balancers() {
    let room = Room::new("balancing-settings");
    let made = room.balancers(&json!({ "groups": ["api"] }));
    let group = Text::new(made["groups"]["api"].as_str().unwrap());
    let mut told: Vec<(Text, GroupSettings)> = Vec::new();
    for answer in ask(&room.aws(), &good(), Query::Balancers(vec![group.clone()])).await {
        if let Ok(Answer::Groups(GroupPiece::Settings(settings))) = answer {
            told.extend(settings);
        }
    }
    let [(arn, settings)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((arn, settings.protocol.as_str(), settings.port), (&group, "HTTP", Some(80)));
    let check = &settings.check;
    assert!(check.enabled && check.interval > 0 && check.timeout > 0 && check.healthy > 0 && check.unhealthy > 0);
    assert_eq!((check.path.as_str(), check.port.as_str()), ("/", "traffic-port"));
    assert_eq!(room.count(GROUPS), 1);
}

#[tokio::test]
async fn each_group_has_its_balancers_and_settings_or_its_own_fault() {
    let room = Room::new("balancing-groups");
    let names: Vec<String> = (0..21).map(|n| format!("group-{n:02}")).collect();
    let made = room.balancers(&json!({ "groups": names }));
    let mut groups: Vec<Text> = names.iter().map(|name| made["groups"][name].as_str().unwrap().into()).collect();
    let (denied, last) = (groups[1].clone(), groups[20].clone());
    groups[2] = Text::new(format!("{}0", groups[2]));
    let gone = groups[2].clone();
    // The first twenty fail as one, for one of them is gone; asked alone, another is denied.
    let alone = format!("TargetGroupArns.member.1={}", denied.replace(':', "%3A").replace('/', "%2F"));
    room.fault(json!({ "operation": GROUPS, "match": alone, "kind": "deny" }));
    let (mut balancers, mut settings, mut failed) = (Vec::new(), Vec::new(), BTreeMap::new());
    for answer in ask(&room.aws(), &good(), Query::Balancers(groups.clone())).await {
        match answer {
            Ok(Answer::Groups(GroupPiece::Balancers(told))) => {
                balancers.extend(told.into_iter().map(|(group, _)| group))
            }
            Ok(Answer::Groups(GroupPiece::Settings(told))) => settings.extend(told.into_iter().map(|(group, _)| group)),
            Ok(Answer::Groups(GroupPiece::Failed { groups, fault })) => {
                failed.extend(groups.into_iter().map(|g| (g, fault.clone())))
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(failed.keys().collect::<BTreeSet<_>>(), BTreeSet::from([&denied, &gone]));
    assert_eq!(failed[&gone].kind, FaultKind::NotFound);
    assert!(matches!(failed[&denied].kind, FaultKind::Denied { .. }), "{:?}", failed[&denied]);
    assert_eq!((balancers.len(), settings.len()), (19, 19));
    // A batch that fails leaves the others as they are.
    room.fault(json!({ "operation": GROUPS, "match": "member.2=", "kind": "deny" }));
    let answers = ask(&room.aws(), &good(), Query::Balancers(groups.clone())).await;
    let of_failed = |answer: &Result<Answer, _>| match answer {
        Ok(Answer::Groups(GroupPiece::Failed { groups, .. })) => groups.len(),
        _ => 0,
    };
    assert_eq!(answers.iter().map(of_failed).sum::<usize>(), 20, "{answers:?}");
    let told = |answer: &Result<Answer, _>| matches!(answer, Ok(Answer::Groups(GroupPiece::Balancers(told))) if told[0].0 == last);
    assert!(answers.iter().any(told), "{answers:?}");
}

fn activity(service: &str, at: u32, reasons: Option<Value>) -> Value {
    let mut told = json!({
        "ActivityId": format!("{service}-{at}"), "ServiceNamespace": "ecs", "ResourceId": format!("service/main/{service}"),
        "ScalableDimension": "ecs:service:DesiredCount", "Description": "Setting desired count to 5.",
        "Cause": "monitor alarm high in state ALARM triggered policy cpu", "StartTime": 1_795_000_000 + at, "StatusCode": "Successful",
    });
    if let Some(reasons) = reasons {
        told["NotScaledReasons"] = reasons;
        told["StatusCode"] = "Unfulfilled".into();
    }
    told
}

async fn activities(room: &Room, of: Option<&str>) -> Vec<ScalingActivity> {
    let answers = ask(&room.aws(), &good(), Query::Activities(of.map(Text::from))).await;
    let [Ok(Answer::Activities(told))] = &answers[..] else { panic!("{answers:?}") };
    told.clone()
}

#[tokio::test]
async fn what_was_not_scaled_is_asked_for_and_told_with_its_reason() {
    let room = Room::new("balancing-activities");
    let max = json!([{ "Code": "AlreadyAtMaxCapacity", "MaxCapacity": 8, "CurrentCapacity": 8 }]);
    room.activities(&json!([activity("web", 1, None), activity("api", 2, Some(max)), activity("api", 0, None)]));
    let all = activities(&room, None).await;
    let ids: Vec<&str> = all.iter().map(|activity| activity.id.as_str()).collect();
    assert_eq!(ids, ["api-2", "web-1", "api-0"], "newest first");
    let reason = all[0].at_max().unwrap();
    assert_eq!((reason.max, reason.current, reason.min), (Some(8), Some(8), None));
    assert_eq!((all[1].status.as_str(), all[1].resource.as_str()), ("Successful", "service/main/web"));
    assert_eq!(all[1].started.unwrap().as_second(), 1_795_000_001);
    let own = activities(&room, Some("service/main/api")).await;
    assert_eq!(own.len(), 2);
    let bodies = room.bodies(ACTIVITIES);
    let wanted = json!({ "ServiceNamespace": "ecs", "IncludeNotScaledActivities": true, "MaxResults": 50 });
    assert_eq!(bodies[0], wanted, "all services of the account are one request");
    assert_eq!(bodies[1]["ResourceId"], "service/main/api");
    assert_eq!(bodies[1]["ScalableDimension"], "ecs:service:DesiredCount");
}

#[tokio::test]
async fn policies_that_may_not_be_read_hide_no_bounds() {
    let room = Room::new("balancing-policies");
    room.seed(&json!({ "clusters": { "main": 1 }, "scaling": [1, 4] }));
    room.fault(json!({ "operation": "application-autoscaling:DescribeScalingPolicies", "kind": "deny" }));
    let id = ResourceId(format!("arn:aws:ecs:us-east-1:{}:service/main/main-svc-0000", room.account).into());
    let answers = ask(&room.aws(), &good(), Query::Detail(SERVICES.detail(), id)).await;
    let [Ok(Answer::Facts(facts))] = &answers[..] else { panic!("{answers:?}") };
    let scaling = &cast_facts::<ServiceDetail>(&**facts).unwrap().scaling;
    let bounds = scaling.as_ref().unwrap().as_ref().unwrap();
    assert_eq!((bounds.min, bounds.max), (1, 4));
    assert!(matches!(bounds.policies.as_ref().unwrap_err().kind, FaultKind::Denied { .. }));
}
