//! The charts of an alarm: what it looks at.

use super::wording::{metric_words, unit};
use crate::domain::alarm::Alarm;
use crate::domain::metric::{Metric, Readings};
use crate::kinds::metric::{Graph, Strand};

/// One chart for each metric, in the numbers of its threshold.
pub fn graphs(alarm: &Alarm, _: &Readings) -> Vec<Graph> {
    let graph = |metric: &Metric| {
        Graph::new("Watched", unit(metric), vec![Strand::new(metric_words(metric), metric.clone())]).free()
    };
    alarm.watched.metrics().iter().map(graph).collect()
}
