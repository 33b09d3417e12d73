//! What is wrong with the answers of a service, by what its load balancers count.

use super::targets::is_suspect;
use crate::domain::format;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::resource::cast;
use crate::domain::rules::Limit;
use crate::domain::service::Service;
use crate::domain::text::Text;
use crate::kinds::metric::PATIENCE;
use crate::kinds::rule::{Evidence, Found, Rule, RuleInput, Symptom, Test, Verdict};
use crate::kinds::services::{SERVICES, metrics};
use crate::kinds::trend::{Crossed, Trend, Unseen, Why, crossing, trend};

/// Errors of a second below which a share of them says little.
const FEW: f64 = 0.05;

/// The rules, in the order of their ranks.
pub fn rules() -> Vec<Rule> {
    vec![
        Rule {
            id: "target-5xx",
            title: "5xx of the targets",
            rank: 30,
            means: "HTTPCode_Target_5XX_Count of all RequestCount of a target group",
            limit: Some(Limit { default: 2.0, unit: "%", range: (0.1, 100.0) }),
            symptom: Some(Symptom::Requests),
            explains_rules: &["latency", "cdn-5xx"],
            next: &[("logs", "what its tasks say: they answer these"), ("compare", "what changed in its revision")],
            ..Rule::of(Test::metrics(target_errors))
        },
        Rule {
            id: "balancer-5xx",
            title: "5xx of the balancer",
            rank: 31,
            means: "HTTPCode_ELB_5XX_Count: answers that no target gave",
            limit: Some(Limit { default: 0.2, unit: "a second", range: (0.01, 10_000.0) }),
            symptom: Some(Symptom::Requests),
            explains_rules: &["cdn-5xx"],
            next: &[("open", "how many of its targets are healthy, and whether they refuse connections")],
            ..Rule::of(Test::metrics(balancer_errors))
        },
        Rule {
            id: "latency",
            title: "slow answers",
            rank: 32,
            means: "TargetResponseTime p99 of a target group",
            limit: Some(Limit { default: 2.0, unit: "s", range: (0.05, 300.0) }),
            symptom: Some(Symptom::Requests),
            explains_rules: &["origin-slow"],
            next: &[("golden", "what is slow behind it: databases, caches"), ("logs", "what its tasks say")],
            ..Rule::of(Test::metrics(slow))
        },
    ]
}

/// Whether the metrics of its balancers have names yet: they are told by the target group.
///
/// # Errors
/// That they have none, and why.
fn known(service: &Service, input: &RuleInput, what: &'static str) -> Result<bool, Unseen> {
    let readings = input.context.readings();
    if service.target_groups.iter().all(|group| readings.has_balancers_of(group)) {
        return Ok(!service.target_groups.is_empty());
    }
    let fault = service.target_groups.iter().find_map(|group| readings.balancers_fault(group));
    let why = fault.map_or(Why::NotRead, |fault| Why::Failed(fault.clone()));
    Err(Unseen { what, why })
}

/// What was found of several parts. All are looked for before any is judged: one that is not read hides none that is
/// bad.
fn of_all<T>(told: impl Iterator<Item = Result<Option<T>, Unseen>>) -> Result<Vec<T>, Unseen> {
    let (mut found, mut unseen) = (Vec::new(), None);
    for one in told {
        match one {
            Ok(bad) => found.extend(bad),
            Err(why) => unseen = Some(why),
        }
    }
    if found.is_empty() { unseen.map_or(Ok(found), Err) } else { Ok(found) }
}

/// A share on the wrong side, with what it is a share of.
struct Share {
    group: String,
    errors: Trend,
    requests: Trend,
    crossed: Crossed,
}

