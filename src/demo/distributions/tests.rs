//! Invalidations, lived to their end.

use super::super::scenario::Scenario;
use super::super::world::World;
use super::super::world::tests::Production;
use super::*;
use crate::domain::environment::Scope;
use crate::domain::fault::FaultKind;
use crate::domain::requests::Request;
use crate::domain::requests::cloudfront::Paths;

const WEB: &str = "E2HARBOURWEB01";

/// Production, and what is done to its distributions.
struct Edge(Production);

impl Edge {
    fn new() -> Self {
        Self(Production::new("calm"))
    }

    fn pass(&mut self, seconds: u64) {
        self.0.pass(seconds);
    }

    fn invalidate(&mut self, id: &str, reference: &str, paths: &[&str]) -> Result<Text, Refusal> {
        let items: Vec<String> = paths.iter().map(ToString::to_string).collect();
        let paths = Paths { quantity: items.len() as i32, items };
        let invalidation_batch = InvalidationBatch { paths, caller_reference: reference.into() };
        let request = CreateInvalidation { distribution_id: id.into(), invalidation_batch };
        Ok(self.0.ask(&request.call())?.started.unwrap())
    }

    fn web(&self) -> &DistributionState {
        self.0.estate().distributions().held.iter().find(|held| &*held.row.name == WEB).unwrap()
    }
}

fn refused(outcome: Result<Text, Refusal>, words: &str) {
    let Refusal(kind, said) = outcome.unwrap_err();
    assert!(kind == FaultKind::Invalid && said.contains(words), "{said}");
}

#[test]
fn an_invalidation_takes_a_minute_and_is_counted() {
    let mut world = Edge::new();
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
    let mut world = Edge::new();
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
    let mut world = Edge::new();
    for path in ["index.html", "/a*b", "*", "/a b", ""] {
        refused(world.invalidate(WEB, "one", &[path]), "InvalidArgument: Your request contains one or more invalid");
    }
    // These no request of ours can say.
    let Refusal(kind, _) = world.invalidate(WEB, "one", &[]).unwrap_err();
    assert_eq!(kind, FaultKind::Refused);
    refused(world.invalidate(WEB, "many", &["/a/*"; 16]), "TooManyInvalidationsInProgress: ");
    let Refusal(kind, said) = world.invalidate("E2NOTHING", "one", &["/*"]).unwrap_err();
    assert!(kind == FaultKind::NotFound && said.starts_with("NoSuchDistribution: "));
    assert_eq!(world.web().row.invalidating, Some(0));
}

#[test]
fn a_distribution_belongs_by_any_of_its_names() {
    let mut world = Edge::new();
    for (glob, found) in [("E2HARBOURW*", 1), ("tiles.*", 1), ("harbour-*-production", 2), ("other-*", 0)] {
        world.0.env.scope = Scope::new(&[glob.into()], &[], &[], &Default::default()).unwrap();
        let view = world.0.view();
        let rows = Simulated.rows(view, &|_| true);
        assert_eq!(rows.iter().filter(|row| Simulated.admits(view.env, row)).count(), found, "{glob}");
    }
}

#[test]
fn development_has_none() {
    let world = World::new(Scenario::by_name("calm").unwrap(), "2026-03-04T02:40:00Z".parse().unwrap(), 7);
    let held = |stage: usize| world.estates[stage].distributions().held.len();
    assert_eq!((held(0), held(1), held(2)), (2, 1, 0));
}

#[test]
fn the_same_seed_lives_the_same_life() {
    let live = || {
        let mut world = Edge::new();
        world.invalidate(WEB, "one", &["/*"]).unwrap();
        world.pass(30);
        world.invalidate(WEB, "two", &["/a"]).unwrap();
        world.pass(35);
        format!("{:?}", world.0.estate().distributions())
    };
    assert_eq!(live(), live());
}
