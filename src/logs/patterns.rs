//! Folds lines that say the same into patterns, after Drain (He et al., 2017): numbers, ids and
//! quoted values become `<*>` first, and lines of equal length and head that still differ in a
//! few words share a pattern with `<*>` in their place.
//!
//! Lines that differ in masked values alone fall together in any order of arrival. Which words
//! become `<*>` beyond these depends on what came before, as it does in Drain.

use std::collections::HashMap;

use super::event::hash_of;
use super::histogram::{Histogram, HistogramLimits};
use super::level::Level;
use super::scan::{is_word, members, pairs, unquote};

/// What stands for a value that varies.
pub const WILD: &str = "<*>";

/// The most words of a line that are compared; a pattern ends with `…` if there were more.
const MAX_WORDS: usize = 48;
/// The most bytes of a line that are read.
const MAX_BYTES: usize = 2048;
/// Of the words of two lines, this share must be the same and no `<*>` for them to fall together.
/// Drain's usual 0.4 would take "accepted" and "declined" for a detail.
const ALIKE: f64 = 0.7;

/// The bounds of [`Patterns`].
#[derive(Debug, Clone, Copy)]
pub struct PatternLimits {
    /// The most patterns; the one that was not seen for longest goes first.
    pub patterns: usize,
    /// The window and the steps of the trend of each.
    pub trend: HistogramLimits,
}

impl Default for PatternLimits {
    /// A thousand patterns, with an hour of minutes each.
    fn default() -> Self {
        let trend = HistogramLimits { bucket_ms: 60_000, buckets: 60, ahead_ms: 60_000 };
        Self { patterns: 1_000, trend }
    }
}

/// Names a pattern for as long as it is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PatternId(pub u64);

/// Lines that say the same.
#[derive(Debug)]
pub struct Pattern {
    pub id: PatternId,
    words: Vec<Box<str>>,
    pub count: u64,
    /// The times of the oldest and the newest line: milliseconds since 1970.
    pub first: i64,
    pub last: i64,
    pub level: Option<Level>,
    /// How many there were over time.
    pub trend: Histogram,
    group: u64,
    /// When it was seen last, in lines.
    touched: u64,
}

impl Pattern {
    /// The words, with `<*>` for what varies.
    pub fn text(&self) -> String {
        self.words.join(" ")
    }
}

/// The patterns of a tail.
#[derive(Debug, Default)]
pub struct Patterns {
    limits: PatternLimits,
    patterns: HashMap<PatternId, Pattern>,
    /// Patterns of one level, one number of words and one first word.
    groups: HashMap<u64, Vec<PatternId>>,
    /// The pattern of a masked line that came before, by its hash.
    known: HashMap<u64, PatternId>,
    lines: u64,
    next: u64,
    /// Room for the line at hand.
    masked: String,
}

impl Patterns {
    pub fn new(limits: PatternLimits) -> Self {
        Self { limits: PatternLimits { patterns: limits.patterns.max(1), ..limits }, ..Self::default() }
    }

    /// Takes note of a line. `at` and `now` are milliseconds since 1970.
    pub fn add(&mut self, text: &str, level: Option<Level>, at: i64, now: i64) -> PatternId {
        self.lines += 1;
        let mut masked = std::mem::take(&mut self.masked);
        mask(&message(text), &mut masked);
        let hash = hash_of(&(level, &masked));
        let known = self.known.get(&hash).copied().filter(|id| self.patterns.contains_key(id));
        let id = known.unwrap_or_else(|| {
            let id = self.place(&masked, level, at);
            // The bound of what is a short cut only: it fills again soon.
            if self.known.len() >= self.limits.patterns * 8 {
                self.known.clear();
            }
            self.known.insert(hash, id);
            id
        });
        self.masked = masked;
        if let Some(pattern) = self.patterns.get_mut(&id) {
            pattern.count += 1;
            pattern.first = pattern.first.min(at);
            pattern.last = pattern.last.max(at);
            pattern.touched = self.lines;
            pattern.trend.add(at, level, now);
        }
        id
    }

