//! What answers tell and AWS soon forgets: it is kept beside the last known data, written once, and
//! read again at the next start. What was seen before the file was read waits for that, so that
//! nothing is written that is there already.

pub mod keep;

use super::session::RecordScope;
use crate::domain::Timestamp;
use crate::domain::record::{Record, Records};

/// So many records wait at most to be written; the oldest of them go.
const WAITING: usize = 2000;

/// The recorder of one environment.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    pub records: Records,
    /// Not written yet.
    waiting: Vec<Record>,
    /// The account and region whose file was asked for.
    scope: Option<RecordScope>,
    /// It was read, or cannot be.
    is_read: bool,
    /// When it could not be written last; that is said once.
    failed: Option<Timestamp>,
}

impl Recorder {
    fn wait(&mut self, records: impl IntoIterator<Item = Record>) {
        self.waiting.extend(records);
        let over = self.waiting.len().saturating_sub(WAITING);
        self.waiting.drain(..over);
    }
}
