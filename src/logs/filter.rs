//! A stack of filters: an event passes if every filter that is on lets it pass.

use std::fmt;
use std::ops::Range;

use memchr::memmem;
use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::buffer::{Entry, Run};
use super::event::SourceId;
use super::fields;
use super::level::Level;

/// The most bytes that a compiled pattern may take.
const PATTERN_SIZE: usize = 4 * 1024 * 1024;

/// A pattern that is looked for: a regular expression, in any case of letters unless it has a
/// capital. `^` and `$` stand for the ends of each line of an event.
#[derive(Debug, Clone)]
pub struct Term {
    pattern: String,
    regex: Regex,
    /// A match never leaves its line, so the text of many events can be searched as one.
    within_line: bool,
}

impl Term {
    pub fn new(pattern: &str) -> Result<Self, BadPattern> {
        let any_case = !has_capital(pattern);
        let hir = regex_syntax::ParserBuilder::new().multi_line(true).build().parse(pattern).map_err(BadPattern::of)?;
        let looks = hir.properties().look_set();
        let within_line = !looks.contains(Look::Start) && !looks.contains(Look::End) && !takes_break(&hir);
        let regex =
            RegexBuilder::new(pattern).multi_line(true).case_insensitive(any_case).size_limit(PATTERN_SIZE).build();
        match regex {
            Ok(regex) => Ok(Self { pattern: pattern.to_string(), regex, within_line }),
            Err(regex::Error::CompiledTooBig(_)) => {
                Err(BadPattern { what: "the pattern is too big".into(), column: 1 })
            }
            // What the parser took, the builder takes; any other fault has no position.
            Err(_) => Err(BadPattern { what: "the pattern is not valid".into(), column: 1 }),
        }
    }

    /// A term that finds this text as it is written.
    pub fn literal(text: &str) -> Result<Self, BadPattern> {
        Self::new(&regex::escape(text))
    }

    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    pub fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Where it is found, in bytes, at most `most` times. Empty matches are left out.
    pub fn ranges<'t>(&self, text: &'t str, most: usize) -> impl Iterator<Item = Range<usize>> + use<'_, 't> {
        self.regex.find_iter(text).map(|found| found.range()).filter(|range| !range.is_empty()).take(most)
    }
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

/// A letter that is a capital and stands for itself: `\S` and `(?P<Name>` do not count.
fn has_capital(pattern: &str) -> bool {
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let class = chars.next();
                if matches!(class, Some('p' | 'P' | 'x' | 'u' | 'U')) && chars.next_if_eq(&'{').is_some() {
                    chars.find(|c| *c == '}');
                }
            }
            '(' if chars.next_if_eq(&'?').is_some() => {
                chars.find(|c| matches!(c, ':' | ')' | '>'));
            }
            c if c.is_uppercase() => return true,
            _ => {}
        }
    }
    false
}

/// The pattern can match a line break. Its nesting is bounded by the parser.
fn takes_break(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal.0.contains(&b'\n'),
        HirKind::Class(Class::Unicode(class)) => class.iter().any(|r| (r.start()..=r.end()).contains(&'\n')),
        HirKind::Class(Class::Bytes(class)) => class.iter().any(|r| (r.start()..=r.end()).contains(&b'\n')),
        HirKind::Repetition(repetition) => takes_break(&repetition.sub),
        HirKind::Capture(capture) => takes_break(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(takes_break),
    }
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPattern {
    pub what: String,
    /// The character of the pattern where the fault is, from 1.
    pub column: usize,
}

impl BadPattern {
    fn of(error: regex_syntax::Error) -> Self {
        match error {
            regex_syntax::Error::Parse(error) => {
                Self { what: error.kind().to_string(), column: error.span().start.column }
            }
            regex_syntax::Error::Translate(error) => {
                Self { what: error.kind().to_string(), column: error.span().start.column }
            }
            _ => Self { what: "the pattern is not valid".into(), column: 1 },
        }
    }
}

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what: Vec<&str> = self.what.split_whitespace().collect();
        write!(f, "{} (at character {})", what.join(" "), self.column)
    }
}

impl std::error::Error for BadPattern {}

/// What one filter asks of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    Include(Term),
    Exclude(Term),
    /// Hides nothing: its term is marked, and searched for, beside those of `Include`.
    Highlight(Term),
    /// At least this level. An event whose level is not known does not pass.
    Level(Level),
    Sources(Vec<SourceId>),
    /// The field at a path has this value; or has not, if `not`.
    Field {
        path: String,
        value: String,
        not: bool,
    },
    /// Happened at `from` or later and before `to`: milliseconds since 1970.
    Time {
        from: Option<i64>,
        to: Option<i64>,
    },
}

impl Test {
    fn passes(&self, entry: &Entry<'_>) -> bool {
        match self {
            Self::Include(term) => term.is_in(entry.text),
            Self::Exclude(term) => !term.is_in(entry.text),
            Self::Highlight(_) => true,
            Self::Level(least) => entry.level >= Some(*least),
            Self::Sources(sources) => sources.contains(&entry.source),
            Self::Field { path, value, not } => {
                let head = path.split('.').next().unwrap_or_default();
                let may = memmem::find(entry.text.as_bytes(), head.as_bytes()).is_some();
                let is = may && fields::value(entry.text, path).is_some_and(|found| found == value.as_str());
                is != *not
            }
            Self::Time { from, to } => {
                from.is_none_or(|from| entry.key.at >= from) && to.is_none_or(|to| entry.key.at < to)
            }
        }
    }

