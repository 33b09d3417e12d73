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

use serde_json::Value;

use super::action::ActionSpec;
use super::column::Column;
use super::kind::{Cadence, KindSpec, RenderContext};
use super::metric::{Graph, Layer};
use super::rule::Rule;
use super::ssm::forward;
use super::tab::Tab;
use crate::domain::Timestamp;
use crate::domain::cache::Cache;
use crate::domain::health::Diagnosis;
use crate::domain::metric::Readings;
use crate::domain::ops::Op;
use crate::domain::ops::elasticache;
use crate::domain::resource::{ActionId, FactsId, KindId};
use crate::domain::text::Text;
use crate::domain::timeline::TimelineSource;

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
pub struct Caches;

impl KindSpec for Caches {
    type Resource = Cache;

    fn id(&self) -> KindId {
        CACHES
    }

    fn title(&self) -> &'static str {
        "Caches"
    }

    fn short_title(&self) -> &'static str {
        "Cache"
    }

    fn noun(&self) -> &'static str {
        "cache"
    }

    fn cadence(&self) -> Cadence {
        Cadence {
            moving: Duration::from_secs(5),
            visible: Duration::from_secs(15),
            hidden: Duration::from_secs(60),
            detail: Duration::from_secs(20),
            endings: None,
            wrong: None,
        }
    }

    fn reads(&self) -> &'static [Op] {
        READS
    }

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

    fn has_logs(&self) -> bool {
        true
    }

    fn actions(&self) -> Vec<ActionSpec> {
        vec![flush::action(), snapshot::action(), forward::of_cache()]
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

    fn event_source(&self) -> Option<TimelineSource> {
        Some(TimelineSource::ElastiCache)
    }

    fn console_url(&self, cache: &Cache, region: &str) -> Option<String> {
        Some(columns::console_url(cache, region))
    }
}
