//! A complaint: what is wrong in a file of the person, where, and what mends it. Config, keymap
//! and theme share it; each collects all of its complaints, not just the first.

use std::fmt;

use crate::domain::text::Text;

/// A place in a file. Both start at 1; columns count characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePlace {
    pub line: usize,
    pub column: usize,
}

/// One thing wrong in one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    pub file: Text,
    /// Starts at 1; 0 when the complaint is about the file as a whole.
    pub line: usize,
    /// Starts at 1, counted in characters; 0 as above.
    pub column: usize,
    pub message: Text,
    /// What mends it; may be empty.
    pub remedy: Text,
}

impl Complaint {
    /// A complaint about one place of a file.
    pub fn at(file: &str, place: FilePlace, message: impl Into<Text>, remedy: impl Into<Text>) -> Self {
        Self {
            file: file.into(),
            line: place.line,
            column: place.column,
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    /// A complaint about a file as a whole: it cannot be read, for example.
    pub fn whole(file: &str, message: impl Into<Text>, remedy: impl Into<Text>) -> Self {
        Self::at(file, FilePlace::default(), message, remedy)
    }
}

impl fmt::Display for Complaint {
    /// `file:line:column: message; remedy`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.message)?;
        if !self.remedy.is_empty() {
            write!(f, "; {}", self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for Complaint {}

/// The valid name that the person most likely meant.
pub fn nearest<'a>(name: &str, valid: &[&'a str]) -> Option<&'a str> {
    let lower = name.to_lowercase();
    valid
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), *candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The remedy for an unknown name: the nearest valid one, or all of them while they are few.
pub fn suggest(name: &str, valid: &[&str]) -> String {
    const FEW: usize = 12;
    match nearest(name, valid) {
        Some(near) => format!("did you mean `{near}`?"),
        None if valid.is_empty() => String::new(),
        None if valid.len() <= FEW => format!("known: {}", valid.join(", ")),
        None => format!("known: {}, …", valid[..FEW].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let valid = ["region", "refresh", "read_only", "tier"];
        assert_eq!(nearest("regoin", &valid), Some("region"));
        assert_eq!(nearest("READ_ONLY", &valid), Some("read_only"));
        assert_eq!(nearest("readonly", &valid), Some("read_only"));
        assert_eq!(nearest("colour", &valid), None);
        assert_eq!(suggest("colour", &valid), "known: region, refresh, read_only, tier");
    }

    #[test]
    fn a_complaint_reads_as_editors_expect() {
        let place = FilePlace { line: 3, column: 7 };
        assert_eq!(Complaint::at("a.toml", place, "no", "say yes").to_string(), "a.toml:3:7: no; say yes");
        assert_eq!(Complaint::whole("a.toml", "gone", "").to_string(), "a.toml: gone");
        let nasty = Complaint::at("a.toml", place, "unknown key `\u{1b}[2J`", "");
        assert_eq!(nasty.to_string(), "a.toml:3:7: unknown key ``");
    }
}
