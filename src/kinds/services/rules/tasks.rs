//! What is wrong with the tasks of a service, by how they ended (the evidence of each stands with it).

use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::health::Health;
use crate::domain::record::What;
use crate::domain::service::Service;
use crate::domain::task::Task;
use crate::kinds::rule::{Evidence, Found, Rule, RuleContext, RuleInput, Symptom, Test};
use crate::kinds::services::evidence;
use crate::kinds::services::stop_reason::{self, Signature};
use crate::kinds::services::tabs::tasks::short_id;

/// The rules, in the order of their ranks.
pub fn rules() -> Vec<Rule> {
    vec![
        Rule {
            id: "out-of-memory",
            title: "out of memory",
            rank: 10,
            means: "tasks with the reason OutOfMemoryError, three within 10 min",
            ..ending(&[Signature::OutOfMemory])
        },
        Rule {
            id: "image-pull",
            title: "image cannot be pulled",
            rank: 11,
            means: "TaskFailedToStart with CannotPullContainerError, three within 10 min",
            ..ending(&[Signature::ImagePull])
        },
        Rule {
            id: "secrets",
            title: "start fails before the container",
            rank: 12,
            means: "ResourceInitializationError in stoppedReason, three within 10 min",
            ..ending(&[Signature::Initialization])
        },
        Rule {
            id: "no-capacity",
            title: "no capacity",
            rank: 13,
            means: "an event \"unable to place a task\", or three tasks within 10 min that found no capacity",
            ..of_tasks(Test::row(no_capacity))
        },
        Rule {
            id: "crash-loop",
            title: "crash loop",
            rank: 15,
            means: "EssentialContainerExited, three tasks of one revision within 10 min",
            symptom: Some(Symptom::Tasks),
            ..ending(&[Signature::Exited, Signature::Killed, Signature::SpotTaken, Signature::HostRetired])
        },
        Rule {
            id: "health-flapping",
            title: "health checks fail",
            rank: 16,
            means: "tasks stopped for \"failed … health checks\", three within 10 min",
            symptom: Some(Symptom::Tasks),
            ..ending(&[Signature::Unhealthy])
        },
        Rule {
            id: "tasks-missing",
            title: "tasks missing",
            rank: 17,
            means: "runningCount below desiredCount, and nothing on its way",
            symptom: Some(Symptom::Tasks),
            next: &[("open", "its events and tasks")],
            ..of_tasks(Test::row(tasks_missing))
        },
    ]
}

/// Where tasks end or do not start fewer targets answer, or none.
fn of_tasks(test: Test) -> Rule {
    Rule { explains: &[Symptom::Requests], explains_rules: &["tasks-missing"], ..Rule::of(test) }
}

/// Over tasks that end again and again in one of these ways.
fn ending(signs: &'static [Signature]) -> Rule {
    of_tasks(Test::row(move |service: &Service, input| ends(service, input, signs)))
}

/// The tasks of a service that were seen to stop, newest first.
pub(super) fn stopped<'a>(service: &Service, context: &'a dyn RuleContext) -> impl Iterator<Item = &'a Task> {
    context.recorded(&service.id).iter().filter_map(|record| match &record.what {
        What::Task(task) => Some(&**task),
        What::Event(_) | What::Deployment(_) => None,
    })
}

/// How many tasks run, as evidence.
pub(super) fn running(service: &Service, input: &RuleInput) -> Evidence {
    Evidence::new("tasks", format!("{} of {} run", service.running, service.desired), Some(input.at))
}

/// Down where none runs.
pub(super) fn health_by_running(service: &Service) -> Health {
    if service.running == 0 { Health::Down } else { Health::Degraded }
}

/// The newest task that ended badly, in its own words.
pub(super) fn last_end<'a>(mut stopped: impl Iterator<Item = &'a Task>) -> Option<Evidence> {
    let task = stopped.find(|task| evidence::end(task).failed)?;
    Some(Evidence::new(format!("task {}", short_id(task)), evidence::end(task).why, task.stopped))
}

/// All run, and none has ended for so long, in seconds: whatever it was is over.
const OVER: i64 = 180;

/// Tasks of one revision that end again and again in one of these ways. Those of a revision that is not
/// deployed any more are history.
fn ends(service: &Service, input: &RuleInput, signs: &[Signature]) -> Option<Found> {
    let RuleInput { at, now, context, .. } = *input;
    let deployed = |task: &&Task| service.deploys(&task.task_definition);
    let ended = || stopped(service, context).filter(deployed);
    let looped = stop_reason::crash_loop(ended(), now).filter(|found| signs.contains(&found.sign))?;
    let lately = |task: &&Task| task.stopped.is_some_and(|end| format::seconds_since(end, now) <= evidence::LOOP);
    let bad: Vec<Timestamp> =
        ended().filter(lately).filter(|task| stop_reason::of(task).is_some()).filter_map(|task| task.stopped).collect();
    let is_over = bad.iter().max().is_none_or(|last| format::seconds_since(*last, now) > OVER);
    if is_over && service.running >= service.desired {
        return None;
    }
    let since = bad.into_iter().min();
    let mut told = vec![running(service, input)];
    told.extend(last_end(stopped(service, context)));
    if let Some(primary) = service.primary() {
        // failedTasks is 0 again as soon as one of them ran.
        told.push(Evidence::new("failedTasks", primary.failed.to_string(), Some(at)));
    }
    let found = Found::new(health_by_running(service), looped.why, since).evidence(told);
    Some(found.next("logs", looped.sign.next()).next("open", "its tasks, one by one"))
}

/// Stopped tasks say it, or the scheduler, whose message may be old and still true.
fn no_capacity(service: &Service, input: &RuleInput) -> Option<Found> {
    if let Some(found) = ends(service, input, &[Signature::NoCapacity]) {
        return Some(found);
    }
    if service.running >= service.desired {
        return None;
    }
    let horizon = Timestamp::from_second(input.now.as_second() - evidence::SUPPRESSED).ok()?;
    let (event, word) = evidence::trouble(service, horizon)?;
    (word == "cannot place").then(|| {
        let what = evidence::message(event);
        let found = Found::new(health_by_running(service), what, event.at)
            .evidence([Evidence::new("event", what, event.at), running(service, input)]);
        found.next("open", Signature::NoCapacity.next())
    })
}

/// Fewer run than are wanted, nothing is on its way, and the ends of tasks do not tell why.
fn tasks_missing(service: &Service, input: &RuleInput) -> Option<Found> {
    if service.running >= service.desired {
        return None;
    }
    let diagnosis = input.diagnosis;
    if !diagnosis.health.is_wrong() {
        return None;
    }
    let since = evidence::last_move(service).or_else(|| service.primary().and_then(|primary| primary.updated));
    Some(Found::new(diagnosis.health, diagnosis.why.as_str(), since).evidence([
        Evidence::new("runningCount", service.running.to_string(), Some(input.at)),
        Evidence::new("desiredCount", service.desired.to_string(), Some(input.at)),
        Evidence::new("pendingCount", service.pending.to_string(), Some(input.at)),
    ]))
}
