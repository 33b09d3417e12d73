//! What the end of a task is a sign of, and what to do about it: the signatures of an on-call
//! engineer's triage. A suggestion shows its evidence and never runs by itself.

use std::collections::HashMap;

use super::evidence::{self, End, LOOP};
use crate::domain::Timestamp;
use crate::domain::format::{self, count};
use crate::domain::task::Task;

/// So many failed ends of one revision within [`LOOP`] are a loop.
const REPEATS: usize = 3;

/// What a failed end is a sign of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// A container exited by itself.
    Exited,
    /// Killed for its memory: exit 137 *and* AWS's word for it.
    OutOfMemory,
    /// Exit 137 without a word of memory: also what a container gets that outlives its stop timeout.
    Killed,
    /// The image could not be pulled.
    ImagePull,
    /// Secrets, logs or volumes could not be set up before the start.
    Initialization,
    /// No room for it: capacity, quota, addresses.
    NoCapacity,
    /// It failed the health check of its container or load balancer.
    Unhealthy,
    /// Spot capacity was taken back.
    SpotTaken,
    /// AWS retired or lost its host.
    HostRetired,
}

impl Signature {
    /// In two or three words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exited => "exits by itself",
            Self::OutOfMemory => "out of memory",
            Self::Killed => "killed",
            Self::ImagePull => "cannot pull its image",
            Self::Initialization => "cannot be set up",
            Self::NoCapacity => "no capacity",
            Self::Unhealthy => "fails its health check",
            Self::SpotTaken => "Spot taken back",
            Self::HostRetired => "host retired",
        }
    }

    /// What to look at or do next.
    pub fn next(self) -> &'static str {
        match self {
            Self::Exited => "read its last lines (l); roll back if it began with the deployment",
            Self::OutOfMemory => "more memory (a new revision), or roll back",
            Self::Killed => {
                "look at its memory; if that has room, it did not stop in time: stop timeout, handling of SIGTERM"
            }
            Self::ImagePull => {
                "is the digest still in ECR? push it again, or roll back; else the execution role, or the way there (endpoints, NAT)"
            }
            Self::Initialization => {
                "the secret or log group it names, the execution role's right to it, the way there (endpoints, NAT)"
            }
            Self::NoCapacity => "another zone or capacity provider, or the quota; more tasks do not help",
            Self::Unhealthy => {
                "the health path, its grace period, what it depends on (database, cache); more tasks do not help"
            }
            Self::SpotTaken => "nothing if enough others run; else capacity on demand",
            Self::HostRetired => "nothing: ECS replaces it; look at AWS Health if it goes on",
        }
    }
}

/// What the end of a task is a sign of; `None` when it was wanted, by the service or a person.
/// The order is that of how much the evidence proves: a container's own reason before the stop code.
pub fn of(task: &Task) -> Option<Signature> {
    if !evidence::end(task).failed {
        return None;
    }
    let said = || task.containers.iter().map(|c| c.reason.as_str()).chain([task.stopped_reason.as_str()]);
    let says = |words: &[&str]| said().any(|reason| words.iter().any(|word| reason.contains(word)));
    let code = evidence::culprit(&task.containers).map(|(_, code)| code);
    Some(match task.stop_code.as_str() {
        _ if says(&["OutOfMemory"]) => Signature::OutOfMemory,
        "SpotInterruption" => Signature::SpotTaken,
        "TerminationNotice" | "InfrastructureHealth" => Signature::HostRetired,
        _ if says(&["CannotPull"]) => Signature::ImagePull,
        _ if says(&["ResourceInitializationError"]) => Signature::Initialization,
        _ if says(&["Capacity is unavailable", "RESOURCE:", "InsufficientFreeAddresses", "quota"]) => {
            Signature::NoCapacity
        }
        _ if says(&["health check", "is unhealthy"]) => Signature::Unhealthy,
        "TaskFailedToStart" => Signature::Initialization,
        _ if code == Some(137) => Signature::Killed,
        _ => Signature::Exited,
    })
}

