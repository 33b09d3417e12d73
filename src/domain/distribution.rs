//! A CloudFront distribution and its invalidations.

use crate::domain::prelude::*;

use super::resource::resource;

/// One distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// The ARN.
    pub id: ResourceId,
    /// AWS's identifier, `E2QWRUHAPOMQZL`.
    pub name: Text,
    pub part: Text,
    /// `d111111abcdef8.cloudfront.net`.
    pub domain: Text,
    /// Alternative names.
    pub aliases: Vec<Text>,
    /// `Deployed`, `InProgress`.
    pub status: Text,
    pub enabled: bool,
    pub comment: Text,
    /// Id and domain of each.
    pub origins: Vec<(Text, Text)>,
    /// `PriceClass_100`, …
    pub price_class: Text,
    /// The certificate's ARN, or `default` for CloudFront's own.
    pub certificate: Text,
    /// The web ACL's id or ARN; empty for none.
    pub web_acl: Text,
    pub http_version: Text,
    pub modified: Option<Timestamp>,
    /// Invalidations that are not complete; `None` until read.
    pub invalidating: Option<u32>,
}

impl Distribution {
    /// Every name that people give it: id, aliases, comment.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let comment = (!self.comment.is_empty()).then_some(&self.comment);
        [&self.name].into_iter().chain(&self.aliases).chain(comment).map(|name| name.as_str())
    }

    /// The name that people know: the first alias, else CloudFront's own.
    pub fn known_as(&self) -> &Text {
        self.aliases.first().unwrap_or(&self.domain)
    }
}

resource!(Distribution, part);

/// One invalidation.
#[derive(Clone, Debug, PartialEq)]
pub struct Invalidation {
    pub id: Text,
    /// `InProgress`, `Completed`.
    pub status: Text,
    pub created: Option<Timestamp>,
    /// `None` where they were not read: the list does not tell them.
    pub paths: Option<Vec<Text>>,
    /// Empty where it was not read.
    pub caller_reference: Text,
}

impl Invalidation {
    pub fn is_complete(&self) -> bool {
        self.status.eq_ignore_ascii_case("Completed")
    }
}

/// What the detail view, a plan and the watch know beyond the row.
#[derive(Clone, Debug)]
pub struct DistributionDetail {
    pub distribution: Distribution,
    /// The last twenty, newest first.
    pub invalidations: Result<Vec<Invalidation>, Fault>,
}
