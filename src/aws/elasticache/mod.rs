//! ElastiCache: replication groups, clusters, serverless caches, their snapshots and events.

mod change;
pub mod detail;
pub mod list;
mod shape;

pub use shape::form_of_arn;

use crate::aws::prelude::*;
use crate::domain::requests::elasticache::{CreateServerlessCacheSnapshot, CreateSnapshot};
use crate::kinds::caches::{CACHES, EVENTS};

sdk_client!(aws_sdk_elasticache, "ElastiCache", "elasticache");

pub fn register(registry: &mut Registry) {
    registry.lists.insert(CACHES, |cx, ()| Box::pin(list::all(cx)));
    registry.somes.insert(CACHES, |cx, ids| Box::pin(list::some(cx, ids)));
    registry.facts.insert(CACHES.detail(), |cx, id| Box::pin(detail::detail(cx, id)));
    registry.events.insert(EVENTS, |cx, asked| Box::pin(detail::events_of_all(cx, *asked)));
    register_changes!(registry: CreateSnapshot, CreateServerlessCacheSnapshot);
}
