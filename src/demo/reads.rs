//! The answers to reads that follow alike for all kinds.

use std::collections::{BTreeMap, BTreeSet};

use super::{KINDS, OTHERS, logs, metrics, trail};
use crate::demo::prelude::*;
use crate::domain::ops;
use crate::kinds;

/// How a read is answered, and the place of the kind that it is of, [`OTHERS`] for none; `None`: there is no
/// such kind.
pub fn read(query: &Query) -> Option<(usize, Read<'_>)> {
    let kind = match query {
        Query::List(kind) | Query::Some(kind, _) | Query::Wrong(kind, _) | Query::Endings(kind, _) => *kind,
        Query::Detail(set, _) | Query::Facts(set, _) => set.kind,
        _ => return other(query).map(|read| (OTHERS, read)),
    };
    let place = KINDS.iter().position(|simulated| simulated.kind() == kind)?;
    let simulated = KINDS[place];
    Some((place, Read::many(simulated.reads(), move |view| Ok(of_kind(simulated, view, query)))))
}

fn of_kind(simulated: &dyn SimulatedKind, view: View, query: &Query) -> (Vec<Answer>, u64) {
    match query {
        Query::Some(_, ids) => some(simulated, view, ids),
        Query::Wrong(_, ids) => wrong(simulated, view, ids),
        Query::Detail(set, id) | Query::Facts(set, id) => one(simulated, view, *set, id),
        Query::Endings(_, part) => (vec![Answer::Seen(simulated.endings(view, part))], 1),
        _ => list(simulated, view),
    }
}

fn other(query: &Query) -> Option<Read<'_>> {
    Some(match query {
        Query::Identity => {
            Read::one(ops::sts::GET_CALLER_IDENTITY, |view| Ok(Answer::Identity(view.estate.identity())))
        }
        Query::History(sources, moment) => {
            Read::many(ops::sts::GET_CALLER_IDENTITY, |view| Ok((logs::history(view.estate, sources, *moment), 1)))
        }
        Query::Metrics(asked, window) => Read::one(ops::cloudwatch::GET_METRIC_DATA, |view| {
            Ok(Answer::Metrics(metrics::readings(view.estate, asked, *window, view.now)))
        }),
        Query::Events(source, range) => {
            Read::one(trail::reads(*source), |view| Ok(trail::events(view, *source, *range)))
        }
        query => KINDS.iter().find_map(|simulated| simulated.other(query))?,
    })
}

/// The whole list, with the number of requests that it took.
fn list(simulated: &dyn SimulatedKind, view: View) -> (Vec<Answer>, u64) {
    let parts = simulated.parts(view);
    let mut rows: BTreeMap<Text, Vec<Object>> = BTreeMap::new();
    for row in simulated.rows(view, &|_| true) {
        if simulated.admits(view.env, &row) {
            rows.entry(row.part().clone()).or_default().push(row);
        }
    }
    let mut calls = 2;
    let mut answers = vec![Answer::Listing(ListingPiece::Parts(parts.clone()))];
    for (i, part) in parts.into_iter().enumerate() {
        if let Some(fault) = simulated.fault(view, i) {
            answers.push(Answer::Listing(ListingPiece::PartFailed { part, fault }));
            continue;
        }
        let rows = rows.remove(&part).unwrap_or_default();
        let ids = rows.iter().map(|row| row.id().clone()).collect();
        answers.push(Answer::Listing(ListingPiece::Roster { part, ids }));
        calls += 1 + rows.len().div_ceil(10) as u64;
        answers.extend(rows.chunks(10).map(|chunk| Answer::Listing(ListingPiece::Items(chunk.to_vec()))));
    }
    (answers, calls)
}

/// Only these again.
fn some(simulated: &dyn SimulatedKind, view: View, ids: &[ResourceId]) -> (Vec<Answer>, u64) {
    let wanted: BTreeSet<&ResourceId> = ids.iter().collect();
    let rows = simulated.rows(view, &|id| wanted.contains(id));
    let found: BTreeSet<&ResourceId> = rows.iter().map(|row| row.id()).collect();
    let gone: Vec<ResourceId> = ids.iter().filter(|id| !found.contains(id)).cloned().collect();
    let mut answers = vec![Answer::Listing(ListingPiece::Items(rows))];
    if !gone.is_empty() {
        answers.push(Answer::Gone(gone));
    }
    (answers, ids.len().div_ceil(10) as u64)
}

