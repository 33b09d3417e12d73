//! SQS: queues and their attributes. No message is received, sent or deleted.

mod list;
mod shape;

use crate::aws::prelude::*;
use crate::kinds::queues::QUEUES;

sdk_client!(aws_sdk_sqs, "SQS", "sqs");

pub fn register(registry: &mut Registry) {
    registry.lists.insert(QUEUES, |cx, ()| Box::pin(list::all(cx)));
    registry.somes.insert(QUEUES, |cx, ids| Box::pin(list::some(cx, ids)));
    registry.facts.insert(QUEUES.detail(), |cx, id| Box::pin(list::detail(cx, id)));
}
