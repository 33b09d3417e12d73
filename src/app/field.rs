//! Editing one line of text.

use tui_input::{Input, InputRequest};

use crate::keymap::{Code, Key};

/// What is written into a field. A paste is never a key: no break or escape in it does anything.
#[derive(Clone, Copy, Debug)]
pub enum Written<'a> {
    Key(Key),
    Pasted(&'a str),
}

/// Writes it. `false`: the key edits nothing.
pub fn write(input: &mut Input, written: Written) -> bool {
    match written {
        Written::Key(key) => edit(input, key),
        Written::Pasted(text) => {
            paste(input, text);
            true
        }
    }
}

/// Applies an editing key. `false`: the key edits nothing.
pub fn edit(input: &mut Input, key: Key) -> bool {
    let request = match (key.code, key.ctrl, key.alt) {
        (Code::Char(c), false, false) => InputRequest::InsertChar(c),
        (Code::Char('u'), true, false) => InputRequest::DeleteLine,
        (Code::Char('w'), true, false) => InputRequest::DeletePrevWord,
        (Code::Char('a'), true, false) | (Code::Home, ..) => InputRequest::GoToStart,
        (Code::Char('e'), true, false) | (Code::End, ..) => InputRequest::GoToEnd,
        (Code::Char('k'), true, false) => InputRequest::DeleteTillEnd,
        (Code::Char('h'), true, false) | (Code::Backspace, ..) => InputRequest::DeletePrevChar,
        (Code::Delete, ..) => InputRequest::DeleteNextChar,
        (Code::Left, ..) => InputRequest::GoToPrevChar,
        (Code::Right, ..) => InputRequest::GoToNextChar,
        _ => return false,
    };
    input.handle(request);
    true
}

/// Inserts the first line of a pasted text, cleaned.
pub fn paste(input: &mut Input, text: &str) {
    let line = text.lines().next().unwrap_or_default();
    for c in crate::domain::text::clean(line).chars() {
        input.handle(InputRequest::InsertChar(c));
    }
}
