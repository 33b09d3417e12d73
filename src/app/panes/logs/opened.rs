//! One event in full: the fields that it has, each of which can become a filter or a column.

use super::LogView;
use super::parts::Opened;
use crate::logs::buffer::BufferEntry;
use crate::logs::fields::{Fields, LogField};
use crate::logs::filter::Test;

/// The most fields that are shown as columns.
const COLUMNS: usize = 6;

impl LogView {
    /// Enter: the selected event in full.
    pub(super) fn open_line(&mut self) {
        if self.selected.is_some() {
            self.stop_following();
            self.open = Some(Opened::default());
            // The first field that is a value: branches are no filter.
            let first = self.opened().and_then(|(_, fields)| fields.list.iter().position(|field| !field.is_branch));
            self.open = Some(Opened { field: first.unwrap_or(0), scroll: 0 });
        }
    }

    /// The open event with its fields.
    pub fn opened(&self) -> Option<(BufferEntry<'_>, Fields)> {
        self.open?;
        let entry = self.entry(self.selected?)?;
        let fields = Fields::of(entry.text);
        Some((entry, fields))
    }

    /// The selected field of the open event.
    pub fn opened_field(&self) -> Option<LogField> {
        let (_, fields) = self.opened()?;
        fields.list.into_iter().nth(self.open?.field).filter(|field| !field.is_branch)
    }

    /// Over the fields of the open event, or over its text if it has none.
    pub(super) fn step_field(&mut self, by: isize) {
        let Some((entry, fields)) = self.opened() else { return };
        let values: Vec<usize> = (0..fields.list.len()).filter(|i| !fields.list[*i].is_branch).collect();
        let lines = entry.text.lines().count();
        let Some(open) = &mut self.open else { return };
        if values.is_empty() {
            open.scroll = open.scroll.saturating_add_signed(by).min(lines);
            return;
        }
        let place = values.iter().position(|i| *i >= open.field).unwrap_or(0);
        open.field = values[place.saturating_add_signed(by).min(values.len() - 1)];
    }

    /// Enter or `x` on a field: the lines that have this value alone, or all others.
    pub(super) fn filter_field(&mut self, not: bool) {
        match self.opened_field() {
            Some(LogField { path, value, .. }) => {
                self.open = None;
                self.add_filter(Test::Field { path, value, not });
            }
            None => self.remark("this line has no fields to filter by"),
        }
    }

    /// The selected field as a column beside each line, or no longer.
    pub(super) fn column(&mut self) {
        let Some(field) = self.opened_field() else {
            return match self.columns.pop() {
                Some(path) => self.remark(format!("column {path} is gone")),
                None => self.remark("open a line (enter) and choose a field: a makes it a column"),
            };
        };
        let count = self.columns.len();
        self.columns.retain(|path| *path != field.path);
        if self.columns.len() < count {
            self.remark(format!("column {} is gone", field.path));
        } else if count == COLUMNS {
            self.remark(format!("{COLUMNS} columns are the most"));
        } else {
            self.remark(format!("{} is a column now; a on it again takes it away", field.path));
            self.columns.push(field.path);
        }
    }
}
