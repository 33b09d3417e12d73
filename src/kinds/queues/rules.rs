//! What is wrong with queues: messages that nothing will work off by itself.

use super::{QUEUES, Queue, metrics};
use crate::domain::format;
use crate::domain::health::Health;
use crate::domain::resource::cast;
use crate::domain::rules::Limit;
use crate::kinds::rule::{Evidence, Found, Rule, RuleInput, Test};
use crate::kinds::trend::trend;

/// The rules, in the order of their ranks.
pub fn rules() -> Vec<Rule> {
    vec![
        Rule {
            id: "dlq-not-empty",
            title: "dead-letter queue not empty",
            rank: 46,
            means: "ApproximateNumberOfMessages of a queue that another one's RedrivePolicy names",
            next: &[("open", "its charts: whether more are coming")],
            ..Rule::of(Test::row(dead_letters))
        },
        Rule {
            id: "in-flight-limit",
            title: "messages in flight near the limit",
            rank: 47,
            means: "ApproximateNumberOfMessagesNotVisible of a standard queue, of 120,000",
            limit: Some(Limit { default: 90.0, unit: "%", range: (10.0, 100.0) }),
            next: &[("open", "its charts: whether consumers delete what they receive")],
            ..Rule::of(Test::row(in_flight))
        },
    ]
}

/// Since when is what the metric knows: the messages themselves tell nobody when they came.
fn dead_letters(queue: &Queue, input: &RuleInput) -> Option<Found> {
    let rows = input.context.rows(QUEUES);
    let names_it = |other: &&Queue| other.dead_letters.as_ref().is_some_and(|redrive| redrive.target == queue.id);
    let sources: Vec<&Queue> = rows.iter().filter_map(|row| cast::<Queue>(&**row.object)).filter(names_it).collect();
    if sources.is_empty() || queue.visible == 0 {
        return None;
    }
    let since = trend(metrics::visible(queue), input, "messages of queues")
        .ok()
        .and_then(|waiting| waiting.crossed(|count| count > 0.0))
        .map(|crossed| crossed.since);
    let count = usize::try_from(queue.visible).unwrap_or(usize::MAX);
    let what = format!("{} could not be processed", format::count(count, "message"));
    let named = sources.iter().map(|source| {
        let receives = source.dead_letters.as_ref().and_then(|redrive| redrive.max_receives);
        let after = receives.map_or_else(String::new, |receives| format!(" after {receives} receives"));
        Evidence::new("RedrivePolicy", format!("from {}{after}", source.name), Some(input.at))
    });
    Some(
        Found::new(Health::Degraded, what, since)
            .evidence([Evidence::new("ApproximateNumberOfMessages", queue.visible.to_string(), Some(input.at))])
            .evidence(named),
    )
}

/// Messages of a standard queue that may be in flight (Developer Guide, "Amazon SQS message quotas"). At that many
/// SQS refuses every further receive with OverLimit. The limit of FIFO queues has changed over the years.
const MOST_IN_FLIGHT: f64 = 120_000.0;

fn in_flight(queue: &Queue, input: &RuleInput) -> Option<Found> {
    let percent = queue.in_flight as f64 / MOST_IN_FLIGHT * 100.0;
    if queue.is_fifo || percent < input.limit {
        return None;
    }
    let what = format!("{} of 120,000 messages in flight: at the limit SQS refuses receives", queue.in_flight);
    let count = Evidence::new("ApproximateNumberOfMessagesNotVisible", queue.in_flight.to_string(), Some(input.at));
    Some(Found::new(Health::Degraded, what, None).evidence([count]))
}
