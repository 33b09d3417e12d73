//! What CloudWatch would tell of distributions.

use crate::demo::prelude::*;

use super::super::services::BOOKING;

/// What a metric of CloudFront tells; `None` for others.
pub fn curve<'a>(estate: &'a Estate, metric: &'a Metric, by: &[(&'a str, &'a str)]) -> Option<Curve<'a>> {
    match (metric.namespace.as_str(), by) {
        ("AWS/CloudFront", [("DistributionId", id), ("Region", "Global")]) => {
            let id = *id;
            let chance = Chance::of(id);
            Some(Box::new(move |at| of_distribution(estate, (id, chance), metric, at)))
        }
        _ => None,
    }
}

fn of_distribution(estate: &Estate, (id, chance): (&str, Chance), metric: &Metric, at: i64) -> Option<f64> {
    let is_web = estate.distributions().origin_of(id)? == "web";
    let felt = if is_web { estate.memory.unserved(BOOKING, at) } else { 0.0 };
    let requests = (220.0 + 160.0 * chance.own) * day(at) * (1.0 + 0.05 * chance.noise(at));
    // The additional metrics, which are billed, are on for the site and off for the tiles.
    Some(match metric.name.as_str() {
        "Requests" => requests,
        "BytesDownloaded" => requests * 21_000.0,
        "4xxErrorRate" => 0.9 + 0.2 * chance.noise(at),
        "5xxErrorRate" => (0.03 + 0.02 * chance.noise(at) + 6.4 * felt).max(0.0),
        "CacheHitRate" if is_web => 91.0 + chance.noise(at) - 4.0 * felt,
        "OriginLatency" if is_web && metric.stat == "p99" => 310.0 + 30.0 * chance.noise(at) + 1_400.0 * felt,
        "OriginLatency" if is_web => 74.0 + 9.0 * chance.noise(at) + 210.0 * felt,
        _ => return None,
    })
}
