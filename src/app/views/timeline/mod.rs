//! What changed: the clock of an environment over the whole screen, newest first. The view holds the
//! entries in the order of the screen and the selected one by its key, so that what comes in between
//! never moves it.

pub mod acts;
pub mod feeds;
mod fold;
pub mod gather;
mod time;
pub mod view;

use tui_input::Input;

use self::feeds::{FIRST, before};
pub use self::fold::{Fold, fold};
use crate::app::cursor;
use crate::app::filter::Filter;
use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::resource::{KindId, ResourceId};
use crate::domain::text::Text;
use crate::domain::timeline::{TimelineEntry, TimelineKey};
use crate::keymap::Command;

pub const TIMELINE: Command = Command::new("timeline");

/// So far back at most, in seconds: RDS and ElastiCache keep no more.
const FURTHEST: i64 = 14 * 86_400;

/// The words that may stand before a colon in the filter.
pub const COLUMNS: &[&str] = &["source", "sort", "resource", "kind", "actor", "what"];

/// One resource, to which the clock is narrowed.
#[derive(Clone, Debug)]
pub struct Only {
    pub kind: KindId,
    pub id: ResourceId,
    pub name: Text,
    /// All names that it goes by.
    names: Vec<Text>,
}

/// The open view.
#[derive(Clone, Debug, Default)]
pub struct TimelineView {
    /// Everything since [`TimelineView::back_to`], newest first.
    entries: Vec<TimelineEntry>,
    /// The lines that are shown.
    shown: Vec<Fold>,
    /// What happens again and again has a line each time.
    pub every_one: bool,
    selected: Option<TimelineKey>,
    /// Somebody moved the selection; until then it stays where the overlay was opened.
    touched: bool,
    pub only: Option<Only>,
    pub back_to: Timestamp,
    /// When that began from which the overlay was opened, and what it is.
    pub onset: Option<(Timestamp, String)>,
    pub input: Input,
    /// The filter line takes the keys.
    pub typing: bool,
    pub filter_error: Option<String>,
    filter: Filter,
    /// What of the filter is about time: from and to.
    pub times: (Option<Timestamp>, Option<Timestamp>),
}

impl TimelineView {
    fn new(now: Timestamp) -> Self {
        Self { back_to: before(now, FIRST), ..Self::default() }
    }

    /// The entries that are shown, newest first; of what happens again and again the first.
    pub fn shown(&self) -> impl ExactSizeIterator<Item = &TimelineEntry> {
        self.lines().map(|(_, entry)| entry)
    }

