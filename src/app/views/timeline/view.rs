//! What the timeline answers: reading back, filters, from an entry to its resource.

use std::time::Duration;

use super::feeds::{FIRST, before};
use super::gather::{resource, since};
use super::{FURTHEST, Only, TIMELINE, TimelineView};
use crate::app::command::verb;
use crate::app::field::{self, Written};
use crate::app::incident::{self, INCIDENT};
use crate::app::input::ACCEPT;
use crate::app::panes::logs::LOGS_OF;
use crate::app::panes::resources::{COPY, FILTER, OPEN, SORT_NEXT, SORT_PREVIOUS};
use crate::app::state::Overlay;
use crate::app::views::compare::COMPARE;
use crate::app::views::help::HELP;
use crate::app::views::prelude::*;
use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::query::Query;
use crate::domain::resource::{KindId, ResourceId};
use crate::kinds;
use crate::kinds::timeline::asked_sources;

/// How often what is older is asked for again, where it did not come.
const OLDER_EVERY: Duration = Duration::from_secs(60);

/// Lines of the overlay that are no entries, at least.
const HEAD: u16 = 5;

/// On the clock of what changed.
const CLOCK: Context = Context::new(8, "timeline", "on the clock of what changed");

declare_commands! {
    TIMELINE: LIST, ["t"], "what changed",
        "What changed, newest first: deployments, events, alarms, requests, actions; of an opened resource alone."
        => .runs(|state, _| open(state)).also("timeline changes events history cloudtrail");
    pub ONLY_THIS = "only-this": CLOCK, ["f"], "this alone",
        "Only what happened to the selected entry's resource; again: everything.";
    EVERY_ONE = "every-one": CLOCK, ["a"], "every one",
        "What happens again and again has a line each time, or one where it began.";
}

/// Opens the clock: of an open resource alone, else of everything.
pub fn open(state: &mut State) {
    let detail = state.detail.as_ref().filter(|_| state.is_in_detail());
    let only = detail.and_then(|detail| only(state, detail.kind, &detail.id));
    lay(state, TimelineView { only, ..TimelineView::new(state.now) });
}

/// Opens it at the onset of something.
pub fn open_at(state: &mut State, onset: Option<(Timestamp, String)>) {
    lay(state, TimelineView { onset, ..TimelineView::new(state.now) });
}

fn lay(state: &mut State, mut view: TimelineView) {
    if let Some(at) = view.onset.as_ref().map(|(at, _)| *at).or(state.charts.incident) {
        view.back_to = view.back_to.min(before(at, FIRST / 3)).max(before(state.now, FURTHEST));
    }
    state.notice = None;
    view.renew(state);
    state.overlays.push(view.into());
}

fn only(state: &State, kind: KindId, id: &ResourceId) -> Option<Only> {
    let row = state.store()?.listing(kind).row(id)?;
    let names = kinds::kind(kind)?.names(&*row.object);
    Some(Only { kind, id: id.clone(), name: row.object.name().clone(), names })
}

/// The reads that the clock wants: every source while it is open, and what a report waits for.
pub fn subscribe(state: &State, add: &mut impl FnMut(Query, Duration, Duration, u64)) {
    let Some(store) = state.store() else { return };
    let open = state.overlays.iter().find_map(|overlay| match overlay {
        Overlay::Timeline(view) => Some(view.back_to),
        _ => None,
    });
    let back_to = [open, state.report.as_ref().map(|report| report.from)];
    let Some(back_to) = back_to.into_iter().flatten().min() else { return };
    for (source, every) in asked_sources() {
        let feed = store.feeds.of(source);
        // The stretch moves on now and then; a new one is no reason to ask before its time.
        let rest = feed
            .read
            .age(state.now)
            .map_or(Duration::ZERO, |age| every.saturating_sub(Duration::from_secs(age.unsigned_abs())));
        let is_due = state.report.as_ref().is_some_and(|report| !feed.has_answered(report.asked, state.now));
        let delay = if is_due { Duration::ZERO } else { rest };
        add(Query::Events(source, feed.newest(source, state.now)), every, delay, state.round);
        if let Some(older) = feed.older(back_to) {
            add(Query::Events(source, older), OLDER_EVERY, Duration::ZERO, state.round);
        }
    }
}

