//! The course of a number that was read, and since when it is on the wrong side of a threshold.

use crate::domain::Timestamp;
use crate::domain::fault::Fault;
use crate::domain::format;
use crate::domain::health::Health;
use crate::domain::metric::{Range, Series, Window};
use crate::kinds::metric::{Absent, PATIENCE, SparklineMetric, Unit};

use super::rule::{Evidence, Found, RuleInput, Verdict};

/// Seconds after which a reading tells nothing about now: some of the periods that CloudWatch is late
/// by, and of the rounds in which it is read.
const STALE: i64 = 600;

/// Seconds for which a count that is not there may still come: CloudWatch is late by some minutes, and not
/// equally with all.
const SETTLED: i64 = 180;

/// Ranges whose points are fine enough, the best first: an hour has room for what was usual before.
const RANGES: [Range; 5] = [Range::H1, Range::H3, Range::M15, Range::H12, Range::D1];

/// Why a number is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody has read it, or not for long.
    NotRead,
    Failed(Fault),
    /// It was read, and CloudWatch has no newer points of it.
    Silent,
    /// AWS tells nobody, for this reason.
    Untold(&'static str),
}

/// A number that is not known. Unknown is not well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// `free storage of databases`.
    pub what: &'static str,
    pub why: Why,
}

/// The points of a number over time, the newest of them fresh.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// Oldest first, as drawn: sums are rates.
    points: Vec<(Timestamp, f64)>,
    period: u32,
    unit: Unit,
}

/// A number on the wrong side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossed {
    /// The first of the points that are there without a break. A later one where the window begins with it.
    pub since: Timestamp,
    pub value: f64,
    /// Of the newest point.
    pub at: Timestamp,
}

/// The newest reading of a glance.
///
/// # Errors
/// Why there is none.
pub fn trend(glance: Option<SparklineMetric>, seen: &RuleInput, what: &'static str) -> Result<Trend, Unseen> {
    let unseen = |why| Unseen { what, why };
    let glance = glance.ok_or(unseen(Why::NotRead))?;
    if let Some(asked) = seen.asked {
        asked.borrow_mut().extend(glance.metrics.iter().cloned());
    }
    let readings = seen.context.readings();
    let read = |window: Window| {
        let at = glance.metrics.iter().filter_map(|metric| readings.of(metric, window)?.at()).max();
        at.filter(|at| format::seconds_since(*at, seen.now) <= STALE)
    };
    let windows = RANGES.map(Window::newest);
    let Some(window) = windows.into_iter().find(|window| read(*window).is_some()) else {
        let faults = windows.iter().flat_map(|w| glance.metrics.iter().filter_map(|m| readings.of(m, *w)?.fault()));
        return Err(unseen(faults.last().map_or(Why::NotRead, |fault| Why::Failed(fault.clone()))));
    };
    let series = glance.points_and_past(readings, window).unwrap_or_default();
    let points = match glance.absent {
        Absent::Gap if series.last(seen.now, PATIENCE).is_none() => return Err(unseen(Why::Silent)),
        Absent::Gap => series.points,
        Absent::Zero => filled(&series, window.bounds(read(window).unwrap_or(seen.now))),
    };
    Ok(Trend { points, period: window.range.period(), unit: glance.unit })
}

/// The points with a zero wherever nothing was counted, up to the last that was told or is settled.
fn filled(series: &Series, (from, to): (i64, i64)) -> Vec<(Timestamp, f64)> {
    let period = i64::from(series.period.max(1));
    let told = series.points.last().map_or(from, |(at, _)| at.as_second() + 1);
    let from = series.points.first().map_or(from, |(at, _)| at.as_second().min(from));
    let times = (from..told.max(to - SETTLED)).step_by(usize::try_from(period).unwrap_or(60));
    times.filter_map(|at| Some((Timestamp::from_second(at).ok()?, series.at(at).unwrap_or(0.0)))).collect()
}

