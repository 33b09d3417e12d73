//! What every kind of resource is to the demo, and the answers that follow from it alike for all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fastrand::Rng;

use super::life::hex;
use super::model::Estate;
use crate::domain::Timestamp;
use crate::domain::call::Call;
use crate::domain::environment::Environment;
use crate::domain::event::Event;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::intent::Receipt;
use crate::domain::ops::Op;
use crate::domain::query::Answer;
use crate::domain::record::What;
use crate::domain::resource::{Facts, FactsId, KindId, Object, Resource, ResourceId};
use crate::domain::text::Text;
use crate::kinds;

/// One moment of an estate, seen from an environment.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub estate: &'a Estate,
    pub env: &'a Environment,
    pub now: Timestamp,
}

/// One kind of resource as the demo holds it: how it lives, what it tells and what changes it.
pub trait SimulatedKind: Sync {
    fn kind(&self) -> KindId;

    /// The request behind its lists, as IAM spells it.
    fn reads(&self) -> &'static str;

    /// The word of the quota that its reads draw on, and how many a second AWS documents for it.
    fn quota(&self) -> (&'static str, Option<f64>);

    /// What [`SimulatedKind::perform`] knows.
    fn changes(&self) -> &'static [Op];

    /// One second of an estate.
    fn step(&self, estate: &mut Estate, now: Timestamp, rng: &mut Rng);

    /// The parts of the list, as far as they belong to the environment.
    fn parts(&self, view: View) -> Vec<Text>;

    /// Why a part of the list cannot be read.
    fn fault(&self, _: View, _part: usize) -> Option<Fault> {
        None
    }

    /// What is wanted of all there is.
    fn rows(&self, view: View, wanted: &dyn Fn(&ResourceId) -> bool) -> Vec<Object>;

    /// Whether a resource belongs to the environment.
    fn admits(&self, env: &Environment, object: &Object) -> bool {
        env.scope.admits_name(object.name())
    }

    /// `None` when there is no such resource; so with [`SimulatedKind::facts`].
    fn detail(&self, view: View, id: &ResourceId) -> Option<Facts>;

    /// Those that are not its detail.
    fn facts(&self, view: View, set: FactsId, id: &ResourceId) -> Option<Facts>;

    /// What ended in a part of the list and AWS still remembers.
    fn endings(&self, _: View, _part: &Text) -> Vec<(ResourceId, What)> {
        Vec::new()
    }

    /// Does what is asked.
    ///
    /// # Errors
    /// What AWS would refuse, in its words.
    fn perform(&self, estate: &mut Estate, call: &Call, now: Timestamp, rng: &mut Rng) -> Result<Receipt, Refusal>;
}

/// A refusal: how a console has to take it, and AWS's code and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(pub FaultKind, pub String);

impl Refusal {
    /// The request cannot be done as things are.
    pub fn invalid(said: impl Into<String>) -> Self {
        Self(FaultKind::Invalid, said.into())
    }

    /// What it is about does not exist.
    pub fn missing(said: impl Into<String>) -> Self {
        Self(FaultKind::NotFound, said.into())
    }
}

/// A receipt as AWS's APIs give it.
pub fn receipt(rng: &mut Rng, started: Option<Text>) -> Receipt {
    Receipt::of(format!("{}-{}", hex(rng, 8), hex(rng, 12)), started)
}

/// Rows of resources that are kept just as they are told.
pub fn shown<'a, T: Resource + Clone>(
    rows: impl Iterator<Item = &'a T>,
    wanted: &dyn Fn(&ResourceId) -> bool,
) -> Vec<Object> {
    rows.filter(|row| wanted(row.id())).map(|row| Arc::new(row.clone()) as Object).collect()
}

/// Events of one source, newest first, none older than so many seconds.
pub fn events_of(events: &[(Text, Event)], name: &str, now: Timestamp, seconds: i64) -> Vec<Event> {
    let young = |event: &Event| event.at.is_some_and(|at| now.as_second() - at.as_second() <= seconds);
    events.iter().filter(|(of, event)| **of == *name && young(event)).map(|(_, event)| event.clone()).collect()
}

