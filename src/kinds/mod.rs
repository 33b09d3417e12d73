//! The kinds of resource, one declaration each: columns, detail tabs, health, cadence, actions and
//! permissions. Tables, filters, sorting, scripts, help, palette and the IAM policy follow from
//! these. Nobody above knows a kind by its name, and no kind knows another: what they need of each other is a
//! facet of [`kind::KindSpec`], asked for by its [`kind::Role`] or of all.
//!
//! To add a kind: a folder here, one in `aws`, one in `demo`, a line in each of their registries
//! (`kinds!`, `services!`, `simulated!`), and the rows of its operations in [`crate::domain::ops`].

pub mod action;
pub mod cell;
pub mod column;
pub mod detail_view;
mod failover;
pub mod kind;
pub mod metric;
pub mod policy;
mod registry;
pub mod rule;
pub mod snapshots;
pub mod ssm;
pub mod tab;
#[cfg(test)]
pub mod testing;
pub mod timeline;
pub mod trend;

use std::sync::LazyLock;

use crate::domain::ops::{Op, cloudtrail, cloudwatch, elb, logs, sts};
use crate::domain::resource::KindId;
use action::Action;
use kind::{Kind, Role};

/// Declares the module of each kind and registers it.
macro_rules! kinds {
    ($($module:ident::$kind:ident),* $(,)?) => {
        $(pub mod $module;)*

        static REGISTRY: LazyLock<Vec<&'static dyn Kind>> =
            LazyLock::new(|| vec![$(registry::registered($module::$kind)),*]);
    };
}

// In the order of the panes. A kind is one line here.
kinds! {
    services::Services,
    databases::Databases,
    caches::Caches,
    distributions::Distributions,
    alarms::Alarms,
    queues::Queues,
}

/// Every kind, in the order of the panes.
pub fn registry() -> impl ExactSizeIterator<Item = &'static dyn Kind> + Clone {
    REGISTRY.iter().copied()
}

/// The kind of this id.
pub fn kind(id: KindId) -> Option<&'static dyn Kind> {
    registry().find(|kind| kind.id() == id)
}

/// The kinds of a role.
pub fn of_role(role: Role) -> impl Iterator<Item = &'static dyn Kind> {
    registry().filter(move |kind| kind.role() == role)
}

/// Every action of every kind.
pub fn actions() -> impl Iterator<Item = &'static dyn Action> {
    registry().flat_map(|kind| kind.actions()).copied()
}

/// The action of this id.
pub fn action(id: &str) -> Option<&'static dyn Action> {
    actions().find(|action| action.id() == id)
}

/// What the logs need, whatever kind they belong to.
pub const LOGS: &[Op] = &[
    logs::FILTER_LOG_EVENTS,
    logs::DESCRIBE_LOG_GROUPS,
    logs::START_LIVE_TAIL,
    logs::START_QUERY,
    logs::GET_QUERY_RESULTS,
    logs::STOP_QUERY,
];

/// What charts and sparklines need, whatever kind they belong to.
pub const METRICS: &[Op] = &[
    cloudwatch::GET_METRIC_DATA,
    // Tells the balancers of a target group, by which its metrics are named.
    elb::DESCRIBE_TARGET_GROUPS,
];

/// What the timeline needs beside what the kinds read anyway.
pub const TIMELINE: &[Op] = &[cloudtrail::LOOKUP_EVENTS];

/// The allow-list: every operation that reads, over all kinds and actions. What is not on it is a
/// change, and goes only through an action's plan.
pub fn reads() -> Vec<Op> {
    let mut ops: Vec<Op> = std::iter::once(sts::GET_CALLER_IDENTITY)
        .chain(LOGS.iter().copied())
        .chain(METRICS.iter().copied())
        .chain(TIMELINE.iter().copied())
        .chain(registry().flat_map(|kind| kind.reads().iter().copied()))
        .chain(actions().flat_map(|action| action.reads().iter().copied()))
        .collect();
    ops.sort();
    ops.dedup();
    ops
}

/// Every operation that changes AWS, over all actions.
pub fn changes() -> Vec<Op> {
    let mut ops: Vec<Op> = actions().flat_map(|action| action.changes().iter().copied()).collect();
    ops.sort();
    ops.dedup();
    ops
}
