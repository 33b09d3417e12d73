//! What happened to the estate, as the event sources of AWS tell it; and its CloudTrail: who sent which
//! request that changed something, minutes late.

use serde_json::{Value, json};

use super::KINDS;
use crate::demo::prelude::*;
use crate::domain::ops::cloudtrail;
use crate::kinds::timeline;

/// Seconds by which CloudTrail is late here; AWS promises no more than minutes.
const LATE: i64 = 180;

/// Requests that changed something, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    requests: Vec<Value>,
    /// The deployments that they began.
    began: Vec<String>,
}

impl Trail {
    /// Somebody opens a port, long before anything goes wrong: not every change is a cause.
    pub fn new(place: &Place, begun: Timestamp) -> Self {
        let group = place.arn("ec2", "security-group/sg-0c1d2e3f").0;
        let (who, what) = (("lee", Place::ROLE), ("ec2", "AuthorizeSecurityGroupIngress"));
        let mut opened = record(place, who, what, json!({ "groupId": "sg-0c1d2e3f" }), later(begun, -47 * 60));
        opened["eventID"] = "7f1e5a20-ingress".into();
        opened["resources"] = json!([{ "ARN": group }]);
        Self { requests: vec![opened], began: vec![] }
    }

    /// A request of the console was taken.
    pub fn note(&mut self, place: &Place, call: &Call, receipt: &Receipt, now: Timestamp) {
        // What is sent to a cache itself is no request to AWS.
        if !call.is_iam() {
            return;
        }
        let service = if call.service == "cloudwatch" { "monitoring" } else { &call.service };
        let mut asked: serde_json::Map<String, Value> = serde_json::Map::new();
        for (member, value) in &call.input {
            // CloudTrail writes members with a small first letter: dBInstanceIdentifier.
            let mut letters = member.chars();
            let first = letters.next().map(|c| c.to_ascii_lowercase());
            asked.insert(first.into_iter().chain(letters).collect(), value.clone());
        }
        let who = ("dana", Place::ROLE);
        let mut told = record(place, who, (service, &call.operation), asked.into(), now);
        told["eventID"] = format!("{}-event", receipt.request_id).into();
        told["requestID"] = receipt.request_id.as_str().into();
        told["userAgent"] = "aws-sdk-rust app/midwatch".into();
        if let Some(started) = receipt.started.as_deref().filter(|started| started.starts_with("ecs-svc/")) {
            told["responseElements"] =
                json!({ "service": { "deployments": [{ "id": started, "status": "PRIMARY" }] } });
            self.began.push(started.to_string());
        }
        self.requests.push(told);
    }

    /// Whether the console began this deployment.
    pub fn has_begun(&self, deployment: &str) -> bool {
        self.began.iter().any(|began| began == deployment)
    }
}

/// A request as CloudTrail writes it, of a session of a role.
pub fn record(
    Place { account, region, .. }: &Place,
    (session, role): (&str, &str),
    (service, operation): (&str, &str),
    asked: Value,
    at: Timestamp,
) -> Value {
    json!({
        "eventTime": at.to_string(), "eventName": operation, "eventSource": format!("{service}.amazonaws.com"),
        "awsRegion": region, "recipientAccountId": account, "sourceIPAddress": "10.20.4.17", "readOnly": false,
        "userIdentity": { "type": "AssumedRole", "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/{session}") },
        "requestParameters": asked,
    })
}

/// What a source tells of a stretch of time.
pub fn events(view: View, source: TimelineSource, asked: TimeRange) -> Answer {
    let of_kinds = KINDS.iter().flat_map(|simulated| simulated.events(view, source));
    let trail = view.estate.trail.requests.iter().filter(|_| source == TimelineSource::CLOUD_TRAIL);
    let known = if source == TimelineSource::CLOUD_TRAIL { later(view.now, -LATE) } else { Timestamp::MAX };
    let to = asked.to.unwrap_or(Timestamp::MAX).min(known);
    let told = trail.filter_map(timeline::request).chain(of_kinds);
    Answer::Events { told: told.filter(|told| asked.from <= told.at && told.at <= to).collect(), from: asked.from }
}

/// The request behind a source, as IAM spells it.
pub fn reads(source: TimelineSource) -> Op {
    let mut of_kinds = KINDS.iter().flat_map(|simulated| simulated.sources());
    of_kinds.find(|(own, _)| *own == source).map_or(cloudtrail::LOOKUP_EVENTS, |(_, request)| *request)
}
