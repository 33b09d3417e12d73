//! What CloudWatch would tell of queues.

use crate::demo::prelude::*;
use crate::kinds::queues::Queue;

pub const VISIBLE: &str = "ApproximateNumberOfMessagesVisible";
pub const IN_FLIGHT: &str = "ApproximateNumberOfMessagesNotVisible";

/// What a metric of SQS tells; `None` for others.
pub fn curve<'a>(queues: &'a [Queue], metric: &'a Metric, by: &[(&'a str, &'a str)]) -> Option<Curve<'a>> {
    match (metric.namespace.as_str(), by) {
        ("AWS/SQS", [("QueueName", name)]) => {
            let queue = queues.iter().find(|queue| *queue.name == **name)?;
            let chance = Chance::of(&queue.name);
            Some(Box::new(move |at| of_queue((&queue.name, chance), &metric.name, at)))
        }
        _ => None,
    }
}

/// A queue's metric at a second; sums are so much a second. Nothing gets into a dead-letter queue.
pub fn of_queue((name, chance): (&str, Chance), metric: &str, at: i64) -> Option<f64> {
    let is_used = !family(name).ends_with("-dlq");
    let busy = if is_used { (4.0 + 20.0 * chance.own) * day(at) * (1.0 + 0.2 * chance.noise(at)) } else { 0.0 };
    Some(match metric {
        VISIBLE => busy * 0.3,
        IN_FLIGHT => busy * 0.5,
        "ApproximateNumberOfMessagesDelayed" => 0.0,
        "ApproximateAgeOfOldestMessage" if is_used => (3.0 + 2.0 * chance.noise(at)).max(0.0),
        "ApproximateAgeOfOldestMessage" => 0.0,
        "NumberOfMessagesSent" | "NumberOfMessagesReceived" | "NumberOfMessagesDeleted" => busy,
        "NumberOfEmptyReceives" => 0.4 * f64::from(u8::from(is_used)),
        _ => return None,
    })
}
