//! The actions of earlier starts, as the journal had them, and how an action ended.

use crate::app::action::jobs::{Job, Phase};
use crate::domain::intent::{Intent, JournalEntry, Outcome, Verdict};
use crate::domain::text::Text;
use crate::domain::timeline::Turn;

/// Actions of earlier starts that are kept of the journal, the newest.
const KEPT: usize = 1_000;

/// How an action ended, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct End {
    pub(super) line: String,
    pub(super) turn: Turn,
    pub(super) request: Option<Text>,
    pub(super) started: Option<Text>,
}

impl End {
    pub(super) fn of(job: &Job) -> Self {
        let turn = match &job.phase {
            Phase::Ended(verdict) => turn(*verdict),
            _ => Turn::Neither,
        };
        let receipt = job.accepted();
        let (request, started) = (receipt.map(|told| told.request_id.clone()), receipt.and_then(|r| r.started.clone()));
        Self { line: job.line(), turn, request, started }
    }
}

fn turn(verdict: Verdict) -> Turn {
    match verdict {
        Verdict::Done => Turn::Better,
        Verdict::Failed | Verdict::RolledBack => Turn::Worse,
        Verdict::Superseded | Verdict::NotDone | Verdict::Lost => Turn::Neither,
    }
}

/// An action of a start before, as the journal tells it.
#[derive(Clone, Debug)]
pub struct Act {
    pub(super) intent: Intent,
    pub(super) end: End,
}

/// Takes the journal as it was at the start.
pub fn recall(past: &mut Vec<Act>, written: &[JournalEntry]) {
    for entry in written {
        match entry {
            JournalEntry::Intent(intent) => {
                let end = End { line: "nobody wrote how it ended".into(), ..End::default() };
                past.push(Act { intent: (**intent).clone(), end });
            }
            JournalEntry::Outcome { id, outcome, .. } => {
                let Some(act) = past.iter_mut().rev().find(|act| act.intent.id == *id) else { continue };
                match outcome {
                    Outcome::Sent(receipt) => {
                        act.end.line = "taken by AWS".into();
                        act.end.request = Some(receipt.request_id.clone());
                        act.end.started.clone_from(&receipt.started);
                    }
                    Outcome::Refused { fault } => act.end.line = format!("refused, nothing was changed: {fault}"),
                    Outcome::Unknown { fault } => act.end.line = format!("unknown whether it was done: {fault}"),
                }
            }
            JournalEntry::Verdict { id, verdict, why, .. } => {
                let Some(act) = past.iter_mut().rev().find(|act| act.intent.id == *id) else { continue };
                act.end.line =
                    if why.is_empty() { verdict.word().into() } else { format!("{}: {why}", verdict.word()) };
                act.end.turn = turn(*verdict);
            }
        }
    }
    let over = past.len().saturating_sub(KEPT);
    past.drain(..over);
}
