//! A node of Redis or Valkey: one connection in RESP2 without any greeting that a restricted user
//! may not send, a look at the node, and the flush.

use std::time::{Duration, Instant};

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Cmd, ProtocolVersion, RedisConnectionInfo, Value, cmd};
use futures_util::future::{BoxFuture, Fuse, FutureExt};
use tokio::pin;
use tokio::time::timeout;

use super::connect::{Written, connect};
use super::failure::{Failure, ReadKey};
use super::{Broken, Flushed, NodeTimeouts, Target, What};
use crate::domain::cache::{Endpoint, MayFlush, NodeLook};
use crate::domain::prelude::*;

const BLOCKED: &str = "FLUSHALL is renamed or blocked on this server: a policy of its parameter group";

/// A connection with its password given.
pub(super) struct Session<'a> {
    target: &'a Target,
    patience: Duration,
    connection: MultiplexedConnection,
    /// What reads and writes; it runs only while a command waits, so it needs no task.
    driver: Fuse<BoxFuture<'static, ()>>,
    written: Written,
    /// Nothing was answered yet.
    fresh: bool,
}

impl<'a> Session<'a> {
    pub(super) async fn open(target: &'a Target, t: NodeTimeouts) -> Result<Self, Broken> {
        let asked = ReadKey { engine: "redis", target, command: "", first: true };
        let wire = connect(target, t).await.map_err(|failure| failure.broken(asked, false))?;
        let written = wire.written();
        // AUTH is a command of our own: the crate would give it again without the user to an old server.
        let info = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP2).set_skip_set_lib_name();
        // Time is measured by `ask`; the crate's own limit of half a second is too short for a flush.
        let config = AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(None);
        let (connection, driver) = MultiplexedConnection::new_with_config(&info, wire, config)
            .await
            .map_err(|error| Failure::from(error).broken(asked, false))?;
        let driver = driver.boxed().fuse();
        let mut session = Self { target, patience: t.answer, connection, driver, written, fresh: true };
        if let Some(password) = &target.password {
            session.must("AUTH", cmd("AUTH").arg(&target.user).arg(&password.0)).await?;
        }
        Ok(session)
    }

    /// One command and its answer.
    pub(super) async fn ask(&mut self, command: &Cmd) -> Result<Value, Failure> {
        let Self { connection, driver, .. } = self;
        let both = async {
            let answer = command.query_async::<Value>(connection);
            pin!(answer);
            loop {
                // When the driver ends, with the connection, the answer is the error of that.
                tokio::select! {
                    answer = &mut answer => break answer,
                    () = &mut *driver => {}
                }
            }
        };
        let answer = timeout(self.patience, both).await.map_err(|_| Failure::Slow(self.patience))?;
        let answer = answer.map_err(Failure::from);
        if answer.as_ref().map_or_else(Failure::is_answer, |_| true) {
            self.fresh = false;
        }
        answer
    }

    /// A command without whose answer we cannot go on; `name` is for the fault.
    pub(super) async fn must(&mut self, name: &str, command: &Cmd) -> Result<Value, Broken> {
        let asked = self.context(name);
        self.ask(command).await.map_err(|failure| failure.broken(asked, false))
    }

    pub(super) fn context<'c>(&self, command: &'c str) -> ReadKey<'c>
    where
        'a: 'c,
    {
        ReadKey { engine: "redis", target: self.target, command, first: self.fresh }
    }

    /// INFO as it stands in every version; more than one section in a request came with 7.0.
    async fn info(&mut self) -> Result<Info, Broken> {
        let answer = self.must("INFO", &cmd("INFO")).await?;
        Ok(Info(text(&answer).unwrap_or_default()))
    }

    /// `None` where neither ROLE nor INFO tells.
    async fn is_primary(&mut self, info: &Info) -> Result<Option<bool>, Broken> {
        let asked = self.context("ROLE");
        let role = match self.ask(&cmd("ROLE")).await {
            Ok(Value::Array(items)) => items.first().and_then(text),
            Ok(_) => None,
            Err(failure) if failure.is_answer() => None,
            Err(failure) => return Err(failure.broken(asked, false)),
        };
        Ok(role.or_else(|| info.field("role").map(str::to_string)).map(|role| role == "master"))
    }

    /// Whether FLUSHALL would be refused, as far as can be known without sending it.
    async fn may_flush(&mut self, user: &str) -> Result<MayFlush, Failure> {
        let known = self.optional(cmd("COMMAND").arg("INFO").arg("FLUSHALL")).await?;
        if let Ok(Value::Array(commands)) = known
            && matches!(commands.as_slice(), [Value::Nil])
        {
            return Ok(MayFlush::No(BLOCKED.into()));
        }
        Ok(match self.optional(cmd("ACL").arg("DRYRUN").arg(user).arg("FLUSHALL")).await? {
            Ok(answer) => match text(&answer) {
                Some(word) if word == "OK" => MayFlush::Yes,
                Some(why) => MayFlush::No(why.into()),
                None => MayFlush::Unknown("ACL DRYRUN answers something else".into()),
            },
            Err(_) if user == "default" => MayFlush::Yes,
            Err(why) => MayFlush::Unknown(format!("it does not tell what {user} may do: {why}").into()),
        })
    }

    /// A command that not every server has and not every user may send: its refusal is an answer.
    async fn optional(&mut self, command: &Cmd) -> Result<Result<Value, String>, Failure> {
        match self.ask(command).await {
            Ok(answer) => Ok(Ok(answer)),
            Err(Failure::Server { code, text }) => Ok(Err(format!("{code} {text}"))),
            Err(failure) => Err(failure),
        }
    }
}