    /// The pattern of a masked line that is not known: one that is alike, or a new one.
    fn place(&mut self, masked: &str, level: Option<Level>, at: i64) -> PatternId {
        let mut words: Vec<&str> = masked.split_ascii_whitespace().take(MAX_WORDS + 1).collect();
        if words.len() > MAX_WORDS {
            words[MAX_WORDS] = "…";
        }
        let group = hash_of(&(level, words.len(), words.first()));
        let alike = |id: &PatternId| {
            let pattern = self.patterns.get(id)?;
            let same = pattern.words.iter().zip(&words).filter(|(a, b)| ***a == ***b && !a.contains(WILD)).count();
            let exact = pattern.words.iter().zip(&words).all(|(a, b)| **a == **b);
            let share = if exact { 1.0 } else { same as f64 / words.len().max(1) as f64 };
            (share >= ALIKE).then_some((*id, share))
        };
        // Of several that are equally alike, the oldest.
        let best = self
            .groups
            .get(&group)
            .into_iter()
            .flatten()
            .filter_map(alike)
            .reduce(|best, one| if one.1 > best.1 { one } else { best });
        if let Some((id, _)) = best
            && let Some(pattern) = self.patterns.get_mut(&id)
        {
            for (mine, word) in pattern.words.iter_mut().zip(words) {
                if **mine != *word {
                    *mine = WILD.into();
                }
            }
            return id;
        }
        while self.patterns.len() >= self.limits.patterns {
            self.forget();
        }
        let id = PatternId(self.next);
        self.next += 1;
        let words = words.into_iter().map(Box::from).collect();
        let trend = Histogram::new(self.limits.trend);
        let pattern = Pattern { id, words, count: 0, first: at, last: at, level, trend, group, touched: self.lines };
        self.patterns.insert(id, pattern);
        self.groups.entry(group).or_default().push(id);
        id
    }

    /// Forgets the pattern that was not seen for longest.
    fn forget(&mut self) {
        let Some(id) = self.patterns.values().min_by_key(|pattern| pattern.touched).map(|pattern| pattern.id) else {
            return;
        };
        let Some(pattern) = self.patterns.remove(&id) else { return };
        if let Some(ids) = self.groups.get_mut(&pattern.group) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.groups.remove(&pattern.group);
            }
        }
    }

    pub fn get(&self, id: PatternId) -> Option<&Pattern> {
        self.patterns.get(&id)
    }

    /// All patterns, the most frequent first.
    pub fn list(&self) -> Vec<&Pattern> {
        let mut list: Vec<&Pattern> = self.patterns.values().collect();
        list.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.words.cmp(&b.words)).then(a.id.cmp(&b.id)));
        list
    }
}

/// What a line says in words: its message field if it has one, else its first line.
fn message(text: &str) -> std::borrow::Cow<'_, str> {
    let is_message = |name: &str| matches!(name, "message" | "msg" | "@m" | "event" | "short_message");
    if text.starts_with('{') {
        if let Some((_, value)) = members(text).take(64).find(|(name, _)| is_message(name)) {
            return unquote(value);
        }
    } else if memchr::memmem::find(text.as_bytes(), b"msg=").is_some()
        && let Some((_, value)) = pairs(text).take(64).find(|(name, _)| *name == "msg")
    {
        return unquote(value);
    }
    text.into()
}

/// Writes the head of `text` with `<*>` for numbers, ids and quoted values.
fn mask(text: &str, out: &mut String) {
    out.clear();
    let line = text.lines().next().unwrap_or_default();
    let line = &line[..line.floor_char_boundary(MAX_BYTES)];
    let bytes = line.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let start = i;
        if is_uuid(&bytes[i..]) {
            push_wild(out);
            i += UUID;
        } else if is_word(bytes[i]) {
            while i < bytes.len() && is_word(bytes[i]) {
                i += 1;
            }
            // A word is cut at ASCII only, so it is whole in UTF-8.
            let word = &line[start..i];
            if is_value(word) { push_wild(out) } else { out.push_str(word) }
        } else if let Some(end) = quoted_end(bytes, i) {
            let quote = &line[i..i + 1];
            out.push_str(quote);
            out.push_str(WILD);
            out.push_str(quote);
            i = end;
        } else {
            out.push(char::from(bytes[i]));
            i += 1;
        }
    }
}

/// A number, or an id: what has a digit, or could be a long number to the base of 16.
fn is_value(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.iter().any(u8::is_ascii_digit) || (bytes.len() >= 8 && bytes.iter().all(u8::is_ascii_hexdigit))
}

/// The length of a UUID.
const UUID: usize = 36;

/// A UUID begins here; a group of it may be all letters.
fn is_uuid(bytes: &[u8]) -> bool {
    let is_part =
        |(i, byte): (usize, &u8)| if matches!(i, 8 | 13 | 18 | 23) { *byte == b'-' } else { byte.is_ascii_hexdigit() };
    bytes.get(..UUID).is_some_and(|head| head.iter().enumerate().all(is_part))
}

/// The parts of an address or a time are one value.
fn push_wild(out: &mut String) {
    let Some(before) = out.strip_suffix(['.', ':', '-', '/', '+']).filter(|before| before.ends_with(WILD)) else {
        if !out.ends_with(WILD) {
            out.push_str(WILD);
        }
        return;
    };
    out.truncate(before.len());
}

