//! The one place where text from outside is cleaned. A [`Text`] cannot hold a control character,
//! so whatever carries one may go to the screen, the clipboard or a file.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The most characters that one text keeps; the rest is cut and marked with `…`.
pub const MAX_CHARS: usize = 4096;

/// One line of text from outside (a name, tag, event, error), cleaned by [`clean`].
/// Cheap to clone. What is read from a file is cleaned again: others can write to a journal or a config.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String")]
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

impl<T: AsRef<str>> From<T> for Text {
    fn from(raw: T) -> Self {
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

/// Makes `raw` safe to show: terminal escape sequences (CSI, OSC, DCS, SOS, PM, APC and the short
/// ones) vanish whole; C0, DEL and C1 controls, bidi and zero-width marks vanish; line breaks and
/// tabs become one space; more than [`MAX_CHARS`] characters are cut. Printable text is unchanged.
pub fn clean(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len().min(MAX_CHARS * 4));
    let mut kept = 0;
    let mut chars = raw.chars().peekable();
    while let Some(piece) = next_piece(&mut chars) {
        if kept == MAX_CHARS {
            out.push('…');
            break;
        }
        kept += 1;
        out.push(match piece {
            Piece::Char(c) => c,
            Piece::Break | Piece::Tab => ' ',
        });
    }
    out
}

/// The columns from one tab stop to the next, as terminals have them.
const TAB: usize = 8;

/// Cleans a text of several lines, such as a logged stack trace, as [`clean`] does a name, save
/// that line breaks stay, as `\n`. At most `max` bytes are kept; a mark then tells how many bytes
/// of `raw` were cut.
///
/// A lone carriage return is a break as well: log layouts for CloudWatch put it between the lines
/// of one event, and what it was meant to paint over stays visible. A tab is filled up to the next
/// stop of eight columns, so that indentation and tables keep their shape. Breaks at the end go.
pub fn clean_block(raw: &str, max: usize) -> String {
    if raw.len() <= max && raw.bytes().all(|b| b == b'\n' || (0x20..0x7f).contains(&b)) {
        return raw.trim_end_matches('\n').to_string();
    }
    let mut out = String::with_capacity(raw.len().min(max));
    let mut column = 0;
    let mut chars = raw.chars().peekable();
    // Bytes of `raw` that were read, to tell what is left when the text is full.
    let left = |chars: &Chars| chars.clone().map(char::len_utf8).sum::<usize>();
    loop {
        let before = if out.len() + TAB > max { left(&chars) } else { 0 };
        let Some(piece) = next_piece(&mut chars) else { break };
        let (shown, times) = match piece {
            Piece::Char(c) => (c, 1),
            Piece::Break => ('\n', 1),
            Piece::Tab => (' ', TAB - column % TAB),
        };
        if out.len() + shown.len_utf8() * times > max {
            out.push_str(&format!("… (+{before} bytes)"));
            return out;
        }
        column = match piece {
            Piece::Char(c) => column + unicode_width::UnicodeWidthChar::width(c).unwrap_or(0),
            Piece::Break => 0,
            Piece::Tab => column + times,
        };
        out.extend(std::iter::repeat_n(shown, times));
    }
    out.truncate(out.trim_end_matches('\n').len());
    out
}

/// What is left of a text when the sequences and marks in it are gone.
enum Piece {
    Char(char),
    Break,
    Tab,
}

fn next_piece(chars: &mut Chars) -> Option<Piece> {
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(chars),
            // The eight-bit openers of the same sequences.
            '\u{9b}' => skip_csi(chars),
            '\u{90}' | '\u{98}' | '\u{9d}' | '\u{9e}' | '\u{9f}' => skip_string(chars),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => return Some(Piece::Break),
            '\t' => return Some(Piece::Tab),
            c if c.is_control() || is_invisible(c) => {}
            c => return Some(Piece::Char(c)),
        }
    }
    None
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

/// Skips a control string up to BEL or ST. One that is never closed ends with its line: a terminal
/// would swallow all that follows, but a stray opener must not hide the rest of a stack trace.
fn skip_string(chars: &mut Chars) {
    while let Some(c) = chars.next_if(|c| !matches!(c, '\n' | '\r')) {
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
            ("\u{1b}]8;;http://e\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}_apc\u{1b}\\\u{1b}^pm\u{1b}\\\u{1b}Xsos\u{1b}\\x", "x"),
            ("\u{1b}[?1049h\u{1b}[38;2;1;2;3mx\u{1b}#8\u{1b}7", "x"),
            ("\u{2066}a\u{2069}\u{61c}\u{200e}b\u{ad}", "ab"),
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

    #[test]
    fn a_block_keeps_its_lines() {
        for (raw, shown) in [
            ("a\r\n\tat b\rc\n\n", "a\n        at b\nc"),
            ("id\tms\t漢\tx", "id      ms      漢      x"),
            ("\u{1b}[1mbold\u{1b}[0m\u{202e}", "bold"),
            ("\u{1b}]0;never closed\nstays", "\nstays"),
            ("a\u{2028}b\u{85}c", "a\nb\nc"),
        ] {
            assert_eq!(clean_block(raw, 1000), shown, "{raw:?}");
        }
    }

    #[test]
    fn a_megabyte_is_cleaned_and_cut() {
        const MAX: usize = 256 * 1024;
        let raw = "\u{1b}[31mé\u{202e}x\u{9b}0m\t".repeat(80_000);
        assert!(raw.len() > 1024 * 1024);
        let block = clean_block(&raw, MAX);
        assert!(block.len() > MAX - 8 && block.len() < MAX + 40, "{}", block.len());
        assert!(block.starts_with("éx      éx") && block.ends_with("bytes)"));
        assert!(!block.chars().any(|c| c.is_control() || is_invisible(c)));
        // Bytes that are no UTF-8 come as marks, and a sequence around them still goes.
        let lossy = String::from_utf8_lossy(b"a\xff\x1b[3\xfe1mb\xc3");
        assert!(!clean_block(&lossy, 100).contains('\u{1b}') && clean_block(&lossy, 100).starts_with("a\u{fffd}"));
    }

    #[test]
    fn a_long_block_is_cut_and_says_by_how_much() {
        assert_eq!(clean_block(&"x".repeat(1000), 10), "xxxxxxxxxx… (+990 bytes)");
        assert_eq!(clean_block(&"é".repeat(10), 11), "ééééé… (+10 bytes)");
    }

    /// Text as it might be sent to deceive a terminal: openers, marks and plain text in any order.
    fn hostile() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            any::<String>(),
            "[\u{1b}\u{9b}\u{9d}\u{90}\u{202e}\u{200b}\u{feff}\u{7}\r\n\t\u{0}-\u{1f}\u{7f}-\u{9f}\\[\\]P_^;0-9m\\\\]{0,12}",
            "[ -~]{0,12}",
        ];
        prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn no_control_ever_passes(raw in hostile()) {
            prop_assert!(!clean(&raw).chars().any(|c| c.is_control() || is_invisible(c)));
        }

        #[test]
        fn a_block_lets_nothing_pass_but_breaks(raw in hostile(), max in 0usize..100) {
            let block = clean_block(&raw, max);
            prop_assert!(!block.chars().any(|c| c != '\n' && (c.is_control() || is_invisible(c))));
            prop_assert!(block.len() <= max + "… (+18446744073709551615 bytes)".len());
        }

        #[test]
        fn a_printable_block_is_unchanged(raw in "([ -~é漢🚀]{0,20}\n){0,4}[ -~é漢🚀]{1,20}") {
            prop_assert_eq!(clean_block(&raw, 4096), raw);
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
