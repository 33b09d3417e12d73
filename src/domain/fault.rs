//! What can go wrong with a request, typed by what the person or the program does about it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text::Text;

/// Why a request gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// AWS asked for fewer requests; polling backs off.
    Throttled,
    /// IAM says no. Both texts as AWS told them; empty where it did not.
    Denied {
        action: Text,
        principal: Text,
    },
    /// The credentials are missing, expired or unknown: nothing works until a login.
    Expired,
    /// No connection: DNS, refused, TLS.
    Unreachable,
    /// A connection, but no answer in time.
    TimedOut,
    NotFound,
    /// AWS or we refuse the request as it stands: it needs other input or other settings.
    Invalid,
    /// midwatch itself refuses: read-only, account pin, not on the allow-list.
    Refused,
    Other,
}

/// One failed request: what was asked, what came back, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub kind: FaultKind,
    /// What failed, as IAM spells it (`ecs:ListServices`), or in a word (`credentials`).
    pub what: Text,
    /// What AWS or the network said, on one line.
    pub message: Text,
    /// What the person can do about it; empty when there is nothing but to wait.
    pub remedy: Text,
}

impl Fault {
    pub fn new(kind: FaultKind, what: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self { kind, what: what.into(), message: message.into(), remedy: Text::default() }
    }

    pub fn with_remedy(mut self, remedy: impl Into<Text>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// A refusal of our own; see [`FaultKind::Refused`].
    pub fn refused(what: impl Into<Text>, message: impl Into<Text>) -> Self {
        Self::new(FaultKind::Refused, what, message)
    }

    /// One or two words for a narrow place.
    pub fn word(&self) -> &'static str {
        match self.kind {
            FaultKind::Throttled => "throttled",
            FaultKind::Denied { .. } => "denied",
            FaultKind::Expired => "login needed",
            FaultKind::Unreachable => "unreachable",
            FaultKind::TimedOut => "timed out",
            FaultKind::NotFound => "not found",
            FaultKind::Invalid => "invalid",
            FaultKind::Refused => "refused",
            FaultKind::Other => "failed",
        }
    }

    /// The permission that is missing, as AWS told it.
    pub fn permission(&self) -> Option<&Text> {
        match &self.kind {
            FaultKind::Denied { action, .. } => Some(action).filter(|action| !action.is_empty()),
            _ => None,
        }
    }

    /// Whether asking again soon may help without anybody doing anything.
    pub fn is_passing(&self) -> bool {
        matches!(self.kind, FaultKind::Throttled | FaultKind::Unreachable | FaultKind::TimedOut | FaultKind::Other)
    }
}

impl fmt::Display for Fault {
    /// `access denied: needs rds:DescribeDBInstances`, or what failed and why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            FaultKind::Denied { action, .. } if !action.is_empty() => write!(f, "access denied: needs {action}"),
            FaultKind::Denied { .. } => write!(f, "access denied: {}", self.what),
            _ if self.message.is_empty() => write!(f, "{}: {}", self.what, self.word()),
            _ => write!(f, "{}: {}", self.what, self.message),
        }
    }
}

impl std::error::Error for Fault {}
