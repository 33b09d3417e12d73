//! Caches: replication groups, clusters and serverless caches of ElastiCache, their snapshots, and
//! the actions snapshot and flush.

pub mod actions;
mod columns;
mod health;
mod metrics;
mod rules;
mod tabs;
#[cfg(test)]
pub mod tests;

use serde_json::Value;

use super::action::Action;
use super::column::Column;
use super::kind::{Cadence, KindSpec, RenderContext, Role};
use super::metric::{Graph, Layer};
use super::rule::Rule;
use super::tab::Tab;
use super::timeline::Trail;
use crate::domain::Timestamp;
use crate::domain::cache::Cache;
use crate::domain::health::Diagnosis;
use crate::domain::metric::Readings;
use crate::domain::ops::Op;
use crate::domain::ops::elasticache;
use crate::domain::resource::{FactsId, KindId};
use crate::domain::text::Text;
use crate::domain::timeline::TimelineSource;

pub const CACHES: KindId = KindId("caches");

/// DescribeEvents, kept for 14 days.
pub const EVENTS: TimelineSource = TimelineSource::asked(40, 60, "ElastiCache", "cache");

/// [`crate::domain::cache::FlushFacts`]: what a look into the cache itself tells.
pub const FLUSH_FACTS: FactsId = FactsId::new(CACHES, "flush");

/// What AWS calls ready.
const AVAILABLE: &str = "available";

#[cfg(test)]
pub use metrics::numbers;

/// The declaration of the kind.
pub struct Caches;

impl KindSpec for Caches {
    type Resource = Cache;

    const ID: KindId = CACHES;
    const TITLE: &str = "Caches";
    const SHORT_TITLE: &str = "Cache";
    const NOUN: &str = "cache";
    const SYNONYMS: &str = "cache redis valkey elasticache memcached";
    const CADENCE: Cadence = Cadence::of_seconds(5, 15, 60, 20);
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
    const ACTIONS: &[&dyn Action] = actions::ALL;
    const HAS_LOGS: bool = true;
    const TRAIL: Option<Trail> = Some(Trail {
        service: "elasticache.amazonaws.com",
        names: &["replicationGroupId", "cacheClusterId", "serverlessCacheName"],
        told: &["cacheNodeType", "cacheParameterGroupName", "snapshotName"],
    });
    const ROLE: Role = Role::Cache;
    /// A node's name as well: caches are known by those of their nodes. The last is that of a serverless cache
    /// (ElastiCache guide, "Metrics and events").
    const DIMENSIONS: &[&str] = &["ReplicationGroupId", "CacheClusterId", "clusterId"];
    const EVENT_SOURCE: Option<TimelineSource> = Some(EVENTS);

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::left(("name", "CACHE"), (14, 50), 0, columns::name),
            Column::left(("state", "STATE"), (7, 26), 1, columns::state),
            Column::left(("engine", "ENGINE"), (9, 20), 4, columns::engine),
            Column::metric(("hit", "HIT"), 4, 2, metrics::hit_rate),
            Column::metric(("mem", "MEM"), 4, 3, metrics::memory),
            Column::metric(("evictions", "EVICT"), 5, 6, metrics::evictions),
            Column::left(("class", "CLASS"), (10, 20), 5, columns::class),
            Column::left(("tls", "TLS"), (3, 10), 6, columns::tls),
            Column::left(("auth", "AUTH"), (5, 14), 7, columns::auth),
            Column::left(("failover", "FAILOVER"), (8, 12), 8, columns::failover),
            Column::left(("status", "STATUS"), (9, 24), 10, columns::status),
            Column::why((30, 120), 9),
        ]
    }

    fn tabs(&self) -> Vec<Tab> {
        vec![
            Tab::new("Overview", tabs::overview),
            Tab::new("Nodes", tabs::nodes),
            Tab::new("Snapshots", tabs::snapshots),
            Tab::new("Events", tabs::events),
            Tab::charts(),
        ]
    }

    fn diagnose(&self, cache: &Cache, now: Timestamp) -> Diagnosis {
        health::diagnose(cache, now)
    }

    fn json(&self, cache: &Cache, context: RenderContext) -> Value {
        columns::json(cache, context)
    }

    fn rules(&self) -> Vec<Rule> {
        rules::rules()
    }

    fn layers(&self) -> Vec<Layer> {
        vec![metrics::layer()]
    }

    fn graphs(&self, cache: &Cache, readings: &Readings) -> Vec<Graph> {
        metrics::graphs(cache, readings)
    }

    fn names(&self, cache: &Cache) -> Vec<Text> {
        columns::names(cache)
    }

    fn leader(&self, cache: &Cache) -> Option<Text> {
        rules::leader(cache)
    }

    fn console_url(&self, cache: &Cache, region: &str) -> Option<String> {
        Some(columns::console_url(cache, region))
    }
}
