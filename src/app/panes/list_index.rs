//! What a list knows of its rows between two changes: their cells as text, for the filter; how wide those
//! are; what the rows are sorted by. A row is looked at again when it changed, and only then.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use super::names::{self, Names};
use crate::app::filter::Filter;
use crate::app::listing::{Listing, Row};
use crate::domain::metric::Metric;
use crate::domain::resource::ResourceId;
use crate::kinds::cell::SortKey;
use crate::kinds::column::Column;
use crate::kinds::kind::{Kind, RenderContext};

/// So many rows tell how wide the columns are, so that scrolling moves none of them.
const SAMPLE: usize = 500;

/// In so short a list every row is looked at when metrics were read.
const SHORT: usize = 64;

/// What a row is sorted by.
#[derive(Clone, Debug)]
enum Key {
    /// Wrong first.
    Health,
    Column(SortKey),
}

/// A row as the list sees it.
#[derive(Clone, Debug)]
struct Entry {
    row: Row,
    key: Key,
    /// The cells, then the health and why, each on a line of its own.
    text: Box<str>,
    /// Columns of the screen that each cell takes.
    widths: Box<[u16]>,
    /// It shows a value of a metric.
    is_measured: bool,
    /// The metrics that its cells show, once somebody asked.
    metrics: OnceLock<Arc<[Metric]>>,
    passes: bool,
}

/// What a list wants to show.
#[derive(Clone, Copy)]
pub struct ListOptions<'a> {
    pub kind: &'a dyn Kind,
    /// The column to sort by.
    pub column: Option<usize>,
    pub descending: bool,
    pub filter: &'a Filter,
    /// Grows with every new filter.
    pub filter_revision: u64,
    /// The rows that are on the screen, by their places.
    pub in_view: (usize, usize),
}

/// The rows of one list.
#[derive(Clone, Debug, Default)]
pub struct ListIndex {
    entries: Vec<Entry>,
    places: HashMap<ResourceId, usize>,
    /// Places of all entries by name.
    by_name: Vec<usize>,
    /// Places of all entries in their order.
    sorted: Vec<usize>,
    /// Those that the filter lets through, in the order of the screen.
    shown: Vec<usize>,
    column: Option<usize>,
    descending: bool,
    filter: Filter,
    filter_revision: u64,
    /// What of the listing and of the metrics is in it.
    revision: u64,
    removals: u64,
    readings: u64,
    /// The columns that the cells of the first rows want, by the kind's columns.
    pub widths: Vec<usize>,
    /// Whether two of the first rows have one name.
    pub has_namesakes: bool,
    /// What the names have in common.
    pub names: Names,
    /// Rows that were looked at so far, for tests: the work follows what changed.
    pub(super) looked_at: u64,
}

impl ListIndex {
    /// The metrics that the cells of a row show.
    pub fn metrics(&self, kind: &dyn Kind, id: &ResourceId) -> Option<&Arc<[Metric]>> {
        let entry = &self.entries[*self.places.get(id)?];
        let glances = || kind.columns().iter().filter_map(|column| column.sparkline(&*entry.row.object));
        Some(entry.metrics.get_or_init(|| glances().flat_map(|glance| glance.metrics).collect()))
    }

    /// The rows in the order of the screen.
    pub fn order(&self) -> Vec<ResourceId> {
        self.shown.iter().map(|place| self.entries[*place].row.object.id().clone()).collect()
    }

    /// Brings everything up to date; whether the rows on the screen may be others now, or stand elsewhere.
    pub fn renew(&mut self, options: ListOptions, listing: &Listing, look: RenderContext) -> bool {
        let is_resorted = self.column != options.column;
        self.column = options.column;
        let (mut moved, mut changed) = self.take_rows(options, listing, look);
        if std::mem::replace(&mut self.readings, look.readings.revision) != look.readings.revision
            && options.kind.columns().iter().any(Column::is_metric)
        {
            moved |= self.take_readings(options, look);
            changed = true;
        }
        if is_resorted {
            let column = self.sorted_by(options.kind);
            self.entries.iter_mut().for_each(|entry| entry.key = key(column, entry, look));
            self.looked_at += self.entries.len() as u64;
            moved = true;
        }
        if moved {
            let entries = &self.entries;
            if self.by_name.len() != entries.len() {
                self.by_name.extend(self.by_name.len()..entries.len());
                self.by_name.sort_by(|a, b| by_name(&entries[*a], &entries[*b]));
            }
            self.sorted.clone_from(&self.by_name);
            self.sorted.sort_by(|a, b| by_key(&entries[*a], &entries[*b]));
        }
        let is_refiltered = self.filter_revision != options.filter_revision;
        if is_refiltered {
            // What a narrower filter lets through is among what the wider one did.
            let narrows = options.filter.narrows(&self.filter);
            for entry in self.entries.iter_mut().filter(|entry| entry.passes || !narrows) {
                entry.passes = options.filter.passes(&entry.text);
                self.looked_at += 1;
            }
            self.filter = options.filter.clone();
            self.filter_revision = options.filter_revision;
        }
        let is_turned = std::mem::replace(&mut self.descending, options.descending) != options.descending;
        let is_rearranged = moved || is_refiltered || is_turned;
        if is_rearranged {
            let passing = self.sorted.iter().copied().filter(|place| self.entries[*place].passes);
            self.shown = if options.descending { passing.rev().collect() } else { passing.collect() };
        }
        if is_rearranged || changed {
            self.measure(options.kind);
        }
        is_rearranged
    }

