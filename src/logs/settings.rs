//! What a person may choose of the log pane, once for all tails.

use strum::{IntoStaticStr, VariantArray};

use super::buffer::BufferLimits;
use super::redact::Redactor;
use crate::domain::schema::document::{Document, Value, whole, with_unit};
use crate::domain::schema::table;

/// How times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Times {
    #[default]
    Utc,
    /// In the zone of the person's system.
    Local,
    /// How long ago.
    Age,
    None,
}

impl Times {
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Its word in the config.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// The one after it, for a key that goes through all.
    pub fn next(self) -> Self {
        Self::ALL[(self as usize + 1) % Self::ALL.len()]
    }
}

/// Where secrets are taken out of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redacts {
    pub copy: bool,
    pub save: bool,
    /// When they come in, so that no screen, filter or count ever has them.
    pub screen: bool,
}

impl Redacts {
    pub const WORDS: [&str; 3] = ["copy", "save", "screen"];

    /// From the words of the config; others mean nothing here.
    pub fn of(words: &[impl AsRef<str>]) -> Self {
        let [copy, save, screen] = Self::WORDS.map(|word| words.iter().any(|w| w.as_ref() == word));
        Self { copy, save, screen }
    }
}

impl Default for Redacts {
    fn default() -> Self {
        Self { copy: true, save: true, screen: false }
    }
}

table! {
    /// The settings of every tail: `[logs]`.
    #[derive(Clone, Debug)]
    pub struct LogSettings {
        /// What a tail holds at most.
        limits: BufferLimits = BufferLimits::default() => flat;
        /// How times are shown at first.
        times: Times = Times::Utc, |document, key, value| {
            document.choice(key, value, "way of showing times", Times::ALL, Times::word)
        }, "string; \"utc\"", "utc, local, age or none: what stands before a line at first";
        redacts("redact"): Redacts = Redacts::default(), read_redacts,
            "list; [\"copy\", \"save\"]",
            "where secrets are taken out; `screen`: as lines come in, so they are nowhere";
        redactor("redact_patterns"): Redactor = Redactor::default(), read_redactor,
            "list of regexes", "secrets of your own; of a group `(?<secret>…)` only that goes";
    }
}

impl LogSettings {
    /// Takes the secrets out of what is copied.
    pub fn for_copy(&self) -> Option<&Redactor> {
        self.redacts.copy.then_some(&self.redactor)
    }

    /// Takes the secrets out of what comes in.
    pub fn for_screen(&self) -> Option<&Redactor> {
        self.redacts.screen.then_some(&self.redactor)
    }

    /// Takes the secrets out of what is saved.
    pub fn for_save(&self) -> Option<&Redactor> {
        self.redacts.save.then_some(&self.redactor)
    }
}

/// Of a buffer: events that it holds.
pub(super) fn read_lines(document: &mut Document, _: &str, value: &Value) -> Option<usize> {
    let lines = whole(value).filter(|lines| (1_000..=10_000_000).contains(lines));
    if lines.is_none() {
        document.complain(value.span(), "`lines` must be from 1_000 to 10_000_000", "write 1_000_000");
    }
    lines.and_then(|lines| usize::try_from(lines).ok())
}

/// Of a buffer: bytes that it holds. A chunk alone has a MiB.
pub(super) fn read_bytes(document: &mut Document, _: &str, value: &Value) -> Option<usize> {
    let bytes = match value.get_ref().as_str().map(with_unit) {
        None => whole(value),
        Some((number, unit)) => {
            let unit = [("", 0), ("MiB", 20), ("GiB", 30)].into_iter().find(|(word, _)| *word == unit.trim_start());
            number.parse::<u64>().ok().zip(unit).and_then(|(number, (_, shift))| number.checked_mul(1 << shift))
        }
    };
    let bytes = bytes.filter(|bytes| (16 << 20..=16 << 30).contains(bytes));
    if bytes.is_none() {
        let remedy = "write 536_870_912, \"512 MiB\" or \"1 GiB\"";
        document.complain(value.span(), "`bytes` must be from 16 MiB to 16 GiB", remedy);
    }
    bytes.and_then(|bytes| usize::try_from(bytes).ok())
}

/// `None` where a word is wrong: secrets then stay out where they are kept out by default.
fn read_redacts<'a>(document: &mut Document<'a>, key: &str, value: &Value<'a>) -> Option<Redacts> {
    let (words, spans): (Vec<String>, Vec<_>) = document.strings(key, value)?.into_iter().unzip();
    let wrong: Vec<_> = words.iter().zip(spans).filter(|(word, _)| !Redacts::WORDS.contains(&word.as_str())).collect();
    for (word, span) in &wrong {
        document.unknown(span.clone(), "place", word, &Redacts::WORDS);
    }
    wrong.is_empty().then(|| Redacts::of(&words))
}

fn read_redactor<'a>(document: &mut Document<'a>, key: &str, value: &Value<'a>) -> Option<Redactor> {
    let mut redactor = Redactor::default();
    for (pattern, span) in document.strings(key, value)? {
        if let Err(why) = redactor.add(&pattern) {
            document.complain(span, format!("`{pattern}` cannot be used: {why}"), "");
        }
    }
    Some(redactor)
}
