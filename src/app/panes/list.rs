//! The view of one list: which row is selected (by id, never by number), how it is filtered and
//! sorted, and where it is scrolled to.

use tui_input::Input;

use crate::app::filter::Filter;
use crate::app::store::{Listing, Row};
use crate::domain::Timestamp;
use crate::domain::metric::Readings;
use crate::domain::resource::ResourceId;
use crate::kinds::kind::{Column, Kind, RenderContext};

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// Index of the column; `None` is wrong first, then by name.
    pub column: Option<usize>,
    pub descending: bool,
}

/// The view of one list.
#[derive(Clone, Debug, Default)]
pub struct ListView {
    pub selected: Option<ResourceId>,
    /// Index of the first row on the screen.
    pub offset: usize,
    pub sort: Sort,
    /// The person moved the selection. Until then it waits on the first row, while the list fills.
    touched: bool,
    /// A key was pressed since the list was opened: rows may still move, the selection only with its own.
    held: bool,
    /// What is typed into the filter line.
    pub filter_input: Input,
    /// The filter line takes the keys.
    pub filtering: bool,
    /// Why what is typed is no filter; the last good one stays in force.
    pub filter_error: Option<String>,
    filter: Filter,
    /// The ids in the order of the screen, made by [`ListView::arrange`].
    order: Vec<ResourceId>,
    arranged: Option<(u64, u64, u64)>,
    revision: u64,
}

impl ListView {
    pub fn order(&self) -> &[ResourceId] {
        &self.order
    }

    /// The row number of the selection.
    pub fn position(&self) -> Option<usize> {
        let id = self.selected.as_ref()?;
        self.order.iter().position(|i| i == id)
    }

    pub fn is_filtered(&self) -> bool {
        !self.filter.is_empty()
    }

    /// Reads the filter line anew.
    pub fn refilter(&mut self, kind: &Kind) {
        let columns: Vec<&str> = kind.columns.iter().map(|c| c.id).chain(["health", "why"]).collect();
        match Filter::parse(self.filter_input.value(), &columns) {
            Ok(filter) => {
                self.filter = filter;
                self.filter_error = None;
                self.revision += 1;
            }
            Err(error) => self.filter_error = Some(error),
        }
    }

    /// Sorts by the next (or previous) column; wrong first stands before the first.
    pub fn sort_by(&mut self, step: isize, columns: usize) {
        let count = columns as isize + 1;
        let place = self.sort.column.map_or(0, |c| c as isize + 1);
        let next = (place + step).rem_euclid(count);
        self.sort = Sort { column: (next > 0).then(|| next as usize - 1), descending: false };
        self.revision += 1;
    }

    pub fn reverse(&mut self) {
        self.sort.descending = !self.sort.descending;
        self.revision += 1;
    }

    /// From now on the selection stays on its resource; until then it is on the worst one.
    pub fn hold(&mut self) {
        self.held = true;
    }

    /// Another environment is shown from now on.
    pub fn forget(&mut self) {
        self.arranged = None;
    }

    /// Brings the order up to date with the listing. The selection stays on its resource; when
    /// that is gone, it goes to the row that took its place.
    pub fn arrange(&mut self, kind: &Kind, listing: &Listing, readings: &Readings, now: Timestamp) {
        let by_metric = self.sort.column.and_then(|c| kind.columns.get(c)).is_some_and(Column::is_metric);
        let read = if by_metric || self.is_filtered() { readings.revision } else { 0 };
        let stamp = (listing.revision, self.revision, read);
        if self.arranged == Some(stamp) {
            return;
        }
        self.arranged = Some(stamp);
        let place = self.position().unwrap_or(0);
        let look = RenderContext { readings, ..RenderContext::at(now) };
        let mut rows: Vec<&Row> = listing.rows().filter(|row| self.admits(kind, row, look)).collect();
        match self.sort.column.and_then(|c| kind.columns.get(c)) {
            Some(column) => rows.sort_by_cached_key(|row| {
                Keyed(
                    column.cell(&*row.object, look.of(&row.diagnosis)).sort,
                    row.object.name().clone(),
                    row.object.id().clone(),
                )
            }),
            None => rows
                .sort_by_cached_key(|row| (row.diagnosis.health, row.object.name().clone(), row.object.id().clone())),
        }
        if self.sort.descending {
            rows.reverse();
        }
        self.order = rows.into_iter().map(|row| row.object.id().clone()).collect();
        if !self.touched && (listing.is_partial() || !self.held) {
            self.select(0);
            self.touched = false;
        } else if self.position().is_none() {
            self.selected = self.order.get(place.min(self.order.len().saturating_sub(1))).cloned();
        }
    }

    fn admits(&self, kind: &Kind, row: &Row, look: RenderContext) -> bool {
        if self.filter.is_empty() {
            return true;
        }
        let look = look.of(&row.diagnosis);
        let cells: Vec<(&str, String)> = kind.columns.iter().map(|c| (c.id, c.cell(&*row.object, look).text)).collect();
        let mut cells: Vec<(&str, &str)> = cells.iter().map(|(id, text)| (*id, text.as_str())).collect();
        cells.push(("health", row.diagnosis.health.word()));
        cells.push(("why", &row.diagnosis.why));
        self.filter.admits(&cells)
    }

    /// Moves the selection by rows, stopping at the ends.
    pub fn step(&mut self, by: isize) {
        let last = self.order.len().saturating_sub(1);
        let place = self.position().unwrap_or(0).saturating_add_signed(by).min(last);
        self.select(place);
    }

    /// Selects a row by number; the end for one past it.
    pub fn select(&mut self, place: usize) {
        self.touched = true;
        self.selected = self.order.get(place.min(self.order.len().saturating_sub(1))).cloned();
    }

    /// Selects a resource, and drops a filter that might hide it.
    pub fn go_to(&mut self, kind: &Kind, id: ResourceId) {
        self.touched = true;
        self.filtering = false;
        self.filter_input.reset();
        self.refilter(kind);
        self.selected = Some(id);
    }

    /// Scrolls as little as needed to keep the selection among `height` rows.
    pub fn scroll_to_selection(&mut self, height: usize) {
        let (place, height) = (self.position().unwrap_or(0), height.max(1));
        let furthest = self.order.len().saturating_sub(height);
        self.offset = self.offset.clamp((place + 1).saturating_sub(height), place).min(furthest);
    }
}

/// Sort keys with the name as the tie-break, so that equal rows never trade places.
struct Keyed(crate::kinds::cell::SortKey, crate::domain::text::Text, ResourceId);

impl PartialEq for Keyed {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Keyed {}
impl PartialOrd for Keyed {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Keyed {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.order(&other.0).then_with(|| self.1.cmp(&other.1)).then_with(|| self.2.cmp(&other.2))
    }
}
