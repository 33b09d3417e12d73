//! Everything that is known to have happened since a moment, from wherever it is known.

use super::acts::End;
use crate::app::state::State;
use crate::app::store::{Row, Store};
use crate::domain::Timestamp;
use crate::domain::call::Call;
use crate::domain::environment::{Environment, Scope};
use crate::domain::intent::Intent;
use crate::domain::resource::ResourceId;
use crate::domain::text::Text;
use crate::domain::timeline::{About, TimelineEntry, TimelineEvent, TimelineKind, TimelineSource, merge};
use crate::kinds;
use crate::kinds::kind::Kind;

/// Entries that are shown at most; the newest of them.
const MOST: usize = 4_000;

/// The clock since a moment, newest first.
pub fn since(state: &State, from: Timestamp) -> Vec<TimelineEntry> {
    let (Some(env), Some(store)) = (state.environment(), state.store()) else { return vec![] };
    let mut told = Vec::new();
    for kind in kinds::registry() {
        // What was recorded may be older than what is told now, which takes its place.
        told.extend(store.recorder.records.iter().filter_map(|record| {
            record.what.at().filter(|at| *at >= from)?;
            kind.event_of_record(record)
        }));
        told.extend(store.listing(kind.id()).rows().flat_map(|row| kind.events(&*row.object, from)));
        if let Some((id, sets)) = store.opened()
            && id == kind.id()
        {
            told.extend(sets.flat_map(|facts| kind.events_of_facts(&**facts)));
        }
    }
    told.extend(store.feeds.iter().flat_map(|(_, feed)| feed.happenings()).cloned());
    told.extend(
        store.readings.scalings.all().filter_map(|told| kinds::registry().find_map(|kind| kind.activity(told))),
    );
    told.extend(own(state, env, store));
    told.retain(|one| one.at >= from && belongs(store, &env.scope, &one.about));
    let mut entries = merge(told);
    entries.truncate(MOST);
    entries
}

/// Whether something belongs to the environment: what it happened to is listed, or nothing says that it
/// belongs to another one of the account.
fn belongs(store: &Store, scope: &Scope, about: &About) -> bool {
    about.kind.is_none()
        || scope.is_open()
        || resource(store, about).is_some()
        || (scope.clusters.is_empty() && scope.tags.is_empty() && scope.admits_name(about.name()))
}

/// The resource that something happened to, where it is listed.
pub fn resource<'a>(store: &'a Store, about: &About) -> Option<(&'static dyn Kind, &'a Row)> {
    let kind = kinds::kind(about.kind?)?;
    let listing = store.listing(kind.id());
    let found = |name: &Text| listing.row(&ResourceId(name.clone())).or_else(|| listing.named(name));
    Some((kind, about.names.iter().find_map(found)?))
}

/// The actions of this console and, as the journal had them at the start, of those before it.
fn own<'a>(state: &'a State, env: &'a Environment, store: &'a Store) -> impl Iterator<Item = TimelineEvent> + 'a {
    let account = store.identity.value().map(|identity| identity.account.clone());
    let here = move |intent: &Intent| {
        intent.environment == env.name
            || (Some(&intent.account) == account.as_ref() && Some(&intent.region) == env.region.as_ref())
    };
    let is_known = |intent: &Intent| state.jobs.iter().any(|job| job.intent.id == intent.id);
    let past = state.past.iter().filter(move |act| !is_known(&act.intent)).map(|act| (&act.intent, act.end.clone()));
    let jobs = state.jobs.iter().map(|job| (&job.intent, End::of(job)));
    past.chain(jobs).filter(move |(intent, _)| here(intent)).map(|(intent, end)| action(intent, end))
}

fn action(intent: &Intent, end: End) -> TimelineEvent {
    let kind = kinds::registry().find(|kind| *kind.id().0 == *intent.kind);
    let names = vec![intent.resource.0.clone(), intent.name.clone()];
    let named = |what: &str, id: Option<&Text>| id.filter(|id| !id.is_empty()).map(|id| format!("{what} {id}").into());
    let began = |call: &Call| kind.is_none_or(|kind| kind.begins(call));
    let started = end.started.as_ref().filter(|_| intent.calls.iter().any(began));
    let same = [named("request", end.request.as_ref()), named("deployment", started)];
    let identity =
        crate::domain::environment::Identity { account: intent.account.clone(), arn: intent.identity.clone() };
    TimelineEvent {
        at: intent.at,
        source: TimelineSource::JOURNAL,
        key: intent.id.clone(),
        same: same.into_iter().flatten().collect(),
        sort: TimelineKind::Action,
        turn: end.turn,
        about: About { kind: kind.map(|kind| kind.id()), names },
        what: format!("{}: {}", intent.summary, end.line).into(),
        actor: identity.who().into(),
        more: vec![("environment", intent.environment.clone())],
    }
}
