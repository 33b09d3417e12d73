//! Revisions of task definitions: read in full, told without the values that may be secret.

use midwatch::domain::compare::Comparison;
use midwatch::domain::fault::FaultKind;
use midwatch::domain::query::{Answer, Query};
use midwatch::domain::revision::Revision;
use midwatch::domain::service::TaskDefinitionRef;
use serde_json::{Value, json};

use crate::harness::{Room, ask, good};
use crate::terminal::Pty;

const DESCRIBE: &str = "ecs:DescribeTaskDefinition";

/// Values that nobody may see anywhere.
const VALUES: [&str; 3] = ["correct-horse-battery", "staple-of-the-ledger", "hunter2"];

/// A container as RegisterTaskDefinition takes it, with one of the values wherever there may be one.
fn definition(image: &str, value: &str) -> Value {
    json!({
        "cpu": "512", "memory": "1024",
        "containerDefinitions": [{
            "name": "app", "image": image, "memory": 256,
            "environment": [{ "name": "PASSWORD", "value": value }, { "name": "MODE", "value": "steady-as-she-goes" }],
            "secrets": [{ "name": "TOKEN", "valueFrom": "arn:aws:secretsmanager:us-east-1:1:secret:token" }],
            "command": ["serve", "--password", value],
            "portMappings": [{ "containerPort": 8080, "hostPort": 80, "protocol": "tcp" }],
            "healthCheck": { "command": ["CMD-SHELL", format!("curl -H 'Authorization: Bearer {value}' x")], "interval": 30 },
            "logConfiguration": { "logDriver": "splunk", "options": { "splunk-token": value } },
            "dockerLabels": { "com.example.key": value },
            "ulimits": [{ "name": "nofile", "softLimit": 1024, "hardLimit": 4096 }],
        }],
    })
}

/// A service on the third revision of its family.
fn room(name: &str) -> Room {
    let room = Room::new(name);
    let revisions = [definition("r/app:1", VALUES[0]), definition("r/app:2", VALUES[1])];
    room.seed(&json!({ "clusters": { "main": 1 }, "revisions": { "main-0": revisions } }));
    room
}

fn reference(room: &Room, number: u32) -> TaskDefinitionRef {
    TaskDefinitionRef::new(format!("arn:aws:ecs:us-east-1:{}:task-definition/main-0:{number}", room.account))
}

fn fields(revision: &Revision) -> Vec<String> {
    let fields = revision.containers.iter().flat_map(|(_, fields)| fields).chain(&revision.task);
    fields.map(|((aspect, item), value)| format!("{} {item}: {}", aspect.label(), value.text())).collect()
}

#[tokio::test]
async fn a_revision_is_told_in_full_without_its_values() {
    let room = room("revision");
    let aws = room.aws();
    let mut read = Vec::new();
    for number in [2, 3, 3] {
        let answers = ask(&aws, &good(), Query::Revision(reference(&room, number))).await;
        let [Ok(Answer::Revision(revision))] = &answers[..] else { panic!("{answers:?}") };
        let told = format!("{answers:?}");
        assert!(VALUES.iter().all(|value| !told.contains(value)), "{told}");
        assert!(!told.contains("steady-as-she-goes"), "harmless or not, it is a value: {told}");
        read.push(revision.clone());
    }
    assert_eq!(
        fields(&read[1]),
        [
            "image : r/app:2",
            "environment MODE: ••••••",
            "environment PASSWORD: ••••••",
            "secret TOKEN: arn:aws:secretsmanager:us-east-1:1:secret:token",
            "command : [\"serve\",\"--password\",\"<redacted>\"]",
            "memory : 256 MiB",
            "essential : yes",
            "port 8080/tcp: host port 80",
            "health check : [\"CMD-SHELL\",\"curl -H 'Authorization: Bearer <redacted>' x\"], every 30 s",
            "ulimit nofile: soft 1024, hard 4096",
            "log driver : splunk",
            "log option splunk-token: ••••••",
            "label com.example.key: ••••••",
            "CPU : 512",
            "memory : 1024 MiB",
            "network mode : bridge",
        ]
    );
    let comparison = Comparison::of(&read[0], &read[1]);
    let rows = comparison.sections.iter().flat_map(|section| &section.rows);
    let differing: Vec<String> = rows.filter(|row| row.before != row.after).map(|row| row.label()).collect();
    assert_eq!(
        differing,
        [
            "image",
            "environment PASSWORD",
            "command",
            "health check",
            "log option splunk-token",
            "label com.example.key"
        ]
    );
    assert_eq!(Comparison::of(&read[1], &read[2]).counts().differing(), 0, "read twice, it is the same");
}

#[tokio::test]
async fn what_is_not_there_or_not_allowed_is_told() {
    let room = room("no-revision");
    let aws = room.aws();
    let answers = ask(&aws, &good(), Query::Revision(reference(&room, 9))).await;
    let [Err(absent)] = &answers[..] else { panic!("{answers:?}") };
    assert!(matches!(absent.kind, FaultKind::Invalid | FaultKind::NotFound) && !absent.is_passing(), "{absent:?}");
    room.fault(json!({ "operation": DESCRIBE, "kind": "deny" }));
    let answers = ask(&aws, &good(), Query::Revision(reference(&room, 2))).await;
    let [Err(denied)] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!(denied.to_string(), format!("access denied: needs {DESCRIBE}"));
}

#[test]
fn from_the_keyboard_each_revision_is_one_request_and_no_value_is_seen_or_written() {
    let room = room("console-compare");
    room.write("config", &format!("[profile shop-dev]\nregion = us-east-1\nendpoint_url = {}\n", room.url()));
    room.write("credentials", "[shop-dev]\naws_access_key_id = AKIAGOOD\naws_secret_access_key = x\n");
    let file = |name: &str| room.home.join(name).to_string_lossy().into_owned();
    let (config, credentials, log) = (file("config"), file("credentials"), file("log"));
    let variables = [
        ("AWS_CONFIG_FILE", config.as_str()),
        ("AWS_SHARED_CREDENTIALS_FILE", credentials.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("RUST_LOG", "trace"),
    ];
    let mut pty = Pty::start_with(&["shop-dev", "--log-file", &log], &variables, (120, 40));
    pty.wait("main-svc-0000");
    pty.wait(r"DEVELOPMENT\?.*\d{12}");
    pty.wait("app:2");
    // What runs is described for other panes too.
    let asked = |number: u32| {
        let bodies = room.bodies(DESCRIBE).into_iter();
        bodies.filter(|body| body["taskDefinition"] == reference(&room, number).arn.as_str()).count()
    };
    assert_eq!((asked(1), asked(2)), (0, 0));
    pty.send("=");
    pty.wait(r"main-0:2 +main-0:3");
    pty.wait("6 changed, 10 the same");
    assert_eq!((asked(1), asked(2)), (0, 1));
    pty.send("a");
    pty.wait("ulimit nofile");
    pty.send("[");
    pty.wait(r"main-0:1 +main-0:3");
    pty.wait(r"\d+ added");
    pty.send("]");
    pty.wait("6 changed, 10 the same");
    assert_eq!((asked(1), asked(2)), (1, 1), "it was read before");
    pty.send("}");
    pty.wait("main-0:4 is not there");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    pty.assert_restored();
    let log = std::fs::read_to_string(&log).unwrap();
    assert!(log.contains("read failed"), "{log}");
    assert!(VALUES.iter().all(|value| !pty.output().contains(value) && !log.contains(value)));
}
