//! One column of the table of a kind.

use super::cell::{Cell, Tone};
use super::kind::RenderContext;
use super::metric::{self, SparklineMetric};
use crate::domain::health::{Diagnosis, Health};
use crate::domain::resource::{Resource, cast};

/// How wide a column may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    pub min: u16,
    /// Never wider, even when there is room; content decides between the two.
    pub max: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

type ErasedCell = Box<dyn Fn(&dyn Resource, RenderContext) -> Cell + Send + Sync>;
type ErasedMetric = Box<dyn Fn(&dyn Resource) -> Option<SparklineMetric> + Send + Sync>;

/// One column of the table of a kind.
pub struct Column {
    /// The word of filters and the sort (`tasks`), lower case.
    pub id: &'static str,
    /// The heading (`TASKS`).
    pub title: &'static str,
    pub width: Width,
    pub align: Align,
    /// Columns of the highest rank go first when the room gets narrow; 0 stays to the end.
    pub rank: u8,
    cell: ErasedCell,
    metric: Option<ErasedMetric>,
}

/// The cell of a column, of the resource and how its row is judged.
pub type CellOf<T> = fn(&T, RenderContext) -> Cell;

impl Column {
    /// A column of words: its id and heading, its least and greatest width, its rank.
    pub fn left<T: Resource>(
        words: (&'static str, &'static str),
        width: (u16, u16),
        rank: u8,
        cell: CellOf<T>,
    ) -> Self {
        Self::new(words, width, Align::Left, rank, cell)
    }

    /// A column of numbers.
    pub fn right<T: Resource>(
        words: (&'static str, &'static str),
        width: (u16, u16),
        rank: u8,
        cell: CellOf<T>,
    ) -> Self {
        Self::new(words, width, Align::Right, rank, cell)
    }

    /// A column that shows a metric: a sparkline of the last hour where there is room, and the last value.
    pub fn metric<T: Resource>(
        (id, title): (&'static str, &'static str),
        min: u16,
        rank: u8,
        metric: fn(&T) -> Option<SparklineMetric>,
    ) -> Self {
        let cell: ErasedCell = Box::new(move |r, context| metric::cell(cast::<T>(r).and_then(metric), context));
        let metric: Option<ErasedMetric> = Some(Box::new(move |r| cast::<T>(r).and_then(metric)));
        let width = Width { min, max: metric::SPARK as u16 + 8 };
        Self { id, title, width, align: Align::Right, rank, cell, metric }
    }

    /// The column of the reason for the health of any kind.
    pub fn why((min, max): (u16, u16), rank: u8) -> Self {
        let cell: ErasedCell = Box::new(|_, context| match context.diagnosis {
            Diagnosis { why, .. } if why.is_empty() => Cell { text: String::new(), ..Cell::nothing() },
            Diagnosis { health: Health::Ok, why, .. } => Cell::text(why.as_str(), Tone::Dim),
            Diagnosis { health, why, .. } => Cell::text(why.as_str(), (*health).into()),
        });
        Self { id: "why", title: "WHY", width: Width { min, max }, align: Align::Left, rank, cell, metric: None }
    }

    fn new<T: Resource>(
        (id, title): (&'static str, &'static str),
        (min, max): (u16, u16),
        align: Align,
        rank: u8,
        cell: CellOf<T>,
    ) -> Self {
        let cell: ErasedCell =
            Box::new(move |r, context| cast::<T>(r).map_or_else(Cell::nothing, |own| cell(own, context)));
        Self { id, title, width: Width { min, max }, align, rank, cell, metric: None }
    }

    pub fn cell(&self, resource: &dyn Resource, context: RenderContext) -> Cell {
        (self.cell)(resource, context)
    }

    /// What is to be read for it, where it shows a metric.
    pub fn sparkline(&self, resource: &dyn Resource) -> Option<SparklineMetric> {
        self.metric.as_ref().and_then(|metric| metric(resource))
    }

    /// Whether it shows a metric, which its cells draw where there is room.
    pub fn is_metric(&self) -> bool {
        self.metric.is_some()
    }
}
