//! CloudFront's answers as the domain's types.

use aws_sdk_cloudfront::types as sdk;

use super::list::PART;
use crate::aws::prelude::*;
use crate::domain::distribution::{Distribution, Invalidation};

fn aliases(told: Option<&sdk::Aliases>) -> Vec<Text> {
    told.into_iter().flat_map(|aliases| aliases.items()).map(Text::from).collect()
}

fn origins(told: Option<&sdk::Origins>) -> Vec<(Text, Text)> {
    told.into_iter()
        .flat_map(|origins| origins.items())
        .map(|origin| (Text::new(origin.id()), Text::new(origin.domain_name())))
        .collect()
}

fn certificate(told: Option<&sdk::ViewerCertificate>) -> Text {
    let Some(told) = told else { return Text::default() };
    let named = [told.acm_certificate_arn(), told.iam_certificate_id()];
    named.into_iter().flatten().find(|name| !name.is_empty()).unwrap_or("default").into()
}

pub fn summary(told: &sdk::DistributionSummary) -> Distribution {
    Distribution {
        id: ResourceId(Text::new(told.arn())),
        name: Text::new(told.id()),
        part: PART.into(),
        domain: Text::new(told.domain_name()),
        aliases: aliases(told.aliases()),
        status: Text::new(told.status()),
        enabled: told.enabled(),
        comment: Text::new(told.comment()),
        origins: origins(told.origins()),
        price_class: Text::new(told.price_class().as_str()),
        certificate: certificate(told.viewer_certificate()),
        web_acl: Text::new(told.web_acl_id()),
        http_version: Text::new(told.http_version().as_str()),
        modified: moment(Some(told.last_modified_time())),
        invalidating: None,
    }
}

pub fn distribution(told: &sdk::Distribution) -> Distribution {
    let config = told.distribution_config();
    Distribution {
        id: ResourceId(Text::new(told.arn())),
        name: Text::new(told.id()),
        part: PART.into(),
        domain: Text::new(told.domain_name()),
        aliases: aliases(config.and_then(|config| config.aliases())),
        status: Text::new(told.status()),
        enabled: config.is_some_and(sdk::DistributionConfig::enabled),
        comment: config.map(|config| Text::new(config.comment())).unwrap_or_default(),
        origins: origins(config.and_then(|config| config.origins())),
        price_class: text(config.and_then(|config| config.price_class()).map(sdk::PriceClass::as_str)),
        certificate: certificate(config.and_then(|config| config.viewer_certificate())),
        web_acl: text(config.and_then(|config| config.web_acl_id())),
        http_version: text(config.and_then(|config| config.http_version()).map(sdk::HttpVersion::as_str)),
        modified: moment(Some(told.last_modified_time())),
        invalidating: u32::try_from(told.in_progress_invalidation_batches()).ok(),
    }
}

/// As the list tells it, without its paths.
pub fn invalidation(told: &sdk::InvalidationSummary) -> Invalidation {
    Invalidation {
        id: Text::new(told.id()),
        status: Text::new(told.status()),
        created: moment(Some(told.create_time())),
        paths: None,
        caller_reference: Text::default(),
    }
}