/// What is found of one number, while it is on the wrong side: `names` are what it is for people and for AWS, and
/// `say` is given its value in words and as drawn. A resource without such a number has nothing wrong with it.
pub fn crossing(
    number: Option<SparklineMetric>,
    input: &RuleInput,
    names: (&'static str, &str),
    is_bad: impl Fn(f64) -> bool,
    say: impl FnOnce(&str, f64) -> String,
) -> Verdict {
    let Some(number) = number else { return Ok(None) };
    let trend = trend(Some(number), input, names.0)?;
    Ok(trend.crossed(is_bad).map(|crossed| {
        let what = say(&trend.words(crossed.value), crossed.value);
        trend.found(names.1, crossed, what)
    }))
}

impl Trend {
    /// Since when it is bad, if it is. Two points in a row make it so, and two in a row end it: what
    /// hovers at a threshold neither comes nor goes with every look. A gap ends what was before it.
    pub fn crossed(&self, bad: impl Fn(f64) -> bool) -> Option<Crossed> {
        let gap = i64::from(self.period) * i64::from(PATIENCE);
        let (mut since, mut last): (Option<Timestamp>, Option<(Timestamp, bool)>) = (None, None);
        for (at, value) in &self.points {
            let is_bad = bad(*value);
            match last.filter(|(before, _)| format::seconds_since(*before, *at) <= gap) {
                Some((before, was)) if was == is_bad => since = is_bad.then(|| since.unwrap_or(before)),
                Some(_) => {}
                None => since = None,
            }
            last = Some((*at, is_bad));
        }
        let (at, value) = *self.points.last()?;
        Some(Crossed { since: since?, value, at })
    }

    /// The middle of all that was before a moment; `None` with fewer than five points.
    pub fn usual(&self, before: Timestamp) -> Option<f64> {
        let mut values: Vec<f64> = self.points.iter().filter(|(at, _)| *at < before).map(|(_, v)| *v).collect();
        values.sort_by(f64::total_cmp);
        (values.len() >= 5).then(|| values[values.len() / 2])
    }

    /// What a fifth of all points reach: what was usual, for a number that has fallen.
    pub fn high(&self) -> Option<f64> {
        let mut values: Vec<f64> = self.points.iter().map(|(_, value)| *value).collect();
        values.sort_by(f64::total_cmp);
        (values.len() >= 10).then(|| values[values.len() * 4 / 5])
    }

    /// This by another, point for point; where that is nothing there is no point.
    pub fn by(&self, other: &Self) -> Self {
        let whole = |at: &Timestamp| other.at(*at).filter(|whole| *whole > 0.0);
        let points = self.points.iter().filter_map(|(at, value)| Some((*at, value / whole(at)?))).collect();
        Self { points, ..*self }
    }

    /// Each point times a number.
    pub fn times(mut self, factor: f64) -> Self {
        self.points.iter_mut().for_each(|(_, value)| *value *= factor);
        self
    }

    /// A value in its unit.
    pub fn words(&self, value: f64) -> String {
        self.unit.words(value)
    }

    pub fn newest(&self) -> Option<(Timestamp, f64)> {
        self.points.last().copied()
    }

    /// The value of that time.
    pub fn at(&self, moment: Timestamp) -> Option<f64> {
        let place = self.points.binary_search_by_key(&moment, |(at, _)| *at).ok()?;
        Some(self.points[place].1)
    }

    /// One number on the wrong side, as a finding: what AWS calls it, what it is, and what it was before.
    pub fn found(&self, field: &str, crossed: Crossed, what: String) -> Found {
        let usual = self.usual(crossed.since).map(|usual| Evidence::new("before", self.words(usual), None));
        let told = Evidence::new(field, self.words(crossed.value), Some(crossed.at));
        Found::new(Health::Degraded, what, Some(crossed.since)).evidence([told]).evidence(usual)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[f64]) -> Trend {
        let at = |i: usize| Timestamp::from_second(60 * i as i64).unwrap();
        let points = values.iter().enumerate().map(|(i, value)| (at(i), *value)).collect();
        Trend { points, period: 60, unit: Unit::Percent }
    }

    fn since(values: &[f64]) -> Option<i64> {
        of(values).crossed(|value| value > 90.0).map(|crossed| crossed.since.as_second() / 60)
    }

    #[test]
    fn two_points_begin_it_and_two_end_it() {
        assert_eq!(since(&[95.0]), None, "one look is none");
        assert_eq!(since(&[10.0, 95.0]), None);
        assert_eq!(since(&[10.0, 95.0, 96.0]), Some(1));
        assert_eq!(since(&[10.0, 95.0, 96.0, 89.0]), Some(1), "one good point does not end it");
        assert_eq!(since(&[10.0, 95.0, 96.0, 89.0, 91.0, 89.0]), Some(1), "nor do many that hover");
        assert_eq!(since(&[10.0, 95.0, 96.0, 89.0, 88.0]), None);
        assert_eq!(since(&[95.0, 96.0, 50.0, 50.0, 95.0, 97.0]), Some(4), "it begins anew");
        assert_eq!(since(&[]), None);
    }

    #[test]
    fn what_was_before_a_gap_tells_nothing() {
        let mut trend = of(&[95.0, 96.0, 97.0]);
        let later = Timestamp::from_second(60 * 30).unwrap();
        trend.points.push((later, 95.0));
        assert_eq!(trend.crossed(|value| value > 90.0), None);
        assert_eq!(trend.usual(later), None, "three points are not usual");
        assert_eq!(of(&[1.0, 9.0, 2.0, 3.0, 4.0, 50.0]).usual(Timestamp::from_second(300).unwrap()), Some(3.0));
    }

    #[test]
    fn a_count_that_may_still_come_is_no_zero() {
        let at = |minute: i64| Timestamp::from_second(60 * minute).unwrap();
        let filled = |points: &[i64]| -> Vec<f64> {
            let points = points.iter().map(|minute| (at(*minute), 5.0)).collect();
            filled(&Series { points, period: 60 }, (0, 600)).iter().map(|(_, value)| *value).collect()
        };
        assert_eq!(filled(&[]), [0.0; 7], "three minutes may still be told");
        assert_eq!(filled(&[1, 4]), [0.0, 5.0, 0.0, 0.0, 5.0, 0.0, 0.0]);
        assert_eq!(filled(&[8]).len(), 9, "as far as was told");
    }

    #[test]
    fn a_share_has_no_point_where_there_is_no_whole() {
        let share = of(&[1.0, 1.0, 2.0]).by(&of(&[10.0, 0.0, 4.0])).times(100.0);
        assert_eq!(share.points.iter().map(|(_, v)| *v).collect::<Vec<_>>(), [10.0, 50.0]);
    }

    proptest! {
        #[test]
        fn one_more_point_alone_never_turns_it(values in prop::collection::vec(0.0..100.0, 2..40), hover in 0.0..100.0) {
            let is = |values: &[f64]| since(values).is_some();
            // The last two agree, so one that differs leaves it as it is.
            let mut told = values.clone();
            told.push(*values.last().unwrap());
            let before = is(&told);
            told.push(hover);
            let agrees = (hover > 90.0) == (*values.last().unwrap() > 90.0);
            prop_assert_eq!(is(&told), before, "agrees: {}", agrees);
        }
    }
}
