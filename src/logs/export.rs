//! An event as it is copied or saved: a line of text, or a line of JSON. Whether secrets are taken
//! out first, and which, is the caller's choice.

use std::borrow::Cow;

use serde_json::json;

use super::buffer::Entry;
use super::event::Sources;
use super::redact::Redactor;

/// The time of an event in UTC, with milliseconds.
pub fn time(at: i64) -> String {
    match jiff::Timestamp::from_millisecond(at) {
        Ok(time) => format!("{time:.3}"),
        // No calendar reaches there; the number is still true.
        Err(_) => format!("{at}ms"),
    }
}

/// `time source text`. An event of several lines stays so.
pub fn text(entry: &Entry<'_>, sources: &Sources, redactor: Option<&Redactor>) -> String {
    format!("{} {} {}", time(entry.key.at), sources.label(entry.source), body(entry, redactor))
}

/// An object in one line, without a break at its end.
pub fn json(entry: &Entry<'_>, sources: &Sources, redactor: Option<&Redactor>) -> String {
    let source = sources.get(entry.source);
    json!({
        "timestamp": time(entry.key.at),
        "ingested": time(entry.ingested),
        "group": source.map(|source| source.group.as_str()),
        "stream": source.map(|source| source.stream.as_str()),
        "level": entry.level.map(|level| level.name()),
        "message": body(entry, redactor),
    })
    .to_string()
}

fn body<'a>(entry: &Entry<'a>, redactor: Option<&Redactor>) -> Cow<'a, str> {
    redactor.map_or(entry.text.into(), |redactor| redactor.redact(entry.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::buffer::Buffer;
    use crate::logs::event::{Event, EventId};

    #[test]
    fn an_event_is_a_line() {
        let mut sources = Sources::default();
        let source = sources.enter("/ecs/shop", "ecs/api/0123456789abcdef0123456789abcdef");
        let mut buffer = Buffer::default();
        let event =
            Event::new(EventId(0), 1_795_255_200_120, 1_795_255_200_900, source, "ERROR \"x\" password=y\n\tat z");
        let key = buffer.push(&event);
        let entry = buffer.get(key).unwrap();
        let redactor = Redactor::default();
        assert_eq!(
            text(&entry, &sources, Some(&redactor)),
            "2026-11-21T10:00:00.120Z api/01234567 ERROR \"x\" password=<redacted>\n        at z"
        );
        assert_eq!(
            json(&entry, &sources, None),
            "{\"timestamp\":\"2026-11-21T10:00:00.120Z\",\"ingested\":\"2026-11-21T10:00:00.900Z\",\
             \"group\":\"/ecs/shop\",\"stream\":\"ecs/api/0123456789abcdef0123456789abcdef\",\"level\":\"error\",\
             \"message\":\"ERROR \\\"x\\\" password=y\\n        at z\"}"
        );
        assert_eq!(time(i64::MAX), "9223372036854775807ms");
    }
}
