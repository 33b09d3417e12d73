//! ElastiCache: replication groups, clusters, serverless caches, their snapshots and events.

pub mod change;
pub mod detail;
pub mod events;
pub mod list;
mod shape;

pub use shape::form_of_arn;
