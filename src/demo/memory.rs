//! What happened that numbers and lines tell of: how much of it was felt at each moment, so that any
//! stretch of the past can be asked for and is always told the same.

use super::model::{self, Behaviour, Estate};
use crate::domain::{Timestamp, format};

/// What can be felt of a resource, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strain {
    /// A service answers with errors, or late.
    Errors,
    /// Its tasks start again and again.
    Starts,
    /// It is wanted with no task: nothing is written of it.
    Idle,
    /// A cache misses what it had.
    Cold,
    /// The way of a database cluster from its usual load to the most that it can bear.
    Load,
    /// What of a database's free storage is taken besides its data.
    Taken,
    /// Nobody reaches a database: nothing is written of it.
    Gone,
    /// A database cluster refuses the passwords that it is given.
    Denied,
}

/// Errors come within a minute, and go in less.
const COMES: f64 = 1.0 / 60.0;
const GOES: f64 = 1.0 / 45.0;

/// What an estate remembers.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    traces: Vec<Trace>,
    /// Services whose answers something else than themselves makes fail, and how many of them.
    pressed: Vec<(&'static str, f64)>,
    /// When autoscaling wanted more of a service than the max that it had, newest last.
    refused: Vec<(String, Timestamp, u32)>,
}

/// Autoscaling's alarms ask again after so many seconds.
const ASKS_AGAIN: i64 = 60;
/// So many refusals are remembered.
const REFUSALS: usize = 200;

#[derive(Clone, Debug)]
struct Trace {
    strain: Strain,
    of: String,
    /// Second and level, oldest first; a level holds until the next.
    levels: Vec<(i64, f64)>,
}

impl Memory {
    /// Looks at the services once a second.
    pub fn step(estate: &mut Estate, now: Timestamp) {
        let Estate { services, memory, .. } = estate;
        for service in services.values() {
            let newest = service.deployments.first().and_then(|deployment| service.revision(deployment.revision));
            // Without a task nobody is there to fail.
            let bad = service.desired > 0 && newest.is_some_and(|revision| revision.behaviour != Behaviour::Sound);
            let family = model::family(&service.name);
            let pressed = memory.pressed.iter().find(|(name, _)| *name == family).map_or(0.0, |(_, level)| *level);
            let own = f64::from(bad);
            memory.approach(Strain::Starts, family, own, now);
            memory.approach(Strain::Errors, family, pressed.max(own), now);
            memory.set(Strain::Idle, family, f64::from(service.desired == 0), now.as_second());
            memory.refuse(service, now);
        }
    }

    /// A service that is felt to be too busy wants more tasks; at its max it is refused them.
    fn refuse(&mut self, service: &model::Service, now: Timestamp) {
        let max = service.scaling.as_ref().map(|scaling| scaling.max);
        let Some(max) = max.filter(|max| service.desired >= *max) else { return };
        let last = self.refused.iter().rev().find(|(name, ..)| *name == service.name).map(|(_, at, _)| *at);
        let waits = last.is_some_and(|at| format::seconds_since(at, now) < ASKS_AGAIN);
        if !waits && self.last(Strain::Errors, model::family(&service.name)) > 0.5 {
            self.refused.push((service.name.clone(), now, max));
            let over = self.refused.len().saturating_sub(REFUSALS);
            self.refused.drain(..over);
        }
    }

    /// When a service was refused more tasks, and at which max.
    pub fn refused(&self, service: &str) -> impl Iterator<Item = (Timestamp, u32)> {
        let of = move |(name, ..): &&(String, Timestamp, u32)| name == service;
        self.refused.iter().filter(of).map(|(_, at, max)| (*at, *max))
    }

    /// From now on these services fail so much, and no others, until this is said again.
    pub fn press(&mut self, pressed: Vec<(&'static str, f64)>) {
        self.pressed = pressed;
    }

    fn approach(&mut self, strain: Strain, of: &str, to: f64, now: Timestamp) {
        let is = self.last(strain, of);
        if is != to {
            self.set(strain, of, to.clamp(is - GOES, is + COMES), now.as_second());
        }
    }

    /// The level from a second on.
    pub fn set(&mut self, strain: Strain, of: &str, level: f64, second: i64) {
        let found = self.traces.iter().position(|trace| trace.strain == strain && trace.of == of);
        let Some(trace) = found.map(|at| &mut self.traces[at]) else {
            if level != 0.0 {
                self.traces.push(Trace { strain, of: of.to_string(), levels: vec![(second, level)] });
            }
            return;
        };
        match trace.levels.last_mut() {
            Some((_, last)) if *last == level => {}
            Some((at, last)) if *at >= second => *last = level,
            _ => trace.levels.push((second, level)),
        }
    }

    fn of(&self, strain: Strain, of: &str) -> &[(i64, f64)] {
        let trace = self.traces.iter().find(|trace| trace.strain == strain && trace.of == of);
        trace.map_or(&[], |trace| &trace.levels)
    }

    /// Whether it was ever felt there.
    pub fn knows(&self, strain: Strain, of: &str) -> bool {
        !self.of(strain, of).is_empty()
    }

    /// The level of now.
    pub fn last(&self, strain: Strain, of: &str) -> f64 {
        self.of(strain, of).last().map_or(0.0, |(_, level)| *level)
    }

    /// How much (0 to 1) of what is asked of a service is answered by an error, its own or the balancer's for
    /// want of a task.
    pub fn unserved(&self, service: &str, second: i64) -> f64 {
        self.level(Strain::Errors, service, second).max(self.level(Strain::Idle, service, second))
    }

    /// The level at a second.
    pub fn level(&self, strain: Strain, of: &str, second: i64) -> f64 {
        let levels = self.of(strain, of);
        let after = levels.partition_point(|(at, _)| *at <= second);
        after.checked_sub(1).map_or(0.0, |place| levels[place].1)
    }
}
