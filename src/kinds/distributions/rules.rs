//! What is wrong at the edge: errors that viewers see, and an origin that answers late.

use super::metrics;
use crate::domain::distribution::Distribution;
use crate::domain::rules::Limit;
use crate::kinds::rule::{Effect, Evidence, Rule, RuleInput, Symptom, Test, Verdict};
use crate::kinds::trend::{Unseen, Why, trend};

/// The rules, in the order of their ranks.
pub fn rules() -> Vec<Rule> {
    vec![
        Rule {
            id: "cdn-5xx",
            title: "errors at the CDN",
            rank: 33,
            means: "5xxErrorRate of a distribution",
            limit: Some(Limit { default: 1.0, unit: "%", range: (0.1, 100.0) }),
            symptom: Some(Symptom::Requests),
            effects: &[],
            test: Test::metrics(errors),
        },
        Rule {
            id: "origin-errors",
            title: "origin does not answer",
            rank: 34,
            means: "502ErrorRate and 504ErrorRate of a distribution (an extra that CloudFront bills)",
            limit: Some(Limit { default: 1.0, unit: "%", range: (0.1, 100.0) }),
            symptom: None,
            effects: &[Effect::Rule("cdn-5xx")],
            test: Test::metrics(origin_errors),
        },
        Rule {
            id: "origin-slow",
            title: "slow origin",
            rank: 35,
            means: "OriginLatency p99 of a distribution (an extra that CloudFront bills)",
            limit: Some(Limit { default: 3_000.0, unit: "ms", range: (50.0, 300_000.0) }),
            symptom: Some(Symptom::Requests),
            effects: &[Effect::Rule("cdn-5xx")],
            test: Test::metrics(slow),
        },
    ]
}

/// The origins as evidence.
fn origins(distribution: &Distribution, seen: &RuleInput) -> Vec<Evidence> {
    let of = |(id, host): &(_, crate::domain::text::Text)| {
        Evidence::new(format!("origin {id}"), host.as_str(), Some(seen.at))
    };
    distribution.origins.iter().map(of).collect()
}

fn errors(distribution: &Distribution, seen: &RuleInput) -> Verdict {
    let rate = trend(metrics::errors(distribution), seen, "5xx of distributions")?;
    Ok(rate.crossed(|rate| rate > seen.limit).map(|crossed| {
        let share = rate.words(crossed.value);
        let what = format!("{share} of all requests to {} end in an error (5xx)", distribution.known_as());
        let found = rate.found("5xxErrorRate", crossed, what).evidence(origins(distribution, seen));
        found.next("golden", "where on the way they come from: balancer, service, database").next("open", "its origins")
    }))
}

/// Metrics that are off where nobody pays for them are no gap in what is known.
fn extra<T>(told: Result<T, Unseen>) -> Result<Option<T>, Unseen> {
    match told {
        Err(Unseen { why: Why::Silent, .. }) => Ok(None),
        told => told.map(Some),
    }
}

fn origin_errors(distribution: &Distribution, seen: &RuleInput) -> Verdict {
    let told = trend(metrics::origin_errors(distribution), seen, "origin errors of distributions");
    let Some(rate) = extra(told)? else { return Ok(None) };
    Ok(rate.crossed(|rate| rate > seen.limit).map(|crossed| {
        let share = rate.words(crossed.value);
        let what = format!("its origin does not answer {share} of the requests, or not in time");
        let found = rate.found("502ErrorRate, 504ErrorRate", crossed, what).evidence(origins(distribution, seen));
        found.next("open", "its origins").next("golden", "whether the balancer and its targets answer")
    }))
}

fn slow(distribution: &Distribution, seen: &RuleInput) -> Verdict {
    let told = trend(metrics::origin_latency(distribution), seen, "origin latency of distributions");
    let Some(time) = extra(told)? else { return Ok(None) };
    Ok(time.crossed(|time| time > seen.limit).map(|crossed| {
        let what = format!("one of a hundred requests waits longer than {} for the origin", time.words(crossed.value));
        let found = time.found("OriginLatency p99", crossed, what).evidence(origins(distribution, seen));
        found.next("golden", "what is slow behind it")
    }))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{distribution, now};
    use super::*;
    use crate::diagnosis::fixtures::{Scene, prove};
    use crate::kinds::distributions::DISTRIBUTIONS;

    #[test]
    fn every_rule_finds_what_is_there_and_nothing_else() {
        let told = |glance: Option<_>, values: &[f64]| {
            Scene::at(now()).with(DISTRIBUTIONS, distribution()).told(glance, values)
        };
        let (errors, origin) = (metrics::errors(&distribution()), metrics::origin_errors(&distribution()));
        let latency = metrics::origin_latency(&distribution());
        prove(
            DISTRIBUTIONS,
            vec![
                ("cdn-5xx", told(errors.clone(), &[0.1, 4.0, 6.0]), told(errors, &[0.1, 0.2, 0.9])),
                ("origin-errors", told(origin.clone(), &[0.0, 3.0, 3.0]), told(origin, &[0.0, 0.1, 0.1])),
                ("origin-slow", told(latency.clone(), &[300.0, 4_000.0, 5_000.0]), told(latency, &[300.0; 3])),
            ],
        );
    }

    #[test]
    fn what_nobody_pays_for_is_no_gap_in_what_is_known() {
        let scene = Scene::at(now()).with(DISTRIBUTIONS, distribution());
        let silent = scene
            .told(metrics::origin_errors(&distribution()), &[])
            .told(metrics::origin_latency(&distribution()), &[]);
        let unread: Vec<String> = silent.look().unread.into_iter().map(|unread| unread.what).collect();
        assert_eq!(unread, ["5xx of distributions"]);
    }
}
