//! The dialog of an action: fields, plan, confirmation.

pub mod view;

pub use crate::app::action::Dialog;
use crate::keymap::{Command, Context};

/// In a plan.
pub const PLAN: Context = Context::new(9, "plan", "in a plan");

pub const CONFIRM: Command = Command::new("confirm");
pub const COPY_CALL: Command = Command::new("copy-call");
pub const REST_UP: Command = Command::new("rest-up");
pub const REST_DOWN: Command = Command::new("rest-down");
