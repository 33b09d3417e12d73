//! Which target groups and which activities of autoscaling are read: those of the open resource, those of
//! resources that are suspect, and what tells of all for one request.

use std::collections::BTreeSet;
use std::time::Duration;

use super::state::{Pane, State};
use super::store::{Row, Store};
use super::subscription::{REST, block};
use super::views::golden::signals;
use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::metric::{Metric, Readings};
use crate::domain::query::Query;
use crate::domain::resource::{KindId, ResourceId};
use crate::domain::text::Text;
use crate::kinds;
use crate::kinds::kind::{Kind, Role};

/// The targets of the open service, and those of suspects (DOMAIN: a request a group).
const OPEN_EVERY: Duration = Duration::from_secs(5);
const SUSPECTS_EVERY: Duration = Duration::from_secs(15);

/// More suspects than this are a storm, in which ECS and CloudWatch have to do: so many are less than a
/// request a second, of the ten that AWS grants.
const SUSPECTS: usize = 10;

/// How groups check and who sends to them hardly ever changes.
const SETTINGS_EVERY: Duration = Duration::from_secs(300);

/// The activities of the open service, and of all in one request. Autoscaling's alarms look once a minute.
const OWN_ACTIVITIES_EVERY: Duration = Duration::from_secs(30);
const ACTIVITIES_EVERY: Duration = Duration::from_secs(60);

/// A row with its kind.
pub type KindRow<'a> = (&'static dyn Kind, &'a Row);

/// The reads that the state wants.
pub fn subscribe(
    state: &State,
    in_view: &[KindRow],
    sections: &[signals::Section],
    add: &mut impl FnMut(Query, Duration, Duration, u64),
) {
    let Some(store) = state.store() else { return };
    let mut add = |query, every, delay| add(query, every, delay, state.round);
    let targets = |(kind, row): KindRow| kind.target_groups(&*row.object).to_vec();
    if let Some(open) = row_of_open(state) {
        let groups = targets(open);
        if !groups.is_empty() {
            add(Query::Targets(groups), OPEN_EVERY, Duration::ZERO);
        }
        if let Some(scaled) = open.0.scaled(&*open.1.object, None) {
            add(Query::Activities(Some(scaled.resource)), OWN_ACTIVITIES_EVERY, Duration::ZERO);
        }
    }
    if kinds::of_role(Role::Compute).any(|kind| !store.listing(kind.id()).is_empty()) {
        add(Query::Activities(None), ACTIVITIES_EVERY, REST);
    }
    let suspects = store.triage.suspects.iter();
    for suspect in suspects.filter_map(|(kind, id)| Some((kinds::kind(*kind)?, store.listing(*kind).row(id)?))) {
        add(Query::Targets(targets(suspect)), SUSPECTS_EVERY, Duration::ZERO);
    }
    let groups = groups(state, in_view, sections);
    if !groups.is_empty() {
        // Another set of them is another question, which is due when the first of its groups is.
        let rest = if state.detail.is_some() || !sections.is_empty() { Duration::ZERO } else { REST };
        let delay = rest.max(due_in(state, &groups, &store.readings));
        add(Query::Balancers(groups.into_iter().collect()), SETTINGS_EVERY, delay);
    }
}

/// The open resource.
fn row_of_open(state: &State) -> Option<KindRow<'_>> {
    let detail = state.detail.as_ref()?;
    Some((kinds::kind(detail.kind)?, state.store()?.listing(detail.kind).row(&detail.id)?))
}

/// Those whose targets are read before anybody opens them: those whose targets seem to fail, which are `failing`
/// from one look to the next, then those that are wrong in any other way. Only those of the others are asked that
/// are due, by their place in the list and their id.
pub fn suspects(
    store: &Store,
    failing: &mut BTreeSet<(KindId, ResourceId)>,
    is_due: impl Fn(KindId, usize, &ResourceId) -> bool,
    now: Timestamp,
) -> Vec<(KindId, ResourceId)> {
    failing.retain(|(kind, id)| store.listing(*kind).row(id).is_some());
    let mut wrong = Vec::new();
    for kind in kinds::of_role(Role::Compute) {
        let is_balanced = |row: &&Row| !kind.target_groups(&*row.object).is_empty();
        for (place, row) in store.listing(kind.id()).rows().enumerate() {
            let of = (kind.id(), row.object.id().clone());
            if failing.contains(&of) || is_due(kind.id(), place, &of.1) {
                match is_balanced(&row) && kind.is_suspect(&*row.object, now, &store.readings) {
                    true => failing.insert(of),
                    false => failing.remove(&of),
                };
            }
        }
        wrong.extend(
            store.listing(kind.id()).wrong_rows().filter(is_balanced).map(|row| (kind.id(), row.object.id().clone())),
        );
    }
    wrong.retain(|of| !failing.contains(of));
    failing.iter().cloned().chain(wrong).take(SUSPECTS).collect()
}

/// The target groups whose balancers and settings are wanted: of what is open, of the golden signals, and of
/// the rows in view, whose counts of unhealthy targets are named by their balancers. They are one question,
/// so that none is asked twice.
fn groups(state: &State, in_view: &[KindRow], sections: &[signals::Section]) -> BTreeSet<Text> {
    let rows = row_of_open(state).into_iter().chain(in_view.iter().copied());
    let of_rows = rows.flat_map(|(kind, row)| kind.target_groups(&*row.object)).cloned();
    of_rows.chain(signals::groups(sections)).collect()
}

/// How long until one of these groups was read so long ago that it is read again; at once where one was not.
fn due_in(state: &State, groups: &BTreeSet<Text>, readings: &Readings) -> Duration {
    let oldest = groups.iter().map(|group| readings.balancers_asked(group)).min().flatten();
    let age = |at| Duration::from_secs(format::seconds_since(at, state.now).unsigned_abs());
    oldest.map_or(Duration::ZERO, |at| SETTINGS_EVERY.saturating_sub(age(at)))
}

/// The counts of unhealthy targets of the rows in view: what a service's own counts do not show yet.
pub fn counts(state: &State, in_view: &[KindRow]) -> BTreeSet<Metric> {
    let Some(store) = state.store() else { return BTreeSet::new() };
    in_view.iter().flat_map(|(kind, row)| kind.watched_metrics(&*row.object, &store.readings)).collect()
}

/// The rows in view that may have targets, and some around them.
pub fn in_view(state: &State) -> Vec<KindRow<'_>> {
    let Some(store) = state.store() else { return vec![] };
    let is_seen = |kind: &&dyn Kind| state.is_whole || state.is_in_view(Pane::Kind(kind.id()));
    let rows = kinds::of_role(Role::Compute).filter(is_seen).flat_map(|kind| {
        let listing = store.listing(kind.id());
        let ids = if state.is_whole { listing.ids() } else { block(state, kind) };
        ids.into_iter().filter_map(move |id| Some((kind, listing.row(&id)?)))
    });
    rows.collect()
}
