//! Holds the house to its invariants (see the crate's documentation) by reading its source.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Who may import whom. A module that is not named here fails the test: it must find its room.
const SEES: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("logs", &["domain"]),
    ("port", &["domain", "logs"]),
    ("settings", &["domain", "logs"]),
    ("kinds", &["domain", "logs", "settings"]),
    ("diagnosis", &["domain", "kinds"]),
    ("keymap", &["domain", "config"]),
    ("theme", &["domain", "config"]),
    ("config", &["domain", "logs", "settings"]),
    ("paths", &[]),
    ("trace", &[]),
    ("jsonl", &[]),
    ("journal", &["domain", "jsonl"]),
    ("recorder", &["domain", "jsonl"]),
    ("app", &["domain", "logs", "port", "settings", "kinds", "diagnosis", "keymap", "theme"]),
    ("ui", &["domain", "logs", "port", "kinds", "diagnosis", "keymap", "theme", "app"]),
    ("runtime", &["domain", "logs", "port", "kinds", "keymap", "theme", "app", "ui", "journal", "recorder"]),
    ("aws", &["domain", "logs", "port", "kinds"]),
    ("demo", &["domain", "logs", "port", "kinds"]),
    (
        "cli",
        &[
            "domain",
            "port",
            "settings",
            "kinds",
            "diagnosis",
            "keymap",
            "theme",
            "config",
            "app",
            "ui",
            "runtime",
            "journal",
            "recorder",
            "paths",
            "trace",
        ],
    ),
];

/// Where the tests of a file begin.
fn tests_of(source: &str) -> usize {
    let begins = ["#[cfg(test)]\nmod tests {", "#[cfg(test)]\npub mod tests {", "#[cfg(test)]\npub(super) mod tests {"];
    begins.iter().filter_map(|begin| source.find(begin)).min().unwrap_or(source.len())
}

struct File {
    path: PathBuf,
    /// The first folder or file under `src`.
    room: String,
    /// The source without comments and without the tests at its end.
    code: String,
    whole: String,
}

fn files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let whole = fs::read_to_string(&path).unwrap();
                let tests = tests_of(&whole);
                let code: Vec<&str> = whole[..tests].lines().filter(|l| !l.trim_start().starts_with("//")).collect();
                let first = path.strip_prefix(&root).unwrap().components().next().unwrap();
                let room = first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_string();
                found.push(File { path, room, code: code.join("\n"), whole });
            }
        }
    }
    assert!(found.len() > 40, "the source was not found");
    found
}

/// Files of tests and their builders, which may do what the house may not.
fn is_test(file: &File) -> bool {
    let is_named =
        |name: &std::ffi::OsStr| ["tests", "tests.rs", "testing.rs", "fixtures.rs"].iter().any(|own| name == *own);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    file.path.strip_prefix(root).unwrap_or(&file.path).iter().any(is_named)
}

fn breaches(of: impl Fn(&File) -> Vec<String>) {
    let found: Vec<String> = files()
        .iter()
        .filter(|file| !is_test(file))
        .flat_map(|file| of(file).into_iter().map(|why| format!("{}: {why}", file.path.display())))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The rooms that a source names by `crate::`.
fn named(code: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // A macro's `$krate::` names another crate.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let group = &group[..group.find('}').unwrap_or(0)];
            rooms.extend(group.split(',').map(|part| first_word(part.trim())));
        } else {
            rooms.push(first_word(rest));
        }
    }
    rooms
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn imports_go_one_way() {
    breaches(|file| {
        if file.room == "main" || file.room == "lib" {
            return vec![];
        }
        let Some((_, sees)) = SEES.iter().find(|(room, _)| *room == file.room) else {
            return vec![format!("{} has no room in the plan", file.room)];
        };
        let rooms = named(&file.code).into_iter();
        rooms
            .filter(|room| *room != file.room && !sees.contains(&room.as_str()))
            .map(|r| format!("imports {r}"))
            .collect()
    });
}

/// The modules of a room by their paths, with their code.
fn modules(room: &str) -> BTreeMap<Vec<String>, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let of_room = files().into_iter().filter(|file| file.room == room && !is_test(file));
    let module = |file: File| {
        let path = file.path.strip_prefix(&root).unwrap().with_extension("");
        let mut names: Vec<String> = path.iter().map(|name| name.to_str().unwrap().to_string()).collect();
        names.pop_if(|last| last == "mod");
        (names, file.code)
    };
    of_room.map(module).collect()
}