    /// What it costs to ask, in rough order.
    fn cost(&self) -> u8 {
        match self {
            Self::Highlight(_) | Self::Level(_) | Self::Time { .. } => 0,
            Self::Sources(_) => 1,
            Self::Include(_) | Self::Exclude(_) => 2,
            Self::Field { .. } => 3,
        }
    }
}

/// A test that can be put off for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    pub test: Test,
    pub is_on: bool,
}

/// Filters, in the order in which they were laid.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stack {
    filters: Vec<Filter>,
    /// The indexes of those that are on and can hide something, cheapest first.
    order: Vec<usize>,
}

impl Stack {
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    pub fn push(&mut self, test: Test) {
        self.filters.push(Filter { test, is_on: true });
        self.sort();
    }

    /// Takes the filter at an index out.
    pub fn remove(&mut self, index: usize) -> Option<Filter> {
        let filter = (index < self.filters.len()).then(|| self.filters.remove(index));
        self.sort();
        filter
    }

    /// Puts the filter at an index off, or on again.
    pub fn toggle(&mut self, index: usize) {
        if let Some(filter) = self.filters.get_mut(index) {
            filter.is_on = !filter.is_on;
        }
        self.sort();
    }

    /// Nothing is filtered.
    pub fn is_open(&self) -> bool {
        self.order.is_empty()
    }

    fn sort(&mut self) {
        let asks = |filter: &Filter| filter.is_on && !matches!(filter.test, Test::Highlight(_));
        self.order = (0..self.filters.len()).filter(|i| asks(&self.filters[*i])).collect();
        self.order.sort_by_key(|i| self.filters[*i].test.cost());
    }

    fn tests(&self) -> impl Iterator<Item = &Test> {
        self.order.iter().map(|i| &self.filters[*i].test)
    }

    pub fn passes(&self, entry: &Entry<'_>) -> bool {
        self.tests().all(|test| test.passes(entry))
    }

    /// The terms that are marked in the text of an event, in the order in which they were laid.
    pub fn terms(&self) -> impl DoubleEndedIterator<Item = &Term> {
        self.filters.iter().filter(|filter| filter.is_on).filter_map(|filter| match &filter.test {
            Test::Include(term) | Test::Highlight(term) => Some(term),
            _ => None,
        })
    }

    /// The indexes of the events of a run that pass, ascending.
    pub(super) fn pick(&self, run: &Run<'_>, picked: &mut Vec<usize>) {
        let Some((leader, term)) = self.leader() else {
            picked.extend((0..run.len()).filter(|i| self.passes(&run.entry(*i))));
            return;
        };
        // To search the text of many events at once is much faster than each by itself, as most
        // have no match. A match cannot leave its line, and the ends of lines are where they are
        // for each text alone, so both ways find the same.
        let text = run.text();
        let (mut at, mut next) = (0, 0);
        let mut hits = std::iter::from_fn(|| {
            let found = (next < run.len()).then(|| term.regex.find_at(text, at)).flatten()?;
            let (index, end) = run.holding(found.start(), next);
            (at, next) = (end, index + 1);
            // Behind the last break of the run there is an empty line that is nobody's.
            (found.start() < end).then_some(index)
        });
        let rest: Vec<&Test> = self.tests().filter(|test| !std::ptr::eq(*test, leader)).collect();
        let passes = |i: &usize| rest.iter().all(|test| test.passes(&run.entry(*i)));
        if matches!(leader, Test::Include(_)) {
            picked.extend(hits.filter(passes));
            return;
        }
        let mut clear = 0;
        loop {
            let hit = hits.next().unwrap_or(run.len());
            picked.extend((clear..hit).filter(passes));
            if hit == run.len() {
                return;
            }
            clear = hit + 1;
        }
    }

    /// The test whose term is to be looked for in many events at once. One that includes leaves
    /// fewer to ask about.
    fn leader(&self) -> Option<(&Test, &Term)> {
        let terms = || {
            self.tests().filter_map(|test| match test {
                Test::Include(term) | Test::Exclude(term) if term.within_line => Some((test, term)),
                _ => None,
            })
        };
        terms().find(|(test, _)| matches!(test, Test::Include(_))).or_else(|| terms().next())
    }
}

/// Where terms are found in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Highlight {
    /// In bytes.
    pub range: Range<usize>,
    /// The index of the term.
    pub term: usize,
}

/// The most places that are marked in one line.
pub const MAX_HIGHLIGHTS: usize = 256;

