//! Exec and port-forward with the console in a terminal, against the emulator and a stub of
//! session-manager-plugin on the PATH, which writes down how it was started and what it heard.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use midwatch::domain::call::Call;
use midwatch::domain::fault::FaultKind;
use midwatch::domain::intent::Outcome;
use midwatch::domain::ops::{ecs, ssm};
use midwatch::domain::query::Query;
use midwatch::domain::resource::ResourceId;
use midwatch::kinds::caches::CACHES;
use midwatch::kinds::ssm::session_facts;
use midwatch::port::Cloud;
use serde_json::{Value, json};

use crate::caches::{fill, flushes, keys};
use crate::harness::{Room, ask, good};
use crate::servers::redis;
use crate::terminal::{Pty, pause};

/// The token that the emulator gives.
const TOKEN: &str = "TOKEN-OF-THE-SESSION";
/// A task's id.
const TASK: &str = "1f3a9c0177e2b21d";

/// On a terminal it is a shell that hears keys and Ctrl-C; without one it holds a port until Ctrl-C.
const STUB: &str = r#"#!/bin/sh
here=$(dirname "$0")
if [ "$1" = --version ]; then cat "$here/version"; exit 0; fi
printf '%s\n' "$@" > "$here/arguments"
printf '%s' "$AWS_SSM_START_SESSION_RESPONSE" > "$here/variable"
if [ -f "$here/fails" ]; then echo 'Cannot perform start session: EOF'; exit 3; fi
if [ -t 0 ]; then
    trap 'interrupted=yes; echo "the shell heard ^C"' INT
    stty -echo
    echo "Starting session with SessionId: stub"
    while printf 'stub> '; read -r line || [ -n "$interrupted" ]; do
        interrupted=
        [ "$line" = exit ] && exit 0
        echo "heard [$line]"
        line=
    done
else
    trap 'echo gone >> "$here/farewell"; exit 0' INT
    echo "Starting session with SessionId: stub"
    echo "Port $(cat "$here/port") opened for sessionId stub."
    echo "Waiting for connections..."
    while [ ! -f "$here/dies" ]; do sleep 0.1; done
    echo "Connection to destination port failed, check SSM Agent logs."
    exit 1
fi
"#;

/// A room with a service, its tasks and the plugin.
struct Stage {
    room: Room,
    bin: PathBuf,
}

impl Stage {
    fn new(name: &str, version: &str, tasks: &Value) -> Self {
        let room = Room::with(name, &[("main", 1)]);
        room.sessions_of(tasks);
        room.write("config", &format!("[profile shop-dev]\nregion = us-east-1\nendpoint_url = {}\n", room.url()));
        room.write("credentials", "[shop-dev]\naws_access_key_id = AKIAGOOD\naws_secret_access_key = x\n");
        let bin = room.home.join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        let stage = Self { room, bin };
        stage.put("version", version);
        stage.put("port", "41777");
        if !version.is_empty() {
            stage.put("session-manager-plugin", STUB);
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(stage.bin.join("session-manager-plugin"), mode).unwrap();
        }
        stage
    }

    fn put(&self, file: &str, text: &str) {
        std::fs::write(self.bin.join(file), text).unwrap();
    }

    /// What the stub wrote down; "" for nothing.
    fn noted(&self, file: &str) -> String {
        std::fs::read_to_string(self.bin.join(file)).unwrap_or_default()
    }

    fn console(&self) -> Pty {
        let file = |name: &str| self.room.home.join(name).to_string_lossy().into_owned();
        let (config, credentials, state, log) = (file("config"), file("credentials"), file("state"), file("log"));
        let path = format!("{}:{}", self.bin.display(), std::env::var("PATH").unwrap());
        let variables = [
            ("AWS_CONFIG_FILE", config.as_str()),
            ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("XDG_STATE_HOME", state.as_str()),
            ("MIDWATCH_LOG", "trace"),
            ("RUST_LOG", "trace"),
            ("PATH", path.as_str()),
        ];
        let pty = Pty::start_with(&["shop-dev", "--log-file", &log], &variables, (140, 50));
        pty.wait("main-svc-0000");
        pty.wait(r"DEVELOPMENT\?.*\d{12}");
        pty
    }

