//! The metrics of a cache, by node; of a serverless one as a whole.

use crate::domain::cache::{Cache, Form, Node};
use crate::domain::metric::{Metric, Readings};
use crate::kinds::metric::{Graph, Layer, Signal, SparklineMetric, Strand, Unit, Worst};

/// One node as CloudWatch names it, with a label for people. A node of a group is a cluster of its
/// own with the one node 0001; those of Memcached are numbered within their cluster.
struct Measured<'a> {
    label: &'a str,
    cluster: &'a str,
    node: &'a str,
    is_replica: bool,
}

/// Nodes that are looked at for a row and by rules, primaries first; charts have all.
const NODES: usize = 20;

fn measured(cache: &Cache) -> Vec<Measured<'_>> {
    let mut nodes: Vec<&Node> = cache.nodes.iter().collect();
    // Which one is the primary moves with a failover, so all are asked, and it is shown first.
    nodes.sort_by_key(|node| node.primary != Some(true));
    nodes
        .into_iter()
        .map(|node| {
            let own = node.name.strip_prefix(cache.name.as_str()).and_then(|rest| rest.strip_prefix('-'));
            let (cluster, number) = match cache.form {
                Form::Cluster => (cache.name.as_str(), own.unwrap_or("0001")),
                Form::Group { .. } | Form::Serverless => (node.name.as_str(), "0001"),
            };
            let label = own.unwrap_or(node.name.as_str());
            Measured { label, cluster, node: number, is_replica: node.primary == Some(false) }
        })
        .collect()
}

impl Measured<'_> {
    fn metric(&self, name: &str, stat: &str) -> Metric {
        let dimensions = [("CacheClusterId", self.cluster), ("CacheNodeId", self.node)];
        Metric::new("AWS/ElastiCache", name, stat, &dimensions)
    }

    fn whole(&self, name: &str, stat: &str) -> Metric {
        Metric::new("AWS/ElastiCache", name, stat, &[("CacheClusterId", self.cluster)])
    }
}

fn of_serverless(cache: &Cache, name: &str, stat: &str) -> Metric {
    Metric::new("AWS/ElastiCache", name, stat, &[("clusterId", cache.name.as_str())])
}

/// Redis works in one thread, so that beside many idle processors the whole of them says little; with
/// one or two the others of the host's work count (ElastiCache guide, "Which metrics should I
/// monitor?"). Memcached has many threads.
fn cpu_metric(cache: &Cache) -> &'static str {
    let is_small = !cache.class.ends_with("xlarge");
    if is_small || cache.is_memcached() { "CPUUtilization" } else { "EngineCPUUtilization" }
}

fn glance(cache: &Cache, unit: Unit, worst: Worst, name: &str, stat: &str) -> Option<SparklineMetric> {
    let metrics = match cache.form {
        Form::Serverless => vec![of_serverless(cache, name, stat)],
        // A node of a group is a cluster of its own, and written as that too: what has no points as the one
        // may have them as the other.
        Form::Group { .. } => {
            let nodes = measured(cache).into_iter().take(NODES);
            nodes.flat_map(|node| [node.metric(name, stat), node.whole(name, stat)]).collect()
        }
        Form::Cluster => measured(cache).iter().take(NODES).map(|node| node.metric(name, stat)).collect(),
    };
    SparklineMetric::of(unit, worst, metrics)
}

/// Memcached counts hits and misses, and no rate of them.
pub fn hit_rate(cache: &Cache) -> Option<SparklineMetric> {
    if cache.is_memcached() { None } else { glance(cache, Unit::Percent, Worst::Lowest, "CacheHitRate", "Average") }
}

pub fn memory(cache: &Cache) -> Option<SparklineMetric> {
    match cache.form {
        Form::Serverless => glance(cache, Unit::Bytes, Worst::Highest, "BytesUsedForCache", "Maximum"),
        _ if cache.is_memcached() => glance(cache, Unit::Bytes, Worst::Highest, "BytesUsedForCacheItems", "Maximum"),
        _ => glance(cache, Unit::Percent, Worst::Highest, "DatabaseMemoryUsagePercentage", "Maximum"),
    }
}

pub fn evictions(cache: &Cache) -> Option<SparklineMetric> {
    glance(cache, Unit::PerSecond, Worst::Highest, "Evictions", "Sum")
}

/// Memory, evictions and hit rate, for tests.
#[cfg(test)]
pub fn numbers(cache: &Cache) -> (Option<SparklineMetric>, Option<SparklineMetric>, Option<SparklineMetric>) {
    (memory(cache), evictions(cache), hit_rate(cache))
}

