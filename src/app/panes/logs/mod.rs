//! The log pane: a tail of some sources, what of it is shown, and where one looks.

mod filters;
mod lists;
mod opened;
mod parts;
mod past;
mod places;
mod source;
mod taking;
mod typed;
pub mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::Timestamp;
use crate::domain::fault::Fault;
use crate::domain::format;
use crate::domain::log::{LiveSession, LogEvent, LogPiece, LogSource};
use crate::domain::query::Answer;
use crate::domain::resource::KindId;
use crate::domain::text::Text;
use crate::keymap::Command;
use crate::logs::buffer::{Buffer, BufferEntry, EventKey};
use crate::logs::event::{Event, EventId, SourceId, Sources};
use crate::logs::filter::Stack;
use crate::logs::histogram::{Columns, Histogram};
use crate::logs::merge::Merger;
use crate::logs::patterns::Patterns;
use crate::logs::redact::Redactor;
use crate::logs::search::Search;
use crate::logs::settings::LogSettings;
use crate::logs::view::{Counts, Direction, FilteredView, ViewRow};

pub use parts::{Gap, Item, Opened, Prompt, Shows, Tally, Typed};
use past::Past;
pub use source::{source_of, source_words};
pub use taking::Saving;
pub use typed::PromptAction;

pub use crate::logs::settings::Times;

/// Opens the logs of the selected resource.
pub const LOGS_OF: Command = Command::new("logs");

/// Events that one slice of filtering asks: two milliseconds at most, also where most pass.
const SLICE: usize = 4_096;
/// Events that are taken in at once: two milliseconds at most, so that a key need not wait.
const TURN: usize = 256;

/// The time that the chart above the lines spans, in milliseconds.
const CHART: i64 = 15 * 60_000;
/// An event that came so much later than it happened is late, in milliseconds.
const LATE: i64 = 5_000;

/// An event that came so late that it deserves a word.
pub fn is_late(at: i64, ingested: i64) -> bool {
    ingested - at > LATE
}

/// The state of the pane.
#[derive(Default)]
pub struct LogView {
    /// What was asked for.
    pub sources: Vec<LogSource>,
    /// Whose logs they are.
    pub title: Text,
    /// What the sources turned out to be.
    pub found: Vec<LogSource>,
    /// Sources that cannot be read now.
    pub gaps: BTreeMap<LogSource, Gap>,
    /// Until when each source is whole, in milliseconds.
    pub untils: BTreeMap<LogSource, i64>,
    settings: LogSettings,
    /// Polls are so far apart.
    pub pace: Duration,
    /// Live Tail is wanted.
    pub live: bool,
    /// Live Tail runs.
    pub session: Option<LiveSession>,
    table: Sources,
    tallies: Vec<Tally>,
    histogram: Histogram,
    patterns: Patterns,
    merger: Merger,
    /// More was held long enough than could be taken in at once.
    holds_due: bool,
    buffer: Buffer,
    view: FilteredView,
    /// The lines, or a list in their place.
    pub shows: Shows,
    item: Option<Item>,
    /// The selected event; the newest while it follows.
    pub selected: Option<EventKey>,
    pub follow: bool,
    pub wrap: bool,
    /// JSON and logfmt lines as they were written, not as message and fields.
    pub raw: bool,
    pub times: Times,
    pub input: Option<Typed>,
    /// The selected event is open.
    pub open: Option<Opened>,
    /// Fields that stand beside each line.
    pub columns: Vec<String>,
    marks: BTreeSet<EventKey>,
    /// Where the selection began.
    pub anchor: Option<EventKey>,
    pub saving: Option<Saving>,
    /// The filters of before, while all lines around a moment are shown.
    aside: Option<Stack>,
    /// The newest lines of every source were told.
    pub caught_up: bool,
    /// What the sources are made of could not be found out; it is tried again.
    pub fault: Option<(Fault, Timestamp)>,
    past: Past,
    /// When the newest deployment among what it follows began, in milliseconds.
    pub deployed: Option<i64>,
    /// When the incident began, in milliseconds, once somebody has said so.
    pub incident: Option<i64>,
    search: Option<Search>,
    /// Lines that CloudWatch got so late that newer ones were on the screen already.
    pub late: u64,
    /// What the last command has to say.
    pub said: Option<String>,
    /// The newest event when it stopped to follow.
    left_at: Option<EventKey>,
}

impl LogView {
    /// The kind of the first resource that they are the logs of.
    pub fn kind(&self) -> Option<KindId> {
        self.sources.iter().find_map(|source| match source {
            LogSource::Resource(kind, _) => Some(*kind),
            _ => None,
        })
    }

