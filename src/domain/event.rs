//! Something that AWS says happened to a resource: RDS and ElastiCache keep such for 14 days.

use crate::domain::prelude::*;

/// One event, as DescribeEvents tells it. The API gives no event id (`RDS-EVENT-0007`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub at: Option<Timestamp>,
    /// What it happened to: an instance, a cluster, a snapshot, a node.
    pub source: Text,
    pub message: Text,
    /// `failover`, `backup`, …; ElastiCache tells none.
    pub categories: Vec<Text>,
}

/// Those of what AWS told from a moment on.
pub fn since(events: &Result<Vec<Event>, Fault>, from: Timestamp) -> impl Iterator<Item = &Event> {
    events.iter().flatten().filter(move |event| event.at.is_some_and(|at| at >= from))
}

/// Those of the events from a moment on that have one of these words, which are in small letters.
pub fn saying<'a>(events: &'a [Event], words: &[&str], from: Timestamp) -> impl Iterator<Item = &'a Event> {
    let says = |event: &Event| {
        let message = event.message.to_ascii_lowercase();
        words.iter().any(|word| message.contains(word))
    };
    events.iter().filter(move |event| event.at.is_some_and(|at| at >= from)).filter(move |event| says(event))
}
