//! What every view and every pane answers with.

pub use super::view::{Applies, BACK, Next, View};
pub(crate) use crate::app::command::declare_commands;
pub use crate::app::command::{Command, Context};
pub use crate::app::cursor::Cursor;
pub use crate::app::msg::Effect;
pub use crate::app::panes::LIST;
pub use crate::app::state::{NoticeTone, Pane, State};
