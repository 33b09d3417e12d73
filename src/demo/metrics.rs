//! What CloudWatch would tell of the estate: a function of the time and of what happened, so that any
//! stretch of the past can be asked for and is always told the same.

use std::collections::BTreeMap;

use super::model::{self, Behaviour, Estate};
use super::seed::DAY;
use crate::domain::Timestamp;
use crate::domain::database::{Database, Role};
use crate::domain::metric::{Metric, Reading, Series, Window};
use crate::domain::text::Text;
use crate::domain::words;

/// What happened that numbers tell of.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Services of a bad revision: since when, until when.
    troubles: Vec<(String, Timestamp, Option<Timestamp>)>,
    /// When autoscaling wanted more of a service than the max that it had, newest last.
    refused: Vec<(String, Timestamp, u32)>,
}

/// Autoscaling's alarms ask again after so many seconds.
const ASKS_AGAIN: i64 = 60;
/// So many refusals are remembered.
const REFUSALS: usize = 200;

impl Memory {
    /// Looks at the services once a second.
    pub fn step(estate: &mut Estate, now: Timestamp) {
        let bad = |service: &model::Service| {
            let newest = service.deployments.first().and_then(|deployment| service.revision(deployment.revision));
            newest.is_some_and(|revision| revision.behaviour != Behaviour::Sound)
        };
        let troubles = &mut estate.memory.troubles;
        for service in estate.services.values() {
            let open = troubles.iter_mut().find(|(name, _, until)| *name == service.name && until.is_none());
            match (bad(service), open) {
                (true, None) => troubles.push((service.name.clone(), now, None)),
                (false, Some((_, _, until))) => *until = Some(now),
                _ => {}
            }
        }
        estate.memory.refuse(&estate.services, now);
    }

    /// A service that is felt to be too busy wants more tasks; at its max it is refused them.
    fn refuse(&mut self, services: &BTreeMap<(String, String), model::Service>, now: Timestamp) {
        for service in services.values() {
            let Some(max) = service.scaling.as_ref().map(|scaling| scaling.max).filter(|max| service.desired >= *max)
            else {
                continue;
            };
            let last = self.refused.iter().rev().find(|(name, ..)| *name == service.name).map(|(_, at, _)| *at);
            let waits = last.is_some_and(|at| words::seconds_since(at, now) < ASKS_AGAIN);
            if !waits && self.felt(model::family(&service.name), now.as_second()) > 0.5 {
                self.refused.push((service.name.clone(), now, max));
            }
        }
        let over = self.refused.len().saturating_sub(REFUSALS);
        self.refused.drain(..over);
    }

    /// When a service was refused more tasks, and at which max.
    pub fn refused(&self, service: &str) -> impl Iterator<Item = (Timestamp, u32)> {
        let of = move |(name, ..): &&(String, Timestamp, u32)| name == service;
        self.refused.iter().filter(of).map(|(_, at, max)| (*at, *max))
    }

    /// How much of a service's trouble (0 to 1) is felt at a moment: it comes and goes within minutes.
    fn felt(&self, family: &str, at: i64) -> f64 {
        let of = self.troubles.iter().filter(|(name, ..)| model::family(name) == family);
        let felt = of.map(|(_, since, until)| {
            let come = (at - since.as_second()) as f64 / 120.0;
            let gone = until.map_or(0.0, |until| (at - until.as_second()) as f64 / 90.0);
            come.clamp(0.0, 1.0) * (1.0 - gone.clamp(0.0, 1.0))
        });
        felt.fold(0.0, f64::max)
    }
}

/// The service in front of the booking database, whose trouble others feel.
const BOOKING: &str = "booking-api";

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
        let times = (from..to).step_by(period as usize);
        let point = |at: i64| {
            let value = value(estate, &metric, at + i64::from(period / 2))?;
            let value = if metric.stat == "Sum" { value * f64::from(period) } else { value };
            Some((Timestamp::from_second(at).ok()?, value))
        };
        let series = Series { points: times.filter_map(point).collect(), period };
        Reading { metric, window, series: Ok(series) }
    };
    metrics.into_iter().map(reading).collect()
}

