//! Port-forward: a port of this machine that leads to a container, or through one to a database or a
//! cache that only the VPC reaches.

use std::marker::PhantomData;

use super::{READS, container, destination, offers, rows, seen_by_others, session_facts, short, target, task};
use crate::domain::cache::{Auth, Cache, Endpoint};
use crate::domain::database::Database;
use crate::domain::ops::ssm;
use crate::domain::requests::ssm::{Document, Parameters, StartSession};
use crate::domain::resource::{KindId, Resource};
use crate::domain::ssm::{PORT, Remote, SessionFacts};
use crate::kinds::action::prelude::*;
use crate::kinds::action::{Offer, Opens};

/// The plugin takes a port of its own choice.
const FREE: &str = "free";

/// What a port can lead to.
pub trait ForwardTarget: Resource {
    const ID: &str;
    const KIND: KindId;

    /// # Errors
    /// Why there is nothing to lead to.
    fn guard(&self) -> Result<(), String>;

    /// What of it is meant; where it is reached through a task alone, that task.
    fn fields() -> Vec<Field> {
        vec![Field::new("task", "through task")]
    }
}

/// The action over what a port can lead to.
pub struct Forward<T>(PhantomData<fn() -> T>);

impl<T> Forward<T> {
    pub const NEW: Self = Self(PhantomData);
}

impl<T: ForwardTarget> ActionSpec for Forward<T> {
    type Resource = T;
    type Facts = SessionFacts;

    const ID: &str = T::ID;
    const VERB: &str = "forward";
    const KEY: &str = "p";
    const LABEL: &str = "port-forward";
    const HELP: &str = "Opens a port here that leads to a container, or through a task to a database or cache.";
    const FACTS: FactsId = session_facts(T::KIND);
    const READS: &[Op] = READS;
    const WATCH_EVERY: Duration = Duration::from_secs(60);
    const CHANGES: &[Op] = &[ssm::START_SESSION];
    const OPENS: Option<Opens> = Some(Opens::Port);
    const IS_SELDOM: bool = true;

    fn guard(&self, resource: &T) -> Result<(), String> {
        resource.guard()
    }

    fn fields(&self, _: &T, _: Timestamp) -> Vec<Field> {
        let mut fields = T::fields();
        fields.push(Field::new("local", "local port").starting(FREE));
        fields
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        let local = input(inputs, "local");
        if !matches!(local, "" | FREE) && number(local).is_none() {
            return Err(("local", format!("{FREE}, or a port of this machine: not {local:?}")));
        }
        // An empty port waits for what the task definition says.
        match input(inputs, "port") {
            "" => Ok(()),
            port if number(port).is_some() => Ok(()),
            port => Err(("port", format!("the port that the container listens on: not {port:?}"))),
        }
    }

    fn offers(&self, facts: &SessionFacts, inputs: &Inputs) -> Vec<Offer> {
        let mut offers = offers(facts, inputs);
        if let Ok(container) = task(facts, inputs).and_then(|task| container(task, inputs)) {
            let ports = facts.ports.iter().filter(|(of, _)| *of == container.name);
            offers.push(("port", ports.map(|(_, port)| port.to_string()).collect()));
        }
        let same = facts.remote.as_ref().map(|remote| remote.endpoint.port).filter(|port| *port >= 1024);
        offers.push(("local", [FREE.to_string()].into_iter().chain(same.map(|port| port.to_string())).collect()));
        offers
    }

    fn plan(&self, facts: &SessionFacts, inputs: &Inputs, now: Timestamp) -> Result<Plan, String> {
        let (task, container) = destination(facts, inputs)?;
        let local = number(input(inputs, "local"));
        let (document, port, to) = match &facts.remote {
            Some(Remote { endpoint, .. }) => (Document::RemoteHost, endpoint.port, endpoint.to_string()),
            None => {
                let own = facts.ports.iter().find(|(of, _)| *of == container.name).map(|(_, port)| *port);
                let port = number(input(inputs, "port")).or(own);
                let port =
                    port.ok_or("the task definition names no port of this container: type the one it listens on")?;
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
        let mut all = vec![row("forward", [Span::new(from, Tone::Strong), format!(" → {to}").into()])];
        all.extend(rows(facts, task, container, now));
        let mut warnings = Warnings::default();
        warnings.extend(seen_by_others(facts));
        let text = "whether its security groups let this task through shows when something connects";
        warnings.add_if(facts.remote.is_some(), Tone::Plain, text);
        let text = "ports below 1024 are for root alone on most machines";
        warnings.add_if(local.is_some_and(|port| port < 1024), Tone::Degraded, text);
        let client = facts.remote.as_ref().and_then(|remote| remote.client.clone());
        Ok(Plan {
            rows: all,
            warnings: warnings.worst_first(),
            calls: vec![request.call()],
            undo: "close it in the list of forwards (P); it ends with the console in any case".into(),
            then: "the port stays open beside the console; everybody on this machine can use it".into(),
            confirm: Confirm::Ask,
            before: json!({ "target": target(task, container), "client": client }),
            summary: format!("forward to {} of {} through {}", to, facts.name, short(task)),
        })
    }

    fn follow_up(&self, intent: &Intent) -> Option<String> {
        intent.before.get("client").and_then(Value::as_str).map(str::to_string)
    }

    fn progress(&self, _: &Intent, _: &Receipt, _: &SessionFacts, _: Timestamp) -> Progress {
        Progress::moving(None, "the port is being opened")
    }

    /// A session that nobody speaks with ends by itself.
    fn applied(&self, _: &Intent, _: &SessionFacts, _: Timestamp) -> Applied {
        Applied::NeverTells
    }
}

/// What is reached through a task has an endpoint.
///
/// # Errors
/// It has none yet.
pub fn has_endpoint(remote: Option<Remote>, status: &str) -> Result<(), String> {
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

fn number(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}
