//! What a person may choose of the log pane, once for all tails.

use super::buffer::BufferLimits;
use super::redact::Redactor;

/// How times are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    #[default]
    Utc,
    /// In the zone of the person's system.
    Local,
    /// How long ago.
    Age,
    None,
}

impl Times {
    pub const ALL: [Self; 4] = [Self::Utc, Self::Local, Self::Age, Self::None];

    /// Its word in the config.
    pub fn word(self) -> &'static str {
        match self {
            Self::Utc => "utc",
            Self::Local => "local",
            Self::Age => "age",
            Self::None => "none",
        }
    }

    /// The one after it, for a key that goes through all.
    pub fn next(self) -> Self {
        match self {
            Self::Utc => Self::Local,
            Self::Local => Self::Age,
            Self::Age => Self::None,
            Self::None => Self::Utc,
        }
    }
}

/// Where secrets are taken out of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redacts {
    pub copy: bool,
    pub save: bool,
    /// When they come in, so that no screen, filter or count ever has them.
    pub screen: bool,
}

impl Redacts {
    pub const WORDS: [&str; 3] = ["copy", "save", "screen"];

    /// From the words of the config; others mean nothing here.
    pub fn of(words: &[impl AsRef<str>]) -> Self {
        let [copy, save, screen] = Self::WORDS.map(|word| words.iter().any(|w| w.as_ref() == word));
        Self { copy, save, screen }
    }
}

impl Default for Redacts {
    fn default() -> Self {
        Self { copy: true, save: true, screen: false }
    }
}

/// The settings of every tail.
#[derive(Clone, Debug, Default)]
pub struct LogSettings {
    /// What a tail holds at most.
    pub limits: BufferLimits,
    pub redacts: Redacts,
    pub redactor: Redactor,
    /// How times are shown at first.
    pub times: Times,
}

impl LogSettings {
    /// Takes the secrets out of what is copied.
    pub fn for_copy(&self) -> Option<&Redactor> {
        self.redacts.copy.then_some(&self.redactor)
    }

    /// Takes the secrets out of what comes in.
    pub fn for_screen(&self) -> Option<&Redactor> {
        self.redacts.screen.then_some(&self.redactor)
    }

    /// Takes the secrets out of what is saved.
    pub fn for_save(&self) -> Option<&Redactor> {
        self.redacts.save.then_some(&self.redactor)
    }
}
