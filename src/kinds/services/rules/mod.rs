//! What is wrong with a service, by the signatures of a triage (the evidence of each stands with it).

mod responses;
mod scaling;
mod targets;

pub use targets::is_suspect;

use super::evidence;
use super::health;
use super::recorded;
use super::stop_reason::{self, Signature};
use super::tabs::tasks::short_id;
use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::health::Health;
use crate::domain::record::What;
use crate::domain::service::{Deployment, Rollout, Service};
use crate::domain::task::Task;
use crate::kinds::rule::{Evidence, Found, REQUESTS, Rule, RuleContext, RuleInput};

/// What a bad revision does besides: its tasks end, and what they ask for again and again is busier.
const ENDS: &[&str] = &[
    "crash-loop",
    "out-of-memory",
    "image-pull",
    "secrets",
    "health-flapping",
    "no-capacity",
    "connections",
    "db-cpu",
];

/// The rules: of tasks and deployments, then of what stands beside them.
pub fn rules() -> Vec<Rule> {
    // Where tasks end fewer targets answer, or none.
    let of = |words, rank, means, test| {
        Rule::of::<Service>(words, rank, means, test).explains(REQUESTS).explains(&["tasks-missing"])
    };
    let mut rules = vec![
        of(
            ("bad-deploy", "bad deploy"),
            1,
            "a new deployment, its rollout FAILED or its tasks ending again and again",
            bad_deploy,
        )
        .limit(60.0, "min", (5.0, 1_440.0))
        .explains(ENDS),
        of(
            ("out-of-memory", "out of memory"),
            10,
            "tasks with the reason OutOfMemoryError, three within 10 min",
            |s, seen| ends(s, seen, &[Signature::OutOfMemory]),
        ),
        of(
            ("image-pull", "image cannot be pulled"),
            11,
            "TaskFailedToStart with CannotPullContainerError, three within 10 min",
            |s, seen| ends(s, seen, &[Signature::ImagePull]),
        ),
        of(
            ("secrets", "start fails before the container"),
            12,
            "ResourceInitializationError in stoppedReason, three within 10 min",
            |s, seen| ends(s, seen, &[Signature::Initialization]),
        ),
        of(
            ("no-capacity", "no capacity"),
            13,
            "an event \"unable to place a task\", or three tasks within 10 min that found no capacity",
            no_capacity,
        ),
        of(
            ("crash-loop", "crash loop"),
            15,
            "EssentialContainerExited, three tasks of one revision within 10 min",
            |s, seen| {
                ends(s, seen, &[Signature::Exited, Signature::Killed, Signature::SpotTaken, Signature::HostRetired])
            },
        ),
        of(
            ("health-flapping", "health checks fail"),
            16,
            "tasks stopped for \"failed … health checks\", three within 10 min",
            |s, seen| ends(s, seen, &[Signature::Unhealthy]),
        ),
        of(
            ("tasks-missing", "tasks missing"),
            17,
            "runningCount below desiredCount, and nothing on its way",
            tasks_missing,
        ),
    ];
    rules.extend(targets::rules());
    rules.extend(scaling::rules());
    rules.extend(responses::rules());
    rules
}

/// The tasks of a service that were seen to stop, newest first.
fn stopped<'a>(service: &Service, context: &'a dyn RuleContext) -> impl Iterator<Item = &'a Task> {
    context.recorded(&service.id).iter().filter_map(|record| match &record.what {
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
    let found = Found::new(of_running(service), what, change.created).evidence(evidence);
    let found = found.next("roll-back", "roll it back to the revision before");
    Some(found.next("compare", "what changed in it").next("logs", "what its tasks say"))
}

fn of_running(service: &Service) -> Health {
    if service.running == 0 { Health::Down } else { Health::Degraded }
}

/// The newest task that ended badly, in its own words.
fn last_end<'a>(mut stopped: impl Iterator<Item = &'a Task>) -> Option<Evidence> {
    let task = stopped.find(|task| evidence::end(task).failed)?;
    Some(Evidence::new(format!("task {}", short_id(task)), evidence::end(task).why, task.stopped))
}

/// All run, and none has ended for so long, in seconds: whatever it was is over.
const OVER: i64 = 180;

/// Tasks of one revision that end again and again in one of these ways. Those of a revision that is not
/// deployed any more are history.
fn ends(service: &Service, seen: &RuleInput, signs: &[Signature]) -> Option<Found> {
    let RuleInput { at, now, context, .. } = *seen;
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
    let mut told = vec![Evidence::new("tasks", format!("{} of {} run", service.running, service.desired), Some(at))];
    told.extend(last_end(stopped(service, context)));
    if let Some(primary) = service.primary() {
        // failedTasks is 0 again as soon as one of them ran.
        told.push(Evidence::new("failedTasks", primary.failed.to_string(), Some(at)));
    }
    let found = Found::new(of_running(service), looped.why, since).evidence(told);
    Some(found.next("logs", looped.sign.next()).next("open", "its tasks, one by one"))
}