/// What INFO says, `name:value` by line.
struct Info(String);

impl Info {
    fn field(&self, name: &str) -> Option<&str> {
        self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    }

    fn number(&self, name: &str) -> u64 {
        self.field(name).and_then(|value| value.parse().ok()).unwrap_or(0)
    }

    /// `db0:keys=3,expires=0,avg_ttl=0`; a database without keys has no line.
    fn keys(&self) -> Vec<(u32, u64)> {
        let read = |line: &str| {
            let (number, rest) = line.strip_prefix("db")?.split_once(":keys=")?;
            Some((number.parse().ok()?, rest.split(',').next()?.trim().parse().ok()?))
        };
        self.0.lines().filter_map(read).collect()
    }

    fn keys_of(&self, what: What) -> u64 {
        let counts = |number: u32| what == What::All || what == What::Database(number);
        self.keys().iter().filter(|(number, _)| counts(*number)).map(|(_, keys)| keys).sum()
    }
}

/// What a node says.
#[derive(Clone, Debug)]
pub struct Look {
    pub look: NodeLook,
    pub is_primary: bool,
}

/// Looks at a node over one connection; `node` is its address as the cluster tells it.
pub async fn look(target: &Target, shard: &str, node: &Endpoint, t: NodeTimeouts) -> Result<Look, Fault> {
    let mut session = Session::open(target, t).await?;
    let info = session.info().await?;
    let is_primary = session.is_primary(&info).await?.unwrap_or(true);
    let asked = session.context("ACL");
    let user = match session.optional(cmd("ACL").arg("WHOAMI")).await.map_err(|failure| failure.fault(asked))? {
        Ok(answer) => text(&answer).unwrap_or_default(),
        // Before 6.0 there is but one.
        Err(_) => target.user().to_string(),
    };
    let may_flush = session.may_flush(&user).await.map_err(|failure| failure.fault(asked))?;
    let look = NodeLook {
        shard: shard.into(),
        node: node.clone(),
        via: target.address.clone(),
        keys: info.keys(),
        memory: info.number("used_memory"),
        clients: info.number("connected_clients"),
        hits: info.number("keyspace_hits"),
        misses: info.number("keyspace_misses"),
        saving: info.number("rdb_bgsave_in_progress") > 0,
        user: Text::from(user),
        may_flush,
    };
    Ok(Look { look, is_primary })
}

/// Flushes a primary, once. A replica is refused before anything is sent; where the role cannot be
/// asked, the server's own READONLY says it.
pub async fn flush(target: &Target, what: What, asynchronous: bool, t: NodeTimeouts) -> Result<Flushed, Broken> {
    let mut session = Session::open(target, t).await?;
    let info = session.info().await?;
    if session.is_primary(&info).await? == Some(false) {
        let why = format!("{} is a replica: only a primary is flushed", target.address);
        return Err(Broken::unsent(Fault::refused("redis", why)));
    }
    let name = match what {
        What::All => "FLUSHALL",
        What::Database(number) => {
            // A cluster has only 0 and may not know SELECT.
            if number > 0 {
                session.must("SELECT", cmd("SELECT").arg(number)).await?;
            }
            "FLUSHDB"
        }
    };
    let mut command = cmd(name);
    if asynchronous {
        command.arg("ASYNC");
    }
    // SYNC came with 6.2; without a word every version waits until the keys are gone.
    let (asked, written, began) = (session.context(name), session.written.bytes(), Instant::now());
    let answer = session.ask(&command).await.and_then(|answer| match answer {
        Value::Okay => Ok(()),
        other => Err(Failure::Strange(format!("{other:?}"))),
    });
    if let Err(failure) = answer {
        return Err(failure.broken(asked, session.written.bytes() > written));
    }
    let took = began.elapsed();
    let after = session.info().await.ok().map(|info| info.keys_of(what));
    Ok(Flushed { before: info.keys_of(what), after, took })
}

/// A text in whichever form it came.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::SimpleString(text) => Some(text.clone()),
        Value::Okay => Some("OK".into()),
        _ => None,
    }
}
