//! What a kind declares of its metrics: charts of one resource, and the few signals by which it is
//! seen at a glance in a row and among the golden signals.

use crate::domain::Timestamp;
use crate::domain::metric::{Metric, Readings, Series, WATCHED, Window};
use crate::domain::resource::Resource;

use super::cell::{Cell, Tone};
use super::kind::RenderContext;

/// What a number counts, and so how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Percent,
    Bytes,
    Seconds,
    Milliseconds,
    /// A number at a time: connections, hosts.
    Count,
    /// A sum over the period, written as so many a second.
    PerSecond,
    /// A sum of bytes over the period, written as so many a second.
    BytesPerSecond,
}

impl Unit {
    /// The value of a point as it is drawn: sums become rates.
    pub fn drawn(self, value: f64, period: u32) -> f64 {
        match self {
            Self::PerSecond | Self::BytesPerSecond => value / f64::from(period.max(1)),
            _ => value,
        }
    }

    /// A drawn value in words: `81 %`, `1.2 GiB`, `4.1 ms`, `320/s`.
    pub fn words(self, value: f64) -> String {
        match self {
            Self::Percent => format!("{} %", short(value)),
            Self::Bytes => bytes(value),
            Self::BytesPerSecond => format!("{}/s", bytes(value)),
            Self::Milliseconds => seconds(value / 1000.0),
            Self::Seconds => seconds(value),
            Self::Count => grouped(value),
            Self::PerSecond => format!("{}/s", grouped(value)),
        }
    }

    /// A value with all its digits, as somebody set it: `92.5 %`, `4.7 GiB`, `250 ms`.
    pub fn exactly(self, value: f64) -> String {
        match self {
            Self::Percent => format!("{value} %"),
            Self::Milliseconds => format!("{value} ms"),
            Self::Seconds if value.abs() < 1.0 => format!("{} ms", (value * 1e6).round() / 1e3),
            Self::Seconds => format!("{value} s"),
            Self::Bytes | Self::BytesPerSecond => in_binary(value, |value| ((value * 10.0).round() / 10.0).to_string()),
            Self::Count | Self::PerSecond => value.to_string(),
        }
    }

    /// As [`Unit::words`], without what a narrow place has no room for: `81%`, `1.2G`.
    pub fn brief(self, value: f64) -> String {
        self.words(value).replace(" %", "%").replace("iB", "").replace(' ', "")
    }
}

/// Three digits at most, and one after the point where there is room: `0.04`, `4.1`, `81`, `1204`.
fn short(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        "0".to_string()
    } else if size < 0.1 {
        format!("{value:.2}")
    } else if size < 9.95 {
        let text = format!("{value:.1}");
        text.strip_suffix(".0").map_or(text.clone(), str::to_string)
    } else {
        format!("{value:.0}")
    }
}

/// `950`, `12.4k`, `3.1M`.
fn grouped(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if size < 9_999.5 => short(value),
        _ if size < 999_500.0 => format!("{}k", short(value / 1e3)),
        _ if size < 999_500_000.0 => format!("{}M", short(value / 1e6)),
        _ => format!("{}G", short(value / 1e9)),
    }
}

fn bytes(value: f64) -> String {
    in_binary(value, short)
}

/// A number of bytes in the unit that fits, its digits as told.
fn in_binary(value: f64, digits: fn(f64) -> String) -> String {
    let mut value = value;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value.abs() < 1023.5 {
            return format!("{} {unit}", digits(value));
        }
        value /= 1024.0;
    }
    format!("{} TiB", digits(value))
}

fn seconds(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if size == 0.0 => "0 s".to_string(),
        _ if size < 0.000_999_5 => format!("{} µs", short(value * 1e6)),
        _ if size < 0.999_5 => format!("{} ms", short(value * 1e3)),
        _ if size < 120.0 => format!("{} s", short(value)),
        _ => format!("{} min", short(value / 60.0)),
    }
}

/// What a time without a point means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// Nothing is known: a gap.
    Gap,
    /// There was nothing to count, and CloudWatch writes no zeros: the counts of load balancers
    /// (ELB guide, "CloudWatch metrics").
    Zero,
}

