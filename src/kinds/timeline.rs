//! What AWS's event sources tell, as happenings of the timeline. Whatever reads them (the adapter to AWS,
//! the demo) gives them here as AWS tells them, so that they read the same.

use serde_json::{Map, Value};

use super::alarms::ALARMS;
use super::caches::CACHES;
use super::databases::DATABASES;
use super::distributions::DISTRIBUTIONS;
use super::services::SERVICES;
use crate::domain::Timestamp;
use crate::domain::alarm::AlarmEntry;
use crate::domain::event::Event;
use crate::domain::resource::KindId;
use crate::domain::scaling::ScalingActivity;
use crate::domain::text::Text;
use crate::domain::timeline::{About, TimelineEvent, TimelineKind, TimelineSource, Turn};

/// What an event of RDS or ElastiCache says in passing, by its wording: the API gives no event id.
fn turn(message: &str) -> Turn {
    const WORSE: &[&str] = &[
        "failed",
        "failure",
        "failover started",
        "started failover",
        "crash",
        "shut down",
        "shutdown",
        "exhausted",
        "storage-full",
        "low free storage",
        "out of memory",
        "not reachable",
        "unable to",
        "error",
        "degraded",
        "recovery of",
    ];
    const BETTER: &[&str] = &["completed", "complete", "finished", "restarted", "available", "recovered", "restored"];
    let message = message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    match (says(WORSE), says(BETTER)) {
        (true, _) => Turn::Worse,
        (_, true) => Turn::Better,
        _ => Turn::Neither,
    }
}

/// An event of RDS or ElastiCache; `None` where AWS told no time.
pub fn event(source: TimelineSource, event: &Event) -> Option<TimelineEvent> {
    let kind = if source == TimelineSource::Rds { DATABASES } else { CACHES };
    let categories = event.categories.iter().map(Text::as_str).collect::<Vec<_>>().join(", ");
    Some(TimelineEvent {
        at: event.at?,
        source,
        key: format!("{} {} {}", event.at?, event.source, event.message).into(),
        same: vec![],
        sort: TimelineKind::Event,
        turn: turn(&event.message),
        about: About::new(kind, [event.source.clone()]),
        what: event.message.clone(),
        actor: Text::default(),
        more: if categories.is_empty() { vec![] } else { vec![("category", categories.into())] },
    })
}

/// What autoscaling did to a service, or could not do; `None` where AWS told no time, and of what is no
/// service.
pub fn activity(told: &ScalingActivity) -> Option<TimelineEvent> {
    let path = told.resource.strip_prefix("service/")?;
    let refused = told.not_scaled.first().map(|reason| format!("more or fewer tasks were wanted: {}", reason.why()));
    let turn = match told.status.as_str() {
        "Failed" => Turn::Worse,
        _ if told.at_max().is_some() => Turn::Worse,
        _ => Turn::Neither,
    };
    let more = [("cause", &told.cause), ("status", &told.status), ("message", &told.message)];
    Some(TimelineEvent {
        at: told.started?,
        source: TimelineSource::Autoscaling,
        key: if told.id.is_empty() { format!("{} {}", told.started?, told.resource).into() } else { told.id.clone() },
        same: vec![],
        sort: TimelineKind::Event,
        turn,
        about: service_of(path),
        what: refused.map_or_else(|| told.description.clone(), Text::from),
        actor: Text::default(),
        more: more.into_iter().filter(|(_, said)| !said.is_empty()).map(|(name, said)| (name, said.clone())).collect(),
    })
}

