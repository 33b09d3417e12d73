//! An alarm's condition in words: `CPU of service api > 80 % for 3 of 3 × 1m`.

use super::related_resource::{plain_name, related_to};
use crate::domain::alarm::{Condition, Watched};
use crate::domain::format;
use crate::domain::metric::Metric;
use crate::domain::target_health::TARGET_GROUP;
use crate::kinds;
use crate::kinds::kind::RelatedResource;
use crate::kinds::metric::Unit;

/// What people call a metric, and what its numbers count; its own name and a bare number where
/// nothing stands here.
const METRICS: &[(&str, &str, Unit)] = &[
    ("CPUUtilization", "CPU", Unit::Percent),
    ("EngineCPUUtilization", "engine CPU", Unit::Percent),
    ("MemoryUtilization", "memory", Unit::Percent),
    ("DatabaseMemoryUsagePercentage", "memory", Unit::Percent),
    ("DatabaseConnections", "connections", Unit::Count),
    ("CurrConnections", "connections", Unit::Count),
    ("FreeStorageSpace", "free storage", Unit::Bytes),
    ("FreeLocalStorage", "free local storage", Unit::Bytes),
    ("FreeableMemory", "free memory", Unit::Bytes),
    ("SwapUsage", "swap", Unit::Bytes),
    ("ReadLatency", "read latency", Unit::Seconds),
    ("WriteLatency", "write latency", Unit::Seconds),
    ("ReplicaLag", "replica lag", Unit::Seconds),
    ("ReplicationLag", "replica lag", Unit::Seconds),
    ("BurstBalance", "burst balance", Unit::Percent),
    ("CacheHitRate", "hit rate", Unit::Percent),
    ("Evictions", "evictions", Unit::Count),
    ("RunningTaskCount", "running tasks", Unit::Count),
    ("TargetResponseTime", "response time", Unit::Seconds),
    ("HTTPCode_Target_5XX_Count", "5xx of the targets", Unit::Count),
    ("HTTPCode_ELB_5XX_Count", "5xx of the balancer", Unit::Count),
    ("HTTPCode_Target_4XX_Count", "4xx of the targets", Unit::Count),
    ("UnHealthyHostCount", "unhealthy targets", Unit::Count),
    ("HealthyHostCount", "healthy targets", Unit::Count),
    ("RequestCount", "requests", Unit::Count),
    ("RequestCountPerTarget", "requests a target", Unit::Count),
    ("5xxErrorRate", "5xx", Unit::Percent),
    ("4xxErrorRate", "4xx", Unit::Percent),
];

fn known(metric: &Metric) -> Option<&'static (&'static str, &'static str, Unit)> {
    // A metric of the house may be called like one of AWS and count something else.
    let of_aws = metric.namespace.starts_with("AWS/") || metric.namespace == "ECS/ContainerInsights";
    METRICS.iter().find(|(name, ..)| of_aws && metric.name == *name)
}

/// What a metric's numbers count.
pub fn unit(metric: &Metric) -> Unit {
    known(metric).map_or(Unit::Count, |(.., unit)| *unit)
}

/// `p99 response time`, `max CPU`; the average and the sum go without saying.
pub fn metric_words(metric: &Metric) -> String {
    let name = known(metric).map_or(metric.name.as_str(), |(_, words, _)| words);
    match metric.stat.as_str() {
        "" | "Average" | "Sum" => name.to_string(),
        "Maximum" => format!("max {name}"),
        "Minimum" => format!("min {name}"),
        "SampleCount" => format!("samples of {name}"),
        other => format!("{other} {name}"),
    }
}

/// What people call the kind of a subject.
pub fn noun((kind, name): &RelatedResource) -> &'static str {
    match kinds::kind(*kind) {
        _ if name.starts_with(TARGET_GROUP) => "target group",
        Some(kind) => kind.noun(),
        None => kind.0,
    }
}

/// `service api`; where no resource that is listed is named, the dimensions themselves.
pub fn resource_words(metric: &Metric) -> String {
    match related_to(&metric.dimensions) {
        Some(subject) => format!("{} {}", noun(&subject), plain_name(&subject)),
        None => metric.dimensions.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(" "),
    }
}

