//! The services of the estate: what is asked of them and what changes them.

use std::sync::Arc;

use fastrand::Rng;

use super::holding::{Holding, Refusal, View, receipt};
use super::metrics::Memory;
use super::model::{self, Estate};
use super::{identity, life, show};
use crate::domain::Timestamp;
use crate::domain::call::{Call, Op};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::intent::Receipt;
use crate::domain::resource::{ActionId, Facts, KindId, Object, ResourceId};
use crate::domain::service::{ServiceDetail, ServiceFacts};
use crate::domain::text::Text;
use crate::kinds::services::{DEPLOY, SCALE, SERVICES};

/// ECS services; their parts are the clusters.
pub struct Services;

impl Holding for Services {
    fn kind(&self) -> KindId {
        SERVICES
    }

    fn actions(&self) -> &'static [ActionId] {
        &[SCALE, DEPLOY]
    }

    fn reads(&self) -> &'static str {
        "ecs:DescribeServices"
    }

    fn changes(&self) -> &'static [Op] {
        const { &[Op::new("ecs", "UpdateService")] }
    }

    fn step(&self, estate: &mut Estate, now: Timestamp, rng: &mut Rng) {
        life::step(estate, now, rng, estate.scenario == "calm");
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
        }))
    }

    fn facts(&self, view: View, _: ActionId, id: &ResourceId) -> Option<Facts> {
        let View { estate, now, .. } = view;
        let service = find(estate, id)?;
        Some(Arc::new(ServiceFacts {
            service: show::service(estate, service, true, now),
            scaling: Ok(show::scaling(service)),
            task_definition: Ok(show::task_definition(estate, service)),
            images: show::image_facts(estate, service),
            stopped: Ok(show::tasks(estate, service, true, now)),
        }))
    }

    fn perform(&self, estate: &mut Estate, call: &Call, now: Timestamp, rng: &mut Rng) -> Result<Receipt, Refusal> {
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
    let force = call.input.get("forceNewDeployment").and_then(serde_json::Value::as_bool).unwrap_or(false);
    if force && let Some(said) = life::refuses_deployment(service) {
        return Err(said);
    }
    if let Some(desired) = call.input.get("desiredCount").and_then(serde_json::Value::as_u64) {
        let desired = u32::try_from(desired).map_err(|_| "InvalidParameterException: desiredCount".to_string())?;
        service.desired = desired;
    }
    if force && let Some(revision) = service.deployments.first().map(|deployment| deployment.revision) {
        life::deploy(service, revision, now, rng);
    }
    Ok(())
}
