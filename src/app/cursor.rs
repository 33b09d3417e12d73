//! Where one is: a row of a list, or the first line of a text that is scrolled.

/// A place, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor(usize);

impl Cursor {
    pub fn at(place: usize) -> Self {
        Self(place)
    }

    pub fn place(self) -> usize {
        self.0
    }

    /// So many rows on (or back) in a list of so many.
    pub fn step(&mut self, by: isize, count: usize) {
        self.0 = step(self.0, by, count);
    }

    /// So many lines on (or back) in a text; how long it is, those know who draw it.
    pub fn scroll(&mut self, by: isize) {
        self.step(by, usize::from(u16::MAX) + 1);
    }

    /// To the last of so many rows, where it is behind them.
    pub fn limit(&mut self, count: usize) {
        self.step(0, count);
    }

    /// The first of so many rows on the screen that has the place as its last one, if it must.
    pub fn top(self, rows: usize) -> usize {
        (self.0 + 1).saturating_sub(rows)
    }
}

/// The place so many on (or back) among so many; it stops at both ends.
pub fn step(place: usize, by: isize, count: usize) -> usize {
    place.saturating_add_signed(by).min(count.saturating_sub(1))
}

/// The first of so many rows on the screen, moved as little as needed to keep the place among them.
pub fn scrolled(offset: usize, place: usize, rows: usize, count: usize) -> usize {
    let rows = rows.max(1);
    offset.clamp((place + 1).saturating_sub(rows), place).min(count.saturating_sub(rows))
}

/// What a table is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// Index of the column; `None` is the table's own order.
    pub column: Option<usize>,
    pub descending: bool,
}

impl Sort {
    /// By the next (or previous) column; the table's own order stands before the first.
    pub fn next(self, step: isize, columns: usize) -> Self {
        let place = self.column.map_or(0, |column| column as isize + 1);
        let next = (place + step).rem_euclid(columns as isize + 1);
        Self { column: (next > 0).then(|| next as usize - 1), descending: false }
    }
}

/// How far a key moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    Rows(isize),
    /// Half pages.
    Halves(isize),
    /// To the first row, or to the last.
    Top,
    Bottom,
}

impl Motion {
    /// In rows, where a page has so many.
    pub fn rows(self, page: usize) -> isize {
        let page = isize::try_from(page).unwrap_or(isize::MAX / 4);
        match self {
            Self::Rows(rows) => rows,
            Self::Halves(halves) if halves % 2 == 0 => halves / 2 * page,
            Self::Halves(halves) => halves * page / 2,
            Self::Top => isize::MIN / 2,
            Self::Bottom => isize::MAX / 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stops_at_both_ends_and_stays_in_sight() {
        let mut cursor = Cursor::default();
        for (by, count, place) in
            [(-1, 5, 0), (3, 5, 3), (isize::MAX / 2, 5, 4), (0, 2, 1), (1, 0, 0), (isize::MIN / 2, 9, 0)]
        {
            cursor.step(by, count);
            assert_eq!(cursor.place(), place, "{by} of {count}");
        }
        cursor.step(7, 9);
        assert_eq!((cursor.top(3), cursor.top(8), cursor.top(20)), (5, 0, 0));
    }

    #[test]
    fn pages_are_whole_and_half() {
        for (motion, rows) in [
            (Motion::Rows(-1), -1),
            (Motion::Halves(1), 5),
            (Motion::Halves(-1), -5),
            (Motion::Halves(2), 11),
            (Motion::Halves(-2), -11),
        ] {
            assert_eq!(motion.rows(11), rows, "{motion:?}");
        }
    }
}
