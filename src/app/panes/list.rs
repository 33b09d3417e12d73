//! The view of one list: which row is selected (by id, never by number), how it is filtered and
//! sorted, and where it is scrolled to.

use tui_input::Input;

use super::list_index::{ListIndex, ListOptions};
use crate::app::cursor::{self, Sort};
use crate::app::filter::Filter;
use crate::app::listing::Listing;
use crate::domain::Timestamp;
use crate::domain::metric::Readings;
use crate::domain::resource::ResourceId;
use crate::kinds::kind::{Kind, RenderContext};

/// So many rows from the first on the screen on may be in view.
const IN_VIEW: usize = 100;

/// The view of one list.
#[derive(Clone, Debug, Default)]
pub struct ListView {
    pub selected: Option<ResourceId>,
    /// Index of the first row on the screen.
    pub offset: usize,
    /// Its own order is wrong first, then by name.
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
    /// Grows with every new filter.
    filter_revision: u64,
    /// The ids in the order of the screen, made by [`ListView::arrange`].
    order: Vec<ResourceId>,
    /// Where the selection was found last.
    place: usize,
    /// Of what the order was made: revisions of the listing, of this view and of the metrics.
    arranged: Option<(u64, u64, u64)>,
    /// Grows with every other options.
    revision: u64,
}

impl ListView {
    pub fn order(&self) -> &[ResourceId] {
        &self.order
    }

    /// The row number of the selection.
    pub fn position(&self) -> Option<usize> {
        let id = self.selected.as_ref()?;
        let is_there = self.order.get(self.place) == Some(id);
        if is_there { Some(self.place) } else { self.order.iter().position(|i| i == id) }
    }

    pub fn is_filtered(&self) -> bool {
        !self.filter.is_empty()
    }

    /// Reads the filter line anew.
    pub fn refilter(&mut self, kind: &dyn Kind) {
        let columns: Vec<&str> = kind.columns().iter().map(|c| c.id).chain(["health", "why"]).collect();
        match Filter::parse(self.filter_input.value(), &columns) {
            Ok(filter) => {
                self.filter = filter;
                self.filter_error = None;
                self.filter_revision += 1;
                self.revision += 1;
            }
            Err(error) => self.filter_error = Some(error),
        }
    }

