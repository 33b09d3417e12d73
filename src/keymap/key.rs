//! One key as people write it: `q`, `G`, `ctrl-r`, `shift-tab`, `space`.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// The key itself. A letter carries its case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// The names of keys that are no characters, and what the terminal's events call them.
const NAMES: &[(&str, Code, KeyCode)] = &[
    ("enter", Code::Enter, KeyCode::Enter),
    ("esc", Code::Esc, KeyCode::Esc),
    ("tab", Code::Tab, KeyCode::Tab),
    ("backtab", Code::BackTab, KeyCode::BackTab),
    ("backspace", Code::Backspace, KeyCode::Backspace),
    ("delete", Code::Delete, KeyCode::Delete),
    ("insert", Code::Insert, KeyCode::Insert),
    ("up", Code::Up, KeyCode::Up),
    ("down", Code::Down, KeyCode::Down),
    ("left", Code::Left, KeyCode::Left),
    ("right", Code::Right, KeyCode::Right),
    ("home", Code::Home, KeyCode::Home),
    ("end", Code::End, KeyCode::End),
    ("pageup", Code::PageUp, KeyCode::PageUp),
    ("pagedown", Code::PageDown, KeyCode::PageDown),
    ("space", Code::Char(' '), KeyCode::Char(' ')),
];

/// A key with its modifiers. Shift is kept only where the code does not carry it already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub code: Code,
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
}

impl Key {
    /// Reads a key as [`Display`](fmt::Display) writes it; also `shift-tab` for `backtab`.
    /// `None` for what is no key, or what terminals cannot tell apart from another.
    pub fn parse(text: &str) -> Option<Self> {
        let mut key = Self { code: Code::Esc, ctrl: false, alt: false, shift: false };
        let mut rest = text;
        let mut modifiers = [("ctrl-", &mut key.ctrl), ("alt-", &mut key.alt), ("shift-", &mut key.shift)];
        while let Some((flag, tail)) =
            modifiers.iter_mut().find_map(|(word, flag)| Some((flag, rest.strip_prefix(*word)?)))
        {
            // A modifier twice is a slip.
            if std::mem::replace(*flag, true) {
                return None;
            }
            rest = tail;
        }
        let mut chars = rest.chars();
        key.code = match (chars.next(), chars.next()) {
            (Some(c), None) => Code::Char(c),
            _ => match NAMES.iter().find(|(name, ..)| *name == rest) {
                Some((_, code, _)) => *code,
                None => Code::F(rest.strip_prefix('f')?.parse().ok().filter(|n| (1..=12).contains(n))?),
            },
        };
        key.tidy()
    }

    fn tidy(mut self) -> Option<Self> {
        match self.code {
            Code::Char(c) => {
                if self.ctrl {
                    // Terminals send these as tab, enter and esc.
                    if matches!(c, 'i' | 'm' | '[') {
                        return None;
                    }
                    self.code = Code::Char(c.to_ascii_lowercase());
                } else if self.shift {
                    self.code = Code::Char(c.to_ascii_uppercase());
                }
                self.shift = false;
            }
            Code::Tab if self.shift => (self.code, self.shift) = (Code::BackTab, false),
            Code::BackTab => self.shift = false,
            _ => {}
        }
        Some(self)
    }

    /// The key of a terminal's event; `None` for a release and for keys without a name here.
    pub fn from_event(event: KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let code = match event.code {
            KeyCode::Char(c) => Code::Char(c),
            KeyCode::F(n) => Code::F(n),
            code => NAMES.iter().find(|(.., event)| *event == code)?.1,
        };
        let has = |modifier| event.modifiers.contains(modifier);
        let (ctrl, alt, shift) = (has(KeyModifiers::CONTROL), has(KeyModifiers::ALT), has(KeyModifiers::SHIFT));
        Self { code, ctrl, alt, shift }.tidy()
    }

    /// A character as it is typed into a text.
    pub fn is_text(self) -> bool {
        matches!(self.code, Code::Char(_)) && !self.ctrl && !self.alt
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (on, word) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if on {
                f.write_str(word)?;
            }
        }
        if self.code == Code::BackTab {
            return f.write_str("shift-tab");
        }
        match (NAMES.iter().find(|(_, code, _)| *code == self.code), self.code) {
            (Some((name, ..)), _) => f.write_str(name),
            (None, Code::Char(c)) => write!(f, "{c}"),
            (None, Code::F(n)) => write!(f, "f{n}"),
            (None, code) => write!(f, "{code:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_they_are_read() {
        for text in
            ["q", "G", "?", "ctrl-r", "alt-x", "space", "enter", "shift-tab", "f5", "alt-ctrl-x", "shift-up", "é"]
        {
            let key = Key::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(Key::parse(&key.to_string()), Some(key), "{text}");
        }
        assert_eq!(Key::parse("shift-g"), Key::parse("G"));
        assert_eq!(Key::parse("backtab"), Key::parse("shift-tab"));
        assert_eq!(Key::parse("ctrl-R"), Key::parse("ctrl-r"));
        for text in ["", "ctrl-", "entr", "f13", "ctrl-i", "ctrl-ctrl-x", "ab"] {
            assert_eq!(Key::parse(text), None, "{text}");
        }
    }

    #[test]
    fn events_become_the_keys_that_people_write() {
        let event = |code, modifiers| Key::from_event(KeyEvent::new(code, modifiers));
        assert_eq!(event(KeyCode::Char('G'), KeyModifiers::SHIFT), Key::parse("G"));
        assert_eq!(event(KeyCode::Char('z'), KeyModifiers::CONTROL), Key::parse("ctrl-z"));
        assert_eq!(event(KeyCode::BackTab, KeyModifiers::SHIFT), Key::parse("shift-tab"));
    }
}
