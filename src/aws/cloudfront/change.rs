//! The request that invalidates. Its caller reference makes it safe: the same reference with the
//! same paths is the same invalidation.

use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};

use crate::aws::prelude::*;
use crate::domain::ops::cloudfront::CREATE_INVALIDATION;
use crate::domain::requests::cloudfront::CreateInvalidation;

impl SendChange for CreateInvalidation {
    async fn send(self, to: Sending<'_>) -> Sent {
        let batch = self.invalidation_batch;
        let paths = Paths::builder().quantity(batch.paths.quantity).set_items(Some(batch.paths.items)).build();
        let built = paths.and_then(|paths| {
            InvalidationBatch::builder().paths(paths).caller_reference(batch.caller_reference).build()
        });
        let unsent = |why| Fault::refused(CREATE_INVALIDATION.to_string(), format!("it cannot be sent: {why}"));
        let batch = built.map_err(unsent)?;
        let request = to.client::<aws_sdk_cloudfront::Client>().create_invalidation();
        let sent = request.distribution_id(self.distribution_id).invalidation_batch(batch).send().await;
        outcome(CREATE_INVALIDATION, sent, &to, |told| {
            receipt(&told, told.invalidation().map(|invalidation| invalidation.id()))
        })
    }
}
