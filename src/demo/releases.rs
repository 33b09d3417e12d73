//! The history of the estate's services, and what takes them back.

use fastrand::Rng;

use super::model::{self, Estate, Release};
use super::simulated_kind::{Refusal, receipt};
use super::{life, show};
use crate::domain::Timestamp;
use crate::domain::call::Call;
use crate::domain::history::{Candidate, History, RevisionImage, RollbackFacts, ServiceDeployment, ServiceRevision};
use crate::domain::intent::Receipt;
use crate::domain::ops::ecs;
use crate::domain::service::{ImageFacts, ServiceFacts, TaskDefinitionRef};
use crate::domain::text::Text;

/// What a roll back must know.
pub fn facts(estate: &Estate, service: &model::Service, facts: ServiceFacts) -> RollbackFacts {
    let candidate = |revision: &model::Revision| {
        let looked_up = |registry| ImageFacts {
            image: show::image(estate, service, revision.number),
            registry: Ok(Some(registry)),
        };
        Candidate {
            definition: TaskDefinitionRef::new(estate.task_definition_arn(service, revision.number)),
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
        task_definition: TaskDefinitionRef::new(estate.task_definition_arn(service, revision.number)),
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
    estate.deployment_arn(service, "service-deployment", &release.deployment).into()
}

/// One service revision for each task definition: nothing else of a service changes here.
fn revision_arn(estate: &Estate, service: &model::Service, revision: u32) -> Text {
    estate.deployment_arn(service, "service-revision", &format!("{revision:019}")).into()
}

/// The revision that `family:number`, or its ARN, names.
///
/// # Errors
/// What AWS would say where there is none.
pub fn revision(service: &model::Service, short: &str) -> Result<u32, String> {
    let short = short.rsplit('/').next().unwrap_or_default();
    let number = short.strip_prefix(model::family(&service.name)).and_then(|rest| rest.strip_prefix(':'));
    let number = number.and_then(|number| number.parse().ok()).filter(|number| service.revision(*number).is_some());
    number.ok_or_else(|| "ClientException: TaskDefinition not found.".to_string())
}

/// StopServiceDeployment and ContinueServiceDeployment; nothing here waits at a hook.
///
/// # Errors
/// What AWS would refuse, in its words.
pub fn perform(estate: &mut Estate, call: &Call, now: Timestamp, rng: &mut Rng) -> Result<Receipt, Refusal> {
    let wanted = call.str("serviceDeploymentArn");
    let found = estate.services.iter().find_map(|(key, service)| {
        let place = service.releases.iter().position(|release| *arn(estate, service, release) == *wanted)?;
        Some((key.clone(), place))
    });
    let missing = || Refusal::missing("ServiceDeploymentNotFoundException: Service deployment not found.");
    let (key, place) = found.ok_or_else(missing)?;
    let service = estate.services.get_mut(&key).ok_or_else(missing)?;
    if !call.is(ecs::STOP_SERVICE_DEPLOYMENT) {
        return Err(Refusal::invalid("InvalidParameterException: The service deployment waits at no hook."));
    }
    if place > 0 {
        return Err(Refusal::invalid("ConflictException: The service deployment has ended."));
    }
    life::stop(service, now, rng).map_err(Refusal::invalid)?;
    Ok(receipt(rng, Some(wanted.into())))
}