/// An entry of an alarm's history; `None` where AWS told no time, and for what an alarm set off as it
/// should.
pub fn alarm(name: &Text, entry: &AlarmEntry) -> Option<TimelineEvent> {
    let is_action = entry.kind == "Action";
    if is_action && entry.summary.starts_with("Successfully") {
        return None;
    }
    // A policy's alarms ring all day; that is its work and no trouble.
    let of_policy = name.starts_with("TargetTracking-");
    let turn = match (entry.kind.as_str(), entry.summary.rsplit(" to ").next()) {
        _ if of_policy => Turn::Neither,
        ("StateUpdate", Some("ALARM")) => Turn::Worse,
        ("StateUpdate", Some("OK")) => Turn::Better,
        _ if is_action => Turn::Worse,
        _ => Turn::Neither,
    };
    Some(TimelineEvent {
        at: entry.at?,
        source: TimelineSource::Alarms,
        key: format!("{} {name} {}", entry.at?, entry.summary).into(),
        same: vec![],
        sort: TimelineKind::Alarm,
        turn,
        about: About::new(ALARMS, [name.clone()]),
        what: entry.summary.clone(),
        actor: Text::default(),
        more: vec![("history item", entry.kind.clone())],
    })
}

/// What is told of a request's members, as far as it names things and numbers: never a value that a
/// program is given.
const SHOWN: &[&str] = &[
    "taskDefinition",
    "family",
    "desiredCount",
    "forceNewDeployment",
    "stopType",
    "dBInstanceClass",
    "allocatedStorage",
    "dBParameterGroupName",
    "applyImmediately",
    "forceFailover",
    "targetDBInstanceIdentifier",
    "dBSnapshotIdentifier",
    "dBClusterSnapshotIdentifier",
    "cacheNodeType",
    "cacheParameterGroupName",
    "snapshotName",
    "minCapacity",
    "maxCapacity",
    "policyName",
    "threshold",
    "roleName",
    "groupId",
    "secretId",
    "functionName",
    "stackName",
    "repositoryName",
    "imageTag",
    "bucketName",
];

fn text(value: &Value, path: &str) -> Option<Text> {
    let value = value.pointer(path)?;
    match value {
        Value::String(text) if !text.is_empty() => Some(text.into()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string().into()),
        _ => None,
    }
}

/// The end of an ARN, or a plain name.
fn tail(name: &str) -> &str {
    name.rsplit(['/', ':']).next().unwrap_or(name)
}

/// Whom a request was about: what its members name, else the first resource that CloudTrail lists.
fn about(told: &Value) -> About {
    let asked = |member: &str| text(told, &format!("/requestParameters/{member}"));
    let service = told["eventSource"].as_str().unwrap_or_default();
    let of = |kind: KindId, members: &[&str]| {
        members.iter().find_map(|member| asked(member)).map(|name| About::new(kind, [name.clone(), tail(&name).into()]))
    };
    let found = match service {
        "ecs.amazonaws.com" => {
            let cluster = asked("cluster").unwrap_or_else(|| "default".into());
            let named = asked("service").or_else(|| Some(asked("group")?.strip_prefix("service:")?.into()));
            // A service deployment's ARN tells cluster and service: …:service-deployment/CLUSTER/SERVICE/ID.
            let deployed = || {
                let arn = asked("serviceDeploymentArn")?;
                let (_, path) = arn.split_once(":service-deployment/")?;
                let mut parts = path.split('/');
                Some((Text::from(parts.next()?), Text::from(parts.next()?)))
            };
            let family = asked("family").map(|name| About { kind: None, names: vec![name] });
            let named = named.map(|name| (cluster, name)).or_else(deployed).map(|(cluster, name)| {
                let (cluster, name) = (tail(&cluster), tail(&name));
                let region = told["awsRegion"].as_str().unwrap_or_default();
                let account = text(told, "/recipientAccountId").unwrap_or_default();
                service_of(&format!("arn:aws:ecs:{region}:{account}:service/{cluster}/{name}"))
            });
            named.or(family)
        }
        "rds.amazonaws.com" => of(DATABASES, &["dBInstanceIdentifier", "dBClusterIdentifier"]),
        "elasticache.amazonaws.com" => of(CACHES, &["replicationGroupId", "cacheClusterId", "serverlessCacheName"]),
        "cloudfront.amazonaws.com" => of(DISTRIBUTIONS, &["distributionId", "id"]),
        "monitoring.amazonaws.com" => of(ALARMS, &["alarmName"]),
        "application-autoscaling.amazonaws.com" => {
            let resource = asked("resourceId");
            resource
                .as_deref()
                .and_then(|id| id.strip_prefix("service/"))
                .map(|path| About::new(SERVICES, [path.into(), tail(path).into()]))
        }
        _ => None,
    };
    let listed = || Some(About { kind: None, names: vec![tail(&text(told, "/resources/0/ARN")?).into()] });
    found.or_else(listed).unwrap_or_default()
}

