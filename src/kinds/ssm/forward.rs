//! Port-forward: a port of this machine that leads to a container, or through one to a database or a
//! cache that only the VPC reaches.

use std::time::Duration;

use serde_json::{Value, json};

use super::{READS, container, lacking, offers, rows, said, seen_by_others, session_facts, short, target, task};
use crate::domain::Timestamp;
use crate::domain::cache::{Auth, Cache, Endpoint};
use crate::domain::database::Database;
use crate::domain::intent::Intent;
use crate::domain::ops::ssm;
use crate::domain::requests::Request;
use crate::domain::requests::ssm::{Document, Parameters, StartSession};
use crate::domain::resource::{ActionId, KindId, Resource};
use crate::domain::service::Service;
use crate::domain::ssm::{PORT, Remote, SessionFacts};
use crate::kinds::action::{
    ActionSpec, Applied, Behaviour, Confirm, Field, Inputs, Offer, Opens, Plan, Progress, Words,
};
use crate::kinds::caches::CACHES;
use crate::kinds::cell::{Span, Tone};
use crate::kinds::databases::DATABASES;
use crate::kinds::services::{SERVICES, active};

pub const FORWARD: ActionId = ActionId("forward");
pub const FORWARD_DATABASE: ActionId = ActionId("forward-database");
pub const FORWARD_CACHE: ActionId = ActionId("forward-cache");

/// The plugin takes a port of its own choice.
const FREE: &str = "free";

pub fn of_service() -> ActionSpec {
    spec::<Service>(FORWARD, SERVICES, active, service_fields)
}

pub fn of_database() -> ActionSpec {
    let guard = |database: &Database| known(remote_of_database(database), &database.status);
    spec(FORWARD_DATABASE, DATABASES, guard, |_, _| vec![field("task", "through task"), local()])
}

pub fn of_cache() -> ActionSpec {
    let guard = |cache: &Cache| known(remote_of_cache(cache), &cache.status);
    spec(FORWARD_CACHE, CACHES, guard, |_, _| vec![field("task", "through task"), local()])
}

fn spec<T: Resource>(
    id: ActionId,
    kind: KindId,
    guard: fn(&T) -> Result<(), String>,
    fields: fn(&T, Timestamp) -> Vec<Field>,
) -> ActionSpec {
    ActionSpec::of::<T, SessionFacts>(
        Words {
            id,
            verb: "forward",
            kind,
            key: "p",
            label: "port-forward",
            help: "Opens a port here that leads to a container, or through a task to a database or cache.",
            facts: session_facts(kind),
            reads: READS,
            changes: &[ssm::START_SESSION],
            watch_every: Duration::from_secs(60),
        },
        Behaviour {
            guard,
            fields,
            check,
            plan,
            progress: |_, _, _, _| Progress::moving(None, "the port is being opened"),
            // A session that nobody speaks with ends by itself.
            applied: |_, _, _| Applied::NeverTells,
        },
    )
    .with_offers(forward_offers)
    .with_later(later)
    .opening(Opens::Port)
    .seldom()
}

fn known(remote: Option<Remote>, status: &str) -> Result<(), String> {
    remote.map(drop).ok_or_else(|| format!("AWS tells no endpoint while it is {status}"))
}

/// Where a database is, and how it is spoken with through a forward. The certificate is for another name
/// than 127.0.0.1, so it is not compared.
pub fn remote_of_database(database: &Database) -> Option<Remote> {
    let endpoint = Endpoint::parse(database.endpoint.as_deref()?)?;
    let engine = database.engine.as_str();
    let client = if engine.contains("postgres") {
        Some(format!("psql 'host=127.0.0.1 port={PORT} dbname=postgres sslmode=require'"))
    } else if engine.contains("mysql") || engine == "mariadb" {
        Some(format!("mysql -h 127.0.0.1 -P {PORT} --ssl-mode=REQUIRED -p"))
    } else {
        None
    };
    Some(Remote { endpoint, client: client.map(Into::into) })
}

/// Where a cache is, and how it is spoken with through a forward.
pub fn remote_of_cache(cache: &Cache) -> Option<Remote> {
    let endpoint = cache.endpoint.clone()?;
    let tls = if cache.tls { format!(" --tls --sni {}", endpoint.host) } else { String::new() };
    let auth = if cache.auth == Auth::None { "" } else { " --askpass" };
    let client = (!cache.is_memcached()).then(|| format!("redis-cli -h 127.0.0.1 -p {PORT}{tls}{auth}").into());
    Some(Remote { endpoint, client })
}