/// One value; of a sum so much a second.
fn value(estate: &Estate, metric: &Metric, at: i64) -> Option<f64> {
    let dimension = |name: &str| metric.dimensions.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let dimensions: Vec<&str> = metric.dimensions.iter().map(|(name, _)| name.as_str()).collect();
    match (metric.namespace.as_str(), &dimensions[..]) {
        ("AWS/ECS", ["ClusterName", "ServiceName"]) => {
            let key = (dimension("ClusterName")?.to_string(), dimension("ServiceName")?.to_string());
            of_service(estate, estate.services.get(&key)?, metric, at)
        }
        ("AWS/ApplicationELB", ["LoadBalancer", rest @ ..]) if dimension("LoadBalancer")? == model::BALANCER => {
            match rest {
                [] => of_balancer(estate, metric, at),
                _ => {
                    let group = dimension("TargetGroup")?;
                    let is_its = |s: &&model::Service| estate.target_groups(s).iter().any(|arn| arn.ends_with(group));
                    of_target_group(estate, estate.services.values().find(is_its)?, metric, at)
                }
            }
        }
        ("AWS/RDS", ["DBInstanceIdentifier"]) => {
            let name = dimension("DBInstanceIdentifier")?;
            of_database(estate, estate.databases.rows.iter().find(|row| row.name == *name)?, metric, at)
        }
        ("AWS/RDS", ["DBClusterIdentifier"]) => {
            let name = dimension("DBClusterIdentifier")?;
            let is_known = estate.databases.rows.iter().any(|row| row.name == *name);
            (is_known && metric.name == "VolumeBytesUsed").then_some(84e9 + (at as f64 - 1.7e9) * 9.0)
        }
        ("AWS/ElastiCache", ["CacheClusterId", "CacheNodeId"]) => {
            of_cache(estate, dimension("CacheClusterId")?, metric, at)
        }
        ("AWS/ElastiCache", ["clusterId"]) => of_cache(estate, dimension("clusterId")?, metric, at),
        ("AWS/CloudFront", ["DistributionId", "Region"]) if dimension("Region")? == "Global" => {
            of_distribution(estate, dimension("DistributionId")?, metric, at)
        }
        _ => None,
    }
}

fn of_service(estate: &Estate, service: &model::Service, metric: &Metric, at: i64) -> Option<f64> {
    // ECS writes nothing for a service that has no task.
    if service.desired == 0 {
        return None;
    }
    let (name, felt) = (service.name.as_str(), estate.memory.felt(model::family(&service.name), at));
    let above = if metric.stat == "Maximum" { 4.0 + 9.0 * own(name) } else { 0.0 };
    let value = match metric.name.as_str() {
        "CPUUtilization" => (10.0 + 34.0 * own(name)) * day(at) * 1.6 + 3.0 * noise(name, at) + 46.0 * felt,
        "MemoryUtilization" => 34.0 + 30.0 * own(name) + 1.2 * noise(&format!("{name} memory"), at) + 9.0 * felt,
        _ => return None,
    };
    Some((value + above).clamp(0.4, 100.0))
}

fn of_target_group(estate: &Estate, service: &model::Service, metric: &Metric, at: i64) -> Option<f64> {
    let (name, felt) = (service.name.as_str(), estate.memory.felt(model::family(&service.name), at));
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
        "UnHealthyHostCount" => (2.0 * felt).round(),
        _ => return None,
    })
}

fn of_balancer(estate: &Estate, metric: &Metric, at: i64) -> Option<f64> {
    let felt = estate.memory.felt(BOOKING, at);
    (metric.name == "HTTPCode_ELB_5XX_Count" && felt > 0.0).then_some(2.4 * felt)
}

