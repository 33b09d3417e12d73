//! What is wrong with the answers of a service, by what its load balancers count.

use super::targets::is_suspect;
use crate::domain::format;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::resource::cast;
use crate::domain::rules::Limit;
use crate::domain::service::Service;
use crate::domain::text::Text;
use crate::kinds::metric::PATIENCE;
use crate::kinds::rule::{Effect, Evidence, Found, Rule, RuleInput, Symptom, Test, Verdict};
use crate::kinds::services::{SERVICES, metrics};
use crate::kinds::trend::{Crossed, Trend, Unseen, Why, trend};

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
            effects: &[Effect::Rule("latency"), Effect::Rule("cdn-5xx")],
            test: Test::metrics(target_errors),
        },
        Rule {
            id: "balancer-5xx",
            title: "5xx of the balancer",
            rank: 31,
            means: "HTTPCode_ELB_5XX_Count: answers that no target gave",
            limit: Some(Limit { default: 0.2, unit: "a second", range: (0.01, 10_000.0) }),
            symptom: Some(Symptom::Requests),
            effects: &[Effect::Rule("cdn-5xx")],
            test: Test::metrics(balancer_errors),
        },
        Rule {
            id: "latency",
            title: "slow answers",
            rank: 32,
            means: "TargetResponseTime p99 of a target group",
            limit: Some(Limit { default: 2.0, unit: "s", range: (0.05, 300.0) }),
            symptom: Some(Symptom::Requests),
            effects: &[Effect::Rule("origin-slow")],
            test: Test::metrics(slow),
        },
    ]
}

/// Whether the metrics of its balancers have names yet: they are told by the target group.
///
/// # Errors
/// That they have none, and why.
fn known(service: &Service, seen: &RuleInput, what: &'static str) -> Result<bool, Unseen> {
    let readings = seen.context.readings();
    if service.target_groups.iter().all(|group| readings.has_balancers_of(group)) {
        return Ok(!service.target_groups.is_empty());
    }
    let fault = service.target_groups.iter().find_map(|group| readings.balancers_fault(group));
    let why = fault.map_or(Why::NotRead, |fault| Why::Failed(fault.to_string()));
    Err(Unseen { what, why })
}

/// A share on the wrong side, with what it is a share of.
struct Share {
    group: String,
    errors: Trend,
    requests: Trend,
    crossed: Crossed,
}

fn target_errors(service: &Service, seen: &RuleInput) -> Verdict {
    const WHAT: &str = "5xx of services";
    if !known(service, seen, WHAT)? {
        return Ok(None);
    }
    // All are looked for before any is judged: one that is not read hides none that is bad.
    let all: Vec<_> = metrics::answers(service, seen.context.readings())
        .into_iter()
        .map(|(group, errors, requests)| (group, trend(errors, seen, WHAT), trend(requests, seen, WHAT)))
        .collect();
    let mut unseen = None;
    let mut worst: Option<Share> = None;
    for (group, errors, requests) in all {
        let (errors, requests) = match (errors, requests) {
            (Ok(errors), Ok(requests)) => (errors, requests),
            (Err(why), _) | (_, Err(why)) => {
                unseen = Some(why);
                continue;
            }
        };
        let share = errors.by(&requests).times(100.0);
        // What nobody asks for any more is not wrong now.
        let is_now = |crossed: &Crossed| format::seconds_since(crossed.at, seen.now) <= i64::from(PATIENCE) * 60;
        let Some(crossed) = share.crossed(|share| share > seen.limit).filter(is_now) else { continue };
        let is_few = errors.at(crossed.at).is_none_or(|errors| errors < FEW);
        if !is_few && worst.as_ref().is_none_or(|worst| worst.crossed.value < crossed.value) {
            worst = Some(Share { group, errors, requests, crossed });
        }
    }
    match (worst, unseen) {
        (Some(worst), _) => Ok(Some(worst.found())),
        (None, Some(unseen)) => Err(unseen),
        (None, None) => Ok(None),
    }
}

