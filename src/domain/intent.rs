//! An action as it was meant, sent and answered: what the journal keeps and the watch follows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::IntoStaticStr;

use crate::domain::prelude::*;

use super::requests::Request;

/// What is about to be sent, written down before it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Unique over all consoles: time and randomness.
    pub id: Text,
    pub at: Timestamp,
    pub environment: Text,
    pub profile: Option<Text>,
    pub account: Text,
    pub region: Text,
    /// The ARN that STS told.
    pub identity: Text,
    /// The action's id (`scale`).
    pub action: Text,
    /// The kind's id (`services`).
    pub kind: Text,
    pub resource: ResourceId,
    pub name: Text,
    /// Sent in this order, each once.
    pub calls: Vec<Call>,
    /// What the person chose (`desired` = `5`).
    pub inputs: BTreeMap<String, String>,
    /// What was true when it was planned and must still be true when it is sent; also what an
    /// undo returns to.
    pub before: Value,
    /// One line for people: `scale api 2 → 5`.
    pub summary: Text,
}

impl Intent {
    /// The first call that is this request, as far as it can be read.
    pub fn request<R: Request>(&self) -> Option<R> {
        self.calls.iter().find_map(Call::meant)
    }
}

/// What AWS answered to a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    pub request_id: Text,
    /// The id of what was made or started (the deployment id, to be followed), if the call does that.
    pub started: Option<Text>,
    /// What the calls said of themselves: `155 keys gone in 2 ms`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Text>,
    /// How many calls of the intent were taken.
    #[serde(default = "one")]
    pub calls: usize,
}

fn one() -> usize {
    1
}

impl Receipt {
    /// One call that was taken.
    pub fn of(request_id: impl Into<Text>, started: Option<Text>) -> Self {
        Self { request_id: request_id.into(), started, told: Vec::new(), calls: 1 }
    }

    /// This, and the call after it, which is what is followed.
    pub fn then(mut self, next: Self) -> Self {
        self.request_id = next.request_id;
        self.started = next.started;
        self.told.extend(next.told);
        self.calls += next.calls;
        self
    }
}

/// How sending ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// AWS took it.
    Sent(Receipt),
    /// AWS (or we) certainly did not do it.
    Refused { fault: Fault },
    /// It may or may not have been done: a timeout, a dropped link. Reading AWS tells.
    Unknown { fault: Fault },
}

/// How it ended in the world, after the watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "lowercase")]
pub enum Verdict {
    /// The thing that was started is done.
    Done,
    /// It failed and stays as it is.
    Failed,
    /// AWS took it back.
    #[strum(serialize = "rolled back")]
    RolledBack,
    /// Something newer replaced it before it ended.
    Superseded,
    /// Reading AWS shows that it was never done.
    #[strum(serialize = "not done")]
    NotDone,
    /// It cannot be told any more.
    #[strum(serialize = "cannot be told")]
    Lost,
}

words!(Verdict);

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum JournalEntry {
    Intent(Box<Intent>),
    /// Of one call of the intent.
    Outcome {
        id: Text,
        at: Timestamp,
        /// Which of the calls, from 0.
        #[serde(default)]
        step: usize,
        #[serde(flatten)]
        outcome: Outcome,
    },
    Verdict {
        id: Text,
        at: Timestamp,
        verdict: Verdict,
        why: Text,
    },
}
