//! What every part of the screen draws with.

pub use ratatui::Frame;
pub use ratatui::layout::Rect;
pub use ratatui::text::{Line, Span};

pub use super::widgets::paint::Paint;
pub use super::widgets::text;
pub use crate::domain::format;
pub use crate::kinds::cell::Tone;
pub use crate::theme::Role;
