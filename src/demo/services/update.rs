//! UpdateService.

use super::model::Service;
use super::{last, life, releases};
use crate::demo::prelude::*;
use crate::domain::requests::Reference;
use crate::domain::requests::ecs::UpdateService;

impl Perform for UpdateService {
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        let key = (self.cluster.clone(), self.service.clone());
        let service = moment.estate.ecs_mut().services.get_mut(&key);
        let service = service.ok_or_else(|| Refusal::missing("ServiceNotFoundException: Service not found."))?;
        update(service, &self, moment.now, moment.rng).map_err(Refusal::invalid)?;
        let started = service.deployments.first().map(|deployment| Text::new(&deployment.id));
        Ok(receipt(moment.rng, started))
    }

    fn attempt_label(&self) -> Option<String> {
        let of = &self.service;
        Some(match (self.desired_count, self.task_definition.as_ref().and_then(Reference::known)) {
            (Some(count), _) => format!("{of} scaled to {count}"),
            (None, None) => format!("{of} deployed again, by force"),
            (None, Some(definition)) => format!("{of} deployed as {}", last(definition)),
        })
    }
}

/// The error is what AWS would say.
fn update(service: &mut Service, asked: &UpdateService, now: Timestamp, rng: &mut Rng) -> Result<(), String> {
    let wanted = asked.task_definition.as_ref().and_then(Reference::known);
    let wanted = wanted.map(|short| releases::revision(service, short)).transpose()?;
    let force = asked.force_new_deployment == Some(true);
    if (force || wanted.is_some())
        && let Some(said) = life::refuses_deployment(service)
    {
        return Err(said);
    }
    if let Some(desired) = asked.desired_count {
        service.desired = desired;
    }
    let current = service.deployments.first().map(|deployment| deployment.revision);
    // The same revision again is no change, unless it is forced.
    if let Some(revision) = wanted.or(current).filter(|revision| force || Some(*revision) != current) {
        life::deploy(service, revision, now, rng);
    }
    Ok(())
}
