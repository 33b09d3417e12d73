//! The console without screen, clock or network: one state, one closed list of messages, one
//! synchronous `update`, effects as data, and the reads that the state wants (`subs`).

pub mod action;
mod answer;
mod clipboard;
pub mod command;
pub mod compare;
mod field;
pub mod filter;
pub mod forwards;
pub mod hint;
pub mod insights;
pub mod jobs;
pub mod layout;
pub mod list;
pub mod logs;
mod motion;
mod mouse;
pub mod msg;
pub mod picker;
pub mod recorder;
pub mod state;
pub mod store;
pub mod subs;
mod undo;
mod update;

pub use state::State;
pub use update::{activate, update};
