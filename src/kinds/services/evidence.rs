//! What the scheduler's events and the stopped tasks say, in words a person can act on: the raw
//! material of health, of the detail tabs and of a watch.

use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::service::{Service, ServiceEvent};
use crate::domain::task::{Container, Task};

/// Seconds for which ECS does not repeat an event that still holds (ECS guide, service event
/// messages): an older message may still be true.
pub const SUPPRESSED: i64 = 6 * 3600;

/// The window in which starts and ends are counted to see a crash loop, in seconds.
pub const LOOP: i64 = 10 * 60;

/// What an event tells about a service, by its wording (ECS guide, service event messages).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Something stands in the way; in two words.
    Trouble(&'static str),
    /// AWS takes a deployment back.
    RollingBack,
    /// So many tasks were started.
    Started(u32),
    /// A task entered or left the load balancer, or was stopped as planned.
    LeaderChanged,
    /// All is as wanted, or a deployment completed.
    Steady,
    Other,
}

/// Reads one event.
pub fn said(event: &ServiceEvent) -> Said {
    const TROUBLE: &[(&str, &str)] = &[
        ("unable to place", "cannot place"),
        ("unable to consistently start", "cannot start"),
        ("unable to start", "cannot start"),
        ("cannotpull", "cannot pull"),
        ("resourceinitializationerror", "cannot start"),
        ("failed container health check", "unhealthy"),
        ("failed elb health check", "unhealthy"),
        ("is unhealthy", "unhealthy"),
        ("tasks failed to start", "cannot start"),
        ("deployment failed", "deploy failed"),
        ("being throttled", "throttled"),
        ("was unable to", "hindered"),
    ];
    let message = event.message.to_ascii_lowercase();
    if message.contains("rolling back") || message.contains("rolled back") {
        return Said::RollingBack;
    }
    if let Some((_, word)) = TROUBLE.iter().find(|(pattern, _)| message.contains(pattern)) {
        return Said::Trouble(word);
    }
    if let Some((_, rest)) = message.split_once("has started ") {
        return Said::Started(rest.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(1));
    }
    if message.contains("steady state") || message.contains("deployment completed") {
        return Said::Steady;
    }
    if ["registered", "draining", "has stopped"].iter().any(|pattern| message.contains(pattern)) {
        return Said::LeaderChanged;
    }
    Said::Other
}

/// The message without the service's name before it and AWS's pointer to its manual behind it.
pub fn message(event: &ServiceEvent) -> &str {
    let text = event.message.as_str();
    let text = text.strip_prefix("(service ").and_then(|t| t.split_once(") ")).map_or(text, |(_, rest)| rest);
    text.split(" For more information").next().unwrap_or(text).trim_end_matches('.').trim()
}

/// The events at or after a moment, newest first.
pub fn since(service: &Service, then: Timestamp) -> impl Iterator<Item = &ServiceEvent> {
    service.events.iter().filter(move |event| event.at.is_some_and(|at| at >= then))
}

/// The newest event at or after `then` that says what stands in the way and was not overtaken: by a
/// steady state, or, where a task could not be placed or started, by a start.
pub fn trouble(service: &Service, then: Timestamp) -> Option<(&ServiceEvent, &'static str)> {
    let mut started = false;
    for event in since(service, then) {
        match said(event) {
            Said::Steady => return None,
            Said::Started(_) => started = true,
            Said::Trouble("cannot place" | "cannot start") if started => {}
            Said::Trouble(word) => return Some((event, word)),
            _ => {}
        }
    }
    None
}

/// The last moment at which the scheduler did something.
pub fn last_move(service: &Service) -> Option<Timestamp> {
    let moved = |event: &&ServiceEvent| matches!(said(event), Said::Started(_) | Said::LeaderChanged | Said::Steady);
    service.events.iter().filter(moved).filter_map(|event| event.at).max()
}

/// `the message (2h ago)`; an old one is marked, since it may still hold.
pub fn quoted(event: &ServiceEvent, now: Timestamp) -> String {
    match event.at {
        Some(at) => format!("{} ({} ago)", message(event), format::age(at, now)),
        None => message(event).to_string(),
    }
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// One sentence: stop code, reason and exit codes joined.
    pub why: String,
    /// It ended by itself or by a fault, not because it was no longer wanted.
    pub failed: bool,
}

/// What `stoppedReason` says of every task that ended by one of its containers.
const ESSENTIAL: &str = "Essential container in task exited";

