//! The console without screen, clock or network: one state, one closed list of messages, one
//! synchronous `update`, effects as data, and the reads that the state wants (`subs`).

pub mod action;
mod answer;
pub mod chart_keys;
pub mod charts;
mod clipboard;
pub mod command;
pub mod commands;
pub mod cursor;
pub mod environment;
pub mod environment_overview;
mod field;
pub mod filter;
pub mod hint;
pub mod incident;
pub mod input;
pub mod layout;
mod listing;
pub mod metrics;
mod moment;
mod mouse;
pub mod msg;
pub mod pane;
pub mod panes;
pub mod recorder;
mod refresh;
pub mod related_resource;
pub mod report;
mod row_index;
pub mod seconds;
pub mod session;
mod settle;
pub mod state;
pub mod store;
pub mod subs;
pub mod subscription;
mod target_health;
pub mod triage;
mod update;
pub mod views;

pub use environment::activate;
pub use state::State;
pub use update::update;
