//! The tabs of a queue's detail view.

use super::{Encryption, Queue, QueueDetail};
use crate::domain::format;
use crate::kinds::cell::{Block, Span, Tone};
use crate::kinds::detail_view::{fault_span, when};
use crate::kinds::kind::RenderContext;
use crate::kinds::metric::Unit;

type Fields = Vec<(String, Vec<Span>)>;

/// Messages, attributes, and the dead-letter queue both ways.
pub fn overview(queue: &Queue, detail: Option<&QueueDetail>, context: RenderContext) -> Vec<Block> {
    let (none, diagnosis) = (|| vec![Span::new("none", Tone::Dim)], context.diagnosis);
    let mut fields = Fields::new();
    let mut field = |label: &str, spans: Vec<Span>| fields.push((label.to_string(), spans));
    if !diagnosis.why.is_empty() {
        field("why", vec![Span::new(format!("{} {}", diagnosis.health.cue(), diagnosis.why), diagnosis.health.into())]);
    }
    let counts = [("visible", queue.visible), ("in flight", queue.in_flight), ("delayed", queue.delayed)];
    for (label, count) in counts {
        field(label, vec![count.to_string().into()]);
    }
    field("type", vec![if queue.is_fifo { "FIFO" } else { "standard" }.into()]);
    field(
        "dead-letter queue",
        match &queue.dead_letters {
            None => none(),
            Some(redrive) => {
                let receives = redrive.max_receives.map(|n| format!("  after {n} receives")).unwrap_or_default();
                vec![Queue::name_of(&redrive.target).into(), Span::new(receives, Tone::Dim)]
            }
        },
    );
    field(
        "dead letters from",
        match detail.map(|detail| &detail.sources) {
            None => vec![Span::new("reading…", Tone::Dim)],
            Some(Err(fault)) => vec![fault_span(fault)],
            Some(Ok(sources)) if sources.is_empty() => none(),
            Some(Ok(sources)) => {
                let names: Vec<&str> = sources.iter().map(Queue::name_of).collect();
                vec![names.join(", ").into()]
            }
        },
    );
    let seconds = |seconds: Option<u32>| match seconds {
        Some(seconds) => vec![format::span(i64::from(seconds)).into()],
        None => vec![Span::new("unknown", Tone::Dim)],
    };
    field("retention", seconds(queue.retention));
    field("visibility timeout", seconds(queue.visibility_timeout));
    field("delivery delay", seconds(queue.delay));
    field("receive wait", seconds(queue.receive_wait));
    field(
        "largest message",
        vec![
            queue
                .largest_message
                .map_or_else(|| Span::new("unknown", Tone::Dim), |n| Unit::Bytes.words(f64::from(n)).into()),
        ],
    );
    field(
        "encryption",
        vec![match &queue.encryption {
            Encryption::Off => Span::new("off", Tone::Dim),
            Encryption::Sqs => "managed by SQS".into(),
            Encryption::Kms(key) => format!("KMS key {key}").into(),
        }],
    );
    field("created", vec![when(queue.created, context.now)]);
    field("modified", vec![when(queue.modified, context.now)]);
    field("arn", vec![queue.id.0.as_str().into()]);
    field("url", vec![queue.url.as_str().into()]);
    vec![Block::Fields(fields)]
}
