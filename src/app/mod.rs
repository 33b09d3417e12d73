//! The console without screen, clock or network: one state, one closed list of messages, one
//! synchronous `update`, effects as data, and the reads that the state wants (`subs`).

pub mod action;
mod answer;
mod clipboard;
pub mod command;
pub mod environment_overview;
mod field;
pub mod filter;
pub mod hint;
pub mod incident;
pub mod layout;
mod listing;
pub mod metrics;
mod motion;
mod mouse;
pub mod msg;
pub mod panes;
pub mod recorder;
pub mod related_resource;
pub mod report;
mod row_index;
pub mod state;
pub mod store;
pub mod subs;
mod target_health;
pub mod triage;
mod typing;
mod update;
pub mod views;

pub use state::State;
pub use update::{activate, update};
