//! What has the keys when nothing lies over the deck: lists, an opened resource, logs.

pub mod bar;
pub mod deck;
pub mod detail;
pub mod environments;
pub mod list;
pub mod list_index;
pub mod logs;
pub mod names;
pub mod resources;

use crate::keymap::Context;

/// In a list.
pub const LIST: Context = Context::new(1, "list", "in a list");
/// In an opened resource.
pub const DETAIL: Context = Context::new(2, "detail", "in an opened resource");
/// In the log pane.
pub const LOGS: Context = Context::new(3, "logs", "in the logs");

/// Those of the deck. Commands of any other mean something in their view alone.
pub const CONTEXTS: [Context; 4] = [Context::GLOBAL, LIST, DETAIL, LOGS];
