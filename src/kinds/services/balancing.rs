//! What is wrong between a service's load balancers and its tasks, by what the balancers count.

use super::rules_balancing::is_suspect;
use super::{SERVICES, health, metrics};
use crate::domain::health::Health;
use crate::domain::resource::cast;
use crate::domain::service::Service;
use crate::domain::text::Text;
use crate::kinds::triage::course::{Course, Crossed, Unseen, Why, course};
use crate::kinds::triage::{Evidence, Found, Rule, Seen, Verdict};

/// Errors of a second below which a share of them says little.
const FEW: f64 = 0.05;

/// The rules, after those of tasks and deployments.
pub fn rules() -> Vec<Rule> {
    vec![
        Rule::measured(
            ("target-5xx", "5xx of the targets"),
            30,
            "HTTPCode_Target_5XX_Count of all RequestCount of a target group",
            target_errors,
        )
        .limit(2.0, "%", (0.1, 100.0))
        .explains(&["latency", "cdn-5xx"]),
        Rule::measured(
            ("balancer-5xx", "5xx of the balancer"),
            31,
            "HTTPCode_ELB_5XX_Count: answers that no target gave",
            balancer_errors,
        )
        .limit(0.2, "a second", (0.01, 10_000.0))
        .explains(&["cdn-5xx"]),
        Rule::measured(("latency", "slow answers"), 32, "TargetResponseTime p99 of a target group", slow)
            .limit(2.0, "s", (0.05, 300.0))
            .explains(&["origin-slow"]),
    ]
}

/// Whether the metrics of its balancers have names yet: they are told by the target group.
///
/// # Errors
/// That they have none, and why.
fn known(service: &Service, seen: &Seen, what: &'static str) -> Result<bool, Unseen> {
    let readings = seen.sight.readings();
    if service.target_groups.iter().all(|group| readings.has_balancers_of(group)) {
        return Ok(!service.target_groups.is_empty());
    }
    let fault = service.target_groups.iter().find_map(|group| readings.balancers_fault(group));
    let why = fault.map_or(Why::NotRead, |fault| Why::Failed(fault.to_string()));
    Err(Unseen { what, why })
}

fn target_errors(service: &Service, seen: &Seen) -> Verdict {
    const WHAT: &str = "5xx of services";
    if !known(service, seen, WHAT)? {
        return Ok(None);
    }
    let mut worst: Option<(String, Course, Course, Crossed)> = None;
    for (group, errors, requests) in metrics::answers(service, seen.sight.readings()) {
        let (errors, requests) = (course(errors, seen, WHAT)?, course(requests, seen, WHAT)?);
        let share = errors.by(&requests).times(100.0);
        let Some(crossed) = share.crossed(|share| share > seen.limit) else { continue };
        let is_few = errors.newest().is_none_or(|(_, errors)| errors < FEW);
        if !is_few && worst.as_ref().is_none_or(|(.., known)| known.value < crossed.value) {
            worst = Some((group, errors, requests, crossed));
        }
    }
    Ok(worst.map(|(group, errors, requests, crossed)| {
        let rate = |course: &Course| course.newest().map(|(at, value)| (course.words(value), at));
        let mut told = vec![Evidence::new("share", format!("{:.1} % of {group}", crossed.value), Some(crossed.at))];
        told.extend(rate(&errors).map(|(v, at)| Evidence::new("HTTPCode_Target_5XX_Count", v, Some(at))));
        told.extend(rate(&requests).map(|(v, at)| Evidence::new("RequestCount", v, Some(at))));
        let what = format!("{:.1} % of the answers of its tasks are errors (5xx)", crossed.value);
        let found = Found::new(Health::Degraded, what, Some(crossed.since)).evidence(told);
        found.next("logs", "what its tasks say: they answer these").next("compare", "what changed in its revision")
    }))
}

fn balancer_errors(service: &Service, seen: &Seen) -> Verdict {
    const WHAT: &str = "balancer 5xx of services";
    if !known(service, seen, WHAT)? {
        return Ok(None);
    }
    let Some(glance) = metrics::balancer_errors(service, seen.sight.readings()) else { return Ok(None) };
    let errors = course(Some(glance), seen, WHAT)?;
    let crossed = errors.crossed(|rate| rate > seen.limit).filter(|_| speaks(service, seen));
    Ok(crossed.map(|crossed| {
        let rate = errors.words(crossed.value);
        let what = format!("its balancer answers {rate} errors (5xx) by itself: no target took these requests");
        let found = Found::new(Health::Degraded, what, Some(crossed.since));
        let found = found.evidence([Evidence::new("HTTPCode_ELB_5XX_Count", rate, Some(crossed.at))]);
        found.next("open", "how many of its targets are healthy, and whether they refuse connections")
    }))
}

/// CloudWatch counts these for the balancer as a whole. Of the services that share it the one that is
/// unwell tells it, or the first by name: it is one trouble.
fn speaks(service: &Service, seen: &Seen) -> bool {
    let readings = seen.sight.readings();
    let balancers = |service: &Service| -> Vec<&Text> {
        service.target_groups.iter().flat_map(|group| readings.balancers(group)).collect()
    };
    let own = balancers(service);
    let rows = seen.sight.rows(SERVICES);
    let shares = |other: &&Service| balancers(other).iter().any(|balancer| own.contains(balancer));
    let all = rows.iter().filter_map(|(object, _)| cast::<Service>(&***object)).filter(shares);
    let is_unwell = |service: &Service| {
        health::state(service, seen.now).health.is_wrong() || is_suspect(service, seen.now, readings)
    };
    all.min_by_key(|other| (!is_unwell(other), &other.name)).is_none_or(|first| first.id == service.id)
}

fn slow(service: &Service, seen: &Seen) -> Verdict {
    const WHAT: &str = "response time of services";
    if !known(service, seen, WHAT)? {
        return Ok(None);
    }
    let Some(glance) = metrics::latency(service, seen.sight.readings()) else { return Ok(None) };
    let time = match course(Some(glance), seen, WHAT) {
        // Without a request there is no time of one.
        Err(Unseen { why: Why::Silent, .. }) => return Ok(None),
        told => told?,
    };
    Ok(time.crossed(|time| time > seen.limit).map(|crossed| {
        let p99 = time.words(crossed.value);
        let mut told = vec![Evidence::new("TargetResponseTime p99", p99.clone(), Some(crossed.at))];
        told.extend(time.usual(crossed.since).map(|usual| Evidence::new("before", time.words(usual), None)));
        let what = format!("one of a hundred requests takes longer than {p99}");
        let found = Found::new(Health::Degraded, what, Some(crossed.since)).evidence(told);
        found.next("golden", "what is slow behind it: databases, caches").next("logs", "what its tasks say")
    }))
}