impl Share {
    fn found(&self) -> Found {
        let Crossed { since, value, at } = self.crossed;
        let rate = |field, trend: &Trend| Some(Evidence::new(field, trend.words(trend.at(at)?), Some(at)));
        let what = format!("{value:.1} % of the answers of its tasks are errors (5xx)");
        let found = Found::new(Health::Degraded, what, Some(since))
            .evidence([Evidence::new("share", format!("{value:.1} % of {}", self.group), Some(at))])
            .evidence(rate("HTTPCode_Target_5XX_Count", &self.errors))
            .evidence(rate("RequestCount", &self.requests));
        found.next("logs", "what its tasks say: they answer these").next("compare", "what changed in its revision")
    }
}

fn balancer_errors(service: &Service, seen: &RuleInput) -> Verdict {
    const WHAT: &str = "balancer 5xx of services";
    if !known(service, seen, WHAT)? {
        return Ok(None);
    }
    let all: Vec<_> = metrics::balancer_errors(service, seen.context.readings())
        .into_iter()
        .map(|(balancer, errors)| (balancer, trend(errors, seen, WHAT)))
        .collect();
    let mut unseen = None;
    for (balancer, errors) in all {
        let errors = match errors {
            Ok(errors) => errors,
            Err(why) => {
                unseen = Some(why);
                continue;
            }
        };
        let Some(crossed) = errors.crossed(|rate| rate > seen.limit) else { continue };
        if speaks(service, &balancer, seen) {
            let rate = errors.words(crossed.value);
            let what = format!("its balancer answers {rate} errors (5xx) by itself: no target took these requests");
            let found = errors.found("HTTPCode_ELB_5XX_Count", crossed, what);
            let next = "how many of its targets are healthy, and whether they refuse connections";
            return Ok(Some(found.next("open", next)));
        }
    }
    unseen.map_or(Ok(None), Err)
}

/// CloudWatch counts these for the balancer as a whole. Of the services that share it the one that is
/// unwell tells it, or the first by name: it is one trouble.
fn speaks(service: &Service, balancer: &Text, seen: &RuleInput) -> bool {
    let readings = seen.context.readings();
    // One of which not all balancers are known says nothing of any.
    let shares = |other: &&Service| {
        other.target_groups.iter().any(|group| readings.balancers(group).contains(balancer))
            && other.target_groups.iter().all(|group| readings.has_balancers_of(group))
    };
    let rows = seen.context.rows(SERVICES);
    let all = rows.iter().filter_map(|row| Some((cast::<Service>(&**row.object)?, row.diagnosis)));
    let is_unwell = |(service, diagnosis): &(&Service, &Diagnosis)| {
        diagnosis.health.is_wrong() || is_suspect(service, seen.now, readings)
    };
    let first = all.filter(|(other, _)| shares(other)).min_by_key(|other| (!is_unwell(other), &other.0.name));
    first.is_none_or(|(first, _)| first.id == service.id)
}

fn slow(service: &Service, seen: &RuleInput) -> Verdict {
    const WHAT: &str = "response time of services";
    if !known(service, seen, WHAT)? {
        return Ok(None);
    }
    let Some(glance) = metrics::latency(service, seen.context.readings()) else { return Ok(None) };
    let time = match trend(Some(glance), seen, WHAT) {
        // Without a request there is no time of one.
        Err(Unseen { why: Why::Silent, .. }) => return Ok(None),
        told => told?,
    };
    Ok(time.crossed(|time| time > seen.limit).map(|crossed| {
        let what = format!("one of a hundred requests takes longer than {}", time.words(crossed.value));
        let found = time.found("TargetResponseTime p99", crossed, what);
        found.next("golden", "what is slow behind it: databases, caches").next("logs", "what its tasks say")
    }))
}