impl TimelineView {
    /// The resource of the selected entry, where it is listed.
    fn resource(&self, state: &State) -> Option<(KindId, ResourceId)> {
        let (kind, row) = resource(state.store()?, self.entry()?.about())?;
        Some((kind.id(), row.object.id().clone()))
    }

    fn why_not(&self, state: &State, command: Command) -> Option<String> {
        match command {
            OPEN | COPY | INCIDENT | ONLY_THIS if self.entry().is_none() => {
                (command != ONLY_THIS || self.only.is_none()).then(|| "nothing is shown".to_string())
            }
            OPEN => self.resource(state).is_none().then(|| "what it happened to is not listed here".to_string()),
            ONLY_THIS if self.only.is_none() => self.why_not(state, OPEN),
            _ => None,
        }
    }

    fn clear_filter(&mut self, now: Timestamp) {
        self.input.reset();
        self.refilter(now);
    }
}

impl View for TimelineView {
    fn key_bar(&self, _: &State) -> Vec<Command> {
        match self.typing {
            true => vec![BACK, ACCEPT],
            false => vec![BACK, OPEN, ONLY_THIS, FILTER, EVERY_ONE, INCIDENT, COPY, HELP],
        }
    }

    fn contexts(&self, _: &State) -> &'static [Context] {
        if self.typing { &[Context::INPUT, Context::GLOBAL] } else { &[CLOCK, LIST, Context::GLOBAL] }
    }

    fn applies(&self, state: &State, command: Command) -> Applies {
        self.why_not(state, command).into()
    }

    fn handle_command(&mut self, state: &mut State, command: Command) -> Next {
        if let Some(why) = self.why_not(state, command) {
            state.say(NoticeTone::Error, why);
            return Next::Stay;
        }
        match command {
            ACCEPT | BACK if self.typing => {
                self.typing = false;
                if command == BACK {
                    self.clear_filter(state.now);
                }
                self.renew(state);
            }
            _ if self.typing => return Next::Pass,
            // First the filter, then the clock.
            BACK if !self.input.value().is_empty() => self.clear_filter(state.now),
            TIMELINE => return Next::Close,
            FILTER => self.typing = true,
            OPEN => {
                return self.resource(state).map_or(Next::Stay, |(kind, id)| Next::Open(kind, id, 0));
            }
            ONLY_THIS => {
                self.only = match self.only.take() {
                    Some(_) => None,
                    None => self.resource(state).and_then(|(kind, id)| only(state, kind, &id)),
                };
                self.renew(state);
            }
            EVERY_ONE => {
                self.every_one = !self.every_one;
                self.renew(state);
            }
            INCIDENT => {
                if let Some(entry) = self.entry() {
                    incident::mark(state, entry.at());
                }
            }
            LOGS_OF | COMPARE | SORT_NEXT | SORT_PREVIOUS => go_there_first(state),
            _ if verb(command).is_some() => go_there_first(state),
            _ => return Next::Pass,
        }
        Next::Stay
    }

    fn write(&mut self, state: &mut State, written: Written) {
        if field::write(&mut self.input, written) {
            self.refilter(state.now);
        }
    }

    /// Past the oldest entry the clock reaches further back.
    fn scroll(&mut self, state: &mut State, by: isize) {
        if self.step(by) && self.times.0.is_none() {
            self.back_to = before(self.back_to, FIRST).max(before(state.now, FURTHEST));
            self.renew(state);
            state.say(NoticeTone::Info, format!("reading back to {}", format::moment(self.back_to)));
        }
    }

    fn page(&self, state: &State) -> usize {
        usize::from(state.layout.body.height.saturating_sub(HEAD).max(2) / 2)
    }

    fn to_copy(&self, state: &State) -> Option<String> {
        let text = self.as_text()?;
        let safe = state.settings.logs.for_copy().map(|redactor| redactor.redact(&text).into_owned());
        Some(safe.unwrap_or(text))
    }

    fn resources<'a>(&'a self, _: &'a State) -> Vec<&'a ResourceId> {
        self.only.iter().map(|only| &only.id).collect()
    }

    /// Takes what is known now.
    fn renew(&mut self, state: &State) {
        self.take(since(state, self.back_to));
    }

    fn covers_screen(&self) -> bool {
        true
    }
}

fn go_there_first(state: &mut State) {
    state.say(NoticeTone::Info, "enter goes to the resource; there it works");
}
