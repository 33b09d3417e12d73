//! An event as it is copied or saved: a line of text, or a line of JSON. Whether secrets are taken
//! out first, and which, is the caller's choice.

use std::borrow::Cow;

use serde_json::json;

use super::buffer::BufferEntry;
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
pub fn text(entry: &BufferEntry<'_>, sources: &Sources, redactor: Option<&Redactor>) -> String {
    format!("{} {} {}", time(entry.key.at), sources.label(entry.source), body(entry, redactor))
}

/// An object in one line, without a break at its end.
pub fn json(entry: &BufferEntry<'_>, sources: &Sources, redactor: Option<&Redactor>) -> String {
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

fn body<'a>(entry: &BufferEntry<'a>, redactor: Option<&Redactor>) -> Cow<'a, str> {
    redactor.map_or(entry.text.into(), |redactor| redactor.redact(entry.text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::text::clean_block;
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

    /// A line as it might be written to deceive a terminal or to get a secret out.
    fn hostile() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            any::<Vec<u8>>(),
            "[\u{1b}\u{9b}\u{9d}\u{90}\u{202e}\u{200b}\u{7}\r\n\t\u{0}-\u{1f}\u{7f}-\u{9f}\\[\\]52;c8]{0,12}"
                .prop_map(String::into_bytes),
            Just(b"\x1b]52;c;aGk=\x07".to_vec()),
            Just(b"\x1b]8;;http://evil\x1b\\here\x1b]8;;\x1b\\".to_vec()),
            Just("ok\r\u{1b}[2KFAKE \u{2066}\u{2028}".as_bytes().to_vec()),
        ];
        prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
    }

    proptest! {
        /// Whatever was logged, what leaves is clean, a JSON line is one line that can be read
        /// back, and a password does not leave.
        #[test]
        fn what_leaves_is_clean_and_without_secrets(
            before in hostile(),
            after in hostile(),
            group in any::<String>(),
            stream in any::<String>(),
            at in any::<i64>(),
            secret in "[A-Z0-9]{12,20}",
        ) {
            let line = [before.as_slice(), b"\n password=", secret.as_bytes(), b"\n", after.as_slice()].concat();
            let mut sources = Sources::default();
            let source = sources.enter(&group, &stream);
            let mut buffer = Buffer::default();
            let raw = String::from_utf8_lossy(&line);
            let key = buffer.push(&Event::new(EventId(0), at, at, source, &raw));
            let entry = buffer.get(key).unwrap();
            let redactor = Redactor::default();
            let (saved, kept) = (text(&entry, &sources, Some(&redactor)), text(&entry, &sources, None));
            let line = json(&entry, &sources, Some(&redactor));
            for out in [&saved, &kept, &line] {
                prop_assert_eq!(clean_block(out, usize::MAX / 2), out.trim_end_matches('\n'));
            }
            prop_assert!(kept.contains(&secret), "it was there");
            prop_assert!(!saved.contains(&secret) && !line.contains(&secret), "{}", saved);
            let read: serde_json::Value = serde_json::from_str(&line).unwrap();
            prop_assert!(!line.contains('\n') && saved.ends_with(read["message"].as_str().unwrap()));
        }
    }
}
