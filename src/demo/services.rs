//! The services of the estate: what is asked of them and what changes them.

use std::sync::Arc;

use fastrand::Rng;

use super::memory::Memory;
use super::model::{self, Estate};
use super::simulated_kind::{Refusal, SimulatedKind, View, receipt};
use super::{days, identity, images, life, one_off, releases, seed, sessions, show};
use crate::domain::Timestamp;
use crate::domain::call::Call;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::history::History;
use crate::domain::intent::Receipt;
use crate::domain::ops::Op;
use crate::domain::ops::{ecs, ssm};
use crate::domain::record::What;
use crate::domain::resource::{Facts, FactsId, KindId, Object, ResourceId};
use crate::domain::service::{Controller, ServiceDetail, ServiceFacts};
use crate::domain::task::TaskFacts;
use crate::domain::text::Text;
use crate::kinds::services::{DEPLOY_IMAGE_FACTS, ROLLBACK_FACTS, RUN_FACTS, SERVICES, TASK_FACTS};
use crate::kinds::ssm::session_facts;

/// ECS services; their parts are the clusters.
pub struct Services;

impl SimulatedKind for Services {
    fn kind(&self) -> KindId {
        SERVICES
    }

    fn reads(&self) -> &'static str {
        "ecs:DescribeServices"
    }

    fn quota(&self) -> (&'static str, Option<f64>) {
        ("ECS services", Some(20.0))
    }

    fn changes(&self) -> &'static [Op] {
        const {
            &[
                ecs::REGISTER_TASK_DEFINITION,
                ecs::UPDATE_SERVICE,
                ecs::STOP_SERVICE_DEPLOYMENT,
                ecs::CONTINUE_SERVICE_DEPLOYMENT,
                ecs::STOP_TASK,
                ecs::RUN_TASK,
                ecs::EXECUTE_COMMAND,
                ssm::START_SESSION,
            ]
        }
    }

    fn step(&self, estate: &mut Estate, now: Timestamp, rng: &mut Rng) {
        life::step(estate, now, rng, seed::is_calm(estate.scenario));
        days::step(estate, now);
        Memory::step(estate, now);
    }

    fn parts(&self, view: View) -> Vec<Text> {
        let admitted = view.estate.clusters.iter().filter(|cluster| view.env.scope.admits_cluster(cluster));
        admitted.map(Text::from).collect()
    }

    fn fault(&self, view: View, part: usize) -> Option<Fault> {
        (view.estate.scenario == "denied" && part == 1).then(|| {
            let action = Text::new("ecs:ListServices");
            let kind = FaultKind::Denied { action: action.clone(), principal: identity(view.estate).arn };
            Fault::new(kind, action, "not authorized")
                .with_remedy("allow ecs:ListServices to ops-role (midwatch policy read-only)")
        })
    }

    fn rows(&self, view: View, wanted: &dyn Fn(&ResourceId) -> bool) -> Vec<Object> {
        let View { estate, now, .. } = view;
        let services = estate.services.values().filter(|service| wanted(&show::id(estate, service)));
        services.map(|service| Arc::new(show::service(estate, service, false, now)) as Object).collect()
    }

    fn detail(&self, view: View, id: &ResourceId) -> Option<Facts> {
        let View { estate, now, .. } = view;
        let service = find(estate, id)?;
        Some(Arc::new(ServiceDetail {
            service: show::service(estate, service, true, now),
            tasks: Ok(show::tasks(estate, service, false, now)),
            stopped: Ok(show::tasks(estate, service, true, now)),
            task_definition: Ok(show::task_definition(estate, service)),
            scaling: Ok(show::scaling(service)),
            history: Ok(match service.controller {
                Controller::Ecs => releases::history(estate, service),
                _ => History::default(),
            }),
        }))
    }

    fn facts(&self, view: View, set: FactsId, id: &ResourceId) -> Option<Facts> {
        let View { estate, now, .. } = view;
        let service = find(estate, id)?;
        if set == session_facts(SERVICES) {
            return Some(Arc::new(sessions::of_service(view, service)));
        }
        let facts = ServiceFacts {
            service: show::service(estate, service, true, now),
            scaling: Ok(show::scaling(service)),
            task_definition: Ok(show::task_definition(estate, service)),
            images: show::image_facts(estate, service),
            stopped: Ok(show::tasks(estate, service, true, now)),
        };
        Some(match set {
            ROLLBACK_FACTS => Arc::new(releases::facts(estate, service, facts)),
            DEPLOY_IMAGE_FACTS => Arc::new(images::facts(estate, service, facts, now)),
            TASK_FACTS | RUN_FACTS => Arc::new(TaskFacts {
                facts,
                tasks: Ok(show::tasks(estate, service, false, now)),
                one_off: Ok(show::one_off(estate, service, now)),
                placement: show::placement(service),
            }),
            _ => Arc::new(facts),
        })
    }

    fn endings(&self, view: View, part: &Text) -> Vec<(ResourceId, What)> {
        let View { estate, now, .. } = view;
        let services = estate.services.values().filter(|service| service.cluster == part.as_str());
        let ended = services.flat_map(|service| {
            let tasks = show::tasks(estate, service, true, now).into_iter();
            tasks.map(move |task| (show::id(estate, service), What::Task(Box::new(task))))
        });
        ended.collect()
    }

    fn perform(&self, estate: &mut Estate, call: &Call, now: Timestamp, rng: &mut Rng) -> Result<Receipt, Refusal> {
        if call.is(ecs::EXECUTE_COMMAND) || call.is(ssm::START_SESSION) {
            return sessions::start(estate, call, rng);
        }
        if call.is(ecs::REGISTER_TASK_DEFINITION) {
            return images::register(estate, call, now, rng);
        }
        if call.is(ecs::STOP_TASK) || call.is(ecs::RUN_TASK) {
            return one_off::perform(estate, call, now, rng);
        }
        if !call.is(ecs::UPDATE_SERVICE) {
            return releases::perform(estate, call, now, rng);
        }
        let key = (call.str("cluster").to_string(), call.str("service").to_string());
        let service = estate.services.get_mut(&key);
        let service = service.ok_or_else(|| Refusal::missing("ServiceNotFoundException: Service not found."))?;
        update_service(service, call, now, rng).map_err(Refusal::invalid)?;
        let started = service.deployments.first().map(|deployment| Text::new(&deployment.id));
        Ok(receipt(rng, started))
    }
}