/// The whole list, with the number of requests that it took.
pub fn list(simulated: &dyn SimulatedKind, view: View) -> (Vec<Answer>, u64) {
    let parts = simulated.parts(view);
    let mut rows: BTreeMap<Text, Vec<Object>> = BTreeMap::new();
    for row in simulated.rows(view, &|_| true) {
        if simulated.admits(view.env, &row) {
            rows.entry(row.part().clone()).or_default().push(row);
        }
    }
    let mut calls = 2;
    let mut answers = vec![Answer::Parts(parts.clone())];
    for (i, part) in parts.into_iter().enumerate() {
        if let Some(fault) = simulated.fault(view, i) {
            answers.push(Answer::PartFailed { part, fault });
            continue;
        }
        let rows = rows.remove(&part).unwrap_or_default();
        let ids = rows.iter().map(|row| row.id().clone()).collect();
        answers.push(Answer::Roster { part, ids });
        calls += 1 + rows.len().div_ceil(10) as u64;
        answers.extend(rows.chunks(10).map(|chunk| Answer::Items(chunk.to_vec())));
    }
    (answers, calls)
}

/// Only these again.
pub fn some(simulated: &dyn SimulatedKind, view: View, ids: &[ResourceId]) -> (Vec<Answer>, u64) {
    let wanted: BTreeSet<&ResourceId> = ids.iter().collect();
    let rows = simulated.rows(view, &|id| wanted.contains(id));
    let found: BTreeSet<&ResourceId> = rows.iter().map(|row| row.id()).collect();
    let gone: Vec<ResourceId> = ids.iter().filter(|id| !found.contains(id)).cloned().collect();
    let mut answers = vec![Answer::Items(rows)];
    if !gone.is_empty() {
        answers.push(Answer::Gone(gone));
    }
    (answers, ids.len().div_ceil(10) as u64)
}

/// Those that are wrong, and what has become of these.
pub fn wrong(simulated: &dyn SimulatedKind, view: View, ids: &[ResourceId]) -> (Vec<Answer>, u64) {
    let judged = kinds::kind(simulated.kind());
    let mut rows = simulated.rows(view, &|_| true);
    rows.retain(|row| {
        let wrong = || judged.is_some_and(|kind| kind.diagnose(&**row, view.now).health.is_wrong());
        ids.contains(row.id()) || (simulated.admits(view.env, row) && wrong())
    });
    let gone: Vec<ResourceId> = ids.iter().filter(|id| !rows.iter().any(|row| row.id() == *id)).cloned().collect();
    let mut answers = vec![Answer::Items(rows)];
    if !gone.is_empty() {
        answers.push(Answer::Gone(gone));
    }
    (answers, 1)
}

/// Facts about one, or the news that it is gone.
pub fn one(simulated: &dyn SimulatedKind, view: View, set: FactsId, id: &ResourceId) -> (Vec<Answer>, u64) {
    let is_detail = set == simulated.kind().detail();
    let facts = if is_detail { simulated.detail(view, id) } else { simulated.facts(view, set, id) };
    (vec![facts.map_or_else(|| Answer::Gone(vec![id.clone()]), Answer::Facts)], 5)
}

#[cfg(test)]
mod tests {
    use super::super::{SIMULATED_KINDS, seed};
    use super::*;
    use crate::domain::cache::{CacheDetail, FlushFacts};
    use crate::domain::database::{DatabaseDetail, DatabaseFacts};
    use crate::domain::distribution::DistributionDetail;
    use crate::domain::environment::Scope;
    use crate::domain::resource::cast_facts;
    use crate::kinds::caches::FLUSH_FACTS;
    use crate::kinds::databases::FACTS;

    fn estates(scenario: &'static str) -> (Vec<Estate>, Timestamp) {
        let now = "2026-03-04T02:40:00Z".parse().unwrap();
        (seed::estates(now, &mut Rng::with_seed(7), scenario), now)
    }