fn of_database(estate: &Estate, database: &Database, metric: &Metric, at: i64) -> Option<f64> {
    let name = database.name.as_str();
    // Retries of the crashing service, and what an empty cache lets through.
    let is_booking = name.contains("booking");
    let flushed = estate.caches.missed("web", at).max(estate.caches.missed("sessions", at));
    let load = if is_booking { 0.6 * estate.memory.felt(BOOKING, at) + flushed } else { 0.0 };
    let is_reader = matches!(database.role, Role::Member { writer: Some(false), .. } | Role::Replica { .. });
    let usual = day(at) * if is_reader { 0.6 } else { 1.0 };
    let noise = noise(name, at);
    let gib = f64::from(1 << 30);
    let whole = f64::from(database.storage.unwrap_or(0)) * gib;
    let busy = (usual * (1.0 + 0.1 * noise) + load).max(0.0);
    Some(match metric.name.as_str() {
        "CPUUtilization" => ((14.0 + 16.0 * own(name)) * busy + 4.0 * load).clamp(1.0, 100.0),
        "DatabaseConnections" => (60.0 + 50.0 * own(name)).mul_add(busy, 40.0 * load).round(),
        "FreeableMemory" => (6.1 + 2.0 * own(name) - 0.5 * busy) * gib,
        "FreeLocalStorage" => (28.0 - 1.5 * busy) * gib,
        "FreeStorageSpace" => match estate.databases.full_at(&database.name) {
            // A tenth of it is left an hour and a half before the end.
            Some(full) => whole * ((full.as_second() - at) as f64 / 54_000.0).clamp(0.0, 0.55),
            None => whole * (0.42 + 0.2 * own(name)),
        },
        "ReadLatency" => 0.0006 * (1.0 + 2.0 * load + 0.2 * noise),
        "WriteLatency" => 0.0017 * (1.0 + 2.5 * load + 0.2 * noise),
        "DiskQueueDepth" => 0.4 * busy + 3.0 * load,
        "AuroraReplicaLag" if is_reader => 14.0 + 6.0 * noise + 30.0 * load,
        "ReplicaLag" if is_reader => (0.6 + 0.5 * noise).max(0.0),
        "BurstBalance" => 99.0,
        "CPUCreditBalance" => 560.0 + 12.0 * noise,
        _ => return None,
    })
}

fn of_cache(estate: &Estate, cluster: &str, metric: &Metric, at: i64) -> Option<f64> {
    let held = estate.caches.rows().find(|row| row.name == *cluster || row.nodes.iter().any(|n| n.name == *cluster))?;
    let what = model::family(&held.name);
    let (missed, crowded) = (estate.caches.missed(what, at), estate.caches.crowded(what, at));
    let noise = noise(cluster, at);
    let busy = day(at) * (1.0 + 0.08 * noise);
    let hits = (97.2 + 0.5 * noise - 9.0 * crowded).clamp(0.0, 99.9) * (1.0 - missed);
    let gets = 800.0 * (0.4 + own(what)) * busy;
    let gib = f64::from(1 << 30);
    Some(match metric.name.as_str() {
        "CPUUtilization" | "EngineCPUUtilization" => (6.0 + 14.0 * own(cluster)) * busy * (1.0 + 0.4 * missed),
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
    let felt = if is_web { estate.memory.felt(BOOKING, at) } else { 0.0 };
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

    use super::super::{HOLDINGS, seed};
    use super::*;
    use crate::domain::metric::{Range, Readings};
    use crate::domain::resource::Object;
    use crate::kinds;

    fn estate(scenario: &'static str, seconds: i64) -> (Estate, Timestamp) {
        let start: Timestamp = "2026-11-21T02:14:07Z".parse().unwrap();
        let mut rngs: [Rng; HOLDINGS.len()] = std::array::from_fn(|i| Rng::with_seed(7 + i as u64));
        let mut estate = seed::estates(start, &mut rngs[0], scenario).swap_remove(0);
        for second in 1..=seconds {
            let now = seed::later(start, second);
            HOLDINGS.iter().zip(&mut rngs).for_each(|(holding, rng)| holding.step(&mut estate, now, rng));
        }
        (estate, seed::later(start, seconds))
    }

    fn objects(estate: &Estate, now: Timestamp) -> Vec<(&'static kinds::kind::Kind, Object)> {
        let env = crate::domain::environment::Environment::of_profile(estate.profile, None, None);
        let view = super::super::holding::View { estate, env: &env, now };
        let rows = HOLDINGS.iter().flat_map(|holding| {
            let kind = kinds::kind(holding.kind()).unwrap();
            holding.rows(view, &|_| true).into_iter().map(move |row| (kind, row))
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
            let is_alarm = kind.has_subjects();
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
            [&hits, &connections].map(|metric| value(estate, metric, now.as_second() + 30).unwrap())
        };
        let [hits, connections] = told(&estate);
        let members = [("cache", "harbour-web-production".into()), ("node", node.to_string().into())];
        let call = crate::domain::call::Call::new(kinds::caches::FLUSHALL, members);
        HOLDINGS[2].perform(&mut estate, &call, now, &mut Rng::with_seed(1)).unwrap();
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
            let told = |at| value(&estate, &metric, at).unwrap_or(0.0);
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
