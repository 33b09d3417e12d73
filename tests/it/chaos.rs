//! What nobody means to do: keys at random, files at random. Nothing panics, nothing is sent
//! without a confirmation.

use midwatch::app::commands::declared;
use midwatch::app::msg::{Mouse, Msg};
use midwatch::config::Config;
use midwatch::keymap::{self, Key};
use midwatch::theme::{self, Depth};
use proptest::prelude::*;

use crate::drive::Console;

/// Anything a terminal sends.
#[derive(Clone, Debug)]
enum Input {
    Key(String),
    Paste(String),
    Mouse(Mouse),
    Resize(u16, u16),
    Pass,
}

fn input() -> impl Strategy<Value = Input> {
    let confirm: Vec<&str> =
        declared().iter().filter(|d| d.command.id() == "confirm").flat_map(|d| d.keys.iter().copied()).collect();
    let bound: Vec<String> = (declared().iter().flat_map(|d| d.keys.iter()))
        .filter(|keys| !confirm.contains(keys))
        .flat_map(|keys| keys.split(' ').map(String::from))
        .collect();
    prop_oneof![
        10 => prop::sample::select(bound).prop_map(Input::Key),
        2 => prop::sample::select(vec!["esc", "enter", "5", "0", "ä", "f12", "alt-z"]).prop_map(|k| Input::Key(k.into())),
        1 => ".{0,40}".prop_map(Input::Paste),
        1 => (0..250_u16, 0..80_u16).prop_map(|(x, y)| Input::Mouse(Mouse::Press(x, y))),
        1 => (0..250_u16, 0..80_u16).prop_map(|(x, y)| Input::Mouse(Mouse::Wheel(x, y, -3))),
        1 => (0..250_u16, 0..80_u16).prop_map(|(width, height)| Input::Resize(width, height)),
        1 => Just(Input::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn keys_at_random_neither_panic_nor_change_anything(inputs in prop::collection::vec(input(), 1..60)) {
        let mut console = Console::start((120, 40), "bad-deploy");
        for input in inputs {
            match input {
                Input::Key(key) => console.tell(Msg::Key(Key::parse(&key).unwrap())),
                Input::Paste(text) => console.tell(Msg::Paste(text)),
                Input::Mouse(mouse) => console.tell(Msg::Mouse(mouse)),
                Input::Resize(width, height) => console.tell(Msg::Resize(width, height)),
                Input::Pass => console.pass(1),
            }
            console.screen();
        }
        prop_assert!(console.sent.is_empty(), "{:?}", console.sent);
    }
}

/// Text that looks like one of our files.
fn file() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "inherits",
        "global",
        "list",
        "palette",
        "roles",
        "environment",
        "defaults",
        "profile",
        "region",
        "theme",
        "tags",
        "account",
        "refresh",
        "true",
        "\"g g\"",
        "\"\"",
        "\"ü\"",
        "'#12345'",
        "1",
        "-",
        "[",
        "]",
        "{",
        "}",
        "=",
        ".",
        ",",
        "\n",
        "\n",
        "\r",
        "\u{feff}",
        "\0",
        "\u{202e}",
    ]);
    prop::collection::vec(word, 0..40).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn files_at_random_are_complained_of(text in prop_oneof![file(), any::<String>()]) {
        complain(&text);
    }
}

#[test]
fn deep_nesting_is_complained_of() {
    for text in [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}", "{b=".repeat(100_000)),
        format!("{}a = 1", "a.".repeat(100_000)),
        format!("[{}a]", "a.".repeat(100_000)),
    ] {
        assert!(complain(&text));
    }
}

/// Reads the text as each of the three kinds of file; whether every one complained.
fn complain(text: &str) -> bool {
    let (config, complaints) = Config::parse(text, "config.toml");
    let (_, more) = config.environments(&[]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.toml");
    std::fs::write(&path, text).unwrap();
    let name = path.to_str().unwrap();
    let keymap = keymap::load(name, declared());
    let theme = theme::load(name, Depth::True);
    !(complaints.is_empty() && more.is_empty()) && keymap.is_err() && theme.is_err()
}
