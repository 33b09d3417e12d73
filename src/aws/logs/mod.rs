//! CloudWatch Logs: what a source is made of, its newest lines at once, and whatever comes after.

pub mod history;
mod page;
mod sources;
pub mod tail;
