//! One field of a dialog: what is typed, the values so far, and whether it is still what was suggested.

use tui_input::Input;

use crate::app::field;
use crate::keymap::{Code, Key};
use crate::kinds::action::Field;

/// One field with what is typed.
#[derive(Clone, Debug)]
pub struct FieldInput {
    pub field: Field,
    pub input: Input,
    /// The values so far, where there may be many.
    pub items: Vec<String>,
    /// What stands there was suggested and not touched: what is typed takes its place.
    pub is_suggested: bool,
}

impl FieldInput {
    pub(super) fn new(field: Field) -> Self {
        let (input, is_suggested) = (Input::new(field.initial.clone()), !field.initial.is_empty());
        Self { field, input, items: Vec::new(), is_suggested }
    }

    pub(super) fn fill(&mut self, value: impl Into<String>) {
        self.input = Input::new(value.into());
        self.is_suggested = !self.input.value().is_empty();
    }

    /// A key into the text: a letter or a deletion takes the place of a suggestion, the cursor's keys edit it.
    /// `false`: the key edits nothing.
    pub(super) fn edit(&mut self, key: Key) -> bool {
        let is_suggested = std::mem::take(&mut self.is_suggested);
        let deletes = matches!(key.code, Code::Backspace | Code::Delete);
        let types = matches!(key.code, Code::Char(_)) && !key.ctrl && !key.alt;
        if is_suggested && (types || deletes) {
            self.input = Input::default();
            return deletes || field::edit(&mut self.input, key);
        }
        field::edit(&mut self.input, key)
    }

    pub(super) fn paste(&mut self, text: &str) {
        if std::mem::take(&mut self.is_suggested) {
            self.input = Input::default();
        }
        field::paste(&mut self.input, text);
    }

    pub(super) fn value(&self) -> String {
        let typed = self.input.value().trim();
        let last = (!typed.is_empty()).then_some(typed);
        if self.field.many {
            self.items.iter().map(String::as_str).chain(last).collect::<Vec<_>>().join("\n")
        } else {
            typed.to_string()
        }
    }

    /// Takes what is typed into the list. `false`: nothing is typed.
    pub(super) fn add(&mut self) -> bool {
        let typed = self.input.value().trim().to_string();
        if !self.field.many || typed.is_empty() {
            return false;
        }
        if !self.items.contains(&typed) {
            self.items.push(typed);
        }
        self.input = Input::default();
        true
    }
}
