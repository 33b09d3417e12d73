//! The columns of the list of queues, and a queue's entry in `status --json`.

use serde_json::{Value, json};

use super::{Encryption, Queue, Redrive};
use crate::kinds::cell::{Cell, Tone};
use crate::kinds::kind::RenderContext;

fn count(count: u64) -> Cell {
    Cell::number(count as f64, count.to_string(), if count == 0 { Tone::Dim } else { Tone::Plain })
}

pub fn name(queue: &Queue, _: RenderContext) -> Cell {
    Cell::text(queue.name.as_str(), Tone::Strong)
}

pub fn visible(queue: &Queue, _: RenderContext) -> Cell {
    count(queue.visible)
}

pub fn in_flight(queue: &Queue, _: RenderContext) -> Cell {
    count(queue.in_flight)
}

pub fn dead_letters(queue: &Queue, _: RenderContext) -> Cell {
    match &queue.dead_letters {
        Some(redrive) => Cell::text(Queue::name_of(&redrive.target), Tone::Plain),
        None => Cell::nothing(),
    }
}

/// The queue's entry in `status --json`; `health` and `why` are added to every kind's entry.
///
/// | member | type | meaning |
/// |---|---|---|
/// | `name`, `arn`, `url` | string | |
/// | `visible`, `in_flight`, `delayed` | number | messages, approximately |
/// | `fifo` | boolean | |
/// | `dead_letter_queue` | string | ARN; null for no redrive policy |
/// | `max_receives` | number | receives before a message moves there; null where there is none |
/// | `retention` | number | seconds |
/// | `encryption` | string | `off`, `sqs` or the id of a KMS key |
/// | `modified` | string | RFC 3339 |
pub fn json(queue: &Queue, _: RenderContext) -> Value {
    let redrive = queue.dead_letters.as_ref();
    json!({
        "name": queue.name,
        "arn": queue.id.0,
        "url": queue.url,
        "visible": queue.visible,
        "in_flight": queue.in_flight,
        "delayed": queue.delayed,
        "fifo": queue.is_fifo,
        "dead_letter_queue": redrive.map(|redrive| &redrive.target.0),
        "max_receives": redrive.and_then(|Redrive { max_receives, .. }| *max_receives),
        "retention": queue.retention,
        "encryption": match &queue.encryption {
            Encryption::Off => "off",
            Encryption::Sqs => "sqs",
            Encryption::Kms(key) => key.as_str(),
        },
        "modified": queue.modified.map(|at| at.to_string()),
    })
}

/// Its page in the web console.
pub fn console_url(queue: &Queue, region: &str) -> String {
    // The page is found by the URL of the queue, percent-encoded.
    let encoded: String = queue.url.bytes().map(percent_encoded).collect();
    format!("https://{region}.console.aws.amazon.com/sqs/v3/home?region={region}#/queues/{encoded}")
}

fn percent_encoded(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}
