//! What happened that numbers and lines tell of: how much of it was felt at each moment, so that any
//! stretch of the past can be asked for and is always told the same.

use std::collections::BTreeMap;

use crate::domain::Timestamp;

/// What can be felt of a resource, each from 0 to 1. Each kind names its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strain(pub &'static str);

impl Strain {
    /// A service answers with errors, or late.
    pub const ERRORS: Self = Self("errors");
    /// It is wanted with no task: nothing is written of it.
    pub const IDLE: Self = Self("idle");
}

/// Errors come within a minute, and go in less.
const COMES: f64 = 1.0 / 60.0;
const GOES: f64 = 1.0 / 45.0;

/// What an estate remembers.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// By the name of what it is felt of.
    traces: BTreeMap<String, Vec<Trace>>,
    /// Services whose answers something else than themselves makes fail, and how many of them.
    pressed: Vec<(&'static str, f64)>,
}

#[derive(Clone, Debug)]
struct Trace {
    strain: Strain,
    /// Second and level, oldest first; a level holds until the next.
    levels: Vec<(i64, f64)>,
}

impl Memory {
    /// From now on these services fail so much, and no others, until this is said again.
    pub fn set_pressure(&mut self, pressed: Vec<(&'static str, f64)>) {
        self.pressed = pressed;
    }

    /// How much something else makes a service fail.
    pub fn pressure(&self, service: &str) -> f64 {
        self.pressed.iter().find(|(name, _)| *name == service).map_or(0.0, |(_, level)| *level)
    }

    /// Nothing presses on a service, and nothing was ever felt of it.
    pub fn is_still(&self, service: &str) -> bool {
        !self.traces.contains_key(service) && self.pressure(service) == 0.0
    }

    /// The level goes towards this one, as fast as people notice.
    pub fn approach(&mut self, strain: Strain, of: &str, to: f64, now: Timestamp) {
        let is = self.last(strain, of);
        if is != to {
            self.set(strain, of, to.clamp(is - GOES, is + COMES), now.as_second());
        }
    }

    /// The level from a second on.
    pub fn set(&mut self, strain: Strain, of: &str, level: f64, second: i64) {
        let found = self.traces.get_mut(of).and_then(|of| of.iter_mut().find(|trace| trace.strain == strain));
        let Some(trace) = found else {
            if level != 0.0 {
                let levels = vec![(second, level)];
                self.traces.entry(of.to_string()).or_default().push(Trace { strain, levels });
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
        let mut traces = self.traces.get(of).into_iter().flatten();
        traces.find(|trace| trace.strain == strain).map_or(&[], |trace| &trace.levels)
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
        self.level(Strain::ERRORS, service, second).max(self.level(Strain::IDLE, service, second))
    }

    /// The level at a second.
    pub fn level(&self, strain: Strain, of: &str, second: i64) -> f64 {
        let levels = self.of(strain, of);
        let after = levels.partition_point(|(at, _)| *at <= second);
        after.checked_sub(1).map_or(0.0, |place| levels[place].1)
    }
}
