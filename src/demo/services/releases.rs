//! The history of the estate's services, and what takes them back.

use serde_json::{Value, json};

use super::super::trail;
use super::model::{self, Release};
use super::{life, show};
use crate::demo::prelude::*;
use crate::domain::history::{Candidate, History, RevisionImage, RollbackFacts, ServiceDeployment, ServiceRevision};
use crate::domain::requests::ecs::{ContinueServiceDeployment, StopServiceDeployment};
use crate::domain::service::{ImageFacts, ServiceFacts, TaskDefinitionRef};

/// The pipeline that ships what nobody here did: its session and its role.
const PIPELINE: (&str, &str) = ("deploy-pipeline", "ci");

/// What a roll back must know.
pub fn facts(estate: &Estate, service: &model::Service, facts: ServiceFacts) -> RollbackFacts {
    let candidate = |revision: &model::Revision| {
        let looked_up = |registry| ImageFacts {
            image: show::image(estate, service, revision.number),
            registry: Ok(Some(registry)),
        };
        Candidate {
            definition: TaskDefinitionRef::new(estate.place.task_definition_arn(service, revision.number)),
            active: Some(true),
            images: Some(Ok(vec![looked_up(show::registry(service, revision.number, None))])),
            ran: Vec::new(),
        }
    };
    RollbackFacts {
        facts,
        history: Ok(history(estate, service)),
        candidates: service.revisions.iter().rev().map(candidate).collect(),
        family: None,
    }
}

/// What ECS remembers of a service.
pub fn history(estate: &Estate, service: &model::Service) -> History {
    let deployment = |release: &Release| ServiceDeployment {
        arn: arn(estate, service, release),
        status: release.status.clone(),
        reason: Text::new(&release.reason),
        target: revision_arn(estate, service, release.revision),
        sources: release.source.iter().map(|source| revision_arn(estate, service, *source)).collect(),
        created: Some(release.created),
        started: Some(release.created),
        finished: release.finished,
        stage: Text::default(),
        pause: None,
        back_to: release.back.as_ref().map(|(_, revision)| revision_arn(estate, service, *revision)),
        failures: service.breaker.enabled.then_some((release.failures, 3)),
        alarms: Vec::new(),
    };
    let revision = |revision: &model::Revision| ServiceRevision {
        arn: revision_arn(estate, service, revision.number),
        task_definition: TaskDefinitionRef::new(estate.place.task_definition_arn(service, revision.number)),
        images: vec![RevisionImage {
            image: show::image(estate, service, revision.number),
            digest: Some(show::digest(revision.build)),
        }],
    };
    History {
        deployments: service.releases.iter().map(deployment).collect(),
        revisions: service.revisions.iter().map(revision).collect(),
    }
}

fn arn(estate: &Estate, service: &model::Service, release: &Release) -> Text {
    estate.place.deployment_arn(service, "service-deployment", &release.deployment)
}

/// One service revision for each task definition: nothing else of a service changes here.
fn revision_arn(estate: &Estate, service: &model::Service, revision: u32) -> Text {
    estate.place.deployment_arn(service, "service-revision", &format!("{revision:019}"))
}

/// The revision that `family:number`, or its ARN, names.
///
/// # Errors
/// What AWS would say where there is none.
pub fn revision(service: &model::Service, short: &str) -> Result<u32, String> {
    let short = short.rsplit('/').next().unwrap_or_default();
    let number = short.strip_prefix(family(&service.name)).and_then(|rest| rest.strip_prefix(':'));
    let number = number.and_then(|number| number.parse().ok()).filter(|number| service.revision(*number).is_some());
    number.ok_or_else(|| "ClientException: TaskDefinition not found.".to_string())
}

/// The service whose deployment a request names, and the place of that in its history, 0 for the newest.
fn named(estate: &Estate, wanted: &str) -> Result<((String, String), usize), Refusal> {
    let found = estate.ecs().services.iter().find_map(|(key, service)| {
        let place = service.releases.iter().position(|release| *arn(estate, service, release) == *wanted)?;
        Some((key.clone(), place))
    });
    found.ok_or_else(|| Refusal::missing("ServiceDeploymentNotFoundException: Service deployment not found."))
}

impl Perform for StopServiceDeployment {
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        let (key, place) = named(moment.estate, &self.service_deployment_arn)?;
        if place > 0 {
            return Err(Refusal::invalid("ConflictException: The service deployment has ended."));
        }
        if let Some(service) = moment.estate.ecs_mut().services.get_mut(&key) {
            life::stop(service, moment.now, moment.rng).map_err(Refusal::invalid)?;
        }
        Ok(receipt(moment.rng, Some(self.service_deployment_arn.into())))
    }

    fn attempt_label(&self) -> Option<String> {
        Some("deployment stopped and rolled back".to_string())
    }
}

impl Perform for ContinueServiceDeployment {
    /// Nothing here waits at a hook.
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        named(moment.estate, &self.service_deployment_arn)?;
        Err(Refusal::invalid("InvalidParameterException: The service deployment waits at no hook."))
    }
}

/// The requests behind the releases of the last hour and since that were not begun from here, as CloudTrail
/// has them.
pub fn requests(estate: &Estate) -> Vec<Value> {
    let begun = later(estate.begun, -3600);
    let releases = estate.services().flat_map(|service| service.releases.iter().map(move |of| (service, of)));
    let by_pipeline =
        releases.filter(|(_, release)| release.created >= begun && !estate.trail.has_begun(&release.deployment));
    by_pipeline.flat_map(|(service, release)| shipped(&estate.place, service, release)).collect()
}

/// What the pipeline asked for, when it shipped a release: a revision, and a deployment of it.
fn shipped(place: &Place, service: &model::Service, release: &Release) -> [Value; 2] {
    let id = release.deployment.trim_start_matches("ecs-svc/");
    let definition = place.task_definition_arn(service, release.revision);
    let at = |seconds| later(release.created, seconds);
    let asked = json!({ "family": family(&service.name) });
    let mut registered = trail::record(place, PIPELINE, ("ecs", "RegisterTaskDefinition"), asked, at(-6));
    registered["eventID"] = format!("{id}-register").into();
    let asked = json!({ "cluster": service.cluster, "service": service.name, "taskDefinition": definition });
    let mut updated = trail::record(place, PIPELINE, ("ecs", "UpdateService"), asked, at(-1));
    updated["eventID"] = format!("{id}-update").into();
    updated["requestID"] = format!("{id}-request").into();
    updated["responseElements"] =
        json!({ "service": { "deployments": [{ "id": release.deployment, "status": "PRIMARY" }] } });
    [registered, updated]
}
