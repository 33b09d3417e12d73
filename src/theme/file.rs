//! The theme file: `[palette]` names colours, `[roles]` says how each role looks.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use ratatui::style::{Modifier, Style};

use super::colour::{ANSI, Colour, Depth};
use super::role::Role;
use crate::domain::schema::complaint::{Complaint, suggest};
use crate::domain::schema::document::{Document, Value, in_order};

/// What a role may be besides its colours.
const MODIFIERS: &[(&str, Modifier)] = &[
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
];

/// The look of one role as a file says it, colours by their names.
#[derive(Clone, Debug, Default)]
struct Look {
    fg: Option<String>,
    bg: Option<String>,
    modifiers: Modifier,
    place: Range<usize>,
}

/// One file.
#[derive(Debug)]
pub struct Layer {
    pub inherits: Option<String>,
    file: String,
    text: String,
    palette: HashMap<String, Colour>,
    roles: HashMap<Role, Look>,
}

/// Reads a file; what is wrong in it goes to `complaints`.
pub fn parse(text: &str, file: &str, complaints: &mut Vec<Complaint>) -> Layer {
    let (mut document, table) = Document::parse(text, file);
    let mut layer = Layer {
        inherits: None,
        file: file.to_string(),
        text: text.to_string(),
        palette: HashMap::new(),
        roles: HashMap::new(),
    };
    for (key, span, value) in in_order(&table) {
        match key {
            "inherits" => layer.inherits = document.filled(key, value),
            "palette" => {
                for (name, _, value) in document.table(key, value).map(in_order).unwrap_or_default() {
                    if let Some(colour) = palette_entry(&mut document, name, value) {
                        layer.palette.insert(name.to_string(), colour);
                    }
                }
            }
            "roles" => {
                let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
                for (name, span, value) in document.table(key, value).map(in_order).unwrap_or_default() {
                    match Role::ALL.iter().find(|role| role.name() == name) {
                        None => document.unknown(span, "role", name, &names),
                        Some(role) => {
                            if let Some(look) = look(&mut document, name, value) {
                                layer.roles.insert(*role, look);
                            }
                        }
                    }
                }
            }
            _ => document.unknown(span, "key", key, &["inherits", "palette", "roles"]),
        }
    }
    complaints.extend(document.into_complaints());
    layer
}

fn palette_entry<'a>(document: &mut Document<'a>, name: &str, value: &Value<'a>) -> Option<Colour> {
    let colour = |document: &mut Document, key: &str, value: &Value| {
        let text = document.string(key, value)?;
        let colour = Colour::parse(&text);
        if colour.is_none() {
            document.complain(value.span(), format!("`{text}` is no colour"), "write it as #rrggbb");
        }
        colour
    };
    if value.get_ref().as_str().is_some() {
        return colour(document, name, value);
    }
    let mut found: Option<Colour> = None;
    let mut ansi = None;
    for (key, span, value) in in_order(document.table(name, value)?) {
        match key {
            "rgb" => found = colour(document, key, value),
            "ansi" => {
                let text = document.string(key, value)?;
                ansi = ANSI.iter().find(|(name, ..)| *name == text).map(|(_, colour, _)| *colour);
                if ansi.is_none() {
                    let names: Vec<&str> = ANSI.iter().map(|(name, ..)| *name).collect();
                    document.unknown(value.span(), "colour", &text, &names);
                }
            }
            _ => document.unknown(span, "key", key, &["rgb", "ansi"]),
        }
    }
    if found.is_none() {
        document.complain(value.span(), format!("`{name}` has no colour"), "give it rgb = \"#rrggbb\"");
    }
    found.map(|colour| Colour { ansi, ..colour })
}

fn look<'a>(document: &mut Document<'a>, name: &str, value: &Value<'a>) -> Option<Look> {
    let mut look = Look { place: value.span(), ..Look::default() };
    if let Some(fg) = value.get_ref().as_str() {
        look.fg = Some(fg.to_string());
        return Some(look);
    }
    for (key, span, value) in in_order(document.table(name, value)?) {
        match key {
            "fg" => look.fg = document.filled(key, value),
            "bg" => look.bg = document.filled(key, value),
            _ => match MODIFIERS.iter().find(|(modifier, _)| *modifier == key) {
                Some((_, modifier)) => {
                    if document.boolean(key, value)? {
                        look.modifiers |= *modifier;
                    }
                }
                None => {
                    let names: Vec<&str> = ["fg", "bg"].into_iter().chain(MODIFIERS.iter().map(|(n, _)| *n)).collect();
                    document.unknown(span, "key", key, &names);
                }
            },
        }
    }
    Some(look)
}

/// The styles of all roles; the first layer wins. Palettes are merged before any role is looked
/// at, so that a file can change a colour everywhere by naming it anew.
pub fn resolve(layers: &[Layer], depth: Depth, complaints: &mut Vec<Complaint>) -> HashMap<Role, Style> {
    let mut palette: BTreeMap<&str, Colour> = BTreeMap::new();
    for layer in layers.iter().rev() {
        palette.extend(layer.palette.iter().map(|(name, colour)| (name.as_str(), *colour)));
    }
    let names: Vec<&str> = palette.keys().copied().collect();
    let mut styles = HashMap::new();
    for role in Role::ALL {
        let said = layers.iter().find_map(|layer| layer.roles.get(role).map(|look| (layer, look)));
        let Some((layer, look)) = said else { continue };
        let mut style = Style::new().add_modifier(look.modifiers);
        for (name, is_ground) in [(&look.fg, false), (&look.bg, true)] {
            let Some(name) = name else { continue };
            let Some(colour) = palette.get(name.as_str()).copied().or_else(|| Colour::parse(name)) else {
                let document = Document::parse(&layer.text, &layer.file).0;
                let place = document.place(&look.place);
                let message = format!("`{}` is no colour of the palette", name);
                complaints.push(Complaint::at(&layer.file, place, message, suggest(name, &names)));
                continue;
            };
            if let Some(colour) = colour.at(depth) {
                style = if is_ground { style.bg(colour) } else { style.fg(colour) };
            }
        }
        styles.insert(*role, style);
    }
    styles
}
