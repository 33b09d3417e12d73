//! What lines and bars of charts are made of: not every terminal has every character.

/// The characters that charts are drawn with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChartGlyphs {
    /// Eight dots a cell: lines.
    #[default]
    Braille,
    /// Eighths of a cell: bars.
    Blocks,
    /// Nothing but ASCII.
    Ascii,
}

impl ChartGlyphs {
    /// What the setting asks for, else what the terminal can do: the Linux console has a font of 512
    /// characters, and Braille is not among them (console_codes(4)).
    pub fn detect(setting: &str, variable: impl Fn(&str) -> Option<String>) -> Self {
        match setting {
            "braille" => Self::Braille,
            "blocks" => Self::Blocks,
            "ascii" => Self::Ascii,
            _ if matches!(variable("TERM").as_deref(), Some("linux" | "dumb")) => Self::Ascii,
            _ => Self::Braille,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_goes_before_the_terminal() {
        let of = |setting, term: &'static str| ChartGlyphs::detect(setting, |_| Some(term.to_string()));
        assert_eq!(of("auto", "xterm-256color"), ChartGlyphs::Braille);
        assert_eq!(of("auto", "linux"), ChartGlyphs::Ascii);
        assert_eq!(of("blocks", "linux"), ChartGlyphs::Blocks);
        assert_eq!(ChartGlyphs::detect("auto", |_| None), ChartGlyphs::Braille);
    }
}
