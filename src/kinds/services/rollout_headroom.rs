//! How much room a deployment configuration leaves for a rollout: AWS rounds the minimum up and
//! the maximum down, so small services can be stuck for ever (ECS guide, service event messages).

use crate::domain::service::Service;

/// The task counts between which a rollout moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub desired: u32,
    pub minimum: u32,
    pub maximum: u32,
}

impl Room {
    /// The room of a service; `None` where AWS did not tell the percentages, or where another
    /// strategy than rolling starts a whole second set of tasks.
    pub fn of(service: &Service) -> Option<Self> {
        if !matches!(service.strategy.as_str(), "" | "ROLLING") {
            return None;
        }
        Some(Self::new(service.desired, service.minimum_healthy?, service.maximum?))
    }

    pub fn new(desired: u32, minimum_percent: u32, maximum_percent: u32) -> Self {
        let of = |percent: u32| u64::from(desired) * u64::from(percent);
        let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Self { desired, minimum: count(of(minimum_percent).div_ceil(100)), maximum: count(of(maximum_percent) / 100) }
    }

    /// Whether a task can be stopped before, or started beside, the ones that run.
    pub fn rolls(&self) -> bool {
        self.desired == 0 || self.minimum < self.desired || self.maximum > self.desired
    }

    /// What it means in words, with the remedy when nothing can move.
    pub fn words(&self) -> String {
        let Self { desired, minimum, maximum } = *self;
        match self {
            _ if desired == 0 => "no task to roll".into(),
            _ if !self.rolls() => {
                let percent = (u64::from(desired) + 1).saturating_mul(100).div_ceil(u64::from(desired));
                format!("min {minimum}, max {maximum}: no room to roll: raise maximum to {percent}")
            }
            _ if minimum >= desired => format!("min {minimum}, max {maximum}: new tasks start before old ones stop"),
            _ if maximum <= desired => format!("min {minimum}, max {maximum}: old tasks stop before new ones start"),
            _ => format!("min {minimum}, max {maximum} tasks while it rolls"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_decides_whether_it_rolls() {
        for (desired, min, max, rolls, words) in [
            (5, 100, 200, true, "min 5, max 10: new tasks start before old ones stop"),
            (1, 100, 100, false, "min 1, max 1: no room to roll: raise maximum to 200"),
            (2, 75, 125, false, "min 2, max 2: no room to roll: raise maximum to 150"),
            (2, 50, 100, true, "min 1, max 2: old tasks stop before new ones start"),
            (4, 75, 125, true, "min 3, max 5 tasks while it rolls"),
            (3, 100, 120, false, "min 3, max 3: no room to roll: raise maximum to 134"),
            (0, 100, 100, true, "no task to roll"),
        ] {
            let room = Room::new(desired, min, max);
            assert_eq!((room.rolls(), room.words().as_str()), (rolls, words), "{desired} {min}/{max}");
        }
        assert!(Room::new(3, 100, 134).rolls(), "the remedy must work");
    }
}
