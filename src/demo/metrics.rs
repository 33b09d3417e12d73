//! What CloudWatch would tell of the estate: a function of the time and of what happened, so that any
//! stretch of the past can be asked for and is always told the same.

use super::memory::Strain;
use super::model::{self, Estate};
use super::seed::DAY;
use crate::domain::Timestamp;
use crate::domain::cache::Cache;
use crate::domain::database::{Database, Role};
use crate::domain::metric::{Metric, Reading, Series, Window};
use crate::domain::text::Text;

/// The service in front of the booking database, whose trouble others feel.
const BOOKING: &str = "booking-api";

/// The most connections that its parameters let it have.
const CONNECTIONS: f64 = 500.0;

/// The balancers of target groups, as far as there are such.
pub fn balancers(estate: &Estate, groups: &[Text]) -> Vec<(Text, Vec<Text>)> {
    let known = |group: &&Text| estate.services.values().any(|service| estate.target_groups(service).contains(group));
    groups.iter().filter(known).map(|group| (group.clone(), vec![model::BALANCER.into()])).collect()
}

/// A number from -1 to 1 that is always the same for the same.
fn chance(key: &str, n: i64) -> f64 {
    let bytes = key.bytes().chain(n.to_le_bytes());
    // FNV-1a, stirred once more: neighbours must not be alike.
    let mut hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    hash = (hash ^ (hash >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// A number from 0 to 1 of a thing.
fn own(key: &str) -> f64 {
    chance(key, -1).abs()
}

/// From -1 to 1, different every minute, with slow waves below.
fn noise(key: &str, at: i64) -> f64 {
    let wave = (at as f64 / (1_100.0 + 900.0 * own(key)) + 6.0 * own(key)).sin();
    0.5 * chance(key, at.div_euclid(60)) + 0.5 * wave
}

/// How busy the ferries are at a time of day, 0.35 to 1; most at three in the afternoon.
fn day(at: i64) -> f64 {
    let part = (at.rem_euclid(DAY) as f64 / DAY as f64 - 0.625) * std::f64::consts::TAU;
    0.675 + 0.325 * part.cos()
}

/// What is told of metrics. Like CloudWatch's: a name that nobody writes has no points.
pub fn readings(estate: &Estate, metrics: Vec<Metric>, window: Window, now: Timestamp) -> Vec<Reading> {
    let period = window.range.period();
    let (from, to) = window.bounds(now);
    let reading = |metric: Metric| {
        let subject = Subject::of(estate, &metric);
        let times = (from..to).step_by(period as usize);
        let told = |at: i64| Some((Timestamp::from_second(at).ok()?, subject?.point(estate, &metric, period, at)?));
        let series = Series { points: times.filter_map(told).collect(), period };
        Reading { metric, window, series: Ok(series) }
    };
    metrics.into_iter().map(reading).collect()
}

/// One point of a metric: of the period that begins then.
pub fn point(estate: &Estate, metric: &Metric, period: u32, begins: i64) -> Option<f64> {
    Subject::of(estate, metric)?.point(estate, metric, period, begins)
}

/// What a metric is written of.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Service(&'a model::Service),
    Balancer,
    TargetGroup(&'a model::Service),
    Database(&'a Database),
    /// The volume of a database cluster.
    Volume,
    Node(&'a Cache, &'a str),
    Distribution(&'a str),
}

impl<'a> Subject<'a> {
    fn of(estate: &'a Estate, metric: &'a Metric) -> Option<Self> {
        let dimensions: Vec<(&str, &str)> = metric.dimensions.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let node = |id: &'a str| {
            let is_its = |row: &&Cache| row.name == *id || row.nodes.iter().any(|node| node.name == *id);
            Some(Self::Node(estate.caches.rows().find(is_its)?, id))
        };
        match (metric.namespace.as_str(), &dimensions[..]) {
            ("AWS/ECS", [("ClusterName", cluster), ("ServiceName", name)]) => {
                estate.services.get(&(cluster.to_string(), name.to_string())).map(Self::Service)
            }
            ("AWS/ApplicationELB", [("LoadBalancer", model::BALANCER)]) => Some(Self::Balancer),
            ("AWS/ApplicationELB", [("LoadBalancer", model::BALANCER), ("TargetGroup", group)]) => {
                let is_its = |s: &&model::Service| estate.target_groups(s).iter().any(|arn| arn.ends_with(group));
                estate.services.values().find(is_its).map(Self::TargetGroup)
            }
            ("AWS/RDS", [("DBInstanceIdentifier", name)]) => {
                estate.databases.rows.iter().find(|row| row.name == **name).map(Self::Database)
            }
            ("AWS/RDS", [("DBClusterIdentifier", name)]) => {
                estate.databases.rows.iter().any(|row| row.name == **name).then_some(Self::Volume)
            }
            // Written by cluster too, of which a node is one.
            (
                "AWS/ElastiCache",
                [("CacheClusterId", id), ("CacheNodeId", _)] | [("CacheClusterId" | "clusterId", id)],
            ) => node(id),
            ("AWS/CloudFront", [("DistributionId", id), ("Region", "Global")]) => Some(Self::Distribution(id)),
            _ => None,
        }
    }

    fn point(self, estate: &Estate, metric: &Metric, period: u32, begins: i64) -> Option<f64> {
        let value = self.value(estate, metric, begins + i64::from(period / 2))?;
        Some(if metric.stat == "Sum" { value * f64::from(period) } else { value })
    }

    /// One value; of a sum so much a second.
    fn value(self, estate: &Estate, metric: &Metric, at: i64) -> Option<f64> {
        match self {
            Self::Service(service) => of_service(estate, service, metric, at),
            Self::Balancer => of_balancer(estate, metric, at),
            Self::TargetGroup(service) => of_target_group(estate, service, metric, at),
            Self::Database(database) => of_database(estate, database, metric, at),
            Self::Volume => (metric.name == "VolumeBytesUsed").then_some(84e9 + (at as f64 - 1.7e9) * 9.0),
            Self::Node(held, node) => of_cache(estate, held, node, metric, at),
            Self::Distribution(id) => of_distribution(estate, id, metric, at),
        }
    }
}

fn of_service(estate: &Estate, service: &model::Service, metric: &Metric, at: i64) -> Option<f64> {
    let (name, family) = (service.name.as_str(), model::family(&service.name));
    // ECS writes nothing for a service that has no task.
    if estate.memory.level(Strain::Idle, family, at) > 0.0 {
        return None;
    }
    let felt = estate.memory.level(Strain::Starts, family, at);
    let above = if metric.stat == "Maximum" { 4.0 + 9.0 * own(name) } else { 0.0 };
    let value = match metric.name.as_str() {
        "CPUUtilization" => (10.0 + 34.0 * own(name)) * day(at) * 1.6 + 3.0 * noise(name, at) + 46.0 * felt,
        "MemoryUtilization" => 34.0 + 30.0 * own(name) + 1.2 * noise(&format!("{name} memory"), at) + 9.0 * felt,
        _ => return None,
    };
    Some((value + above).clamp(0.4, 100.0))
}

fn of_target_group(estate: &Estate, service: &model::Service, metric: &Metric, at: i64) -> Option<f64> {
    let name = service.name.as_str();
    let felt = estate.memory.level(Strain::Errors, model::family(name), at);
    let requests = (40.0 + 260.0 * own(name)) * day(at) * (1.0 + 0.06 * noise(name, at));
    let slow = 1.0 + 5.0 * felt + 0.15 * noise(name, at);
    Some(match metric.name.as_str() {
        "RequestCount" => requests,
        // Counts that are nothing are not written.
        "HTTPCode_Target_5XX_Count" if felt > 0.0 => requests * 0.31 * felt,
        "HTTPCode_Target_5XX_Count" if chance(name, at.div_euclid(60)) > 0.8 => 0.05,
        "TargetConnectionErrorCount" if felt > 0.0 => 4.0 * felt,
        "TargetResponseTime" if metric.stat == "p99" => 0.24 * slow,
        "TargetResponseTime" => 0.041 * slow,
        // Errors alone are no reason: what waits for others answers its health checks.
        "UnHealthyHostCount" => (2.0 * estate.memory.level(Strain::Starts, model::family(name), at)).round(),
        _ => return None,
    })
}

fn of_balancer(estate: &Estate, metric: &Metric, at: i64) -> Option<f64> {
    let felt = estate.memory.unserved(BOOKING, at);
    (metric.name == "HTTPCode_ELB_5XX_Count" && felt > 0.0).then_some(2.4 * felt)
}

fn of_database(estate: &Estate, database: &Database, metric: &Metric, at: i64) -> Option<f64> {
    let name = database.name.as_str();
    if estate.memory.level(Strain::Gone, name, at) > 0.0 {
        return None;
    }
    // Retries of the crashing service, and what an empty cache lets through.
    let is_booking = name.contains("booking");
    let flushed = estate.caches.missed("web", at).max(estate.caches.missed("sessions", at));
    let retries = estate.memory.level(Strain::Starts, BOOKING, at);
    let load = if is_booking { 0.6 * retries + flushed } else { 0.0 };
    // What it has left, and what it is asked for besides, up to the most.
    let most = match &database.role {
        Role::Member { cluster, .. } => estate.memory.level(Strain::Load, cluster, at),
        _ => 0.0,
    };
    let up_to = |limit: f64, usual: f64| usual + (limit - usual).max(0.0) * most;
    let is_reader = matches!(database.role, Role::Member { writer: Some(false), .. } | Role::Replica { .. });
    let usual = day(at) * if is_reader { 0.6 } else { 1.0 };
    let noise = noise(name, at);
    let gib = f64::from(1 << 30);
    let whole = f64::from(database.storage.unwrap_or(0)) * gib;
    let busy = (usual * (1.0 + 0.1 * noise) + load).max(0.0);
    Some(match metric.name.as_str() {
        "CPUUtilization" => up_to(97.0, ((14.0 + 16.0 * own(name)) * busy + 4.0 * load).clamp(1.0, 100.0)),
        "DatabaseConnections" => up_to(CONNECTIONS, (60.0 + 50.0 * own(name)).mul_add(busy, 40.0 * load)).round(),
        "FreeableMemory" => (6.1 + 2.0 * own(name) - 0.5 * busy) * gib,
        "FreeLocalStorage" => (28.0 - 1.5 * busy) * gib,
        "FreeStorageSpace" => whole * free_storage(estate, &database.name, at),
        "ReadLatency" => 0.0006 * (1.0 + 2.0 * load + 14.0 * most + 0.2 * noise),
        "WriteLatency" => 0.0017 * (1.0 + 2.5 * load + 9.0 * most + 0.2 * noise),
        "DiskQueueDepth" => 0.4 * busy + 3.0 * load + 11.0 * most,
        "AuroraReplicaLag" if is_reader => 14.0 + 6.0 * noise + 30.0 * load,
        "ReplicaLag" if is_reader => (0.6 + 0.5 * noise).max(0.0),
        "BurstBalance" => 99.0,
        "CPUCreditBalance" => 560.0 + 12.0 * noise,
        _ => return None,
    })
}

/// The part of an instance's storage that is free at a second.
pub fn free_storage(estate: &Estate, name: &Text, at: i64) -> f64 {
    match estate.databases.free_until_full(name, at) {
        // Where a game day takes the storage it says how much.
        Some(free) if !estate.memory.knows(Strain::Taken, name) => free,
        _ => (0.42 + 0.2 * own(name)) * (1.0 - estate.memory.level(Strain::Taken, name, at)),
    }
}

fn of_cache(estate: &Estate, held: &Cache, node: &str, metric: &Metric, at: i64) -> Option<f64> {
    let what = model::family(&held.name);
    let missed = estate.caches.missed(what, at).max(estate.memory.level(Strain::Cold, what, at));
    let crowded = estate.caches.crowded(what, at);
    let noise = noise(node, at);
    let busy = day(at) * (1.0 + 0.08 * noise);
    let hits = (97.2 + 0.5 * noise - 9.0 * crowded).clamp(0.0, 99.9) * (1.0 - missed);
    let gets = 800.0 * (0.4 + own(what)) * busy;
    let gib = f64::from(1 << 30);
    Some(match metric.name.as_str() {
        "CPUUtilization" | "EngineCPUUtilization" => (6.0 + 14.0 * own(node)) * busy * (1.0 + 0.4 * missed),
        "CacheHitRate" => hits,
        "GetHits" => gets * hits / 100.0,
        "GetMisses" => gets * (1.0 - hits / 100.0),
        "DatabaseMemoryUsagePercentage" => {
            (38.0 + 24.0 * own(what) + (60.0 - 24.0 * own(what)) * crowded).min(100.0) * (1.0 - missed)
        }
        "BytesUsedForCache" | "BytesUsedForCacheItems" => (0.3 + own(what)) * gib * (1.0 - missed),
        "Evictions" => {
            if crowded >= 1.0 {
                290.0 + 20.0 * noise
            } else {
                0.0
            }
        }
        "ThrottledCmds" => 0.0,
        "ElastiCacheProcessingUnits" => 410.0 * busy,
        "CurrConnections" => (40.0 + 60.0 * own(what) + 3.0 * noise).round(),
        "ReplicationLag" => (0.3 + 0.3 * noise).max(0.0),
        "SwapUsage" => 0.0,
        _ => return None,
    })
}

fn of_distribution(estate: &Estate, id: &str, metric: &Metric, at: i64) -> Option<f64> {
    let is_web = estate.distributions.origin_of(id)? == "web";
    let felt = if is_web { estate.memory.unserved(BOOKING, at) } else { 0.0 };
    let requests = (220.0 + 160.0 * own(id)) * day(at) * (1.0 + 0.05 * noise(id, at));
    // The additional metrics, which are billed, are on for the site and off for the tiles.
    Some(match metric.name.as_str() {
        "Requests" => requests,
        "BytesDownloaded" => requests * 21_000.0,
        "4xxErrorRate" => 0.9 + 0.2 * noise(id, at),
        "5xxErrorRate" => (0.03 + 0.02 * noise(id, at) + 6.4 * felt).max(0.0),
        "CacheHitRate" if is_web => 91.0 + noise(id, at) - 4.0 * felt,
        "OriginLatency" if is_web && metric.stat == "p99" => 310.0 + 30.0 * noise(id, at) + 1_400.0 * felt,
        "OriginLatency" if is_web => 74.0 + 9.0 * noise(id, at) + 210.0 * felt,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::super::{SIMULATED_KINDS, seed};
    use super::*;
    use crate::domain::metric::{Range, Readings};
    use crate::domain::resource::Object;
    use crate::kinds;

    fn estate(scenario: &'static str, seconds: i64) -> (Estate, Timestamp) {
        let start: Timestamp = "2026-11-21T02:14:07Z".parse().unwrap();
        let mut rngs: [Rng; SIMULATED_KINDS.len()] = std::array::from_fn(|i| Rng::with_seed(7 + i as u64));
        let mut estate = seed::estates(start, &mut rngs[0], scenario).swap_remove(0);
        for second in 1..=seconds {
            let now = seed::later(start, second);
            SIMULATED_KINDS.iter().zip(&mut rngs).for_each(|(simulated, rng)| simulated.step(&mut estate, now, rng));
        }
        (estate, seed::later(start, seconds))
    }

    fn objects(estate: &Estate, now: Timestamp) -> Vec<(&'static kinds::kind::Kind, Object)> {
        let env = crate::domain::environment::Environment::of_profile(estate.profile, None, None);
        let view = super::super::simulated_kind::View { estate, env: &env, now };
        let rows = SIMULATED_KINDS.iter().flat_map(|simulated| {
            let kind = kinds::kind(simulated.kind()).unwrap();
            simulated.rows(view, &|_| true).into_iter().map(move |row| (kind, row))
        });
        rows.collect()
    }

    #[test]
    fn every_declared_metric_is_told_and_the_past_stays_the_same() {
        let (estate, now) = estate("default", 30);
        let mut readings_of = Readings::default();
        for (kind, object) in objects(&estate, now) {
            let groups = kind.target_groups_of(&*object);
            readings_of.accept_balancers(&groups, Ok(balancers(&estate, &groups)), now);
            let graphs = kind.graphs_of(&*object, &readings_of);
            // An alarm has the charts of what it watches alone.
            let is_alarm = kind.has_related_resources();
            assert!(is_alarm || graphs.len() >= 2, "{object:?}");
            for graph in graphs {
                let metrics: Vec<Metric> = graph.strands.iter().map(|strand| strand.metric.clone()).collect();
                for window in Range::ALL.map(Window::newest) {
                    let told = readings(&estate, metrics.clone(), window, now);
                    let later = readings(&estate, metrics.clone(), window, seed::later(now, 1));
                    assert!(told.iter().zip(&later).all(|(a, b)| a.series == b.series));
                    for reading in told {
                        let series = reading.series.unwrap();
                        assert!(series.points.iter().all(|(_, value)| value.is_finite() && *value >= 0.0), "{graph:?}");
                        let is_quiet =
                            object.name().contains("backfill") || graph.unit == kinds::metric::Unit::PerSecond;
                        let may_be_none =
                            is_alarm || is_quiet || !graph.note.is_empty() || graph.title == "Replica lag";
                        assert!(may_be_none || series.points.len() > 10, "{}: {graph:?}", object.name());
                    }
                }
            }
        }
    }

    #[test]
    fn other_dimensions_are_another_metric() {
        let (estate, now) = estate("calm", 0);
        let service = "harbour-web-production";
        let points = |dimensions: &[(&str, &str)]| {
            let metric = Metric::new("AWS/ECS", "CPUUtilization", "Average", dimensions);
            let told = readings(&estate, vec![metric], Window::newest(Range::H1), now).swap_remove(0);
            told.series.unwrap().points.len()
        };
        assert_eq!(points(&[("ServiceName", service), ("ClusterName", "harbour-core")]), 60);
        assert_eq!(points(&[("ServiceName", service)]), 0, "without its cluster there is none");
        assert_eq!(points(&[("ServiceName", service), ("ClusterName", "harbour-jobs")]), 0);
    }

    #[test]
    fn a_flush_is_seen_in_the_cache_and_in_the_database_behind_it() {
        let (mut estate, now) = estate("calm", 1);
        let row = estate.caches.rows().find(|row| row.name == "harbour-web-production").unwrap();
        let (cluster, node) = (row.nodes[0].name.clone(), row.endpoint.clone().unwrap());
        let told = |estate: &Estate| {
            let hits = [("CacheClusterId", cluster.as_str()), ("CacheNodeId", "0001")];
            let hits = Metric::new("AWS/ElastiCache", "CacheHitRate", "Average", &hits);
            let database = [("DBInstanceIdentifier", "harbour-booking-production-1")];
            let connections = Metric::new("AWS/RDS", "DatabaseConnections", "Maximum", &database);
            [&hits, &connections].map(|metric| point(estate, metric, 60, now.as_second()).unwrap())
        };
        let [hits, connections] = told(&estate);
        let members = [("cache", "harbour-web-production".into()), ("node", node.to_string().into())];
        let call = crate::domain::call::Call::new(crate::domain::ops::redis::FLUSHALL, members);
        SIMULATED_KINDS[2].perform(&mut estate, &call, now, &mut Rng::with_seed(1)).unwrap();
        let [after, more] = told(&estate);
        assert!(after < hits / 2.0, "{hits} {after}");
        assert!(more > connections + 20.0, "{connections} {more}");
    }

    #[test]
    fn a_bad_deployment_is_seen_from_the_edge_to_the_database() {
        let (estate, now) = estate("bad-deploy", 600);
        let (before, after) = (now.as_second() - 700, now.as_second() - 60);
        let of = |namespace, name, stat, dimensions: &[(&str, &str)]| {
            let metric = Metric::new(namespace, name, stat, dimensions);
            let told = |at| point(&estate, &metric, 60, at - 30).unwrap_or(0.0);
            (told(before), told(after))
        };
        let service = [("ClusterName", "harbour-core"), ("ServiceName", "harbour-booking-api-production")];
        let (calm, felt) = of("AWS/ECS", "CPUUtilization", "Average", &service);
        assert!(felt > calm + 30.0, "{calm} {felt}");
        let cdn = [("DistributionId", "E2HARBOURWEB01"), ("Region", "Global")];
        let (calm, felt) = of("AWS/CloudFront", "5xxErrorRate", "Average", &cdn);
        assert!(calm < 0.2 && felt > 5.0, "{calm} {felt}");
        let tiles = [("DistributionId", "E2HARBOURTILES"), ("Region", "Global")];
        assert!(of("AWS/CloudFront", "5xxErrorRate", "Average", &tiles).1 < 0.2, "others do not feel it");
    }
}
