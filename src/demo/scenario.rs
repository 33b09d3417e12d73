//! What the demo can play.

use super::days;
use crate::domain::schema::complaint::nearest;

/// Name and what happens, for `--demo SCENARIO`; the game days come besides.
const SCENARIOS: &[(&str, &str)] = &[
    ("default", "an ordinary night, until somebody ships a bad revision"),
    ("calm", "nothing bad happens by itself"),
    (days::routine::NAME, "an hour of deployments, scaling and a backup; nothing is wrong"),
    ("throttled", "half of all reads are throttled"),
    ("expired", "the credentials of production have expired"),
    ("denied", "one cluster may not be read"),
    ("slow", "every read takes seconds"),
    ("crowd", "a thousand services; crowd:N has N"),
    ("flood", "booking-api writes 50,000 lines a second"),
];

/// Services of the scenario `crowd`, where it does not say how many.
const CROWD: u32 = 1000;

/// The scenario does not exist.
#[derive(Debug, thiserror::Error)]
#[error("--demo {0}: unknown scenario; {remedy}", remedy = remedy(.0))]
pub struct UnknownScenario(String);

/// Name and what happens, for `--demo SCENARIO`: the game days, then the others.
pub fn scenarios() -> impl Iterator<Item = (&'static str, &'static str)> {
    days::DAYS.into_iter().map(|day| (day.name, day.says)).chain(SCENARIOS.iter().copied())
}

/// The nearest scenario, or all of them.
fn remedy(name: &str) -> String {
    let names: Vec<&str> = scenarios().map(|(name, _)| name).collect();
    match nearest(name, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", names.join(", ")),
    }
}

/// What is played.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    pub name: &'static str,
    /// Services that there are besides.
    pub crowd: u32,
}

impl Scenario {
    /// # Errors
    /// There is no scenario of this name.
    pub fn by_name(scenario: &str) -> Result<Self, UnknownScenario> {
        let (word, crowd) = match scenario.strip_prefix("crowd:").map(str::parse) {
            Some(Ok(services)) => ("crowd", services),
            _ => (scenario, CROWD),
        };
        let (name, _) =
            scenarios().find(|(name, _)| *name == word).ok_or_else(|| UnknownScenario(scenario.to_string()))?;
        Ok(Self { name, crowd: if name == "crowd" { crowd } else { 0 } })
    }

    /// Nothing bad happens by itself, or nothing besides what is played.
    pub fn is_calm(&self) -> bool {
        ["calm", days::routine::NAME, "crowd"].contains(&self.name) || days::by_name(self.name).is_some()
    }
}