/// Stopped tasks say it, or the scheduler, whose message may be old and still true.
fn no_capacity(service: &Service, seen: &RuleInput) -> Option<Found> {
    if let Some(found) = ends(service, seen, &[Signature::NoCapacity]) {
        return Some(found);
    }
    if service.running >= service.desired {
        return None;
    }
    let horizon = Timestamp::from_second(seen.now.as_second() - evidence::SUPPRESSED).ok()?;
    let (event, word) = evidence::trouble(service, horizon)?;
    (word == "cannot place").then(|| {
        let what = evidence::message(event);
        let found = Found::new(of_running(service), what, event.at).evidence([
            Evidence::new("event", what, event.at),
            Evidence::new("tasks", format!("{} of {} run", service.running, service.desired), Some(seen.at)),
        ]);
        found.next("open", Signature::NoCapacity.next())
    })
}

/// Fewer run than are wanted, nothing is on its way, and the ends of tasks do not tell why.
fn tasks_missing(service: &Service, seen: &RuleInput) -> Option<Found> {
    if service.running >= service.desired {
        return None;
    }
    let state = health::state(service, seen.now);
    if !state.health.is_wrong() {
        return None;
    }
    let since = evidence::last_move(service).or_else(|| service.primary().and_then(|primary| primary.updated));
    let found = Found::new(state.health, state.why, since).evidence([
        Evidence::new("runningCount", service.running.to_string(), Some(seen.at)),
        Evidence::new("desiredCount", service.desired.to_string(), Some(seen.at)),
        Evidence::new("pendingCount", service.pending.to_string(), Some(seen.at)),
    ]);
    Some(found.next("open", "its events and tasks"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::fixtures::{Scene, prove, steady_then};
    use crate::domain::text::Text;
    use crate::kinds::services::fixtures::{ago, event, now, rollout, service, stopped as ended};
    use crate::kinds::services::{SERVICES, metrics};

    const GROUP: &str = "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/api/73e2";

    fn scene(service: Service) -> Scene {
        Scene::at(now()).with(SERVICES, service)
    }

    /// One task less than wanted runs, and these ended lately.
    fn after(ends: Vec<Task>) -> Scene {
        let service = Service { running: 1, ..service(2) };
        let id = service.id.clone();
        scene(service).recorded(&id, ends.into_iter().map(|task| What::Task(Box::new(task))))
    }

    /// Three ends of one way within ten minutes.
    fn looped(end: impl Fn(&mut Task)) -> Scene {
        let task = |seconds| {
            let mut task = Task { task_definition: service(1).task_definition, ..ended(seconds) };
            end(&mut task);
            task
        };
        after([30, 90, 150].map(task).into())
    }

    fn never_started(reason: &'static str) -> Scene {
        looped(move |task| {
            (task.stop_code, task.stopped_reason, task.started) = ("TaskFailedToStart".into(), reason.into(), None);
            task.containers[0].exit_code = None;
        })
    }

    fn unhealthy() -> Scene {
        looped(|task| {
            task.stop_code = "ServiceSchedulerInitiated".into();
            task.stopped_reason = "Task failed ELB health checks in (target-group x)".into();
            task.containers[0].exit_code = Some(143);
        })
    }

    fn balanced() -> Scene {
        let service = Service { target_groups: vec![GROUP.into()], ..service(2) };
        let mut scene = scene(service);
        scene.readings.accept_balancers(&[], Ok(vec![(GROUP.into(), vec![Text::from("app/web/50dc")])]), now());
        scene
    }

    fn errors(share: f64) -> Scene {
        let scene = balanced();
        let service = Service { target_groups: vec![GROUP.into()], ..service(2) };
        let (_, errors, requests) = metrics::answers(&service, &scene.readings).remove(0);
        scene.told(errors, &steady_then(0.0, &[100.0 * share; 3])).told(requests, &steady_then(100.0, &[100.0; 3]))
    }

    fn of_balancer(value: f64) -> Scene {
        let scene = balanced();
        let service = Service { target_groups: vec![GROUP.into()], ..service(2) };
        let (_, glance) = metrics::balancer_errors(&service, &scene.readings).remove(0);
        scene.told(glance, &steady_then(0.0, &[value; 3]))
    }

    fn slow(seconds: f64) -> Scene {
        let scene = balanced();
        let service = Service { target_groups: vec![GROUP.into()], ..service(2) };
        let glance = metrics::latency(&service, &scene.readings);
        scene.told(glance, &steady_then(0.2, &[seconds; 3]))
    }

    #[test]
    fn every_rule_finds_what_is_there_and_nothing_else() {
        let mut failing = rollout(4, 0, 4, 120);
        failing.deployments[0].failed = 3;
        let mut old = rollout(4, 0, 4, 7_200);
        old.deployments[0].failed = 3;
        let short = |message: &str| {
            let service = Service { running: 1, ..service(2) };
            scene(Service { events: vec![event(60, message)], ..service })
        };
        let placed =
            "(service api) was unable to place a task because no container instance met all of its requirements.";
        let wanted = |task: &mut Task| {
            task.stop_code = "ServiceSchedulerInitiated".into();
            task.stopped_reason = "Scaling activity initiated by (deployment ecs-svc/two)".into();
        };
        let mut cases = targets::tests::scenes();
        cases.extend(scaling::tests::scenes());
        cases.extend([
            ("bad-deploy", scene(failing), scene(old)),
            ("out-of-memory", looped(|t| t.containers[0].reason = "OutOfMemoryError: x".into()), looped(|_| {})),
            (
                "image-pull",
                never_started("CannotPullContainerError: pull image manifest: not found"),
                never_started("ResourceInitializationError: unable to pull secrets"),
            ),
            (
                "secrets",
                never_started("ResourceInitializationError: unable to pull secrets"),
                never_started("CannotPullContainerError: pull image manifest: not found"),
            ),
            ("no-capacity", short(placed), short("(service api) has started 1 tasks: (task x).")),
            ("crash-loop", looped(|_| {}), looped(wanted)),
            ("health-flapping", unhealthy(), looped(wanted)),
            ("tasks-missing", scene(Service { running: 0, ..service(2) }), scene(service(2))),
            ("target-5xx", errors(0.3), errors(0.01)),
            ("balancer-5xx", of_balancer(3.0), of_balancer(0.01)),
            ("latency", slow(4.0), slow(1.0)),
        ]);
        prove(SERVICES, cases);
    }

    #[test]
    fn what_was_mended_is_no_loop_any_more() {
        let ends = |seconds: [i64; 3], n: u64, running: u32| {
            let service = Service { running, ..service(2) };
            let id = service.id.clone();
            let revision = service.task_definition.at(n);
            let tasks = seconds.map(|seconds| Task { task_definition: revision.clone(), ..ended(seconds) });
            scene(service).recorded(&id, tasks.map(|task| What::Task(Box::new(task)))).found("crash-loop")
        };
        assert!(ends([30, 90, 150], 42, 2).is_some(), "it may look steady between two ends");
        assert_eq!(ends([200, 260, 320], 42, 2), None);
        assert!(ends([200, 260, 320], 42, 1).is_some(), "one is missing still");
        assert_eq!(ends([30, 90, 150], 43, 2), None, "nobody runs that revision any more");
    }

    #[test]
    fn how_long_a_deployment_counts_is_set() {
        let mut failing = rollout(4, 0, 4, 7_200);
        failing.deployments[0].failed = 3;
        let mut scene = scene(failing);
        assert_eq!(scene.found("bad-deploy"), None);
        scene.settings.set("bad-deploy", crate::domain::rules::Setting::At(180.0));
        assert_eq!(scene.found("bad-deploy").unwrap().found.since, Some(ago(7_200)));
        scene.settings.set("bad-deploy", crate::domain::rules::Setting::Off);
        assert_eq!(scene.found("bad-deploy"), None);
    }

    #[test]
    fn one_error_in_silence_is_no_share_of_anything() {
        let scene = balanced();
        let service = Service { target_groups: vec![GROUP.into()], ..service(2) };
        let (_, errors, requests) = metrics::answers(&service, &scene.readings).remove(0);
        let scene = scene.told(errors, &steady_then(0.0, &[0.02; 3])).told(requests, &steady_then(0.1, &[0.1; 3]));
        assert_eq!(scene.found("target-5xx"), None);
    }

    #[test]
    fn a_service_without_a_balancer_has_nothing_of_one_that_is_unread() {
        let look = scene(service(2)).look();
        assert_eq!((look.findings, look.unread), (vec![], vec![]));
        let look = scene(Service { target_groups: vec![GROUP.into()], ..service(2) }).look();
        let told: Vec<&str> = look.unread.iter().map(|unread| unread.what.as_str()).collect();
        assert_eq!(told, ["5xx of services", "balancer 5xx of services", "response time of services"]);
    }
}
