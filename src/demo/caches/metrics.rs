//! What CloudWatch would tell of caches.

use super::COLD;
use crate::demo::prelude::*;
use crate::domain::cache::Cache;

/// What a metric of ElastiCache tells; `None` for others.
pub fn curve<'a>(estate: &'a Estate, metric: &'a Metric, by: &[(&'a str, &'a str)]) -> Option<Curve<'a>> {
    // Written by cluster too, of which a node is one.
    let (("AWS/ElastiCache", [("CacheClusterId", id), ("CacheNodeId", _)])
    | ("AWS/ElastiCache", [("CacheClusterId" | "clusterId", id)])) = (metric.namespace.as_str(), by)
    else {
        return None;
    };
    let id = *id;
    let is_its = |row: &&Cache| row.name == *id || row.nodes.iter().any(|node| node.name == *id);
    let row = estate.caches().rows().find(is_its)?;
    let (chance, own) = (Chance::of(id), Chance::of(family(&row.name)).own);
    Some(Box::new(move |at| of_cache(estate, row, (chance, own), metric, at)))
}

/// `own`: what the cache has of its own, as `chance` is its node's.
fn of_cache(estate: &Estate, held: &Cache, (chance, own): (Chance, f64), metric: &Metric, at: i64) -> Option<f64> {
    let what = family(&held.name);
    let missed = estate.caches().miss_rate(what, at).max(estate.memory.level(COLD, what, at));
    let crowded = estate.caches().fullness(what, at);
    let noise = chance.noise(at);
    let busy = day(at) * (1.0 + 0.08 * noise);
    let hits = (97.2 + 0.5 * noise - 9.0 * crowded).clamp(0.0, 99.9) * (1.0 - missed);
    let gets = 800.0 * (0.4 + own) * busy;
    let gib = f64::from(1 << 30);
    Some(match metric.name.as_str() {
        "CPUUtilization" | "EngineCPUUtilization" => (6.0 + 14.0 * chance.own) * busy * (1.0 + 0.4 * missed),
        "CacheHitRate" => hits,
        "GetHits" => gets * hits / 100.0,
        "GetMisses" => gets * (1.0 - hits / 100.0),
        "DatabaseMemoryUsagePercentage" => {
            (38.0 + 24.0 * own + (60.0 - 24.0 * own) * crowded).min(100.0) * (1.0 - missed)
        }
        "BytesUsedForCache" | "BytesUsedForCacheItems" => (0.3 + own) * gib * (1.0 - missed),
        "Evictions" => {
            if crowded >= 1.0 {
                290.0 + 20.0 * noise
            } else {
                0.0
            }
        }
        "ThrottledCmds" => 0.0,
        "ElastiCacheProcessingUnits" => 410.0 * busy,
        "CurrConnections" => (40.0 + 60.0 * own + 3.0 * noise).round(),
        "ReplicationLag" => (0.3 + 0.3 * noise).max(0.0),
        "SwapUsage" => 0.0,
        _ => return None,
    })
}