/// One line of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Strand {
    /// `average`, `p99`, the name of a node.
    pub label: String,
    pub metric: Metric,
}

impl Strand {
    pub fn new(label: impl Into<String>, metric: Metric) -> Self {
        Self { label: label.into(), metric }
    }
}

/// One chart: lines of one unit on one scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    pub title: &'static str,
    pub unit: Unit,
    pub strands: Vec<Strand>,
    pub absent: Absent,
    /// What can never be exceeded, or is the whole: the chart reaches up to it. In drawn values.
    pub ceiling: Option<f64>,
    /// What is said where nothing was told.
    pub note: &'static str,
}

impl Graph {
    pub fn new(title: &'static str, unit: Unit, strands: Vec<Strand>) -> Self {
        let ceiling = (unit == Unit::Percent).then_some(100.0);
        Self { title, unit, strands, absent: Absent::Gap, ceiling, note: "" }
    }

    /// Says that CloudWatch writes nothing where there was nothing to count.
    pub fn zero_where_absent(mut self) -> Self {
        self.absent = Absent::Zero;
        self
    }

    /// Namespace, name, statistic and dimensions of each line, for tests.
    #[cfg(test)]
    pub fn spelled(&self) -> Vec<String> {
        let spelled = |Strand { metric, .. }: &Strand| {
            let dimensions: Vec<String> = metric.dimensions.iter().map(|(n, value)| format!("{n}={value}")).collect();
            format!("{} {} {} {}", metric.namespace, metric.name, metric.stat, dimensions.join(","))
        };
        self.strands.iter().map(spelled).collect()
    }

    pub fn ceiling(mut self, ceiling: Option<f64>) -> Self {
        self.ceiling = ceiling;
        self
    }

    /// A scale of its own: a percentage that is small while it is well.
    pub fn free(self) -> Self {
        self.ceiling(None)
    }

    pub fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }
}

/// Which of several values is the one to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worst {
    Highest,
    Lowest,
}

/// What one sees of a resource at a glance: one number over time. Of several metrics (one a node)
/// the worst is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct SparklineMetric {
    pub unit: Unit,
    pub absent: Absent,
    pub worst: Worst,
    /// Up to where its scale reaches at least, in drawn values.
    pub ceiling: Option<f64>,
    pub metrics: Vec<Metric>,
}

/// Metrics of which a glance is made at most: CloudWatch bills them one by one.
const METRICS: usize = 40;

impl SparklineMetric {
    /// `None` without a metric.
    pub fn of(unit: Unit, worst: Worst, mut metrics: Vec<Metric>) -> Option<Self> {
        metrics.truncate(METRICS);
        let ceiling = (unit == Unit::Percent).then_some(100.0);
        (!metrics.is_empty()).then_some(Self { unit, absent: Absent::Gap, worst, ceiling, metrics })
    }

    pub fn zero_where_absent(mut self) -> Self {
        self.absent = Absent::Zero;
        self
    }

    /// A scale up to this at least: what is small while all is well must not look great.
    pub fn scaled_to(mut self, least: f64) -> Self {
        self.ceiling = Some(least);
        self
    }

    /// The points in a window, the worst of all metrics at each time, sums as rates. `None` while
    /// nothing was read.
    pub fn points(&self, readings: &Readings, window: Window) -> Option<Series> {
        let told = || self.metrics.iter().filter_map(|metric| readings.series(metric, window));
        let period = told().next()?.period;
        Some(self.worst_of(told().flat_map(|series| &series.points), period))
    }

    /// As [`SparklineMetric::points`], with what is remembered from before the window.
    pub fn points_and_past(&self, readings: &Readings, window: Window) -> Option<Series> {
        let told = || self.metrics.iter().filter_map(|metric| readings.series(metric, window));
        let period = told().next()?.period;
        let past = self.metrics.iter().flat_map(|metric| readings.past(metric, window));
        Some(self.worst_of(past.chain(told().flat_map(|series| &series.points)), period))
    }