/// A service by its ARN, by cluster and name, and by its name.
pub fn service_of(arn: &str) -> About {
    let path = arn.split_once(":service/").map_or(arn, |(_, path)| path);
    About::new(SERVICES, [arn.into(), path.into(), tail(path).into()])
}

/// Who sent a request: the session's name with the role, the user, or the AWS service itself.
fn actor(told: &Value) -> Text {
    let identity = &told["userIdentity"];
    if let Some(by) = text(identity, "/invokedBy") {
        return by.strip_suffix(".amazonaws.com").unwrap_or(&by).into();
    }
    let arn = identity["arn"].as_str().unwrap_or_default();
    match arn.split_once(":assumed-role/").and_then(|(_, path)| path.split_once('/')) {
        Some((role, session)) => format!("{session} ({role})").into(),
        None => text(identity, "/userName")
            .or_else(|| (!arn.is_empty()).then(|| tail(arn).into()))
            .or_else(|| text(identity, "/type"))
            .unwrap_or_default(),
    }
}

/// A record of CloudTrail (`CloudTrailEvent` of LookupEvents); `None` where it has no time or id.
/// Of its members those are told that name and count.
pub fn request(told: &Value) -> Option<TimelineEvent> {
    let at: Timestamp = told["eventTime"].as_str()?.parse().ok()?;
    let id = text(told, "/eventID")?;
    let operation = told["eventName"].as_str().unwrap_or_default();
    let service = told["eventSource"].as_str().unwrap_or_default().split('.').next().unwrap_or_default();
    let members = SHOWN.iter().filter_map(|member| {
        let value = text(told, &format!("/requestParameters/{member}"))?;
        let value =
            if *member == "taskDefinition" { tail_of_definition(&value).to_string() } else { value.to_string() };
        Some(format!("{member} {value}"))
    });
    let members: Vec<String> = members.collect();
    let error = text(told, "/errorCode");
    let mut what = format!("{service}:{operation}");
    if !members.is_empty() {
        what = format!("{what}  {}", members.join(", "));
    }
    if let Some(error) = &error {
        what = format!("{what}, refused: {error}");
    }
    let mut same: Vec<Text> = text(told, "/requestID").map(|id| format!("request {id}").into()).into_iter().collect();
    same.extend(began(told).map(|id| Text::from(format!("deployment {id}"))));
    let more = [
        ("from address", "/sourceIPAddress"),
        ("error", "/errorMessage"),
        ("with", "/userAgent"),
        ("request id", "/requestID"),
    ];
    Some(TimelineEvent {
        at,
        source: TimelineSource::CloudTrail,
        key: id,
        same,
        sort: TimelineKind::Change,
        turn: Turn::Neither,
        about: about(told),
        what: what.into(),
        actor: actor(told),
        more: more.into_iter().filter_map(|(name, path)| Some((name, text(told, path)?))).collect(),
    })
}

/// `api:43` of an ARN, or as it was asked for.
fn tail_of_definition(value: &str) -> &str {
    value.rsplit('/').next().unwrap_or(value)
}

/// Whether a request to change a service begins a deployment: one that only scales does not.
pub fn deploys(asked: &Map<String, Value>) -> bool {
    asked.contains_key("taskDefinition") || asked.get("forceNewDeployment") == Some(&Value::Bool(true))
}

