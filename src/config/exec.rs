//! What the config says of shells in containers: `[exec]`.

use toml::de::DeTable;

use super::document::{Document, in_order};
use super::entry::Key;

/// Keys of the table.
pub const KEYS: &[Key] = &[("shell", "string; \"/bin/sh\"", "what exec starts in a container, with its arguments")];

/// Reads the table; what is wrong in it is complained of. `None`: no shell is named.
pub fn parse<'a>(document: &mut Document<'a>, table: &DeTable<'a>) -> Option<String> {
    let mut shell = None;
    for (key, span, value) in in_order(table) {
        match key {
            "shell" => shell = document.filled(key, value),
            _ => {
                let names: Vec<&str> = KEYS.iter().map(|(name, ..)| *name).collect();
                document.unknown(span, "key", key, &names);
            }
        }
    }
    shell
}
