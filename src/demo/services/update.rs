//! UpdateService.

use fastrand::Rng;
use serde_json::Value;

use super::super::simulated_kind::{Moment, Refusal, receipt};
use super::model::Service;
use super::{life, releases};
use crate::domain::Timestamp;
use crate::domain::call::Call;
use crate::domain::intent::Receipt;
use crate::domain::text::Text;

/// Does it.
///
/// # Errors
/// What AWS would refuse, in its words.
pub fn update_service(moment: &mut Moment, call: &Call) -> Result<Receipt, Refusal> {
    let key = (call.str("cluster").to_string(), call.str("service").to_string());
    let service = moment.estate.ecs_mut().services.get_mut(&key);
    let service = service.ok_or_else(|| Refusal::missing("ServiceNotFoundException: Service not found."))?;
    update(service, call, moment.now, moment.rng).map_err(Refusal::invalid)?;
    let started = service.deployments.first().map(|deployment| Text::new(&deployment.id));
    Ok(receipt(moment.rng, started))
}

/// The error is what AWS would say.
fn update(service: &mut Service, call: &Call, now: Timestamp, rng: &mut Rng) -> Result<(), String> {
    let wanted = call.input.get("taskDefinition").and_then(Value::as_str);
    let wanted = wanted.map(|short| releases::revision(service, short)).transpose()?;
    let force = call.input.get("forceNewDeployment").and_then(Value::as_bool).unwrap_or(false);
    if (force || wanted.is_some())
        && let Some(said) = life::refuses_deployment(service)
    {
        return Err(said);
    }
    if let Some(desired) = call.input.get("desiredCount").and_then(Value::as_u64) {
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
