//! What has the keys when nothing lies over the deck.

pub mod list;
pub mod list_index;
pub mod logs;
pub mod names;