/// The places of the terms in a line, in order and apart: where two overlap, the earlier one
/// stays, and of two that begin together that of the earlier term.
pub fn highlights<'a>(terms: impl IntoIterator<Item = &'a Term>, text: &str) -> Vec<Highlight> {
    let mut found: Vec<Highlight> = Vec::new();
    for (index, term) in terms.into_iter().enumerate() {
        found.extend(term.ranges(text, MAX_HIGHLIGHTS).map(|range| Highlight { range, term: index }));
    }
    found.sort_by_key(|highlight| (highlight.range.start, highlight.term));
    let mut end = 0;
    found.retain(|highlight| {
        let apart = highlight.range.start >= end;
        if apart {
            end = highlight.range.end;
        }
        apart
    });
    found.truncate(MAX_HIGHLIGHTS);
    found
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::logs::buffer::{Buffer, Key};
    use crate::logs::event::{Event, EventId};
    use proptest::prelude::*;

    pub fn term(pattern: &str) -> Term {
        Term::new(pattern).unwrap()
    }

    fn passes(test: Test, text: &str) -> bool {
        let mut buffer = Buffer::default();
        let key = buffer.push(&Event::new(EventId(0), 1_000, 2_000, SourceId(1), text));
        let mut stack = Stack::default();
        stack.push(test);
        stack.passes(&buffer.get(key).unwrap())
    }

    #[test]
    fn each_test_asks_its_own() {
        let include = |pattern, text| passes(Test::Include(term(pattern)), text);
        assert!(include("timeout", "Connection TIMEOUT"));
        assert!(!include("Timeout", "connection timeout"));
        assert!(include(r"\Stimeout", "XTIMEOUT"), "the capital of a class is none");
        assert!(include("^at x$", "Error\nat x"));
        assert!(!passes(Test::Exclude(term("health")), "GET /health"));
        assert!(passes(Test::Level(Level::Warn), "ERROR x") && !passes(Test::Level(Level::Warn), "x"));
        assert!(passes(Test::Sources(vec![SourceId(1)]), "x") && !passes(Test::Sources(vec![SourceId(2)]), "x"));
        let field = |path: &str, not| Test::Field { path: path.into(), value: "7".into(), not };
        assert!(passes(field("user.id", false), r#"{"user":{"id":7}}"#) && passes(field("id", false), "id=7 b=2"));
        assert!(!passes(field("id", true), "id=7 b=2") && passes(field("id", true), "plain"));
        assert!(passes(Test::Time { from: Some(1_000), to: Some(1_001) }, "x"));
        assert!(!passes(Test::Time { from: None, to: Some(1_000) }, "x"));
    }

    #[test]
    fn a_filter_can_be_put_off() {
        let mut stack = Stack::default();
        stack.push(Test::Include(term("a")));
        stack.push(Test::Level(Level::Error));
        assert_eq!(stack.order, [1, 0]);
        stack.toggle(1);
        assert_eq!(stack.order, [0]);
        stack.remove(0);
        assert!(stack.is_open() && stack.filters().len() == 1);
    }

    #[test]
    fn a_bad_pattern_is_told_in_one_line() {
        for (pattern, told) in [
            ("a(b", "unclosed group (at character 2)"),
            ("é[z-a]", "invalid character class range, the start must be <= the end (at character 3)"),
            ("x**{", "unclosed counted repetition (at character 4)"),
            (r"\pX1", "Unicode property not found (at character 1)"),
        ] {
            assert_eq!(Term::new(pattern).unwrap_err().to_string(), told);
        }
        assert!(Term::new("(?:x{1000}){1000}").unwrap_err().to_string().contains("too big"));
    }

    #[test]
    fn highlights_are_in_order_and_apart() {
        let terms = [term("time"), term("timeout|at")];
        let found = highlights(&terms, "at: timeout");
        let found: Vec<_> = found.into_iter().map(|h| (h.range, h.term)).collect();
        assert_eq!(found, [(0..2, 1), (4..8, 0)]);
        assert_eq!(highlights(&[term("x*")], "ab").len(), 0);
    }

    proptest! {
        /// Searching many events as one text finds what searching each does.
        #[test]
        fn both_ways_of_picking_agree(
            lines in prop::collection::vec("[ab \\n]{0,6}", 1..40),
            pattern in prop::sample::select(vec![
                "a", "^a", "b$", "^$", "a.*b", "a+ b", "[^b]a", r"\bab\b", r"a\s*b", "a|^b", "", r"\Aa", r"b\z", "(?s)a.b", "a?$", r"\B",
            ]),
            from in 0usize..40,
            excludes: bool,
            other: bool,
        ) {
            let mut buffer = Buffer::default();
            for (i, line) in lines.iter().enumerate() {
                buffer.push(&Event::new(EventId(0), i as i64, 0, SourceId(0), line));
            }
            let mut stack = Stack::default();
            stack.push(if excludes { Test::Exclude(term(pattern)) } else { Test::Include(term(pattern)) });
            if other {
                stack.push(Test::Exclude(term("aa")));
            }
            let run = buffer.run_before(Key::MAX, from + 1).unwrap();
            let mut picked = Vec::new();
            stack.pick(&run, &mut picked);
            let expected: Vec<usize> = (0..run.len()).filter(|i| stack.passes(&run.entry(*i))).collect();
            prop_assert_eq!(picked, expected);
        }
    }
}
