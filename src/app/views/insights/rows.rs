//! The rows of a result: filtered, sorted, selected.

use std::cmp::Ordering;

use tui_input::Input;

use crate::app::cursor::{self, Cursor, Sort};
use crate::app::field::{self, Written};
use crate::app::filter::Filter;
use crate::domain::insights::{Rows, Value};

/// A result as it is looked at.
#[derive(Default)]
pub struct Table {
    rows: Rows,
    /// The rows that pass the filter, in the order of the screen.
    order: Vec<usize>,
    /// Columns of which every value is a number.
    numeric: Vec<bool>,
    /// Its own order is that of the query.
    pub sort: Sort,
    /// The filter as typed; the last good one is in force.
    pub filter_input: Input,
    pub filter_error: Option<String>,
    filter: Filter,
    /// The selected row, by its place on the screen.
    pub cursor: Cursor,
    /// The first row on the screen.
    pub offset: usize,
    /// The first column on the screen.
    pub first_column: usize,
}

impl Table {
    /// Other rows in place of those before; sort and filter stay while the columns are the same.
    pub fn set(&mut self, rows: Rows) {
        if rows.columns != self.rows.columns {
            (self.sort, self.first_column) = (Sort::default(), 0);
        }
        let is_number = |value: &Value| value.number().is_some();
        self.numeric = (0..rows.columns.len())
            .map(|column| {
                let mut values = rows.rows.iter().filter_map(|row| row[column].as_ref()).peekable();
                values.peek().is_some() && values.all(is_number)
            })
            .collect();
        self.rows = rows;
        self.refilter();
    }

    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    pub fn is_numeric(&self, column: usize) -> bool {
        self.numeric.get(column).copied().unwrap_or(false)
    }

    /// The rows that pass the filter, in the order of the screen.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The row at a place of the screen's order.
    pub fn row(&self, place: usize) -> Option<&[Option<Value>]> {
        self.order.get(place).map(|row| self.rows.rows[*row].as_slice())
    }

    /// A key into the filter.
    pub fn write_filter(&mut self, written: Written) {
        if field::write(&mut self.filter_input, written) {
            self.refilter();
        }
    }

    pub fn clear_filter(&mut self) {
        self.filter_input.reset();
        self.refilter();
    }

    fn refilter(&mut self) {
        let columns: Vec<&str> = self.rows.columns.iter().map(|name| &**name).collect();
        match Filter::parse(self.filter_input.value(), &columns) {
            Ok(filter) => (self.filter, self.filter_error) = (filter, None),
            Err(why) => self.filter_error = Some(why),
        }
        self.arrange();
    }

    /// Sorts by the next (or previous) column; the order of the query stands before the first.
    pub fn sort_by(&mut self, step: isize) {
        self.sort = self.sort.next(step, self.rows.columns.len());
        self.arrange();
    }

    pub fn reverse(&mut self) {
        self.sort.descending = !self.sort.descending;
        self.arrange();
    }

    fn arrange(&mut self) {
        let Rows { columns, rows, .. } = &self.rows;
        let passes = |row: &[Option<Value>]| {
            let cells = columns.iter().zip(row);
            let cells: Vec<(&str, &str)> =
                cells.filter_map(|(name, value)| Some((&**name, value.as_ref()?.as_str()))).collect();
            self.filter.admits(&cells)
        };
        let mut order: Vec<usize> =
            (0..rows.len()).filter(|row| self.filter.is_empty() || passes(&rows[*row])).collect();
        match self.sort.column {
            Some(column) => {
                let numeric = self.numeric[column];
                order.sort_by(|a, b| {
                    let (a, b) = (&rows[*a][column], &rows[*b][column]);
                    // What has no value stands last, whichever way round.
                    let (Some(a), Some(b)) = (a, b) else { return b.is_some().cmp(&a.is_some()) };
                    let order = if numeric {
                        a.number().partial_cmp(&b.number()).unwrap_or(Ordering::Equal)
                    } else {
                        a.as_str().cmp(b.as_str())
                    };
                    if self.sort.descending { order.reverse() } else { order }
                });
            }
            None if self.sort.descending => order.reverse(),
            None => {}
        }
        self.order = order;
        self.cursor.limit(self.order.len());
    }

    /// Moves the selection by rows, stopping at the ends.
    pub fn step(&mut self, by: isize) {
        self.cursor.step(by, self.order.len());
    }

    /// Scrolls as little as needed to keep the selection among `height` rows.
    pub fn scroll_to_selection(&mut self, height: usize) {
        self.offset = cursor::scrolled(self.offset, self.cursor.place(), height, self.order.len());
    }

    /// Other columns at the left edge.
    pub fn shift(&mut self, by: isize) {
        self.first_column = cursor::step(self.first_column, by, self.rows.columns.len());
    }

    /// The selected row by column, those without a value left out.
    pub fn selected_row(&self) -> Vec<(&str, &str)> {
        let row = self.row(self.cursor.place()).unwrap_or_default();
        let cells = self.rows.columns.iter().zip(row);
        cells.filter_map(|(name, value)| Some((&**name, value.as_ref()?.as_str()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::default();
        table.set(Rows::of([
            vec![("stream", "b"), ("n", "9"), ("said", "x, \"y\"\nz")],
            vec![("stream", "a"), ("n", "10"), ("said", "password=hunter2")],
            vec![("stream", "c"), ("said", "plain")],
        ]));
        table
    }

    fn streams(table: &Table) -> String {
        (0..table.len()).map(|place| table.row(place).unwrap()[0].as_ref().unwrap().as_str()).collect()
    }

    #[test]
    fn numbers_sort_as_numbers_and_what_has_none_stands_last() {
        let mut table = table();
        assert_eq!((table.is_numeric(1), table.is_numeric(2), streams(&table).as_str()), (true, false, "bac"));
        table.sort_by(1);
        assert_eq!(streams(&table), "abc");
        table.sort_by(1);
        assert_eq!(streams(&table), "bac", "9 before 10");
        table.reverse();
        assert_eq!(streams(&table), "abc", "and nothing at the end still");
        table.sort_by(-2);
        assert_eq!((table.sort.column, streams(&table).as_str()), (None, "bac"), "round to the order of the query");
    }

    #[test]
    fn a_filter_looks_into_all_columns_or_one() {
        let mut table = table();
        table.write_filter(Written::Pasted("plain"));
        assert_eq!(streams(&table), "c");
        table.clear_filter();
        table.write_filter(Written::Pasted("stream:a"));
        assert_eq!(streams(&table), "a");
        table.write_filter(Written::Pasted("("));
        assert!(table.filter_error.is_some());
        assert_eq!(streams(&table), "a", "the last good one stays in force");
    }

    #[test]
    fn the_selection_stays_within_what_is_shown() {
        let mut table = table();
        table.step(99);
        assert_eq!(table.cursor.place(), 2);
        table.write_filter(Written::Pasted("nothing has this"));
        assert_eq!((table.cursor.place(), table.line_to_copy(None)), (0, None));
        table.scroll_to_selection(0);
        table.set(Rows::default());
        table.sort_by(1);
        table.shift(1);
        assert_eq!((table.len(), table.first_column), (0, 0));
    }
}