    /// Takes in what changed in the listing: whether rows came or went or may stand elsewhere, and whether any
    /// changed at all.
    fn take_rows(&mut self, options: ListOptions, listing: &Listing, look: RenderContext) -> (bool, bool) {
        let (mut moved, mut changed) = (false, false);
        let mut has_others = false;
        if self.removals != listing.removals() {
            self.removals = listing.removals();
            self.entries.retain(|entry| listing.row(entry.row.object.id()).is_some());
            let ids = self.entries.iter().enumerate().map(|(place, entry)| (entry.row.object.id().clone(), place));
            self.places = ids.collect();
            self.by_name.clear();
            (moved, has_others) = (true, true);
        }
        for row in listing.changed_since(std::mem::replace(&mut self.revision, listing.revision)) {
            changed = true;
            self.looked_at += 1;
            let entry = self.entry(options, row, look);
            match self.places.get(row.object.id()) {
                Some(place) => {
                    let known = &mut self.entries[*place];
                    moved |= known.passes != entry.passes || by_key(known, &entry) != Ordering::Equal;
                    *known = entry;
                }
                None => {
                    self.places.insert(row.object.id().clone(), self.entries.len());
                    self.entries.push(entry);
                    (moved, has_others) = (true, true);
                }
            }
        }
        if has_others {
            let names = listing.rows().take(names::SAMPLE).map(|row| row.object.name().as_str());
            self.names = Names::of(names);
        }
        (moved, changed | moved)
    }

    /// Looks again at the rows that may show other values of metrics now: whether any may stand elsewhere.
    fn take_readings(&mut self, options: ListOptions, look: RenderContext) -> bool {
        let (first, count) = options.in_view;
        let in_view: HashSet<usize> = self.shown.iter().skip(first).take(count).copied().collect();
        let is_short = self.entries.len() <= SHORT;
        let mut moved = false;
        for place in 0..self.entries.len() {
            if is_short || self.entries[place].is_measured || in_view.contains(&place) {
                self.looked_at += 1;
                let entry = self.entry(options, &self.entries[place].row, look);
                let known = &self.entries[place];
                moved |= known.passes != entry.passes || by_key(known, &entry) != Ordering::Equal;
                self.entries[place] = entry;
            }
        }
        moved
    }

    fn sorted_by<'a>(&self, kind: &'a dyn Kind) -> Option<&'a Column> {
        self.column.and_then(|column| kind.columns().get(column))
    }

    fn entry(&self, options: ListOptions, row: &Row, look: RenderContext) -> Entry {
        let mut text = String::new();
        let mut widths = Vec::with_capacity(options.kind.columns().len());
        let (mut key, mut is_measured) = (Key::Health, false);
        let look = look.of(&row.diagnosis);
        for (place, column) in options.kind.columns().iter().enumerate() {
            let cell = column.cell(&*row.object, look);
            widths.push(u16::try_from(cell.width()).unwrap_or(u16::MAX));
            is_measured |= column.is_metric() && cell.sort != SortKey::Nothing;
            text.push_str(&cell.text);
            text.push('\n');
            if options.column == Some(place) {
                key = Key::Column(cell.sort);
            }
        }
        text.push_str(row.diagnosis.health.word());
        text.push('\n');
        text.push_str(&row.diagnosis.why);
        let passes = self.filter.passes(&text);
        let (text, widths) = (text.into_boxed_str(), widths.into_boxed_slice());
        Entry { row: row.clone(), key, text, widths, is_measured, metrics: OnceLock::new(), passes }
    }

    /// How wide the cells of the first rows are.
    fn measure(&mut self, kind: &dyn Kind) {
        let mut widths = vec![0; kind.columns().len()];
        let mut names = HashSet::new();
        self.has_namesakes = false;
        for place in self.shown.iter().take(SAMPLE) {
            let entry = &self.entries[*place];
            let own = widths.iter_mut().zip(&entry.widths);
            own.for_each(|(width, own)| *width = usize::from(*own).max(*width));
            self.has_namesakes |= !names.insert(entry.row.object.name());
        }
        self.widths = widths;
    }
}

fn key(column: Option<&Column>, entry: &Entry, look: RenderContext) -> Key {
    let Some(column) = column else { return Key::Health };
    let (is_unknown, row) = (column.is_metric() && !entry.is_measured, &entry.row);
    let sort = || column.cell(&*row.object, look.of(&row.diagnosis)).sort;
    Key::Column(if is_unknown { SortKey::Nothing } else { sort() })
}

/// By what is asked for. Where that is equal rows stand by name, so that they never trade places.
fn by_key(a: &Entry, b: &Entry) -> Ordering {
    match (&a.key, &b.key) {
        (Key::Column(a), Key::Column(b)) => a.order(b),
        _ => a.row.diagnosis.health.cmp(&b.row.diagnosis.health),
    }
}

fn by_name(a: &Entry, b: &Entry) -> Ordering {
    let (one, other) = (&a.row.object, &b.row.object);
    one.name().cmp(other.name()).then_with(|| one.id().cmp(other.id()))
}
