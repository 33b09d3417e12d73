//! Queues of SQS and their dead-letter queues.

mod columns;
mod metrics;
mod queue;
mod rules;
mod tabs;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use self::queue::{Encryption, Queue, QueueDetail, Redrive};
use super::column::Column;
use super::kind::{Cadence, KindSpec, RenderContext};
use super::metric::{Graph, Layer};
use super::rule::Rule;
use super::tab::Tab;
use crate::domain::Timestamp;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::metric::Readings;
use crate::domain::ops::{Op, sqs};
use crate::domain::resource::KindId;

pub const QUEUES: KindId = KindId("queues");

/// The declaration of the kind.
pub struct Queues;

impl KindSpec for Queues {
    type Resource = Queue;

    const ID: KindId = QUEUES;
    const TITLE: &str = "Queues";
    const NOUN: &str = "queue";
    const SYNONYMS: &str = "sqs queue dlq";
    /// Attributes take a request a queue, and their quota is not published: a list is a slow sweep. How many
    /// messages wait comes each minute by the metrics.
    const CADENCE: Cadence = Cadence::of_seconds(15, 60, 300, 20);
    const READS: &[Op] = &[
        sqs::LIST_QUEUES,
        sqs::GET_QUEUE_ATTRIBUTES,
        sqs::GET_QUEUE_URL,
        sqs::LIST_DEAD_LETTER_SOURCE_QUEUES,
        sqs::LIST_QUEUE_TAGS,
    ];
    const SHARE: u16 = 7;

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::left(("name", "QUEUE"), (14, 60), 0, columns::name),
            Column::right(("visible", "VISIBLE"), (7, 9), 1, columns::visible),
            Column::metric(("oldest", "OLDEST"), 6, 2, metrics::oldest),
            Column::right(("in_flight", "IN FLIGHT"), (9, 9), 3, columns::in_flight),
            Column::left(("dlq", "DEAD LETTERS"), (12, 60), 4, columns::dead_letters),
            Column::why((20, 80), 5),
        ]
    }

    fn tabs(&self) -> Vec<Tab> {
        vec![Tab::new("Overview", tabs::overview), Tab::charts()]
    }

    /// Messages that wait are what a queue is for: what is wrong with one is a matter of rules.
    fn diagnose(&self, _: &Queue, _: Timestamp) -> Diagnosis {
        Diagnosis::new(Health::Ok, "")
    }

    fn json(&self, queue: &Queue, context: RenderContext) -> Value {
        columns::json(queue, context)
    }

    fn rules(&self) -> Vec<Rule> {
        rules::rules()
    }

    fn layers(&self) -> Vec<Layer> {
        vec![metrics::layer()]
    }

    fn graphs(&self, queue: &Queue, readings: &Readings) -> Vec<Graph> {
        metrics::graphs(queue, readings)
    }

    fn console_url(&self, queue: &Queue, region: &str) -> Option<String> {
        Some(columns::console_url(queue, region))
    }
}
