//! Who asks: the activation of an environment that a read, its answer and a record belong to.

use crate::domain::query::Query;
use crate::domain::text::Text;

/// One activation of an environment. Answers of an older one fall away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Session(pub u64);

impl Session {
    /// The session of the jobs: it outlives every switch.
    pub const JOBS: Self = Self(0);
    /// That of the look at the environments that are not open, which outlives every switch as well.
    pub const OTHERS: Self = Self::JOBS;

    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// What an answer is the answer to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReadKey {
    /// The environment's name.
    pub environment: Text,
    pub session: Session,
    pub query: Query,
}

/// Where something is recorded: environments of one account and region share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordScope {
    /// The name of the environment that asks.
    pub environment: Text,
    pub account: Text,
    pub region: Text,
}
