//! The words by which kinds and their actions are asked for.

use crate::domain::resource::{ActionId, KindId};

pub const DATABASES: KindId = KindId("databases");
pub const CACHES: KindId = KindId("caches");
pub const DISTRIBUTIONS: KindId = KindId("distributions");

/// Snapshot of a database.
pub const SNAPSHOT: ActionId = ActionId("snapshot");
pub const REBOOT: ActionId = ActionId("reboot");
pub const FAILOVER: ActionId = ActionId("failover");
/// Remove the keys of a cache.
pub const FLUSH: ActionId = ActionId("flush");
pub const SNAPSHOT_CACHE: ActionId = ActionId("snapshot-cache");
/// Have a distribution fetch anew from its origins.
pub const INVALIDATE: ActionId = ActionId("invalidate");
