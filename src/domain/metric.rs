//! Numbers over time as CloudWatch keeps them, and which of them are wanted.

use std::collections::HashMap;
use std::time::Duration;

use strum::VariantArray;

use crate::domain::prelude::*;

use super::scaling::Scalings;
use super::target_health::Groups;

/// One series of CloudWatch, named exactly: a set of dimensions that differs in one of them is
/// another series, or none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Metric {
    pub namespace: Text,
    pub name: Text,
    /// In the order of their names.
    pub dimensions: Vec<(Text, Text)>,
    /// `Average`, `Maximum`, `Sum`, `p99`, … as GetMetricData spells them.
    pub stat: Text,
}

impl Metric {
    pub fn new(namespace: &str, name: &str, stat: &str, dimensions: &[(&str, &str)]) -> Self {
        let mut dimensions: Vec<_> =
            dimensions.iter().map(|(name, value)| (Text::from(*name), Text::from(*value))).collect();
        dimensions.sort();
        Self { namespace: namespace.into(), name: name.into(), dimensions, stat: stat.into() }
    }

    /// CloudFront writes its metrics in us-east-1 wherever it serves (CloudFront guide, "Monitoring").
    pub fn is_global(&self) -> bool {
        self.namespace == "AWS/CloudFront"
    }
}

/// Which stretch of time a chart shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, VariantArray)]
pub enum Range {
    M15,
    #[default]
    H1,
    H3,
    H12,
    D1,
    D7,
}

impl Range {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its word, its minutes, and the seconds of a point.
    fn row(self) -> (&'static str, u64, u32) {
        match self {
            Self::M15 => ("15m", 15, 60),
            Self::H1 => ("1h", 60, 60),
            Self::H3 => ("3h", 180, 60),
            Self::H12 => ("12h", 720, 300),
            Self::D1 => ("24h", 1_440, 300),
            Self::D7 => ("7d", 10_080, 3_600),
        }
    }

    /// As it is chosen and shown: `15m`.
    pub fn word(self) -> &'static str {
        self.row().0
    }

    pub fn length(self) -> Duration {
        Duration::from_secs(60 * self.row().1)
    }

    /// Seconds of a point: the source's own resolution where a screen can show it, and never more
    /// points than some hundred. CloudWatch keeps points of a minute for 15 days.
    pub fn period(self) -> u32 {
        self.row().2
    }
}

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Which points are wanted: the newest of a range, or those of the same time a day before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window {
    pub range: Range,
    /// Whole days back.
    pub days_back: u8,
}

impl Window {
    /// The newest of a range.
    pub fn newest(range: Range) -> Self {
        Self { range, days_back: 0 }
    }

    /// The same a day before.
    pub fn day_before(range: Range) -> Self {
        Self { range, days_back: 1 }
    }

    /// From and to, in seconds since the epoch, each at the edge of a period: CloudWatch answers such
    /// questions faster (API reference, GetMetricData). A period that is not over is left out: half a
    /// sum would look like a fall.
    pub fn bounds(self, now: Timestamp) -> (i64, i64) {
        let period = i64::from(self.range.period());
        let end = now.as_second().div_euclid(period) * period - i64::from(self.days_back) * DAY;
        (end - i64::try_from(self.range.length().as_secs()).unwrap_or(0), end)
    }
}

/// The points of a metric in a window. A time without a point is a gap and no zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Oldest first; the time is the beginning of the period.
    pub points: Vec<(Timestamp, f64)>,
    /// Seconds of a point.
    pub period: u32,
}

impl Series {
    /// The newest point, unless it is older than `patience` periods at `now`: what was long ago says
    /// nothing about now.
    pub fn last(&self, now: Timestamp, patience: u32) -> Option<f64> {
        let (at, value) = self.points.last()?;
        let oldest = now.as_second() - i64::from(self.period) * i64::from(patience);
        (at.as_second() >= oldest).then_some(*value)
    }

    /// The point whose period a moment is in.
    pub fn at(&self, moment: i64) -> Option<f64> {
        let end = |at: &Timestamp| at.as_second() + i64::from(self.period);
        let place = self.points.partition_point(|(at, _)| end(at) <= moment);
        self.points.get(place).filter(|(at, _)| at.as_second() <= moment).map(|(_, value)| *value)
    }

    /// Least and greatest value.
    pub fn extremes(&self) -> Option<(f64, f64)> {
        let values = self.points.iter().map(|(_, value)| *value);
        values.fold(None, |told: Option<(f64, f64)>, value| match told {
            None => Some((value, value)),
            Some((low, high)) => Some((low.min(value), high.max(value))),
        })
    }
}

/// What was told of one metric of a [`super::query::Query::Metrics`].
#[derive(Clone, Debug)]
pub struct Reading {
    pub metric: Metric,
    pub window: Window,
    pub series: Result<Series, Fault>,
}

/// The window that is read again and again, so that what it leaves behind is remembered.
pub const WATCHED: Window = Window { range: Range::H1, days_back: 0 };

/// Seconds for which points that fell out of [`WATCHED`] are remembered: what lasts for hours began in there.
const REMEMBERED: i64 = 3 * 3_600;

