//! A look at what is known of the active environment: what the rules find in it, and what to ask for their sake.

use std::collections::{BTreeSet, HashSet};

use super::Triage;
use crate::app::action::jobs::{Job, Phase};
use crate::app::command::Command;
use crate::app::state::State;
use crate::app::store::{Row, Store};
use crate::app::subscription::block;
use crate::app::target_health;
use crate::diagnosis::{self, Finding};
use crate::domain::Timestamp;
use crate::domain::api_usage::ApiUsage;
use crate::domain::fault::Fault;
use crate::domain::intent::Verdict;
use crate::domain::metric::{Metric, Readings};
use crate::domain::record::Record;
use crate::domain::resource::{Facts, KindId, Object, ResourceId};
use crate::domain::rules::RuleSettings;
use crate::domain::text::Text;
use crate::kinds::rule::{JudgedRow, LeaderChanged, RuleContext};
use crate::kinds::{self, kind::Kind};

struct StoreContext<'a> {
    store: &'a Store,
    now: Timestamp,
    settings: &'a RuleSettings,
    api_usage: &'a [ApiUsage],
}

fn judged(row: &Row) -> JudgedRow<'_> {
    JudgedRow { object: &row.object, at: row.at, diagnosis: &row.diagnosis }
}

impl RuleContext for StoreContext<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn rows(&self, kind: KindId) -> Vec<JudgedRow<'_>> {
        self.store.listing(kind).rows().map(judged).collect()
    }

    fn row(&self, kind: KindId, id: &ResourceId) -> Option<JudgedRow<'_>> {
        self.store.listing(kind).row(id).map(judged)
    }

    fn named(&self, kind: KindId, name: &Text) -> Option<&Object> {
        self.store.listing(kind).named(name).map(|row| &row.object)
    }

    fn recorded(&self, id: &ResourceId) -> &[Record] {
        self.store.recorded(id)
    }

    fn facts(&self, id: &ResourceId) -> Option<(&Facts, Timestamp)> {
        let fetched = self.store.facts(id)?;
        fetched.value().zip(fetched.at())
    }

    fn leader_changed(&self, id: &ResourceId) -> Option<&LeaderChanged> {
        kinds::registry().find_map(|kind| self.store.listing(kind.id()).leader_changed(id))
    }

    fn readings(&self) -> &Readings {
        &self.store.readings
    }

    fn settings(&self) -> &RuleSettings {
        self.settings
    }

    fn api_usage(&self) -> &[ApiUsage] {
        self.api_usage
    }

    fn faults(&self, kind: KindId) -> Vec<&Fault> {
        self.store.listing(kind).faults().into_iter().map(|(_, fault)| fault).collect()
    }

    fn is_awaited(&self, kind: KindId) -> bool {
        self.store.listing(kind).is_partial()
    }
}

/// Answers come in swarms: what one of them changed is looked at with the others, so many milliseconds
/// after the last look, and one more for each row, so that thousands of them take no more of the time.
const REST: i64 = 500;

/// Of so few rows each is asked at every look.
const FEW: usize = 250;

/// Of more, those that nothing points to are asked in turn, each once in so many milliseconds.
const ROUND: i64 = 60_000;

fn rows(store: &Store) -> usize {
    kinds::registry().map(|kind| store.listing(kind.id()).len()).sum()
}

/// Milliseconds from one look to the next.
fn rest(store: &Store) -> i64 {
    REST + i64::try_from(rows(store)).unwrap_or(i64::MAX / 2)
}

/// Which rows the rules are asked of again: what changed, what is wrong or in view, and the others in turn.
fn due(state: &State, store: &Store, triage: &mut Triage) -> impl Fn(KindId, usize, &ResourceId) -> bool + use<> {
    let mut again: HashSet<ResourceId> = HashSet::new();
    for kind in kinds::registry() {
        let listing = store.listing(kind.id());
        let last = triage.revisions.insert(kind.id(), listing.revision).unwrap_or(0);
        again.extend(listing.changed_since(last).map(|row| row.object.id().clone()));
        again.extend(listing.wrong_ids());
        again.extend(block(state, kind));
    }
    let turns = if rows(store) <= FEW { 1 } else { usize::try_from(ROUND / rest(store)).unwrap_or(1).max(1) };
    triage.looks += 1;
    let turn = usize::try_from(triage.looks).unwrap_or(0) % turns;
    move |_, place, id| place % turns == turn || again.contains(id)
}

