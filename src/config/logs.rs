//! What the config says of logs: `[logs]`.

use std::ops::Range;

use toml::de::DeTable;

use super::document::{Document, Value, in_order};
use super::entry::Key;
use crate::logs::redact::Redactor;
use crate::logs::settings::{LogSettings, Redacts, Times};

/// Keys of the table.
pub const KEYS: &[Key] = &[
    ("lines", "number; 1_000_000", "lines that a tail holds at most; the oldest go first"),
    ("bytes", "bytes or \"512 MiB\", \"1 GiB\"", "what they may take together"),
    ("times", "string; \"utc\"", "utc, local, age or none: what stands before a line at first"),
    (
        "redact",
        "list; [\"copy\", \"save\"]",
        "where secrets are taken out; `screen`: as lines come in, so they are nowhere",
    ),
    ("redact_patterns", "list of regexes", "secrets of your own; of a group `(?<secret>…)` only that goes"),
];

const MIB: u64 = 1024 * 1024;
const LINES: Range<u64> = 1_000..10_000_001;
/// A chunk of the buffer alone has a MiB.
const BYTES: Range<u64> = 16 * MIB..16 * 1024 * MIB + 1;

/// Reads the table; what is wrong in it is complained of.
pub fn parse<'a>(document: &mut Document<'a>, table: &DeTable<'a>) -> LogSettings {
    let mut settings = LogSettings::default();
    for (key, span, value) in in_order(table) {
        match key {
            "lines" => {
                if let Some(lines) = whole(value).filter(|lines| LINES.contains(lines)) {
                    settings.limits.events = usize::try_from(lines).unwrap_or(settings.limits.events);
                } else {
                    document.complain(value.span(), "`lines` must be from 1_000 to 10_000_000", "write 1_000_000");
                }
            }
            "bytes" => match bytes(value).filter(|bytes| BYTES.contains(bytes)) {
                Some(bytes) => settings.limits.bytes = usize::try_from(bytes).unwrap_or(settings.limits.bytes),
                None => document.complain(
                    value.span(),
                    "`bytes` must be from 16 MiB to 16 GiB",
                    "write 536_870_912, \"512 MiB\" or \"1 GiB\"",
                ),
            },
            "times" => settings.times = times(document, key, value).unwrap_or(settings.times),
            "redact" => settings.redacts = redacts(document, key, value).unwrap_or(settings.redacts),
            "redact_patterns" => settings.redactor = redactor(document, key, value),
            _ => {
                let names: Vec<&str> = KEYS.iter().map(|(name, ..)| *name).collect();
                document.unknown(span, "key", key, &names);
            }
        }
    }
    settings
}

fn whole(value: &Value) -> Option<u64> {
    let number = value.get_ref().as_integer()?;
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

fn bytes(value: &Value) -> Option<u64> {
    let Some(text) = value.get_ref().as_str() else { return whole(value) };
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let unit = match unit.trim_start() {
        "" => 1,
        "MiB" => MIB,
        "GiB" => 1024 * MIB,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

fn times(document: &mut Document, key: &str, value: &Value) -> Option<Times> {
    let word = document.filled(key, value)?;
    let times = Times::ALL.into_iter().find(|times| times.word() == word);
    if times.is_none() {
        document.unknown(value.span(), "way of showing times", &word, &Times::ALL.map(Times::word));
    }
    times
}

/// `None` where a word is wrong: secrets then stay out where they are kept out by default.
fn redacts<'a>(document: &mut Document<'a>, key: &str, value: &Value<'a>) -> Option<Redacts> {
    let words = document.strings(key, value)?;
    let mut is_sound = true;
    for (word, span) in &words {
        if !Redacts::WORDS.contains(&word.as_str()) {
            document.unknown(span.clone(), "place", word, &Redacts::WORDS);
            is_sound = false;
        }
    }
    let words: Vec<String> = words.into_iter().map(|(word, _)| word).collect();
    is_sound.then(|| Redacts::of(&words))
}

fn redactor<'a>(document: &mut Document<'a>, key: &str, value: &Value<'a>) -> Redactor {
    let mut redactor = Redactor::default();
    for (pattern, span) in document.strings(key, value).unwrap_or_default() {
        if let Err(why) = redactor.add(&pattern) {
            document.complain(span, format!("`{pattern}` cannot be used: {why}"), "");
        }
    }
    redactor
}
