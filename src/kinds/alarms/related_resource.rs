//! Which resource an alarm is about, by the dimensions of what it watches, and what it says of it.

use super::ALARMS;
use crate::domain::alarm::{Alarm, AlarmState, Watched};
use crate::domain::environment::Scope;
use crate::domain::metric::Metric;
use crate::domain::target_health::TARGET_GROUP;
use crate::domain::text::Text;
use crate::kinds;
use crate::kinds::kind::{Line, RelatedResource, Watch};

/// The resource of a metric: its kind, and a name that it is known by there. `None` where the
/// dimensions name none that midwatch lists, as those of an account's total or of a queue.
///
/// A target group is one of its service's names; a balancer alone serves whom its listeners say, and
/// a cluster without a service all of its services.
pub fn related_to(dimensions: &[(Text, Text)]) -> Option<RelatedResource> {
    kinds::registry().find_map(|kind| Some((kind.id(), kind.named_by(dimensions)?)))
}

/// What an alarm says of what it watches.
pub fn watch(alarm: &Alarm) -> Watch<'_> {
    let line = match &alarm.watched {
        Watched::Metric(metric, condition) => condition.threshold.map(|value| {
            let is_upper = condition.comparison.starts_with("GreaterThan");
            Line { metric, value, period: condition.period, is_upper }
        }),
        _ => None,
    };
    let whole = |metric: &&Metric| !metric.dimensions.iter().any(|(name, _)| name == "TargetGroup");
    let dimensions = alarm.watched.metrics().iter().filter(whole).flat_map(|metric| &metric.dimensions);
    let balancers = dimensions.filter(|(name, _)| name == "LoadBalancer").map(|(_, value)| value).collect();
    let rings = match alarm.state {
        AlarmState::Alarm => Some(true),
        AlarmState::Ok => Some(false),
        AlarmState::InsufficientData => None,
    };
    Watch { rings, scales: alarm.scaling(), balancers, line }
}

/// What an alarm is about: the resources of its metrics, or the alarms of its rule.
pub fn subjects(alarm: &Alarm) -> Vec<RelatedResource> {
    if let Watched::Rule(_) = alarm.watched {
        return alarm.watched.children().into_iter().map(|name| (ALARMS, name)).collect();
    }
    let mut subjects: Vec<RelatedResource> =
        alarm.watched.metrics().iter().filter_map(|metric| related_to(&metric.dimensions)).collect();
    subjects.dedup();
    subjects
}

/// What people call a subject: the service without its cluster, the target group without its id.
pub fn plain_name((_, name): &RelatedResource) -> &str {
    match name.strip_prefix(TARGET_GROUP) {
        Some(group) => group.split('/').next().unwrap_or_default(),
        None => name.rsplit('/').next().unwrap_or_default(),
    }
}

/// Whether an alarm belongs to a scope, as far as names tell: by its own, or by that of a resource
/// that it is about, or of an alarm that its rule names. What is excluded by name is out, and so is
/// what is about services of other clusters alone.
pub fn belongs(scope: &Scope, alarm: &Alarm) -> bool {
    let subjects = subjects(alarm);
    let elsewhere = |(kind, name): &RelatedResource| {
        let cluster = kinds::kind(*kind).and_then(|kind| kind.part_of(name));
        cluster.is_some_and(|cluster| !scope.admits_cluster(&cluster))
    };
    if !subjects.is_empty() && subjects.iter().all(elsewhere) {
        return false;
    }
    let own = alarm.name.as_str();
    scope.admits_name(own) || subjects.iter().any(|subject| scope.admits_names([own, plain_name(subject)]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::kinds::alarms::tests::{alarm, of_service, rule};

    fn of(dimensions: &[(&str, &str)]) -> Option<(&'static str, String)> {
        let metric = Metric::new("any", "any", "Average", dimensions);
        related_to(&metric.dimensions).map(|(kind, name)| (kind.0, name.to_string()))
    }

    #[test]
    fn dimensions_name_the_resource() {
        for (dimensions, kind, name) in [
            (&[("ServiceName", "api"), ("ClusterName", "main")][..], "services", "main/api"),
            // Container Insights adds the task definition's family.
            (&[("ClusterName", "main"), ("ServiceName", "api"), ("TaskDefinitionFamily", "f")], "services", "main/api"),
            (
                &[("TargetGroup", "targetgroup/api/0a1b"), ("LoadBalancer", "app/web/2c3d")],
                "services",
                "targetgroup/api/0a1b",
            ),
            (&[("DBInstanceIdentifier", "main")], "databases", "main"),
            (&[("DBClusterIdentifier", "main"), ("Role", "WRITER")], "databases", "main"),
            (&[("CacheClusterId", "web-001"), ("CacheNodeId", "0001")], "caches", "web-001"),
            (&[("ReplicationGroupId", "web")], "caches", "web"),
            (&[("clusterId", "search")], "caches", "search"),
            (&[("DistributionId", "E2QWRU"), ("Region", "Global")], "distributions", "E2QWRU"),
        ] {
            assert_eq!(of(dimensions), Some((kind, name.to_string())), "{dimensions:?}");
        }
    }

    #[test]
    fn what_is_not_listed_is_not_guessed() {
        for dimensions in [
            &[][..],
            // AWS/RDS by engine or class: a total over many.
            &[("EngineName", "postgres")],
            &[("ClusterName", "main")],
            &[("ServiceName", "api")],
            &[("LoadBalancer", "app/web/2c3d")],
            &[("QueueName", "jobs")],
            &[("AutoScalingGroupName", "workers")],
        ] {
            assert_eq!(of(dimensions), None, "{dimensions:?}");
        }
    }

    #[test]
    fn an_alarm_belongs_with_what_it_is_about() {
        let scope = |include: &[&str], exclude: &[&str], clusters: &[&str]| {
            let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
            Scope::new(&owned(include), &owned(exclude), &owned(clusters), &BTreeMap::new()).unwrap()
        };
        let scaling = of_service("TargetTracking-service/main/shop-api-AlarmLow-1f", "main", "shop-api");
        let cpu = of_service("cpu-high", "main", "shop-api");
        let other = of_service("cpu-high-2", "jobs", "billing");
        let both = rule("outage", "ALARM(shop-5xx) OR ALARM(billing)");
        let total = alarm("shop-budget");
        let shop = scope(&["shop-*"], &[], &[]);
        for (alarm, belongs_to_it) in [(&scaling, true), (&cpu, true), (&other, false), (&both, true), (&total, true)] {
            assert_eq!(belongs(&shop, alarm), belongs_to_it, "{}", alarm.name);
        }
        assert!(!belongs(&scope(&[], &["cpu-*"], &[]), &cpu), "excluded by its own name");
        assert!(!belongs(&scope(&["shop-*"], &["shop-api"], &[]), &cpu), "excluded by the service's");
        let main = scope(&[], &[], &["main"]);
        assert!(belongs(&main, &cpu) && !belongs(&main, &other) && belongs(&main, &total));
        let everything = Scope::default();
        assert!([&scaling, &cpu, &other, &both, &total].into_iter().all(|alarm| belongs(&everything, alarm)));
    }
}
