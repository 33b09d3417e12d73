//! Flush: how a cache is reached, what is found in it, and the command that empties one of its
//! primaries.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use futures_util::future::{join3, try_join_all};
use parking_lot::Mutex;

use super::keyspace::{self, Broken, Flushed, Look, NodeTimeouts, Target, Tls, What};
use super::ssm::OpenForwards;
use super::{Aws, Options, elasticache, process, rds};
use crate::aws::prelude::*;
use crate::domain::cache::{Auth, Cache, Endpoint, FlushFacts, Form, NodeLook, Secret};
use crate::domain::cache_access::{CacheAccess, SecretSource};
use crate::domain::ops::secrets::GET_SECRET_VALUE;
use crate::domain::requests::flush::{Flush, Mode};
use crate::kinds::caches::FLUSH_FACTS;

/// A flush frees memory before it answers, where it is not asynchronous.
const FLUSH_PATIENCE: Duration = Duration::from_secs(60);

// It reads the value of a secret and nothing else, so that there is none for reads at large.
sdk_client!(impl aws_sdk_secretsmanager, "Secrets Manager", "secretsmanager");

pub fn register(registry: &mut Registry) {
    registry.facts.insert(FLUSH_FACTS, |cx, id| Box::pin(facts(cx, id)));
    register_changes!(registry: Flush);
}

/// Passwords that were typed, by environment and cache. They are never written anywhere.
#[derive(Debug, Default)]
pub struct Unlocked(Mutex<HashMap<(Text, Text), Secret>>);

impl Unlocked {
    pub fn put(&self, env: &Environment, id: &ResourceId, secret: Secret) {
        let key = (env.name.clone(), super::shape::tail(&id.0).into());
        self.0.lock().insert(key, secret);
    }

    fn get(&self, env: &Environment, cache: &str) -> Option<Secret> {
        let key = (env.name.clone(), cache.into());
        self.0.lock().get(&key).cloned()
    }
}

/// How caches of an environment are reached.
pub struct ConnectionOptions<'a> {
    pub env: &'a Environment,
    unlocked: Arc<Unlocked>,
    /// Forwarded ports: the way where the config names no other.
    open_forwards: Arc<OpenForwards>,
    times: NodeTimeouts,
    /// For a program that prints a password.
    process_patience: Duration,
}

impl<'a> ConnectionOptions<'a> {
    pub fn of(aws: &Aws, env: &'a Environment) -> Self {
        let Options { patience, process_patience, .. } = aws.options();
        Self {
            env,
            unlocked: aws.state(),
            open_forwards: aws.state(),
            times: NodeTimeouts { connect: patience.connect, answer: patience.read },
            process_patience: *process_patience,
        }
    }

    fn access(&self, cache: &str) -> CacheAccess {
        self.env.caches.get(cache).cloned().unwrap_or_default()
    }
}

/// The way into one cache.
struct Door {
    open_forwards: Arc<OpenForwards>,
    access: CacheAccess,
    tls: bool,
    password: Option<Secret>,
    /// For the plan.
    words: Text,
}

impl Door {
    async fn of(
        session: &Session,
        ways: &ConnectionOptions<'_>,
        cache: &str,
        tls: bool,
        serverless: bool,
    ) -> Result<Self, Fault> {
        let access = ways.access(cache);
        let tls = access.tls.unwrap_or(tls);
        let typed = ways.unlocked.get(ways.env, cache);
        let mut words = vec![match (tls, access.verify) {
            (true, true) => "TLS".to_string(),
            (true, false) => "TLS, not verified".to_string(),
            (false, _) => "no TLS".to_string(),
        }];
        words.extend(access.user.as_ref().map(|user| format!("user {user}")));
        let password = match (typed, access.secret()) {
            (Some(typed), _) => {
                words.push("password as typed".to_string());
                Some(typed)
            }
            (None, None) => {
                words.push("no password".to_string());
                None
            }
            (None, Some(source)) => {
                words.push(match source {
                    SecretSource::Iam => source.words(),
                    _ => format!("password {}", source.words()),
                });
                Some(secret(session, ways, &access, &source, cache, serverless).await?)
            }
        };
        Ok(Self {
            open_forwards: Arc::clone(&ways.open_forwards),
            access,
            tls,
            password,
            words: words.join(", ").into(),
        })
    }

