//! The words by which kinds and their actions are asked for.

use crate::domain::resource::{ActionId, KindId};

/// Instances and clusters of RDS.
pub const DATABASES: KindId = KindId("databases");
/// Caches of ElastiCache.
pub const CACHES: KindId = KindId("caches");
/// Distributions of CloudFront.
pub const DISTRIBUTIONS: KindId = KindId("distributions");

/// Snapshot of a database.
pub const SNAPSHOT: ActionId = ActionId("snapshot");
/// Restart an instance, or go to its standby.
pub const REBOOT: ActionId = ActionId("reboot");
/// Make another member of a cluster the writer.
pub const FAILOVER: ActionId = ActionId("failover");
/// Remove the keys of a cache.
pub const FLUSH: ActionId = ActionId("flush");
/// Snapshot of a cache.
pub const SNAPSHOT_CACHE: ActionId = ActionId("snapshot-cache");
/// Have a distribution fetch anew from its origins.
pub const INVALIDATE: ActionId = ActionId("invalidate");
