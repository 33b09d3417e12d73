//! The metrics of a queue. SQS writes them each minute while the queue is in use; after six hours
//! without use it writes none (Developer Guide, "Available CloudWatch metrics for Amazon SQS").

use super::Queue;
use crate::domain::metric::{Metric, Readings};
use crate::kinds::metric::{Graph, Layer, Signal, SparklineMetric, Strand, Unit, Worst};

fn metric(queue: &Queue, name: &str, stat: &str) -> Metric {
    Metric::new("AWS/SQS", name, stat, &[("QueueName", queue.name.as_str())])
}

/// Messages that wait.
pub fn visible(queue: &Queue) -> Option<SparklineMetric> {
    let waiting = metric(queue, "ApproximateNumberOfMessagesVisible", "Maximum");
    SparklineMetric::of(Unit::Count, Worst::Highest, vec![waiting])
}

/// How long the oldest message has waited. After three receives a message of a queue without a redrive policy
/// goes to the back of the queue and counts no more (Developer Guide, as above).
pub fn oldest(queue: &Queue) -> Option<SparklineMetric> {
    let age = metric(queue, "ApproximateAgeOfOldestMessage", "Maximum");
    SparklineMetric::of(Unit::Seconds, Worst::Highest, vec![age])
}

pub fn graphs(queue: &Queue, _: &Readings) -> Vec<Graph> {
    let strand = |label: &str, name: &str, stat: &str| Strand::new(label, metric(queue, name, stat));
    vec![
        Graph::new(
            "Messages",
            Unit::Count,
            vec![
                strand("visible", "ApproximateNumberOfMessagesVisible", "Maximum"),
                strand("in flight", "ApproximateNumberOfMessagesNotVisible", "Maximum"),
                strand("delayed", "ApproximateNumberOfMessagesDelayed", "Maximum"),
            ],
        ),
        Graph::new("Age of the oldest", Unit::Seconds, vec![strand("", "ApproximateAgeOfOldestMessage", "Maximum")]),
        // Messages that failed receives move to a dead-letter queue are not counted as sent there.
        Graph::new(
            "Traffic",
            Unit::PerSecond,
            vec![
                strand("sent", "NumberOfMessagesSent", "Sum"),
                strand("received", "NumberOfMessagesReceived", "Sum"),
                strand("deleted", "NumberOfMessagesDeleted", "Sum"),
            ],
        )
        .zero_where_absent(),
        Graph::new("Empty receives", Unit::PerSecond, vec![strand("", "NumberOfEmptyReceives", "Sum")])
            .zero_where_absent(),
    ]
}

/// Among the golden signals behind all that answers requests: a queue is worked off aside.
pub fn layer() -> Layer {
    Layer::of::<Queue>(
        5,
        "Queues",
        |_| true,
        vec![
            Signal::of("visible", |queue: &Queue, _: &Readings| visible(queue)),
            Signal::of("oldest", |queue: &Queue, _: &Readings| oldest(queue)),
        ],
    )
}