    /// Where a node is connected to; `first` is the one that the configured endpoint stands for.
    fn via(&self, node: &Endpoint, first: bool) -> Endpoint {
        let tunnel = self.access.nodes.iter().find(|(told, _)| told == node).map(|(_, tunnel)| tunnel.clone());
        tunnel
            .or_else(|| self.access.endpoint.clone().filter(|_| first))
            .or_else(|| self.open_forwards.to(node))
            .unwrap_or_else(|| node.clone())
    }

    /// The cluster was reached through a tunnel, and one of its nodes without one.
    fn without_tunnel(&self, fault: Fault, via: &Endpoint, node: &Endpoint) -> Fault {
        let unreached = matches!(fault.kind, FaultKind::Unreachable | FaultKind::TimedOut);
        if !unreached || via != node || (self.access.endpoint.is_none() && self.access.nodes.is_empty()) {
            return fault;
        }
        let remedy = format!("each primary needs a tunnel of its own: add \"{node}\" = \"127.0.0.1:PORT\" to nodes");
        fault.with_remedy(format!("{remedy} in [environment.NAME.cache.CACHE]"))
    }

    fn target(&self, node: &Endpoint, via: Endpoint) -> Target {
        let server_name = self.access.server_name.clone().unwrap_or_else(|| node.host.to_string());
        Target {
            address: via,
            tls: self.tls.then(|| Tls {
                server_name,
                ca_file: self.access.ca_file.as_ref().map(PathBuf::from),
                verify: self.access.verify,
            }),
            user: self.access.user.clone(),
            password: self.password.clone(),
        }
    }
}

/// The password from where the operator said that it is.
async fn secret(
    session: &Session,
    ways: &ConnectionOptions<'_>,
    access: &CacheAccess,
    source: &SecretSource,
    cache: &str,
    serverless: bool,
) -> Result<Secret, Fault> {
    let fault = |why: String| {
        let place = format!("[environment.{}.cache.{cache}]", ways.env.name);
        Fault::new(FaultKind::Invalid, "password", why).with_remedy(format!("see {place} in the config"))
    };
    match source {
        SecretSource::Variable(name) => {
            std::env::var(name).map(Secret).map_err(|_| fault(format!("the environment variable {name} is not set")))
        }
        SecretSource::Command(argv) => {
            let (program, arguments) = argv.split_first().ok_or_else(|| fault("no program is named".into()))?;
            let mut command = tokio::process::Command::new(program);
            command.args(arguments);
            let printed = process::printed(command, ways.process_patience).await;
            let printed = printed.map_err(|why| fault(format!("{program} {why}")))?;
            let text = String::from_utf8_lossy(&printed).lines().next().unwrap_or_default().to_string();
            if text.is_empty() { Err(fault(format!("{program} printed nothing"))) } else { Ok(Secret(text)) }
        }
        SecretSource::Secret { id, key } => {
            let secrets = session.client_for_only::<aws_sdk_secretsmanager::Client>(GET_SECRET_VALUE);
            let request = secrets.get_secret_value().secret_id(id).send();
            let told = session.ask(GET_SECRET_VALUE, Urgency::Now, request).await?;
            let whole = told.secret_string().ok_or_else(|| fault(format!("the secret {id} is no text")))?;
            let Some(key) = key else { return Ok(Secret(whole.to_string())) };
            let json: serde_json::Value =
                serde_json::from_str(whole).map_err(|_| fault(format!("the secret {id} is no JSON")))?;
            let value = json.get(key).and_then(serde_json::Value::as_str);
            value
                .map(|value| Secret(value.to_string()))
                .ok_or_else(|| fault(format!("the secret {id} has no text {key}")))
        }
        SecretSource::Iam => {
            let user = access.user.as_deref().unwrap_or_default();
            let credentials = session.credentials().await?;
            keyspace::iam_token(&credentials, &session.region, cache, user, serverless, SystemTime::now())
        }
    }
}

/// What a flush must know: it connects and looks.
async fn facts(cx: &ReadContext, id: &ResourceId) -> Result<Option<Facts>, Fault> {
    let (session, ways) = (&cx.session, ConnectionOptions::of(&cx.aws, &cx.env));
    let Some(cache) = elasticache::list::one(session, id).await? else { return Ok(None) };
    let (looked, snapshots, databases) = join3(
        look_at_nodes(session, &ways, &cache),
        elasticache::detail::snapshots(session, &cache),
        rds::list::statuses(session, &ways.env.scope),
    )
    .await;
    let (looks, connection) = match looked {
        Ok((looks, words)) => (looks, words),
        Err(fault) => (Err(fault), Text::default()),
    };
    Ok(Some(Arc::new(FlushFacts { cache, looks, connection, snapshots, databases })))
}

