//! What CloudWatch would tell of services, and of what sends to them.

use crate::demo::prelude::*;

use super::fleet::BALANCER;
use super::model::Service;
use super::{BOOKING, STARTS};

/// Five requests a minute come to a service, and one of them is bad.
pub const IDLE_TRAFFIC: Strain = Strain("idle traffic");

/// What a metric of ECS or of the load balancer tells; `None` for others.
pub fn curve<'a>(estate: &'a Estate, metric: &'a Metric, by: &[(&'a str, &'a str)]) -> Option<Curve<'a>> {
    Some(match (metric.namespace.as_str(), by) {
        ("AWS/ECS", [("ClusterName", cluster), ("ServiceName", name)]) => {
            let service = estate.ecs().services.get(&(cluster.to_string(), name.to_string()))?;
            let chance = Chance::of(name);
            Box::new(move |at| of_service(estate, (service, chance), metric, at))
        }
        ("AWS/ApplicationELB", [("LoadBalancer", BALANCER)]) => Box::new(|at| of_balancer(estate, metric, at)),
        ("AWS/ApplicationELB", [("LoadBalancer", BALANCER), ("TargetGroup", group)]) => {
            let own = |name: &str| estate.place.target_group(name).is_some_and(|arn| arn.ends_with(group));
            let service = estate.services().find(|service| own(&service.name))?;
            let chance = Chance::of(&service.name);
            Box::new(move |at| of_target_group(estate, (service, chance), metric, at))
        }
        _ => return None,
    })
}

fn of_service(estate: &Estate, (service, chance): (&Service, Chance), metric: &Metric, at: i64) -> Option<f64> {
    let (name, family) = (service.name.as_str(), family(&service.name));
    // ECS writes nothing for a service that has no task.
    if estate.memory.level(Strain::IDLE, family, at) > 0.0 {
        return None;
    }
    let felt = estate.memory.level(STARTS, family, at);
    let above = if metric.stat == "Maximum" { 4.0 + 9.0 * chance.own } else { 0.0 };
    let value = match metric.name.as_str() {
        "CPUUtilization" => (10.0 + 34.0 * chance.own) * day(at) * 1.6 + 3.0 * chance.noise(at) + 46.0 * felt,
        "MemoryUtilization" => {
            34.0 + 30.0 * chance.own + 1.2 * Chance::of(&format!("{name} memory")).noise(at) + 9.0 * felt
        }
        _ => return None,
    };
    Some((value + above).clamp(0.4, 100.0))
}

fn of_target_group(estate: &Estate, (service, chance): (&Service, Chance), metric: &Metric, at: i64) -> Option<f64> {
    let name = service.name.as_str();
    let felt = estate.memory.level(Strain::ERRORS, family(name), at);
    let is_idle = estate.memory.level(IDLE_TRAFFIC, family(name), at) > 0.0;
    let usual = (40.0 + 260.0 * chance.own) * day(at) * (1.0 + 0.06 * chance.noise(at));
    let requests = if is_idle { 5.0 / 60.0 } else { usual };
    let slow = 1.0 + 5.0 * felt + 0.15 * chance.noise(at);
    Some(match metric.name.as_str() {
        "RequestCount" => requests,
        "HTTPCode_Target_5XX_Count" if is_idle => 1.0 / 60.0,
        // Counts that are nothing are not written.
        "HTTPCode_Target_5XX_Count" if felt > 0.0 => requests * 0.31 * felt,
        "HTTPCode_Target_5XX_Count" if chance.at(at.div_euclid(60)) > 0.8 => 0.05,
        "TargetConnectionErrorCount" if felt > 0.0 => 4.0 * felt,
        "TargetResponseTime" if metric.stat == "p99" => 0.24 * slow,
        "TargetResponseTime" => 0.041 * slow,
        // Errors alone are no reason: what waits for others answers its health checks.
        "UnHealthyHostCount" => (2.0 * estate.memory.level(STARTS, family(name), at)).round(),
        _ => return None,
    })
}

fn of_balancer(estate: &Estate, metric: &Metric, at: i64) -> Option<f64> {
    let felt = estate.memory.unserved(BOOKING, at);
    (metric.name == "HTTPCode_ELB_5XX_Count" && felt > 0.0).then_some(2.4 * felt)
}
