//! What changed: the clock of an environment over the whole screen, newest first. The view holds the
//! entries in the order of the screen and the selected one by its key, so that what comes in between
//! never moves it.

pub mod feeds;
mod fold;
mod gather;
mod time;

use std::time::Duration;

use tui_input::Input;

use self::feeds::{FIRST, before};
pub use self::fold::{Fold, fold};
pub use self::gather::{Act, recall, resource, since};
use crate::app::clipboard;
use crate::app::command::Command;
use crate::app::field::{self, Written};
use crate::app::filter::Filter;
use crate::app::incident;
use crate::app::motion;
use crate::app::msg::Effect;
use crate::app::state::{NoticeTone, Overlay, State};
use crate::app::triage;
use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::query::Query;
use crate::domain::resource::{KindId, ResourceId};
use crate::domain::text::Text;
use crate::domain::timeline::{TimelineEntry, TimelineKey, TimelineSource};
use crate::kinds;

/// How often the sources are asked while the clock is open: CloudTrail has two requests a second for all
/// who use the account, and what is told elsewhere comes minutes late anyway.
const EVERY: Duration = Duration::from_secs(60);
/// Alarms turn at any moment, and tell it within seconds.
const ALARMS_EVERY: Duration = Duration::from_secs(20);

/// So far back at most, in seconds: RDS and ElastiCache keep no more.
const FURTHEST: i64 = 14 * 86_400;

/// Lines of the overlay that are no entries, at least.
const HEAD: u16 = 5;

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

