//! Colours and what a terminal can show of them.

use ratatui::style::Color;

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// 24 bits.
    True,
    /// The 256 of xterm.
    Indexed,
    /// The sixteen that the person chose in the terminal.
    Ansi,
    /// Only bold, dim, reverse and underline.
    None,
}

impl Depth {
    /// What the setting asks for, else what the environment says: `NO_COLOR`, `COLORTERM`, `TERM`.
    pub fn detect(setting: &str, variable: impl Fn(&str) -> Option<String>) -> Self {
        match setting {
            "truecolor" => return Self::True,
            "256" => return Self::Indexed,
            "16" => return Self::Ansi,
            "none" => return Self::None,
            _ => {}
        }
        let said = |name: &str| variable(name).unwrap_or_default();
        let term = said("TERM");
        if !said("NO_COLOR").is_empty() || term == "dumb" || term.is_empty() {
            Self::None
        } else if ["truecolor", "24bit"].contains(&said("COLORTERM").as_str()) || term.ends_with("-direct") {
            Self::True
        } else if term.contains("256") {
            Self::Indexed
        } else {
            Self::Ansi
        }
    }
}

/// A colour of a palette: its 24 bits, and which of the sixteen stands for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour {
    pub rgb: (u8, u8, u8),
    pub ansi: Option<Color>,
}

impl Colour {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |i: usize| u8::from_str_radix(&digits[i..i + 2], 16).ok();
        Some(Self { rgb: (part(0)?, part(2)?, part(4)?), ansi: None })
    }

    /// The nearest that the terminal can show; `None` for no colour.
    pub fn at(self, depth: Depth) -> Option<Color> {
        let (r, g, b) = self.rgb;
        match depth {
            Depth::True => Some(Color::Rgb(r, g, b)),
            Depth::Indexed => Some(Color::Indexed(nearest_of_256(self.rgb))),
            Depth::Ansi => Some(self.ansi.unwrap_or_else(|| nearest_of_16(self.rgb))),
            Depth::None => None,
        }
    }
}

/// The sixteen with their usual values (xterm).
pub const ANSI: &[(&str, Color, (u8, u8, u8))] = &[
    ("black", Color::Black, (0, 0, 0)),
    ("red", Color::Red, (205, 0, 0)),
    ("green", Color::Green, (0, 205, 0)),
    ("yellow", Color::Yellow, (205, 205, 0)),
    ("blue", Color::Blue, (0, 0, 238)),
    ("magenta", Color::Magenta, (205, 0, 205)),
    ("cyan", Color::Cyan, (0, 205, 205)),
    ("gray", Color::Gray, (229, 229, 229)),
    ("dark-gray", Color::DarkGray, (127, 127, 127)),
    ("light-red", Color::LightRed, (255, 0, 0)),
    ("light-green", Color::LightGreen, (0, 255, 0)),
    ("light-yellow", Color::LightYellow, (255, 255, 0)),
    ("light-blue", Color::LightBlue, (92, 92, 255)),
    ("light-magenta", Color::LightMagenta, (255, 0, 255)),
    ("light-cyan", Color::LightCyan, (0, 255, 255)),
    ("white", Color::White, (255, 255, 255)),
    ("default", Color::Reset, (0, 0, 0)),
];

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> i32 {
    let part = |a: u8, b: u8| (i32::from(a) - i32::from(b)).pow(2);
    part(a.0, b.0) + part(a.1, b.1) + part(a.2, b.2)
}

fn nearest_of_16(rgb: (u8, u8, u8)) -> Color {
    let sixteen = ANSI.iter().filter(|(name, ..)| *name != "default");
    sixteen.min_by_key(|(.., value)| distance(*value, rgb)).map_or(Color::Reset, |(_, colour, _)| *colour)
}

/// The nearest of the colour cube (16 to 231) and the greys (232 to 255); the first sixteen are
/// the person's and nobody knows them.
fn nearest_of_256((r, g, b): (u8, u8, u8)) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let cube = (0..216_u8).map(|i| {
        let step = |i: u8| STEPS[usize::from(i % 6)];
        (16 + i, (step(i / 36), step(i / 6), step(i)))
    });
    let greys = (0..24_u8).map(|i| (232 + i, (8 + 10 * i, 8 + 10 * i, 8 + 10 * i)));
    cube.chain(greys).min_by_key(|(_, value)| distance(*value, (r, g, b))).map_or(16, |(index, _)| index)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The contrast of two colours by WCAG 2, from 1 to 21.
    pub fn contrast(a: Color, b: Color) -> f64 {
        let luminance = |colour| {
            let Color::Rgb(r, g, b) = colour else { panic!("not a true colour: {colour:?}") };
            let part = |c: u8| {
                let c = f64::from(c) / 255.0;
                if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn the_terminal_decides_unless_the_setting_does() {
        let detect = |setting: &str, variables: &[(&str, &str)]| {
            Depth::detect(setting, |name| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string()))
        };
        for (setting, variables, depth) in [
            ("auto", &[("TERM", "xterm-256color")][..], Depth::Indexed),
            ("auto", &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], Depth::True),
            ("auto", &[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Depth::None),
            ("auto", &[("TERM", "xterm"), ("NO_COLOR", "")], Depth::Ansi),
            ("auto", &[("TERM", "linux")], Depth::Ansi),
            ("auto", &[("TERM", "dumb")], Depth::None),
            ("auto", &[], Depth::None),
            ("truecolor", &[("NO_COLOR", "1")], Depth::True),
            ("none", &[("COLORTERM", "truecolor")], Depth::None),
        ] {
            assert_eq!(detect(setting, variables), depth, "{setting} {variables:?}");
        }
    }

    #[test]
    fn colours_come_down_to_the_nearest() {
        let red = Colour::parse("#ff0000").unwrap();
        assert_eq!(red.at(Depth::Indexed), Some(Color::Indexed(196)));
        assert_eq!(red.at(Depth::Ansi), Some(Color::LightRed));
        assert_eq!(Colour::parse("#808080").unwrap().at(Depth::Indexed), Some(Color::Indexed(244)));
        assert_eq!(Colour::parse("red"), None);
    }
}
