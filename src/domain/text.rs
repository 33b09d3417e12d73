//! The one place where text from outside is cleaned. A [`Text`] cannot hold a control character,
//! so whatever carries one may go to the screen, the clipboard or a file.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most characters that one text keeps; the rest is cut and marked with `…`.
pub const MAX_CHARS: usize = 4096;

/// One line of text from outside (a name, tag, event, error), cleaned by [`clean`].
/// Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Arc<str>);

impl Text {
    /// Cleans `raw` and keeps it.
    pub fn new(raw: impl AsRef<str>) -> Self {
        let raw = raw.as_ref();
        // Nearly every name is plain ASCII already: one scan, one allocation.
        if raw.len() <= MAX_CHARS && raw.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            Self(Arc::from(raw))
        } else {
            Self(Arc::from(clean(raw)))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Text {
    fn default() -> Self {
        Self(Arc::from(""))
    }
}

impl std::ops::Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for Text {
    fn from(raw: String) -> Self {
        Self::new(raw)
    }
}

impl From<&String> for Text {
    fn from(raw: &String) -> Self {
        Self::new(raw)
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl std::borrow::Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        // A journal line or a config value comes from a file that others can write to: clean again.
        Ok(Self::new(String::deserialize(d)?))
    }
}

/// Makes `raw` safe to show: terminal escape sequences (CSI, OSC, DCS, SOS, PM, APC and the short
/// ones) vanish whole; C0, DEL and C1 controls, bidi and zero-width marks vanish; line breaks and
/// tabs become one space; more than [`MAX_CHARS`] characters are cut. Printable text is unchanged.
pub fn clean(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len().min(MAX_CHARS * 4));
    let mut kept = 0;
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        let shown = match c {
            '\u{1b}' => {
                skip_escape(&mut chars);
                continue;
            }
            // The eight-bit openers of the same sequences.
            '\u{9b}' => {
                skip_csi(&mut chars);
                continue;
            }
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => {
                skip_string(&mut chars);
                continue;
            }
            '\r' if chars.peek() == Some(&'\n') => continue,
            '\n' | '\r' | '\t' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
            c if c.is_control() || is_invisible(c) => continue,
            c => c,
        };
        if kept == MAX_CHARS {
            out.push('…');
            break;
        }
        kept += 1;
        out.push(shown);
    }
    out
}

/// Marks that change how their neighbours are shown and are not seen themselves.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn skip_escape(chars: &mut Chars) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_csi(chars);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            chars.next();
            skip_string(chars);
        }
        // Intermediates, then one final byte, as in a character-set choice.
        Some(c) if (' '..='/').contains(c) => {
            while chars.next_if(|c| (' '..='/').contains(c)).is_some() {}
            chars.next_if(|c| ('0'..='~').contains(c));
        }
        Some(c) if ('0'..='~').contains(c) => {
            chars.next();
        }
        _ => {}
    }
}

fn skip_csi(chars: &mut Chars) {
    while chars.next_if(|c| (' '..='?').contains(c)).is_some() {}
    chars.next_if(|c| ('@'..='~').contains(c));
}

/// Skips a control string up to BEL or ST. One that is never closed swallows the rest of the
/// text, as a terminal would.
fn skip_string(chars: &mut Chars) {
    while let Some(c) = chars.next() {
        match c {
            '\u{7}' | '\u{9c}' => return,
            '\u{1b}' => {
                chars.next_if_eq(&'\\');
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escape_sequences_vanish_whole() {
        for (raw, shown) in [
            ("a\u{1b}[31mred\u{1b}[0m", "ared"),
            ("\u{1b}]0;title\u{7}x", "x"),
            ("\u{1b}]52;c;aGk=\u{1b}\\x", "x"),
            ("\u{1b}Pq#0\u{1b}\\x", "x"),
            ("\u{9b}31mx", "x"),
            ("\u{9d}8;;http://e\u{9c}x", "x"),
            ("\u{1b}(0x", "x"),
            ("\u{1b}cx", "x"),
            ("ok\rFAKE", "ok FAKE"),
            ("one\r\ntwo\tthree", "one two three"),
            ("a\u{202e}b\u{200b}c\u{feff}", "abc"),
            ("NUL\0 DEL\u{7f}", "NUL DEL"),
            ("naïve 漢字 🚀", "naïve 漢字 🚀"),
        ] {
            assert_eq!(clean(raw), shown, "{raw:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_and_marked() {
        let text = Text::new("x".repeat(10_000));
        assert_eq!(text.chars().count(), MAX_CHARS + 1);
        assert!(text.ends_with('…'));
    }

    proptest! {
        #[test]
        fn no_control_ever_passes(raw in any::<String>()) {
            prop_assert!(!clean(&raw).chars().any(|c| c.is_control() || is_invisible(c)));
        }

        #[test]
        fn cleaning_twice_is_cleaning_once(raw in any::<String>()) {
            let once = clean(&raw);
            prop_assert_eq!(clean(&once), once);
        }

        #[test]
        fn printable_ascii_is_unchanged(raw in "[ -~]{0,200}") {
            prop_assert_eq!(clean(&raw), raw);
        }
    }
}
