//! Invalidations, lived to their end.

use serde_json::json;

use super::super::seed::{self, later};
use super::super::simulated_kind::{self, Refusal};
use super::*;
use crate::domain::fault::FaultKind;
use crate::domain::ops::cloudfront::CREATE_INVALIDATION;
use crate::domain::query::Answer;

const WEB: &str = "E2HARBOURWEB01";

/// An estate with its clock and its chance.
struct World {
    estate: Estate,
    now: Timestamp,
    rng: Rng,
}

impl World {
    fn new(estate: usize) -> Self {
        let now = "2026-03-04T02:40:00Z".parse().unwrap();
        let estate = seed::estates(now, &mut Rng::with_seed(7), "calm").swap_remove(estate);
        Self { estate, now, rng: Rng::with_seed(3) }
    }

    fn pass(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.now = later(self.now, 1);
            Distributions.step(&mut self.estate, self.now, &mut self.rng);
        }
    }

    fn invalidate(&mut self, id: &str, reference: &str, paths: &[&str]) -> Result<Text, Refusal> {
        let batch = json!({"Paths": {"Quantity": paths.len(), "Items": paths}, "CallerReference": reference});
        let call = Call::new(CREATE_INVALIDATION, [("DistributionId", id.into()), ("InvalidationBatch", batch)]);
        let receipt = Distributions.perform(&mut self.estate, &call, self.now, &mut self.rng)?;
        Ok(receipt.started.unwrap())
    }

    fn web(&self) -> &DistributionState {
        self.estate.distributions.held.iter().find(|held| &*held.row.name == WEB).unwrap()
    }
}

fn refused(outcome: Result<Text, Refusal>, words: &str) {
    let Refusal(kind, said) = outcome.unwrap_err();
    assert!(kind == FaultKind::Invalid && said.contains(words), "{said}");
}

#[test]
fn an_invalidation_takes_a_minute_and_is_counted() {
    let mut world = World::new(0);
    let id = world.invalidate(WEB, "one", &["/*"]).unwrap();
    assert_eq!(world.web().row.invalidating, Some(1));
    world.pass(10);
    world.invalidate(WEB, "two", &["/index.html", "/assets/*"]).unwrap();
    assert_eq!(world.web().row.invalidating, Some(2));
    world.pass(40);
    assert!(world.web().invalidations.iter().any(|one| one.id == id && !one.is_complete()));
    world.pass(20);
    assert!(world.web().invalidations.iter().any(|one| one.id == id && one.is_complete()));
    world.pass(10);
    assert_eq!(world.web().row.invalidating, Some(0));
}

#[test]
fn a_reference_used_again_gives_the_earlier_one_or_is_refused() {
    let mut world = World::new(0);
    let first = world.invalidate(WEB, "one", &["/*"]).unwrap();
    assert_eq!(world.invalidate(WEB, "one", &["/*"]).unwrap(), first);
    assert_eq!(world.web().row.invalidating, Some(1));
    refused(
        world.invalidate(WEB, "one", &["/a"]),
        "InvalidArgument: Your request contains a caller reference that was used for a previous invalidation request \
         but with different content",
    );
    assert_ne!(world.invalidate(WEB, "two", &["/*"]).unwrap(), first);
}

#[test]
fn bad_batches_are_refused() {
    let mut world = World::new(0);
    for path in ["index.html", "/a*b", "*", "/a b", ""] {
        refused(world.invalidate(WEB, "one", &[path]), "InvalidArgument: Your request contains one or more invalid");
    }
    refused(world.invalidate(WEB, "one", &[]), "InvalidArgument: ");
    refused(world.invalidate(WEB, "", &["/*"]), "InvalidArgument: ");
    let batch = json!({"Paths": {"Quantity": 2, "Items": ["/*"]}, "CallerReference": "one"});
    let call = Call::new(CREATE_INVALIDATION, [("DistributionId", WEB.into()), ("InvalidationBatch", batch)]);
    let outcome = Distributions.perform(&mut world.estate, &call, world.now, &mut world.rng);
    refused(outcome.map(|_| WEB.into()), "InconsistentQuantities: ");
    refused(world.invalidate(WEB, "many", &["/a/*"; 16]), "TooManyInvalidationsInProgress: ");
    let Refusal(kind, said) = world.invalidate("E2NOTHING", "one", &["/*"]).unwrap_err();
    assert!(kind == FaultKind::NotFound && said.starts_with("NoSuchDistribution: "));
    assert_eq!(world.web().row.invalidating, Some(0));
}

#[test]
fn a_distribution_belongs_by_any_of_its_names() {
    let world = World::new(0);
    for (glob, found) in [("E2HARBOURW*", 1), ("tiles.*", 1), ("harbour-*-production", 2), ("other-*", 0)] {
        let mut env = Environment::of_profile("harbour-production", None, None);
        env.scope = crate::domain::environment::Scope::new(&[glob.into()], &[], &[], &Default::default()).unwrap();
        let (answers, _) =
            simulated_kind::list(&Distributions, View { estate: &world.estate, env: &env, now: world.now });
        let [Answer::Parts(parts), Answer::Roster { part, ids }, ..] = &answers[..] else { panic!("{answers:?}") };
        assert_eq!((parts.len(), &**part, ids.len()), (1, PART, found), "{glob}");
    }
}

#[test]
fn development_has_an_empty_view() {
    let world = World::new(2);
    let env = Environment::of_profile("harbour-development", None, None);
    let (answers, _) = simulated_kind::list(&Distributions, View { estate: &world.estate, env: &env, now: world.now });
    assert!(matches!(&answers[..], [Answer::Parts(_), Answer::Roster { ids, .. }] if ids.is_empty()));
}

#[test]
fn the_same_seed_lives_the_same_life() {
    let live = || {
        let mut world = World::new(0);
        world.invalidate(WEB, "one", &["/*"]).unwrap();
        world.pass(30);
        world.invalidate(WEB, "two", &["/a"]).unwrap();
        world.pass(35);
        format!("{:?}", world.estate.distributions)
    };
    assert_eq!(live(), live());
}
