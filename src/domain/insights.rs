//! Queries of CloudWatch Logs Insights and what they answer.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use strum::IntoStaticStr;

use crate::domain::prelude::*;

use super::text::clean_block;

/// Groups that one query may search (CloudWatch Logs quotas, "StartQuery").
pub const MAX_GROUPS: usize = 50;
/// Rows that a query has when it says no `limit`.
pub const DEFAULT_LIMIT: u32 = 1_000;
/// Rows that a query can have at most (CloudWatch Logs API, StartQuery, `limit`).
pub const MAX_LIMIT: u32 = 10_000;
/// Bytes of values that are kept of one result; rows after that are counted and left out.
const MAX_BYTES: usize = 64 << 20;
/// Bytes of one value; CloudWatch takes no longer event (CloudWatch Logs quotas, "Event size").
const MAX_VALUE: usize = 256 << 10;
/// What a search costs for each byte, by the list price of us-east-1: $0.005 for a GB.
const DOLLARS_PER_BYTE: f64 = 0.005 / 1e9;

/// The words of a query. They may hold what one looks for, a person's name say, so that Debug,
/// which goes to the trace, does not tell them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct QueryText(Arc<str>);

impl QueryText {
    pub fn new(text: &str) -> Self {
        Self(Arc::from(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

debug_as!(QueryText, |it| "{} bytes", it.0.len());

/// A query of several lines in one, its comments left out.
pub fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.collect::<Vec<_>>().join(" ")
}

/// A query as it is sent. To read it is to start it, once: a search costs by what it scans.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct InsightsQuery {
    /// Which start of a query this is: the same one again is another.
    pub run: u64,
    pub sources: Vec<LogSource>,
    pub text: QueryText,
    /// Seconds since the epoch, both inclusive: StartQuery takes seconds where all else of
    /// CloudWatch Logs takes milliseconds.
    pub from: i64,
    pub to: i64,
}

impl InsightsQuery {
    /// The rows to ask for: as many as can be where the query says `limit` itself.
    pub fn limit(&self) -> u32 {
        let says = |command: &str| command.split_whitespace().next().is_some_and(|word| word == "limit");
        if self.text.as_str().split('|').any(says) { MAX_LIMIT } else { DEFAULT_LIMIT }
    }
}

/// How far a query is (CloudWatch Logs API, GetQueryResults, `status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum QueryStatus {
    Scheduled,
    Running,
    Complete,
    Failed,
    Cancelled,
    /// It ran for 60 minutes, which is the most.
    #[strum(serialize = "timed out")]
    Timeout,
    Unknown,
}

words!(QueryStatus);

impl QueryStatus {
    /// Nothing more will come.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Complete | Self::Failed | Self::Cancelled | Self::Timeout)
    }
}

/// What a query did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    pub scanned: u64,
    pub matched: u64,
    pub bytes: u64,
}

impl Statistics {
    /// What it costs by the list price of us-east-1, in dollars: an estimate.
    pub fn dollars(self) -> f64 {
        self.bytes as f64 * DOLLARS_PER_BYTE
    }
}

/// One value of a row, cleaned; it may have several lines.
#[derive(Clone, PartialEq, Eq)]
pub struct Value(Arc<str>);

