//! RDS: instances and clusters, their snapshots and events, and the changes over them.

mod change;
pub mod detail;
pub mod events;
pub mod list;
mod shape;

pub use shape::form_of_arn;

use crate::aws::client::sdk_client;
use crate::aws::registry::Registry;
use crate::domain::requests::rds::{CreateDbClusterSnapshot, CreateDbSnapshot, FailoverDbCluster, RebootDbInstance};
use crate::domain::timeline::TimelineSource;
use crate::kinds::databases::{DATABASES, FACTS};

sdk_client!(aws_sdk_rds, "RDS", "rds");

pub fn register(registry: &mut Registry) {
    registry.list(DATABASES, |cx, ()| Box::pin(list::all(cx)));
    registry.some(DATABASES, |cx, ids| Box::pin(list::some(cx, ids)));
    registry.facts(DATABASES.detail(), |cx, id| Box::pin(detail::detail(cx, id)));
    registry.facts(FACTS, |cx, id| Box::pin(detail::facts(cx, id)));
    registry.events(TimelineSource::Rds, |cx, asked| Box::pin(events::newest(cx, *asked)));
    registry.change::<CreateDbSnapshot>();
    registry.change::<CreateDbClusterSnapshot>();
    registry.change::<RebootDbInstance>();
    registry.change::<FailoverDbCluster>();
}
