//! What is typed or pasted goes into the text field that has the focus.

use super::field::{self, Written};
use super::msg::Effect;
use super::state::{NoticeTone, Overlay, State};
use crate::app::views::timeline;
use crate::keymap::Key;

/// A key into the text field that has the focus.
pub fn edit(state: &mut State, key: Key) -> Vec<Effect> {
    write(state, Written::Key(key));
    vec![]
}

/// A pasted text into it.
pub fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    if state.is_typing() {
        write(state, Written::Pasted(text));
    } else {
        state.say(NoticeTone::Info, "pasted text goes into text fields only");
    }
    vec![]
}

/// The one way into all fields, so that what follows from a change of one is the same for a key and a paste.
fn write(state: &mut State, written: Written) {
    let (now, in_logs) = (state.now, state.is_in_logs());
    match state.overlays.last_mut() {
        Some(Overlay::Action(dialog)) => match written {
            Written::Key(key) => dialog.edit(key, now),
            Written::Pasted(text) => dialog.paste(text, now),
        },
        Some(Overlay::Picker(picker)) => {
            if field::write(&mut picker.input, written) {
                picker.selected = 0;
            }
        }
        Some(Overlay::Insights) => state.insights.iter_mut().for_each(|view| view.write(written)),
        Some(Overlay::Timeline(_)) => timeline::write(state, written),
        None if in_logs => state.logs.iter_mut().for_each(|logs| logs.write(written)),
        _ => {
            if let Some((kind, view)) = state.focused_list()
                && view.filtering
                && field::write(&mut view.filter_input, written)
            {
                view.refilter(kind);
            }
        }
    }
}
