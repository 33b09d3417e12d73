//! How well a resource is, in five words that every kind, pane and script shares.

use serde::Serialize;

use super::text::Text;

/// Ordered wrong first: a sorted list begins with what needs a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
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

impl Health {
    /// The word that `status --json` and the screen use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
            Self::Changing => "changing",
            Self::Ok => "ok",
        }
    }

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

/// A health with its reason in words. `why` is empty when nothing needs saying.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    pub health: Health,
    pub why: Text,
}

impl Diagnosis {
    pub fn new(health: Health, why: impl Into<Text>) -> Self {
        Self { health, why: why.into() }
    }
}
