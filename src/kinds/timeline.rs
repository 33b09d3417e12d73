//! What AWS's event sources tell, as happenings of the timeline. Whatever reads them (the adapter to AWS,
//! the demo) gives them here as AWS tells them, so that they read the same.

use std::time::Duration;

use serde_json::Value;

use crate::domain::Timestamp;
use crate::domain::event::Event;
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

/// An event of RDS or ElastiCache, of the kind that declares the source; `None` where AWS told no time.
pub fn event(source: TimelineSource, event: &Event) -> Option<TimelineEvent> {
    let kind = super::registry().find(|kind| kind.event_source() == Some(source))?;
    let categories = event.categories.iter().map(Text::as_str).collect::<Vec<_>>().join(", ");
    Some(TimelineEvent {
        at: event.at?,
        source,
        key: format!("{} {} {}", event.at?, event.source, event.message).into(),
        same: vec![],
        sort: TimelineKind::Event,
        turn: turn(&event.message),
        about: About::new(kind.id(), [event.source.clone()]),
        what: event.message.clone(),
        actor: Text::default(),
        more: if categories.is_empty() { vec![] } else { vec![("category", categories.into())] },
    })
}

/// What is told of requests to a service, beside those of all others.
#[derive(Clone, Copy, Debug)]
pub struct Trail {
    /// As CloudTrail calls it, `rds.amazonaws.com`.
    pub service: &'static str,
    /// Members of a request that name a resource, the surest first.
    pub names: &'static [&'static str],
    /// Members that are told, as far as they name things and numbers: never a value that a program is given.
    pub told: &'static [&'static str],
}

/// Members of requests to other services that are told.
const TOLD: &[&str] =
    &["roleName", "groupId", "secretId", "functionName", "stackName", "repositoryName", "imageTag", "bucketName"];

/// All that keep events, in the order in which they speak for what several tell.
pub fn sources() -> Vec<TimelineSource> {
    let own = [TimelineSource::JOURNAL, TimelineSource::AUTOSCALING, TimelineSource::CLOUD_TRAIL];
    let mut all: Vec<TimelineSource> = super::registry().filter_map(|kind| kind.event_source()).chain(own).collect();
    all.sort();
    all
}

/// Those that are asked by a question of their own, and how often.
pub fn asked_sources() -> impl Iterator<Item = (TimelineSource, Duration)> {
    sources().into_iter().filter_map(|source| Some((source, source.every()?)))
}

fn text(value: &Value, path: &str) -> Option<Text> {
    let value = value.pointer(path)?;
    match value {
        Value::String(text) if !text.is_empty() => Some(text.into()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string().into()),
        _ => None,
    }
}

/// A member of a request, by its name.
pub fn member(request: &Value, name: &str) -> Option<Text> {
    text(request, &format!("/requestParameters/{name}"))
}

/// The end of an ARN, or a plain name.
pub fn tail(name: &str) -> &str {
    name.rsplit(['/', ':']).next().unwrap_or(name)
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
    let of_kinds = super::registry().filter_map(|kind| kind.trail()).flat_map(|trail| trail.told);
    let members = of_kinds.chain(TOLD).filter_map(|name| {
        let value = member(told, name)?;
        // Of an ARN only `api:43` is told.
        let value = if *name == "taskDefinition" { value.rsplit('/').next()? } else { &value };
        Some(format!("{name} {value}"))
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
    let target = super::registry().find_map(|kind| kind.trail_target(told));
    // Else the first resource that CloudTrail lists.
    let listed = || Some(About { kind: None, names: vec![tail(&text(told, "/resources/0/ARN")?).into()] });
    let (about, began) = target.or_else(|| Some((listed()?, vec![]))).unwrap_or_default();
    same.extend(began);
    let more = [
        ("from address", "/sourceIPAddress"),
        ("error", "/errorMessage"),
        ("with", "/userAgent"),
        ("request id", "/requestID"),
    ];
    Some(TimelineEvent {
        at,
        source: TimelineSource::CLOUD_TRAIL,
        key: id,
        same,
        sort: TimelineKind::Change,
        turn: Turn::Neither,
        about,
        what: what.into(),
        actor: actor(told),
        more: more.into_iter().filter_map(|(name, path)| Some((name, text(told, path)?))).collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::resource::ResourceId;
    use crate::kinds::caches::CACHES;
    use crate::kinds::databases::{DATABASES, EVENTS};
    use crate::kinds::services::SERVICES;

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
    fn an_event_without_a_time_is_none() {
        let told = |at, message: &str| Event { at, source: "shop".into(), message: message.into(), categories: vec![] };
        assert_eq!(event(EVENTS, &told(None, "x")), None);
        let at = Some(Timestamp::UNIX_EPOCH);
        let turns =
            ["Multi-AZ instance failover started.", "Multi-AZ instance failover completed", "Backing up DB instance"]
                .map(|message| event(EVENTS, &told(at, message)).unwrap().turn);
        assert_eq!(turns, [Turn::Worse, Turn::Better, Turn::Neither]);
    }
}