/// `> 80 % for 3 of 3 × 1m`.
pub fn condition_words(condition: &Condition, metric: Option<&Metric>) -> String {
    let unit = metric.map_or(Unit::Count, unit);
    let compared = match (condition.comparison.as_str(), condition.threshold) {
        ("GreaterThanThreshold", Some(value)) => format!("> {}", unit.exactly(value)),
        ("GreaterThanOrEqualToThreshold", Some(value)) => format!("≥ {}", unit.exactly(value)),
        ("LessThanThreshold", Some(value)) => format!("< {}", unit.exactly(value)),
        ("LessThanOrEqualToThreshold", Some(value)) => format!("≤ {}", unit.exactly(value)),
        ("GreaterThanUpperThreshold", _) => "above its band".to_string(),
        ("LessThanLowerThreshold", _) => "below its band".to_string(),
        ("LessThanLowerOrGreaterThanUpperThreshold", _) => "outside its band".to_string(),
        (other, Some(value)) => format!("{other} {}", unit.exactly(value)),
        (other, None) => other.to_string(),
    };
    let (some, all) = condition.datapoints;
    match (all, condition.period) {
        (0, _) => compared,
        (_, 0) => format!("{compared} for {some} of {all}"),
        (_, period) => format!("{compared} for {some} of {all} × {}", format::span(period.into())),
    }
}

/// The whole condition in one line.
pub fn what(watched: &Watched) -> String {
    match watched {
        Watched::Metric(metric, condition) => {
            let (name, resource) = (metric_words(metric), resource_words(metric));
            let of = if resource.is_empty() { name } else { format!("{name} of {resource}") };
            format!("{of} {}", condition_words(condition, Some(metric)))
        }
        Watched::Expression(text, _, condition) => format!("{text} {}", condition_words(condition, None)),
        Watched::Query(text, condition) => format!("log query {text} {}", condition_words(condition, None)),
        Watched::Rule(rule) => rule.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(metric: Metric, comparison: &str, threshold: Option<f64>, datapoints: (u32, u32), period: u32) -> String {
        let (comparison, missing) = (comparison.into(), "missing".into());
        what(&Watched::Metric(metric, Condition { comparison, threshold, period, datapoints, missing }))
    }

    #[test]
    fn a_condition_is_said_in_words() {
        let cpu =
            Metric::new("AWS/ECS", "CPUUtilization", "Average", &[("ClusterName", "main"), ("ServiceName", "api")]);
        assert_eq!(
            told(cpu, "GreaterThanThreshold", Some(80.0), (3, 3), 60),
            "CPU of service api > 80 % for 3 of 3 × 1m"
        );
        let free = Metric::new("AWS/RDS", "FreeStorageSpace", "Minimum", &[("DBInstanceIdentifier", "main")]);
        let said = told(free, "LessThanOrEqualToThreshold", Some(10.5 * f64::from(1 << 30)), (1, 1), 300);
        assert_eq!(said, "min free storage of database main ≤ 10.5 GiB for 1 of 1 × 5m");
        let groups = [("LoadBalancer", "app/web/2c3d"), ("TargetGroup", "targetgroup/api/0a1b")];
        let slow = Metric::new("AWS/ApplicationELB", "TargetResponseTime", "p99", &groups);
        let said = told(slow, "GreaterThanOrEqualToThreshold", Some(0.25), (2, 3), 60);
        assert_eq!(said, "p99 response time of target group api ≥ 250 ms for 2 of 3 × 1m");
        // What is not known is told as AWS tells it.
        let queue = Metric::new("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", &[("QueueName", "jobs")]);
        let said = told(queue, "GreaterThanUpperThreshold", None, (2, 2), 60);
        assert_eq!(said, "max ApproximateAgeOfOldestMessage of jobs above its band for 2 of 2 × 1m");
        let own = Metric::new("Shop", "FreeStorageSpace", "Average", &[]);
        assert_eq!(told(own, "LessThanThreshold", Some(4096.0), (1, 1), 60), "FreeStorageSpace < 4096 for 1 of 1 × 1m");
    }
}
