//! What a table cell or a line of a detail says, before anybody draws it: text with a tone, never
//! a colour.

use std::cmp::Ordering;

use unicode_width::UnicodeWidthStr;

use crate::domain::health::Health;

/// Columns of a gauge in a cell.
pub const GAUGE: usize = 7;

/// Columns of the value behind a sparkline at least, so that the lines stand below each other.
pub const VALUE: usize = 4;

/// What a piece of text means; the theme decides how it looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    #[default]
    Plain,
    /// The name of the thing.
    Strong,
    /// What can wait.
    Dim,
    /// What the eye should find: a key, a call.
    Accent,
    Ok,
    Changing,
    Degraded,
    Down,
    Unknown,
}

impl From<Health> for Tone {
    fn from(health: Health) -> Self {
        match health {
            Health::Down => Self::Down,
            Health::Degraded => Self::Degraded,
            Health::Unknown => Self::Unknown,
            Health::Changing => Self::Changing,
            Health::Ok => Self::Ok,
        }
    }
}

/// A run of text in one tone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub text: String,
    pub tone: Tone,
}

impl Span {
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone }
    }
}

impl<T: Into<String>> From<T> for Span {
    fn from(text: T) -> Self {
        Self::new(text, Tone::Plain)
    }
}

/// What a row is sorted by in a column. Numbers before texts before nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SortKey {
    Number(f64),
    Text(String),
    #[default]
    Nothing,
}

impl SortKey {
    /// A total order; nothing is last.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (a, b) => a.place().cmp(&b.place()),
        }
    }

    fn place(&self) -> u8 {
        match self {
            Self::Number(_) => 0,
            Self::Text(_) => 1,
            Self::Nothing => 2,
        }
    }
}

/// One cell of a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    pub text: String,
    pub tone: Tone,
    pub sort: SortKey,
    /// A part of a whole (0 to 1), drawn as a bar before the text where there is room.
    pub gauge: Option<f32>,
    /// How it came to be so: parts of the greatest (0 to 1), oldest first, drawn before the text where
    /// there is room. `None` is a gap.
    pub trend: Vec<Option<f32>>,
}

impl Cell {
    /// A text, sorted by itself.
    pub fn text(text: impl Into<String>, tone: Tone) -> Self {
        let text = text.into();
        Self { sort: SortKey::Text(text.clone()), text, tone, gauge: None, trend: vec![] }
    }

    /// A text that stands for a number and is sorted by it.
    pub fn number(number: f64, text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone, sort: SortKey::Number(number), gauge: None, trend: vec![] }
    }

    /// What is not known or does not apply.
    pub fn nothing() -> Self {
        Self { text: "–".into(), tone: Tone::Dim, sort: SortKey::Nothing, gauge: None, trend: vec![] }
    }

    pub fn with_gauge(mut self, part: f32) -> Self {
        self.gauge = Some(part.clamp(0.0, 1.0));
        self
    }

    pub fn with_trend(mut self, trend: Vec<Option<f32>>) -> Self {
        self.trend = trend;
        self
    }

    /// Columns of the screen that it takes whole.
    pub fn width(&self) -> usize {
        let trend = if self.trend.is_empty() { 0 } else { self.trend.len() + 1 };
        let own = self.text.width();
        let own = if trend > 0 { own.max(VALUE) } else { own };
        own + trend + if self.gauge.is_some() { GAUGE + 1 } else { 0 }
    }

    pub fn sorted_by(mut self, sort: SortKey) -> Self {
        self.sort = sort;
        self
    }
}

/// A piece of a detail view or a plan, laid out by the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Labels on the left, values on the right.
    Fields(Vec<(String, Vec<Span>)>),
    /// A small table: titles, then rows of cells.
    Table {
        titles: Vec<String>,
        rows: Vec<Vec<Cell>>,
    },
    Heading(String),
    /// Running text, wrapped.
    Line(Vec<Span>),
    Gap,
}