/// `a::{b, c::{d, self}}` as `a::b`, `a::c::d`, `a::c`.
fn paths_of(tree: &str) -> Vec<String> {
    let Some((head, group)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or(tree);
        return vec![path.trim().trim_end_matches("::self").to_string()];
    };
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in group.trim_end().strip_suffix('}').unwrap_or(group).chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
    }
    parts
        .iter()
        .filter(|part| !part.trim().is_empty())
        .flat_map(|part| paths_of(&format!("{head}{}", part.trim())))
        .collect()
}

/// The module that a path leads to from another: the longest beginning of it that is one. A name that this hands
/// on from a third leads there.
fn leads_to(from: &[String], path: &str, modules: &BTreeMap<Vec<String>, String>, depth: usize) -> Option<Vec<String>> {
    let names: Vec<String> = path.split("::").map(|name| name.trim().to_string()).collect();
    let above = names.iter().take_while(|name| *name == "super").count();
    let full: Vec<String> = match names[0].as_str() {
        "crate" => names[1..].to_vec(),
        "super" => [&from[..from.len().checked_sub(above)?], &names[above..]].concat(),
        "self" => [from, &names[1..]].concat(),
        _ => [from, &names].concat(),
    };
    let found = (1..=full.len()).rev().find(|end| modules.contains_key(&full[..*end]))?;
    // A path that names no module of its own beginning is of another crate, or of the file itself.
    if !matches!(names[0].as_str(), "crate" | "super" | "self") && found == from.len() {
        return None;
    }
    let module = full[..found].to_vec();
    let handed_on = full.get(found).filter(|_| depth < 4).and_then(|name| {
        let uses = uses(&modules[&module], true);
        uses.into_iter().find(|path| path.rsplit("::").next() == Some(name))
    });
    Some(handed_on.and_then(|path| leads_to(&module, &path, modules, depth + 1)).unwrap_or(module))
}

/// What the `use` lines name; of those that hand on, or of all.
fn uses(code: &str, handed_on: bool) -> Vec<String> {
    let lines = code.split(';').filter_map(|line| {
        let (before, tree) = line.rsplit_once("use ")?;
        let before = before.rsplit('\n').next().unwrap_or(before).trim();
        let is_use = before.is_empty() || before.starts_with("pub");
        (is_use && (!handed_on || before.starts_with("pub"))).then_some(tree)
    });
    lines.flat_map(paths_of).collect()
}

/// Files that import each other in a circle cannot be read, tested or changed one by one.
#[test]
fn no_circle_of_imports_in_the_core_is_great() {
    const MOST: usize = 6;
    let modules = modules("app");
    // The room's own file only hands on what is in the room.
    let imports = |module: &Vec<String>, code: &String| -> BTreeSet<Vec<String>> {
        let outright = code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
        let outright = outright.filter(|path| path.contains("::")).map(|path| path.trim_matches(':').to_string());
        let all = uses(code, false).into_iter().chain(outright);
        all.filter_map(|path| leads_to(module, &path, &modules, 0)).filter(|to| to != module && to.len() > 1).collect()
    };
    let arrows: BTreeMap<&Vec<String>, BTreeSet<Vec<String>>> =
        modules.iter().map(|(module, code)| (module, imports(module, code))).collect();
    let reach = |from: &Vec<String>| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(module) = next.pop() {
            next.extend(arrows[&module].iter().filter(|to| seen.insert((*to).clone())).cloned());
        }
        seen
    };
    let reached: BTreeMap<&Vec<String>, BTreeSet<Vec<String>>> =
        modules.keys().map(|module| (module, reach(module))).collect();
    assert!(reached.values().any(|all| all.len() > 20), "the imports were not found");
    for (module, all) in &reached {
        let circle: Vec<String> =
            all.iter().filter(|other| reached[other].contains(*module)).map(|other| other.join("/")).collect();
        assert!(circle.len() <= MOST, "{} files in a circle: {}", circle.len(), circle.join(", "));
    }
}

#[test]
fn the_sdk_stays_in_aws() {
    breaches(|file| {
        let sdk = ["aws_config", "aws_sdk_", "aws_smithy", "aws_types", "aws_credential"];
        let found = sdk.iter().filter(|name| file.code.contains(*name)).map(|name| format!("names {name}"));
        if file.room == "aws" || file.room == "trace" { vec![] } else { found.collect() }
    });
}

