//! Places in a tail: moments, spikes, matches and marks, and how one gets there.

use jiff::tz::TimeZone;

use super::{LogView, Times};
use crate::domain::Timestamp;
use crate::domain::format;
use crate::logs::buffer::{BufferEntry, EventKey};
use crate::logs::event::Sources;
use crate::logs::filter::Test;
use crate::logs::histogram::Measure;
use crate::logs::search::{Goal, Search, SearchStep};
use crate::logs::view::Direction;

/// Events that one slice of a search asks: a few milliseconds at most.
const SLICE: usize = 20_000;
/// Columns in which times that stand out are looked for.
const SPIKE_COLUMNS: usize = 240;
/// What "the same time" is, before and after, in milliseconds.
const AROUND: i64 = 30_000;

impl LogView {
    /// The zone that moments are told and typed in.
    pub fn zone(&self, local: &TimeZone) -> TimeZone {
        if self.times == Times::Local { local.clone() } else { TimeZone::UTC }
    }

    /// To the first shown event from that moment on. What is older than all lines is read back to,
    /// without a hole, and gone to when it is there.
    pub(super) fn jump(&mut self, at: i64) {
        self.stop_reading_back();
        let keys = self.view.keys();
        let found = keys.forward(EventKey::from_time(at)).next().or_else(|| keys.last());
        if let Some(key) = found {
            self.select(key);
        }
        self.read_back_for(at);
    }

    pub(super) fn seek(&mut self, goal: Goal, direction: Direction) {
        let Some(from) = self.selected.or_else(|| self.view.keys().last()) else { return };
        self.search = Some(Search::new(goal, from, direction));
        self.step_search();
    }

    /// To the next line (or the one before) in which the newest term is found.
    pub(super) fn seek_match(&mut self, direction: Direction) {
        match self.view.stack().terms().last().cloned() {
            Some(term) => self.seek(Goal::Term(term), direction),
            None => self.remark("no filter says what to look for: / lays one, h highlights"),
        }
    }

    pub(super) fn step_search(&mut self) {
        let Some(search) = &mut self.search else { return };
        match search.step(&self.view, &self.buffer, SLICE) {
            SearchStep::NotYet => {}
            SearchStep::At(key) => {
                self.select(key);
                self.search = None;
            }
            SearchStep::None => {
                self.remark("there is none in this direction");
                self.search = None;
            }
        }
    }

    /// To the next (or previous) time that stands out by its errors, else by its lines.
    pub(super) fn spike(&mut self, forth: bool) {
        let Some((from, to)) = self.histogram.span() else { return };
        let chart = self.histogram.columns(from, to, SPIKE_COLUMNS);
        let at = self.selected.and_then(|key| chart.index(key.at)).unwrap_or(0);
        let find = |measure| chart.next_spike(at, forth, measure);
        match find(Measure::Errors).or_else(|| find(Measure::All)) {
            Some(column) => self.jump(chart.list[column].from),
            None => self.remark("nothing stands out in this direction"),
        }
    }

    /// What all sources said within 30 seconds of the selected line; again: back to the filters.
    pub(super) fn around(&mut self) {
        if let Some(stack) = self.aside.take() {
            self.lay(stack);
            return;
        }
        let Some(selected) = self.selected else { return };
        let mut stack = self.view.stack().clone();
        let aside = stack.clone();
        // Highlights stay: they hide nothing.
        while stack.take(|filter| !matches!(filter, Test::Highlight(_))).is_some() {}
        stack.push(Test::Time { from: Some(selected.at - AROUND), to: Some(selected.at + AROUND) });
        self.stop_following();
        self.open = None;
        self.lay(stack);
        self.aside = Some(aside);
    }

    /// Marks the selected line, or takes its mark away.
    pub(super) fn mark(&mut self) {
        let Some(selected) = self.selected else { return };
        if !self.marks.remove(&selected) {
            self.marks.insert(selected);
        }
        self.stop_following();
    }

    pub fn is_marked(&self, key: EventKey) -> bool {
        self.marks.contains(&key)
    }

    /// The marks whose lines are still held, oldest first.
    pub fn marks(&self) -> impl DoubleEndedIterator<Item = EventKey> + '_ {
        let first = self.buffer.first().unwrap_or(EventKey::MAX);
        self.marks.range(first..).copied()
    }

    /// The marked lines that are still held, oldest first, as they are told by `line`.
    pub fn marked(&self, line: impl Fn(&BufferEntry<'_>, &Sources) -> String) -> Vec<String> {
        self.marks().filter_map(|key| Some(line(&self.buffer.get(key)?, &self.table))).collect()
    }

    /// The moment of the selected line.
    pub fn moment(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.selected?.at).ok()
    }

    /// To the next mark, or the one before.
    pub(super) fn seek_mark(&mut self, forth: bool) {
        let from = self.selected.unwrap_or(EventKey::MAX);
        let found =
            if forth { self.marks().find(|key| *key > from) } else { self.marks().rev().find(|key| *key < from) };
        match found {
            Some(key) => self.select(key),
            None if self.marks.is_empty() => self.remark("no line is marked: m marks the selected one"),
            None => self.remark("there is no mark in this direction"),
        }
    }
}

/// The middle of a span of time, and how far it reaches, for the title.
pub(super) fn span_words(from: Option<i64>, to: Option<i64>) -> String {
    let clock = |ms| Timestamp::from_millisecond(ms).map_or("?".to_string(), |at| at.strftime("%H:%M:%S").to_string());
    match (from, to) {
        (Some(from), Some(to)) => {
            format!("{} ± {}", clock(from + (to - from) / 2), format::span((to - from) / 2000))
        }
        (Some(from), None) => format!("from {}", clock(from)),
        (None, Some(to)) => format!("before {}", clock(to)),
        (None, None) => "at any time".to_string(),
    }
}