    /// Sorts by the next (or previous) column; wrong first stands before the first.
    pub fn sort_by(&mut self, step: isize, columns: usize) {
        self.sort = self.sort.next(step, columns);
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
    pub fn arrange(
        &mut self,
        kind: &dyn Kind,
        listing: &Listing,
        index: &mut ListIndex,
        readings: &Readings,
        now: Timestamp,
    ) {
        let stamp = (listing.revision, self.revision, readings.revision);
        let before = self.arranged.replace(stamp);
        if before == Some(stamp) {
            return;
        }
        let place = self.position().unwrap_or(0);
        let options = ListOptions {
            kind,
            column: self.sort.column.filter(|column| *column < kind.columns().len()),
            descending: self.sort.descending,
            filter: &self.filter,
            filter_revision: self.filter_revision,
            in_view: (self.offset, IN_VIEW),
        };
        let look = RenderContext { readings, ..RenderContext::at(now) };
        if index.renew(options, listing, look) || before.is_none() {
            self.order = index.order();
        }
        if !self.touched && (listing.is_partial() || !self.held) {
            self.select(0);
            self.touched = false;
        } else if self.position().is_none() {
            self.select_place(place);
        }
        self.place = self.position().unwrap_or(0);
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
        self.select_place(place);
    }

    fn select_place(&mut self, place: usize) {
        self.place = place.min(self.order.len().saturating_sub(1));
        self.selected = self.order.get(self.place).cloned();
    }

    /// Selects a resource, and drops a filter that might hide it.
    pub fn go_to(&mut self, kind: &dyn Kind, id: ResourceId) {
        self.touched = true;
        self.filtering = false;
        self.filter_input.reset();
        self.refilter(kind);
        self.selected = Some(id);
    }

    /// Scrolls as little as needed to keep the selection among `height` rows.
    pub fn scroll_to_selection(&mut self, height: usize) {
        self.offset = cursor::scrolled(self.offset, self.position().unwrap_or(0), height, self.order.len());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::app::listing::tests::{at, listing, service, services};
    use crate::domain::query::ListingPiece;

    /// A list over a listing.
    #[derive(Default)]
    struct List {
        view: ListView,
        index: ListIndex,
        listing: Listing,
    }

    impl List {
        fn of(services: usize) -> Self {
            let mut list = Self { listing: listing(services), ..Self::default() };
            list.arrange();
            list
        }

        /// Brings it up to date; how many rows were looked at for it.
        fn arrange(&mut self) -> u64 {
            let before = self.index.looked_at;
            self.view.arrange(services(), &self.listing, &mut self.index, &Readings::default(), at(0));
            self.index.looked_at - before
        }

        fn filter(&mut self, typed: &str) -> u64 {
            self.view.filter_input = Input::from(typed.to_string());
            self.view.refilter(services());
            self.arrange()
        }

        fn read(&mut self, numbers: impl Iterator<Item = usize>, running: u32) {
            let items = numbers.map(|number| service(number, running)).collect();
            self.listing.accept(services(), ListingPiece::Items(items), at(1));
        }
    }

    #[test]
    fn the_work_of_a_key_follows_what_changed() {
        let mut list = List::of(5_000);
        list.view.hold();
        for _ in 0..100 {
            list.view.step(1);
            assert_eq!(list.arrange(), 0, "a step looks at no row");
        }
        assert_eq!(list.view.position(), Some(100));
        list.read(0..10, 2);
        assert_eq!(list.arrange(), 0, "what was read again and is as it was");
        list.read(70..71, 1);
        assert_eq!(list.arrange(), 1);
        assert_eq!(list.view.order()[0], *service(70, 1).id(), "wrong first");
        assert_eq!(list.view.selected.as_ref(), Some(service(100, 2).id()), "the selection stays on its row");
        list.read(0..10, 1);
        assert_eq!(list.arrange(), 10, "what changed");
        assert_eq!(list.filter("00"), 5_000, "the first letters ask every row");
        let few = list.view.order().len() as u64;
        assert!((100..500).contains(&few), "{few}");
        assert_eq!(list.filter("007"), few, "a longer filter asks what the shorter one let through");
        assert_eq!(list.filter(""), 5_000);
        list.view.sort_by(1, services().columns().len());
        assert_eq!(list.arrange(), 5_000, "another column is another key");
        list.view.reverse();
        assert_eq!(list.arrange(), 0, "the same order from behind");
    }

    proptest! {
        /// Whatever happens in whatever order, the list is what it would be made anew.
        #[test]
        fn a_list_kept_up_to_date_is_a_list_made_anew(
            steps in prop::collection::vec((0usize..30, 0u32..4, 0usize..8), 1..40),
        ) {
            let mut list = List::default();
            for (number, running, what) in steps {
                match (what, running) {
                    (0, _) => list.view.sort_by(1, services().columns().len()),
                    (1, _) => list.view.reverse(),
                    (2, _) => drop(list.filter(["", "1", "12", "!1", "name:2 !3", "ok", "degraded"][number % 7])),
                    (_, 3) => list.listing.forget(&[service(number, 2).id().clone()]),
                    (_, running) => list.read(number..number + 2, running),
                }
                // Now and then several things happen before the next look.
                if what % 2 == 0 {
                    continue;
                }
                list.arrange();
                let mut anew = List { view: list.view.clone(), listing: list.listing.clone(), ..List::default() };
                anew.view.forget();
                anew.arrange();
                prop_assert_eq!(list.view.order(), anew.view.order());
                if !anew.view.order().is_empty() {
                    prop_assert_eq!(&list.index.widths, &anew.index.widths);
                }
                prop_assert_eq!(&list.view.selected, &anew.view.selected);
                prop_assert_eq!(list.index.has_namesakes, anew.index.has_namesakes);
            }
        }
    }
}