/// The deployment that a request began, as its answer tells: only of one that asked for a new one, for
/// every answer has the deployment in force.
fn began(told: &Value) -> Option<Text> {
    let wants = |asked: &Value| asked.as_object().is_some_and(deploys);
    let deployments = told.pointer("/responseElements/service/deployments")?.as_array();
    let deployments = deployments.filter(|_| wants(&told["requestParameters"]))?;
    deployments.iter().find(|deployment| deployment["status"] == "PRIMARY").and_then(|primary| text(primary, "/id"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::resource::ResourceId;

    fn update(more: &Value) -> Value {
        let mut told = json!({
            "eventTime": "2026-11-21T02:10:00Z", "eventID": "e-1", "eventName": "UpdateService",
            "eventSource": "ecs.amazonaws.com", "awsRegion": "eu-west-1", "recipientAccountId": "123456789012",
            "requestID": "r-1", "sourceIPAddress": "10.1.2.3",
            "userIdentity": { "type": "AssumedRole", "arn": "arn:aws:sts::123456789012:assumed-role/ci/build-77" },
            "requestParameters": {
                "cluster": "arn:aws:ecs:eu-west-1:123456789012:cluster/main", "service": "api",
                "taskDefinition": "arn:aws:ecs:eu-west-1:123456789012:task-definition/api:43",
                "environment": [{ "name": "PASSWORD", "value": "hunter2" }],
            },
            "responseElements": { "service": { "deployments": [
                { "id": "ecs-svc/2", "status": "PRIMARY" }, { "id": "ecs-svc/1", "status": "ACTIVE" },
            ] } },
        });
        told.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        told
    }

    #[test]
    fn a_request_tells_who_did_what_to_whom_and_what_it_began() {
        let told = request(&update(&json!({}))).unwrap();
        assert_eq!(told.what, "ecs:UpdateService  taskDefinition api:43");
        assert_eq!((told.actor.as_str(), told.about.name()), ("build-77 (ci)", "api"));
        let arn = "arn:aws:ecs:eu-west-1:123456789012:service/main/api";
        assert!(told.about.is(SERVICES, &ResourceId(arn.into()), &[]));
        assert!(told.about.is(SERVICES, &ResourceId("x".into()), &["main/api".into()]));
        assert_eq!(told.same, ["request r-1", "deployment ecs-svc/2"]);
        assert!(!format!("{told:?}").contains("hunter2"), "no value that a program is given");
    }

    #[test]
    fn a_request_for_another_count_begins_no_deployment() {
        let scaled = update(&json!({ "requestParameters": { "service": "main/api", "desiredCount": 5 } }));
        let told = request(&scaled).unwrap();
        assert_eq!((told.what.as_str(), told.same.len()), ("ecs:UpdateService  desiredCount 5", 1));
        let refused = request(&update(&json!({ "errorCode": "AccessDenied", "errorMessage": "no" }))).unwrap();
        assert!(refused.what.ends_with(", refused: AccessDenied") && refused.more.contains(&("error", "no".into())));
    }

    #[test]
    fn actors_and_subjects_of_all_sorts() {
        for (identity, said) in [
            (json!({ "type": "Root", "arn": "arn:aws:iam::1:root" }), "root"),
            (json!({ "type": "IAMUser", "arn": "arn:aws:iam::1:user/dana", "userName": "dana" }), "dana"),
            (
                json!({ "type": "AWSService", "invokedBy": "ecs.application-autoscaling.amazonaws.com" }),
                "ecs.application-autoscaling",
            ),
            (json!({ "type": "AWSAccount" }), "AWSAccount"),
            (json!(null), ""),
        ] {
            assert_eq!(request(&update(&json!({ "userIdentity": identity }))).unwrap().actor, said);
        }
        let arn = "arn:aws:ecs:eu-west-1:1:service-deployment/main/api/abc";
        for (source, asked, kind, name) in [
            ("rds", json!({ "dBInstanceIdentifier": "shop" }), Some(DATABASES), "shop"),
            ("elasticache", json!({ "replicationGroupId": "web" }), Some(CACHES), "web"),
            ("application-autoscaling", json!({ "resourceId": "service/main/api" }), Some(SERVICES), "api"),
            ("ecs", json!({ "serviceDeploymentArn": arn }), Some(SERVICES), "api"),
            ("ecs", json!({ "family": "api" }), None, "api"),
            ("ec2", json!({ "groupId": "sg-1" }), None, "sg-1"),
        ] {
            let told = update(&json!({ "eventSource": format!("{source}.amazonaws.com"), "requestParameters": asked,
                "resources": [{ "ARN": "arn:aws:ec2:eu-west-1:1:security-group/sg-1" }] }));
            let told = request(&told).unwrap();
            assert_eq!((told.about.kind, told.about.name()), (kind, name), "{source}");
        }
        for odd in [json!({}), json!(null), json!([1]), json!({ "eventTime": "soon", "eventID": "x" })] {
            assert_eq!(request(&odd), None);
        }
    }

    #[test]
    fn an_alarm_that_rings_is_for_the_worse_and_what_it_set_off_is_not_told() {
        let entry = |kind: &str, summary: &str| AlarmEntry {
            at: Some(Timestamp::UNIX_EPOCH),
            kind: kind.into(),
            summary: summary.into(),
        };
        let told = |name: &str, kind, summary| alarm(&name.into(), &entry(kind, summary)).map(|told| told.turn);
        assert_eq!(told("cpu", "StateUpdate", "Alarm updated from OK to ALARM"), Some(Turn::Worse));
        assert_eq!(told("cpu", "StateUpdate", "Alarm updated from ALARM to OK"), Some(Turn::Better));
        assert_eq!(told("cpu", "StateUpdate", "Alarm updated from OK to INSUFFICIENT_DATA"), Some(Turn::Neither));
        assert_eq!(told("TargetTracking-x", "StateUpdate", "Alarm updated from OK to ALARM"), Some(Turn::Neither));
        assert_eq!(told("cpu", "Action", "Successfully executed action arn:x"), None);
        assert_eq!(told("cpu", "Action", "Failed to execute action arn:x"), Some(Turn::Worse));
        assert_eq!(told("cpu", "ConfigurationUpdate", "Alarm \"cpu\" updated"), Some(Turn::Neither));
    }

    #[test]
    fn an_event_without_a_time_is_none() {
        let told = |at, message: &str| Event { at, source: "shop".into(), message: message.into(), categories: vec![] };
        assert_eq!(event(TimelineSource::Rds, &told(None, "x")), None);
        let at = Some(Timestamp::UNIX_EPOCH);
        let turns =
            ["Multi-AZ instance failover started.", "Multi-AZ instance failover completed", "Backing up DB instance"]
                .map(|message| event(TimelineSource::Rds, &told(at, message)).unwrap().turn);
        assert_eq!(turns, [Turn::Worse, Turn::Better, Turn::Neither]);
    }

    #[test]
    fn what_autoscaling_did_and_could_not_do_is_told_of_its_service() {
        use crate::domain::scaling::NotScaled;
        let done = ScalingActivity {
            id: "a-1".into(),
            resource: "service/main/api".into(),
            description: "Setting desired count to 5.".into(),
            cause: "monitor alarm high in state ALARM triggered policy cpu".into(),
            started: Some("2026-11-21T02:10:00Z".parse().unwrap()),
            status: "Successful".into(),
            ..ScalingActivity::default()
        };
        let told = activity(&done).unwrap();
        assert_eq!(
            (told.what.as_str(), told.turn, told.source.word()),
            ("Setting desired count to 5.", Turn::Neither, "autoscaling")
        );
        assert!(told.about.names.contains(&"main/api".into()), "{:?}", told.about);
        assert!(told.more.iter().any(|(name, said)| *name == "cause" && said.contains("state ALARM")));
        let reason = NotScaled { code: "AlreadyAtMaxCapacity".into(), max: Some(8), ..NotScaled::default() };
        let refused = activity(&ScalingActivity { not_scaled: vec![reason], ..done.clone() }).unwrap();
        assert_eq!(refused.what, "more or fewer tasks were wanted: it is at its max of 8 already");
        assert_eq!(refused.turn, Turn::Worse);
        assert_eq!(activity(&ScalingActivity { started: None, ..done.clone() }), None);
        assert_eq!(activity(&ScalingActivity { resource: "table/orders".into(), ..done }), None, "no service");
    }
}
