//! Numbers over time as CloudWatch keeps them, and which of them are wanted.

use std::time::Duration;

use jiff::Timestamp;

use super::fault::Fault;
use super::text::Text;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Range {
    M15,
    H1,
    H3,
    H12,
    D1,
    D7,
}

impl Range {
    pub const ALL: [Self; 6] = [Self::M15, Self::H1, Self::H3, Self::H12, Self::D1, Self::D7];

    /// As it is chosen and shown: `15m`.
    pub fn word(self) -> &'static str {
        match self {
            Self::M15 => "15m",
            Self::H1 => "1h",
            Self::H3 => "3h",
            Self::H12 => "12h",
            Self::D1 => "24h",
            Self::D7 => "7d",
        }
    }

    pub fn length(self) -> Duration {
        Duration::from_secs(
            60 * match self {
                Self::M15 => 15,
                Self::H1 => 60,
                Self::H3 => 180,
                Self::H12 => 720,
                Self::D1 => 1_440,
                Self::D7 => 10_080,
            },
        )
    }

    /// Seconds of a point: the source's own resolution where a screen can show it, and never more
    /// points than some hundred. CloudWatch keeps points of a minute for 15 days.
    pub fn period(self) -> u32 {
        match self {
            Self::M15 | Self::H1 | Self::H3 => 60,
            Self::H12 | Self::D1 => 300,
            Self::D7 => 3_600,
        }
    }
}

/// Which points are wanted: the newest of a range, or those of the same time a day before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    pub range: Range,
    /// Whole days back.
    pub days_back: u8,
}

/// The points of a metric in a window. A time without a point is a gap and no zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Oldest first; the time is the beginning of the period.
    pub points: Vec<(Timestamp, f64)>,
    /// Seconds of a point.
    pub period: u32,
}

/// What was told of one metric of a [`super::query::Query::Metrics`].
#[derive(Clone, Debug)]
pub struct Reading {
    pub metric: Metric,
    pub window: Window,
    pub series: Result<Series, Fault>,
}
