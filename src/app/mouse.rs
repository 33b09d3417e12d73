//! The mouse: a click focuses and selects, the wheel scrolls what it is over.

use super::cursor::Cursor;
use super::msg::Mouse;
use super::state::{Pane, State};
use super::views::dispatch::scroll;

/// What a mouse event does.
pub fn click(state: &mut State, mouse: Mouse) {
    if !state.overlays.is_empty() {
        if let Mouse::Wheel(.., lines) = mouse {
            scroll(state, isize::from(lines));
        }
        return;
    }
    match mouse {
        Mouse::Wheel(x, y, lines) => {
            if let Some((pane, _)) = state.layout.pane_at(x, y) {
                state.focus = pane;
            }
            scroll(state, isize::from(lines));
        }
        Mouse::Press(x, y) => {
            let Some((pane, rect)) = state.layout.pane_at(x, y) else { return };
            state.focus = pane;
            let border = state.layout.frame() / 2;
            let above = rect.y + border + u16::from(matches!(pane, Pane::Kind(_)));
            if y >= above {
                let row = usize::from(y - above);
                match pane {
                    Pane::Environments if row < state.environments.len() => state.environment_row = Cursor::at(row),
                    Pane::Environments | Pane::Logs => {}
                    Pane::Kind(_) => {
                        if let Some((_, view)) = state.focused_list()
                            && view.offset + row < view.order().len()
                        {
                            view.select(view.offset + row);
                        }
                    }
                }
            }
        }
    }
}
