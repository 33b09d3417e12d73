//! What is wrong at the edge: errors that viewers see, and an origin that answers late.

use super::metrics;
use crate::domain::distribution::Distribution;
use crate::domain::rules::Limit;
use crate::domain::text::Text;
use crate::kinds::rule::{Evidence, Rule, RuleInput, Symptom, Test, Verdict};
use crate::kinds::trend::{Unseen, Why, crossing};

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
            next: &[
                ("golden", "where on the way they come from: balancer, service, database"),
                ("open", "its origins"),
            ],
            ..Rule::of(Test::metrics(errors))
        },
        Rule {
            id: "origin-errors",
            title: "origin does not answer",
            rank: 34,
            means: "502ErrorRate and 504ErrorRate of a distribution (an extra that CloudFront bills)",
            limit: Some(Limit { default: 1.0, unit: "%", range: (0.1, 100.0) }),
            explains_rules: &["cdn-5xx"],
            next: &[("open", "its origins"), ("golden", "whether the balancer and its targets answer")],
            ..Rule::of(Test::metrics(origin_errors))
        },
        Rule {
            id: "origin-slow",
            title: "slow origin",
            rank: 35,
            means: "OriginLatency p99 of a distribution (an extra that CloudFront bills)",
            limit: Some(Limit { default: 3_000.0, unit: "ms", range: (50.0, 300_000.0) }),
            symptom: Some(Symptom::Requests),
            explains_rules: &["cdn-5xx"],
            next: &[("golden", "what is slow behind it")],
            ..Rule::of(Test::metrics(slow))
        },
    ]
}

/// With the origins as evidence.
fn with_origins(verdict: Verdict, distribution: &Distribution, input: &RuleInput) -> Verdict {
    let of = |(id, host): &(_, Text)| Evidence::new(format!("origin {id}"), host.as_str(), Some(input.at));
    Ok(verdict?.map(|found| found.evidence(distribution.origins.iter().map(of))))
}

/// Metrics that are off where nobody pays for them are no gap in what is known.
fn extra(verdict: Verdict) -> Verdict {
    match verdict {
        Err(Unseen { why: Why::Silent, .. }) => Ok(None),
        told => told,
    }
}

fn errors(distribution: &Distribution, input: &RuleInput) -> Verdict {
    let say = |share: &str, _| format!("{share} of all requests to {} end in an error (5xx)", distribution.known_as());
    let names = ("5xx of distributions", "5xxErrorRate");
    let told = crossing(metrics::errors(distribution), input, names, |rate| rate > input.limit, say);
    with_origins(told, distribution, input)
}

fn origin_errors(distribution: &Distribution, input: &RuleInput) -> Verdict {
    let say = |share: &str, _| format!("its origin does not answer {share} of the requests, or not in time");
    let names = ("origin errors of distributions", "502ErrorRate, 504ErrorRate");
    let told = crossing(metrics::origin_errors(distribution), input, names, |rate| rate > input.limit, say);
    with_origins(extra(told), distribution, input)
}

fn slow(distribution: &Distribution, input: &RuleInput) -> Verdict {
    let say = |time: &str, _| format!("one of a hundred requests waits longer than {time} for the origin");
    let names = ("origin latency of distributions", "OriginLatency p99");
    let told = crossing(metrics::origin_latency(distribution), input, names, |time| time > input.limit, say);
    with_origins(extra(told), distribution, input)
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