fn field(name: &'static str, label: &'static str) -> Field {
    Field { name, label, initial: String::new(), presets: Vec::new(), many: false }
}

fn local() -> Field {
    Field { initial: FREE.into(), ..field("local", "local port") }
}

fn service_fields(_: &Service, _: Timestamp) -> Vec<Field> {
    vec![field("task", "task"), field("container", "container"), field("port", "port"), local()]
}

fn forward_offers(facts: &SessionFacts, inputs: &Inputs) -> Vec<Offer> {
    let mut offers = offers(facts, inputs);
    if let Ok(container) = task(facts, inputs).and_then(|task| container(task, inputs)) {
        let ports = facts.ports.iter().filter(|(of, _)| *of == container.name);
        offers.push(("port", ports.map(|(_, port)| port.to_string()).collect()));
    }
    let same = facts.remote.as_ref().map(|remote| remote.endpoint.port).filter(|port| *port >= 1024);
    offers.push(("local", [FREE.to_string()].into_iter().chain(same.map(|port| port.to_string())).collect()));
    offers
}

fn number(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}

fn check(inputs: &Inputs) -> Result<(), (&'static str, String)> {
    let local = said(inputs, "local");
    if !matches!(local, "" | FREE) && number(local).is_none() {
        return Err(("local", format!("{FREE}, or a port of this machine: not {local:?}")));
    }
    // An empty port waits for what the task definition says.
    match said(inputs, "port") {
        "" => Ok(()),
        port if number(port).is_some() => Ok(()),
        port => Err(("port", format!("the port that the container listens on: not {port:?}"))),
    }
}

fn plan(facts: &SessionFacts, inputs: &Inputs, now: Timestamp) -> Result<Plan, String> {
    let task = task(facts, inputs)?;
    let container = container(task, inputs)?;
    let lacking = lacking(facts, task, container);
    if !lacking.is_empty() {
        return Err(lacking.join("; and "));
    }
    let local = number(said(inputs, "local"));
    let (document, port, to) = match &facts.remote {
        Some(Remote { endpoint, .. }) => (Document::RemoteHost, endpoint.port, endpoint.to_string()),
        None => {
            let own = facts.ports.iter().find(|(of, _)| *of == container.name).map(|(_, port)| *port);
            let port = number(said(inputs, "port")).or(own);
            let port = port.ok_or("the task definition names no port of this container: type the one it listens on")?;
            (Document::Port, port, format!("port {port} of {}", container.name))
        }
    };
    let request = StartSession {
        target: target(task, container),
        document_name: document,
        parameters: Parameters {
            port_number: [port.to_string()],
            local_port_number: local.map(|port| [port.to_string()]),
            host: facts.remote.as_ref().map(|remote| [remote.endpoint.host.to_string()]),
        },
    };
    let from = local.map_or("a free port of 127.0.0.1".to_string(), |port| format!("127.0.0.1:{port}"));
    let mut all =
        vec![("forward".to_string(), vec![Span::new(from, Tone::Strong), Span::new(format!(" → {to}"), Tone::Plain)])];
    all.extend(rows(facts, task, container, now));
    let mut warnings: Vec<(Tone, String)> = seen_by_others(facts).into_iter().collect();
    if facts.remote.is_some() {
        let text = "whether its security groups let this task through shows when something connects";
        warnings.push((Tone::Plain, text.into()));
    }
    if local.is_some_and(|port| port < 1024) {
        warnings.push((Tone::Degraded, "ports below 1024 are for root alone on most machines".into()));
    }
    let client = facts.remote.as_ref().and_then(|remote| remote.client.clone());
    Ok(Plan {
        rows: all,
        warnings,
        calls: vec![request.call()],
        undo: "close it in the list of forwards (P); it ends with the console in any case".into(),
        then: "the port stays open beside the console; everybody on this machine can use it".into(),
        confirm: Confirm::Ask,
        before: json!({ "target": target(task, container), "client": client }),
        summary: format!("forward to {} of {} through {}", to, facts.name, short(task)),
    })
}

fn later(intent: &Intent) -> Option<String> {
    intent.before.get("client").and_then(Value::as_str).map(str::to_string)
}
