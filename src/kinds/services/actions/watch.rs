//! What the watches over a service share: whether anything still moves since a change was sent, and
//! what AWS said since then that explains it.

use crate::domain::service::{Service, ServiceFacts};
use crate::domain::task::Task;
use crate::kinds::action::prelude::*;
use crate::kinds::services::evidence::{self, Said};

/// Without a movement for so long a job counts as stalled, in seconds.
const STALLED: i64 = 5 * 60;
/// So many failed tasks mean that going on as before will not end well.
const REPEATS: usize = 3;
/// At most so many lines of evidence of one sort.
const LINES: usize = 3;

/// What happened to a service since a change was sent.
pub struct Watched<'a> {
    service: &'a Service,
    sent: Timestamp,
    /// Failed tasks since then, of the followed deployment if there is one.
    failed: Vec<&'a Task>,
    /// The last movement, at the earliest the sending.
    last_movement: Timestamp,
    repeats: bool,
    /// Why the stopped tasks are not known.
    unread: Option<String>,
}

impl<'a> Watched<'a> {
    pub fn of(facts: &'a ServiceFacts, sent: Timestamp, deployment: Option<&str>) -> Self {
        let service = &facts.service;
        let ours = |task: &&Task| match deployment {
            Some(id) => task.started_by == *id,
            None => task.stopped.is_some_and(|at| at >= sent),
        };
        let failed: Vec<&Task> =
            facts.stopped.iter().flatten().filter(ours).filter(|task| evidence::end(task).failed).collect();
        let counted = deployment.and_then(|id| service.deployment(id)).map_or(0, |d| d.failed);
        let started = evidence::since(service, sent)
            .filter(|event| matches!(evidence::said(event), Said::Started(_) | Said::LeaderChanged))
            .filter_map(|event| event.at);
        let updated = deployment.and_then(|id| service.deployment(id)).and_then(|d| d.updated);
        let last_movement = started.chain(updated).fold(sent, Timestamp::max);
        Self {
            service,
            sent,
            repeats: failed.len() >= REPEATS || counted as usize >= REPEATS,
            failed,
            last_movement,
            unread: facts.stopped.as_ref().err().map(|fault| format!("stopped tasks: {fault}")),
        }
    }

    /// Whether it should have moved by now and has not, or only fails again and again.
    fn stalls(&self, now: Timestamp) -> bool {
        self.repeats || seconds_since(self.last_movement, now) > STALLED
    }

    /// The same progress with what explains it, unless it is done.
    pub fn explain(&self, progress: Progress, now: Timestamp) -> Progress {
        Progress {
            stalled: progress.verdict.is_none() && (progress.stalled || self.stalls(now)),
            evidence: if progress.verdict == Some(Verdict::Done) { Vec::new() } else { self.evidence(now) },
            ..progress
        }
    }

    /// What AWS said since then that explains it, most telling first: how tasks ended, then the events.
    fn evidence(&self, now: Timestamp) -> Vec<String> {
        let mut lines = evidence::failures(self.failed.iter().copied());
        if lines.len() > LINES {
            let more = lines.split_off(LINES).len();
            lines.push(format!("and {}", count(more, "other end")));
        }
        let troubles = |event: &&_| matches!(evidence::said(event), Said::Trouble(_) | Said::RollingBack);
        lines.extend(
            evidence::since(self.service, self.sent).filter(troubles).take(LINES).map(|e| evidence::quoted(e, now)),
        );
        let horizon = Timestamp::from_second(self.sent.as_second() - evidence::SUPPRESSED).unwrap_or(self.sent);
        // ECS keeps silent about what it said before, so an older message may be the explanation.
        if lines.is_empty()
            && self.service.running < self.service.desired
            && let Some((event, _)) = evidence::trouble(self.service, horizon)
        {
            lines.push(format!("{}; ECS repeats it only after 6h", evidence::quoted(event, now)));
        }
        lines.extend(self.unread.clone());
        if lines.is_empty()
            && self.stalls(now)
            && let Some(event) = self.service.events.first()
        {
            lines.push(format!("last event: {}", evidence::quoted(event, now)));
        }
        lines
    }
}

/// A task that was stopped or started and is in no list: not yet, for so many seconds, or no more.
pub fn unlisted_task(intent: &Intent, shows_within: i64, now: Timestamp) -> Progress {
    match seconds_since(intent.at, now) < shows_within {
        true => Progress::waiting("ECS does not show the task yet"),
        false => Progress::ended(Verdict::Lost, "ECS does not show the task any more"),
    }
}
