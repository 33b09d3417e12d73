//! What has the keys: the view on top, else a pane of the deck. Whoever wants an answer of it asks here.

use super::Overlay;
use super::view::{Applies, BACK, Next, View};
use crate::app::clipboard::copy;
use crate::app::command::{Command, Context};
use crate::app::commands;
use crate::app::field::Written;
use crate::app::panes::deck;
use crate::app::panes::detail::DetailPane;
use crate::app::panes::environments::EnvironmentsPane;
use crate::app::panes::logs::view::LogsPane;
use crate::app::panes::resources::{self, COPY, ResourcesPane};
use crate::app::state::{NoticeTone, Pane, State};
use crate::app::subscription::Subscriptions;
use crate::domain::fault::Fault;
use crate::domain::query::{Answer, Query};
use crate::domain::resource::ResourceId;

/// The pane that has the keys while nothing lies over the deck. The logs can stand beside an open detail.
fn pane(state: &State) -> Box<dyn View> {
    if state.is_in_detail() {
        return Box::new(DetailPane);
    }
    match state.focus {
        Pane::Environments => Box::new(EnvironmentsPane),
        Pane::Kind(_) => Box::new(ResourcesPane),
        Pane::Logs => Box::new(LogsPane),
    }
}

/// Asks what has the keys.
fn with_top<R>(state: &State, question: impl FnOnce(&dyn View) -> R) -> R {
    match state.overlays.last() {
        Some(top) => question(top.view()),
        None => question(&*pane(state)),
    }
}

/// Lets the view at a place do something beside the state; it stays, unless `stays` says otherwise.
fn beside<R>(
    state: &mut State,
    place: usize,
    act: impl FnOnce(&mut dyn View, &mut State) -> R,
    stays: impl FnOnce(&R) -> bool,
) -> R {
    let mut view: Overlay = state.overlays.remove(place);
    let result = act(view.view_mut(), state);
    if stays(&result) {
        // Below what was laid over it.
        state.overlays.insert(place.min(state.overlays.len()), view);
    }
    result
}

/// Lets what has the keys do something.
fn with_top_mut(state: &mut State, act: impl FnOnce(&mut dyn View, &mut State)) {
    match state.overlays.len().checked_sub(1) {
        Some(top) => beside(state, top, act, |()| true),
        None => act(&mut *pane(state), state),
    }
}

impl State {
    /// Where keys are looked up, the nearest first.
    pub fn contexts(&self) -> &'static [Context] {
        with_top(self, |view| view.contexts(self))
    }

    /// Those below the view that is on top, which the help tells of.
    pub fn contexts_below(&self) -> &'static [Context] {
        match self.overlays.iter().rev().nth(1) {
            Some(below) => below.view().contexts(self),
            None => pane(self).contexts(self),
        }
    }

    /// Letters are text now: no key without a modifier is a command.
    pub fn is_typing(&self) -> bool {
        self.contexts()[0] == Context::INPUT
    }
}

/// Whether a command applies to what has the keys.
pub fn applies(state: &State, command: Command) -> Applies {
    with_top(state, |view| view.applies(state, command))
}

/// What the key bar tells.
pub fn key_bar(state: &State) -> Vec<Command> {
    with_top(state, |view| view.key_bar(state))
}

/// The resources at which somebody looks: what the view on top is about; without one the open detail and those
/// whose logs are in view.
pub fn looked_at(state: &State) -> Vec<&ResourceId> {
    match state.overlays.last() {
        Some(top) => top.view().resources(state),
        None => deck::resources(state),
    }
}

/// The reads that the open views want.
pub fn subscribe(state: &State, to: &mut Subscriptions) {
    state.overlays.iter().for_each(|overlay| overlay.view().subscribe(state, to));
}

/// A key or a paste into the field that is typed into.
pub fn write(state: &mut State, written: Written) {
    with_top_mut(state, |view, state| view.write(state, written));
}

/// So many rows on in whatever has the keys.
pub fn scroll(state: &mut State, by: isize) {
    with_top_mut(state, |view, state| view.scroll(state, by));
}

/// What is known is another, or time went on.
pub fn renew(state: &mut State) {
    for place in 0..state.overlays.len() {
        beside(state, place, |view, state| view.renew(state), |()| true);
    }
}

/// What is on the screen is the view as it stands.
pub fn painted(state: &mut State) {
    let now = state.now;
    if let Some(top) = state.overlays.last_mut() {
        top.view_mut().painted(now);
    }
}

/// A piece of an answer to the first view that asks for it; nothing where none does any more.
pub fn accept(state: &mut State, query: &Query, round: u64, result: Result<Answer, Fault>) {
    let Some(place) = state.overlays.iter().position(|overlay| overlay.view().asks(query)) else { return };
    let next = beside(state, place, |view, state| view.accept(state, query, round, result), Next::stays);
    follow(state, next);
}

/// Does a command: as what has the keys does it, else as it is declared. Or says why it does not apply.
pub fn run(state: &mut State, command: Command) {
    let spec = commands::spec(command);
    let Some(top) = state.overlays.len().checked_sub(1) else {
        if let Some(why) = (spec.why_not)(state, command) {
            return state.say(NoticeTone::Error, why);
        }
        return match handle(&mut *pane(state), state, command) {
            Next::Pass => (spec.run)(state, command),
            next => follow(state, next),
        };
    };
    match beside(state, top, |view, state| handle(view, state, command), Next::stays) {
        Next::Pass if command == BACK => drop(state.overlays.pop()),
        Next::Pass if spec.is_everywhere => (spec.run)(state, command),
        next => follow(state, next),
    }
}

/// What a view makes of a command by what it answers.
fn handle(view: &mut dyn View, state: &mut State, command: Command) -> Next {
    let next = view.handle_command(state, command);
    if !matches!(next, Next::Pass) {
        return next;
    }
    if let Some(motion) = resources::motion(command) {
        view.go(state, motion);
    } else if let (COPY, Some(text)) = (command, view.to_copy(state)) {
        copy(state, text);
    } else {
        return Next::Pass;
    }
    Next::Stay
}

/// Goes on as a view says.
fn follow(state: &mut State, next: Next) {
    match next {
        Next::Pass | Next::Stay | Next::Close => {}
        Next::Run(command) => run(state, command),
        Next::Open(kind, id, tab) => deck::show(state, kind, id, Some(tab)),
        Next::RunAt(kind, id, command) => {
            deck::show(state, kind, id, None);
            run(state, command);
        }
    }
}
