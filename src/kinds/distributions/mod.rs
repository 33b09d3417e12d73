//! CDN: the distributions of CloudFront, and the action invalidate. CloudFront is one for all
//! Regions; its API lives in us-east-1 whatever the environment says.

mod invalidate;
mod metrics;
mod rules;
mod tabs;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::{Value, json};

use super::cell::{Cell, Tone};
use super::kind::{Align, Cadence, Kind, RenderContext};
use crate::domain::Timestamp;
use crate::domain::distribution::{Distribution, DistributionDetail};
use crate::domain::format;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::ops::Op;
use crate::domain::ops::cloudfront;
use crate::domain::resource::{ActionId, KindId};

pub const DISTRIBUTIONS: KindId = KindId("distributions");
pub const INVALIDATE: ActionId = ActionId("invalidate");

const READS: &[Op] = &[
    cloudfront::LIST_DISTRIBUTIONS,
    cloudfront::GET_DISTRIBUTION,
    cloudfront::LIST_INVALIDATIONS,
    cloudfront::GET_INVALIDATION,
    cloudfront::LIST_TAGS_FOR_RESOURCE,
];

/// The declaration of the kind.
pub fn kind() -> Kind {
    Kind::of::<Distribution>(
        DISTRIBUTIONS,
        ("CDN", "CDN", "distribution"),
        Cadence {
            moving: Duration::from_secs(10),
            visible: Duration::from_secs(60),
            hidden: Duration::from_secs(300),
            detail: Duration::from_secs(20),
            endings: None,
        },
        READS,
        diagnose,
        entry,
    )
    .share(7)
    .console::<Distribution>(console_url)
    .column::<Distribution>(("name", "ID"), (8, 20), Align::Left, 0, |d, _| Cell::text(d.name.as_str(), Tone::Strong))
    .column::<Distribution>(("status", "STATUS"), (8, 16), Align::Left, 1, status)
    .glance::<Distribution>(("5xx", "5XX"), 5, 2, metrics::errors)
    .column::<Distribution>(("alias", "ALIAS"), (14, 60), Align::Left, 3, alias)
    .column::<Distribution>(("origin", "ORIGIN"), (16, 60), Align::Left, 5, origin)
    .column::<Distribution>(("modified", "MODIFIED"), (8, 8), Align::Right, 4, modified)
    .column::<Distribution>(("comment", "COMMENT"), (12, 60), Align::Left, 6, comment)
    .why((20, 80), 7)
    .tab::<Distribution, DistributionDetail>("Overview", tabs::overview)
    .tab::<Distribution, DistributionDetail>("Invalidations", tabs::invalidations)
    .tab::<Distribution, DistributionDetail>("Configuration", tabs::configuration)
    .rules(rules::rules())
    .graphs::<Distribution>(metrics::graphs)
    .layers([metrics::layer()])
    .action(invalidate::action())
}

fn diagnose(distribution: &Distribution, _: Timestamp) -> Diagnosis {
    if !distribution.enabled {
        // As somebody wants it, like a service that is scaled to zero.
        return Diagnosis::new(Health::Ok, "disabled: it answers nobody");
    }
    match distribution.status.as_str() {
        "Deployed" => match distribution.invalidating {
            Some(n @ 1..) => {
                Diagnosis::new(Health::Changing, format!("{} in progress", format::count(n as usize, "invalidation")))
            }
            _ => Diagnosis::new(Health::Ok, ""),
        },
        "InProgress" => Diagnosis::new(Health::Changing, "its configuration is spread to the edges"),
        other => Diagnosis::new(Health::Unknown, format!("AWS calls it {other:?}")),
    }
}

fn status(distribution: &Distribution, look: RenderContext) -> Cell {
    let health = look.diagnosis.health;
    let text = if distribution.enabled { distribution.status.as_str() } else { "disabled" };
    Cell::text(text, if health == Health::Ok { Tone::Dim } else { health.into() })
}

fn alias(distribution: &Distribution, _: RenderContext) -> Cell {
    let text = match distribution.aliases.len() {
        0 | 1 => distribution.known_as().to_string(),
        more => format!("{} +{}", distribution.known_as(), more - 1),
    };
    Cell::text(text, Tone::Plain)
}

fn origin(distribution: &Distribution, _: RenderContext) -> Cell {
    match &distribution.origins[..] {
        [] => Cell::nothing(),
        [(_, domain)] => Cell::text(domain.as_str(), Tone::Plain),
        [(_, domain), more @ ..] => Cell::text(format!("{domain} +{}", more.len()), Tone::Plain),
    }
}

fn modified(distribution: &Distribution, look: RenderContext) -> Cell {
    super::detail_view::age_cell(distribution.modified, look.now)
}

fn comment(distribution: &Distribution, _: RenderContext) -> Cell {
    if distribution.comment.is_empty() { Cell::nothing() } else { Cell::text(distribution.comment.as_str(), Tone::Dim) }
}

/// The distribution's entry in `status --json`; `health` and `why` are added to every kind's entry.
///
/// | member | type | meaning |
/// |---|---|---|
/// | `name`, `arn`, `domain` | string | id, ARN and CloudFront's own name |
/// | `aliases` | strings | alternative names |
/// | `status` | string | `Deployed`, `InProgress` |
/// | `enabled` | boolean | |
/// | `origins` | strings | domains |
/// | `price_class`, `web_acl` | string | as AWS calls them; `web_acl` null for none |
/// | `modified` | string | RFC 3339 |
/// | `invalidating` | number | invalidations in progress; null where not read |
fn entry(distribution: &Distribution, _: RenderContext) -> Value {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_string());
    json!({
        "name": distribution.name,
        "arn": distribution.id.0,
        "domain": distribution.domain,
        "aliases": distribution.aliases,
        "status": distribution.status,
        "enabled": distribution.enabled,
        "origins": distribution.origins.iter().map(|(_, domain)| domain.as_str()).collect::<Vec<_>>(),
        "price_class": said(&distribution.price_class),
        "web_acl": said(&distribution.web_acl),
        "modified": distribution.modified.map(|at| at.to_string()),
        "invalidating": distribution.invalidating,
    })
}

fn console_url(distribution: &Distribution, _: &str) -> String {
    format!("https://us-east-1.console.aws.amazon.com/cloudfront/v4/home#/distributions/{}", distribution.name)
}