    /// The ids that a list tells, each of which came with its part's roster before.
    fn listed(answers: &[Answer]) -> Vec<ResourceId> {
        let [Answer::Parts(parts), rest @ ..] = answers else { panic!("parts come first: {answers:?}") };
        let mut rosters: BTreeMap<Text, Vec<ResourceId>> = BTreeMap::new();
        let mut told = Vec::new();
        for answer in rest {
            match answer {
                Answer::Roster { part, ids } => assert!(rosters.insert(part.clone(), ids.clone()).is_none()),
                Answer::Items(items) => told.extend(items.iter().map(|item| {
                    assert!(rosters[item.part()].contains(item.id()), "{item:?}");
                    item.id().clone()
                })),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(parts.iter().collect::<BTreeSet<_>>(), rosters.keys().collect());
        assert_eq!(BTreeSet::from_iter(&told), rosters.values().flatten().collect());
        told
    }

    /// The sets of facts that the actions of its kind need.
    fn sets(simulated: &dyn SimulatedKind) -> impl Iterator<Item = FactsId> {
        let id = simulated.kind();
        kinds::actions().filter(move |action| action.kind == id).map(|action| action.facts)
    }

    #[test]
    fn every_kind_keeps_the_contract_in_every_estate() {
        let (estates, now) = estates("calm");
        for estate in &estates {
            let env = Environment::of_profile(estate.profile, None, None);
            let view = View { estate, env: &env, now };
            for simulated in SIMULATED_KINDS {
                let told = BTreeSet::from_iter(listed(&list(simulated, view).0));
                let missing = ResourceId("arn:aws:nothing".into());
                let asked: Vec<ResourceId> = told.iter().cloned().chain([missing.clone()]).collect();
                let (answers, _) = some(simulated, view, &asked);
                let [Answer::Items(items), Answer::Gone(gone)] = &answers[..] else { panic!("{answers:?}") };
                assert_eq!((items.len(), &gone[..]), (told.len(), &[missing.clone()][..]));
                for id in &told {
                    assert!(simulated.detail(view, id).is_some());
                    assert!(
                        sets(simulated).all(|set| matches!(&one(simulated, view, set, id).0[..], [Answer::Facts(_)]))
                    );
                }
                assert!(simulated.detail(view, &missing).is_none());
                assert!(
                    sets(simulated).all(|set| matches!(&one(simulated, view, set, &missing).0[..], [Answer::Gone(_)]))
                );
            }
        }
    }

    #[test]
    fn detail_and_facts_are_of_the_kinds_types() {
        let (estates, now) = estates("default");
        let env = Environment::of_profile(estates[0].profile, None, None);
        let view = View { estate: &estates[0], env: &env, now };
        let [_, databases, caches, distributions, _] = SIMULATED_KINDS;
        let first = |simulated: &dyn SimulatedKind| listed(&list(simulated, view).0).swap_remove(0);
        let (database, cache, distribution) = (first(databases), first(caches), first(distributions));
        assert!(cast_facts::<DatabaseDetail>(&*databases.detail(view, &database).unwrap()).is_some());
        assert!(cast_facts::<DatabaseFacts>(&*databases.facts(view, FACTS, &database).unwrap()).is_some());
        assert!(cast_facts::<CacheDetail>(&*caches.detail(view, &cache).unwrap()).is_some());
        let facts = distributions.detail(view, &distribution).unwrap();
        assert!(cast_facts::<DistributionDetail>(&*facts).is_some());
    }

    #[test]
    fn a_flush_knows_the_databases_that_belong_to_the_environment() {
        let (estates, now) = estates("calm");
        let mut env = Environment::of_profile(estates[0].profile, None, None);
        env.scope = Scope::new(&["harbour-*-production".into()], &["*legacy*".into()], &[], &BTreeMap::new()).unwrap();
        let view = View { estate: &estates[0], env: &env, now };
        let caches = SIMULATED_KINDS[2];
        let id = listed(&list(caches, view).0).swap_remove(0);
        let facts = caches.facts(view, FLUSH_FACTS, &id).unwrap();
        let facts = cast_facts::<FlushFacts>(&*facts).unwrap();
        let names: Vec<&str> = facts.databases.as_ref().unwrap().iter().map(|(name, _)| &**name).collect();
        assert_eq!(
            names,
            ["harbour-booking-production", "harbour-payments-production", "harbour-reporting-production"]
        );
        assert!(!facts.looks.as_ref().unwrap().is_empty());
    }
}
