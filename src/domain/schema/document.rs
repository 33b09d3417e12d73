//! A TOML text as it is read here: every key and value with its place, every complaint collected.
//! Config, keymap and theme all read through this, so that they speak alike.

use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::complaint::{Complaint, FilePlace, suggest};
use crate::domain::text::Text;

/// A value with its place.
pub type Value<'a> = Spanned<DeValue<'a>>;

/// A key of a table with its place and its value.
pub type Item<'t, 'a> = (&'t str, Range<usize>, &'t Value<'a>);

/// The text of a file and what is wrong with it so far.
pub struct Document<'a> {
    file: Text,
    text: &'a str,
    complaints: Vec<Complaint>,
}

impl<'a> Document<'a> {
    /// Parses `text`; `file` is the name that complaints carry. Broken syntax becomes complaints,
    /// and the table holds what could be read nevertheless.
    pub fn parse(text: &'a str, file: &str) -> (Self, DeTable<'a>) {
        // Editors of other systems write a byte order mark, and TOML allows it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (table, errors) = DeTable::parse_recoverable(text);
        let mut document = Self { file: file.into(), text, complaints: Vec::new() };
        for error in errors {
            document.complain(error.span().unwrap_or_default(), error.message().trim_end(), "");
        }
        (document, table.into_inner())
    }

    pub fn is_sound(&self) -> bool {
        self.complaints.is_empty()
    }

    /// Where a span begins.
    pub fn place(&self, span: &Range<usize>) -> FilePlace {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        FilePlace {
            line: before.bytes().filter(|b| *b == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    pub fn complain(&mut self, span: Range<usize>, message: impl Into<Text>, remedy: impl Into<Text>) {
        let complaint = Complaint::at(&self.file, self.place(&span), message, remedy);
        self.complaints.push(complaint);
    }

    /// A name that is not one of `valid`; `what` says of what sort (`key`, `role`, …).
    pub fn unknown(&mut self, span: Range<usize>, what: &str, name: &str, valid: &[&str]) {
        self.complain(span, format!("unknown {what} `{name}`"), suggest(name, valid));
    }

    /// A value of another type than `expected`.
    pub fn mismatch(&mut self, key: &str, value: &Value<'_>, expected: &str) {
        let found = value.get_ref().type_str();
        self.complain(value.span(), format!("`{key}` must be {expected}, not {}", with_article(found)), "");
    }

    pub fn string(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        let found = value.get_ref().as_str().map(str::to_owned);
        if found.is_none() {
            self.mismatch(key, value, "a string");
        }
        found
    }

    /// A string that says something.
    pub fn filled(&mut self, key: &str, value: &Value<'_>) -> Option<String> {
        let found = self.string(key, value)?;
        if found.trim().is_empty() {
            self.complain(value.span(), format!("`{key}` is empty"), "give it a value, or leave the key out");
            return None;
        }
        Some(found)
    }

    pub fn boolean(&mut self, key: &str, value: &Value<'_>) -> Option<bool> {
        let found = value.get_ref().as_bool();
        if found.is_none() {
            self.mismatch(key, value, "true or false");
        }
        found
    }

    /// One of the values of `all` by its word; `what` says of what sort they are (`tier`, …).
    pub fn choice<T: Copy>(
        &mut self,
        key: &str,
        value: &Value<'_>,
        what: &str,
        all: &[T],
        word: fn(T) -> &'static str,
    ) -> Option<T> {
        let text = self.filled(key, value)?;
        let found = all.iter().copied().find(|one| word(*one) == text);
        if found.is_none() {
            let words: Vec<&str> = all.iter().copied().map(word).collect();
            self.unknown(value.span(), what, &text, &words);
        }
        found
    }

    /// Seconds, or a number with its unit, from 1 s to 60 m.
    pub fn duration(&mut self, key: &str, value: &Value<'_>, remedy: &str) -> Option<Duration> {
        let seconds = if let DeValue::Integer(_) = value.get_ref() {
            whole(value)
        } else {
            if value.get_ref().as_str().is_none() {
                self.mismatch(key, value, "seconds or a string");
                return None;
            }
            let text = self.filled(key, value)?;
            let (digits, unit) = with_unit(&text);
            let unit = match unit {
                "" | "s" => Some(1),
                "m" => Some(60),
                _ => None,
            };
            digits.parse::<u64>().ok().zip(unit).map(|(number, unit)| number.saturating_mul(unit))
        };
        let found = seconds.filter(|seconds| (1..=3600).contains(seconds)).map(Duration::from_secs);
        if found.is_none() {
            self.complain(value.span(), format!("`{key}` must be from 1 s to 60 m"), remedy);
        }
        found
    }

    pub fn table<'v>(&mut self, key: &str, value: &'v Value<'a>) -> Option<&'v DeTable<'a>> {
        let found = value.get_ref().as_table();
        if found.is_none() {
            self.mismatch(key, value, "a table");
        }
        found
    }

    /// A list of filled strings with their places; wrong elements are complained of and left out.
    pub fn strings(&mut self, key: &str, value: &Value<'a>) -> Option<Vec<(String, Range<usize>)>> {
        let Some(elements) = value.get_ref().as_array() else {
            self.mismatch(key, value, "a list of strings");
            return None;
        };
        let mut found = Vec::with_capacity(elements.len());
        for element in elements.iter() {
            match element.get_ref().as_str() {
                Some("") => self.complain(element.span(), format!("`{key}` has an empty element"), "leave it out"),
                Some(text) => found.push((text.to_owned(), element.span())),
                None => self.mismatch(key, element, "a list of strings"),
            }
        }
        Some(found)
    }

    /// All complaints, in the order of the file.
    pub fn into_complaints(mut self) -> Vec<Complaint> {
        self.complaints.sort_by_key(|c| (c.line, c.column));
        self.complaints
    }

    /// The value, if there is nothing to complain of.
    ///
    /// # Errors
    /// All complaints, in the order of the file.
    pub fn finish<T>(self, value: T) -> Result<T, Vec<Complaint>> {
        if self.is_sound() { Ok(value) } else { Err(self.into_complaints()) }
    }
}

/// The items of a table in the order of the file.
pub fn in_order<'t, 'a>(table: &'t DeTable<'a>) -> Vec<Item<'t, 'a>> {
    let mut items: Vec<_> = table.iter().map(|(key, value)| (&**key.get_ref(), key.span(), value)).collect();
    items.sort_by_key(|(_, span, _)| span.start);
    items
}

/// A number that is whole and not negative.
pub fn whole(value: &Value) -> Option<u64> {
    let number = value.get_ref().as_integer()?;
    u64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// `512 MiB` in its digits and its unit.
pub fn with_unit(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn with_article(type_word: &str) -> String {
    let article = if type_word.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {type_word}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let (mut document, table) = Document::parse("\u{feff}a = 1\n\"ü\" = \"x\"\n", "f");
        let (key, span, value) = in_order(&table)[1].clone();
        assert_eq!((key, document.place(&span)), ("ü", FilePlace { line: 2, column: 1 }));
        assert_eq!(document.boolean("ü", value), None);
        let complaints = document.into_complaints();
        assert_eq!(complaints[0].to_string(), "f:2:7: `ü` must be true or false, not a string");
    }

    #[test]
    fn broken_syntax_does_not_hide_the_rest() {
        let (document, table) = Document::parse("a = \nb = true\nb = 2\n", "f");
        assert!(table.contains_key("b"));
        assert_eq!(document.into_complaints().len(), 2);
    }
}
