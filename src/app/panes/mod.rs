//! What has the keys when nothing lies over the deck.

pub mod list;
pub mod logs;
