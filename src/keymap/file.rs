//! Key files: `inherits`, then a table for each context. They are laid over the declared keys;
//! what cannot work is told with its place, and the file is refused whole.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Code, Command, Context, DeclaredCommand, Key, Keymap, sequence, written};
use crate::config::file;
use crate::domain::schema::complaint::Complaint;
use crate::domain::schema::document::{Document, Value, in_order};

/// The built-in files: name and text. `default` is made of the declarations, and a test holds it
/// to them.
const BUILTIN: &[(&str, &str)] = &[
    ("default", include_str!("../../keymaps/default.toml")),
    ("vim", include_str!("../../keymaps/vim.toml")),
    ("emacs", include_str!("../../keymaps/emacs.toml")),
];

/// Keys that the terminal or the shell takes for itself in other places: a habit there must not
/// change AWS here.
const TERMINAL: &[&str] = &["ctrl-c", "ctrl-d", "ctrl-q", "ctrl-s", "ctrl-w", "ctrl-z"];

/// The names of the built-in keymaps.
pub fn names() -> Vec<&'static str> {
    BUILTIN.iter().map(|(name, _)| *name).collect()
}

/// One line of a file.
struct Line {
    context: Context,
    keys: Vec<Key>,
    /// `None` unbinds.
    command: Option<Command>,
    span: Range<usize>,
}

/// Loads a built-in keymap by its name, or a file by its path.
///
/// # Errors
/// Every mistake in the file, with its place.
pub fn load(name: &str, declared: &[DeclaredCommand]) -> Result<Keymap, Vec<Complaint>> {
    load_over(name, declared, &mut Vec::new())
}

fn load_over(name: &str, declared: &[DeclaredCommand], seen: &mut Vec<String>) -> Result<Keymap, Vec<Complaint>> {
    if seen.iter().any(|of| file::is_same(of, name)) {
        let message = format!("inherits in a circle: {} → {name}", seen.join(" → "));
        return Err(vec![Complaint::whole(&seen[0], message, "end it at default, vim or emacs")]);
    }
    if name == "default" {
        return Ok(Keymap::standard(declared));
    }
    let text = file::text("keymap", name, BUILTIN, seen).map_err(|complaint| vec![complaint])?;
    let (mut document, table) = Document::parse(&text, name);
    let contexts = Context::all(declared);
    let mut lines = Vec::new();
    let mut inherits = "default".to_string();
    for (key, span, value) in in_order(&table) {
        if key == "inherits" {
            inherits = document.filled(key, value).map_or(inherits, |parent| file::inherited(name, &parent));
            continue;
        }
        let Some(context) = contexts.iter().copied().find(|context| context.name == key) else {
            let names: Vec<&str> = std::iter::once("inherits").chain(contexts.iter().map(|c| c.name)).collect();
            document.unknown(span, "context", key, &names);
            continue;
        };
        for (keys, span, value) in document.table(key, value).map(in_order).unwrap_or_default() {
            lines.extend(line(&mut document, context, keys, span, value, declared));
        }
    }
    seen.push(name.to_string());
    let mut keymap = load_over(&inherits, declared, seen)?;
    // First what goes, so that the order in the file does not matter.
    for line in lines.iter().filter(|line| line.command.is_none()) {
        if !keymap.bindings.contains_key(&(line.context, line.keys.clone())) {
            let message = format!("`{}` is not bound in {}", written(&line.keys), line.context.name);
            document.complain(line.span.clone(), message, "leave the line out");
        }
        keymap.unbind(line.context, &line.keys);
    }
    for line in &lines {
        if let Some(command) = line.command {
            keymap.bind(line.context, line.keys.clone(), command);
        }
    }
    whole(&mut document, &keymap, &lines, declared);
    document.finish(keymap)
}

/// Reads one line of a context.
fn line<'a>(
    document: &mut Document<'a>,
    context: Context,
    keys: &str,
    span: Range<usize>,
    value: &Value<'a>,
    declared: &[DeclaredCommand],
) -> Option<Line> {
    let Some(parsed) = sequence(keys) else {
        let remedy = "write keys as q, G, ctrl-r, alt-x, space, enter, f5; sequences as `g g`";
        document.complain(span, format!("`{keys}` is no key"), remedy);
        return None;
    };
    if value.get_ref().as_bool() == Some(false) {
        return Some(Line { context, keys: parsed, command: None, span });
    }
    let name = document.string(keys, value)?;
    let here: Vec<&DeclaredCommand> =
        declared.iter().filter(|d| d.context == context || d.context == Context::GLOBAL).collect();
    let Some(command) = here.iter().find(|d| d.command.id() == name) else {
        if let Some(elsewhere) = declared.iter().find(|d| d.command.id() == name) {
            let remedy = format!("put it under [{}]", elsewhere.context.name);
            document.complain(value.span(), format!("`{name}` is not a command of {}", context.name), remedy);
        } else {
            let names: Vec<&str> = here.iter().map(|d| d.command.id()).collect();
            document.unknown(value.span(), "command", &name, &names);
        }
        return None;
    };
    let first = parsed[0];
    if context == Context::INPUT && first.is_text() {
        document.complain(span, format!("`{keys}` is text in a text field"), "use a key with ctrl or alt");
        return None;
    }
    let is_terminal = TERMINAL.iter().any(|key| Key::parse(key) == Some(first));
    let confirms = command.command.id() == "confirm" && matches!(first.code, Code::Enter | Code::Esc);
    if (command.changes && is_terminal) || confirms {
        let message = format!("`{name}` must not be on `{keys}`");
        document.complain(span, message, "what changes AWS is on no key that is pressed by habit");
        return None;
    }
    Some(Line { context, keys: parsed, command: Some(command.command), span })
}

/// What only the whole keymap tells: keys hidden by prefixes, essentials without a key.
fn whole(document: &mut Document, keymap: &Keymap, lines: &[Line], declared: &[DeclaredCommand]) {
    let mut told: BTreeMap<(Context, Vec<Key>), ()> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.command.is_some()) {
        for (context, other) in keymap.bindings.keys() {
            let in_reach = *context == line.context;
            let hides = *other != line.keys && (other.starts_with(&line.keys) || line.keys.starts_with(other));
            if in_reach && hides && told.insert((line.context, line.keys.clone()), ()).is_none() {
                let message = format!("`{}` and `{}` hide each other", written(&line.keys), written(other));
                document.complain(
                    line.span.clone(),
                    message,
                    format!("unbind the other: \"{}\" = false", written(other)),
                );
            }
        }
    }
    for command in declared.iter().filter(|command| command.essential) {
        if keymap.keys(command.command).is_empty() {
            let span = lines.iter().rev().find(|line| line.command.is_none()).map_or(0..0, |line| line.span.clone());
            document.complain(span, format!("`{}` has no key left", command.command.id()), "bind it to another key");
        }
    }
}

/// `keymaps/default.toml`, made of the declarations.
pub fn render_default(declared: &[DeclaredCommand]) -> String {
    let mut text = String::from(
        "# The default keys, made of the declarations in the program. A file of your own says\n\
         # `inherits = \"default\"` and only what differs; `\"x\" = false` unbinds.\n",
    );
    for context in Context::all(declared) {
        text += &format!("\n[{}]\n", context.name);
        for command in declared.iter().filter(|command| command.context == context) {
            for keys in command.keys {
                let left = format!("\"{keys}\" = \"{}\"", command.command.id());
                text += &format!("{left:<32} # {}\n", command.help);
            }
        }
    }
    text
}
