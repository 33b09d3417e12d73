//! How well a resource is, in five words that every kind, pane and script shares.

use crate::domain::prelude::*;

use serde::Serialize;
use strum::IntoStaticStr;

/// Ordered wrong first: a sorted list begins with what needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, IntoStaticStr)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Health {
    /// It does not serve, or is on its way to that without help.
    Down,
    /// It serves, with less than it should.
    Degraded,
    /// What we know does not tell.
    Unknown,
    /// It moves as asked: a rollout, a scale, a restart.
    Changing,
    Ok,
}

words!(Health);

impl Health {
    /// The cue besides colour, one column wide.
    pub fn cue(self) -> &'static str {
        match self {
            Self::Down => "✖",
            Self::Degraded => "▲",
            Self::Unknown => "◌",
            Self::Changing => "◐",
            Self::Ok => "●",
        }
    }

    /// Whether it counts among the "n wrong".
    pub fn is_wrong(self) -> bool {
        matches!(self, Self::Down | Self::Degraded)
    }
}

/// One reading of a row, which its cells, the rules and the pace of the reads share: how well the resource
/// is, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnosis {
    pub health: Health,
    /// A reason in words; empty when nothing needs saying.
    pub why: Text,
    /// Its state for a narrow cell (`steady`, `rolling 71%`), where its kind has such words.
    pub word: String,
    /// How far what is under way is, 0 to 1.
    pub progress: Option<f32>,
    /// Since when it is in this state, where AWS tells.
    pub since: Option<Timestamp>,
    /// Its numbers are about to change, so it is worth being read often.
    pub is_moving: bool,
    /// Something of it may just have ended that AWS soon forgets.
    pub is_restless: bool,
}

/// Nothing is known of it.
impl Default for Diagnosis {
    fn default() -> Self {
        Self::new(Health::Unknown, "not judged")
    }
}

impl Diagnosis {
    pub fn new(health: Health, why: impl Into<Text>) -> Self {
        let is_moving = health == Health::Changing;
        let (why, word) = (why.into(), String::new());
        Self { health, why, word, progress: None, since: None, is_moving, is_restless: false }
    }
}