impl Value {
    pub fn new(raw: &str) -> Self {
        Self(Arc::from(clean_block(raw, MAX_VALUE)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a number, where it is one.
    pub fn number(&self) -> Option<f64> {
        let is_number = self.0.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
        self.0.parse().ok().filter(|n: &f64| is_number && n.is_finite())
    }
}

// A log line may hold secrets.
debug_as!(Value, |it| "{} bytes", it.0.len());

/// The rows of a result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// In the order in which Insights tells them, without `@ptr`, which means nothing to a person.
    pub columns: Vec<Text>,
    /// A value for each column; `None` where the event has no such field.
    pub rows: Vec<Vec<Option<Value>>>,
    /// Rows that were left out, because all of them would be too much.
    pub cut: usize,
}

impl Rows {
    /// Puts rows of names and values into columns.
    pub fn of<I, R, N, V>(told: I) -> Self
    where
        I: IntoIterator<Item = R>,
        R: IntoIterator<Item = (N, V)>,
        N: AsRef<str>,
        V: AsRef<str>,
    {
        Self::within(MAX_BYTES, told)
    }

    /// The same rows with other values, each made of its column's name and what it was.
    pub fn map<'a>(&'a self, value: impl Fn(&str, &'a str) -> Cow<'a, str>) -> Self {
        let other = |(name, old): (&Text, &'a Option<Value>)| {
            let old = old.as_ref()?;
            Some(match value(name, old.as_str()) {
                Cow::Borrowed(_) => old.clone(),
                Cow::Owned(new) => Value::new(&new),
            })
        };
        let rows = self.rows.iter().map(|row| self.columns.iter().zip(row).map(other).collect());
        Self { columns: self.columns.clone(), rows: rows.collect(), cut: self.cut }
    }

    fn within<I, R, N, V>(most: usize, told: I) -> Self
    where
        I: IntoIterator<Item = R>,
        R: IntoIterator<Item = (N, V)>,
        N: AsRef<str>,
        V: AsRef<str>,
    {
        let mut rows = Self::default();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut bytes = 0;
        for row in told {
            if rows.rows.len() >= MAX_LIMIT as usize || bytes >= most {
                rows.cut += 1;
                continue;
            }
            let mut values = vec![None; rows.columns.len()];
            for (name, value) in row {
                let name = name.as_ref();
                if name == "@ptr" {
                    continue;
                }
                let place = *places.entry(name.to_string()).or_insert_with(|| {
                    rows.columns.push(Text::new(name));
                    rows.columns.len() - 1
                });
                values.resize(rows.columns.len().max(values.len()), None);
                let value = Value::new(value.as_ref());
                bytes += value.as_str().len();
                values[place] = Some(value);
            }
            rows.rows.push(values);
        }
        let width = rows.columns.len();
        rows.rows.iter_mut().for_each(|row| row.resize(width, None));
        rows
    }
}

/// What a query tells.
#[derive(Clone, Debug)]
pub enum InsightsPiece {
    /// The groups that it searches, whole: Insights knows no prefix of streams.
    Groups(Vec<Text>),
    /// Something that is tried again: too many queries at once, a status that could not be read.
    Trouble(Fault),
    /// How far it is.
    Progress(QueryStatus, Statistics),
    /// The rows so far, in place of those before.
    Rows(Rows),
    /// AWS cannot read the query: why, and from which character to which (exclusive), where it
    /// says so. It was not started.
    Malformed { fault: Fault, at: Option<(usize, usize)> },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_different_fields_share_columns() {
        let told = [
            vec![("@timestamp", "1"), ("@message", "a\u{1b}[2Jb"), ("@ptr", "x")],
            vec![("@timestamp", "2"), ("level", "30"), ("@ptr", "y")],
        ];
        let rows = Rows::of(told);
        let columns: Vec<&str> = rows.columns.iter().map(|c| &**c).collect();
        assert_eq!(columns, ["@timestamp", "@message", "level"]);
        let shown: Vec<Vec<Option<&str>>> =
            rows.rows.iter().map(|row| row.iter().map(|v| v.as_ref().map(Value::as_str)).collect()).collect();
        assert_eq!(shown, [[Some("1"), Some("ab"), None], [Some("2"), None, Some("30")]]);
    }

    #[test]
    fn a_result_is_bounded() {
        let long = "x".repeat(MAX_VALUE + 1);
        let rows = Rows::within(4 * MAX_VALUE, (0..9).map(|_| [("@message", long.as_str())]));
        assert_eq!((rows.rows.len(), rows.cut), (4, 5));
        let rows = Rows::of((0..10_002).map(|n| [("n", n.to_string())]));
        assert_eq!((rows.rows.len(), rows.cut), (10_000, 2));
    }

    #[test]
    fn words_that_look_like_numbers_are_none() {
        for (text, number) in [("12", true), ("-0.5", true), ("1e3", true), ("inf", false), ("NaN", false), ("", false)]
        {
            assert_eq!(Value::new(text).number().is_some(), number, "{text}");
        }
    }

    #[test]
    fn a_limit_of_its_own_counts() {
        let limit =
            |text: &str| InsightsQuery { run: 1, sources: vec![], text: QueryText::new(text), from: 0, to: 0 }.limit();
        assert_eq!(limit("fields @message"), DEFAULT_LIMIT);
        assert_eq!(limit("fields @message | limit 5000"), MAX_LIMIT);
        assert_eq!(limit("fields limited"), DEFAULT_LIMIT);
    }

    #[test]
    fn nothing_of_a_query_or_a_row_is_in_the_trace() {
        let query = InsightsQuery { run: 1, sources: vec![], text: QueryText::new("filter hunter2"), from: 0, to: 0 };
        let rows = Rows::of([[("@message", "hunter2")]]);
        assert!(!format!("{query:?} {rows:?}").contains("hunter2"));
    }
}