fn find<'a>(estate: &'a Estate, id: &ResourceId) -> Option<&'a model::Service> {
    estate.services.values().find(|service| show::id(estate, service) == *id)
}

/// UpdateService. The error is what AWS would say.
fn update_service(service: &mut model::Service, call: &Call, now: Timestamp, rng: &mut Rng) -> Result<(), String> {
    let wanted = call.input.get("taskDefinition").and_then(serde_json::Value::as_str);
    let wanted = wanted.map(|short| releases::revision(service, short)).transpose()?;
    let force = call.input.get("forceNewDeployment").and_then(serde_json::Value::as_bool).unwrap_or(false);
    if (force || wanted.is_some())
        && let Some(said) = life::refuses_deployment(service)
    {
        return Err(said);
    }
    if let Some(desired) = call.input.get("desiredCount").and_then(serde_json::Value::as_u64) {
        let desired = u32::try_from(desired).map_err(|_| "InvalidParameterException: desiredCount".to_string())?;
        service.desired = desired;
    }
    let current = service.deployments.first().map(|deployment| deployment.revision);
    // The same revision again is no change, unless it is forced.
    if let Some(revision) = wanted.or(current).filter(|revision| force || Some(*revision) != current) {
        life::deploy(service, revision, now, rng);
    }
    Ok(())
}
