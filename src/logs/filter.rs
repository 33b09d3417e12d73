//! A stack of filters: an event passes if every filter that is on lets it pass.

use std::fmt;
use std::ops::Range;

use memchr::{memchr, memmem};
use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::buffer::{BufferEntry, Run};
use super::event::SourceId;
use super::fields;
use super::level::Level;
use super::prefilter::Prefilter;

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
    scout: Option<Prefilter>,
}

/// A pattern as it is written, its letters in their case.
pub(super) fn plain(pattern: &str) -> Result<Regex, BadPattern> {
    regex_syntax::parse(pattern).map_err(BadPattern::of)?;
    build(&mut RegexBuilder::new(pattern))
}

/// Builds what the parser took.
fn build(builder: &mut RegexBuilder) -> Result<Regex, BadPattern> {
    builder.size_limit(PATTERN_SIZE).build().map_err(|why| match why {
        regex::Error::CompiledTooBig(_) => BadPattern::new("the pattern is too big"),
        // Any other fault has no position.
        _ => BadPattern::new("the pattern is not valid"),
    })
}

impl Term {
    pub fn new(pattern: &str) -> Result<Self, BadPattern> {
        let any_case = !has_capital(pattern);
        let hir = regex_syntax::ParserBuilder::new().multi_line(true).build().parse(pattern).map_err(BadPattern::of)?;
        let looks = hir.properties().look_set();
        let within_line = !looks.contains(Look::Start) && !looks.contains(Look::End) && !takes_break(&hir);
        let regex = build(RegexBuilder::new(pattern).multi_line(true).case_insensitive(any_case))?;
        let scout = if any_case && within_line { Prefilter::of(pattern) } else { None };
        Ok(Self { pattern: pattern.to_string(), regex, within_line, scout })
    }

    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    pub fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Where it is found, in bytes. Empty matches are left out.
    fn ranges<'t>(&self, text: &'t str) -> impl Iterator<Item = Range<usize>> + use<'_, 't> {
        self.regex.find_iter(text).map(|found| found.range()).filter(|range| !range.is_empty())
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
    pub(super) fn new(what: &str) -> Self {
        Self { what: what.into(), column: 1 }
    }

    fn of(error: regex_syntax::Error) -> Self {
        let (what, span) = match &error {
            regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span()),
            regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span()),
            _ => return Self::new("the pattern is not valid"),
        };
        Self { what, column: span.start.column }
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
    fn passes(&self, entry: &BufferEntry<'_>) -> bool {
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

    /// It lets pass what it does not find.
    fn excludes(&self) -> bool {
        matches!(self, Self::Exclude(_) | Self::Field { not: true, .. })
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

/// Filters, in the order in which they were laid.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stack {
    filters: Vec<Test>,
    /// The indexes of those that can hide something, cheapest first.
    order: Vec<usize>,
}

impl Stack {
    pub fn filters(&self) -> &[Test] {
        &self.filters
    }

    pub fn push(&mut self, test: Test) {
        self.filters.push(test);
        self.sort();
    }

    /// Takes the filter at an index out.
    pub fn remove(&mut self, index: usize) -> Option<Test> {
        let filter = (index < self.filters.len()).then(|| self.filters.remove(index));
        self.sort();
        filter
    }

    /// Takes the first such filter out.
    pub fn take(&mut self, is_it: impl Fn(&Test) -> bool) -> Option<Test> {
        let index = self.filters.iter().position(is_it)?;
        self.remove(index)
    }

    /// Nothing is filtered.
    pub fn is_open(&self) -> bool {
        self.order.is_empty()
    }

    fn sort(&mut self) {
        let hides = |i: &usize| !matches!(self.filters[*i], Test::Highlight(_));
        self.order = (0..self.filters.len()).filter(hides).collect();
        self.order.sort_by_key(|i| self.filters[*i].cost());
    }

    fn tests(&self) -> impl Iterator<Item = &Test> {
        self.order.iter().map(|i| &self.filters[*i])
    }

    pub fn passes(&self, entry: &BufferEntry<'_>) -> bool {
        self.tests().all(|test| test.passes(entry))
    }

    /// The terms that are marked in the text of an event, in the order in which they were laid.
    pub fn terms(&self) -> impl DoubleEndedIterator<Item = &Term> {
        self.filters.iter().filter_map(|filter| match filter {
            Test::Include(term) | Test::Highlight(term) => Some(term),
            _ => None,
        })
    }

    /// The indexes of the events of a run that pass, ascending.
    pub(super) fn pick(&self, run: &Run<'_>, picked: &mut Vec<usize>) {
        let Some((leader, mut places)) = self.leader() else {
            picked.extend((0..run.len()).filter(|i| self.passes(&run.entry(*i))));
            return;
        };
        let passes_rest =
            |i: &usize| self.tests().all(|test| std::ptr::eq(test, leader) || test.passes(&run.entry(*i)));
        let excludes = leader.excludes();
        // To search the text of many events at once is much faster than each by itself, as most
        // have no match. What is found cannot leave its line, and the ends of lines are where they
        // are for each text alone, so both ways find the same.
        let text = run.text();
        let (mut at, mut next, mut clear) = (0, 0, 0);
        while next < run.len() {
            let Some(byte) = places.next(text, at) else { break };
            let (index, end) = run.holding(byte, next);
            // Behind the last break of the run there is an empty line that is nobody's.
            if byte >= end {
                break;
            }
            (at, next) = (end, index + 1);
            if places.are_sure() || leader.passes(&run.entry(index)) != excludes {
                if excludes {
                    picked.extend((clear..index).filter(passes_rest));
                    clear = next;
                } else {
                    picked.extend(Some(index).filter(passes_rest));
                }
            }
        }
        if excludes {
            picked.extend((clear..run.len()).filter(passes_rest));
        }
    }

    /// The test whose text is to be looked for in many events at once. One that takes what it
    /// finds leaves fewer to ask about than one that excludes it.
    fn leader(&self) -> Option<(&Test, Places<'_>)> {
        let leaders = || self.tests().filter_map(|test| Some((test, Places::of(test)?)));
        leaders().find(|(test, _)| !test.excludes()).or_else(|| leaders().next())
    }
}

/// Where in a text of many events a test may find what it looks for.
enum Places<'a> {
    /// The ends of matches, the first of which is known before where it began.
    Matches(&'a Regex),
    Words(&'a Prefilter),
    /// A value of a field stands in the text as it is, unless something in the line is escaped.
    Value {
        value: Box<memmem::Finder<'a>>,
        next_value: Option<usize>,
        next_escape: Option<usize>,
    },
}

impl<'a> Places<'a> {
    /// `None`: what the test asks cannot be looked for in many events at once.
    fn of(test: &'a Test) -> Option<Self> {
        match test {
            Test::Include(term) | Test::Exclude(term) if term.within_line => {
                Some(term.scout.as_ref().map_or(Self::Matches(&term.regex), Self::Words))
            }
            Test::Field { value, .. } if !value.is_empty() => {
                let value = Box::new(memmem::Finder::new(value));
                Some(Self::Value { value, next_value: Some(0), next_escape: Some(0) })
            }
            _ => None,
        }
    }

    /// What is found needs not be looked at again.
    fn are_sure(&self) -> bool {
        matches!(self, Self::Matches(_))
    }

    /// The first place from `at` on. Of one text it must be asked forward only.
    fn next(&mut self, text: &str, at: usize) -> Option<usize> {
        match self {
            Self::Matches(regex) => regex.shortest_match_at(text, at),
            Self::Words(scout) => scout.next(text, at),
            Self::Value { value, next_value, next_escape } => {
                let rest = &text.as_bytes()[at..];
                if next_value.is_some_and(|place| place <= at) {
                    *next_value = value.find(rest).map(|place| at + place);
                }
                if next_escape.is_some_and(|place| place <= at) {
                    *next_escape = memchr(b'\\', rest).map(|place| at + place);
                }
                match (*next_value, *next_escape) {
                    (Some(value), Some(escape)) => Some(value.min(escape)),
                    (value, escape) => value.or(escape),
                }
            }
        }
    }
}

/// The most places that are marked in one line.
const MAX_HIGHLIGHTS: usize = 256;

/// The places of the terms in a line, in bytes, in order and apart: where two overlap, the earlier one
/// stays, and of two that begin together that of the earlier term.
pub fn highlights<'a>(terms: impl IntoIterator<Item = &'a Term>, text: &str) -> Vec<Range<usize>> {
    let found = terms.into_iter().flat_map(|term| term.ranges(text).take(MAX_HIGHLIGHTS));
    let mut found: Vec<Range<usize>> = found.collect();
    found.sort_by_key(|range| range.start);
    let mut end = 0;
    found.retain(|range| {
        let apart = range.start >= end;
        end = if apart { range.end } else { end };
        apart
    });
    found.truncate(MAX_HIGHLIGHTS);
    found
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::logs::buffer::{Buffer, EventKey};
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
    fn the_cheapest_is_asked_first() {
        let mut stack = Stack::default();
        stack.push(Test::Include(term("a")));
        stack.push(Test::Level(Level::Error));
        assert_eq!(stack.order, [1, 0]);
        stack.remove(1);
        assert_eq!(stack.order, [0]);
        stack.remove(0);
        assert!(stack.is_open() && stack.filters().is_empty());
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
        assert_eq!(found, [0..2, 4..8]);
        assert_eq!(highlights(&[term("x*")], "ab").len(), 0);
    }

    /// What both ways of picking take of these lines, from the newest of the last `most`.
    fn picked(lines: &[String], most: usize, tests: Vec<Test>) -> (Vec<usize>, Vec<usize>) {
        let mut buffer = Buffer::default();
        for (i, line) in lines.iter().enumerate() {
            buffer.push(&Event::new(EventId(0), i as i64, 0, SourceId(0), line));
        }
        let mut stack = Stack::default();
        tests.into_iter().for_each(|test| stack.push(test));
        let run = buffer.run_before(EventKey::MAX, most).unwrap();
        let mut picked = Vec::new();
        stack.pick(&run, &mut picked);
        (picked, (0..run.len()).filter(|i| stack.passes(&run.entry(*i))).collect())
    }

    proptest! {
        /// Searching many events as one text finds what searching each does.
        #[test]
        fn both_ways_of_picking_agree(
            lines in prop::collection::vec("[abAB \\n]{0,6}", 1..40),
            pattern in prop::sample::select(vec![
                "a", "^a", "b$", "^$", "a.*b", "a+ b", "[^b]a", r"\bab\b", r"a\s*b", "a|^b", "", r"\Aa", r"b\z",
                "(?s)a.b", "a?$", r"\B", "ab|ba", "ab|bb| a", "aab|b a|a\nb", "AB|bb", "(?i)AB|bb", "(?-i)ab|bb",
            ]),
            most in 1usize..40,
            excludes: bool,
            other: bool,
        ) {
            let mut tests = vec![if excludes { Test::Exclude(term(pattern)) } else { Test::Include(term(pattern)) }];
            if other {
                tests.push(Test::Exclude(term("aa")));
            }
            let (picked, expected) = picked(&lines, most, tests);
            prop_assert_eq!(picked, expected);
        }

        /// The same for fields, however their values are written.
        #[test]
        fn both_ways_of_picking_agree_on_fields(
            lines in prop::collection::vec(prop::sample::select(vec![
                r#"{"a":"b"}"#, r#"{"a":"\u0062"}"#, r#"{"a":"b\"","c":1}"#, r#"{"a":{"c":"b"}}"#, r#"{"c":"b","a":7}"#,
                r#"at 7 {"a":"b","a":"c"}"#, "a=b c=7", r#"a="b\"" c=7"#, r#"a="" b=a"#, "a b", "b", "", "a=b\nb=a",
                r#"a="b c" x=\"#, r"\ a=b", r#"{"a":"b\nb"}"#, r#"{"a":""}"#,
            ]).prop_map(str::to_string), 1..40),
            path in prop::sample::select(vec!["a", "c", "a.c", "b"]),
            value in prop::sample::select(vec!["b", "7", "b\"", "", "a", "b\nb", "b c"]),
            most in 1usize..40,
            not: bool,
            other: bool,
        ) {
            let mut tests = vec![Test::Field { path: path.into(), value: value.into(), not }];
            if other {
                tests.push(Test::Exclude(term("x|c")));
            }
            let (picked, expected) = picked(&lines, most, tests);
            prop_assert_eq!(picked, expected);
        }
    }
}