/// Those that are wrong, and what has become of these.
fn wrong(simulated: &dyn SimulatedKind, view: View, ids: &[ResourceId]) -> (Vec<Answer>, u64) {
    let judged = kinds::kind(simulated.kind());
    let mut rows = simulated.rows(view, &|_| true);
    rows.retain(|row| {
        let wrong = || judged.is_some_and(|kind| kind.diagnose(&**row, view.now).health.is_wrong());
        ids.contains(row.id()) || (simulated.admits(view.env, row) && wrong())
    });
    let gone: Vec<ResourceId> = ids.iter().filter(|id| !rows.iter().any(|row| row.id() == *id)).cloned().collect();
    let mut answers = vec![Answer::Listing(ListingPiece::Items(rows))];
    if !gone.is_empty() {
        answers.push(Answer::Gone(gone));
    }
    (answers, 1)
}

/// Facts about one, or the news that it is gone.
fn one(simulated: &dyn SimulatedKind, view: View, set: FactsId, id: &ResourceId) -> (Vec<Answer>, u64) {
    let is_detail = set == simulated.kind().detail();
    let facts = if is_detail { simulated.detail(view, id) } else { simulated.facts(view, set, id) };
    (vec![facts.map_or_else(|| Answer::Gone(vec![id.clone()]), Answer::Facts)], 5)
}

#[cfg(test)]
mod tests {
    use super::super::scenario::Scenario;
    use super::super::world::World;
    use super::super::world::tests::Production;
    use super::*;
    use crate::domain::Timestamp;
    use crate::domain::cache::{CacheDetail, FlushFacts};
    use crate::domain::database::{DatabaseDetail, DatabaseFacts};
    use crate::domain::distribution::DistributionDetail;
    use crate::domain::environment::{Environment, Scope};
    use crate::domain::resource::cast_facts;
    use crate::kinds::caches::FLUSH_FACTS;
    use crate::kinds::databases::FACTS;

    /// The ids that a list tells, each of which came with its part's roster before.
    fn listed(answers: &[Answer]) -> Vec<ResourceId> {
        let [Answer::Listing(ListingPiece::Parts(parts)), rest @ ..] = answers else {
            panic!("parts come first: {answers:?}")
        };
        let mut rosters: BTreeMap<Text, Vec<ResourceId>> = BTreeMap::new();
        let mut told = Vec::new();
        for answer in rest {
            match answer {
                Answer::Listing(ListingPiece::Roster { part, ids }) => {
                    assert!(rosters.insert(part.clone(), ids.clone()).is_none())
                }
                Answer::Listing(ListingPiece::Items(items)) => told.extend(items.iter().map(|item| {
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
        kinds::actions().filter(move |action| action.kind() == id).map(|action| action.facts())
    }

    #[test]
    fn every_kind_keeps_the_contract_in_every_estate() {
        let now: Timestamp = "2026-03-04T02:40:00Z".parse().unwrap();
        for estate in &World::new(Scenario::by_name("calm").unwrap(), now, 7).estates {
            let env = Environment::of_profile(estate.place.profile, None, None);
            let view = View { estate, env: &env, now };
            for simulated in KINDS.iter().copied() {
                let told = BTreeSet::from_iter(listed(&list(simulated, view).0));
                let missing = ResourceId("arn:aws:nothing".into());
                let asked: Vec<ResourceId> = told.iter().cloned().chain([missing.clone()]).collect();
                let (answers, _) = some(simulated, view, &asked);
                let [Answer::Listing(ListingPiece::Items(items)), Answer::Gone(gone)] = &answers[..] else {
                    panic!("{answers:?}")
                };
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
        let world = Production::new("default");
        let view = world.view();
        let [_, databases, caches, distributions, ..] = KINDS else { panic!("there are fewer kinds") };
        let first = |simulated: &dyn SimulatedKind| listed(&list(simulated, view).0).swap_remove(0);
        let (database, cache, distribution) = (first(*databases), first(*caches), first(*distributions));
        assert!(cast_facts::<DatabaseDetail>(&*databases.detail(view, &database).unwrap()).is_some());
        assert!(cast_facts::<DatabaseFacts>(&*databases.facts(view, FACTS, &database).unwrap()).is_some());
        assert!(cast_facts::<CacheDetail>(&*caches.detail(view, &cache).unwrap()).is_some());
        let facts = distributions.detail(view, &distribution).unwrap();
        assert!(cast_facts::<DistributionDetail>(&*facts).is_some());
    }

    #[test]
    fn a_flush_knows_the_databases_that_belong_to_the_environment() {
        let mut world = Production::new("calm");
        world.env.scope =
            Scope::new(&["harbour-*-production".into()], &["*legacy*".into()], &[], &BTreeMap::new()).unwrap();
        let (view, caches) = (world.view(), KINDS[2]);
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
