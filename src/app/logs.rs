//! The log pane: a tail of some sources, what of it is shown, and where one looks.

use tui_input::Input;

use super::command::Command;
use super::field;
use crate::domain::Timestamp;
use crate::domain::fault::Fault;
use crate::domain::log::{LogEvent, LogPiece, LogSource};
use crate::domain::query::Answer;
use crate::domain::text::Text;
use crate::domain::words;
use crate::keymap::Key as Press;
use crate::logs::buffer::{Buffer, BufferLimits, Entry, Key};
use crate::logs::event::{Event, EventId, Sources};
use crate::logs::fields::Fields;
use crate::logs::filter::{Stack, Term, Test};
use crate::logs::level::Level;
use crate::logs::merge::{MergeLimits, Merger};
use crate::logs::search::{Found, Goal, Search};
use crate::logs::view::{Counts, Direction, Row, View};

/// Events that one slice of filtering or searching asks: a few milliseconds at most.
const SLICE: usize = 20_000;

/// How times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    #[default]
    Utc,
    Age,
    None,
}

/// What is typed in the pane's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    Include,
    Exclude,
}

/// The line that is typed, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct Typed {
    pub asks: Asks,
    pub input: Input,
    pub error: Option<String>,
}

/// The state of the pane.
pub struct LogView {
    /// What was asked for.
    pub sources: Vec<LogSource>,
    /// Whose logs they are.
    pub title: Text,
    /// What the sources turned out to be.
    pub found: Vec<LogSource>,
    table: Sources,
    merger: Merger,
    buffer: Buffer,
    view: View,
    /// The selected event; the newest while it follows.
    pub selected: Option<Key>,
    pub follow: bool,
    pub wrap: bool,
    pub times: Times,
    pub input: Option<Typed>,
    /// The selected event is open.
    pub open: bool,
    /// Lines that the open event is scrolled down.
    pub open_scroll: usize,
    /// The newest lines of every source were told.
    pub caught_up: bool,
    /// The fault of the newest request of a source; what is missing comes with the next good one.
    pub fault: Option<(Fault, Timestamp)>,
    /// Older lines than this moment are wanted.
    pub wants_before: Option<i64>,
    search: Option<Search>,
    /// Said when a search found nothing.
    pub remark: Option<String>,
    /// Shown events when it stopped to follow.
    left_at: u64,
}

impl LogView {
    pub fn new(sources: Vec<LogSource>, title: Text) -> Self {
        Self {
            sources,
            title,
            found: Vec::new(),
            table: Sources::default(),
            merger: Merger::new(MergeLimits::default()),
            buffer: Buffer::new(BufferLimits::default()),
            view: View::new(Stack::default()),
            selected: None,
            follow: true,
            wrap: false,
            times: Times::default(),
            input: None,
            open: false,
            open_scroll: 0,
            caught_up: false,
            fault: None,
            wants_before: None,
            search: None,
            remark: None,
            left_at: 0,
        }
    }

    /// A piece of the tail, or what failed of it.
    pub fn accept(&mut self, result: Result<Answer, Fault>, now: Timestamp) {
        match result {
            Err(fault) => self.fault = Some((fault, now)),
            Ok(Answer::Logs(LogPiece::Sources(found))) => self.found = found,
            Ok(Answer::Logs(LogPiece::CaughtUp)) => self.caught_up = true,
            Ok(Answer::Logs(LogPiece::Until(_))) => self.fault = None,
            Ok(Answer::Logs(LogPiece::Events(events))) => {
                let now = now.as_millisecond();
                let table = &mut self.table;
                let events = events.into_iter().map(|event| entered(table, &event));
                self.merger.take(events, now);
            }
            Ok(_) => {}
        }
    }

    /// Takes in what was held long enough, and does a slice of what is behind.
    pub fn settle(&mut self, now: Timestamp) {
        // Until the first screen is whole nothing is held back: there is nothing to wait for.
        let now = now.as_millisecond();
        let released = if self.caught_up { self.merger.release(now) } else { self.merger.release_all(now) };
        for released in released {
            let key = self.buffer.push(&released.event);
            self.view.push(&self.buffer, key);
        }
        if self.is_behind() {
            self.view.work(&self.buffer, SLICE);
            self.step_search();
        }
        if self.follow {
            self.selected = self.view.keys().last();
        } else if let (Some(selected), Some(first)) = (self.selected, self.view.keys().first())
            && selected < first
        {
            self.selected = Some(first);
        }
    }

    /// Some work is left that should be done as soon as there is time.
    pub fn is_behind(&self) -> bool {
        !self.view.progress(&self.buffer).is_done || self.search.is_some()
    }

