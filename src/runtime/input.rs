//! What the terminal says, as messages.

use crossterm::event::{Event, MouseButton, MouseEventKind};

use crate::app::msg::{Mouse, Msg};
use crate::keymap::Key;

/// Lines of one notch of the wheel.
const NOTCH: i16 = 3;

/// The message for an event; `None` for what means nothing here.
pub fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => Key::from_event(key).map(Msg::Key),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(width, height) => Some(Msg::Resize(width, height)),
        Event::Mouse(mouse) => {
            let (x, y) = (mouse.column, mouse.row);
            match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => Some(Msg::Mouse(Mouse::Press(x, y))),
                MouseEventKind::ScrollDown => Some(Msg::Mouse(Mouse::Wheel(x, y, NOTCH))),
                MouseEventKind::ScrollUp => Some(Msg::Mouse(Mouse::Wheel(x, y, -NOTCH))),
                _ => None,
            }
        }
        Event::FocusGained | Event::FocusLost => None,
    }
}
