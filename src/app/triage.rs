//! What is wrong in an environment, from one look to the next: since when it was seen, and what has
//! ended of late.

use std::collections::HashMap;

use super::state::{NoticeTone, Overlay, Pane, State};
use super::store::Store;
use crate::domain::metric::Readings;
use crate::domain::record::Record;
use crate::domain::resource::{KindId, Object, ResourceId};
use crate::domain::{Timestamp, words};
use crate::kinds::triage::{Finding, Sight, triage};

/// A finding that ended stays in view for so long, in seconds.
const STAYS: i64 = 10 * 60;

/// The findings of one environment.
#[derive(Clone, Debug, Default)]
pub struct Triage {
    /// Worst first; effects behind their cause.
    pub findings: Vec<Finding>,
    /// What ended, newest first, and when it was not found any more.
    pub ended: Vec<(Finding, Timestamp)>,
    /// When each was seen first.
    seen: HashMap<(&'static str, ResourceId), Timestamp>,
}

struct Seen<'a> {
    store: &'a Store,
    now: Timestamp,
}

impl Sight for Seen<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn rows(&self, kind: KindId) -> Vec<(&Object, Timestamp)> {
        self.store.listing(kind).rows().map(|row| (&row.object, row.at)).collect()
    }

    fn recorded(&self, id: &ResourceId) -> &[Record] {
        self.store.recorded(id)
    }

    fn readings(&self) -> &Readings {
        &self.store.readings
    }
}

impl Triage {
    /// Takes over what is found now.
    fn renew(&mut self, found: Vec<Finding>, now: Timestamp) {
        let key = |finding: &Finding| (finding.rule, finding.of.clone());
        let still = |old: &Finding| found.iter().any(|new| new.key() == old.key());
        let over: Vec<Finding> = self.findings.drain(..).filter(|old| !still(old)).collect();
        self.ended.retain(|(old, at)| !still(old) && words::seconds_since(*at, now) < STAYS);
        self.ended.splice(0..0, over.into_iter().map(|old| (Finding { because: None, ..old }, now)));
        self.seen.retain(|(rule, of), _| found.iter().any(|new| new.key() == (*rule, of)));
        for finding in &found {
            self.seen.entry(key(finding)).or_insert(now);
        }
        self.findings = found;
    }

    /// Since when it is so: as AWS tells, else since midwatch saw it.
    pub fn since(&self, finding: &Finding) -> Option<Timestamp> {
        finding.found.since.or_else(|| self.seen.get(&(finding.rule, finding.of.clone())).copied())
    }

    /// Everything in the order of the screen: what is wrong, then what ended and when.
    pub fn all(&self) -> impl Iterator<Item = (&Finding, Option<Timestamp>)> {
        let ended = self.ended.iter().map(|(finding, at)| (finding, Some(*at)));
        self.findings.iter().map(|finding| (finding, None)).chain(ended)
    }
}

/// Looks at what is known of the active environment.
pub fn look(state: &mut State) {
    let now = state.now;
    let Some(store) = state.current.as_ref().and_then(|name| state.stores.get_mut(name)) else { return };
    let found = triage(&Seen { store, now });
    store.triage.renew(found, now);
}

/// Goes to the resource of the selected finding, before whatever is done there.
pub fn go(state: &mut State) -> bool {
    let Some(Overlay::Wrong { selected }) = state.overlays.last() else { return false };
    let selected = *selected;
    let Some(store) = state.store() else { return false };
    let Some((kind, of)) = store.triage.all().nth(selected).map(|(f, _)| (f.kind, f.of.clone())) else {
        return false;
    };
    if store.listing(kind).row(&of).is_none() {
        state.say(NoticeTone::Error, "it does not exist any more");
        return false;
    }
    state.overlays.pop();
    state.detail = None;
    state.focus = Pane::Kind(kind);
    if let Some(list) = state.lists.get_mut(&kind) {
        list.selected = Some(of);
    }
    true
}