    pub fn new(sources: Vec<LogSource>, title: Text, settings: &LogSettings) -> Self {
        Self {
            sources,
            title,
            settings: settings.clone(),
            buffer: Buffer::new(settings.limits),
            times: settings.times,
            follow: true,
            ..Self::default()
        }
    }

    /// A piece of the tail, or what failed of it.
    pub fn accept(&mut self, result: Result<Answer, Fault>, now: Timestamp) {
        let piece = match result {
            Ok(Answer::Logs(piece)) => piece,
            Ok(_) => return,
            Err(fault) => {
                self.fault = Some((fault, now));
                return;
            }
        };
        match piece {
            LogPiece::Sources(found) => {
                self.gaps.retain(|source, _| found.contains(source));
                self.untils.retain(|source, _| found.contains(source));
                self.found = found;
                self.fault = None;
            }
            LogPiece::CaughtUp => self.caught_up = true,
            LogPiece::Until { source, at } => self.whole_until(source, at, now),
            LogPiece::Broken { source, since, fault } => self.broken(source, since, fault),
            LogPiece::Paced(pace) => self.pace = pace,
            LogPiece::Live(session) => {
                // Why there was none is over.
                self.fault = self.fault.take().filter(|_| session.is_none());
                self.session = session;
            }
            LogPiece::Back(moment) => self.begins_at(moment),
            LogPiece::Events(events) => {
                let now = now.as_millisecond();
                let table = &mut self.table;
                let redactor = self.settings.for_screen();
                let events = events.into_iter().map(|event| entered(table, event, redactor));
                self.merger.take(events, now);
            }
        }
    }

    /// Takes in what was held long enough, and does a slice of what is behind; after a key the first part of a
    /// slice alone, since a frame is waited for.
    pub fn settle(&mut self, now: Timestamp, is_key: bool) {
        if !is_key {
            self.take_in(now.as_millisecond());
        }
        if self.is_behind() {
            self.view.work(&self.buffer, if is_key { SLICE / 8 } else { SLICE });
            self.step_search();
        }
        self.arrive();
        if self.follow {
            self.selected = self.view.keys().last();
        } else if let (Some(selected), Some(first)) = (self.selected, self.view.keys().first())
            && selected < first
        {
            self.selected = Some(first);
        }
    }

    fn take_in(&mut self, now: i64) {
        // Until the first screen is whole nothing is held back: there is nothing to wait for.
        let released = if self.caught_up { self.merger.release(now, TURN) } else { self.merger.release_all(now) };
        self.holds_due = released.len() == TURN;
        for released in released {
            let event = &released.event;
            let key = self.buffer.push(event);
            self.view.push(&self.buffer, key);
            let level = self.buffer.get(key).and_then(|entry| entry.level);
            self.histogram.add(event.at, level, now);
            self.patterns.add(event.text(), level, event.at, now);
            self.tally(event.source, event.at);
            self.late += u64::from(released.late && is_late(event.at, event.ingested));
        }
    }

    fn tally(&mut self, source: SourceId, at: i64) {
        let place = usize::from(source.0);
        if place >= self.tallies.len() && source != SourceId::OTHER {
            self.tallies.resize(place + 1, Tally { lines: 0, last: i64::MIN });
        }
        if let Some(tally) = self.tallies.get_mut(place) {
            tally.lines += 1;
            tally.last = tally.last.max(at);
        }
    }

    /// A slice of the filtering.
    fn work(&mut self) {
        self.view.work(&self.buffer, SLICE);
    }

    /// Some work is left that should be done as soon as there is time.
    pub fn is_behind(&self) -> bool {
        self.holds_due || !self.view.progress(&self.buffer).is_done || self.search.is_some()
    }

    pub fn counts(&self) -> Counts {
        self.view.counts(&self.buffer)
    }

    /// Shown events that are newer than all there were when it stopped to follow.
    pub fn unseen(&self) -> usize {
        let keys = self.view.keys();
        match self.left_at.filter(|_| !self.follow) {
            Some(left) => self.counts().shown as usize - keys.rank(left.next()),
            None => 0,
        }
    }

    /// The counts of the time around the selected event, in so many columns, and which of them it
    /// is in.
    pub fn chart(&self, columns: usize, now: Timestamp) -> (Columns, Option<usize>) {
        let now = now.as_millisecond();
        let selected = self.selected.map_or(now, |key| key.at);
        let to = if self.follow { now } else { now.min(selected + CHART / 2) };
        let chart = self.histogram.columns(to - CHART, to, columns.max(1));
        let at = chart.index(selected);
        (chart, at)
    }

