//! The recorder as a person has it: consoles in terminals, one folder, and an ECS that forgets.

use std::path::PathBuf;

use midwatch::domain::record::{Record, What};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::Room;
use crate::tasks::ended;
use crate::terminal::Pty;

/// A room with a service and an environment on it.
fn room(name: &str) -> Room {
    let room = Room::with(name, &[("main", 1)]);
    room.write("config", &format!("[profile shop-dev]\nregion = us-east-1\nendpoint_url = {}\n", room.url()));
    room.write("credentials", "[shop-dev]\naws_access_key_id = AKIAGOOD\naws_secret_access_key = x\n");
    room
}

/// A console whose files lie beside those of the others on the room.
fn console(room: &Room) -> Pty {
    let file = |name: &str| room.home.join(name).to_string_lossy().into_owned();
    let (config, credentials, state) = (file("config"), file("credentials"), file("state"));
    let variables = [
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("XDG_STATE_HOME", state.as_str()),
    ];
    let pty = Pty::start_with(&["shop-dev"], &variables, (120, 40));
    pty.wait("main-svc-0000");
    pty
}

fn file(room: &Room) -> PathBuf {
    room.home.join(format!("state/midwatch/recorded/{}-us-east-1.jsonl", room.account))
}

/// The ids of the tasks that were recorded, in the order of the file, and how many lines are no records.
fn recorded(room: &Room) -> (Vec<String>, usize) {
    let text = std::fs::read_to_string(file(room)).unwrap_or_default();
    let (mut ids, mut torn) = (Vec::new(), 0);
    for line in text.lines() {
        match serde_json::from_str::<Record>(line) {
            Ok(Record { what: What::Task(task), .. }) => ids.push(task.id().to_string()),
            Ok(_) => {}
            Err(_) => torn += 1,
        }
    }
    (ids, torn)
}

#[test]
fn what_two_consoles_saw_is_there_after_both_are_gone_and_ecs_forgot() {
    let room = room("recorder");
    let oom = json!({ "containers": [{ "name": "app", "lastStatus": "STOPPED", "exitCode": 137,
        "reason": "OutOfMemoryError: Container killed due to memory usage" }] });
    let dead = |ids: std::ops::Range<u32>| -> Vec<Value> { ids.map(|n| ended(&format!("dead{n:04}"), &oom)).collect() };
    room.tasks(&json!(dead(0..10)));
    // Nobody opens the service: it goes wrong, so its cluster is looked into.
    let (mut one, mut other) = (console(&room), console(&room));
    one.until(|_| recorded(&room).0.len() >= 10, "the first tasks");
    for pty in [&mut one, &mut other] {
        pty.wait(&room.account);
        // So many of one hour are kept.
        room.tasks(&json!(dead(0..30)));
        pty.send("R");
    }
    let twice = |ids: &[String]| (10..30).all(|n| ids.iter().filter(|id| **id == format!("dead{n:04}")).count() == 2);
    one.until(|_| twice(&recorded(&room).0), "both to write what both have seen first");
    one.signal(Signal::KILL);
    other.send("q");
    other.exit();
    let (ids, torn) = recorded(&room);
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!((distinct.len(), torn), (30, 0), "{ids:?}");

    // An hour later; what a crash left behind spoils nothing.
    room.tasks(&json!([]));
    let text = std::fs::read_to_string(file(&room)).unwrap();
    std::fs::write(file(&room), format!("{text}{{\"of\":\"arn:aws")).unwrap();
    let mut again = console(&room);
    again.send("\r");
    again.wait("Last events");
    again.send("\x1b[C");
    again.wait("none that ECS still remembers");
    again.wait("tasks that ECS does not tell any more");
    again.wait(r"dead00\d\d +main-0:1 +app killed: out of memory \(exit 137, OutOfMemoryError\) after 40s");
    again.send("q");
    again.exit();
    assert_eq!(recorded(&room).0.len(), ids.len(), "what was known is not written again");
}