/// Whoever stands above the kinds, and what they share, asks a kind for what it declares: only its own folders in
/// `kinds`, `aws` and `demo` and the registries know one by name.
#[test]
fn nobody_else_names_a_kind() {
    let kinds: Vec<String> = (modules("kinds").into_iter())
        .filter(|(path, code)| path.len() == 2 && code.contains("impl KindSpec for"))
        .map(|(path, _)| path[1].clone())
        .collect();
    assert!(kinds.len() >= 6, "the kinds were not found: {kinds:?}");
    breaches(|file| {
        let path = file.path.to_str().unwrap();
        let is_free = |kind: &&String| {
            !["kinds", "aws", "demo"]
                .iter()
                .any(|room| file.room == *room && (*room != "kinds" || path.contains(&format!("/kinds/{kind}/"))))
        };
        let outright = file.code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).map(str::to_string);
        let named: Vec<String> = uses(&file.code, false).into_iter().chain(outright).collect();
        let names = |kind: &&String| {
            let leads_there = |path: &String| {
                let parts: Vec<&str> = path.split("::").collect();
                parts.windows(2).any(|pair| ["kinds", "super"].contains(&pair[0]) && pair[1] == kind.as_str())
            };
            named.iter().any(|path| leads_there(path) || *path == kind.to_uppercase())
        };
        kinds.iter().filter(is_free).filter(names).map(|kind| format!("names the kind {kind}")).collect()
    });
}

#[test]
fn no_clock_no_io_no_chance_in_the_core() {
    const OUTSIDE: &[&str] = &[
        "Timestamp::now",
        "SystemTime",
        "Instant::",
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "std::io",
        "fastrand",
        "tokio::",
        "crossterm::",
    ];
    breaches(|file| {
        let core = ["domain", "logs", "settings", "kinds", "diagnosis", "app", "ui"].contains(&file.room.as_str());
        let found = OUTSIDE.iter().filter(|name| file.code.contains(*name)).map(|name| format!("uses {name}"));
        if core { found.collect() } else { vec![] }
    });
}

#[test]
fn only_the_runtime_spawns_and_no_channel_is_unbounded() {
    breaches(|file| {
        let mut found = Vec::new();
        if file.code.contains("unbounded") {
            found.push("has an unbounded channel".to_string());
        }
        let spawns = ["tokio::spawn", "spawn_blocking", "spawn_local", "thread::spawn", "JoinSet"];
        if file.room != "runtime" {
            found.extend(spawns.iter().filter(|s| file.code.contains(*s)).map(|s| format!("has {s}")));
        }
        found
    });
}

#[test]
fn only_the_road_of_an_action_makes_a_change() {
    breaches(|file| {
        let road = file.path.ends_with("app/action/mod.rs");
        let made = file.code.contains("Change {") && !road && file.room == "app";
        if made { vec!["makes a Change".into()] } else { vec![] }
    });
}

#[test]
fn every_file_has_one_subject_and_says_so() {
    breaches(|file| {
        let mut found = Vec::new();
        if !file.whole.starts_with("//!") {
            found.push("does not begin with its subject".to_string());
        }
        let lines = file.code.lines().count();
        if lines > 600 {
            found.push(format!("has {lines} lines"));
        }
        if ["todo!(", "unimplemented!(", "dbg!("].iter().any(|left| file.code.contains(left)) {
            found.push("has something left in it".to_string());
        }
        found
    });
}

#[test]
fn nothing_panics_by_choice_without_a_reason() {
    breaches(|file| {
        let lines: Vec<&str> = file.whole.lines().collect();
        let end = file.whole[..tests_of(&file.whole)].lines().count();
        (lines[..end].iter().enumerate())
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .filter(|(_, line)| line.contains(".unwrap()") || line.contains(".expect(") || line.contains("panic!("))
            .filter(|(i, _)| !(i.saturating_sub(3)..=*i).any(|j| lines[j].contains("//")))
            .map(|(i, line)| format!("{}: {}", i + 1, line.trim()))
            .collect()
    });
}

#[test]
fn the_top_level_holds_what_it_should() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let allowed = ["Cargo.toml", "Cargo.lock", "src", "keymaps", "themes", "tests", "README.md", "LICENSE", "target"];
    for entry in fs::read_dir(root).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.starts_with('.') || allowed.contains(&name.as_str()), "{name} does not belong at the top level");
    }
}
