//! Comparing: which revisions, from one to the next, field by field.

use std::collections::HashMap;
use std::time::Duration;

use super::{COMPARE, CompareView};
use crate::app::panes::resources::COPY;
use crate::app::refresh::REFRESH;
use crate::app::subscription::Subscriptions;
use crate::app::views::help::HELP;
use crate::app::views::prelude::*;
use crate::domain::fault::Fault;
use crate::domain::query::{Answer, Query};
use crate::domain::resource::ResourceId;
use crate::domain::service::TaskDefinitionRef;
use crate::kinds;
use crate::kinds::kind::Revisions;

/// Lines of the overlay that are no rows, at least.
const HEAD: u16 = 5;

/// A revision that could not be read is asked for again after that.
const REVISION_EVERY: Duration = Duration::from_secs(5);

/// Revisions that are only passed by are not read.
const REVISION_DELAY: Duration = Duration::from_millis(150);

/// Where two revisions stand beside each other.
const REVISIONS: Context = Context::new(5, "compare", "in a comparison of revisions");

declare_commands! {
    COMPARE: LIST, ["="], "compare",
        "What changed in the newest deployment: its revision beside the one before, field by field."
        => .runs(|state, _| open(state)).unless(|state, _| revisions(state).err());
    ALL_FIELDS = "all-fields": REVISIONS, ["a"], "all fields", "Fields that are the same too, or not.";
    BOTH_OLDER = "both-older": REVISIONS, ["left"], "both older", "Both sides one revision back.";
    BOTH_NEWER = "both-newer": REVISIONS, ["right"], "both newer", "Both sides one revision on.";
    BEFORE_OLDER = "before-older": REVISIONS, ["["], "older before", "The left side one revision back.";
    BEFORE_NEWER = "before-newer": REVISIONS, ["]"], "newer before", "The left side one revision on.";
    AFTER_OLDER = "after-older": REVISIONS, ["{"], "older after", "The right side one revision back.";
    AFTER_NEWER = "after-newer": REVISIONS, ["}"], "newer after", "The right side one revision on.";
}

/// What would be compared here, or why nothing.
fn revisions(state: &State) -> Result<Revisions, String> {
    let Some(kind) = state.acted_on().filter(|kind| kind.has_revisions()) else {
        return Err(format!("revisions are those of {}", Pane::places(|kind| kind.has_revisions())));
    };
    let row = state.selected(kind.id()).ok_or_else(|| format!("no {} is selected", kind.noun()))?;
    kind.revisions(&*row.object).unwrap_or_else(|| Err("it has no revisions".to_string()))
}

/// What a revision does now for the resource of the overlay.
pub fn in_use(state: &State, view: &CompareView, reference: &TaskDefinitionRef) -> Option<String> {
    let row = state.store()?.listing(view.kind).row(&view.id)?;
    let revisions = kinds::kind(view.kind)?.revisions(&*row.object)?.ok()?;
    revisions.in_use.into_iter().find(|(used, _)| used == reference).map(|(_, words)| words)
}

/// Opens the view over the selected resource.
fn open(state: &mut State) {
    let (Ok(revisions), Some(env)) = (revisions(state), state.environment().cloned()) else { return };
    let Some(kind) = state.acted_on() else { return };
    let Some(row) = state.selected(kind.id()) else { return };
    let view = CompareView {
        env,
        kind: kind.id(),
        id: row.object.id().clone(),
        name: row.object.name().clone(),
        before: revisions.before,
        after: revisions.after,
        read: HashMap::new(),
        comparison: None,
        all: false,
        cursor: Cursor::default(),
        moved: false,
    };
    state.notice = None;
    state.overlays.push(view.into());
}

/// How far each side moves by a command; `None`: it moves none.
fn steps(command: Command) -> Option<(i32, i32)> {
    match command {
        BEFORE_OLDER => Some((-1, 0)),
        BEFORE_NEWER => Some((1, 0)),
        AFTER_OLDER => Some((0, -1)),
        AFTER_NEWER => Some((0, 1)),
        BOTH_OLDER => Some((-1, -1)),
        BOTH_NEWER => Some((1, 1)),
        _ => None,
    }
}

impl View for CompareView {
    fn key_bar(&self, _: &State) -> Vec<Command> {
        let sides = [BOTH_OLDER, BOTH_NEWER, BEFORE_OLDER, BEFORE_NEWER, AFTER_OLDER, AFTER_NEWER];
        [&[BACK, ALL_FIELDS], &sides[..], &[COPY, HELP]].concat()
    }

    fn contexts(&self, _: &State) -> &'static [Context] {
        &[REVISIONS, LIST, Context::GLOBAL]
    }

    fn applies(&self, _: &State, command: Command) -> Applies {
        match (command, steps(command)) {
            (_, Some(steps)) => self.stepped(steps).err().into(),
            (COPY | ALL_FIELDS, _) if self.comparison.is_none() => {
                Applies::No("the revisions are not read yet".to_string())
            }
            _ => Applies::Yes,
        }
    }

    fn handle_command(&mut self, state: &mut State, command: Command) -> Next {
        if let Applies::No(why) = self.applies(state, command) {
            state.say(NoticeTone::Error, why);
            return Next::Stay;
        }
        match command {
            COMPARE => return Next::Close,
            ALL_FIELDS => self.toggle_all(),
            REFRESH => {
                // What was refused may be allowed by now.
                self.read.retain(|_, told| told.is_ok());
                return Next::Pass;
            }
            _ => {
                let Some(Ok((before, after))) = steps(command).map(|steps| self.stepped(steps)) else {
                    return Next::Pass;
                };
                (self.before, self.after) = (before, after);
                (self.cursor, self.moved) = (Cursor::default(), true);
                self.compare();
            }
        }
        Next::Stay
    }

    fn scroll(&mut self, _: &mut State, by: isize) {
        self.cursor.step(by, self.rows().count());
    }

    fn page(&self, state: &State) -> usize {
        state.layout.body.height.saturating_sub(HEAD).max(1).into()
    }

    fn to_copy(&self, _: &State) -> Option<String> {
        self.as_text()
    }

    fn resources<'a>(&'a self, _: &'a State) -> Vec<&'a ResourceId> {
        vec![&self.id]
    }

    fn subscribe(&self, state: &State, to: &mut Subscriptions) {
        let delay = if self.moved { REVISION_DELAY } else { Duration::ZERO };
        for reference in self.missing() {
            let query = Query::Revision(reference.clone());
            to.add(&self.env, state.session, query, REVISION_EVERY, delay, state.round);
        }
    }

    fn asks(&self, query: &Query) -> bool {
        matches!(query, Query::Revision(_))
    }

    fn accept(&mut self, _: &mut State, query: &Query, _: u64, result: Result<Answer, Fault>) -> Next {
        if let Query::Revision(reference) = query {
            self.take(reference, result);
        }
        Next::Stay
    }

    fn covers_screen(&self) -> bool {
        true
    }
}
