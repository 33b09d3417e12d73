//! The three environments of Harbour Lines, a ferry operator that never was, and how time passes in them.

use crate::demo::prelude::*;

use super::KINDS;
use super::days::{self, Course};
use super::scenario::Scenario;

/// Profile, account, Region and stage.
const PLACES: [(&str, &str, &str, &str); 3] = [
    ("harbour-production", "417228905561", "eu-west-1", "production"),
    ("harbour-staging", "608815332204", "eu-west-1", "staging"),
    ("harbour-development", "331907764418", "eu-central-1", "development"),
];

/// All there is, second by second: the same for the same seed.
#[derive(Clone)]
pub struct World {
    start: Timestamp,
    pub estates: Vec<Estate>,
    /// One for each kind.
    rngs: Vec<Rng>,
    /// Seconds that were lived so far.
    lived: u64,
}

impl World {
    pub fn new(scenario: Scenario, start: Timestamp, seed: u64) -> Self {
        let mut rngs: Vec<Rng> = (seed..).take(KINDS.len()).map(Rng::with_seed).collect();
        let calm = scenario.is_calm();
        let mut estates: Vec<Estate> = (PLACES.iter())
            .map(|(profile, account, region, stage)| Place { profile, account, region, stage, calm })
            .map(|place| seeded(Estate::empty(place, scenario, start), &mut rngs))
            .collect();
        // A game day plays in production.
        estates[0].day = days::by_name(scenario.name).map(Course::new);
        Self { start, estates, rngs, lived: 0 }
    }

    /// Lives until so many seconds after the start.
    pub fn live(&mut self, until: u64) {
        while self.lived < until {
            self.lived += 1;
            let now = later(self.start, i64::try_from(self.lived).unwrap_or(i64::MAX));
            self.estates.iter_mut().for_each(|estate| step(estate, now, &mut self.rngs));
        }
    }

    /// The estate of a profile, and the chance of each kind.
    pub fn of(&mut self, profile: &str) -> Option<(&mut Estate, &mut [Rng])> {
        let estate = self.estates.iter_mut().find(|estate| estate.place.profile == profile)?;
        Some((estate, &mut self.rngs))
    }
}

fn seeded(mut estate: Estate, rngs: &mut [Rng]) -> Estate {
    let now = estate.begun;
    for (simulated, rng) in KINDS.iter().zip(rngs) {
        simulated.seed(&mut Moment { estate: &mut estate, now, rng });
    }
    KINDS.iter().for_each(|simulated| simulated.settle(&mut estate, now));
    estate
}

/// One second of an estate.
fn step(estate: &mut Estate, now: Timestamp, rngs: &mut [Rng]) {
    for (simulated, rng) in KINDS.iter().zip(&mut *rngs) {
        simulated.live(&mut Moment { estate, now, rng });
    }
    days::step(estate, now);
    days::routine::step(&mut Moment { estate, now, rng: &mut rngs[0] });
    for (simulated, rng) in KINDS.iter().zip(rngs) {
        simulated.step(&mut Moment { estate, now, rng });
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::demo::simulated_kind::{Refusal, View};
    use crate::domain::call::Call;
    use crate::domain::environment::Environment;
    use crate::domain::intent::Receipt;

    /// Production in a scenario, for tests that live it second by second.
    #[derive(Clone)]
    pub struct Production {
        world: World,
        pub env: Environment,
    }

    impl Production {
        pub fn new(scenario: &str) -> Self {
            let world = World::new(Scenario::by_name(scenario).unwrap(), "2026-03-04T02:40:00Z".parse().unwrap(), 7);
            let env = Environment::of_profile(world.estates[0].place.profile, None, None);
            Self { world, env }
        }

        pub fn now(&self) -> Timestamp {
            later(self.world.start, i64::try_from(self.world.lived).unwrap())
        }

        pub fn estate(&self) -> &Estate {
            &self.world.estates[0]
        }

        pub fn estate_mut(&mut self) -> &mut Estate {
            &mut self.world.estates[0]
        }

        pub fn view(&self) -> View<'_> {
            View { estate: self.estate(), env: &self.env, now: self.now() }
        }

        pub fn pass(&mut self, seconds: u64) {
            self.world.live(self.world.lived + seconds);
        }

        /// Asks for a change as the console does.
        pub fn ask(&mut self, call: &Call) -> Result<Receipt, Refusal> {
            let now = self.now();
            let World { estates, rngs, .. } = &mut self.world;
            crate::demo::perform(&mut estates[0], rngs, call, now).unwrap()
        }
    }
}
