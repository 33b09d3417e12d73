//! SQS's answers as the domain's types. Attributes come as texts, whatever they mean.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName as Name;
use serde_json::Value;

use super::list::PART;
use crate::aws::prelude::*;
use crate::kinds::queues::{Encryption, Queue, Redrive};

/// A queue by its attributes.
pub fn queue(id: ResourceId, url: &str, attributes: &HashMap<Name, String>) -> Queue {
    let said = |name: Name| attributes.get(&name).map(String::as_str).filter(|value| !value.is_empty());
    let number = |name| said(name).and_then(|value| value.parse().ok());
    let count = |name| said(name).and_then(|value| value.parse().ok()).unwrap_or(0);
    // Seconds since the epoch; an emulator writes fractions too.
    let moment = |name| said(name).and_then(|value| Timestamp::from_second(value.parse::<f64>().ok()? as i64).ok());
    let is_on = |name| said(name) == Some("true");
    Queue {
        name: Queue::name_of(&id).into(),
        id,
        part: PART.into(),
        url: url.into(),
        visible: count(Name::ApproximateNumberOfMessages),
        in_flight: count(Name::ApproximateNumberOfMessagesNotVisible),
        delayed: count(Name::ApproximateNumberOfMessagesDelayed),
        created: moment(Name::CreatedTimestamp),
        modified: moment(Name::LastModifiedTimestamp),
        retention: number(Name::MessageRetentionPeriod),
        visibility_timeout: number(Name::VisibilityTimeout),
        delay: number(Name::DelaySeconds),
        receive_wait: number(Name::ReceiveMessageWaitTimeSeconds),
        largest_message: number(Name::MaximumMessageSize),
        is_fifo: is_on(Name::FifoQueue),
        encryption: match said(Name::KmsMasterKeyId) {
            Some(key) => Encryption::Kms(key.into()),
            None if is_on(Name::SqsManagedSseEnabled) => Encryption::Sqs,
            None => Encryption::Off,
        },
        dead_letters: said(Name::RedrivePolicy).and_then(redrive),
    }
}

/// A redrive policy is JSON in a text; `maxReceiveCount` is a number or a text, as it was set.
fn redrive(policy: &str) -> Option<Redrive> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let target = policy.get("deadLetterTargetArn")?.as_str()?;
    let receives = policy.get("maxReceiveCount");
    let max_receives = receives.and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok()));
    Some(Redrive {
        target: ResourceId(Text::new(target)),
        max_receives: max_receives.and_then(|n| u32::try_from(n).ok()),
    })
}

/// Account and name at the end of a queue's URL, `…/123456789012/orders`.
pub fn account_and_name(url: &str) -> Option<(&str, &str)> {
    let (before, name) = url.rsplit_once('/')?;
    let (_, account) = before.rsplit_once('/')?;
    (!account.is_empty() && !name.is_empty()).then_some((account, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_and_odd_ones_are_no_panic() {
        let id = ResourceId("arn:aws:sqs:eu-west-1:1:orders.fifo".into());
        let told = [
            (Name::ApproximateNumberOfMessages, "7"),
            (Name::MessageRetentionPeriod, "soon"),
            (Name::FifoQueue, "true"),
            (Name::CreatedTimestamp, "99999999999999999"),
            (Name::KmsMasterKeyId, "alias/orders"),
            (
                Name::RedrivePolicy,
                r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:1:dead.fifo","maxReceiveCount":"3"}"#,
            ),
        ];
        let queue = queue(id, "https://sqs/1/orders.fifo", &told.map(|(k, v)| (k, v.to_string())).into());
        assert_eq!((queue.name.as_str(), queue.visible, queue.is_fifo), ("orders.fifo", 7, true));
        assert_eq!((queue.retention, queue.created), (None, None));
        assert_eq!(queue.encryption, Encryption::Kms("alias/orders".into()));
        let redrive = queue.dead_letters.unwrap();
        assert_eq!((Queue::name_of(&redrive.target), redrive.max_receives), ("dead.fifo", Some(3)));
        assert_eq!(super::redrive("no JSON"), None);
    }

    #[test]
    fn a_url_ends_in_account_and_name() {
        assert_eq!(account_and_name("https://sqs.eu-west-1.amazonaws.com/1/orders"), Some(("1", "orders")));
        assert_eq!(account_and_name("orders"), None);
    }
}
