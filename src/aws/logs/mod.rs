//! CloudWatch Logs: what a source is made of, its newest lines at once, whatever comes after, and
//! what was before.

pub mod history;
pub mod host;
pub mod insights;
mod live;
pub mod pace;
mod page;
mod poll;
mod resources;
mod sources;
pub mod tail;
