//! Counts events over time, of all levels and of errors, and finds the times that stand out.

use std::collections::VecDeque;

use super::level::Level;

/// The bounds of a [`Histogram`].
#[derive(Debug, Clone, Copy)]
pub struct HistogramLimits {
    /// The width of a bucket, in milliseconds.
    pub bucket_ms: i64,
    /// The most buckets: with `bucket_ms`, the window that is kept.
    pub buckets: usize,
    /// How far ahead of the clock an event may be, in milliseconds, to be counted in its place.
    /// CloudWatch takes events up to two hours ahead.
    pub ahead_ms: i64,
}

impl Default for HistogramLimits {
    /// A day of seconds, in 700 KB.
    fn default() -> Self {
        Self { bucket_ms: 1_000, buckets: 86_400, ahead_ms: 60_000 }
    }
}

/// How many events there were.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub all: u32,
    /// Those of level error or fatal.
    pub errors: u32,
}

/// The counts of one column of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Where it begins: milliseconds since 1970.
    pub from: i64,
    pub count: Count,
}

/// Columns of one width, without gaps between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// Milliseconds.
    pub width_ms: i64,
    pub list: Vec<Column>,
}

/// Which of its counts makes a column stand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    All,
    Errors,
}

/// The counts of a window that moves with the clock. Events that were evicted or filtered stay
/// counted: it tells what was logged, not what is held.
#[derive(Debug, Default)]
pub struct Histogram {
    limits: HistogramLimits,
    /// The number of the first bucket since 1970.
    first: i64,
    counts: VecDeque<Count>,
    /// Events that are not in the window.
    outside: u64,
}

impl Histogram {
    pub fn new(limits: HistogramLimits) -> Self {
        let limits = HistogramLimits { bucket_ms: limits.bucket_ms.max(1), buckets: limits.buckets.max(1), ..limits };
        Self { limits, ..Self::default() }
    }

    /// Counts an event. `now` bounds the window, which an event with a wrong time cannot move.
    pub fn add(&mut self, at: i64, level: Option<Level>, now: i64) {
        let bucket = self.bucket(at);
        let end = self.bucket(now.saturating_add(self.limits.ahead_ms)).saturating_add(1);
        let start = end.saturating_sub(self.limits.buckets as i64);
        if bucket < start || bucket >= end {
            self.outside += 1;
            return;
        }
        self.drop_before(start);
        if self.counts.is_empty() {
            self.first = bucket;
        }
        while bucket < self.first {
            self.counts.push_front(Count::default());
            self.first -= 1;
        }
        let index = (bucket - self.first) as usize;
        if index >= self.counts.len() {
            self.counts.resize(index + 1, Count::default());
        }
        let count = &mut self.counts[index];
        count.all = count.all.saturating_add(1);
        count.errors = count.errors.saturating_add(u32::from(level >= Some(Level::Error)));
    }

    fn drop_before(&mut self, bucket: i64) {
        let dead = bucket.saturating_sub(self.first).clamp(0, self.counts.len() as i64);
        self.counts.drain(..dead as usize);
        self.first += dead;
    }

    fn bucket(&self, at: i64) -> i64 {
        at.div_euclid(self.limits.bucket_ms)
    }

    pub fn outside(&self) -> u64 {
        self.outside
    }

    /// The times between which something was counted: milliseconds since 1970.
    pub fn span(&self) -> Option<(i64, i64)> {
        let end = self.first + self.counts.len() as i64;
        (!self.counts.is_empty()).then_some((self.first * self.limits.bucket_ms, end * self.limits.bucket_ms))
    }

    /// At most `most` columns that cover the time from `from` to before `to`. They begin at
    /// multiples of their width, so that they keep their shape while the window moves.
    pub fn columns(&self, from: i64, to: i64, most: usize) -> Columns {
        let bucket_ms = self.limits.bucket_ms;
        if to <= from || most == 0 {
            return Columns { width_ms: bucket_ms, list: Vec::new() };
        }
        let (first, last) = (self.bucket(from), self.bucket(to - 1));
        if most == 1 {
            let width_ms = (last - first + 1) * bucket_ms;
            return Columns {
                width_ms,
                list: vec![Column { from: first * bucket_ms, count: self.sum(first, last + 1) }],
            };
        }
        // With this step, aligned columns are never one too many.
        let step = (last - first + most as i64 - 2) / (most as i64 - 1);
        let step = step.max(1);
        let list = (first.div_euclid(step)..=last.div_euclid(step)).map(|column| Column {
            from: column * step * bucket_ms,
            count: self.sum(column * step, (column + 1) * step),
        });
        Columns { width_ms: step * bucket_ms, list: list.collect() }
    }

    /// The counts from one bucket to before another.
    fn sum(&self, from: i64, to: i64) -> Count {
        let len = self.counts.len() as i64;
        let index = |bucket: i64| bucket.saturating_sub(self.first).clamp(0, len) as usize;
        let mut sum = Count::default();
        for count in self.counts.range(index(from)..index(to)) {
            sum.all = sum.all.saturating_add(count.all);
            sum.errors = sum.errors.saturating_add(count.errors);
        }
        sum
    }
}

