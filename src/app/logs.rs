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
use crate::logs::export::{self, ExportOptions};
use crate::logs::fields::Fields;
use crate::logs::filter::{Stack, Term, Test};
use crate::logs::histogram::{Columns, Histogram, HistogramLimits, Measure};
use crate::logs::level::Level;
use crate::logs::merge::{MergeLimits, Merger};
use crate::logs::patterns::{Pattern, PatternLimits, Patterns};
use crate::logs::redact::redact;
use crate::logs::search::{Found, Goal, Search};
use crate::logs::view::{Counts, Direction, Row, View};

/// Events that one slice of filtering or searching asks: a few milliseconds at most.
const SLICE: usize = 20_000;

/// The time that the chart above the lines spans, in milliseconds.
const CHART: i64 = 15 * 60_000;
/// A pattern that begins so much later than the oldest line is new, in milliseconds.
const NEW: i64 = 5 * 60_000;
/// Columns in which times that stand out are looked for.
const SPIKE_COLUMNS: usize = 240;
/// An event that came so much later than it happened is late, in milliseconds.
const LATE: i64 = 5_000;

fn is_late(at: i64, ingested: i64) -> bool {
    ingested - at > LATE
}

/// The moment that a person means, in milliseconds: so long ago, a time of this day (or of
/// yesterday, if it is still to come), or in full. UTC where nothing else is said.
pub(super) fn moment(text: &str, now: Timestamp) -> Option<i64> {
    let text = text.trim();
    let day = now.strftime("%Y-%m-%d").to_string();
    if let Some(unit) = text.chars().last().filter(|c| "smhd".contains(*c))
        && let Ok(n) = text[..text.len() - 1].parse::<i64>()
    {
        let seconds = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => 86_400,
        };
        return now.as_millisecond().checked_sub(n.checked_mul(seconds)?.checked_mul(1000)?);
    }
    let written = |text: String| text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond);
    let whole = |time: &str| if time.matches(':').count() == 1 { format!("{time}:00") } else { time.to_string() };
    if text.contains('T') {
        let zoned = text.ends_with('Z') || text.rfind(['+', '-']).is_some_and(|i| i > text.find('T').unwrap_or(0));
        return if zoned { written(text.to_string()) } else { written(format!("{}Z", whole(text))) };
    }
    let today = written(format!("{day}T{}Z", whole(text)))?;
    Some(if today > now.as_millisecond() { today - 86_400_000 } else { today })
}

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
    /// `5m` ago, a time of day, or a moment.
    Time,
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
    histogram: Histogram,
    patterns: Patterns,
    /// The patterns are shown instead of the lines.
    pub shows_patterns: bool,
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
    /// By Live Tail, not by polling.
    pub live: bool,
    /// The newest lines of every source were told.
    pub caught_up: bool,
    /// The fault of the newest request of a source; what is missing comes with the next good one.
    pub fault: Option<(Fault, Timestamp)>,
    /// Older lines than this moment are wanted.
    pub wants_before: Option<i64>,
    search: Option<Search>,
    late: u64,
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
            histogram: Histogram::new(HistogramLimits::default()),
            patterns: Patterns::new(PatternLimits::default()),
            shows_patterns: false,
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
            live: false,
            caught_up: false,
            fault: None,
            wants_before: None,
            search: None,
            late: 0,
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
            Ok(Answer::Logs(LogPiece::Until { .. })) => self.fault = None,
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
            let event = &released.event;
            let key = self.buffer.push(event);
            self.view.push(&self.buffer, key);
            let level = self.buffer.get(key).and_then(|entry| entry.level);
            self.histogram.add(event.at, level, now);
            self.patterns.add(event.text(), level, event.at, now);
            self.late += u64::from(released.late && is_late(event.at, event.ingested));
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

    /// Lines that CloudWatch got so late that newer ones were on the screen already.
    pub fn late(&self) -> u64 {
        self.late
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

    /// It was first seen a good while after the oldest line.
    pub fn is_new(&self, pattern: &Pattern) -> bool {
        self.buffer.first().is_some_and(|oldest| pattern.first - oldest.at > NEW)
    }

    /// The most frequent patterns first.
    pub fn patterns(&self) -> Vec<&Pattern> {
        self.patterns.list()
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
            Command::JumpToTime => self.ask(Asks::Time),
            Command::NextSpike => self.spike(true),
            Command::PreviousSpike => self.spike(false),
            Command::Patterns => self.shows_patterns = !self.shows_patterns,
            Command::ContextLines => {
                let next = match self.view.context() {
                    0 => 2,
                    2 => 10,
                    _ => 0,
                };
                self.view.set_context(next);
                self.remark = Some(match next {
                    0 => "only lines that match".to_string(),
                    n => format!("{n} lines around each match"),
                });
            }
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

    /// To the next (or previous) time that stands out by its errors, else by its lines.
    fn spike(&mut self, forth: bool) {
        let Some((from, to)) = self.histogram.span() else { return };
        let chart = self.histogram.columns(from, to, SPIKE_COLUMNS);
        let at = self.selected.and_then(|key| chart.index(key.at)).unwrap_or(0);
        let find = |measure| if forth { chart.next_spike(at, measure) } else { chart.previous_spike(at, measure) };
        match find(Measure::Errors).or_else(|| find(Measure::All)) {
            Some(column) => self.jump(chart.list[column].from),
            None => self.remark = Some("nothing stands out in this direction".to_string()),
        }
    }

    /// To the first shown event from that moment on.
    fn jump(&mut self, at: i64) {
        let keys = self.view.keys();
        let found = keys.forward(Key::from_time(at)).next().or_else(|| keys.last());
        if self.buffer.first().is_some_and(|first| at < first.at) {
            self.wants_before = Some(at);
        }
        if let Some(key) = found {
            self.select(key);
        }
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
            typed.error = match (typed.asks, typed.input.value()) {
                (_, "") | (Asks::Time, _) => None,
                (_, pattern) => Term::new(pattern).err().map(|bad| bad.to_string()),
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
    pub fn accept_input(&mut self, now: Timestamp) {
        let Some(typed) = self.input.take() else { return };
        if typed.input.value().is_empty() {
            return;
        }
        if typed.asks == Asks::Time {
            match moment(typed.input.value(), now) {
                Some(at) => self.jump(at),
                None => {
                    self.input = Some(Typed { error: Some("write 5m, 2h, 02:10 or 2026-11-21T02:10".into()), ..typed })
                }
            }
            return;
        }
        match Term::new(typed.input.value()) {
            Err(bad) => self.input = Some(Typed { error: Some(bad.to_string()), ..typed }),
            Ok(term) => {
                let mut stack = self.view.stack().clone();
                stack.push(match typed.asks {
                    Asks::Exclude => Test::Exclude(term),
                    Asks::Include | Asks::Time => Test::Include(term),
                });
                self.lay(stack);
            }
        }
    }

    /// Something is open in the pane that Escape closes first.
    pub fn is_busy(&self) -> bool {
        self.input.is_some() || self.open || self.shows_patterns || !self.follow
    }

    /// Escape: the line, the open event, then back to the newest. `false`: nothing was open.
    pub fn back(&mut self) -> bool {
        let closed = self.input.take().is_some() || std::mem::take(&mut self.open);
        if closed || std::mem::take(&mut self.shows_patterns) {
            return true;
        }
        if !self.follow {
            self.follow_again();
            return true;
        }
        false
    }

    /// The selected event, to be copied, without secrets.
    pub fn line_to_copy(&self) -> Option<String> {
        Some(redact(self.entry(self.selected?)?.text).into_owned())
    }

    /// What is shown as text, oldest first and without secrets, to be saved.
    pub fn saved(&self) -> String {
        let mut text = String::new();
        for key in self.view.keys().forward(Key::MIN) {
            if let Some(entry) = self.buffer.get(key) {
                text += &export::text(&entry, &self.table, ExportOptions { redacts: true });
                text.push('\n');
            }
        }
        text
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