/// Behind the closing quote of a value in quotes; an apostrophe within a word opens none.
fn quoted_end(bytes: &[u8], at: usize) -> Option<usize> {
    let quote = bytes[at];
    let opens = matches!(quote, b'"' | b'\'' | b'`') && !at.checked_sub(1).is_some_and(|before| is_word(bytes[before]));
    if !opens {
        return None;
    }
    let end = at + 1 + memchr::memchr(quote, &bytes[at + 1..])?;
    (!bytes.get(end + 1).copied().is_some_and(is_word)).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn masked(text: &str) -> String {
        let mut out = String::new();
        mask(&message(text), &mut out);
        out
    }

    #[test]
    fn values_are_masked() {
        for (text, pattern) in [
            ("2026-11-21T10:00:00.123Z took 15ms", "<*> took <*>"),
            ("order 8f14e45f-ceea-467f-a8d2-000000000001 paid", "order <*> paid"),
            ("connect 10.0.0.1:5432 refused", "connect <*> refused"),
            ("GET /orders/8123/items HTTP/1.1", "GET /orders/<*>/items HTTP/<*>"),
            ("user \"Ann Lee\" can't log in", "user \"<*>\" can't log in"),
            ("key deadbeef is bad", "key <*> is bad"),
            (r#"{"level":30,"msg":"paid 12","time":1}"#, "paid <*>"),
            ("level=info msg=\"paid 12\" x=1", "paid <*>"),
            ("Größe 12 ist zu groß", "Größe <*> ist zu groß"),
            ("first 1\nsecond", "first <*>"),
        ] {
            assert_eq!(masked(text), pattern);
        }
    }

    #[test]
    fn lines_that_say_the_same_fall_together() {
        let mut patterns = Patterns::default();
        for i in 0..100 {
            patterns.add(&format!("payment of {i} EUR accepted for order A{i}"), Some(Level::Info), i, 1_000);
            patterns.add(&format!("payment of {i} EUR declined for order A{i}"), Some(Level::Info), i, 1_000);
            let name = ["Ann", "Bob", "Cid"][i as usize % 3];
            patterns.add(&format!("the user {name} has logged in to the shop"), None, i + 500, 1_000);
        }
        let told: Vec<_> = patterns.list().into_iter().map(|p| (p.text(), p.count)).collect();
        assert_eq!(
            told,
            [
                ("payment of <*> EUR accepted for order <*>".to_string(), 100),
                ("payment of <*> EUR declined for order <*>".to_string(), 100),
                ("the user <*> has logged in to the shop".to_string(), 100),
            ]
        );
        let new: Vec<_> = patterns.list().into_iter().filter(|pattern| pattern.first >= 500).collect();
        assert_eq!((new.len(), new[0].first, new[0].last), (1, 500, 599));
        assert_eq!(new[0].trend.columns(0, 60_000, 1).list[0].count.all, 100);
    }

    #[test]
    fn what_was_not_seen_for_longest_is_forgotten_and_told() {
        let mut patterns = Patterns::new(PatternLimits { patterns: 10, ..PatternLimits::default() });
        let word = |i: usize| -> String {
            [0, 1, 2].map(|k| char::from(b'g' + (i / 10usize.pow(k) % 10) as u8)).iter().collect()
        };
        for i in 0..500 {
            patterns.add("always here", None, 0, 0);
            patterns.add(&word(i), None, 0, 0);
        }
        assert_eq!((patterns.patterns.len(), patterns.next), (10, 10 + 491));
        assert_eq!(patterns.list()[0].count, 500);
        assert!(patterns.known.len() <= 80 && patterns.groups.len() <= 10);
    }

    proptest! {
        #[test]
        fn order_does_not_matter_for_values(
            lines in prop::collection::vec((0usize..4, any::<u32>(), "[a-z ]{0,8}"), 1..60),
            seed in any::<u64>(),
        ) {
            let write = |(form, number, name): &(usize, u32, String)| match form {
                0 => format!("request {number} done in {number}ms"),
                1 => format!("user \"{name}\" from 10.0.{}.7", number % 256),
                2 => format!("cache miss for key {number:08x}0"),
                _ => format!("{{\"msg\":\"retry {number}\",\"name\":\"{name}\"}}"),
            };
            let told = |lines: &[(usize, u32, String)]| {
                let mut patterns = Patterns::default();
                for line in lines {
                    patterns.add(&write(line), None, 0, 0);
                }
                patterns.list().into_iter().map(|p| (p.text(), p.count)).collect::<Vec<_>>()
            };
            let mut other = lines.clone();
            other.sort_by_key(|line| u64::from(line.1).wrapping_mul(seed | 1));
            prop_assert_eq!(told(&lines), told(&other));
            prop_assert_eq!(told(&lines).iter().map(|p| p.1).sum::<u64>(), lines.len() as u64);
        }

        #[test]
        fn any_text_has_a_pattern(text in any::<String>(), line in "[ -~é'\"]{0,80}") {
            let mut patterns = Patterns::default();
            for text in [text, line] {
                let id = patterns.add(&text, None, 0, 0);
                prop_assert!(patterns.get(id).is_some_and(|p| p.words.len() <= MAX_WORDS + 1));
            }
        }
    }
}