/// Fewer than this are no spike, however quiet the rest is.
const LEAST_SPIKE: u32 = 3;

impl Columns {
    /// The index of the column that holds a time.
    pub fn index(&self, at: i64) -> Option<usize> {
        let first = self.list.first()?.from;
        let index = usize::try_from((at - first).div_euclid(self.width_ms)).ok()?;
        (index < self.list.len()).then_some(index)
    }

    /// The indexes of the columns that stand out: those above the median by three standard
    /// deviations, as the median deviation tells them, and at least twice the median. Both are
    /// robust, so a spike does not hide another.
    pub fn spikes(&self, measure: Measure) -> Vec<usize> {
        let values: Vec<u32> = self.list.iter().map(|column| column.count.of(measure)).collect();
        let middle = median(values.clone());
        let spread = median(values.iter().map(|value| value.abs_diff(middle)).collect());
        // 1.4826 median deviations are a standard deviation where values are spread normally.
        let above = f64::from(middle) + 3.0 * 1.4826 * f64::from(spread);
        let stands_out =
            |value: u32| value >= LEAST_SPIKE && f64::from(value) > above && value >= middle.saturating_mul(2);
        values.iter().enumerate().filter(|(_, value)| stands_out(**value)).map(|(i, _)| i).collect()
    }

    /// The next column behind `index` that stands out, or the last before it.
    pub fn next_spike(&self, index: usize, is_forth: bool, measure: Measure) -> Option<usize> {
        let (before, behind): (Vec<_>, Vec<_>) = self.spikes(measure).into_iter().partition(|spike| *spike <= index);
        if is_forth { behind.first().copied() } else { before.into_iter().rfind(|spike| *spike < index) }
    }
}

impl Count {
    pub fn of(&self, measure: Measure) -> u32 {
        match measure {
            Measure::All => self.all,
            Measure::Errors => self.errors,
        }
    }
}

fn median(mut values: Vec<u32>) -> u32 {
    let middle = values.len() / 2;
    if values.is_empty() { 0 } else { *values.select_nth_unstable(middle).1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_800_000_000_000;

    #[test]
    fn columns_keep_their_shape_while_the_window_moves() {
        let mut histogram = Histogram::default();
        for i in 0..600 {
            histogram.add(NOW - i * 1_000, Some(if i % 100 == 0 { Level::Error } else { Level::Info }), NOW);
        }
        let columns = histogram.columns(NOW - 599_000, NOW + 1, 60);
        assert!(columns.list.len() <= 60 && columns.width_ms >= 10_000);
        let sum = |columns: &Columns| columns.list.iter().map(|c| c.count.all).sum::<u32>();
        assert_eq!(sum(&columns), 600);
        assert_eq!(columns.list.iter().map(|c| c.count.errors).sum::<u32>(), 6);
        let later = histogram.columns(NOW - 598_000, NOW + 1_001, 60);
        assert_eq!(later.list[1], columns.list[1]);
        assert_eq!(columns.index(columns.list[7].from + 1), Some(7));
        assert_eq!(columns.index(NOW - 999_000), None);
    }

    #[test]
    fn a_wrong_time_cannot_move_the_window() {
        let mut histogram = Histogram::default();
        histogram.add(NOW, None, NOW);
        histogram.add(NOW * 2, None, NOW);
        histogram.add(0, None, NOW);
        histogram.add(i64::MIN, None, NOW);
        assert_eq!((histogram.outside(), histogram.counts.len()), (3, 1));
        histogram.add(NOW + 90_000_000, None, NOW + 90_000_000);
        assert_eq!(histogram.span(), Some((NOW + 90_000_000, NOW + 90_001_000)));
    }

    #[test]
    fn spikes_stand_out() {
        let list = [4, 5, 6, 5, 30, 5, 4, 6, 5, 25, 5].iter().zip(0..);
        let list = list.map(|(all, i)| Column { from: i * 1000, count: Count { all: *all, errors: 0 } }).collect();
        let columns = Columns { width_ms: 1000, list };
        assert_eq!(columns.spikes(Measure::All), [4, 9]);
        assert_eq!(columns.next_spike(4, true, Measure::All), Some(9));
        assert_eq!(columns.next_spike(4, false, Measure::All), None);
        assert_eq!(columns.spikes(Measure::Errors), [0; 0]);
    }

    proptest! {
        #[test]
        fn every_event_is_counted_once(
            offsets in prop::collection::vec(-300_000i64..100_000, 0..200),
            most in 1usize..50,
        ) {
            let limits = HistogramLimits { buckets: 120, ..HistogramLimits::default() };
            let mut histogram = Histogram::new(limits);
            for offset in &offsets {
                histogram.add(NOW + offset, None, NOW);
                prop_assert!(histogram.counts.len() <= 120);
            }
            if let Some((from, to)) = histogram.span() {
                let columns = histogram.columns(from, to, most);
                prop_assert!(columns.list.len() <= most);
                let counted: u64 = columns.list.iter().map(|c| u64::from(c.count.all)).sum();
                prop_assert_eq!(counted + histogram.outside(), offsets.len() as u64);
            }
        }
    }
}
