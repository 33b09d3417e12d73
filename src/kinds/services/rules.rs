//! What is wrong with a service, by the signatures of a triage (the evidence of each stands with it).

use super::evidence;
use super::health;
use super::signature::{self, Signature};
use crate::domain::Timestamp;
use crate::domain::health::Health;
use crate::domain::record::What;
use crate::domain::service::{Deployment, Rollout, Service};
use crate::domain::task::Task;
use crate::domain::words;
use crate::kinds::triage::{Evidence, Found, Next, Rule, Sight};

/// A deployment older than this is not what went wrong now, in seconds.
const RECENT: i64 = 3600;

/// What the tasks' ends say, and what a bad deployment is the cause of.
const ENDS: &[&str] = &[
    "crash-loop",
    "out-of-memory",
    "image-pull",
    "secrets",
    "health-flapping",
    "no-capacity",
    "tasks-missing",
    "unhealthy-targets",
    "autoscaling-at-max",
    "alarm",
];

/// The rules, in the order of their ranks.
pub fn rules() -> Vec<Rule> {
    let of = |words, rank, explains, test| Rule::of::<Service>(words, rank, explains, test);
    vec![
        of(("bad-deploy", "bad deploy"), 1, ENDS, bad_deploy),
        of(("out-of-memory", "out of memory"), 2, &["alarm"], |s, at, sight| {
            ends(s, at, sight, &[Signature::OutOfMemory])
        }),
        of(("image-pull", "image cannot be pulled"), 3, &["alarm"], |s, at, sight| {
            ends(s, at, sight, &[Signature::ImagePull])
        }),
        of(("secrets", "start fails before the container"), 4, &["alarm"], |s, at, sight| {
            ends(s, at, sight, &[Signature::Initialization])
        }),
        of(("health-flapping", "health checks fail"), 5, &["alarm"], |s, at, sight| {
            ends(s, at, sight, &[Signature::Unhealthy])
        }),
        of(("no-capacity", "no capacity"), 6, &["alarm"], no_capacity),
        of(("crash-loop", "crash loop"), 7, &["alarm"], |s, at, sight| {
            ends(s, at, sight, &[Signature::Exited, Signature::Killed, Signature::SpotTaken, Signature::HostRetired])
        }),
        of(("tasks-missing", "tasks missing"), 8, &["alarm"], tasks_missing),
    ]
}

/// The tasks of a service that were seen to stop, newest first.
fn stopped<'a>(service: &Service, sight: &'a dyn Sight) -> impl Iterator<Item = &'a Task> {
    sight.recorded(&service.id).iter().filter_map(|record| match &record.what {
        What::Task(task) => Some(&**task),
        What::Event(_) | What::Deployment(_) => None,
    })
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
fn bad_deploy(service: &Service, at: Timestamp, sight: &dyn Sight) -> Option<Found> {
    let now = sight.now();
    let recent = |d: &&Deployment| d.created.is_some_and(|created| words::seconds_since(created, now) < RECENT);
    let failed = |d: &&Deployment| d.rollout == Some(Rollout::Failed) || d.failed > 0;
    let ends_of = |d: &Deployment| {
        let own = move |task: &&Task| task.started_by == d.id || task.task_definition == d.task_definition;
        signature::crash_loop(stopped(service, sight).filter(own), now)
    };
    // A deployment that brings no other revision is a restart, and no change.
    let is_change = |d: &&Deployment| {
        let others = service.deployments.iter().filter(|other| other.id != d.id);
        others.map(|other| &other.task_definition).all(|other| *other != d.task_definition)
    };
    let newest = service.deployments.iter().filter(recent).filter(is_change);
    let bad = newest.filter(|d| failed(d) || ends_of(d).is_some()).max_by_key(|d| d.created)?;
    let good = service.deployments.iter().filter(|d| d.id != bad.id).max_by_key(|d| d.running);
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
            format!("{}: {} of {} run", good.task_definition.short(), good.running, service.desired),
            good.created,
        ));
    }
    evidence.extend(last_end(stopped(service, sight)));
    let next = vec![
        Next::new("roll-back", "the revision before"),
        Next::new("compare", "what changed in it"),
        Next::new("logs", "what its tasks say"),
    ];
    let health = if service.running == 0 { Health::Down } else { Health::Degraded };
    Some(Found { health, what, since: bad.created, evidence, next })
}