/// Why a task stopped. `stoppedReason` alone mostly says [`ESSENTIAL`], so
/// the containers' exit codes and reasons are joined to it (ECS guide, stopped task errors).
pub fn end(task: &Task) -> End {
    let failed = |why: String| End { why, failed: true };
    let after = task.lived().map(|s| format!(" after {}", format::span(s))).unwrap_or_default();
    let reason = task.stopped_reason.as_str();
    if let Some(c) = task.containers.iter().find(|c| c.reason.contains("OutOfMemory")) {
        let code = c.exit_code.map(|code| format!("exit {code}, ")).unwrap_or_default();
        let word = c.reason.split(':').next().unwrap_or_default();
        return failed(format!("{} killed: out of memory ({code}{word}){after}", c.name));
    }
    let ran = task.started.is_some() || task.containers.iter().any(|c| c.exit_code.is_some());
    if task.stop_code == "TaskFailedToStart" || (!ran && task.stop_code != "UserInitiated" && !unwanted(reason)) {
        let container = task.containers.iter().find(|c| !c.reason.is_empty()).map_or("", |c| c.reason.as_str());
        // The container's word is the more exact one, except where AWS stopped the task as a whole.
        let said = if container.is_empty() || reason.contains("Error") { reason } else { container };
        return failed(format!("never started: {}", or(said, "AWS gives no reason")));
    }
    match task.stop_code.as_str() {
        "ServiceSchedulerInitiated" | "" if unwanted(reason) => {
            End { why: format!("not wanted any more{after}: {reason}"), failed: false }
        }
        "UserInitiated" => {
            End { why: format!("stopped by a person{after}: {}", or(reason, "no reason given")), failed: false }
        }
        "SpotInterruption" => failed(format!("AWS took the Spot capacity back{after}")),
        "TerminationNotice" | "InfrastructureHealth" => {
            failed(format!("AWS retired its host{after}: {}", or(reason, &task.stop_code)))
        }
        "ServiceSchedulerInitiated" => failed(format!("stopped by ECS{after}: {}", or(reason, "AWS gives no reason"))),
        _ => failed(match culprit(&task.containers) {
            Some((c, code)) => {
                // With the exit code before it AWS's usual sentence tells nothing.
                let reason = if reason == ESSENTIAL { "" } else { reason };
                let said = if c.reason.is_empty() { reason } else { &c.reason };
                let said = if said.is_empty() { String::new() } else { format!(": {said}") };
                format!("{} exited {code}{}{after}{said}", c.name, meaning(code))
            }
            None => format!("stopped{after}: {}", or(reason, or(&task.stop_code, "AWS gives no reason"))),
        }),
    }
}

/// Whether a reason says that the service wanted the task gone.
pub fn unwanted(reason: &str) -> bool {
    [
        "Scaling activity",
        "scaling activity",
        "Service scaled",
        "initiated by deployment",
        "initiated by (deployment",
        "Service deleted",
    ]
    .iter()
    .any(|pattern| reason.contains(pattern))
}

/// The container that ended the task: the one with a bad exit code before one with 0.
pub fn culprit(containers: &[Container]) -> Option<(&Container, i32)> {
    let ended = || containers.iter().filter_map(|c| Some((c, c.exit_code?)));
    // 143 is what the others get when the task is torn down after the first one.
    ended()
        .find(|(_, code)| ![0, 143].contains(code))
        .or_else(|| ended().find(|(_, code)| *code != 0))
        .or_else(|| ended().next())
}

/// What an exit code above 128 stands for; 137 without an OutOfMemory reason proves no memory trouble.
pub fn meaning(code: i32) -> &'static str {
    match code {
        137 => " (killed: by memory, or after the stop timeout)",
        139 => " (segmentation fault)",
        143 => " (SIGTERM)",
        _ => "",
    }
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

/// How tasks failed, in their order: ends that differ only in the task's age are one way. Each with
/// its sentence without the age, the first one's sentence, and how many there were.
pub fn ways<'a>(stopped: impl Iterator<Item = &'a Task>) -> Vec<(String, String, usize)> {
    let mut ways: Vec<(String, String, usize)> = Vec::new();
    for task in stopped {
        let End { why, failed } = end(task);
        if !failed {
            continue;
        }
        let span = task.lived().map(|s| format!(" after {}", format::span(s))).unwrap_or_default();
        let key = if span.is_empty() { why.clone() } else { why.replacen(&span, "", 1) };
        match ways.iter_mut().find(|(k, ..)| *k == key) {
            Some((.., n)) => *n += 1,
            None => ways.push((key, why, 1)),
        }
    }
    ways
}

/// How tasks failed in a line each: `3 tasks: app exited 1`.
pub fn failures<'a>(stopped: impl Iterator<Item = &'a Task>) -> Vec<String> {
    let said = |(key, why, n)| if n == 1 { why } else { format!("{n} tasks: {key}") };
    ways(stopped).into_iter().map(said).collect()
}
