//! What can be felt of services.

use super::super::estate::{Estate, family};
use super::super::memory::{Memory, Strain};
use super::fleet::Fleet;
use super::model::{Behaviour, Service};
use crate::domain::{Timestamp, format};

/// The tasks of a service start again and again.
pub const STARTS: Strain = Strain("starts");

/// Autoscaling's alarms ask again after so many seconds.
const ASKS_AGAIN: i64 = 60;
/// So many refusals are remembered.
const REFUSALS: usize = 200;

/// Looks at the services once a second.
pub fn step(estate: &mut Estate, now: Timestamp) {
    let mut memory = std::mem::take(&mut estate.memory);
    let Fleet { services, refused, .. } = estate.ecs_mut();
    for service in services.values() {
        let newest = service.deployments.first().and_then(|deployment| service.revision(deployment.revision));
        // Without a task nobody is there to fail.
        let bad = service.desired > 0 && newest.is_some_and(|revision| revision.behaviour != Behaviour::Sound);
        let (family, own) = (family(&service.name), f64::from(bad));
        if !bad && service.desired > 0 && memory.is_still(family) {
            continue;
        }
        memory.approach(STARTS, family, own, now);
        memory.approach(Strain::ERRORS, family, memory.pressure(family).max(own), now);
        memory.set(Strain::IDLE, family, f64::from(service.desired == 0), now.as_second());
        refuse(refused, service, &memory, now);
    }
    estate.memory = memory;
}

/// A service that is felt to be too busy wants more tasks; at its max it is refused them.
fn refuse(refused: &mut Vec<(String, Timestamp, u32)>, service: &Service, memory: &Memory, now: Timestamp) {
    let max = service.scaling.as_ref().map(|scaling| scaling.max);
    let Some(max) = max.filter(|max| service.desired >= *max) else { return };
    let last = refused.iter().rev().find(|(name, ..)| *name == service.name).map(|(_, at, _)| *at);
    let waits = last.is_some_and(|at| format::seconds_since(at, now) < ASKS_AGAIN);
    if !waits && memory.last(Strain::ERRORS, family(&service.name)) > 0.5 {
        refused.push((service.name.clone(), now, max));
        let over = refused.len().saturating_sub(REFUSALS);
        refused.drain(..over);
    }
}
