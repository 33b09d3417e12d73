//! The panes of the deck, one file each.

pub mod detail;
pub mod environments;
pub mod list;
pub mod logs;
pub mod metrics;
