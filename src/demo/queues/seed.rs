//! The queues of Harbour Lines as they are at the start.

use super::{PART, Queues};
use crate::demo::prelude::*;
use crate::kinds::queues::{Encryption, Queue, Redrive};

/// Receives after which a message is given up.
const RECEIVES: u32 = 5;

/// Name, whether it is FIFO, and its dead-letter queue.
const LINES: &[(&str, bool, Option<&str>)] = &[
    ("confirmations", false, Some("confirmations-dlq")),
    ("confirmations-dlq", false, None),
    ("notices", false, Some("notices-dlq")),
    ("notices-dlq", false, None),
];

impl Queues {
    /// The queues of a stage; development sends nothing.
    pub fn new(place: &Place, now: Timestamp) -> Self {
        let lines = if place.stage == "development" { &[] } else { LINES };
        Self(lines.iter().map(|line| queue(place, now, line)).collect())
    }
}

fn queue(place: &Place, now: Timestamp, (name, is_fifo, dead_letters): &(&str, bool, Option<&str>)) -> Queue {
    let (of, days) = (|name: &str| place.arn("sqs", &place.name(name)), if name.ends_with("-dlq") { 14 } else { 4 });
    Queue {
        id: of(name),
        name: place.name(name),
        part: PART.into(),
        url: format!("https://sqs.{}.amazonaws.com/{}/{}", place.region, place.account, place.name(name)).into(),
        visible: 0,
        in_flight: 0,
        delayed: 0,
        created: Some(later(now, -410 * DAY)),
        modified: Some(later(now, -37 * DAY)),
        retention: Some(days * DAY as u32),
        visibility_timeout: Some(60),
        delay: Some(0),
        receive_wait: Some(20),
        largest_message: Some(262_144),
        is_fifo: *is_fifo,
        encryption: Encryption::Sqs,
        dead_letters: dead_letters.map(|target| Redrive { target: of(target), max_receives: Some(RECEIVES) }),
    }
}
