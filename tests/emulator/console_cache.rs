//! The whole console in a terminal against the emulator and a real Redis: F, the plan, the typed name,
//! and what is in the server before and after. The password is typed, and is nowhere but there.

use std::path::Path;

use midwatch::domain::cache::Endpoint;
use serde_json::json;

use crate::caches::{HOST, PASSWORD, fill, flushes, guarded, keys};
use crate::harness::Room;
use crate::servers::Certificates;
use crate::terminal::{Pty, pause};

/// Every text of a folder, however deep.
fn texts(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(texts(&entry.path()));
        } else {
            found.push(String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned());
        }
    }
    found
}

/// What `ps` shows of every process: its arguments, and with `e` its environment.
fn shown_by_ps(pid: i32) -> String {
    let all = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path().join("cmdline"));
    let lines = all.chain([format!("/proc/{pid}/environ").into()]).filter_map(|file| std::fs::read(file).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_flush_with_a_typed_password_empties_the_server_and_leaves_no_trace_of_it() {
    let (server, port) = guarded();
    fill(server.port, Some(PASSWORD), 155);
    let room = Room::with("console-cache", &[("main", 1)]);
    let endpoint = Endpoint::new("cache.test", 6379);
    room.caches(&json!({ "groups": [
        { "name": "sessions", "shards": [[[endpoint.host, endpoint.port]]], "tls": true, "auth": "token" },
    ] }));
    room.write("config", &format!("[profile shop-dev]\nregion = us-east-1\nendpoint_url = {}\n", room.url()));
    room.write("credentials", "[shop-dev]\naws_access_key_id = AKIAGOOD\naws_secret_access_key = x\n");
    let ca = Certificates::get().file("ca.pem");
    room.write(
        "midwatch.toml",
        &format!(
            "[environment.shop-dev]\nprofile = \"shop-dev\"\ntier = \"development\"\n\
             [environment.shop-dev.cache.sessions]\nendpoint = \"{HOST}:{port}\"\nca_file = {ca:?}\n"
        ),
    );
    let file = |name: &str| room.home.join(name).to_string_lossy().into_owned();
    let (config, credentials, state) = (file("config"), file("credentials"), file("state"));
    let variables = [
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("XDG_STATE_HOME", state.as_str()),
        ("MIDWATCH_LOG", "trace"),
        ("RUST_LOG", "trace"),
    ];
    let arguments = ["shop-dev", "--config", &file("midwatch.toml"), "--log-file", &file("log")];
    let mut pty = Pty::start_with(&arguments, &variables, (140, 50));
    pty.wait("sessions");
    pty.wait(r"DEVELOPMENT.*\d{12}");
    // To the pane of the caches, wherever it is.
    for _ in 0..6 {
        if pty.screen().contains("F flush") {
            break;
        }
        pty.send("\t");
        pause();
    }
    pty.send("F");
    pty.wait("password");
    pty.send(PASSWORD);
    pty.wait(&"•".repeat(PASSWORD.len()));
    pty.send("\r");
    pty.wait("155 keys");
    pty.wait("TLS, password as typed");
    let seen = shown_by_ps(pty.pid());
    assert!(seen.contains("--log-file") && !seen.contains(PASSWORD));
    // Through its two fields to the confirmation.
    pty.send("\r");
    pause();
    pty.send("\r");
    pty.wait("cache: type ");
    pause();
    assert_eq!((keys(server.port, Some(PASSWORD)), flushes(server.port, Some(PASSWORD))), (155, 0));
    pty.send("session\r");
    pause();
    assert_eq!(flushes(server.port, Some(PASSWORD)), 0, "another name");
    pty.send("s\r");
    pty.until(|_| flushes(server.port, Some(PASSWORD)) == 1, "the flush");
    pty.wait("155 keys → 0");
    assert_eq!(keys(server.port, Some(PASSWORD)), 0);
    assert!(!shown_by_ps(pty.pid()).contains(PASSWORD));
    pty.send("q");
    pty.until(|pty| !pty.screen().contains("sessions") || pty.screen().contains('y'), "the end or its question");
    pty.send("y");
    assert_eq!(pty.exit(), 0);
    pty.assert_restored();
    assert_eq!(flushes(server.port, Some(PASSWORD)), 1);

    assert!(!pty.output().contains(PASSWORD));
    let written = texts(&room.home);
    assert!(written.iter().any(|text| text.contains("\"FLUSHALL\"")), "the journal is among them");
    assert!(!std::fs::read_to_string(room.home.join("log")).unwrap().is_empty(), "and the log");
    assert!(written.iter().all(|text| !text.contains(PASSWORD)));
}