    pub fn stack(&self) -> &Stack {
        self.view.stack()
    }

    pub fn label(&self, source: SourceId) -> &str {
        self.table.label(source)
    }

    pub fn entry(&self, key: EventKey) -> Option<BufferEntry<'_>> {
        self.buffer.get(key)
    }

    /// Rows around the selected event, newest last, so that it is the last while it follows.
    pub fn rows(&self, most: usize) -> Vec<ViewRow> {
        let Some(selected) = self.selected else { return Vec::new() };
        let rows = |direction, most| self.view.rows(&self.buffer, selected, direction, most);
        let newer = if self.follow { 0 } else { most / 2 };
        // Near an end there are fewer than half on one side: the other has the room.
        let mut after = rows(Direction::Forth, newer + 1);
        let mut before = rows(Direction::Back, most.saturating_sub(after.len()));
        if before.len() + after.len() < most && !self.follow {
            after = rows(Direction::Forth, most - before.len());
        }
        before.reverse();
        before.append(&mut after);
        before
    }

    fn select(&mut self, key: EventKey) {
        self.stop_following();
        self.selected = Some(key);
        self.open = self.open.map(|_| Opened::default());
    }

    fn stop_following(&mut self) {
        if self.follow {
            self.follow = false;
            self.left_at = self.buffer.last();
        }
    }

    fn follow_again(&mut self) {
        self.follow = true;
        self.anchor = None;
        self.selected = self.view.keys().last();
    }

    fn remark(&mut self, said: impl Into<String>) {
        self.said = Some(said.into());
    }

    /// So many events on; down at the newest it follows again, up from the oldest asks for more.
    pub fn scroll(&mut self, by: isize) {
        self.said = None;
        if self.open.is_some() {
            return self.step_field(by);
        }
        if self.shows != Shows::Lines {
            return self.step_item(by);
        }
        let Some(selected) = self.selected.or_else(|| self.view.keys().last()) else { return };
        let steps = by.unsigned_abs();
        if by > 0 {
            let keys = self.view.keys();
            match keys.forward(selected.next()).take(steps).last() {
                Some(key) if Some(key) != keys.last() || self.anchor.is_some() => self.select(key),
                // A selection stays: to follow would move its end.
                None if self.anchor.is_some() => {}
                _ => self.follow_again(),
            }
            return;
        }
        let older = self.view.keys().backward(selected).take(steps).last();
        self.select(older.unwrap_or(selected));
        if self.selected == self.view.keys().first() {
            self.read_back();
        }
    }

    /// Enter: an entry of a list is chosen, a field becomes a filter, a line opens.
    pub fn enter(&mut self) {
        self.said = None;
        match (self.open.is_some(), self.shows) {
            (true, _) if self.opened_field().is_some() => self.filter_field(false),
            (true, _) => self.open = None,
            (false, Shows::Lines) => self.open_line(),
            (false, _) => self.choose(false),
        }
    }

    /// Something is open in the pane that Escape closes first.
    pub fn is_busy(&self) -> bool {
        self.input.is_some() || self.open.is_some() || self.shows != Shows::Lines || !self.follow
    }

    /// Escape: the line, the open event, the list, the selection, then back to the newest. `false`:
    /// nothing was open.
    pub fn back(&mut self) -> bool {
        self.said = None;
        if self.input.take().is_some() || self.open.take().is_some() {
            return true;
        }
        if std::mem::take(&mut self.shows) != Shows::Lines || self.anchor.take().is_some() {
            return true;
        }
        if self.stop_reading_back() {
            return true;
        }
        if !self.follow {
            self.follow_again();
            return true;
        }
        false
    }

    /// An event's time as the pane shows it; `zone` is the person's.
    pub fn time(&self, at: i64, now: Timestamp, zone: &TimeZone) -> String {
        let Ok(at) = Timestamp::from_millisecond(at) else { return "?".to_string() };
        match self.times {
            Times::Utc => at.strftime("%H:%M:%S%.3f").to_string(),
            Times::Local => at.to_zoned(zone.clone()).strftime("%H:%M:%S%.3f").to_string(),
            Times::Age => format!("{:>4}", format::age(at, now)),
            Times::None => String::new(),
        }
    }
}

fn entered(table: &mut Sources, event: LogEvent, redactor: Option<&Redactor>) -> Event {
    let source = table.enter(event.group, event.stream);
    let entered = Event::new(EventId::of(&event.id), event.at, event.ingested, source, event.line.as_raw());
    match redactor {
        Some(redactor) => entered.redacted(redactor),
        None => entered,
    }
}
