//! What lies over the deck: a file for each view of [`crate::app::views`], of the same name.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::widgets::paint::Paint;
use crate::app::views::{Overlay, for_each_view};

macro_rules! draw_each {
    ($($($module:ident: $View:ident($Model:ident))? $(+ $other:ident)?;)*) => {
        $($(pub mod $module;)?)*

        /// Draws one view over `body`.
        pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, overlay: &Overlay) {
            match overlay { $($(Overlay::$View(view) => $module::draw(paint, frame, body, view),)?)* }
        }
    };
}
for_each_view!(draw_each);
