//! CloudFront: distributions and their invalidations.

mod change;
pub mod list;
mod shape;

use crate::aws::prelude::*;
use crate::domain::requests::cloudfront::CreateInvalidation;
use crate::kinds::distributions::DISTRIBUTIONS;

sdk_client!(aws_sdk_cloudfront, "CloudFront", "cloudfront", at Home);

pub fn register(registry: &mut Registry) {
    registry.lists.insert(DISTRIBUTIONS, |cx, ()| Box::pin(list::all(cx)));
    registry.somes.insert(DISTRIBUTIONS, |cx, ids| Box::pin(list::some(cx, ids)));
    registry.facts.insert(DISTRIBUTIONS.detail(), |cx, id| Box::pin(list::detail(cx, id)));
    register_changes!(registry: CreateInvalidation);
}

/// The Region that requests to CloudFront are signed for, by the partition of the environment's
/// (endpoint rules of the API model). Those rules say so for AWS's own endpoints alone: with
/// AWS_ENDPOINT_URL the SDK signs for the Region that it was given, and AWS refuses any other.
pub fn home(region: &str) -> &'static str {
    const HOMES: [(&str, &str); 7] = [
        ("cn-", "cn-northwest-1"),
        ("us-gov-", "us-gov-west-1"),
        ("us-isob-", "us-isob-east-1"),
        ("us-isof-", "us-isof-south-1"),
        ("us-iso-", "us-iso-east-1"),
        ("eu-isoe-", "eu-isoe-west-1"),
        ("eusc-", "eusc-de-east-1"),
    ];
    HOMES.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("us-east-1", |(_, home)| home)
}

#[cfg(test)]
mod tests {
    use super::home;

    #[test]
    fn each_partition_has_its_home() {
        for (region, at) in [
            ("us-east-1", "us-east-1"),
            ("eu-west-1", "us-east-1"),
            ("us-gov-east-1", "us-gov-west-1"),
            ("cn-north-1", "cn-northwest-1"),
            ("us-isob-east-1", "us-isob-east-1"),
        ] {
            assert_eq!(home(region), at, "{region}");
        }
    }
}
