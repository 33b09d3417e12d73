//! What leaves the pane: lines to the clipboard, and files; without secrets, as the settings say.

use super::LogView;
use crate::logs::buffer::EventKey;
use crate::logs::export;

/// Lines of one piece of a file: the screen must not wait for them.
const PIECE: usize = 20_000;

/// A file that is being written, piece by piece.
#[derive(Clone, Debug)]
pub struct Saving {
    pub file: String,
    /// Its lines, as they were chosen when it was begun; those that are evicted before their turn
    /// are counted.
    keys: Vec<EventKey>,
    done: usize,
    /// Pieces that were handed out.
    pub pieces: usize,
    pub lost: usize,
}

impl Saving {
    /// Lines that are written, and all of them.
    pub fn progress(&self) -> (usize, usize) {
        (self.done, self.keys.len())
    }
}

impl LogView {
    /// Begins a selection at the selected line, or ends it.
    pub(super) fn start_selection(&mut self) {
        self.anchor = match self.anchor {
            None => self.selected,
            Some(_) => None,
        };
        self.stop_following();
    }

    /// The line is within the selection.
    pub fn is_in_selection(&self, key: EventKey) -> bool {
        let (Some(anchor), Some(selected)) = (self.anchor, self.selected) else { return false };
        (anchor.min(selected)..=anchor.max(selected)).contains(&key)
    }

    /// Shown lines in the selection.
    pub fn selected_lines(&self) -> usize {
        let (Some(anchor), Some(selected)) = (self.anchor, self.selected) else { return 0 };
        self.view.keys().forward(anchor.min(selected)).take_while(|key| *key <= anchor.max(selected)).count()
    }

    /// What `c` copies: the value of the open field, the selection, else the selected line.
    pub fn to_copy(&self) -> Option<String> {
        let redactor = self.settings.for_copy();
        if let Some(field) = self.opened_field() {
            let safe = redactor.map(|redactor| redactor.redact_value(&field.path, &field.value).into_owned());
            return Some(safe.unwrap_or(field.value));
        }
        let selected = self.selected?;
        let Some(anchor) = self.anchor else {
            let text = self.entry(selected)?.text;
            return Some(redactor.map_or(text.into(), |redactor| redactor.redact(text)).into_owned());
        };
        let keys = self.view.keys().forward(anchor.min(selected)).take_while(|key| *key <= anchor.max(selected));
        let lines = keys.filter_map(|key| Some(export::text(&self.buffer.get(key)?, &self.table, redactor)));
        Some(lines.collect::<Vec<_>>().join("\n"))
    }

    /// Begins to write a file: what is shown, or all lines that are held.
    pub(super) fn save(&mut self, file: String, whole: bool) {
        let keys: Vec<EventKey> = if whole {
            self.buffer.forward(EventKey::MIN).map(|entry| entry.key).collect()
        } else {
            self.view.keys().forward(EventKey::MIN).collect()
        };
        self.saving = Some(Saving { file, keys, done: 0, pieces: 0, lost: 0 });
    }

    /// The next piece of the file that is being written.
    pub fn next_piece(&mut self) -> String {
        let mut text = String::new();
        let Some(saving) = &mut self.saving else { return text };
        let end = (saving.done + PIECE).min(saving.keys.len());
        let redactor = self.settings.for_save();
        let line = if saving.file.ends_with(".jsonl") { export::json } else { export::text };
        for key in &saving.keys[saving.done..end] {
            match self.buffer.get(*key) {
                Some(entry) => {
                    text += &line(&entry, &self.table, redactor);
                    text.push('\n');
                }
                None => saving.lost += 1,
            }
        }
        saving.done = end;
        saving.pieces += 1;
        text
    }
}
