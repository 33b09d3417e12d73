//! Target groups of load balancers: how they check their targets, and what the checks say.

use crate::domain::prelude::*;

use std::collections::HashMap;

use strum::{EnumString, IntoStaticStr};

/// How the dimension of CloudWatch names a target group: by the tail of its ARN.
pub const TARGET_GROUP: &str = "targetgroup/";

/// The name of the load balancer that a host belongs to: that of an Application Load Balancer is its name, a number,
/// the Region (ELB guide, "Application Load Balancers": DNS name).
pub fn balancer_of(host: &str) -> Option<&str> {
    let host = host.strip_prefix("internal-").unwrap_or(host);
    let (label, _) = host.split_once('.').filter(|_| host.contains(".elb."))?;
    let (name, number) = label.rsplit_once('-')?;
    number.starts_with(|c: char| c.is_ascii_digit()).then_some(name)
}

/// What a target group is and how it checks (ELB API reference, TargetGroup).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupSettings {
    pub protocol: Text,
    pub port: Option<u16>,
    /// instance, ip, lambda, alb.
    pub target_type: Text,
    pub check: HealthCheck,
}

/// How a target is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthCheck {
    pub enabled: bool,
    pub protocol: Text,
    /// A number, or `traffic-port`: the one that the target serves at.
    pub port: Text,
    /// Empty where the protocol has none.
    pub path: Text,
    /// The codes that are good, `200-299`; empty where the protocol has none.
    pub matcher: Text,
    /// Seconds.
    pub interval: u32,
    /// Seconds.
    pub timeout: u32,
    /// So many in a row make a target healthy, or unhealthy.
    pub healthy: u32,
    pub unhealthy: u32,
}

/// A target's state in AWS's word (ELB API reference, TargetHealth$State).
#[derive(Clone, Debug, PartialEq, Eq, IntoStaticStr, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum TargetState {
    Initial,
    Healthy,
    Unhealthy,
    /// It fails its checks, and the balancer sends it nothing new.
    #[strum(serialize = "unhealthy.draining")]
    UnhealthyDraining,
    /// Nothing is sent to it.
    Unused,
    Draining,
    Unavailable,
    /// One that we do not know, in AWS's word.
    #[strum(default)]
    Other(Text),
}

impl TargetState {
    /// Of AWS's word.
    pub fn of(word: &str) -> Self {
        word.parse().unwrap_or_else(|_| Self::Other(word.into()))
    }

    pub fn word(&self) -> &str {
        match self {
            Self::Other(word) => word,
            known => known.into(),
        }
    }

    /// It fails its checks.
    pub fn is_unhealthy(&self) -> bool {
        matches!(self, Self::Unhealthy | Self::UnhealthyDraining)
    }
}

/// One target of a group, as the checks see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// An address, an instance, a function or a balancer, by the group's type.
    pub id: Text,
    pub port: Option<u16>,
    pub zone: Text,
    pub state: TargetState,
    /// AWS's code, `Target.ResponseCodeMismatch`; empty for a healthy one.
    pub reason: Text,
    /// What AWS says besides, `Health checks failed with these codes: [502]`.
    pub description: Text,
}

impl Target {
    /// Its code in a sentence; empty where AWS gave none. (ELB API reference, TargetHealth$Reason.)
    pub fn why(&self) -> &str {
        match (self.reason.as_str(), &self.state) {
            ("Elb.RegistrationInProgress", _) => "it is being registered",
            ("Elb.InitialHealthChecking", _) => "it has not been checked often enough yet",
            ("Target.ResponseCodeMismatch", _) => "it answers its health check with a wrong code",
            ("Target.Timeout", _) => "it does not answer its health check in time",
            ("Target.FailedHealthChecks", _) => {
                "it takes no connection for its health check, or its answer is malformed"
            }
            ("Elb.InternalError", TargetState::Unavailable) => "the balancer cannot tell its health: an error of AWS",
            ("Elb.InternalError", _) => "its health check fails by an error of AWS",
            ("Target.NotRegistered", _) => "it is not registered",
            ("Target.NotInUse", _) => "nothing is sent to its group, or its zone is not enabled for the balancer",
            ("Target.InvalidState", _) => "its instance is stopped or terminated",
            ("Target.IpUnusable", _) => "its address is in use by a load balancer",
            ("Target.DeregistrationInProgress", _) => "it is being deregistered; requests under way may end",
            ("Target.HealthCheckDisabled", _) => "health checks are switched off for its group",
            (other, _) => other,
        }
    }

    /// It is there to be sent something, well or not.
    pub fn counts(&self) -> bool {
        !matches!(self.state, TargetState::Draining | TargetState::Unused)
    }

    /// `10.0.1.5:8080`.
    pub fn address(&self) -> String {
        self.port.map_or_else(|| self.id.to_string(), |port| format!("{}:{port}", self.id))
    }
}

