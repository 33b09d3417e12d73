//! One emulator for all tests, a room of it for each: an account with its own resources, counters
//! and faults.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use futures_util::StreamExt;
use midwatch::aws::{Aws, Files, Options, Timeouts};
use midwatch::domain::environment::Environment;
use midwatch::domain::fault::Fault;
use midwatch::domain::query::{Answer, ListingPiece, Query};
use midwatch::domain::resource::{ResourceId, cast};
use midwatch::domain::service::Service;
use midwatch::kinds::services::SERVICES;
use midwatch::port::Cloud;
use serde_json::{Value, json};

struct Emulator {
    url: String,
    /// Its stdin: the emulator ends when this process does, however it does.
    _child: Child,
}

static EMULATOR: OnceLock<Emulator> = OnceLock::new();

fn emulator() -> &'static Emulator {
    EMULATOR.get_or_init(|| {
        let venv = std::env::var_os("MIDWATCH_TEST_VENV").map_or_else(
            || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/midwatch/venv"),
            PathBuf::from,
        );
        let python = venv.join("bin/python");
        assert!(python.exists(), "the emulator is not installed at {}: run tests/setup.sh", venv.display());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/emulator/emulator.py");
        let mut child = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the emulator starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("ready ").expect("the emulator is ready: run tests/setup.sh").to_string();
        Emulator { url, _child: child }
    })
}

/// From here on tokio's clock runs so many times faster than the machine's, in this test alone: what the adapter
/// waits for (paces, budgets, retries) comes sooner, what the emulator needs takes its time. The timeouts of such a
/// test are by the fast clock.
pub fn hurry(times: u32) {
    const STEP: Duration = Duration::from_millis(2);
    tokio::time::pause();
    let (tick, mut ticks) = tokio::sync::mpsc::channel(1);
    // As long as this runs tokio never leaps to the next timer by itself.
    tokio::task::spawn_blocking(move || {
        while tick.blocking_send(()).is_ok() {
            std::thread::sleep(STEP);
        }
    });
    tokio::spawn(async move {
        while ticks.recv().await.is_some() {
            tokio::time::advance(STEP * times).await;
        }
    });
}

/// A patience that no slow machine exhausts, not even by a hurried clock.
pub fn long() -> Timeouts {
    let long = Duration::from_secs(600);
    Timeouts { connect: long, read: long, attempt: long, operation: 3 * long, ..Timeouts::default() }
}

/// A patience for calls that never answer.
pub fn short() -> Timeouts {
    Timeouts { read: Duration::from_secs(4), attempt: Duration::from_secs(4), attempts: 1, ..long() }
}

/// An account in the emulator.
pub struct Room {
    name: String,
    pub account: String,
    pub home: PathBuf,
}

