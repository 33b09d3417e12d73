//! Caches: replication groups, clusters and serverless caches of ElastiCache, their snapshots, and
//! the actions snapshot and flush.

mod columns;
pub mod flush;
mod health;
mod metrics;
mod rules;
mod snapshot;
mod tabs;
#[cfg(test)]
pub mod tests;

use std::time::Duration;

use super::kind::{Align, Cadence, Kind};
use super::ssm::forward;
use crate::domain::cache::{Cache, CacheDetail};
use crate::domain::ops::Op;
use crate::domain::ops::elasticache;
use crate::domain::resource::{ActionId, FactsId, KindId};

pub const CACHES: KindId = KindId("caches");
pub const FLUSH: ActionId = ActionId("flush");
pub const SNAPSHOT_CACHE: ActionId = ActionId("snapshot-cache");

/// [`crate::domain::cache::FlushFacts`]: what a look into the cache itself tells.
pub const FLUSH_FACTS: FactsId = FactsId::new(CACHES, "flush");

/// The quota of ElastiCache is not published, so a list of three calls is read every 15 seconds.
const READS: &[Op] = &[
    elasticache::DESCRIBE_REPLICATION_GROUPS,
    elasticache::DESCRIBE_CACHE_CLUSTERS,
    elasticache::DESCRIBE_SERVERLESS_CACHES,
    elasticache::DESCRIBE_SNAPSHOTS,
    elasticache::DESCRIBE_SERVERLESS_CACHE_SNAPSHOTS,
    elasticache::DESCRIBE_EVENTS,
    elasticache::DESCRIBE_USER_GROUPS,
    elasticache::DESCRIBE_USERS,
    elasticache::LIST_TAGS_FOR_RESOURCE,
];

/// What AWS calls ready.
const AVAILABLE: &str = "available";

#[cfg(test)]
pub use metrics::numbers;

/// The declaration of the kind.
pub fn kind() -> Kind {
    Kind::of::<Cache>(
        CACHES,
        ("Caches", "Cache", "cache"),
        Cadence {
            moving: Duration::from_secs(5),
            visible: Duration::from_secs(15),
            hidden: Duration::from_secs(60),
            detail: Duration::from_secs(20),
            endings: None,
        },
        READS,
        health::diagnose,
        columns::json,
    )
    .share(8)
    .with_logs()
    .known_as::<Cache>(columns::names)
    .console::<Cache>(columns::console_url)
    .column::<Cache>(("name", "CACHE"), (14, 50), Align::Left, 0, columns::name)
    .column::<Cache>(("state", "STATE"), (7, 26), Align::Left, 1, columns::state)
    .column::<Cache>(("engine", "ENGINE"), (9, 20), Align::Left, 4, columns::engine)
    .glance::<Cache>(("hit", "HIT"), 4, 2, metrics::hit_rate)
    .glance::<Cache>(("mem", "MEM"), 4, 3, metrics::memory)
    .glance::<Cache>(("evictions", "EVICT"), 5, 6, metrics::evictions)
    .column::<Cache>(("class", "CLASS"), (10, 20), Align::Left, 5, columns::class)
    .column::<Cache>(("tls", "TLS"), (3, 10), Align::Left, 6, columns::tls)
    .column::<Cache>(("auth", "AUTH"), (5, 14), Align::Left, 7, columns::auth)
    .column::<Cache>(("failover", "FAILOVER"), (8, 12), Align::Left, 8, columns::failover)
    .column::<Cache>(("status", "STATUS"), (9, 24), Align::Left, 10, columns::status)
    .why((30, 120), 9)
    .tab::<Cache, CacheDetail>("Overview", tabs::overview)
    .tab::<Cache, CacheDetail>("Nodes", tabs::nodes)
    .tab::<Cache, CacheDetail>("Snapshots", tabs::snapshots)
    .tab::<Cache, CacheDetail>("Events", tabs::events)
    .led_by::<Cache>(rules::leader)
    .rules(rules::rules())
    .graphs::<Cache>(metrics::graphs)
    .layers([metrics::layer()])
    .action(flush::action())
    .action(snapshot::action())
    .action(forward::of_cache())
}
