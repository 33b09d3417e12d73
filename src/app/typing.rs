//! What is typed or pasted goes into the text field that has the focus.

use super::msg::Effect;
use super::state::{NoticeTone, Overlay, State};
use super::{field, timeline};
use crate::keymap::Key;

/// A key into the text field that has the focus.
pub fn edit(state: &mut State, key: Key) -> Vec<Effect> {
    let (now, in_logs) = (state.now, state.is_in_logs());
    match state.overlays.last_mut() {
        Some(Overlay::Action(dialog)) => dialog.edit(key, now),
        Some(Overlay::Picker(picker)) => {
            if field::edit(&mut picker.input, key) {
                picker.selected = 0;
            }
        }
        Some(Overlay::Insights) => state.insights.iter_mut().for_each(|view| view.edit(key)),
        Some(Overlay::Timeline(_)) => timeline::edit(state, key),
        None if in_logs => {
            if let Some(logs) = &mut state.logs {
                logs.edit(key);
            }
        }
        _ => {
            if let Some((kind, view)) = state.focused_list()
                && view.filtering
                && field::edit(&mut view.filter_input, key)
            {
                view.refilter(kind);
            }
        }
    }
    vec![]
}

/// A pasted text into it: a paste is never a key.
pub fn paste(state: &mut State, text: &str) -> Vec<Effect> {
    let (now, filtering) = (state.now, state.is_filtering());
    let typing = state.is_typing();
    let in_logs = state.is_in_logs() && typing;
    match state.overlays.last_mut() {
        Some(Overlay::Action(dialog)) => dialog.paste(text, now),
        Some(Overlay::Picker(picker)) => field::paste(&mut picker.input, text),
        Some(Overlay::Insights) if typing => state.insights.iter_mut().for_each(|view| view.paste(text)),
        Some(Overlay::Timeline(_)) if typing => timeline::paste(state, text),
        None if in_logs => {
            if let Some(logs) = &mut state.logs {
                logs.paste(text);
            }
        }
        None if filtering => {
            if let Some((kind, view)) = state.focused_list() {
                field::paste(&mut view.filter_input, text);
                view.refilter(kind);
            }
        }
        _ => state.say(NoticeTone::Info, "pasted text goes into text fields only"),
    }
    vec![]
}
