//! The distributions of Harbour Lines as they are at the start.

use super::{DistributionState, Fleet, PART};
use crate::demo::prelude::*;
use crate::domain::distribution::{Distribution, Invalidation};

/// Id, CloudFront's name of it, alias and origin.
type Line = (&'static str, &'static str, &'static str, &'static str);

const PRODUCTION: &[Line] = &[
    ("E2HARBOURWEB01", "d1a7harbourweb", "www.harbour-lines.example", "web"),
    ("E2HARBOURTILES", "d3q9harbourtil", "tiles.harbour-lines.example", "tiles"),
];

const STAGING: &[Line] = &[("E2HARBOURSTAGE", "d2k4harbourstg", "www.staging.harbour-lines.example", "web")];

impl Fleet {
    /// The distributions of a stage.
    pub fn new(place: &Place, now: Timestamp) -> Self {
        let lines = match place.stage {
            "production" => PRODUCTION,
            "staging" => STAGING,
            _ => &[],
        };
        Self { held: lines.iter().map(|line| held(place, now, line)).collect() }
    }
}

fn held(place: &Place, now: Timestamp, (id, domain, alias, origin): &Line) -> DistributionState {
    let row = Distribution {
        // CloudFront is of no Region.
        id: ResourceId(format!("arn:aws:cloudfront::{}:distribution/{id}", place.account).into()),
        name: (*id).into(),
        part: PART.into(),
        domain: format!("{domain}.cloudfront.net").into(),
        aliases: vec![(*alias).into()],
        status: "Deployed".into(),
        enabled: true,
        comment: place.name(origin),
        origins: vec![
            ("load-balancer".into(), format!("{origin}.origin.harbour-lines.example").into()),
            ("assets".into(), format!("{}-assets.s3.{}.amazonaws.com", place.name(origin), place.region).into()),
        ],
        price_class: "PriceClass_100".into(),
        certificate: format!("arn:aws:acm:us-east-1:{}:certificate/7c1e-{origin}", place.account).into(),
        web_acl: if place.stage == "production" {
            format!("arn:aws:wafv2:us-east-1:{}:global/webacl/harbour-edge/51d0", place.account).into()
        } else {
            Text::default()
        },
        http_version: "http2and3".into(),
        modified: Some(later(now, -23 * DAY)),
        invalidating: Some(0),
    };
    // What the releases of the last weeks had fetched anew.
    let invalidations =
        [(2, "/*"), (5, "/assets/*"), (19, "/index.html")].into_iter().map(|(days, path)| Invalidation {
            id: format!("I{:0>25}", format!("{}{days}", &id[2..])).into(),
            status: "Completed".into(),
            created: Some(later(now, -days * DAY - 4_000)),
            paths: Some(vec![path.into()]),
            caller_reference: format!("release-{}", 100 - days).into(),
        });
    DistributionState { row, invalidations: invalidations.collect(), coming: vec![] }
}
