//! Which target groups and which activities of autoscaling are read: those of the open service, those of
//! services that are suspect, and what tells of all services for one request.

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
use crate::domain::resource::{ResourceId, cast};
use crate::domain::service::Service;
use crate::domain::text::Text;
use crate::kinds;
use crate::kinds::services::{SERVICES, is_suspect, unhealthy_hosts};

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

/// The reads that the state wants.
pub fn subscribe(
    state: &State,
    in_view: &[&Service],
    sections: &[signals::Section],
    add: &mut impl FnMut(Query, Duration, Duration, u64),
) {
    let Some(store) = state.store() else { return };
    let listing = store.listing(SERVICES);
    let mut add = |query, every, delay| add(query, every, delay, state.round);
    if let Some(detail) = state.detail.as_ref().filter(|detail| detail.kind == SERVICES)
        && let Some(service) = listing.row(&detail.id).and_then(|row| cast::<Service>(&*row.object))
    {
        if !service.target_groups.is_empty() {
            add(Query::Targets(service.target_groups.clone()), OPEN_EVERY, Duration::ZERO);
        }
        let resource = Some(service.scaling_resource().into());
        add(Query::Activities(resource), OWN_ACTIVITIES_EVERY, Duration::ZERO);
    }
    if !listing.is_empty() {
        add(Query::Activities(None), ACTIVITIES_EVERY, REST);
    }
    let suspects = store.triage.suspects.iter().filter_map(|id| cast::<Service>(&*listing.row(id)?.object));
    for service in suspects {
        add(Query::Targets(service.target_groups.clone()), SUSPECTS_EVERY, Duration::ZERO);
    }
    let groups = groups(state, in_view, sections);
    if !groups.is_empty() {
        // Another set of them is another question, which is due when the first of its groups is.
        let rest = if state.detail.is_some() || !sections.is_empty() { Duration::ZERO } else { REST };
        let delay = rest.max(due_in(state, &groups, &store.readings));
        add(Query::Balancers(groups.into_iter().collect()), SETTINGS_EVERY, delay);
    }
}

/// The services whose targets are read before anybody opens them: those whose targets seem to fail, then those
/// that are wrong in any other way. All services are looked at for it, so it is done where findings are looked for and
/// not at every turn.
pub fn suspects(store: &Store, now: Timestamp) -> Vec<ResourceId> {
    let judged = |row: &Row| {
        let service = cast::<Service>(&*row.object).filter(|service| !service.target_groups.is_empty())?;
        let is_suspect = is_suspect(service, now, &store.readings);
        (is_suspect || row.diagnosis.health.is_wrong()).then(|| (is_suspect, service.id.clone()))
    };
    let (first, others): (Vec<_>, Vec<_>) =
        store.listing(SERVICES).rows().filter_map(judged).partition(|(is_suspect, _)| *is_suspect);
    first.into_iter().chain(others).map(|(_, id)| id).take(SUSPECTS).collect()
}

/// The target groups whose balancers and settings are wanted: of what is open, of the golden signals, and of
/// the services in view, whose counts of unhealthy targets are named by their balancers. They are one question,
/// so that none is asked twice.
fn groups(state: &State, in_view: &[&Service], sections: &[signals::Section]) -> BTreeSet<Text> {
    let of_open = || {
        let detail = state.detail.as_ref()?;
        let row = state.store()?.listing(detail.kind).row(&detail.id)?;
        Some(kinds::kind(detail.kind)?.target_groups(&*row.object))
    };
    let in_view = in_view.iter().flat_map(|service| service.target_groups.iter().cloned());
    of_open().into_iter().flatten().chain(signals::groups(sections)).chain(in_view).collect()
}

/// How long until one of these groups was read so long ago that it is read again; at once where one was not.
fn due_in(state: &State, groups: &BTreeSet<Text>, readings: &Readings) -> Duration {
    let oldest = groups.iter().map(|group| readings.balancers_asked(group)).min().flatten();
    let age = |at| Duration::from_secs(format::seconds_since(at, state.now).unsigned_abs());
    oldest.map_or(Duration::ZERO, |at| SETTINGS_EVERY.saturating_sub(age(at)))
}

/// The counts of unhealthy targets of the services in view: what a service's own counts do not show yet.
pub fn counts(state: &State, in_view: &[&Service]) -> BTreeSet<Metric> {
    let Some(store) = state.store() else { return BTreeSet::new() };
    in_view.iter().flat_map(|service| unhealthy_hosts(service, &store.readings)).collect()
}

/// The services in view and some around them.
pub fn in_view(state: &State) -> Vec<&Service> {
    let (Some(store), Some(kind), true) =
        (state.store(), kinds::kind(SERVICES), state.is_in_view(Pane::Kind(SERVICES)))
    else {
        return vec![];
    };
    let listing = store.listing(SERVICES);
    let rows = block(state, kind).into_iter().filter_map(|id| listing.row(&id));
    rows.filter_map(|row| cast::<Service>(&*row.object)).collect()
}
