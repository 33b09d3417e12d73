//! Which keys mean which command. The commands are declared by the caller; files lay other keys
//! over the declared ones, and every mistake in them is told with its place.

mod file;
mod key;

use std::collections::{BTreeMap, BTreeSet};

pub use file::{load, names, render_default};
pub use key::{Code, Key};

/// Where keys are looked up, the nearest first. Whoever has keys of its own declares one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Context {
    place: u8,
    /// The name of its table in key files.
    pub name: &'static str,
    /// Where that is, in the words of the help.
    pub title: &'static str,
}

impl Context {
    /// Everywhere but in text fields.
    pub const GLOBAL: Self = Self::new(0, "global", "everywhere");
    /// In a text field, and in a fuzzy list. A character without a modifier is text there.
    pub const INPUT: Self = Self::new(u8::MAX, "input", "in a text field or a fuzzy list");

    /// `place` orders the tables of a key file and the groups of the help; `title` heads the group.
    pub const fn new(place: u8, name: &'static str, title: &'static str) -> Self {
        Self { place, name, title }
    }

    /// The contexts of these commands, in their order.
    pub fn all(declared: &[DeclaredCommand]) -> BTreeSet<Self> {
        declared.iter().map(|command| command.context).collect()
    }
}

/// What a key asks for: a value that its owner gave a name, and matches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Command(&'static str);

impl Command {
    pub const fn new(id: &'static str) -> Self {
        Self(id)
    }

    /// The name in key files, the palette and `midwatch keys`.
    pub const fn id(self) -> &'static str {
        self.0
    }
}

/// A command as its owner declares it.
#[derive(Clone, Copy, Debug)]
pub struct DeclaredCommand {
    pub command: Command,
    pub context: Context,
    /// The default keys, each a sequence with blanks between (`g g`).
    pub keys: &'static [&'static str],
    pub label: &'static str,
    pub help: &'static str,
    /// It may get other keys, but never none.
    pub essential: bool,
    /// It leads to a change of AWS: never on a key of the terminal itself.
    pub changes: bool,
}

/// What a key means after those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMeaning {
    Command(Command),
    /// More keys must follow.
    Prefix,
    Nothing,
}

/// The keys in force.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    bindings: BTreeMap<(Context, Vec<Key>), Command>,
    /// The keys of each command, in the order they were given.
    keys: BTreeMap<Command, Vec<String>>,
}

impl Keymap {
    /// The declared keys, nothing laid over them.
    pub fn standard(declared: &[DeclaredCommand]) -> Self {
        let mut keymap = Self::default();
        for command in declared {
            for keys in command.keys {
                if let Some(sequence) = sequence(keys) {
                    keymap.bind(command.context, sequence, command.command);
                }
            }
        }
        keymap
    }

    /// What a key means, asking the contexts in their order. A longer sequence that has begun in a
    /// nearer context comes before a command of a farther one.
    pub fn lookup(&self, contexts: &[Context], pending: &[Key], key: Key) -> KeyMeaning {
        let mut typed = pending.to_vec();
        typed.push(key);
        for context in contexts {
            if let Some(command) = self.bindings.get(&(*context, typed.clone())) {
                return KeyMeaning::Command(*command);
            }
            let longer = self.bindings.range((*context, typed.clone())..).next();
            if longer.is_some_and(|((c, sequence), _)| c == context && sequence.starts_with(&typed)) {
                return KeyMeaning::Prefix;
            }
        }
        KeyMeaning::Nothing
    }

    /// The keys of a command as people write them.
    pub fn keys(&self, command: Command) -> Vec<String> {
        self.keys.get(&command).cloned().unwrap_or_default()
    }

    /// As [`Self::keys`], without those that mean another command where these contexts are asked.
    pub fn keys_in(&self, contexts: &[Context], command: Command) -> Vec<String> {
        let taken = |keys: &String| {
            let typed = sequence(keys).unwrap_or_default();
            let meant = contexts.iter().find_map(|context| self.bindings.get(&(*context, typed.clone())));
            meant.is_some_and(|meant| *meant != command)
        };
        let mut keys = self.keys(command);
        keys.retain(|keys| !taken(keys));
        keys
    }

    fn bind(&mut self, context: Context, sequence: Vec<Key>, command: Command) {
        self.unbind(context, &sequence);
        self.keys.entry(command).or_default().push(shown(&sequence));
        self.bindings.insert((context, sequence), command);
    }

    fn unbind(&mut self, context: Context, sequence: &[Key]) {
        if let Some(command) = self.bindings.remove(&(context, sequence.to_vec()))
            && let Some(keys) = self.keys.get_mut(&command)
        {
            let gone = shown(sequence);
            keys.retain(|keys| *keys != gone);
        }
    }
}

/// Reads `g g`. `None` when one of the keys is none.
fn sequence(text: &str) -> Option<Vec<Key>> {
    let keys: Option<Vec<Key>> = text.split_whitespace().map(Key::parse).collect();
    keys.filter(|keys| !keys.is_empty())
}

/// As a person says it: characters in a row are one word, `]e`.
fn shown(sequence: &[Key]) -> String {
    let keys = written(sequence);
    let are_characters = keys.split(' ').all(|key| key.chars().count() == 1);
    if are_characters { keys.replace(' ', "") } else { keys }
}

/// As a key file has it.
fn written(sequence: &[Key]) -> String {
    sequence.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