/// Looks at what is known of the active environment, unless that was just done.
pub fn look_soon(state: &mut State) {
    let Some(store) = state.store() else { return };
    let rest = rest(store);
    let rested = |at: Timestamp| state.now.as_millisecond() - at.as_millisecond() >= rest;
    if store.triage.looked.is_none_or(rested) {
        look(state);
    }
}

/// Looks, however lately that was done.
pub fn look(state: &mut State) {
    let now = state.now;
    let Some(environment) = state.environment().cloned() else { return };
    // It is renewed by what the rest of the store says.
    let Some(mut triage) = state.stores.get_mut(&environment.name).map(|store| std::mem::take(&mut store.triage))
    else {
        return;
    };
    if let Some(store) = state.stores.get(&environment.name) {
        let context = StoreContext { store, now, settings: &environment.rules, api_usage: &state.api_usage };
        let stays = i64::try_from(environment.rules.ended().as_secs()).unwrap_or(i64::MAX);
        let is_due = due(state, store, &mut triage);
        let told = diagnosis::triage_again(&context, &mut triage.verdicts, &is_due);
        triage.renew(told, now, stays, |finding| diagnosis::is_hidden(finding, &context));
        triage.asks = asks(state, &context);
        triage.suspects = target_health::suspects(store, &mut triage.failing, &is_due, now);
    }
    if let Some(store) = state.stores.get_mut(&environment.name) {
        store.triage = triage;
    }
}

/// Metrics that are asked for the rules' sake each minute: as many as AWS takes in one request, since
/// CloudWatch bills them one by one.
const MOST_ASKED: usize = 500;

/// The metrics that rules look for: of what is wrong, then of the rows in each list around those in view;
/// a row of each kind in turn, so that no kind leaves nothing to another.
fn asks(state: &State, context: &StoreContext) -> BTreeSet<Metric> {
    let rows_of = |kind: &'static dyn Kind| {
        let listing = context.store.listing(kind.id());
        let mut ids = listing.wrong_ids();
        ids.extend(block(state, kind).into_iter().filter(|id| !ids.contains(id)).collect::<Vec<_>>());
        ids.into_iter().filter_map(|id| listing.row(&id)).map(move |row| (kind, row)).collect::<Vec<_>>()
    };
    let all: Vec<_> = kinds::registry().map(rows_of).collect();
    let most = all.iter().map(Vec::len).max().unwrap_or(0);
    let turns = (0..most).flat_map(|turn| all.iter().filter_map(move |rows| rows.get(turn)));
    let mut asked = BTreeSet::new();
    for (kind, row) in turns {
        let more = diagnosis::asks(*kind, judged(row), context);
        if asked.len() + more.len() > MOST_ASKED {
            break;
        }
        asked.extend(more);
    }
    asked
}

/// Where a command would mend what is wrong first, while it is to be done to a resource of which nothing is
/// found: on the deck a key acts on the selected row.
pub fn elsewhere(state: &State, command: Command, of: &ResourceId) -> Option<String> {
    let findings = &state.store()?.triage.findings;
    let first = findings.first()?;
    let mends = first.found.next.iter().any(|next| next.command == command.id());
    let is_well = findings.iter().all(|finding| finding.of != *of);
    (mends && is_well).then(|| format!("no problem found here: {} is at {}", first.title, first.name))
}

/// What was done from here at the resource of a finding since it began, the newest: numbers follow what mends
/// them by minutes.
pub fn done<'a>(state: &'a State, triage: &Triage, finding: &Finding) -> Option<&'a Job> {
    let since = triage.since(finding)?;
    let is_done = |job: &&Job| job.is_live() || matches!(job.phase, Phase::Ended(Verdict::Done));
    let here = |job: &&Job| job.intent.resource == finding.of && job.intent.at >= since;
    state.jobs.iter().filter(here).filter(is_done).max_by_key(|job| job.intent.at)
}
