//! CDN: the distributions of CloudFront, and the action invalidate. CloudFront is one for all
//! Regions; its API lives in us-east-1 whatever the environment says.

mod actions;
mod columns;
mod health;
mod metrics;
mod rules;
mod tabs;
#[cfg(test)]
mod tests;

use serde_json::Value;

use super::action::Action;
use super::column::Column;
use super::kind::{Address, Bond, Cadence, KindSpec, RenderContext, Role, Upstream};
use super::metric::{Graph, Layer};
use super::rule::Rule;
use super::tab::Tab;
use super::timeline::Trail;
use crate::domain::Timestamp;
use crate::domain::distribution::Distribution;
use crate::domain::health::Diagnosis;
use crate::domain::metric::Readings;
use crate::domain::ops::Op;
use crate::domain::ops::cloudfront;
use crate::domain::resource::KindId;
use crate::domain::target_health::balancer_of;
use crate::domain::text::Text;

pub const DISTRIBUTIONS: KindId = KindId("distributions");

/// The declaration of the kind.
pub struct Distributions;

impl KindSpec for Distributions {
    type Resource = Distribution;

    const ID: KindId = DISTRIBUTIONS;
    const TITLE: &str = "CDN";
    const NOUN: &str = "distribution";
    const SYNONYMS: &str = "cdn cloudfront distribution";
    const CADENCE: Cadence = Cadence::of_seconds(10, 60, 300, 20);
    const READS: &[Op] = &[
        cloudfront::LIST_DISTRIBUTIONS,
        cloudfront::GET_DISTRIBUTION,
        cloudfront::LIST_INVALIDATIONS,
        cloudfront::GET_INVALIDATION,
        cloudfront::LIST_TAGS_FOR_RESOURCE,
    ];
    const ACTIONS: &[&dyn Action] = actions::ALL;
    const SHARE: u16 = 7;
    const TRAIL: Option<Trail> =
        Some(Trail { service: "cloudfront.amazonaws.com", names: &["distributionId", "id"], told: &[] });
    const ROLE: Role = Role::Edge;
    const DIMENSIONS: &[&str] = &["DistributionId"];

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::left(("name", "ID"), (8, 20), 0, columns::name),
            Column::left(("status", "STATUS"), (8, 16), 1, columns::status),
            Column::metric(("5xx", "5XX"), 5, 2, metrics::errors),
            Column::left(("alias", "ALIAS"), (14, 60), 3, columns::alias),
            Column::left(("origin", "ORIGIN"), (16, 60), 5, columns::origin),
            Column::right(("modified", "MODIFIED"), (8, 8), 4, columns::modified),
            Column::left(("comment", "COMMENT"), (12, 60), 6, columns::comment),
            Column::why((20, 80), 7),
        ]
    }

    fn tabs(&self) -> Vec<Tab> {
        vec![
            Tab::new("Overview", tabs::overview),
            Tab::new("Invalidations", tabs::invalidations),
            Tab::new("Configuration", tabs::configuration),
            Tab::charts(),
        ]
    }

    fn diagnose(&self, distribution: &Distribution, now: Timestamp) -> Diagnosis {
        health::diagnose(distribution, now)
    }

    fn json(&self, distribution: &Distribution, context: RenderContext) -> Value {
        columns::json(distribution, context)
    }

    fn rules(&self) -> Vec<Rule> {
        rules::rules()
    }

    fn layers(&self) -> Vec<Layer> {
        vec![metrics::layer()]
    }

    fn graphs(&self, distribution: &Distribution, readings: &Readings) -> Vec<Graph> {
        metrics::graphs(distribution, readings)
    }

    fn known_as(&self, distribution: &Distribution) -> Text {
        distribution.known_as().clone()
    }

    fn upstreams(&self, distribution: &Distribution) -> Vec<Upstream> {
        let balancers = distribution.origins.iter().filter_map(|(_, host)| balancer_of(host));
        balancers.map(|name| Upstream { at: Address::Balancer(name.into()), bond: Bond::Sends }).collect()
    }

    fn console_url(&self, distribution: &Distribution, region: &str) -> Option<String> {
        Some(columns::console_url(distribution, region))
    }
}
