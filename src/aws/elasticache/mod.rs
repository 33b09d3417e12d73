//! ElastiCache: replication groups, clusters, serverless caches, their snapshots and events.

mod change;
pub mod detail;
pub mod events;
pub mod list;
mod shape;

pub use shape::form_of_arn;

use crate::aws::client::sdk_client;
use crate::aws::registry::Registry;
use crate::domain::requests::elasticache::{CreateServerlessCacheSnapshot, CreateSnapshot};
use crate::domain::timeline::TimelineSource;
use crate::kinds::caches::CACHES;

sdk_client!(aws_sdk_elasticache, "ElastiCache", "elasticache");

pub fn register(registry: &mut Registry) {
    registry.list(CACHES, |cx, ()| Box::pin(list::all(cx)));
    registry.some(CACHES, |cx, ids| Box::pin(list::some(cx, ids)));
    registry.facts(CACHES.detail(), |cx, id| Box::pin(detail::detail(cx, id)));
    registry.events(TimelineSource::ElastiCache, |cx, asked| Box::pin(events::newest(cx, *asked)));
    registry.change::<CreateSnapshot>();
    registry.change::<CreateServerlessCacheSnapshot>();
}