    fn worst_of<'a>(&self, all: impl Iterator<Item = &'a (Timestamp, f64)>, period: u32) -> Series {
        let mut points: Vec<(Timestamp, f64)> = Vec::new();
        let mut all: Vec<(Timestamp, f64)> = all.map(|(at, value)| (*at, self.unit.drawn(*value, period))).collect();
        all.sort_by_key(|(at, _)| *at);
        for (at, value) in all {
            match points.last_mut() {
                Some((last, kept)) if *last == at => {
                    *kept = match self.worst {
                        Worst::Highest => kept.max(value),
                        Worst::Lowest => kept.min(value),
                    }
                }
                _ => points.push((at, value)),
            }
        }
        Series { points, period }
    }

    /// Values of `columns` stretches of a window, oldest first; `None` is a gap.
    pub fn trend(&self, readings: &Readings, window: Window, now: Timestamp, columns: usize) -> Vec<Option<f64>> {
        let Some(series) = self.points(readings, window) else { return vec![None; columns] };
        let (_, end) = window.bounds(now);
        // One point a column where there are more points than columns: the newest are the ones to see.
        let period = i64::from(series.period.max(1));
        let span = i64::try_from(window.range.length().as_secs()).unwrap_or(0);
        let each = (span / period / i64::try_from(columns.max(1)).unwrap_or(1)).max(1) * period;
        let columns = i64::try_from(columns).unwrap_or(0);
        let value = |column: i64| {
            let (from, to) = (end - (columns - column) * each, end - (columns - column - 1) * each);
            let within = |at: &Timestamp| at.as_second() >= from && at.as_second() < to;
            let values = series.points.iter().filter(|(at, _)| within(at)).map(|(_, value)| *value);
            let worst = match self.worst {
                Worst::Highest => values.reduce(f64::max),
                Worst::Lowest => values.reduce(f64::min),
            };
            worst.or((self.absent == Absent::Zero).then_some(0.0))
        };
        (0..columns).map(value).collect()
    }

    /// The newest value.
    pub fn last(&self, readings: &Readings, window: Window, now: Timestamp) -> Option<f64> {
        let series = self.points(readings, window)?;
        series.last(now, PATIENCE).or((self.absent == Absent::Zero).then_some(0.0))
    }
}

/// Periods after which a point is no longer "now": CloudWatch is some minutes late.
pub const PATIENCE: u32 = 6;

/// What a row shows: the last hour.
pub const ROW: Window = WATCHED;

/// Columns of a row's sparkline.
pub const SPARK: usize = 8;

/// A glance as the cell of a table: the last value behind a sparkline, sorted by the value.
pub fn cell(glance: Option<SparklineMetric>, look: RenderContext) -> Cell {
    let Some(glance) = glance else { return Cell::nothing() };
    let told = glance.metrics.iter().filter_map(|metric| look.readings.of(metric, ROW)?.at()).max();
    let Some(read) = told else { return Cell::nothing() };
    let Some(last) = glance.last(look.readings, ROW, look.now) else { return Cell::nothing() };
    let is_old = look.now.as_second() - read.as_second() > OLD;
    let tone = if is_old { Tone::Dim } else { Tone::Plain };
    let trend = glance.trend(look.readings, ROW, look.now, SPARK);
    let highest = trend.iter().flatten().copied().fold(glance.ceiling.unwrap_or(0.0), f64::max);
    let scale = |value: f64| if highest > 0.0 { (value / highest).clamp(0.0, 1.0) as f32 } else { 0.0 };
    let trend = trend.into_iter().map(|value| value.map(scale)).collect();
    Cell::number(last, glance.unit.brief(last), tone).with_trend(trend)
}

/// Seconds after which what was read of a row is shown as old.
const OLD: i64 = 180;

type ErasedGlance = Box<dyn Fn(&dyn Resource, &Readings) -> Option<SparklineMetric> + Send + Sync>;

/// One of the golden signals of a layer.
pub struct Signal {
    /// `CPU`, `p99`.
    pub title: &'static str,
    glance: ErasedGlance,
}

impl Signal {
    pub fn of<T: Resource>(title: &'static str, glance: fn(&T, &Readings) -> Option<SparklineMetric>) -> Self {
        let glance: ErasedGlance =
            Box::new(move |r, readings| crate::domain::resource::cast::<T>(r).and_then(|r| glance(r, readings)));
        Self { title, glance }
    }

