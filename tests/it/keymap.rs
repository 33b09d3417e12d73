//! Key files: the built-in ones, layers, and every mistake with its exact message.

use midwatch::app::commands::declared;
use midwatch::app::panes::LIST;
use midwatch::app::views::action::PLAN;
use midwatch::keymap::{self, Command, Context, Key, KeyMeaning};

#[test]
fn the_default_file_is_what_the_declarations_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/keymaps/default.toml");
    let wanted = keymap::render_default(declared());
    if std::env::var_os("MIDWATCH_BLESS").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), wanted, "run the test once with MIDWATCH_BLESS=1");
}

#[test]
fn every_builtin_keymap_loads_and_a_person_can_always_leave() {
    for name in keymap::names() {
        let keymap = keymap::load(name, declared()).unwrap();
        for command in declared().iter().filter(|command| command.essential) {
            assert!(!keymap.keys(command.command).is_empty(), "{name}: {}", command.command.id());
        }
    }
}

#[test]
fn no_default_key_hides_another() {
    let declared = declared();
    for a in declared {
        for b in declared.iter().filter(|b| b.context == a.context && b.command != a.command) {
            for (x, y) in a.keys.iter().flat_map(|x| b.keys.iter().map(move |y| (x, y))) {
                assert!(
                    x != y && !y.starts_with(&format!("{x} ")),
                    "{} and {} on {x} and {y}",
                    a.command.id(),
                    b.command.id()
                );
            }
        }
    }
}

#[test]
fn sequences_contexts_and_layers() {
    let keymap = keymap::load("vim", declared()).unwrap();
    let key = |text: &str| Key::parse(text).unwrap();
    let list = &[LIST, Context::GLOBAL];
    assert_eq!(keymap.lookup(list, &[], key("g")), KeyMeaning::Prefix);
    assert_eq!(keymap.lookup(list, &[key("g")], key("g")), KeyMeaning::Command(Command::new("top")));
    assert_eq!(keymap.lookup(list, &[], key("q")), KeyMeaning::Command(Command::new("quit")));
    assert_eq!(keymap.lookup(list, &[key("Z")], key("Z")), KeyMeaning::Command(Command::new("quit")));
    assert_eq!(keymap.lookup(list, &[], key("ctrl-d")), KeyMeaning::Command(Command::new("half-down")));
    assert_eq!(keymap.lookup(&[PLAN], &[], key("j")), KeyMeaning::Nothing);
    assert_eq!(keymap.keys(Command::new("quit")), ["q", "ZZ"]);
}

#[test]
fn every_mistake_has_its_message() {
    crate::fixtures::check("keymap", |path| match keymap::load(path, declared()) {
        Ok(_) => vec![],
        Err(complaints) => complaints.iter().map(ToString::to_string).collect(),
    });
}
