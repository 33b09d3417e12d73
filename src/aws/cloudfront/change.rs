//! The request that invalidates. Its caller reference makes it safe: the same reference with the
//! same paths is the same invalidation.

use aws_sdk_cloudfront::types::{InvalidationBatch, Paths};
use aws_types::request_id::RequestId;
use serde::Deserialize;

use crate::aws::change::{Members, outcome};
use crate::aws::guard::Permission;
use crate::aws::session::Session;
use crate::domain::call::Call;
use crate::domain::fault::Fault;
use crate::domain::intent::{Outcome, Receipt};
use crate::domain::ops::Op;
use crate::domain::ops::cloudfront::CREATE_INVALIDATION;
use crate::domain::text::Text;

/// The batch as the API model spells it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Batch {
    paths: Items,
    caller_reference: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Items {
    quantity: i32,
    items: Vec<String>,
}

/// One invalidation, understood.
#[derive(Debug)]
pub struct Invalidation {
    distribution: String,
    batch: InvalidationBatch,
}

impl Invalidation {
    /// # Errors
    /// A member is unknown, missing or of the wrong type.
    pub fn of(op: Op, call: &Call) -> Result<Self, Fault> {
        let mut members = Members::of(op, call);
        let distribution = members.text("DistributionId")?;
        let batch = members.value("InvalidationBatch").unwrap_or_default();
        let batch: Batch = serde_json::from_value(batch)
            .map_err(|why| members.refused(format!("InvalidationBatch cannot be sent: {why}")))?;
        if usize::try_from(batch.paths.quantity) != Ok(batch.paths.items.len()) {
            return Err(members.refused("Quantity must be the number of paths"));
        }
        if batch.paths.items.is_empty() || batch.caller_reference.is_empty() {
            // Without a reference of its own a repeat would be another invalidation.
            return Err(members.refused("paths and CallerReference must be given"));
        }
        let built = |error: aws_smithy_types::error::operation::BuildError| {
            Fault::refused(op.to_string(), format!("InvalidationBatch cannot be sent: {error}"))
        };
        let paths = Paths::builder().quantity(batch.paths.quantity).set_items(Some(batch.paths.items));
        let paths = paths.build().map_err(built)?;
        let batch = InvalidationBatch::builder().paths(paths).caller_reference(batch.caller_reference);
        let batch = batch.build().map_err(built)?;
        members.end()?;
        Ok(Self { distribution, batch })
    }

    /// Sends it, once.
    pub async fn send(self, session: &Session, permission: Permission) -> Outcome {
        let client = session.client_for_change::<aws_sdk_cloudfront::Client>(permission.clone());
        let request = client.create_invalidation().distribution_id(self.distribution);
        let sent = request.invalidation_batch(self.batch).send().await;
        outcome(CREATE_INVALIDATION, sent, &permission, session, |told| {
            let id = told.request_id().map(Text::from).unwrap_or_default();
            Receipt::of(id, told.invalidation().map(|invalidation| Text::new(invalidation.id())))
        })
    }
}