/// Series that are kept at most; the oldest go first.
const KEPT: usize = 6_000;

/// All that was read besides the resources, each series with its time and its fault.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    series: HashMap<Window, HashMap<Metric, Fetched<Series>>>,
    /// Points of [`WATCHED`] from before it, oldest first.
    past: HashMap<Metric, Vec<(Timestamp, f64)>>,
    /// The load balancers that send to a target group, by its ARN: the end of theirs as CloudWatch
    /// names them, `app/web/50dc6c495c0c9188`.
    balancers: HashMap<Text, Fetched<Vec<Text>>>,
    /// The target groups with their targets.
    pub groups: Groups,
    /// What autoscaling did.
    pub scalings: Scalings,
    /// Grows with every answer about metrics.
    pub revision: u64,
}

impl Readings {
    /// What was read of a metric in a window.
    pub fn of(&self, metric: &Metric, window: Window) -> Option<&Fetched<Series>> {
        self.series.get(&window)?.get(metric)
    }

    /// As [`Readings::of`], the points alone.
    pub fn series(&self, metric: &Metric, window: Window) -> Option<&Series> {
        self.of(metric, window)?.value()
    }

    /// What is remembered of a metric from before the points of a window.
    pub fn past(&self, metric: &Metric, window: Window) -> &[(Timestamp, f64)] {
        let past = (window == WATCHED).then(|| self.past.get(metric)).flatten();
        past.map_or(&[], Vec::as_slice)
    }

    /// Keeps the points that an answer leaves behind.
    fn remember(&mut self, metric: &Metric, told: &Series, now: Timestamp) {
        let Some(known) = self.series(metric, WATCHED).filter(|known| known.period == told.period) else { return };
        let begin = told.points.first().map_or(WATCHED.bounds(now).0, |(at, _)| at.as_second());
        let left = known.points.iter().filter(|(at, _)| at.as_second() < begin).copied().collect::<Vec<_>>();
        let oldest = now.as_second() - REMEMBERED;
        if left.is_empty() && self.past(metric, WATCHED).is_empty() {
            return;
        }
        let past = self.past.entry(metric.clone()).or_default();
        let newest = past.last().map(|(at, _)| *at);
        past.extend(left.into_iter().filter(|(at, _)| Some(*at) > newest));
        past.retain(|(at, _)| (oldest..begin).contains(&at.as_second()));
    }

    /// Files what was told. An error keeps the points that were there.
    pub fn accept(&mut self, told: Vec<Reading>, now: Timestamp) {
        self.revision += 1;
        for Reading { metric, window, series } in told {
            if let (WATCHED, Ok(series)) = (window, &series) {
                self.remember(&metric, series, now);
            }
            let fetched = self.series.entry(window).or_default().entry(metric).or_default();
            fetched.file(series, now);
        }
        self.forget();
    }

    /// Files that nothing was told of any of these.
    pub fn fail(&mut self, metrics: &[Metric], window: Window, fault: &Fault, now: Timestamp) {
        let told = metrics.iter().map(|metric| Reading { metric: metric.clone(), window, series: Err(fault.clone()) });
        self.accept(told.collect(), now);
    }

    /// Files which balancers send to target groups.
    pub fn accept_balancers(&mut self, groups: &[Text], told: Result<Vec<(Text, Vec<Text>)>, Fault>, now: Timestamp) {
        self.revision += 1;
        match told {
            Ok(told) => {
                for (group, balancers) in told {
                    self.balancers.entry(group).or_default().accept(balancers, now);
                }
            }
            Err(fault) => {
                for group in groups {
                    self.balancers.entry(group.clone()).or_default().fail(fault.clone(), now);
                }
            }
        }
    }

    /// The load balancers that send to a target group; nothing while they are not known.
    pub fn balancers(&self, group: &Text) -> &[Text] {
        self.balancers.get(group).and_then(Fetched::value).map_or(&[], Vec::as_slice)
    }

    /// Whether it is known which balancers send to a target group; it may be none.
    pub fn has_balancers_of(&self, group: &Text) -> bool {
        self.balancers.get(group).is_some_and(|told| told.value().is_some())
    }

    /// When it was asked for the balancers of a target group last, however that went.
    pub fn balancers_asked(&self, group: &Text) -> Option<Timestamp> {
        let told = self.balancers.get(group)?;
        told.at().max(told.failed_at())
    }

    /// Why the balancers of a target group could not be read.
    pub fn balancers_fault(&self, group: &Text) -> Option<&Fault> {
        self.balancers.get(group)?.fault()
    }

    /// The same without a point, for tests.
    #[cfg(test)]
    pub fn without_series(&self) -> Self {
        Self { series: HashMap::new(), past: HashMap::new(), ..self.clone() }
    }