/// The open overlay.
#[derive(Clone, Debug)]
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
        Self {
            entries: vec![],
            shown: vec![],
            every_one: false,
            selected: None,
            touched: false,
            only: None,
            back_to: before(now, FIRST),
            onset: None,
            input: Input::default(),
            typing: false,
            filter_error: None,
            filter: Filter::default(),
            times: (None, None),
        }
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
    fn renew(&mut self, entries: Vec<TimelineEntry>) {
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
        self.select(place.saturating_add_signed(by).min(last));
        by > 0 && by < isize::MAX / 4 && place == last
    }

    /// A line of an entry, to be copied.
    fn to_copy(&self) -> Option<String> {
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

/// The open overlay, wherever it lies.
pub fn view(state: &State) -> Option<&TimelineView> {
    state.overlays.iter().find_map(|overlay| match overlay {
        Overlay::Timeline(view) => Some(&**view),
        _ => None,
    })
}

/// The overlay, where it has the keys.
fn top(state: &mut State) -> Option<&mut TimelineView> {
    match state.overlays.last_mut() {
        Some(Overlay::Timeline(view)) => Some(view),
        _ => None,
    }
}

/// Opens the clock: at the onset of a selected finding, of an open resource alone, else of everything.
pub fn open(state: &mut State) {
    let mut view = TimelineView::new(state.now);
    if let (Some(finding), Some(store)) = (triage::selected(state), state.store()) {
        let named = format!("{} of {}", finding.title, finding.name);
        view.onset = store.triage.since(finding).map(|at| (at, named));
    } else if state.is_in_detail()
        && let Some(detail) = &state.detail
    {
        view.only = only(state, detail.kind, &detail.id.clone());
    }
    if let Some(at) = view.onset.as_ref().map(|(at, _)| *at).or(state.charts.incident) {
        view.back_to = view.back_to.min(before(at, FIRST / 3)).max(before(state.now, FURTHEST));
    }
    state.notice = None;
    state.overlays.push(Overlay::Timeline(Box::new(view)));
    renew(state);
}

fn only(state: &State, kind: KindId, id: &ResourceId) -> Option<Only> {
    let row = state.store()?.listing(kind).row(id)?;
    let names = kinds::kind(kind)?.names_of(&*row.object);
    Some(Only { kind, id: id.clone(), name: row.object.name().clone(), names })
}

/// Takes what is known now into the open overlay.
pub fn renew(state: &mut State) {
    let Some(back_to) = view(state).map(|view| view.back_to) else { return };
    let entries = since(state, back_to);
    for overlay in &mut state.overlays {
        if let Overlay::Timeline(view) = overlay {
            view.renew(entries);
            return;
        }
    }
}

/// The reads that the clock wants: every source while it is open, and what a report waits for.
pub fn wanted(state: &State, want: &mut impl FnMut(Query, Duration, Duration, u64)) {
    let Some(store) = state.store() else { return };
    let back_to = [view(state).map(|view| view.back_to), state.report.as_ref().map(|report| report.from)];
    let Some(back_to) = back_to.into_iter().flatten().min() else { return };
    for source in TimelineSource::ALL.iter().copied().filter(|source| source.is_asked()) {
        let feed = store.told.of(source);
        let every = if source == TimelineSource::Alarms { ALARMS_EVERY } else { EVERY };
        // The stretch moves on now and then; a new one is no reason to ask before its time.
        let rest = feed
            .read
            .age(state.now)
            .map_or(Duration::ZERO, |age| every.saturating_sub(Duration::from_secs(age.unsigned_abs())));
        let is_due = state.report.as_ref().is_some_and(|report| !feed.has_answered(report.asked, state.now));
        let delay = if is_due { Duration::ZERO } else { rest };
        want(Query::Events(source, feed.newest(source, state.now)), every, delay, state.round);
        if let Some(older) = feed.older(back_to) {
            want(Query::Events(source, older), EVERY, Duration::ZERO, state.round);
        }
    }
}

/// Into the filter line.
pub fn write(state: &mut State, written: Written) {
    let now = state.now;
    if let Some(view) = top(state)
        && field::write(&mut view.input, written)
    {
        view.refilter(now);
    }
}

/// Why a command cannot be done in the overlay.
pub fn why_not(state: &State, view: &TimelineView, command: Command) -> Option<String> {
    match command {
        Command::Open | Command::Copy | Command::Incident | Command::OnlyThis if view.entry().is_none() => {
            (command != Command::OnlyThis || view.only.is_none()).then(|| "nothing is shown".to_string())
        }
        Command::Open => {
            let entry = view.entry()?;
            let found = state.store().and_then(|store| resource(store, entry.about()));
            found.is_none().then(|| "what it happened to is not listed here".to_string())
        }
        Command::OnlyThis if view.only.is_none() => why_not(state, view, Command::Open),
        _ => None,
    }
}

/// Does a command where the overlay has the keys; `None` leaves it to the rest of the console.
pub fn handle_command(state: &mut State, command: Command) -> Option<Vec<Effect>> {
    let page = isize::try_from(state.layout.body.height.saturating_sub(HEAD)).unwrap_or(1).max(2) / 2;
    let now = state.now;
    let Some(Overlay::Timeline(open)) = state.overlays.last() else { return None };
    if let Some(why) = why_not(state, open, command) {
        state.say(NoticeTone::Error, why);
        return Some(vec![]);
    }
    let view = top(state)?;
    if view.typing {
        match command {
            Command::Accept => view.typing = false,
            Command::Back => {
                view.typing = false;
                view.input.reset();
                view.refilter(now);
            }
            _ => return None,
        }
        renew(state);
        return Some(vec![]);
    }
    let by = match command {
        Command::Up | Command::Previous => -1,
        Command::Down | Command::Next => 1,
        Command::HalfUp => -page / 2,
        Command::HalfDown => page / 2,
        Command::PageUp => -page,
        Command::PageDown => page,
        Command::Top => isize::MIN / 2,
        Command::Bottom => isize::MAX / 2,
        _ => 0,
    };
    if by != 0 {
        scroll(state, by);
        return Some(vec![]);
    }
    match command {
        // First the filter, then the clock.
        Command::Back if !view.input.value().is_empty() => {
            view.input.reset();
            view.refilter(now);
        }
        Command::Back | Command::Timeline => {
            state.overlays.pop();
        }
        Command::Filter => view.typing = true,
        Command::Open => go(state),
        Command::OnlyThis => {
            let next = match view.only.take() {
                Some(_) => None,
                None => {
                    let about = view.entry()?.about().clone();
                    let found = state.store().and_then(|store| resource(store, &about));
                    found.map(|(kind, row)| (kind.id, row.object.id().clone()))
                }
            };
            let only = next.and_then(|(kind, id)| only(state, kind, &id));
            top(state)?.only = only;
            renew(state);
        }
        Command::EveryOne => {
            view.every_one = !view.every_one;
            renew(state);
        }
        Command::Copy => {
            let text = view.to_copy().unwrap_or_default();
            let safe = state.settings.logs.for_copy().map(|redactor| redactor.redact(&text).into_owned());
            return Some(clipboard::copied(state, safe.unwrap_or(text)));
        }
        Command::Incident => {
            let at = view.entry()?.at();
            incident::mark(state, at);
        }
        Command::Act(_) | Command::Logs | Command::Compare | Command::SortNext | Command::SortPrevious => {
            state.say(NoticeTone::Info, "enter goes to the resource; there it works");
        }
        _ => return None,
    }
    Some(vec![])
}

/// So many rows on; past the oldest one the clock reaches further back.
pub fn scroll(state: &mut State, by: isize) {
    let now = state.now;
    let Some(view) = top(state) else { return };
    if view.step(by) && view.times.0.is_none() {
        view.back_to = before(view.back_to, FIRST).max(before(now, FURTHEST));
        let said = format!("reading back to {}", format::moment(view.back_to));
        renew(state);
        state.say(NoticeTone::Info, said);
    }
}

/// Goes from the selected entry to its resource.
fn go(state: &mut State) {
    let found = view(state).and_then(TimelineView::entry).map(|entry| entry.about().clone());
    let found = found.and_then(|about| {
        let (kind, row) = resource(state.store()?, &about)?;
        Some((kind.id, row.object.id().clone()))
    });
    let Some((kind, id)) = found else { return };
    motion::show(state, kind, id, Some(0));
}
