//! Theme files: every mistake with its exact message, and layers over the built-in ones.

use midwatch::theme::{self, Depth, Role};
use ratatui::style::Color;

#[test]
fn every_mistake_has_its_message() {
    crate::fixtures::check("theme", |path| match theme::load(path, Depth::True) {
        Ok(_) => vec![],
        Err(complaints) => complaints.iter().map(ToString::to_string).collect(),
    });
}

#[test]
fn a_palette_alone_changes_a_colour_everywhere() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/theme/valid.toml");
    let theme = theme::load(path, Depth::True).unwrap();
    assert_eq!(theme.style(Role::Accent).fg, Some(Color::Rgb(255, 0, 255)));
    assert_eq!(theme.style(Role::Key).fg, Some(Color::Rgb(255, 0, 255)));
}
