//! CloudWatch Logs: what a source is made of, its newest lines at once, and whatever comes after.

pub mod history;
pub mod insights;
mod page;
mod sources;
pub mod tail;
