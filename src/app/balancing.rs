//! Which target groups and which activities of autoscaling are read: those of the open service, those of
//! services that are suspect, and what tells of all services for one request.

use std::collections::BTreeSet;
use std::time::Duration;

use super::golden;
use super::state::{Pane, State};
use super::subs::{REST, block};
use crate::domain::metric::{Metric, Readings};
use crate::domain::query::Query;
use crate::domain::resource::{Resource, cast};
use crate::domain::service::Service;
use crate::domain::text::Text;
use crate::domain::words;
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
pub fn wanted(
    state: &State,
    in_view: &[&Service],
    sections: &[golden::Section],
    want: &mut impl FnMut(Query, Duration, Duration, u64),
) {
    let Some(store) = state.store() else { return };
    let listing = store.listing(SERVICES);
    let mut want = |query, every, delay| want(query, every, delay, state.round);
    if let Some(detail) = state.detail.as_ref().filter(|detail| detail.kind == SERVICES)
        && let Some(service) = listing.row(&detail.id).and_then(|row| cast::<Service>(&*row.object))
    {
        if !service.target_groups.is_empty() {
            want(Query::Targets(service.target_groups.clone()), OPEN_EVERY, Duration::ZERO);
        }
        let resource = Some(service.scaling_resource().into());
        want(Query::Activities(resource), OWN_ACTIVITIES_EVERY, Duration::ZERO);
    }
    if !listing.is_empty() {
        want(Query::Activities(None), ACTIVITIES_EVERY, REST);
    }
    let mut suspects: Vec<(bool, &Service)> = (listing.rows())
        .filter_map(|row| Some((row.diagnosis.health.is_wrong(), cast::<Service>(&*row.object)?)))
        .filter(|(_, service)| !service.target_groups.is_empty())
        .map(|(is_wrong, service)| (is_suspect(service, state.now, &store.readings), is_wrong, service))
        .filter(|(is_suspect, is_wrong, _)| *is_suspect || *is_wrong)
        .map(|(is_suspect, _, service)| (!is_suspect, service))
        .collect();
    suspects.sort_by_key(|(is_less, service)| (*is_less, service.id()));
    for (_, service) in suspects.into_iter().take(SUSPECTS) {
        want(Query::Targets(service.target_groups.clone()), SUSPECTS_EVERY, Duration::ZERO);
    }
    let groups = groups(state, in_view, sections);
    if !groups.is_empty() {
        // Another set of them is another question, which is due when the first of its groups is.
        let rest = if state.detail.is_some() || !sections.is_empty() { Duration::ZERO } else { REST };
        let delay = rest.max(due_in(state, &groups, &store.readings));
        want(Query::Balancers(groups.into_iter().collect()), SETTINGS_EVERY, delay);
    }
}

/// The target groups whose balancers and settings are wanted: of what is open, of the golden signals, and of
/// the services in view, whose counts of unhealthy targets are named by their balancers. They are one question,
/// so that none is asked twice.
fn groups(state: &State, in_view: &[&Service], sections: &[golden::Section]) -> BTreeSet<Text> {
    let of_open = || {
        let detail = state.detail.as_ref()?;
        let row = state.store()?.listing(detail.kind).row(&detail.id)?;
        Some(kinds::kind(detail.kind)?.target_groups_of(&*row.object))
    };
    let in_view = in_view.iter().flat_map(|service| service.target_groups.iter().cloned());
    of_open().into_iter().flatten().chain(golden::groups(sections)).chain(in_view).collect()
}

/// How long until one of these groups was read so long ago that it is read again; at once where one was not.
fn due_in(state: &State, groups: &BTreeSet<Text>, readings: &Readings) -> Duration {
    let oldest = groups.iter().map(|group| readings.balancers_asked(group)).min().flatten();
    let age = |at| Duration::from_secs(words::seconds_since(at, state.now).unsigned_abs());
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
