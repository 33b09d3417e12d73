//! The cells of a distribution's row, its entry in `status --json`, and its page in the web console.

use serde_json::{Value, json};

use crate::domain::distribution::Distribution;
use crate::domain::health::Health;
use crate::kinds::cell::{Cell, Tone};
use crate::kinds::detail_view::age_cell;
use crate::kinds::kind::RenderContext;

pub fn name(distribution: &Distribution, _: RenderContext) -> Cell {
    Cell::text(distribution.name.as_str(), Tone::Strong)
}

pub fn status(distribution: &Distribution, look: RenderContext) -> Cell {
    let health = look.diagnosis.health;
    let text = if distribution.enabled { distribution.status.as_str() } else { "disabled" };
    Cell::text(text, if health == Health::Ok { Tone::Dim } else { health.into() })
}

pub fn alias(distribution: &Distribution, _: RenderContext) -> Cell {
    let text = match distribution.aliases.len() {
        0 | 1 => distribution.known_as().to_string(),
        more => format!("{} +{}", distribution.known_as(), more - 1),
    };
    Cell::text(text, Tone::Plain)
}

pub fn origin(distribution: &Distribution, _: RenderContext) -> Cell {
    match &distribution.origins[..] {
        [] => Cell::nothing(),
        [(_, domain)] => Cell::text(domain.as_str(), Tone::Plain),
        [(_, domain), more @ ..] => Cell::text(format!("{domain} +{}", more.len()), Tone::Plain),
    }
}

pub fn modified(distribution: &Distribution, look: RenderContext) -> Cell {
    age_cell(distribution.modified, look.now)
}

pub fn comment(distribution: &Distribution, _: RenderContext) -> Cell {
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
pub fn json(distribution: &Distribution, _: RenderContext) -> Value {
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

pub fn console_url(distribution: &Distribution, _: &str) -> String {
    format!("https://us-east-1.console.aws.amazon.com/cloudfront/v4/home#/distributions/{}", distribution.name)
}