    /// The same, with how often each happened.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = (&Fold, &TimelineEntry)> {
        self.shown.iter().map(|fold| (fold, &self.entries[fold.place]))
    }

    /// How many entries are shown, folded ones too, and how many there are.
    pub fn counts(&self) -> (usize, usize) {
        (self.shown.iter().map(|fold| fold.times).sum(), self.entries.len())
    }

    /// The row of the selected entry.
    pub fn position(&self) -> usize {
        let selected = self.selected.as_ref();
        selected.and_then(|key| self.shown().position(|entry| entry.has(key))).unwrap_or(0)
    }

    /// The selected line.
    pub fn line(&self) -> Option<(&Fold, &TimelineEntry)> {
        self.lines().nth(self.position())
    }

    pub fn entry(&self) -> Option<&TimelineEntry> {
        self.line().map(|(_, entry)| entry)
    }

    /// A filter is laid, by words or by a resource.
    pub fn is_filtered(&self) -> bool {
        self.only.is_some() || !self.input.value().trim().is_empty()
    }

    /// Takes over what is known now.
    fn take(&mut self, entries: Vec<TimelineEntry>) {
        let (place, was) = (self.position(), self.entry().map(TimelineEntry::at));
        self.entries = entries;
        self.arrange();
        if self.touched {
            let lost = self.selected.as_ref().is_some_and(|key| !self.shown().any(|entry| entry.has(key)));
            if lost {
                // What took its place on the clock, else in the list.
                let next = was.and_then(|at| self.shown().position(|entry| entry.at() <= at)).unwrap_or(place);
                self.select(next);
            }
        } else {
            self.rest();
        }
    }

    /// Where the selection waits until somebody moves it: at what came last before the onset, else at the
    /// newest.
    fn rest(&mut self) {
        let onset = self.onset.as_ref().map(|(at, _)| *at);
        let place = onset.and_then(|onset| self.shown().position(|entry| entry.at() <= onset)).unwrap_or(0);
        self.select(place);
    }

    fn select(&mut self, place: usize) {
        let last = self.shown.len().saturating_sub(1);
        let key = self.shown().nth(place.min(last)).map(|entry| entry.first().key());
        self.selected = key;
    }

    /// Which entries the filter lets through.
    fn arrange(&mut self) {
        let admits = |entry: &TimelineEntry| {
            let (from, to) = self.times;
            let in_time = from.is_none_or(|from| entry.at() >= from) && to.is_none_or(|to| entry.at() <= to);
            let only = self.only.as_ref();
            let is_it = |only: &Only| entry.told().iter().any(|told| told.about.is(only.kind, &only.id, &only.names));
            in_time && only.is_none_or(is_it) && (self.filter.is_empty() || self.filter.admits(&cells(entry)))
        };
        let places = (0..self.entries.len()).filter(|place| admits(&self.entries[*place]));
        self.shown = if self.every_one {
            places.map(|place| Fold { place, times: 1, last: self.entries[place].at() }).collect()
        } else {
            fold(&self.entries, places)
        };
    }

    /// Reads the filter line anew: what is a time, then the words.
    fn refilter(&mut self, now: Timestamp) {
        let (times, words) = time::split(self.input.value(), now);
        match Filter::parse(&words, COLUMNS) {
            Ok(filter) => {
                self.filter = filter;
                self.filter_error = None;
                self.times = times;
                if let Some(from) = times.0 {
                    self.back_to = self.back_to.min(from.max(before(now, FURTHEST)));
                }
                let at = self.entry().map(TimelineEntry::at);
                self.arrange();
                if !self.touched {
                    self.rest();
                } else if let Some(at) = at
                    && self.entry().is_none_or(|entry| entry.at() != at)
                {
                    let place = self.shown().position(|entry| entry.at() <= at).unwrap_or(0);
                    self.select(place);
                }
            }
            Err(error) => self.filter_error = Some(error),
        }
    }

    /// So many rows on; `true`: it went past the oldest, and more is to be read.
    fn step(&mut self, by: isize) -> bool {
        self.touched = true;
        let (place, last) = (self.position(), self.shown.len().saturating_sub(1));
        self.select(cursor::step(place, by, self.shown.len()));
        by > 0 && by < isize::MAX / 4 && place == last
    }

    /// The selected entry in a line, to be copied.
    fn as_text(&self) -> Option<String> {
        let entry = self.entry()?;
        let sources: Vec<&str> = entry.told().iter().map(|told| told.source.word()).collect();
        let actor = if entry.actor().is_empty() { String::new() } else { format!(" by {}", entry.actor()) };
        let (about, what) = (entry.about().name(), &entry.first().what);
        Some(format!("{} [{}] {about}: {what}{actor}", format::moment(entry.at()), sources.join(" ")))
    }
}

/// What a filter looks into.
fn cells(entry: &TimelineEntry) -> Vec<(&'static str, &str)> {
    let mut cells = Vec::new();
    for told in entry.told() {
        cells.extend([("source", told.source.word()), ("sort", told.sort.word()), ("what", told.what.as_str())]);
        cells.push(("actor", told.actor.as_str()));
        cells.extend(told.about.names.iter().map(|name| ("resource", name.as_str())));
        cells.extend(told.about.kind.map(|kind| ("kind", kind.0)));
        // It is found, and no word stands for it.
        cells.extend(told.more.iter().map(|(name, value)| (*name, value.as_str())));
    }
    cells
}
