//! What is sent to a cache itself to empty it: ElastiCache has no API for a flush. The members are
//! midwatch's own; only the operation and its mode go over the wire.

use serde::{Deserialize, Serialize};

use super::{Request, RequestType, cli_line};
use crate::domain::cache::Endpoint;
use crate::domain::call::{Place, quoted};
use crate::domain::ops::{Op, memcached, redis};

pub(super) const REQUESTS: &[RequestType] = &[RequestType { ops: Flush::OPS, cli: cli_line::<Flush> }];

/// Whether a server goes on answering while it frees what it held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Mode {
    Async,
    Sync,
}

impl Mode {
    pub fn word(self) -> &'static str {
        match self {
            Self::Async => "ASYNC",
            Self::Sync => "SYNC",
        }
    }
}

/// One flush of one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flush {
    /// Memcached is spoken with, not Redis or Valkey.
    #[serde(skip)]
    pub memcached: bool,
    /// `None`: SYNC, where the engine knows modes.
    pub mode: Option<Mode>,
    /// `None`: every database.
    pub database: Option<u32>,
    /// The cache's name.
    pub cache: String,
    /// Empty where there are no shards.
    #[serde(default)]
    pub shard: String,
    pub node: Endpoint,
    pub serverless: Option<bool>,
    /// Where it is reached, if not at the node itself: a tunnel.
    pub via: Option<Endpoint>,
    pub tls: Option<bool>,
    /// Whether the line for a person has to ask for a password, and for whom; the adapter knows by itself.
    pub auth: Option<bool>,
    pub user: Option<String>,
}

impl Request for Flush {
    const OPS: &'static [Op] = &[redis::FLUSHALL, redis::FLUSHDB, memcached::FLUSH_ALL];
    const MAY_BE_EMPTY: &'static [&'static str] = &["shard"];

    fn op(&self) -> Op {
        match (self.memcached, self.database) {
            (true, _) => memcached::FLUSH_ALL,
            (false, None) => redis::FLUSHALL,
            (false, Some(_)) => redis::FLUSHDB,
        }
    }

    fn with_op(self, op: Op) -> Self {
        Self { memcached: op == memcached::FLUSH_ALL, ..self }
    }

    fn check(&self) -> Result<(), String> {
        if self.memcached && self.database.is_some() {
            return Err("Memcached has no databases".into());
        }
        Ok(())
    }

    /// What the cache's own clients take. A password is asked for there, never part of the line.
    fn cli(&self, _: Place) -> String {
        let at = self.via.as_ref().unwrap_or(&self.node);
        if self.memcached {
            return format!("printf '{}\\r\\nquit\\r\\n' | nc {} {}", self.op().name, quoted(&at.host), at.port);
        }
        let mut line = format!("redis-cli -h {} -p {}", quoted(&at.host), at.port);
        for (is, flag) in [(self.tls, " --tls"), (self.auth, " --askpass")] {
            line += if is == Some(true) { flag } else { "" };
        }
        if let Some(user) = &self.user {
            line += &format!(" --user {}", quoted(user));
        }
        if let Some(database) = self.database {
            line += &format!(" -n {database}");
        }
        format!("{line} {} {}", self.op().name, self.mode.map_or("", Mode::word))
    }
}
