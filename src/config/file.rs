//! Files of the person: how they are named, one from another, and read.

use std::path::Path;

use crate::domain::schema::complaint::{Complaint, suggest};

/// Whether a keymap or theme is named by its path, not by a built-in name.
pub fn is_path(name: &str) -> bool {
    name.contains(['/', '.'])
}

/// What the file `of` inherits: a built-in name as it is, a path as seen from that file.
pub fn inherited(of: &str, name: &str) -> String {
    if !is_path(name) || Path::new(name).is_absolute() {
        return name.to_string();
    }
    Path::new(of).with_file_name(name).to_string_lossy().into_owned()
}

/// Whether two names mean the same built-in or the same file; a path has many spellings.
pub fn is_same(a: &str, b: &str) -> bool {
    let real = |name: &str| std::fs::canonicalize(name).ok();
    a == b || (is_path(a) && is_path(b) && real(a).is_some_and(|a| real(b) == Some(a)))
}

/// The text of a built-in file by its name, or of the person's own by its path; `seen` are those that inherit it.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn text(what: &str, name: &str, builtin: &[(&str, &str)], seen: &[String]) -> Result<String, Complaint> {
    if let Some((_, text)) = builtin.iter().find(|(builtin, _)| *builtin == name) {
        return Ok((*text).to_string());
    }
    if is_path(name) {
        return read(Path::new(name));
    }
    let names: Vec<&str> = builtin.iter().map(|(name, _)| *name).collect();
    let of = seen.last().map_or(what, String::as_str);
    Err(Complaint::whole(of, format!("there is no {what} `{name}`"), suggest(name, &names)))
}

/// Reads a text file of the person.
///
/// # Errors
/// A complaint about the whole file.
pub fn read(path: &Path) -> Result<String, Complaint> {
    std::fs::read_to_string(path).map_err(|error| {
        let remedy = match error.kind() {
            std::io::ErrorKind::NotFound => "check the path",
            std::io::ErrorKind::InvalidData => "save it as UTF-8",
            _ => "",
        };
        Complaint::whole(&path.to_string_lossy(), format!("cannot be read: {error}"), remedy)
    })
}
