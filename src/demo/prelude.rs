//! What nearly every simulated kind names.

pub use std::sync::Arc;

pub use fastrand::Rng;

pub use super::clock::{DAY, later};
pub use super::estate::{Estate, Place, family};
pub use super::logs::Stream;
pub use super::memory::Strain;
pub use super::metrics::{Chance, Curve, day};
pub use super::simulated_kind::{
    Change, Moment, Perform, Read, Refusal, SimulatedKind, View, events_of, hex, receipt, shown,
};
pub use crate::domain::prelude::*;
