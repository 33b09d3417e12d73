//! Invalidations of distributions (API model of CloudFront).

use crate::domain::ops::cloudfront;

requests! {
    "PascalCase";

    CreateInvalidation [cloudfront::CREATE_INVALIDATION, check] {
        distribution_id: String,
        invalidation_batch: InvalidationBatch,
    }

    InvalidationBatch {
        paths: Paths,
        /// The same reference with the same paths is the same invalidation, whose repeat is harmless.
        caller_reference: String,
    }

    Paths {
        quantity: i32,
        items: Vec<String>,
    }
}

impl CreateInvalidation {
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
