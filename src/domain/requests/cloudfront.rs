//! Invalidations of distributions (API model of CloudFront).

use serde::{Deserialize, Serialize};

use super::{Request, RequestType};
use crate::domain::ops::{Op, cloudfront};

pub(super) const REQUESTS: &[RequestType] = &[RequestType::of::<CreateInvalidation>()];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateInvalidation {
    pub distribution_id: String,
    pub invalidation_batch: InvalidationBatch,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct InvalidationBatch {
    pub paths: Paths,
    /// The same reference with the same paths is the same invalidation, whose repeat is harmless.
    pub caller_reference: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Paths {
    pub quantity: i32,
    pub items: Vec<String>,
}

impl Request for CreateInvalidation {
    const OPS: &'static [Op] = &[cloudfront::CREATE_INVALIDATION];

    fn check(&self) -> Result<(), String> {
        let InvalidationBatch { paths, caller_reference } = &self.invalidation_batch;
        if usize::try_from(paths.quantity) != Ok(paths.items.len()) {
            return Err("Quantity must be the number of paths".into());
        }
        if paths.items.is_empty() || caller_reference.is_empty() {
            // Without a reference of its own a repeat would be another invalidation.
            return Err("paths and CallerReference must be given".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::call::Call;

    #[test]
    fn a_batch_is_whole_and_has_its_reference() {
        let read = |batch: Value| {
            let members = [("DistributionId", json!("E1")), ("InvalidationBatch", batch)];
            Call::new(cloudfront::CREATE_INVALIDATION, members).request::<CreateInvalidation>()
        };
        let paths = json!({ "Quantity": 1, "Items": ["/*"] });
        assert!(read(json!({ "Paths": paths, "CallerReference": "one" })).is_ok());
        for (wrong, says) in [
            (json!({ "Paths": paths, "CallerReference": "" }), "paths and CallerReference must be given"),
            (json!({ "Paths": { "Quantity": 0, "Items": [] }, "CallerReference": "one" }), "paths and CallerReference"),
            (json!({ "Paths": { "Quantity": 2, "Items": ["/*"] }, "CallerReference": "one" }), "Quantity must be"),
            (json!({ "Paths": paths }), "missing field `CallerReference`"),
            (json!({ "Paths": paths, "CallerReference": "one", "More": 1 }), "InvalidationBatch {"),
            (json!(null), "InvalidationBatch null cannot be sent"),
        ] {
            let fault = read(wrong).unwrap_err();
            assert!(fault.message.starts_with(says), "{fault:?}");
        }
    }
}
