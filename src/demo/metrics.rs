//! What CloudWatch would tell of the estate: a function of the time and of what happened, so that any
//! stretch of the past can be asked for and is always told the same. What is written of a kind, the kind says.

use super::KINDS;
use crate::demo::prelude::*;
use crate::domain::metric::{Reading, Series, Window};

/// The values of a metric at a second; of a sum so much a second.
pub type Curve<'a> = Box<dyn Fn(i64) -> Option<f64> + 'a>;

/// What chance says of a thing: always the same for the same.
#[derive(Clone, Copy)]
pub struct Chance {
    /// FNV-1a of its name.
    hash: u64,
    /// A number from 0 to 1 of its own.
    pub own: f64,
}

impl Chance {
    pub fn of(name: &str) -> Self {
        let mut chance = Self { hash: hashed(0xcbf2_9ce4_8422_2325, name.as_bytes()), own: 0.0 };
        chance.own = chance.at(-1).abs();
        chance
    }

    /// From -1 to 1, one for each number.
    pub fn at(&self, n: i64) -> f64 {
        let hash = hashed(self.hash, &n.to_le_bytes());
        // Stirred once more: neighbours must not be alike.
        let hash = (hash ^ (hash >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (hash >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    /// From -1 to 1, different every minute, with slow waves below.
    pub fn noise(&self, at: i64) -> f64 {
        let wave = (at as f64 / (1_100.0 + 900.0 * self.own) + 6.0 * self.own).sin();
        0.5 * self.at(at.div_euclid(60)) + 0.5 * wave
    }
}

fn hashed(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// How busy the ferries are at a time of day, 0.35 to 1; most at three in the afternoon.
pub fn day(at: i64) -> f64 {
    let part = (at.rem_euclid(DAY) as f64 / DAY as f64 - 0.625) * std::f64::consts::TAU;
    0.675 + 0.325 * part.cos()
}

/// What is told of metrics. Like CloudWatch's: a name that nobody writes has no points.
pub fn readings(estate: &Estate, metrics: &[Metric], window: Window, now: Timestamp) -> Vec<Reading> {
    let period = window.range.period();
    let (from, to) = window.bounds(now);
    let reading = |metric: &Metric| {
        let curve = curve(estate, metric);
        let times = (from..to).step_by(period as usize);
        let told = |at: i64| Some((Timestamp::from_second(at).ok()?, of_period(curve.as_ref()?, metric, period, at)?));
        let series = Series { points: times.filter_map(told).collect(), period };
        Reading { metric: metric.clone(), window, series: Ok(series) }
    };
    metrics.iter().map(reading).collect()
}

/// One point of a metric: of the period that begins then.
pub fn point(estate: &Estate, metric: &Metric, period: u32, begins: i64) -> Option<f64> {
    of_period(&curve(estate, metric)?, metric, period, begins)
}

fn curve<'a>(estate: &'a Estate, metric: &'a Metric) -> Option<Curve<'a>> {
    let by: Vec<(&str, &str)> = metric.dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    KINDS.iter().find_map(|simulated| simulated.metric(estate, metric, &by))
}

fn of_period(curve: &Curve, metric: &Metric, period: u32, begins: i64) -> Option<f64> {
    let value = curve(begins + i64::from(period / 2))?;
    Some(if metric.stat == "Sum" { value * f64::from(period) } else { value })
}

#[cfg(test)]
mod tests {
    use super::super::clock::later;
    use super::super::world::tests::Production;
    use super::*;
    use crate::domain::call::Call;
    use crate::domain::metric::{Range, Readings};
    use crate::domain::ops::redis;
    use crate::domain::query::{Answer, GroupPiece, Query};
    use crate::domain::resource::Object;
    use crate::domain::text::Text;
    use crate::kinds;

    fn lived(scenario: &'static str, seconds: u64) -> Production {
        let mut world = Production::new(scenario);
        world.pass(seconds);
        world
    }

    fn objects(world: &Production) -> Vec<(&'static dyn kinds::kind::Kind, Object)> {
        let rows = KINDS.iter().flat_map(|simulated| {
            let kind = kinds::kind(simulated.kind()).unwrap();
            simulated.rows(world.view(), &|_| true).into_iter().map(move |row| (kind, row))
        });
        rows.collect()
    }

    fn balancers(world: &Production, groups: &[Text]) -> Vec<(Text, Vec<Text>)> {
        let query = Query::Balancers(groups.to_vec());
        let (_, read) = super::super::reads::read(&query).unwrap();
        let (mut answers, _) = (read.answer)(world.view()).unwrap();
        let Answer::Groups(GroupPiece::Balancers(balancers)) = answers.swap_remove(0) else { panic!("{answers:?}") };
        balancers
    }

    #[test]
    fn every_declared_metric_is_told_and_the_past_stays_the_same() {
        let world = lived("default", 30);
        let (estate, now) = (world.estate(), world.now());
        let mut readings_of = Readings::default();
        for (kind, object) in objects(&world) {
            let groups = kind.target_groups(&*object);
            readings_of.accept_balancers(groups, Ok(balancers(&world, groups)), now);
            let graphs = kind.graphs(&*object, &readings_of);
            // An alarm has the charts of what it watches alone.
            let is_alarm = kind.is_watcher();
            assert!(is_alarm || graphs.len() >= 2, "{object:?}");
            for graph in graphs {
                let metrics: Vec<Metric> = graph.strands.iter().map(|strand| strand.metric.clone()).collect();
                for window in Range::ALL.iter().copied().map(Window::newest) {
                    let told = readings(estate, &metrics, window, now);
                    let again = readings(estate, &metrics, window, later(now, 1));
                    assert!(told.iter().zip(&again).all(|(a, b)| a.series == b.series));
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
        let world = lived("calm", 0);
        let service = "harbour-web-production";
        let points = |dimensions: &[(&str, &str)]| {
            let metric = Metric::new("AWS/ECS", "CPUUtilization", "Average", dimensions);
            let told = readings(world.estate(), &[metric], Window::newest(Range::H1), world.now()).swap_remove(0);
            told.series.unwrap().points.len()
        };
        assert_eq!(points(&[("ServiceName", service), ("ClusterName", "harbour-core")]), 60);
        assert_eq!(points(&[("ServiceName", service)]), 0, "without its cluster there is none");
        assert_eq!(points(&[("ServiceName", service), ("ClusterName", "harbour-jobs")]), 0);
    }

    #[test]
    fn a_flush_is_seen_in_the_cache_and_in_the_database_behind_it() {
        let mut world = lived("calm", 1);
        let row = world.estate().caches().rows().find(|row| row.name == "harbour-web-production").unwrap();
        let (cluster, node) = (row.nodes[0].name.clone(), row.endpoint.clone().unwrap());
        let told = |world: &Production| {
            let hits = [("CacheClusterId", cluster.as_str()), ("CacheNodeId", "0001")];
            let hits = Metric::new("AWS/ElastiCache", "CacheHitRate", "Average", &hits);
            let database = [("DBInstanceIdentifier", "harbour-booking-production-1")];
            let connections = Metric::new("AWS/RDS", "DatabaseConnections", "Maximum", &database);
            [&hits, &connections].map(|metric| point(world.estate(), metric, 60, world.now().as_second()).unwrap())
        };
        let [hits, connections] = told(&world);
        let members = [("cache", "harbour-web-production".into()), ("node", node.to_string().into())];
        world.ask(&Call::new(redis::FLUSHALL, members)).unwrap();
        let [after, more] = told(&world);
        assert!(after < hits / 2.0, "{hits} {after}");
        assert!(more > connections + 20.0, "{connections} {more}");
    }

    #[test]
    fn a_bad_deployment_is_seen_from_the_edge_to_the_database() {
        let world = lived("bad-deploy", 600);
        let now = world.now().as_second();
        let (before, after) = (now - 700, now - 60);
        let of = |namespace, name, stat, dimensions: &[(&str, &str)]| {
            let metric = Metric::new(namespace, name, stat, dimensions);
            let told = |at| point(world.estate(), &metric, 60, at - 30).unwrap_or(0.0);
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
