//! One environment of the demo: where it is, what is played in it, and what each kind keeps of it.

use std::any::{Any, TypeId};
use std::fmt::Debug;

use super::days::Course;
use super::memory::Memory;
use super::scenario::Scenario;
use super::trail::Trail;
use crate::demo::prelude::*;
use crate::domain::environment::Identity;

/// Where an estate is: an account in a Region, and what it is for.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub profile: &'static str,
    pub account: &'static str,
    pub region: &'static str,
    /// `production`, as the names of its resources end.
    pub stage: &'static str,
    /// Nothing bad happens by itself, or nothing besides what is played.
    pub calm: bool,
}

impl Place {
    /// The role of the console.
    pub const ROLE: &str = "ops-role";

    /// `harbour-payments-production`.
    pub fn name(&self, what: &str) -> Text {
        format!("harbour-{what}-{}", self.stage).into()
    }

    /// The ARN in this account and Region of what comes after them, `db:harbour-payments-production`.
    pub fn arn(&self, service: &str, tail: &str) -> ResourceId {
        ResourceId(format!("arn:aws:{service}:{}:{}:{tail}", self.region, self.account).into())
    }

    /// An availability zone by its letter.
    pub fn zone(&self, letter: &str) -> Text {
        format!("{}{letter}", self.region).into()
    }
}

/// The family's name: a resource's without company and stage.
pub fn family(name: &str) -> &str {
    let name = name.strip_prefix("harbour-").unwrap_or(name);
    ["-production", "-staging", "-development"].iter().find_map(|stage| name.strip_suffix(stage)).unwrap_or(name)
}

/// One environment. It has no field for any kind: each kind keeps a state of its own type in it.
#[derive(Clone, Debug)]
pub struct Estate {
    pub place: Place,
    /// What is played, which changes how things go.
    pub scenario: Scenario,
    /// When it began to be played.
    pub begun: Timestamp,
    states: Vec<Box<dyn State>>,
    pub memory: Memory,
    /// The game day that is played here.
    pub day: Option<Course>,
    pub trail: Trail,
}

/// What a kind keeps in an estate.
trait State: Any + Debug + Send {
    fn boxed_clone(&self) -> Box<dyn State>;
}

impl<T: Any + Clone + Debug + Send> State for T {
    fn boxed_clone(&self) -> Box<dyn State> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn State> {
    fn clone(&self) -> Self {
        (**self).boxed_clone()
    }
}

impl Estate {
    /// One in which no kind has anything yet.
    pub fn empty(place: Place, scenario: Scenario, now: Timestamp) -> Self {
        let (memory, trail) = (Memory::default(), Trail::new(&place, now));
        Self { place, scenario, begun: now, states: Vec::new(), memory, day: None, trail }
    }

    /// Takes in the state of a kind, at its seed.
    pub fn insert_state<T: Any + Clone + Debug + Send>(&mut self, state: T) {
        self.states.push(Box::new(state));
    }

    /// What the kind keeps whose state is `T`.
    pub fn state<T: Any>(&self) -> &T {
        let found = self.states.iter().find_map(|state| (&**state as &dyn Any).downcast_ref());
        // Every estate is seeded by every kind before anything is asked of it.
        found.expect("a kind that has no state was asked for it")
    }

    /// The same, to be changed.
    pub fn state_mut<T: Any>(&mut self) -> &mut T {
        let mut states = self.states.iter_mut().map(|state| &mut **state as &mut dyn Any);
        let found =
            states.find(|state| (**state).type_id() == TypeId::of::<T>()).and_then(|state| state.downcast_mut());
        // As above.
        found.expect("a kind that has no state was asked for it")
    }

    /// As whom the console acts here.
    pub fn identity(&self) -> Identity {
        let Place { account, .. } = self.place;
        Identity {
            account: account.into(),
            arn: format!("arn:aws:sts::{account}:assumed-role/{}/dana", Place::ROLE).into(),
        }
    }
}
