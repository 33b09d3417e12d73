//! Something that AWS says happened to a resource: RDS and ElastiCache keep such for 14 days.

use jiff::Timestamp;

use super::text::Text;

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