type Looks = Result<Vec<NodeLook>, Fault>;

async fn look_at_nodes(session: &Session, ways: &ConnectionOptions<'_>, cache: &Cache) -> Result<(Looks, Text), Fault> {
    let serverless = cache.form == Form::Serverless;
    let door = Door::of(session, ways, &cache.name, cache.tls, serverless).await?;
    let looks = if cache.is_memcached() {
        memcached(&door, cache, ways.times).await
    } else {
        redis(&door, cache, ways.times).await
    };
    Ok((looks.map_err(|fault| hint(fault, cache)), door.words))
}

/// Where AWS says that there is a password, the remedy names the key of the config.
fn hint(fault: Fault, cache: &Cache) -> Fault {
    if cache.auth == Auth::Users && matches!(fault.kind, FaultKind::Denied { .. }) && fault.remedy.is_empty() {
        return fault.with_remedy("it has users: name one as `user` in the config");
    }
    fault
}

async fn memcached(door: &Door, cache: &Cache, times: NodeTimeouts) -> Looks {
    let nodes: Vec<&Endpoint> = match cache.form {
        // It shows no nodes: one flush empties all of it.
        Form::Serverless => cache.endpoint.iter().collect(),
        _ => cache.nodes.iter().filter_map(|node| node.endpoint.as_ref()).collect(),
    };
    let alone = nodes.len() == 1;
    try_join_all(nodes.into_iter().map(|node| async move {
        let target = door.target(node, door.via(node, alone));
        keyspace::memcached::look(&target, node, times).await
    }))
    .await
}

async fn redis(door: &Door, cache: &Cache, times: NodeTimeouts) -> Looks {
    let Some(first) = &cache.endpoint else {
        let message = format!("AWS tells no endpoint while it is {}", cache.status);
        return Err(Fault::new(FaultKind::Unreachable, "redis", message));
    };
    let seed = door.target(first, door.via(first, true));
    // A serverless cache speaks as a cluster, and one flush empties all of it (ElastiCache guide).
    let told = if cache.is_sharded() { keyspace::primaries(&seed, times).await? } else { None };
    let primaries: Vec<(String, Endpoint, bool)> = match told {
        Some(primaries) => {
            let one = primaries.len() == 1;
            primaries.into_iter().map(|primary| (primary.shard, primary.address, one)).collect()
        }
        None => vec![(String::new(), first.clone(), true)],
    };
    try_join_all(primaries.iter().map(|(shard, node, alone)| async move {
        let target = door.target(node, door.via(node, *alone));
        let looked = keyspace::look(&target, shard, node, times).await;
        let Look { look, is_primary } = looked.map_err(|fault| door.without_tunnel(fault, &target.address, node))?;
        if is_primary {
            return Ok(look);
        }
        let message = format!("{} leads to a replica: a flush goes to the primary", target.address);
        Err(Fault::new(FaultKind::Invalid, "redis", message))
    }))
    .await
}

impl SendChange for Flush {
    async fn send(self, to: Sending<'_>) -> Sent {
        let (tls, serverless) = (self.tls == Some(true), self.serverless == Some(true));
        let options = ConnectionOptions::of(to.aws, to.env);
        let door = Door::of(to.session, &options, &self.cache, tls, serverless).await?;
        let target = door.target(&self.node, self.via.clone().unwrap_or_else(|| self.node.clone()));
        if !to.permission.spend() {
            return Err(Fault::refused("flush", "a change is sent once"));
        }
        let times = NodeTimeouts { answer: FLUSH_PATIENCE, ..options.times };
        let done = if self.memcached {
            keyspace::memcached::flush(&target, times).await
        } else {
            let what = self.database.map_or(What::All, What::Database);
            keyspace::flush(&target, what, self.mode == Some(Mode::Async), times).await
        };
        match done {
            Ok(flushed) => Ok(Outcome::Sent(Receipt { told: vec![words(&self, &flushed)], ..Receipt::of("", None) })),
            Err(Broken { fault, sent: true, .. }) => Ok(Outcome::Unknown { fault }),
            Err(Broken { fault, .. }) => Err(fault),
        }
    }
}

/// What was there, what is, and how long it took.
fn words(of: &Flush, flushed: &Flushed) -> Text {
    let who = if of.shard.is_empty() { of.node.to_string() } else { of.shard.clone() };
    let after = flushed.after.map_or("not told".to_string(), |after| after.to_string());
    format!("{who}: {} keys → {after} in {} ms", flushed.before, flushed.took.as_millis()).into()
}
