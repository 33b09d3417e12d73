//! What application autoscaling did to services, and what it wanted and could not.

use crate::domain::prelude::*;

use std::collections::HashMap;

/// Why autoscaling did nothing although a policy asked for it (API model, NotScaledReason).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotScaled {
    /// AWS's code, `AlreadyAtMaxCapacity`.
    pub code: Text,
    pub min: Option<u32>,
    pub max: Option<u32>,
    pub current: Option<u32>,
}

impl NotScaled {
    pub fn is_at_max(&self) -> bool {
        self.code == "AlreadyAtMaxCapacity"
    }

    /// The code in a sentence (API model, NotScaledReason$Code; Application Auto Scaling guide, "Scaling
    /// activities").
    pub fn why(&self) -> String {
        let bound = |word: &str, bound: Option<u32>| match bound {
            Some(n) => format!("it is at its {word} of {n} already"),
            None => format!("it is at its {word} already"),
        };
        match self.code.as_str() {
            "AlreadyAtMaxCapacity" => bound("max", self.max),
            "AlreadyAtMinCapacity" => bound("min", self.min),
            "AlreadyAtDesiredCapacity" => match self.current {
                Some(n) => format!("it has the {n} that it is to have"),
                None => "it has what it is to have".into(),
            },
            "AutoScalingAnticipatedFlapping" => "it would have to scale back at once".into(),
            "TargetServicePutResourceAsUnscalable" => "ECS does not let it scale now, as in a deployment".into(),
            other => other.to_string(),
        }
    }
}

/// One scaling activity (API model, ScalingActivity).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScalingActivity {
    pub id: Text,
    /// `service/CLUSTER/NAME`.
    pub resource: Text,
    /// `Setting desired count to 5.`
    pub description: Text,
    /// `monitor alarm … in state ALARM triggered policy …`
    pub cause: Text,
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
    /// Pending, InProgress, Successful, Overridden, Unfulfilled, Failed.
    pub status: Text,
    pub message: Text,
    /// Not empty: nothing was scaled.
    pub not_scaled: Vec<NotScaled>,
}

impl ScalingActivity {
    /// The reason, where it stood at its max.
    pub fn at_max(&self) -> Option<&NotScaled> {
        self.not_scaled.iter().find(|reason| reason.is_at_max())
    }
}

/// Activities that are asked for at once: the newest (API model, MaxResults: 50 at most).
pub const PAGE: u8 = 50;

/// So many services have their activities kept by themselves.
const KEPT: usize = 20;

/// The activities that were read.
#[derive(Clone, Debug, Default)]
pub struct Scalings {
    /// The newest of all services, newest first.
    pub newest: Fetched<Vec<ScalingActivity>>,
    /// Of single services, by `service/CLUSTER/NAME`.
    of: HashMap<Text, Fetched<Vec<ScalingActivity>>>,
}

impl Scalings {
    /// What was read of one service alone.
    pub fn of(&self, resource: &str) -> Option<&Fetched<Vec<ScalingActivity>>> {
        self.of.get(resource)
    }

    /// All that are known; one that was read twice comes twice.
    pub fn all(&self) -> impl Iterator<Item = &ScalingActivity> {
        self.of.values().chain([&self.newest]).filter_map(Fetched::value).flatten()
    }

    /// The newest of one service, from whichever read is newer, newest first, and when that was.
    pub fn newest_of<'a>(&'a self, resource: &'a str) -> (Vec<&'a ScalingActivity>, Option<Timestamp>) {
        let own = self.of(resource).filter(|own| own.at() >= self.newest.at());
        let told = own.unwrap_or(&self.newest);
        let all = told.value().into_iter().flatten();
        (all.filter(|activity| activity.resource == *resource).collect(), told.at())
    }

    /// Files what was told of a service, or of all.
    pub fn accept(&mut self, resource: Option<&Text>, told: Result<Vec<ScalingActivity>, Fault>, now: Timestamp) {
        if self.of.len() >= KEPT && resource.is_some_and(|resource| !self.of.contains_key(resource)) {
            let oldest = self.of.values().map(Fetched::at).min().flatten();
            self.of.retain(|_, told| told.at() > oldest);
        }
        let fetched = match resource {
            Some(resource) => self.of.entry(resource.clone()).or_default(),
            None => &mut self.newest,
        };
        fetched.file(told, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn of(resource: &str, second: i64) -> ScalingActivity {
        ScalingActivity { resource: resource.into(), started: Some(at(second)), ..ScalingActivity::default() }
    }

    #[test]
    fn each_reason_of_aws_is_a_sentence() {
        let reason = |code: &str, n| NotScaled { code: code.into(), min: n, max: n, current: n };
        // API model, NotScaledReason$Code.
        for code in [
            "AutoScalingAnticipatedFlapping",
            "TargetServicePutResourceAsUnscalable",
            "AlreadyAtMaxCapacity",
            "AlreadyAtMinCapacity",
            "AlreadyAtDesiredCapacity",
        ] {
            for n in [None, Some(8)] {
                assert!(reason(code, n).why().contains(' '), "{code}");
            }
        }
        assert_eq!(reason("AlreadyAtMaxCapacity", Some(8)).why(), "it is at its max of 8 already");
        assert_eq!(reason("Odd", None).why(), "Odd");
    }

    #[test]
    fn the_newer_read_tells_of_a_service() {
        let mut scalings = Scalings::default();
        scalings.accept(Some(&"service/m/a".into()), Ok(vec![of("service/m/a", 1)]), at(10));
        assert_eq!(scalings.newest_of("service/m/a"), (vec![&of("service/m/a", 1)], Some(at(10))));
        scalings.accept(None, Ok(vec![of("service/m/b", 3), of("service/m/a", 2)]), at(20));
        assert_eq!(scalings.newest_of("service/m/a"), (vec![&of("service/m/a", 2)], Some(at(20))));
        assert_eq!(scalings.newest_of("service/m/c"), (vec![], Some(at(20))));
        for n in 0..3 * KEPT as i64 {
            scalings.accept(Some(&n.to_string().into()), Ok(vec![]), at(30 + n));
        }
        assert!(scalings.of.len() <= KEPT);
    }
}