    /// Drops the oldest where too much is kept.
    fn forget(&mut self) {
        let count: usize = self.series.values().map(HashMap::len).sum();
        if count <= KEPT {
            return;
        }
        let mut times: Vec<_> = self.series.values().flat_map(|all| all.values().map(Fetched::at)).collect();
        times.sort_unstable();
        // Half of it at once, so that it is not done at every answer.
        let oldest = times[count - KEPT / 2];
        self.series.values_mut().for_each(|all| all.retain(|_, fetched| fetched.at() >= oldest));
        self.series.retain(|_, all| !all.is_empty());
        let watched = self.series.get(&WATCHED);
        self.past.retain(|metric, _| watched.is_some_and(|all| all.contains_key(metric)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::FaultKind;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn cpu(service: &str) -> Metric {
        Metric::new("AWS/ECS", "CPUUtilization", "Average", &[("ServiceName", service), ("ClusterName", "main")])
    }

    #[test]
    fn a_window_begins_and_ends_at_the_edge_of_a_period() {
        let now: Timestamp = "2026-11-21T02:14:07Z".parse().unwrap();
        for &range in Range::ALL {
            let (from, to) = Window::newest(range).bounds(now);
            let period = i64::from(range.period());
            assert_eq!((from % period, to % period), (0, 0), "{range:?}");
            assert_eq!(to - from, range.length().as_secs() as i64);
            assert!(to <= now.as_second() && now.as_second() - to < period);
            assert!((to - from) / period <= 500, "a screen has no more columns");
            let before = Window::day_before(range).bounds(now);
            assert_eq!((from - before.0, to - before.1), (86_400, 86_400));
        }
    }

    #[test]
    fn dimensions_are_a_set() {
        let one = Metric::new("n", "m", "Sum", &[("A", "1"), ("B", "2")]);
        assert_eq!(one, Metric::new("n", "m", "Sum", &[("B", "2"), ("A", "1")]));
        assert_ne!(one, Metric::new("n", "m", "Sum", &[("A", "1")]));
    }

    #[test]
    fn a_point_is_found_in_its_period_and_a_gap_has_none() {
        let series = Series { points: vec![(at(0), 1.0), (at(60), 2.0), (at(240), 3.0)], period: 60 };
        let told = |second| series.at(second);
        assert_eq!((told(-1), told(0), told(59), told(60)), (None, Some(1.0), Some(1.0), Some(2.0)));
        assert_eq!((told(120), told(239), told(299), told(300)), (None, None, Some(3.0), None));
        assert_eq!((series.last(at(360), 3), series.last(at(600), 3)), (Some(3.0), None));
        assert_eq!(series.extremes(), Some((1.0, 3.0)));
        assert_eq!(Series::default().extremes(), None);
    }

    #[test]
    fn what_falls_out_of_the_watched_hour_is_remembered_for_three() {
        let mut readings = Readings::default();
        let hour = |end: i64| {
            let points = (0..60).map(|i| (at(end - 3_600 + 60 * i), (end / 60) as f64)).collect();
            Reading { metric: cpu("a"), window: WATCHED, series: Ok(Series { points, period: 60 }) }
        };
        let first = 100 * 3_600;
        for minute in (0..300).step_by(5) {
            readings.accept(vec![hour(first + 60 * minute)], at(first + 60 * minute));
        }
        let past = readings.past(&cpu("a"), WATCHED);
        assert_eq!(past.len(), 120, "two hours and the one that is read");
        assert!(past.is_sorted_by_key(|(at, _)| *at));
        let begin = readings.series(&cpu("a"), WATCHED).unwrap().points[0].0;
        assert_eq!(begin.as_second() - past[119].0.as_second(), 60, "one goes on where the other ends");
        assert_eq!(readings.past(&cpu("a"), Window::newest(Range::H3)), []);
        assert_eq!(readings.past(&cpu("b"), WATCHED), []);
    }

    #[test]
    fn an_error_keeps_the_points() {
        let (mut readings, window) = (Readings::default(), Window::newest(Range::H1));
        let series = Series { points: vec![(at(0), 1.0)], period: 60 };
        readings.accept(vec![Reading { metric: cpu("a"), window, series: Ok(series.clone()) }], at(60));
        readings.fail(&[cpu("a"), cpu("b")], window, &Fault::new(FaultKind::TimedOut, "x", "late"), at(120));
        let told = readings.of(&cpu("a"), window).unwrap();
        assert_eq!((told.value(), told.age(at(180))), (Some(&series), Some(120)));
        assert!(told.fault().is_some());
        assert!(readings.series(&cpu("b"), window).is_none());
        assert!(readings.series(&cpu("a"), Window::day_before(Range::H1)).is_none());
    }

    #[test]
    fn what_is_kept_has_an_end() {
        let (mut readings, window) = (Readings::default(), Window::newest(Range::H1));
        for n in 0..KEPT as i64 + 500 {
            let series = Ok(Series { points: vec![], period: 60 });
            readings.accept(vec![Reading { metric: cpu(&n.to_string()), window, series }], at(n));
        }
        assert!(readings.series.values().map(HashMap::len).sum::<usize>() <= KEPT);
        assert!(readings.series(&cpu(&(KEPT + 499).to_string()), window).is_some(), "the newest stay");
        assert!(readings.series(&cpu("0"), window).is_none());
    }
}
