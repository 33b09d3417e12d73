//! The report of an incident: what was found, what changed, what was done and what the charts said between
//! two times, in Markdown, without secrets. It first reads what is missing for it.

pub mod write;

use crate::domain::Timestamp;

/// A report that waits for what it reads, or for its file.
#[derive(Clone, Debug)]
pub struct Report {
    pub from: Timestamp,
    pub to: Timestamp,
    /// When it was asked for.
    pub asked: Timestamp,
    file: String,
    is_written: bool,
}