/// How each of these tasks ended, in their order; of a failed one that follows others of its
/// revision, which one it was (`…, 6th in 10m`).
pub fn ends(tasks: &[&Task]) -> Vec<End> {
    let mut ends: Vec<End> = tasks.iter().map(|task| evidence::end(task)).collect();
    // Of each revision, oldest first: when they failed, and their place among the tasks.
    let mut failed: HashMap<&str, Vec<(i64, usize)>> = HashMap::new();
    for (i, task) in tasks.iter().enumerate().rev() {
        if let (true, Some(at)) = (ends[i].failed, task.stopped) {
            failed.entry(&task.task_definition.arn).or_default().push((at.as_second(), i));
        }
    }
    for of_revision in failed.values_mut() {
        of_revision.sort_by_key(|(at, _)| *at);
        for (k, (at, i)) in of_revision.iter().enumerate() {
            let n = k + 1 - of_revision.partition_point(|(m, _)| *m < at - LOOP);
            if n > 1 {
                ends[*i].why.push_str(&format!(", {} in {}", format::ordinal(n), format::span(LOOP)));
            }
        }
    }
    ends
}

/// Tasks of one revision that end again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loop {
    /// `6 tasks of api:43 ended within 10m: app exited 1`.
    pub why: String,
    pub sign: Signature,
}

