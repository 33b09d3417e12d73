//! What happened to the estate, as the event sources of AWS tell it; and its CloudTrail: who sent which
//! request that changed something, minutes late.

use serde_json::{Value, json};

use super::model::{self, Estate, Release};
use super::seed::later;
use crate::domain::Timestamp;
use crate::domain::call::Call;
use crate::domain::environment::Environment;
use crate::domain::intent::Receipt;
use crate::domain::query::Answer;
use crate::domain::timeline::{Source, TimeRange, TimelineEvent};
use crate::kinds::timeline;

/// Seconds by which CloudTrail is late here; AWS promises no more than minutes.
const LATE: i64 = 180;

/// The pipeline that ships what nobody here did.
const PIPELINE: (&str, &str) = ("deploy-pipeline", "ci");

/// Requests that changed something, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    requests: Vec<Value>,
    /// The deployments that they began.
    began: Vec<String>,
}

impl Trail {
    /// Somebody opens a port, long before anything goes wrong: not every change is a cause.
    pub fn new(account: &str, region: &str, begun: Timestamp) -> Self {
        let group = format!("arn:aws:ec2:{region}:{account}:security-group/sg-0c1d2e3f");
        let asked = json!({ "groupId": "sg-0c1d2e3f" });
        let mut opened = record(
            (account, region),
            ("lee", "ops-role"),
            ("ec2", "AuthorizeSecurityGroupIngress"),
            asked,
            later(begun, -47 * 60),
        );
        opened["eventID"] = "7f1e5a20-ingress".into();
        opened["resources"] = json!([{ "ARN": group }]);
        Self { requests: vec![opened], began: vec![] }
    }

    /// A request of the console was taken.
    pub fn note(&mut self, estate: (&str, &str, &str), call: &Call, receipt: &Receipt, now: Timestamp) {
        // What is sent to a cache itself is no request to AWS.
        if !call.is_iam() {
            return;
        }
        let (account, region, role) = estate;
        let service = if call.service == "cloudwatch" { "monitoring" } else { &call.service };
        let mut asked: serde_json::Map<String, Value> = serde_json::Map::new();
        for (member, value) in &call.input {
            // CloudTrail writes members with a small first letter: dBInstanceIdentifier.
            let mut letters = member.chars();
            let first = letters.next().map(|c| c.to_ascii_lowercase());
            asked.insert(first.into_iter().chain(letters).collect(), value.clone());
        }
        let who = ("dana", role);
        let mut told = record((account, region), who, (service, &call.operation), asked.into(), now);
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
}

fn record(
    (account, region): (&str, &str),
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

/// What the pipeline asked for, when it shipped a release: a revision, and a deployment of it.
fn shipped(estate: &Estate, service: &model::Service, release: &Release) -> [Value; 2] {
    let place = (estate.account, estate.region);
    let id = release.deployment.trim_start_matches("ecs-svc/");
    let definition = estate.task_definition_arn(service, release.revision);
    let family = model::family(&service.name);
    let at = |seconds| later(release.created, seconds);
    let mut registered =
        record(place, PIPELINE, ("ecs", "RegisterTaskDefinition"), json!({ "family": family }), at(-6));
    registered["eventID"] = format!("{id}-register").into();
    let asked = json!({ "cluster": service.cluster, "service": service.name, "taskDefinition": definition });
    let mut updated = record(place, PIPELINE, ("ecs", "UpdateService"), asked, at(-1));
    updated["eventID"] = format!("{id}-update").into();
    updated["requestID"] = format!("{id}-request").into();
    updated["responseElements"] =
        json!({ "service": { "deployments": [{ "id": release.deployment, "status": "PRIMARY" }] } });
    [registered, updated]
}

fn requests(estate: &Estate, now: Timestamp) -> Vec<TimelineEvent> {
    let begun = later(estate.begun, -3600);
    let releases = estate.services.values().flat_map(|service| service.releases.iter().map(move |of| (service, of)));
    let by_pipeline =
        releases.filter(|(_, release)| release.created >= begun && !estate.trail.began.contains(&release.deployment));
    let shipped = by_pipeline.flat_map(|(service, release)| shipped(estate, service, release));
    let all = estate.trail.requests.iter().cloned().chain(shipped);
    let known = later(now, -LATE);
    all.filter_map(|told| timeline::request(&told)).filter(|told| told.at <= known).collect()
}

/// What a source tells of a stretch of time.
pub fn events(estate: &Estate, env: &Environment, source: Source, asked: TimeRange, now: Timestamp) -> Answer {
    let told: Vec<TimelineEvent> = match source {
        Source::Rds => estate.databases.events().filter_map(|event| timeline::event(source, event)).collect(),
        Source::ElastiCache => estate.caches.events().filter_map(|event| timeline::event(source, event)).collect(),
        Source::Alarms => {
            let history = estate.alarms.history(env);
            history.filter_map(|(name, entry)| timeline::alarm(name, entry)).collect()
        }
        Source::CloudTrail => requests(estate, now),
        Source::Journal | Source::Ecs | Source::Autoscaling => vec![],
    };
    let within = |told: &TimelineEvent| told.at >= asked.from && asked.to.is_none_or(|to| told.at <= to);
    Answer::Events { told: told.into_iter().filter(within).collect(), from: asked.from }
}

/// The request behind a question, as IAM spells it.
pub fn reads(source: Source) -> &'static str {
    match source {
        Source::Rds => "rds:DescribeEvents",
        Source::ElastiCache => "elasticache:DescribeEvents",
        Source::Alarms => "cloudwatch:DescribeAlarmHistory",
        Source::CloudTrail => "cloudtrail:LookupEvents",
        Source::Journal | Source::Ecs | Source::Autoscaling => "ecs:DescribeServices",
    }
}
