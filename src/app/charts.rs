//! How all charts are shown: one range, one day before and one cursor, so that they can be compared.

use super::cursor;
use crate::domain::Timestamp;
use crate::domain::metric::{Range, Window};
use crate::domain::resource::ResourceId;

/// How all charts are shown.
#[derive(Clone, Debug, Default)]
pub struct Charts {
    pub range: Range,
    /// The same time a day before is drawn too.
    pub day_before: bool,
    /// The moment whose values are told, in seconds since the epoch; `None` is the newest.
    pub cursor: Option<i64>,
    /// When the incident began, once somebody has said so.
    pub incident: Option<Timestamp>,
    /// The entry of the golden signals that is selected: the place of its layer, and the resource.
    pub golden: Option<(u8, ResourceId)>,
}

impl Charts {
    /// The newest points of the range.
    pub fn window(&self) -> Window {
        Window::newest(self.range)
    }

    /// The windows that are drawn.
    pub fn windows(&self) -> Vec<Window> {
        let before = self.day_before.then(|| Window::day_before(self.range));
        [self.window()].into_iter().chain(before).collect()
    }

    /// The cursor, so many points later or earlier; it comes in from the newest point.
    pub fn step(&mut self, by: i64, now: Timestamp) {
        let period = i64::from(self.range.period());
        let (from, to) = self.window().bounds(now);
        let place = match self.cursor {
            Some(cursor) => cursor.div_euclid(period) * period + by * period,
            None if by > 0 => return,
            None => to + by * period,
        };
        self.cursor = Some(place.clamp(from, to - period));
    }

    /// A longer or shorter range.
    pub fn change_range(&mut self, by: isize) {
        let place = Range::ALL.iter().position(|range| *range == self.range).unwrap_or(0);
        self.range = Range::ALL[cursor::step(place, by, Range::ALL.len())];
    }
}