impl Room {
    /// An empty one. The profile `good` has keys that the emulator knows.
    pub fn new(name: &str) -> Self {
        let home = std::env::temp_dir().join(format!("midwatch-emulator-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&home).unwrap();
        let mut room = Self { name: name.into(), account: String::new(), home };
        room.write("config", "[profile good]\nregion = us-east-1\n");
        room.write("credentials", "[good]\naws_access_key_id = AKIAGOOD\naws_secret_access_key = x\n");
        room.account = room.stats()["account"].as_str().unwrap().to_string();
        room
    }

    /// One with services, by cluster.
    pub fn with(name: &str, clusters: &[(&str, usize)]) -> Self {
        let room = Self::new(name);
        let clusters: BTreeMap<&str, usize> = clusters.iter().copied().collect();
        room.seed(&json!({ "clusters": clusters }));
        room
    }

    pub fn write(&self, file: &str, contents: &str) {
        std::fs::write(self.home.join(file), contents).unwrap();
    }

    pub fn url(&self) -> String {
        format!("{}/in/{}", emulator().url, self.name)
    }

    pub fn options(&self, patience: Timeouts) -> Options {
        Options {
            files: Files { config: Some(self.home.join("config")), credentials: Some(self.home.join("credentials")) },
            endpoint_url: Some(self.url()),
            patience,
            ..Options::default()
        }
    }

    pub fn aws(&self) -> Aws {
        Aws::new(self.options(long()))
    }

    pub fn seed(&self, wish: &Value) {
        self.control("seed", Some(wish));
    }

    /// Puts caches in; see `elasticache.py`.
    pub fn caches(&self, wish: &Value) {
        self.control("caches", Some(wish));
    }

    /// What happens to the deployments of a service, `main/main-svc-0000`; see `deployments.py`.
    pub fn deployment(&self, service: &str, wish: Value) {
        let mut wish = wish;
        wish["service"] = service.into();
        self.control("deployments", Some(&wish));
    }

    /// Registers another revision of a family and gives its number.
    pub fn register(&self, family: &str, image: &str) -> u64 {
        self.control("register", Some(&json!({ "family": family, "image": image })))["revision"].as_u64().unwrap()
    }

    /// The same with all members of RegisterTaskDefinition.
    pub fn register_whole(&self, family: &str, definition: &Value) {
        self.control("register", Some(&json!({ "family": family, "whole": definition })));
    }

    /// Pushes an image of some content to a tag of a repository.
    pub fn push(&self, repository: &str, tag: &str, content: &str) {
        self.control("push", Some(&json!({ "repository": repository, "tag": tag, "content": content })));
    }

    /// Deletes an image, as a lifecycle policy does.
    pub fn expire(&self, repository: &str, tag: &str) {
        self.control("expire", Some(&json!({ "repository": repository, "tag": tag })));
    }

    /// When an image was pushed, in seconds ago, and what ECR tells of it besides (its scan).
    pub fn image(&self, repository: &str, tag: &str, age: u64, told: Value) {
        let wish = json!({ "repository": repository, "tag": tag, "age": age, "told": told });
        self.control("image", Some(&wish));
    }

    /// A revision with its tags as DescribeTaskDefinition tells it.
    pub fn definition(&self, name: &str) -> Value {
        self.control("definition", Some(&json!(name)))
    }

    /// Puts alarms in, turns them and deletes them; see `alarms.py`.
    pub fn alarms(&self, wish: &Value) {
        self.control("alarms", Some(wish));
    }

    /// Puts secrets of Secrets Manager in, by name.
    pub fn secrets(&self, secrets: &Value) {
        self.control("secrets", Some(secrets));
    }

    /// Makes queues of SQS, by name, with their attributes, tags and messages.
    pub fn queues(&self, queues: &Value) {
        self.control("queues", Some(queues));
    }

    /// Puts tasks in the place of those before; see `tasks.py`.
    pub fn tasks(&self, tasks: &Value) {
        self.control("tasks", Some(tasks));
    }

    /// What happens to the task that RunTask started last; see `tasks.py`.
    pub fn task(&self, wish: &Value) {
        self.control("task", Some(wish));
    }

    /// Makes and drops log groups; see `logs.py`.
    pub fn groups(&self, wish: &Value) {
        self.control("groups", Some(wish));
    }

    /// Puts tasks that take sessions in; see `sessions.py`.
    pub fn sessions_of(&self, tasks: &Value) {
        self.control("sessions", Some(tasks));
    }

    /// What CloudWatch tells of metrics from now on; see `metrics.py`.
    pub fn points(&self, manners: &Value) {
        self.control("points", Some(manners));
    }

    /// Puts records of CloudTrail in; see `cloudtrail.py`.
    pub fn trail(&self, records: &Value) {
        self.control("trail", Some(records));
    }

    /// Makes a load balancer with target groups; see `metrics.py`.
    pub fn balancers(&self, wish: &Value) -> Value {
        self.control("balancers", Some(wish))
    }

    /// What the targets of target groups are; see `balancing.py`.
    pub fn targets(&self, groups: &Value) {
        self.control("targets", Some(&json!({ "groups": groups })));
    }

    /// What autoscaling did; see `balancing.py`.
    pub fn activities(&self, activities: &Value) {
        self.control("activities", Some(&json!({ "activities": activities })));
    }

    /// How CloudWatch Logs behaves from now on; see `logs.py`.
    pub fn logs(&self, manners: &Value) {
        self.control("logs", Some(manners));
    }

    /// The sessions of Live Tail: how many run, how many began, what they were asked for.
    pub fn live(&self) -> Value {
        self.control("live", None)
    }

    /// Writes lines to a stream, each so many milliseconds ago.
    pub fn write_lines(&self, group: &str, stream: &str, lines: &[(i64, String)]) {
        self.write_lines_in("us-east-1", group, stream, lines);
    }

    pub fn write_lines_in(&self, region: &str, group: &str, stream: &str, lines: &[(i64, String)]) {
        let wish = json!({ "region": region, "group": group, "stream": stream, "lines": lines });
        self.control("lines", Some(&wish));
    }

    /// Queries of Logs Insights are complete after so many looks.
    pub fn looks(&self, looks: u32) {
        self.control("insights", Some(&json!({ "looks": looks })));
    }

    pub fn fault(&self, fault: Value) {
        self.faults(&[fault]);
    }

    /// Several, one after the other.
    pub fn faults(&self, faults: &[Value]) {
        self.control("faults", Some(&json!(faults)));
    }

    pub fn no_fault(&self) {
        self.control("faults", Some(&json!([])));
    }

    fn stats(&self) -> Value {
        self.control("stats", None)
    }

    /// Requests of an operation that arrived, `ecs:ListServices`.
    pub fn count(&self, operation: &str) -> u64 {
        self.stats()["calls"][operation].as_u64().unwrap_or(0)
    }

    /// Requests that arrived.
    pub fn total(&self) -> u64 {
        self.stats()["calls"].as_object().unwrap().values().filter_map(Value::as_u64).sum()
    }

    /// The access keys that signed the requests of an operation.
    pub fn keys(&self, operation: &str) -> Vec<String> {
        self.stats()["keys"][operation].as_object().map(|keys| keys.keys().cloned().collect()).unwrap_or_default()
    }

    /// The bodies of an operation's requests, parsed.
    pub fn bodies(&self, operation: &str) -> Vec<Value> {
        let stats = self.stats();
        let bodies = stats["bodies"][operation].as_array().cloned().unwrap_or_default();
        bodies.iter().map(|b| serde_json::from_str(b.as_str().unwrap()).unwrap()).collect()
    }

    /// The members of an operation's requests in the query protocol, without those of the protocol.
    pub fn forms(&self, operation: &str) -> Vec<BTreeMap<String, String>> {
        let mut forms: Vec<BTreeMap<String, String>> =
            serde_json::from_value(self.stats()["forms"][operation].clone()).unwrap_or_default();
        for form in &mut forms {
            form.retain(|member, _| !matches!(member.as_str(), "Action" | "Version"));
        }
        forms
    }

    /// The bodies of an operation's requests as they came.
    pub fn texts(&self, operation: &str) -> Vec<String> {
        serde_json::from_value(self.stats()["bodies"][operation].clone()).unwrap_or_default()
    }

    /// For which region and service the requests of an operation were signed.
    pub fn scopes(&self, operation: &str) -> Vec<String> {
        let scopes: BTreeMap<String, u64> =
            serde_json::from_value(self.stats()["scopes"][operation].clone()).unwrap_or_default();
        scopes.into_keys().collect()
    }

    fn control(&self, what: &str, body: Option<&Value>) -> Value {
        let address = emulator().url.strip_prefix("http://").unwrap().to_string();
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut stream = TcpStream::connect(&address).unwrap();
        write!(
            stream,
            "POST /room/{}/{what} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n{body}",
            self.name,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.contains(" 200 "), "{answer}");
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

/// The environment of the profile `good`.
pub fn good() -> Environment {
    Environment::of_profile("good", Some("good"), None)
}

pub async fn ask(aws: &Aws, env: &Environment, query: Query) -> Vec<Result<Answer, Fault>> {
    aws.read(env, query).collect().await
}

/// What a pane would know after a read.
#[derive(Debug, Default)]
pub struct Seen {
    pub parts: Option<Vec<String>>,
    pub rosters: BTreeMap<String, BTreeSet<String>>,
    /// The last told of each, by name.
    pub services: BTreeMap<String, Service>,
    /// How often each was told.
    pub tellings: usize,
    pub gone: Vec<ResourceId>,
    pub failed: BTreeMap<String, Fault>,
    pub faults: Vec<Fault>,
}

pub async fn see(aws: &Aws, env: &Environment, query: Query) -> Seen {
    let mut seen = Seen::default();
    for piece in ask(aws, env, query).await {
        match piece {
            Ok(Answer::Listing(ListingPiece::Parts(parts))) => {
                seen.parts = Some(parts.iter().map(ToString::to_string).collect())
            }
            Ok(Answer::Listing(ListingPiece::Roster { part, ids })) => {
                let names = ids.iter().map(|id| id.0.rsplit('/').next().unwrap().to_string());
                seen.rosters.insert(part.to_string(), names.collect());
            }
            Ok(Answer::Listing(ListingPiece::Items(items))) => {
                for item in items {
                    let service = cast::<Service>(&*item).expect("a service").clone();
                    seen.tellings += 1;
                    seen.services.insert(service.name.to_string(), service);
                }
            }
            Ok(Answer::Gone(ids)) => seen.gone.extend(ids),
            Ok(Answer::Listing(ListingPiece::PartFailed { part, fault })) => {
                seen.failed.insert(part.to_string(), fault);
            }
            Ok(other) => panic!("unexpected {other:?}"),
            Err(fault) => seen.faults.push(fault),
        }
    }
    seen
}

pub async fn list(aws: &Aws, env: &Environment) -> Seen {
    see(aws, env, Query::List(SERVICES)).await
}
