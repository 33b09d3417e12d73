//! RDS: instances and clusters, their snapshots and events, and the changes over them.

mod change;
pub mod detail;
pub mod list;
mod shape;

pub use shape::form_of_arn;

use crate::aws::prelude::*;
use crate::domain::requests::rds::{CreateDbClusterSnapshot, CreateDbSnapshot, FailoverDbCluster, RebootDbInstance};
use crate::kinds::databases::{DATABASES, EVENTS, FACTS};

sdk_client!(aws_sdk_rds, "RDS", "rds");

pub fn register(registry: &mut Registry) {
    registry.lists.insert(DATABASES, |cx, ()| Box::pin(list::all(cx)));
    registry.somes.insert(DATABASES, |cx, ids| Box::pin(list::some(cx, ids)));
    registry.facts.insert(DATABASES.detail(), |cx, id| Box::pin(detail::detail(cx, id)));
    registry.facts.insert(FACTS, |cx, id| Box::pin(detail::facts(cx, id)));
    registry.events.insert(EVENTS, |cx, asked| Box::pin(detail::events_of_all(cx, *asked)));
    register_changes!(registry: CreateDbSnapshot, CreateDbClusterSnapshot, RebootDbInstance, FailoverDbCluster);
}