    pub fn glance(&self, resource: &dyn Resource, readings: &Readings) -> Option<SparklineMetric> {
        (self.glance)(resource, readings)
    }
}

type Member = Box<dyn Fn(&dyn Resource) -> bool + Send + Sync>;

/// Resources that stand at one place on the way of a request, with what tells how they are.
pub struct Layer {
    /// From the edge inwards, 0 is where requests come in.
    pub place: u8,
    pub title: &'static str,
    pub signals: Vec<Signal>,
    /// Whether a resource is part of it.
    member: Member,
}

impl Layer {
    pub fn of<T: Resource>(place: u8, title: &'static str, member: fn(&T) -> bool, signals: Vec<Signal>) -> Self {
        let member = Box::new(move |r: &dyn Resource| crate::domain::resource::cast::<T>(r).is_some_and(member));
        Self { place, title, signals, member }
    }

    pub fn has(&self, resource: &dyn Resource) -> bool {
        (self.member)(resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::metric::Reading;

    #[test]
    fn numbers_are_written_in_their_unit() {
        for (unit, value, words, brief) in [
            (Unit::Percent, 81.3, "81 %", "81%"),
            (Unit::Percent, 0.04, "0.04 %", "0.04%"),
            (Unit::Percent, 9.96, "10 %", "10%"),
            (Unit::Bytes, 1_288_490_188.8, "1.2 GiB", "1.2G"),
            (Unit::Bytes, 1023.9, "1 KiB", "1K"),
            (Unit::Bytes, 0.0, "0 B", "0B"),
            (Unit::Seconds, 0.0041, "4.1 ms", "4.1ms"),
            (Unit::Seconds, 0.000_25, "250 µs", "250µs"),
            (Unit::Seconds, 3.0, "3 s", "3s"),
            (Unit::Milliseconds, 21.0, "21 ms", "21ms"),
            (Unit::Count, 12_400.0, "12k", "12k"),
            (Unit::PerSecond, 320.0, "320/s", "320/s"),
            (Unit::BytesPerSecond, 2048.0, "2 KiB/s", "2K/s"),
        ] {
            assert_eq!((unit.words(value).as_str(), unit.brief(value).as_str()), (words, brief), "{unit:?} {value}");
        }
    }

    #[test]
    fn a_sum_becomes_a_rate_by_its_period() {
        assert_eq!(Unit::PerSecond.drawn(600.0, 60), 10.0);
        assert_eq!(Unit::PerSecond.drawn(600.0, 300), 2.0);
        assert_eq!(Unit::Percent.drawn(60.0, 300), 60.0);
    }

    #[test]
    fn of_several_nodes_the_worst_is_seen_and_a_gap_stays_a_gap() {
        let now: Timestamp = "2026-11-21T02:14:07Z".parse().unwrap();
        let metrics: Vec<Metric> =
            ["a", "b"].map(|node| Metric::new("AWS/ElastiCache", "CacheHitRate", "Average", &[("x", node)])).into();
        let at = |back: i64| Timestamp::from_second(ROW.bounds(now).1 - back * 60).unwrap();
        let mut readings = Readings::default();
        for (metric, points) in metrics.iter().zip([vec![(at(3), 90.0), (at(1), 97.0)], vec![(at(1), 60.0)]]) {
            let series = Ok(Series { points, period: 60 });
            readings.accept(vec![Reading { metric: metric.clone(), window: ROW, series }], now);
        }
        let glance = SparklineMetric::of(Unit::Percent, Worst::Lowest, metrics).unwrap();
        assert_eq!(glance.last(&readings, ROW, now), Some(60.0));
        let trend = glance.trend(&readings, ROW, now, 60);
        assert_eq!(trend[56..], [None, Some(90.0), None, Some(60.0)]);
        assert_eq!(glance.clone().zero_where_absent().trend(&readings, ROW, now, 60)[56], Some(0.0));
        let told = cell(Some(glance), RenderContext { readings: &readings, ..RenderContext::at(now) });
        assert_eq!((told.text.as_str(), told.sort), ("60%", super::super::cell::SortKey::Number(60.0)));
        assert_eq!(told.trend.len(), SPARK);
    }
}
