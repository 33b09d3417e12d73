//! A release that went through and made things worse: its tasks run, so no rule over tasks finds it, and
//! what began to go wrong right after it speaks against it.

use super::links::{Change, Web, last_cause};
use super::{Finding, finding, rule};
use crate::domain::format;
use crate::domain::health::Health;
use crate::kinds;
use crate::kinds::kind::Role;
use crate::kinds::rule::{Evidence, Found, RuleContext};

/// A bad release is felt within so many seconds: tasks are replaced one by one, and metrics come late.
const FELT: i64 = 900;

/// Symptoms that are told as evidence, the first of them.
const TOLD: usize = 4;

/// The services whose newest revision is in force, was brought in just before something began to go wrong
/// there, and is not found otherwise.
pub fn suspects(all: &[Finding], web: &Web, context: &dyn RuleContext) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for change in web.changes.iter().filter(|one| one.change.in_force) {
        let told_as = kinds::kind(change.of.kind).and_then(|kind| rule(kind.release_rule()?));
        let limit = told_as.and_then(|told_as| Some((told_as, told_as.limit_of(context)?)));
        let Some((told_as, minutes)) = limit else { continue };
        if format::seconds_since(change.change.at, context.now()) as f64 >= minutes * 60.0 {
            continue;
        }
        let is_told = |other: &Finding| other.rule == told_as.id && other.of == change.of.id;
        let symptoms = symptoms(all, web, change);
        if !symptoms.is_empty() && !all.iter().chain(&found).any(is_told) {
            found.push(finding(told_as.words(), change.of.clone(), release(change, &symptoms)));
        }
    }
    found
}

/// What began to go wrong at a service, or rings for it, since a change; the first first.
fn symptoms<'a>(all: &'a [Finding], web: &Web, change: &Change) -> Vec<&'a Finding> {
    let is_since = |one: &&Finding| {
        let lag = one.found.since.map(|at| last_cause(at).as_second() - change.change.at.as_second());
        lag.is_some_and(|lag| (0..=FELT).contains(&lag))
    };
    // What rows say of tasks on their way is part of every deployment.
    let is_felt = |one: &Finding| one.role() == Role::Watcher || rule(one.rule).is_some_and(|rule| rule.is_measured());
    let is_there = |one: &&Finding| {
        one.found.health.is_wrong()
            && is_felt(one)
            && (web.subjects(&one.of).contains(&&change.of.id) || web.is_before(one, change.of.kind, &change.of.id))
    };
    let mut told: Vec<&Finding> = all.iter().filter(is_there).filter(is_since).collect();
    told.sort_by_key(|one| (one.found.since, one.rank, &one.name));
    told
}

fn release(Change { of, change }: &Change, symptoms: &[&Finding]) -> Found {
    let lag = |one: &Finding| one.found.since.map_or(0, |at| (at.as_second() - change.at.as_second()).max(0));
    let health = symptoms.iter().map(|one| one.found.health).min().unwrap_or(Health::Degraded);
    let named = |one: &Finding| {
        if one.of == of.id { one.title.to_string() } else { format!("{} {}", one.title, one.name) }
    };
    let first = symptoms[0];
    let what =
        format!("likely (close in time): {}, then {} later {}", change.what, format::span(lag(first)), named(first));
    let evidence = symptoms.iter().take(TOLD).map(|one| {
        Evidence::new(
            format!("{} later", format::span(lag(one))),
            format!("{}: {}", named(one), one.found.what),
            one.found.since,
        )
    });
    let deployed = Evidence::new("deployment", change.what.clone(), Some(change.at));
    let mut found = Found::new(health, what, Some(change.at)).evidence(std::iter::once(deployed).chain(evidence));
    found.touches = symptoms.iter().map(|one| one.of.clone()).filter(|other| *other != of.id).collect();
    let found = found.next("compare", "what changed in it").next("roll-back", "roll it back to the revision before");
    found.next("logs", "what its tasks say")
}
