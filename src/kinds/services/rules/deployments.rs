//! What is wrong with a deployment of a service: a new revision that fails.

use super::tasks::{health_by_running, last_end, stopped};
use crate::domain::format;
use crate::domain::rules::Limit;
use crate::domain::service::{Deployment, Rollout, Service};
use crate::domain::task::Task;
use crate::kinds::rule::{Evidence, Found, Rule, RuleInput, Symptom, Test};
use crate::kinds::services::{recorded, stop_reason};

/// The rule. What a bad revision does besides: its tasks end, and what they ask for again and again is busier.
pub fn rules() -> Vec<Rule> {
    vec![Rule {
        id: "bad-deploy",
        title: "bad deploy",
        rank: 1,
        means: "a new deployment, its rollout FAILED or its tasks ending again and again",
        limit: Some(Limit { default: 60.0, unit: "min", range: (5.0, 1_440.0) }),
        explains: &[Symptom::Requests, Symptom::DatabaseLoad],
        explains_rules: &[
            "tasks-missing",
            "crash-loop",
            "out-of-memory",
            "image-pull",
            "secrets",
            "health-flapping",
            "no-capacity",
        ],
        next: &[
            ("roll-back", "roll it back to the revision before"),
            ("compare", "what changed in it"),
            ("logs", "what its tasks say"),
        ],
        ..Rule::of(Test::row(bad_deploy))
    }]
}

fn word(rollout: Option<Rollout>) -> &'static str {
    match rollout {
        Some(Rollout::InProgress) => "IN_PROGRESS",
        Some(Rollout::Completed) => "COMPLETED",
        Some(Rollout::Failed) => "FAILED",
        None => "not told",
    }
}

/// A new deployment, and tasks of its revision that fail. AWS's own rollback of it is told, as long as
/// the failed deployment is there.
fn bad_deploy(service: &Service, seen: &RuleInput) -> Option<Found> {
    let RuleInput { at, now, context, limit, .. } = *seen;
    let known = recorded::all_deployments(service, context.recorded(&service.id));
    // What was deployed before is not what went wrong now.
    let recent = |d: &Deployment| d.created.is_some_and(|at| (format::seconds_since(at, now) as f64) < limit * 60.0);
    let failed = |d: &&Deployment| d.rollout == Some(Rollout::Failed) || d.failed > 0;
    let ends_of = |d: &Deployment| {
        let own = move |task: &&Task| task.started_by == d.id || task.task_definition == d.task_definition;
        stop_reason::crash_loop(stopped(service, context).filter(own), now)
    };
    // A deployment that brings no other revision is a restart, and no change: that is the first of its
    // revision, behind one of another.
    let introduced = |d: &Deployment| {
        let place = known.iter().position(|other| other.id == d.id)?;
        let is_other = |other: &&Deployment| other.task_definition != d.task_definition;
        match known[..place].iter().rposition(is_other) {
            Some(before) => Some(known[before + 1]),
            None => (place == 0).then_some(known[place]),
        }
    };
    let is_bad = |d: &&Deployment| failed(d) || ends_of(d).is_some();
    let bad = service.deployments.iter().filter(is_bad).filter_map(|d| Some((d, introduced(d)?)));
    let (bad, change) = bad.filter(|(_, change)| recent(change)).max_by_key(|(d, _)| d.created)?;
    let others = service.deployments.iter().filter(|d| d.task_definition != bad.task_definition);
    let good = others.max_by_key(|d| d.running);
    let looped = ends_of(bad);
    let mut what = format!("{} was deployed and fails", bad.task_definition.short());
    if let Some(looped) = &looped {
        what = format!("{what}: {}", looped.why);
    } else if !bad.rollout_reason.is_empty() && bad.rollout == Some(Rollout::Failed) {
        what = format!("{what}: {}", bad.rollout_reason);
    }
    let mut evidence = vec![
        Evidence::new("deployment", format!("{} {}", bad.task_definition.short(), bad.status), bad.created),
        Evidence::new("rolloutState", word(bad.rollout), bad.updated),
        Evidence::new(
            "tasks",
            format!("{} of {} run, {} failed in a row", bad.running, bad.desired, bad.failed),
            Some(at),
        ),
    ];
    if let Some(good) = good {
        evidence.push(Evidence::new(
            "before",
            match good.running {
                0 => format!("{}, of which no task is left", good.task_definition.short()),
                n => {
                    format!(
                        "{}, of which {} still run",
                        good.task_definition.short(),
                        format::count(n as usize, "task")
                    )
                }
            },
            good.created,
        ));
    }
    evidence.extend(last_end(stopped(service, context)));
    Some(Found::new(health_by_running(service), what, change.created).evidence(evidence))
}