pub fn graphs(cache: &Cache, _: &Readings) -> Vec<Graph> {
    if cache.form == Form::Serverless {
        let one = |name: &str, stat: &str| vec![Strand::new("", of_serverless(cache, name, stat))];
        return vec![
            Graph::new("Hit rate", Unit::Percent, one("CacheHitRate", "Average")),
            Graph::new("Data", Unit::Bytes, one("BytesUsedForCache", "Maximum")),
            Graph::new("Evictions", Unit::PerSecond, one("Evictions", "Sum")),
            Graph::new("Throttled", Unit::PerSecond, one("ThrottledCmds", "Sum")),
            Graph::new("Connections", Unit::Count, one("CurrConnections", "Maximum")),
            Graph::new("Processing units", Unit::PerSecond, one("ElastiCacheProcessingUnits", "Sum")),
        ];
    }
    let nodes = measured(cache);
    let several = nodes.len() > 1;
    let of_some = |some: &dyn Fn(&Measured) -> bool, name: &str, stat: &str| -> Vec<Strand> {
        let chosen = nodes.iter().filter(|node| some(node));
        chosen.map(|node| Strand::new(if several { node.label } else { "" }, node.metric(name, stat))).collect()
    };
    let of_each = |name: &str, stat: &str| of_some(&|_| true, name, stat);
    let mut graphs = vec![Graph::new("CPU", Unit::Percent, of_each(cpu_metric(cache), "Average"))];
    if cache.is_memcached() {
        graphs.extend([
            Graph::new("Hits", Unit::PerSecond, of_each("GetHits", "Sum")),
            Graph::new("Misses", Unit::PerSecond, of_each("GetMisses", "Sum")),
            Graph::new("Items", Unit::Bytes, of_each("BytesUsedForCacheItems", "Maximum")),
        ]);
    } else {
        let memory = of_each("DatabaseMemoryUsagePercentage", "Maximum");
        graphs.push(Graph::new("Hit rate", Unit::Percent, of_each("CacheHitRate", "Average")));
        graphs.push(Graph::new("Memory", Unit::Percent, memory));
    }
    graphs.push(Graph::new("Evictions", Unit::PerSecond, of_each("Evictions", "Sum")));
    graphs.push(Graph::new("Connections", Unit::Count, of_each("CurrConnections", "Maximum")));
    let lag = of_some(&|node| node.is_replica, "ReplicationLag", "Maximum");
    if !lag.is_empty() {
        graphs.push(Graph::new("Replication lag", Unit::Seconds, lag));
    }
    graphs.push(Graph::new("Swap", Unit::Bytes, of_each("SwapUsage", "Maximum")));
    graphs
}

pub fn layer() -> Layer {
    Layer::of::<Cache>(
        4,
        "Caches",
        |_| true,
        vec![
            Signal::of("hit rate", |cache: &Cache, _: &Readings| hit_rate(cache)),
            Signal::of("memory", |cache: &Cache, _: &Readings| memory(cache)),
            Signal::of("evictions", |cache: &Cache, _: &Readings| evictions(cache)),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::group;
    use super::*;

    fn spelled(cache: &Cache) -> Vec<String> {
        graphs(cache, &Readings::default()).iter().flat_map(Graph::spelled).collect()
    }

    fn has(told: &[String], metric: &str) -> bool {
        told.iter().any(|line| line.contains(metric))
    }

    #[test]
    fn every_node_is_measured_for_the_primary_moves() {
        let mut cache = group();
        for node in ["web-001", "web-002"] {
            let metric = format!("AWS/ElastiCache CacheHitRate Average CacheClusterId={node},CacheNodeId=0001");
            assert!(has(&spelled(&cache), &metric), "{metric}");
        }
        assert_eq!(
            spelled(&cache).iter().filter(|line| line.contains("ReplicationLag")).count(),
            1,
            "the replica alone"
        );
        assert!(spelled(&cache)[0].contains("=web-001,"), "the primary is first");
        cache.nodes.iter_mut().for_each(|node| node.primary = node.primary.map(|primary| !primary));
        assert!(spelled(&cache)[0].contains("=web-002,"));
        let asked: Vec<usize> =
            hit_rate(&cache).unwrap().metrics.iter().map(|metric| metric.dimensions.len()).collect();
        assert_eq!(asked, [2, 1, 2, 1], "each node, and as the cluster that it is");
    }

    #[test]
    fn the_engines_own_processor_counts_where_there_are_others_idle() {
        for (class, metric) in [
            ("cache.t4g.micro", " CPUUtilization "),
            ("cache.r7g.large", " CPUUtilization "),
            ("cache.r7g.xlarge", " EngineCPUUtilization "),
            ("cache.m7g.16xlarge", " EngineCPUUtilization "),
        ] {
            let cache = Cache { class: class.into(), ..group() };
            assert!(has(&spelled(&cache), metric), "{class}");
        }
        let memcached = Cache { class: "cache.r7g.xlarge".into(), engine: "memcached".into(), ..group() };
        assert!(has(&spelled(&memcached), " CPUUtilization ") && !has(&spelled(&memcached), "CacheHitRate"));
    }

    #[test]
    fn a_serverless_cache_has_dimensions_of_its_own() {
        let cache = Cache { form: Form::Serverless, nodes: vec![], class: "".into(), ..group() };
        let told = spelled(&cache);
        assert!(told.iter().all(|line| line.ends_with(" clusterId=web")), "{told:#?}");
        assert!(has(&told, "ThrottledCmds Sum") && !has(&told, "CPUUtilization"));
    }
}
