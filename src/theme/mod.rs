//! Themes: roles, and the files that say how each looks. What a piece of the screen means is a
//! [`Role`]; colours are in `themes/*.toml` and in the person's own file.

mod chart_glyphs;
mod colour;
mod file;
mod role;

use std::collections::HashMap;

use ratatui::style::Style;

use crate::config::file as files;
use crate::domain::schema::complaint::Complaint;
pub use chart_glyphs::ChartGlyphs;
pub use colour::Depth;
pub use role::Role;

/// The built-in themes: name and file.
const BUILTIN: &[(&str, &str)] = &[
    ("midnight", include_str!("../../themes/midnight.toml")),
    ("daylight", include_str!("../../themes/daylight.toml")),
    ("contrast", include_str!("../../themes/contrast.toml")),
    ("mono", include_str!("../../themes/mono.toml")),
];

/// The theme when nobody chose one.
pub const DEFAULT: &str = "midnight";

/// How every role looks.
#[derive(Clone, Debug)]
pub struct Theme {
    styles: HashMap<Role, Style>,
    /// What charts are drawn with.
    pub ink: ChartGlyphs,
    /// The colours that it was made for.
    pub depth: Depth,
}

impl Theme {
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(&role).copied().unwrap_or_default()
    }

    /// A built-in theme.
    ///
    /// # Panics
    /// There is none of this name; for tests and for [`DEFAULT`].
    pub fn builtin(name: &str, depth: Depth) -> Self {
        // A test loads every built-in theme at every depth.
        load(name, depth).unwrap_or_else(|complaints| panic!("theme {name}: {complaints:?}"))
    }
}

/// The names of the built-in themes.
pub fn names() -> Vec<&'static str> {
    BUILTIN.iter().map(|(name, _)| *name).collect()
}

/// Loads a built-in theme by its name, or a file by its path, for a terminal of so many colours.
///
/// # Errors
/// Every mistake in the file, with its place.
pub fn load(name: &str, depth: Depth) -> Result<Theme, Vec<Complaint>> {
    // Without colours a coloured theme would lose what its backgrounds say.
    if depth == Depth::None && name != "mono" {
        return load("mono", depth);
    }
    let mut layers = Vec::new();
    let mut complaints = Vec::new();
    let mut next = Some(name.to_string());
    let mut seen: Vec<String> = Vec::new();
    while let Some(name) = next.take() {
        if seen.iter().any(|of| files::is_same(of, &name)) {
            let chain = seen.join(" → ");
            complaints.push(Complaint::whole(
                &seen[0],
                format!("inherits in a circle: {chain} → {name}"),
                "end it at a built-in theme",
            ));
            break;
        }
        let text = files::text("theme", &name, BUILTIN, &seen).map_err(|complaint| vec![complaint])?;
        let layer = file::parse(&text, &name, &mut complaints);
        // A file of one's own that names no parent gets what it does not say from the default.
        next = match &layer.inherits {
            Some(parent) => Some(files::inherited(&name, parent)),
            None => (!names().contains(&name.as_str())).then(|| DEFAULT.to_string()),
        };
        layers.push(layer);
        seen.push(name);
    }
    let styles = file::resolve(&layers, depth, &mut complaints);
    if complaints.is_empty() { Ok(Theme { styles, ink: ChartGlyphs::default(), depth }) } else { Err(complaints) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_theme_loads_at_every_depth_and_says_every_role() {
        for name in names() {
            for depth in [Depth::True, Depth::Indexed, Depth::Ansi, Depth::None] {
                let theme = load(name, depth).unwrap();
                assert_eq!(theme.styles.len(), Role::ALL.len(), "{name}");
            }
        }
    }

    #[test]
    fn mono_and_no_colour_have_no_colour() {
        for (name, depth) in [("mono", Depth::True), ("midnight", Depth::None)] {
            let theme = load(name, depth).unwrap();
            for (role, style) in &theme.styles {
                assert!(style.fg.is_none() && style.bg.is_none(), "{name} {role:?}");
            }
        }
    }

    #[test]
    fn text_can_be_read() {
        use Role::*;
        for (name, least) in [("midnight", 4.5), ("daylight", 4.5), ("contrast", 7.0)] {
            let theme = load(name, Depth::True).unwrap();
            let ground = theme.style(Text).bg.unwrap();
            for role in [
                Text,
                Strong,
                Dim,
                Accent,
                Ok,
                Changing,
                Degraded,
                Down,
                Unknown,
                Header,
                Key,
                KeyLabel,
                NoticeInfo,
                NoticeError,
            ] {
                let colour = theme.style(role).fg.unwrap();
                let ratio = colour::tests::contrast(colour, theme.style(role).bg.unwrap_or(ground));
                assert!(ratio >= least, "{name} {role:?}: {ratio:.2}");
            }
            for band in [BandProduction, BandStaging, BandDevelopment] {
                let style = theme.style(band);
                let ratio = colour::tests::contrast(style.fg.unwrap(), style.bg.unwrap());
                assert!(ratio >= least, "{name} {band:?}: {ratio:.2}");
            }
        }
    }
}
