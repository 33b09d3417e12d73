//! The metrics of a distribution. CloudFront writes them in us-east-1, with the Region `Global`
//! (CloudFront guide, "Monitoring").

use crate::domain::distribution::Distribution;
use crate::domain::metric::{Metric, Readings};
use crate::kinds::metric::{Graph, Layer, Signal, SparklineMetric, Strand, Unit, Worst};

fn metric(distribution: &Distribution, name: &str, stat: &str) -> Metric {
    let dimensions = [("DistributionId", distribution.name.as_str()), ("Region", "Global")];
    Metric::new("AWS/CloudFront", name, stat, &dimensions)
}

/// Percent of requests that fail which fill a row's scale: an error rate is small while all is well.
const BAD: f64 = 2.0;

pub fn errors(distribution: &Distribution) -> Option<SparklineMetric> {
    let glance =
        SparklineMetric::of(Unit::Percent, Worst::Highest, vec![metric(distribution, "5xxErrorRate", "Average")]);
    glance.map(|glance| glance.scaled_to(BAD))
}

/// Answers that are no answer of the origin: it refused, broke off, or took too long.
pub fn origin_errors(distribution: &Distribution) -> Option<SparklineMetric> {
    let rates = ["502ErrorRate", "504ErrorRate"].map(|name| metric(distribution, name, "Average"));
    SparklineMetric::of(Unit::Percent, Worst::Highest, rates.to_vec())
}

pub fn origin_latency(distribution: &Distribution) -> Option<SparklineMetric> {
    SparklineMetric::of(Unit::Milliseconds, Worst::Highest, vec![metric(distribution, "OriginLatency", "p99")])
}

pub fn graphs(distribution: &Distribution, _: &Readings) -> Vec<Graph> {
    let strand = |label: &str, name: &str, stat: &str| Strand::new(label, metric(distribution, name, stat));
    let rates = vec![strand("5xx", "5xxErrorRate", "Average"), strand("4xx", "4xxErrorRate", "Average")];
    let extra = "off; CloudFront bills it as an extra";
    vec![
        Graph::new("Errors", Unit::Percent, rates).free(),
        Graph::new(
            "Origin errors",
            Unit::Percent,
            vec![strand("502", "502ErrorRate", "Average"), strand("504", "504ErrorRate", "Average")],
        )
        .free()
        .note(extra),
        Graph::new("Requests", Unit::PerSecond, vec![strand("", "Requests", "Sum")]),
        Graph::new("Sent", Unit::BytesPerSecond, vec![strand("", "BytesDownloaded", "Sum")]),
        Graph::new("Hit rate", Unit::Percent, vec![strand("", "CacheHitRate", "Average")]).note(extra),
        Graph::new(
            "Origin latency",
            Unit::Milliseconds,
            vec![strand("p50", "OriginLatency", "p50"), strand("p99", "OriginLatency", "p99")],
        )
        .note(extra),
    ]
}

pub fn layer() -> Layer {
    Layer::of::<Distribution>(
        0,
        "CDN",
        |_| true,
        vec![
            Signal::of("5xx", |distribution: &Distribution, _: &Readings| errors(distribution)),
            Signal::of("4xx", |distribution: &Distribution, _: &Readings| {
                let rate = vec![metric(distribution, "4xxErrorRate", "Average")];
                Some(SparklineMetric::of(Unit::Percent, Worst::Highest, rate)?.scaled_to(10.0 * BAD))
            }),
            Signal::of("requests", |distribution: &Distribution, _: &Readings| {
                SparklineMetric::of(Unit::PerSecond, Worst::Highest, vec![metric(distribution, "Requests", "Sum")])
            }),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_global_and_asked_for_with_both_dimensions() {
        let graphs = graphs(&super::super::tests::distribution(), &Readings::default());
        for strand in graphs.iter().flat_map(|graph| &graph.strands) {
            assert!(strand.metric.is_global());
            let wanted = [("DistributionId", "E1"), ("Region", "Global")];
            assert_eq!(strand.metric.dimensions, wanted.map(|(name, value)| (name.into(), value.into())));
        }
        assert!(graphs.iter().flat_map(Graph::spelled).any(|line| line.contains(" OriginLatency p99 ")));
    }
}