fn target_errors(service: &Service, input: &RuleInput) -> Verdict {
    const WHAT: &str = "5xx of services";
    if !known(service, input, WHAT)? {
        return Ok(None);
    }
    let shares = metrics::answers(service, input.context.readings()).into_iter().map(|(group, errors, requests)| {
        let (errors, requests) = (trend(errors, input, WHAT), trend(requests, input, WHAT));
        let (errors, requests) = (errors?, requests?);
        let share = errors.by(&requests).times(100.0);
        // What nobody asks for any more is not wrong now.
        let is_now = |crossed: &Crossed| format::seconds_since(crossed.at, input.now) <= i64::from(PATIENCE) * 60;
        let Some(crossed) = share.crossed(|share| share > input.limit).filter(is_now) else { return Ok(None) };
        let is_few = errors.at(crossed.at).is_none_or(|errors| errors < FEW);
        Ok((!is_few).then_some(Share { group, errors, requests, crossed }))
    });
    let worst = of_all(shares)?.into_iter().min_by(|one, other| other.crossed.value.total_cmp(&one.crossed.value));
    Ok(worst.map(|share| share.found()))
}

impl Share {
    fn found(&self) -> Found {
        let Crossed { since, value, at } = self.crossed;
        let rate = |field, trend: &Trend| Some(Evidence::new(field, trend.words(trend.at(at)?), Some(at)));
        let what = format!("{value:.1} % of the answers of its tasks are errors (5xx)");
        Found::new(Health::Degraded, what, Some(since))
            .evidence([Evidence::new("share", format!("{value:.1} % of {}", self.group), Some(at))])
            .evidence(rate("HTTPCode_Target_5XX_Count", &self.errors))
            .evidence(rate("RequestCount", &self.requests))
    }
}

fn balancer_errors(service: &Service, input: &RuleInput) -> Verdict {
    const WHAT: &str = "balancer 5xx of services";
    if !known(service, input, WHAT)? {
        return Ok(None);
    }
    let say =
        |rate: &str, _| format!("its balancer answers {rate} errors (5xx) by itself: no target took these requests");
    let all = metrics::balancer_errors(service, input.context.readings()).into_iter().map(|(balancer, errors)| {
        let told = crossing(errors, input, (WHAT, "HTTPCode_ELB_5XX_Count"), |rate| rate > input.limit, say)?;
        Ok(told.filter(|_| speaks(service, &balancer, input)))
    });
    Ok(of_all(all)?.into_iter().next())
}

/// CloudWatch counts these for the balancer as a whole. Of the services that share it the one that is
/// unwell tells it, or the first by name: it is one trouble.
fn speaks(service: &Service, balancer: &Text, input: &RuleInput) -> bool {
    let readings = input.context.readings();
    // One of which not all balancers are known says nothing of any.
    let shares = |other: &&Service| {
        other.target_groups.iter().any(|group| readings.balancers(group).contains(balancer))
            && other.target_groups.iter().all(|group| readings.has_balancers_of(group))
    };
    let rows = input.context.rows(SERVICES);
    let all = rows.iter().filter_map(|row| Some((cast::<Service>(&**row.object)?, row.diagnosis)));
    let is_unwell = |(service, diagnosis): &(&Service, &Diagnosis)| {
        diagnosis.health.is_wrong() || is_suspect(service, input.now, readings)
    };
    let first = all.filter(|(other, _)| shares(other)).min_by_key(|other| (!is_unwell(other), &other.0.name));
    first.is_none_or(|(first, _)| first.id == service.id)
}

fn slow(service: &Service, input: &RuleInput) -> Verdict {
    const WHAT: &str = "response time of services";
    if !known(service, input, WHAT)? {
        return Ok(None);
    }
    let time = metrics::latency(service, input.context.readings());
    let say = |time: &str, _| format!("one of a hundred requests takes longer than {time}");
    match crossing(time, input, (WHAT, "TargetResponseTime p99"), |time| time > input.limit, say) {
        // Without a request there is no time of one.
        Err(Unseen { why: Why::Silent, .. }) => Ok(None),
        told => told,
    }
}