    /// The token is in no file of ours and was never on the screen.
    fn leaked(&self, pty: &Pty) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.room.home.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path == self.bin {
                    continue;
                } else if path.is_dir() {
                    folders.push(path);
                } else if String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(TOKEN) {
                    found.push(path.display().to_string());
                }
            }
        }
        if pty.output().contains(TOKEN) {
            found.push("the screen".to_string());
        }
        found
    }

    fn journal(&self) -> String {
        let folder = self.room.home.join("state/midwatch");
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file());
        files.map(|file| std::fs::read_to_string(file).unwrap()).collect()
    }
}

fn a_task() -> Value {
    json!([{ "cluster": "main", "service": "main-svc-0000", "id": TASK }])
}

/// From the deck into the shell.
fn exec(pty: &mut Pty) {
    pty.send("x");
    pty.wait("agent RUNNING");
    pty.send("\r\r\r");
    pty.wait("y exec");
    pause();
    pty.send("y");
}

#[test]
fn a_shell_is_one_request_and_its_token_is_seen_by_nobody() {
    let stage = Stage::new("exec", "1.2.707.0", &a_task());
    let mut pty = stage.console();
    exec(&mut pty);
    pty.wait("stub> ");
    // Keys of the console, and Ctrl-C, are for the shell.
    pty.send("q?x\r");
    pty.wait(r"heard \[q\?x\]");
    pty.send("\x03");
    pty.wait("the shell heard");
    pty.send("on\r");
    pty.wait(r"heard \[on\]");
    std::thread::sleep(std::time::Duration::from_secs(3));
    pty.resize(120, 40);
    pty.send("exit\r");
    pty.wait("done: the session ended after");
    pty.wait("main-svc-0000");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    // The stub left the echo off.
    pty.assert_restored();

    assert_eq!(stage.room.count("ecs:ExecuteCommand"), 1);
    let asked = &stage.room.bodies("ecs:ExecuteCommand")[0];
    let members = json!({ "cluster": "main", "container": "app", "command": "/bin/sh", "interactive": true });
    for (member, value) in members.as_object().unwrap() {
        assert_eq!(&asked[member], value);
    }
    assert!(asked["task"].as_str().unwrap().ends_with(TASK));
    let arguments = stage.noted("arguments");
    let target = format!(r#"{{"Target":"ecs:main_{TASK}_{TASK}-0527"}}"#);
    let expected = ["AWS_SSM_START_SESSION_RESPONSE", "us-east-1", "StartSession", "shop-dev", target.as_str()];
    assert_eq!(arguments.lines().take(5).collect::<Vec<_>>(), expected);
    let session: Value = serde_json::from_str(&stage.noted("variable")).unwrap();
    assert_eq!(session["TokenValue"], TOKEN);
    assert!(session["StreamUrl"].as_str().unwrap().starts_with("wss://") && session["SessionId"].is_string());
    assert_eq!(stage.leaked(&pty), Vec::<String>::new());
    let journal = stage.journal();
    for (said, times) in [(r#""entry":"intent""#, 1), (r#""outcome":"sent""#, 1), (r#""verdict":"done""#, 1)] {
        assert_eq!(journal.matches(said).count(), times, "{said} in {journal}");
    }
}

#[test]
fn an_old_plugin_gets_the_session_as_an_argument_and_the_plan_says_so() {
    let stage = Stage::new("exec-old", "1.2.463.0", &a_task());
    let mut pty = stage.console();
    pty.send("x");
    pty.wait("token as an argument");
    pty.send("\r\r\r");
    pty.wait("y exec");
    pause();
    pty.send("y");
    pty.wait("stub> ");
    assert!(stage.noted("arguments").lines().next().unwrap().contains(TOKEN));
    assert_eq!(stage.noted("variable"), "");
    pty.send("exit\r");
    pty.wait("any key comes back");
    pty.send(" ");
    pty.wait("1 Environments");
    assert_eq!(stage.leaked(&pty), Vec::<String>::new());
    pty.send("q");
    assert_eq!(pty.exit(), 0);
}

#[test]
fn a_plugin_that_dies_leaves_its_last_words() {
    let stage = Stage::new("exec-dies", "1.2.707.0", &a_task());
    stage.put("fails", "");
    let mut pty = stage.console();
    exec(&mut pty);
    pty.wait("Cannot perform start session: EOF");
    pty.wait("any key comes back");
    pty.send("x");
    pty.wait(r"failed: the session ended after .* \(exit status: 3\)");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    assert!(stage.journal().contains(r#""verdict":"failed""#));
}

#[test]
fn what_is_missing_is_named_and_nothing_is_sent() {
    let task = |more: Value| {
        let mut task = a_task();
        task[0].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        task
    };
    for (name, version, tasks, says) in [
        ("exec-no-plugin", "", a_task(), "is not on the PATH: install it"),
        ("exec-off", "1.2.707.0", task(json!({ "enabled": false })), "--enable-execute-command"),
        ("exec-agent", "1.2.707.0", task(json!({ "agent": "STOPPED" })), "ExecuteCommandAgent of app is STOPPED"),
        ("exec-pending", "1.2.707.0", task(json!({ "status": "PENDING" })), "is PENDING"),
    ] {
        let stage = Stage::new(name, version, &tasks);
        let mut pty = stage.console();
        pty.send("x");
        pty.wait("no plan");
        let screen = pty.screen();
        let text: String = screen.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(text.contains(says), "{says:?} is not in\n{screen}");
        pty.send("\r\r\ry");
        pause();
        // Back to the fields, then to the deck.
        for _ in 0..2 {
            pty.send("\x1b");
            pause();
        }
        pty.send("q");
        assert_eq!(pty.exit(), 0);
        assert_eq!(stage.room.count("ecs:ExecuteCommand"), 0, "{name}");
    }
}

#[test]
fn a_refusal_is_told_and_the_terminal_is_kept() {
    let stage = Stage::new("exec-denied", "1.2.707.0", &a_task());
    stage.room.fault(json!({ "operation": "ecs:ExecuteCommand", "kind": "deny" }));
    let mut pty = stage.console();
    exec(&mut pty);
    pty.wait("access denied: needs ecs:ExecuteCommand");
    assert_eq!(stage.room.count("ecs:ExecuteCommand"), 1, "once, whatever comes back");
    assert_eq!(stage.noted("arguments"), "", "no plugin was started");
    assert_eq!(pty.output().matches("\x1b[?1049h").count(), 1);
    pty.send("q");
    assert_eq!(pty.exit(), 0);
}

#[test]
fn a_port_is_held_beside_the_console_and_ends_with_it() {
    let stage = Stage::new("forward", "1.2.707.0", &a_task());
    let mut pty = stage.console();
    pty.send("p");
    pty.wait("agent RUNNING|names no port");
    pty.send("\r\r8080\r\r");
    pty.wait("y port-forward");
    pause();
    pty.send("y");
    pty.wait("127.0.0.1:41777");
    assert_eq!(stage.room.count("ssm:StartSession"), 1);
    assert_eq!(
        stage.room.bodies("ssm:StartSession")[0],
        json!({ "Target": format!("ecs:main_{TASK}_{TASK}-0527"), "DocumentName": "AWS-StartPortForwardingSession",
            "Parameters": { "portNumber": ["8080"] } })
    );
    assert_eq!(stage.room.scopes("ssm:StartSession"), ["us-east-1/ssm"]);
    assert!(stage.noted("variable").contains(TOKEN) && !stage.noted("arguments").contains(TOKEN));
    // A Ctrl-C in a shell is not for it.
    exec(&mut pty);
    pty.wait("stub> ");
    pty.send("\x03");
    pty.wait("the shell heard");
    pty.send("exit\r");
    pty.wait("any key comes back");
    pty.send(" ");
    pty.wait("1 port");
    assert_eq!(stage.noted("farewell"), "");
    pty.send("q");
    pty.wait("1 forwarded port is closed with the console");
    pty.send("y");
    assert_eq!(pty.exit(), 0);
    assert_eq!(stage.noted("farewell"), "gone\n", "it was told to end, and had the time to");
    assert_eq!(stage.leaked(&pty), Vec::<String>::new());
    pty.assert_restored();
}

#[test]
fn a_port_that_breaks_is_told_and_one_that_is_closed_is_gone() {
    let stage = Stage::new("forward-breaks", "1.2.707.0", &a_task());
    let mut pty = stage.console();
    let open = |pty: &mut Pty| {
        pty.send("p");
        pty.wait("names no port|agent RUNNING");
        pty.send("\r\r8080\r\r");
        pty.wait("y port-forward");
        pause();
        pty.send("y");
        pty.wait("1 port ");
    };
    open(&mut pty);
    stage.put("dies", "");
    pty.wait("it ended: .*Connection to destination port failed");
    std::fs::remove_file(stage.bin.join("dies")).unwrap();
    open(&mut pty);
    pty.send("P");
    pty.wait("Forwarded ports");
    pty.wait("127.0.0.1:41777");
    pty.send("x");
    pty.wait("closed");
    pty.until(|_| stage.noted("farewell") == "gone\n", "the farewell");
    pty.send("\x1b");
    pause();
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    assert_eq!(stage.room.count("ssm:StartSession"), 2);
}

#[test]
fn a_flush_goes_through_the_port_that_leads_to_its_cache() {
    let server = redis("");
    fill(server.port, None, 7);
    let stage = Stage::new("forward-cache", "1.2.707.0", &a_task());
    stage.put("port", &server.port.to_string());
    stage.room.caches(&json!({ "groups": [{ "name": "sessions", "shards": [[["cache.test", 6379]]] }] }));
    let mut pty = stage.console();
    for _ in 0..6 {
        if pty.screen().contains("F flush") {
            break;
        }
        pty.send("\t");
        pause();
    }
    pty.wait("sessions");
    pty.send("p");
    pty.wait("AWS-StartPortForwardingSessionToRemoteHost");
    pty.send("\r\r");
    pty.wait("y port-forward");
    pause();
    pty.send("y");
    pty.wait("1 port ");
    let asked = &stage.room.bodies("ssm:StartSession")[0];
    assert_eq!(asked["Parameters"], json!({ "portNumber": ["6379"], "host": ["cache.test"] }));
    pty.send("F");
    pty.wait("7 keys");
    pty.wait(&format!("through 127.0.0.1:{}", server.port));
    pty.send("\r");
    pause();
    pty.send("\r");
    pty.wait("cache: type ");
    pause();
    pty.send("sessions\r");
    pty.until(|_| flushes(server.port, None) == 1, "the flush");
    assert_eq!(keys(server.port, None), 0);
    pty.send("q");
    pause();
    pty.send("y");
    assert_eq!(pty.exit(), 0);
}

#[tokio::test]
async fn only_declared_members_of_a_session_are_sent() {
    let room = Room::with("sessions-forbidden", &[("main", 1)]);
    room.sessions_of(&a_task());
    let mut read_only = good();
    read_only.read_only = true;
    let exec = |members: Value| {
        let mut call = Call::new(ecs::EXECUTE_COMMAND, []);
        let all = json!({ "cluster": "main", "task": TASK, "container": "app", "command": "sh", "interactive": true });
        call.input.extend(all.as_object().unwrap().clone());
        call.input.extend(members.as_object().unwrap().clone());
        call
    };
    let mut document = Call::new(ssm::START_SESSION, []);
    let shell = json!({ "Target": "i-1", "DocumentName": "AWS-StartInteractiveCommand", "Parameters": {} });
    document.input.extend(shell.as_object().unwrap().clone());
    let aws = room.aws();
    for (env, call) in [
        (&read_only, exec(json!({}))),
        (&good(), exec(json!({ "interactive": false }))),
        (&good(), exec(json!({ "reason": "x" }))),
        (&good(), document),
    ] {
        let Outcome::Refused { fault } = aws.change(env, call.clone()).await else { panic!("{call:?}") };
        assert_eq!(fault.kind, FaultKind::Refused, "{call:?}");
    }
    assert_eq!(room.count("ecs:ExecuteCommand") + room.count("ssm:StartSession"), 0);
    let gone =
        ask(&aws, &good(), Query::Facts(session_facts(CACHES), ResourceId("arn:aws:elasticache:x".into()))).await;
    assert_eq!(gone.len(), 1, "{gone:?}");
}
