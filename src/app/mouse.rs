//! The mouse: a click focuses and selects, the wheel scrolls what it is over.

use super::cursor::Cursor;
use super::msg::Mouse;
use super::state::{Pane, State};
use super::views::dispatch::scroll;

/// What a mouse event does.
pub fn click(state: &mut State, mouse: Mouse) {
    let (Mouse::Press(x, y) | Mouse::Wheel(x, y, _)) = mouse;
    let below = state.layout.pane_at(x, y).filter(|_| state.overlays.is_empty());
    if let Some((pane, _)) = below {
        state.focus = pane;
    }
    if let Mouse::Wheel(.., lines) = mouse {
        return scroll(state, isize::from(lines));
    }
    let Some((pane, rect)) = below else { return };
    let above = rect.y + state.layout.frame() / 2 + u16::from(matches!(pane, Pane::Kind(_)));
    let Some(row) = y.checked_sub(above).map(usize::from) else { return };
    if pane == Pane::Environments && row < state.environments.len() {
        state.environment_row = Cursor::at(row);
    } else if let Some((_, view)) = state.focused_list()
        && view.offset + row < view.order().len()
    {
        view.select(view.offset + row);
    }
}