/// The crash loop under way, seen in the tasks that stopped: `failedTasks` is 0 again as soon as one
/// task ran, so it proves nothing. Of several revisions the one with the most.
pub fn crash_loop<'a>(tasks: impl Iterator<Item = &'a Task>, now: Timestamp) -> Option<Loop> {
    let lately = |task: &&Task| task.stopped.is_some_and(|at| format::seconds_since(at, now) <= LOOP);
    let mut revisions: HashMap<&str, Vec<(&Task, Signature)>> = HashMap::new();
    for task in tasks.filter(lately) {
        if let Some(sign) = of(task) {
            revisions.entry(&task.task_definition.arn).or_default().push((task, sign));
        }
    }
    let (_, mut ended) = revisions.into_iter().max_by_key(|(arn, ended)| (ended.len(), *arn))?;
    if ended.len() < REPEATS {
        return None;
    }
    ended.sort_by_key(|(task, _)| std::cmp::Reverse(task.stopped));
    let (newest, sign) = *ended.first()?;
    let ways = evidence::ways(ended.iter().map(|(task, _)| *task));
    let last = ways.first().map_or("", |(way, ..)| way.as_str());
    let others = match ways.len() {
        0 | 1 => String::new(),
        n => format!(", and {}", count(n - 1, "other end")),
    };
    let tasks = count(ended.len(), "task");
    let revision = newest.task_definition.short();
    Some(Loop { why: format!("{tasks} of {revision} ended within {}: {last}{others}", format::span(LOOP)), sign })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::services::fixtures::{ago, now, revision, stopped};

    /// A task as AWS tells it: stop code, its reason, the container's exit code and reason.
    fn task(code: &str, reason: &str, exit: Option<i32>, container: &str) -> Task {
        let mut task = stopped(60);
        (task.stop_code, task.stopped_reason) = (code.into(), reason.into());
        (task.containers[0].exit_code, task.containers[0].reason) = (exit, container.into());
        task.started = task.started.filter(|_| code != "TaskFailedToStart");
        task
    }

    const EXITED: (&str, &str) = ("EssentialContainerExited", "Essential container in task exited");

    #[test]
    fn every_signature_is_known_by_its_evidence() {
        let pull = "CannotPullContainerError: pull image manifest has been retried 1 time(s): not found";
        let secret = "ResourceInitializationError: unable to pull secrets or registry auth";
        let capacity =
            "Capacity is unavailable at this time. Please try again later or in a different availability zone";
        let (code, reason) = EXITED;
        for (task, sign, sentence) in [
            (task(code, reason, Some(1), ""), Signature::Exited, "app exited 1 after 41s"),
            (
                task(code, reason, Some(137), "OutOfMemoryError: Container killed due to memory usage"),
                Signature::OutOfMemory,
                "app killed: out of memory (exit 137, OutOfMemoryError) after 41s",
            ),
            (
                task(code, reason, Some(137), ""),
                Signature::Killed,
                "app exited 137 (killed: by memory, or after the stop timeout) after 41s",
            ),
            (
                task("TaskFailedToStart", "Task failed to start", None, pull),
                Signature::ImagePull,
                "never started: CannotPullContainerError: pull image manifest has been retried 1 time(s): not found",
            ),
            (
                task("TaskFailedToStart", secret, None, ""),
                Signature::Initialization,
                "never started: ResourceInitializationError: unable to pull secrets or registry auth",
            ),
            (
                task("TaskFailedToStart", capacity, None, ""),
                Signature::NoCapacity,
                "never started: Capacity is unavailable at this time. Please try again later or in a different availability zone",
            ),
            (task("TaskFailedToStart", "RESOURCE:ENI", None, ""), Signature::NoCapacity, "never started: RESOURCE:ENI"),
            (
                task("ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group x)", Some(143), ""),
                Signature::Unhealthy,
                "stopped by ECS after 41s: Task failed ELB health checks in (target-group x)",
            ),
            (
                task("ServiceSchedulerInitiated", "Task failed container health checks", Some(137), ""),
                Signature::Unhealthy,
                "stopped by ECS after 41s: Task failed container health checks",
            ),
            (
                task("SpotInterruption", "Your Spot Task was interrupted.", Some(143), ""),
                Signature::SpotTaken,
                "AWS took the Spot capacity back after 41s",
            ),
            (
                task("InfrastructureHealth", "", Some(137), ""),
                Signature::HostRetired,
                "AWS retired its host after 41s: InfrastructureHealth",
            ),
        ] {
            assert_eq!((of(&task), evidence::end(&task).why.as_str()), (Some(sign), sentence));
        }
        let wanted = task("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment x)", Some(0), "");
        assert_eq!((of(&wanted), of(&task("UserInitiated", "me", Some(143), ""))), (None, None));
    }

    #[test]
    fn an_end_says_which_one_of_its_revision_it_was() {
        let mut tasks: Vec<Task> = [30, 30, 90, 500, 4000].map(stopped).into();
        // One of another revision, and one that was wanted, count nowhere.
        tasks.push(Task { task_definition: revision(42), ..stopped(100) });
        tasks.push(Task { stop_code: "UserInitiated".into(), ..stopped(45) });
        let ends = ends(&tasks.iter().collect::<Vec<_>>());
        let counts: Vec<&str> = ends.iter().map(|end| end.why.rsplit_once(", ").map_or("", |(_, n)| n)).collect();
        assert_eq!(counts, ["4th in 10m", "3rd in 10m", "2nd in 10m", "", "", "", ""]);
    }

    #[test]
    fn a_crash_loop_is_seen_though_no_task_is_counted_as_failed() {
        let at = |seconds: i64| stopped(seconds);
        let found = |tasks: &[Task]| crash_loop(tasks.iter(), now());
        assert_eq!(found(&[at(30), at(60)]), None, "two are none");
        assert_eq!(found(&[at(30), at(60), at(601)]), None, "nor is what is long ago");
        let mut tasks = vec![at(30), at(60), at(90), at(120)];
        tasks[1].started = Some(ago(61));
        let said = "4 tasks of api:43 ended within 10m: app exited 1";
        assert_eq!(found(&tasks), Some(Loop { why: said.into(), sign: Signature::Exited }));
        tasks[3].containers[0].reason = "OutOfMemoryError: x".into();
        assert!(found(&tasks).is_some_and(|found| found.why.ends_with("app exited 1, and 1 other end")));
        // A deployment that replaces tasks stops many, and none of them failed.
        for task in &mut tasks {
            task.stop_code = "ServiceSchedulerInitiated".into();
            task.stopped_reason = "Scaling activity initiated by (deployment ecs-svc/two)".into();
            task.containers[0].reason = "".into();
        }
        assert_eq!(found(&tasks), None);
    }
}
