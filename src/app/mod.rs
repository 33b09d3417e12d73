//! The console without screen, clock or network: one state, one closed list of messages, one
//! synchronous `update`, effects as data, and the reads that the state wants (`subs`).

pub mod action;
mod answer;
mod clipboard;
pub mod command;
pub mod compare;
pub mod debrief;
pub mod environment_overview;
mod field;
pub mod filter;
pub mod forwards;
pub mod golden;
pub mod hint;
pub mod incident;
pub mod insights;
pub mod jobs;
pub mod layout;
pub mod list;
pub mod logs;
pub mod metrics;
mod motion;
mod mouse;
pub mod msg;
pub mod picker;
pub mod recorder;
pub mod related_resource;
pub mod report;
pub mod state;
pub mod store;
pub mod subs;
mod target_health;
pub mod timeline;
pub mod triage;
mod typing;
mod undo;
mod update;

pub use state::State;
pub use update::{activate, update};