/// The name in a target group's ARN, `api` of `…:targetgroup/api/73e2d6bc24d8a067`.
pub fn group_name(arn: &str) -> &str {
    arn.rsplit('/').nth(1).unwrap_or(arn)
}

/// What is known of one target group; each piece has its own age and fault.
#[derive(Clone, Debug, Default)]
pub struct Group {
    pub settings: Fetched<GroupSettings>,
    pub targets: Fetched<Vec<Target>>,
}

/// Groups that are kept at most.
const KEPT: usize = 400;

/// The target groups that were read, by ARN.
#[derive(Clone, Debug, Default)]
pub struct Groups(HashMap<Text, Group>);

impl Groups {
    pub fn of(&self, arn: &Text) -> Option<&Group> {
        self.0.get(arn)
    }

    /// The targets of a group as they were last told, and when.
    pub fn targets(&self, arn: &Text) -> Option<(&[Target], Timestamp)> {
        let targets = &self.of(arn)?.targets;
        Some((targets.value()?, targets.at()?))
    }

    /// Files what was told of a group's targets.
    pub fn accept_targets(&mut self, arn: Text, told: Result<Vec<Target>, Fault>, now: Timestamp) {
        self.group(arn).targets.file(told, now);
    }

    /// Files what was told of a group's settings.
    pub fn accept_settings(&mut self, arn: Text, told: Result<GroupSettings, Fault>, now: Timestamp) {
        self.group(arn).settings.file(told, now);
    }

    /// A group to file something of. For a new one those that were not read for the longest time go, where
    /// there are too many.
    fn group(&mut self, arn: Text) -> &mut Group {
        if self.0.len() >= KEPT && !self.0.contains_key(&arn) {
            let read = |group: &Group| group.targets.at().max(group.settings.at());
            let mut all: Vec<_> = self.0.iter().map(|(arn, group)| (read(group), arn.clone())).collect();
            all.sort_unstable();
            // Half of it at once, so that it is not done at every answer.
            for (_, arn) in all.drain(..KEPT / 2) {
                self.0.remove(&arn);
            }
        }
        self.0.entry(arn).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::FaultKind;

    #[test]
    fn every_reason_of_aws_is_a_sentence_and_a_new_one_is_told_as_it_is() {
        let target = |reason: &str, state| Target {
            id: "10.0.0.1".into(),
            port: Some(80),
            zone: "".into(),
            state,
            reason: reason.into(),
            description: "".into(),
        };
        // ELB API reference, TargetHealth$Reason.
        for reason in [
            "Elb.RegistrationInProgress",
            "Elb.InitialHealthChecking",
            "Elb.InternalError",
            "Target.ResponseCodeMismatch",
            "Target.Timeout",
            "Target.FailedHealthChecks",
            "Target.NotRegistered",
            "Target.NotInUse",
            "Target.InvalidState",
            "Target.IpUnusable",
            "Target.DeregistrationInProgress",
            "Target.HealthCheckDisabled",
        ] {
            let said = target(reason, TargetState::Unhealthy).why().to_string();
            assert!(said.contains(' ') && !said.contains('.'), "{reason}: {said}");
        }
        assert_eq!(target("Target.OnFire", TargetState::Unhealthy).why(), "Target.OnFire");
        assert_eq!(target("", TargetState::Healthy).why(), "");
        let (one, other) = (TargetState::Unhealthy, TargetState::Unavailable);
        assert_ne!(target("Elb.InternalError", one).why(), target("Elb.InternalError", other).why());
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        let words =
            ["initial", "healthy", "unhealthy", "unhealthy.draining", "unused", "draining", "unavailable", "odd"];
        for word in words {
            assert_eq!(TargetState::of(word).word(), word);
        }
        assert_eq!(group_name("arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/api/73e2"), "api");
        assert_eq!(group_name("api"), "api");
    }

    #[test]
    fn a_fault_of_one_piece_leaves_the_other_and_what_is_kept_has_an_end() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut groups = Groups::default();
        let denied = Fault::new(FaultKind::TimedOut, "x", "late");
        groups.accept_settings("a".into(), Ok(GroupSettings::default()), at(1));
        groups.accept_targets("a".into(), Ok(vec![]), at(2));
        groups.accept_targets("a".into(), Err(denied), at(3));
        let group = groups.of(&"a".into()).unwrap();
        assert!(group.settings.fault().is_none() && group.targets.fault().is_some());
        assert_eq!(groups.targets(&"a".into()), Some((&[][..], at(2))));
        for n in 0..2 * KEPT as i64 {
            groups.accept_targets(n.to_string().into(), Ok(vec![]), at(10 + n));
        }
        assert!(groups.0.len() <= KEPT && groups.of(&(2 * KEPT - 1).to_string().into()).is_some());
        assert!(groups.of(&"a".into()).is_none());
    }
}