/// The newest task that ended badly, in its own words.
fn last_end<'a>(mut stopped: impl Iterator<Item = &'a Task>) -> Option<Evidence> {
    let task = stopped.find(|task| evidence::end(task).failed)?;
    let short: String = task.id().chars().take(8).collect();
    Some(Evidence::new(format!("task {short}"), evidence::end(task).why, task.stopped))
}

/// Tasks of one revision that end again and again in one of these ways.
fn ends(service: &Service, at: Timestamp, sight: &dyn Sight, signs: &[Signature]) -> Option<Found> {
    let looped =
        signature::crash_loop(stopped(service, sight), sight.now()).filter(|found| signs.contains(&found.sign))?;
    let lately =
        |task: &&Task| task.stopped.is_some_and(|end| words::seconds_since(end, sight.now()) <= evidence::LOOP);
    let since = stopped(service, sight).filter(lately).filter(|task| signature::of(task).is_some());
    let since = since.filter_map(|task| task.stopped).min();
    let mut evidence =
        vec![Evidence::new("tasks", format!("{} of {} run", service.running, service.desired), Some(at))];
    evidence.extend(last_end(stopped(service, sight)));
    if let Some(primary) = service.primary() {
        // failedTasks is 0 again as soon as one of them ran.
        evidence.push(Evidence::new("failedTasks", primary.failed.to_string(), Some(at)));
    }
    let next = vec![Next::new("logs", looped.sign.next()), Next::new("open", "its tasks, one by one")];
    let health = if service.running == 0 { Health::Down } else { Health::Degraded };
    Some(Found { health, what: looped.why, since, evidence, next })
}

/// Stopped tasks say it, or the scheduler, whose message may be old and still true.
fn no_capacity(service: &Service, at: Timestamp, sight: &dyn Sight) -> Option<Found> {
    if let Some(found) = ends(service, at, sight, &[Signature::NoCapacity]) {
        return Some(found);
    }
    if service.running >= service.desired {
        return None;
    }
    let horizon = Timestamp::from_second(sight.now().as_second() - evidence::SUPPRESSED).ok()?;
    let (event, word) = evidence::trouble(service, horizon)?;
    (word == "cannot place").then(|| Found {
        health: if service.running == 0 { Health::Down } else { Health::Degraded },
        what: evidence::message(event).to_string(),
        since: event.at,
        evidence: vec![
            Evidence::new("event", evidence::message(event), event.at),
            Evidence::new("tasks", format!("{} of {} run", service.running, service.desired), Some(at)),
        ],
        next: vec![Next::new("open", Signature::NoCapacity.next())],
    })
}

/// Fewer run than are wanted, nothing is on its way, and the ends of tasks do not tell why.
fn tasks_missing(service: &Service, at: Timestamp, sight: &dyn Sight) -> Option<Found> {
    let state = health::state(service, sight.now());
    if !state.health.is_wrong() || service.running >= service.desired {
        return None;
    }
    let since = evidence::last_move(service).or_else(|| service.primary().and_then(|primary| primary.updated));
    let evidence = vec![
        Evidence::new("runningCount", service.running.to_string(), Some(at)),
        Evidence::new("desiredCount", service.desired.to_string(), Some(at)),
        Evidence::new("pendingCount", service.pending.to_string(), Some(at)),
    ];
    Some(Found {
        health: state.health,
        what: state.why,
        since,
        evidence,
        next: vec![Next::new("open", "its events and tasks")],
    })
}
