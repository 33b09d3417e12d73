//! A queue of SQS as its attributes describe it.

use jiff::Timestamp;

use crate::domain::resource::{ResourceId, resource};
use crate::domain::text::Text;

/// One queue. Counts are approximate: SQS counts over many servers (API reference, GetQueueAttributes).
#[derive(Clone, Debug, PartialEq)]
pub struct Queue {
    /// The ARN.
    pub id: ResourceId,
    pub name: Text,
    pub part: Text,
    /// What requests name it by.
    pub url: Text,
    /// Messages that can be received.
    pub visible: u64,
    /// Received and not deleted yet.
    pub in_flight: u64,
    /// Not receivable yet: sent with a delay.
    pub delayed: u64,
    pub created: Option<Timestamp>,
    pub modified: Option<Timestamp>,
    /// Seconds after which a message is dropped.
    pub retention: Option<u32>,
    /// Seconds for which a received message is hidden from other consumers.
    pub visibility_timeout: Option<u32>,
    /// Seconds by which every message is delayed.
    pub delay: Option<u32>,
    /// Seconds that a receive waits for a message; 0 is short polling.
    pub receive_wait: Option<u32>,
    /// Bytes of a message at most.
    pub largest_message: Option<u32>,
    pub is_fifo: bool,
    pub encryption: Encryption,
    /// Where messages go that were received too often; `None` for no redrive policy.
    pub dead_letters: Option<Redrive>,
}

/// A redrive policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Redrive {
    /// The ARN of the dead-letter queue, in the same account and Region (Developer Guide, "Using dead-letter
    /// queues").
    pub target: ResourceId,
    /// Receives after which a message moves there.
    pub max_receives: Option<u32>,
}

/// How messages are encrypted at rest.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Encryption {
    #[default]
    Off,
    /// With a key that SQS manages.
    Sqs,
    /// With this key of KMS.
    Kms(Text),
}

impl Queue {
    /// The name at the end of an ARN.
    pub fn name_of(arn: &ResourceId) -> &str {
        arn.0.rsplit(':').next().unwrap_or_default()
    }
}

resource!(Queue, part);

/// What the detail view knows beyond the row.
#[derive(Clone, Debug)]
pub struct QueueDetail {
    pub queue: Queue,
    /// The queues whose redrive policy names this one.
    pub sources: Result<Vec<ResourceId>, crate::domain::fault::Fault>,
}