    fn step_search(&mut self) {
        let Some(search) = &mut self.search else { return };
        match search.step(&self.view, &self.buffer, SLICE) {
            Found::NotYet => {}
            Found::At(key) => {
                self.select(key);
                self.search = None;
            }
            Found::None => {
                self.remark = Some("there is none in this direction".to_string());
                self.search = None;
            }
        }
    }

    pub fn counts(&self) -> Counts {
        self.view.counts(&self.buffer)
    }

    /// Shown events that came since it stopped to follow.
    pub fn unseen(&self) -> u64 {
        if self.follow { 0 } else { self.counts().shown.saturating_sub(self.left_at) }
    }

    /// Events that came after a newer one.
    pub fn late(&self) -> u64 {
        self.merger.counts().late
    }

    pub fn stack(&self) -> &Stack {
        self.view.stack()
    }

    pub fn label(&self, entry: &Entry<'_>) -> &str {
        self.table.label(entry.source)
    }

    pub fn entry(&self, key: Key) -> Option<Entry<'_>> {
        self.buffer.get(key)
    }

    /// Rows around the selected event, newest last, so that it is the last while it follows.
    pub fn rows(&self, most: usize) -> Vec<Row> {
        let Some(selected) = self.selected else { return Vec::new() };
        let newer = if self.follow { 0 } else { most / 2 };
        let mut rows = self.view.rows(&self.buffer, selected, Direction::Forth, newer + 1);
        let older = most - rows.len().min(most);
        let mut before = self.view.rows(&self.buffer, selected, Direction::Back, older);
        before.reverse();
        // Near the newest event there are fewer after it than there is room: the rest are before.
        before.append(&mut rows);
        before
    }

    fn select(&mut self, key: Key) {
        self.stop_following();
        self.selected = Some(key);
        self.open_scroll = 0;
    }

    fn stop_following(&mut self) {
        if self.follow {
            self.follow = false;
            self.left_at = self.counts().shown;
        }
    }

    /// So many events on; down at the newest it follows again, up from the oldest asks for more.
    pub fn scroll(&mut self, by: isize) {
        if self.open {
            self.open_scroll = self.open_scroll.saturating_add_signed(by);
            return;
        }
        self.remark = None;
        let Some(selected) = self.selected.or_else(|| self.view.keys().last()) else { return };
        let steps = by.unsigned_abs();
        if by > 0 {
            let keys = self.view.keys();
            match keys.forward(selected.next()).take(steps).last() {
                Some(key) if Some(key) != keys.last() => self.select(key),
                _ => self.follow_again(),
            }
            return;
        }
        let older = self.view.keys().backward(selected).take(steps).last();
        self.select(older.unwrap_or(selected));
        if self.selected == self.view.keys().first() {
            self.wants_before = self.buffer.first().map(|key| key.at);
        }
    }

    fn follow_again(&mut self) {
        self.follow = true;
        self.selected = self.view.keys().last();
    }

    /// Enter: the selected event in full, or back.
    pub fn open_line(&mut self) {
        self.open = !self.open && self.selected.is_some();
        self.open_scroll = 0;
        if self.open {
            self.stop_following();
        }
    }

    /// The open event with the fields that it has.
    pub fn opened(&self) -> Option<(Entry<'_>, Fields)> {
        let entry = self.entry(self.selected.filter(|_| self.open)?)?;
        let fields = Fields::of(entry.text);
        Some((entry, fields))
    }

    pub fn obey(&mut self, command: Command, _: Timestamp) {
        self.remark = None;
        match command {
            Command::Follow if self.follow => self.stop_following(),
            Command::Follow => self.follow_again(),
            Command::Wrap => self.wrap = !self.wrap,
            Command::Times => {
                self.times = match self.times {
                    Times::Utc => Times::Age,
                    Times::Age => Times::None,
                    Times::None => Times::Utc,
                }
            }
            Command::Filter => self.ask(Asks::Include),
            Command::Exclude => self.ask(Asks::Exclude),
            Command::LeastLevel => self.next_level(),
            Command::DropFilter => {
                let mut stack = self.view.stack().clone();
                let last = stack.filters().len().wrapping_sub(1);
                if stack.remove(last).is_some() {
                    self.lay(stack);
                } else {
                    self.remark = Some("no filter is laid".to_string());
                }
            }
            Command::NextError => self.seek(Goal::Level(Level::Error), Direction::Forth),
            Command::PreviousError => self.seek(Goal::Level(Level::Error), Direction::Back),
            Command::NextMatch | Command::PreviousMatch => {
                let direction = if command == Command::NextMatch { Direction::Forth } else { Direction::Back };
                match self.view.stack().terms().last().cloned() {
                    Some(term) => self.seek(Goal::Term(term), direction),
                    None => self.remark = Some("no filter says what to look for: / lays one".to_string()),
                }
            }
            _ => {}
        }
    }

    fn seek(&mut self, goal: Goal, direction: Direction) {
        let Some(from) = self.selected.or_else(|| self.view.keys().last()) else { return };
        self.search = Some(Search::new(goal, from, direction));
        self.step_search();
    }

    /// All, then from info on, from warn on, from error on.
    fn next_level(&mut self) {
        let mut stack = self.view.stack().clone();
        let old = stack.filters().iter().enumerate().find_map(|(i, filter)| match filter.test {
            Test::Level(level) => Some((i, level)),
            _ => None,
        });
        if let Some((i, _)) = old {
            stack.remove(i);
        }
        let next = match old.map(|(_, level)| level) {
            None => Some(Level::Info),
            Some(Level::Trace | Level::Debug | Level::Info) => Some(Level::Warn),
            Some(Level::Warn) => Some(Level::Error),
            Some(Level::Error | Level::Fatal) => None,
        };
        if let Some(level) = next {
            stack.push(Test::Level(level));
        }
        self.lay(stack);
    }

    fn lay(&mut self, stack: Stack) {
        self.view.set_stack(stack);
        self.view.work(&self.buffer, SLICE);
        self.left_at = self.counts().shown;
        // The selected event stays where it is if it still passes; else the next older one.
        if let Some(selected) = self.selected {
            let keys = self.view.keys();
            self.selected = keys.backward(selected.next()).next().or_else(|| keys.last());
        }
        if self.selected.is_none() {
            self.follow_again();
        }
    }

    fn ask(&mut self, asks: Asks) {
        self.input = Some(Typed { asks, input: Input::default(), error: None });
    }

    /// A key into the line; a bad regex is told while it is typed.
    pub fn edit(&mut self, key: Press) {
        if let Some(typed) = &mut self.input
            && field::edit(&mut typed.input, key)
        {
            typed.error = match typed.input.value() {
                "" => None,
                pattern => Term::new(pattern).err().map(|bad| bad.to_string()),
            };
        }
    }

    pub fn paste(&mut self, text: &str) {
        if let Some(typed) = &mut self.input {
            field::paste(&mut typed.input, text);
            typed.error = Term::new(typed.input.value()).err().map(|bad| bad.to_string());
        }
    }

    /// Enter in the line: the filter is laid, unless it is wrong.
    pub fn accept_input(&mut self) {
        let Some(typed) = self.input.take() else { return };
        if typed.input.value().is_empty() {
            return;
        }
        match Term::new(typed.input.value()) {
            Err(bad) => self.input = Some(Typed { error: Some(bad.to_string()), ..typed }),
            Ok(term) => {
                let mut stack = self.view.stack().clone();
                stack.push(match typed.asks {
                    Asks::Include => Test::Include(term),
                    Asks::Exclude => Test::Exclude(term),
                });
                self.lay(stack);
            }
        }
    }

    /// Something is open in the pane that Escape closes first.
    pub fn is_busy(&self) -> bool {
        self.input.is_some() || self.open || !self.follow
    }

    /// Escape: the line, the open event, then back to the newest. `false`: nothing was open.
    pub fn back(&mut self) -> bool {
        if self.input.take().is_some() || std::mem::take(&mut self.open) {
            return true;
        }
        if !self.follow {
            self.follow_again();
            return true;
        }
        false
    }

    /// The selected event, to be copied.
    pub fn line_to_copy(&self) -> Option<String> {
        Some(self.entry(self.selected?)?.text.to_string())
    }

    /// An event's time as the pane shows it.
    pub fn time(&self, at: i64, now: Timestamp) -> String {
        let Ok(at) = Timestamp::from_millisecond(at) else { return "?".to_string() };
        match self.times {
            Times::Utc => at.strftime("%H:%M:%S%.3f").to_string(),
            Times::Age => format!("{:>4}", words::age(at, now)),
            Times::None => String::new(),
        }
    }
}

fn entered(table: &mut Sources, event: &LogEvent) -> Event {
    let source = table.enter(&event.group, &event.stream);
    Event::new(EventId::of(&event.id), event.at, event.ingested, source, event.line.as_raw())
}

/// A filter as the pane names it.
pub fn filter_words(test: &Test) -> String {
    match test {
        Test::Include(term) => format!("/{}", term.pattern()),
        Test::Exclude(term) => format!("not /{}", term.pattern()),
        Test::Level(level) => format!("{} and worse", level.name()),
        Test::Sources(sources) => words::count(sources.len(), "source"),
        Test::Field { path, value, not } => format!("{path}{}{value}", if *not { "≠" } else { "=" }),
        Test::Time { .. } => "a span of time".to_string(),
    }
}
