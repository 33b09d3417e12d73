//! A cache of ElastiCache: a replication group, a cluster without one, or a serverless cache; and
//! what is found inside of it when it can be reached.

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::domain::prelude::*;

use super::event::Event;
use super::resource::resource;

/// Which list a cache is in, and so which calls work on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Redis or Valkey; `sharded` is what AWS calls "cluster mode enabled".
    Group {
        sharded: bool,
    },
    /// A single Redis node, or Memcached nodes.
    #[default]
    Cluster,
    Serverless,
}

impl Form {
    /// The part of the list, and the word for people.
    pub fn part(self) -> &'static str {
        match self {
            Self::Group { .. } => "replication groups",
            Self::Cluster => "clusters",
            Self::Serverless => "serverless",
        }
    }
}

/// How a client proves who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Auth {
    #[default]
    None,
    /// The AUTH token.
    Token,
    /// Users and groups (RBAC), by password or IAM.
    #[strum(serialize = "users (RBAC)")]
    Users,
}

words!(Auth);

/// Where a node is reached from inside the VPC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint {
    pub host: Text,
    pub port: u16,
}

impl Endpoint {
    pub fn new(host: impl Into<Text>, port: u16) -> Self {
        Self { host: host.into(), port }
    }

    /// Reads `host:port`; an IPv6 address stands in brackets.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = match host.strip_prefix('[') {
            Some(inner) => inner.strip_suffix(']')?,
            None if host.contains(':') => return None,
            None => host,
        };
        let port: u16 = port.parse().ok().filter(|port| *port > 0)?;
        (!host.is_empty()).then(|| Self::new(host, port))
    }
}

impl TryFrom<String> for Endpoint {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("{text:?} is no host:port"))
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.to_string()
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// One node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// `marine-safety-production-001`.
    pub name: Text,
    /// The shard (node group), `0001`; empty without one.
    pub shard: Text,
    /// Told only where the group has one shard (API model, NodeGroupMember$CurrentRole).
    pub primary: Option<bool>,
    pub zone: Text,
    pub status: Text,
    pub endpoint: Option<Endpoint>,
}

/// One cache.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cache {
    /// The ARN.
    pub id: ResourceId,
    /// AWS's identifier.
    pub name: Text,
    pub part: Text,
    pub form: Form,
    /// `redis`, `valkey`, `memcached`.
    pub engine: Text,
    pub version: Text,
    /// `cache.r7g.large`; empty for serverless.
    pub class: Text,
    /// `available`, `snapshotting`, `modifying`, …
    pub status: Text,
    pub nodes: Vec<Node>,
    pub shards: u32,
    /// Encryption in transit.
    pub tls: bool,
    /// `preferred` takes both; empty where AWS tells none.
    pub tls_mode: Text,
    pub auth: Auth,
    /// `enabled`, `disabled`, `enabling`, …; empty where it does not apply.
    pub failover: Text,
    pub multi_az: Text,
    pub snapshot_retention: u32,
    pub snapshot_window: Text,
    pub maintenance_window: Text,
    pub parameter_group: Text,
    /// `in-sync`, `pending-reboot`, `applying`.
    pub parameter_status: Text,
    /// Where writes go: the primary or configuration endpoint.
    pub endpoint: Option<Endpoint>,
    pub reader_endpoint: Option<Endpoint>,
    /// Modifications that wait: member and value.
    pub pending: Vec<(Text, Text)>,
    pub description: Text,
    pub created: Option<Timestamp>,
}

impl Cache {
    pub fn is_memcached(&self) -> bool {
        self.engine == "memcached"
    }

    pub fn is_sharded(&self) -> bool {
        self.form == (Form::Group { sharded: true })
    }
}

resource!(Cache, part);

/// A snapshot (backup) of a cache.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheSnapshot {
    pub name: Text,
    /// `manual`, `automated`.
    pub kind: Text,
    /// `creating`, `available`, `failed`, …
    pub status: Text,
    pub created: Option<Timestamp>,
    /// As AWS writes it: `12 MB`.
    pub size: Text,
}

/// A user of a cache that has users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheUser {
    pub name: Text,
    /// `password`, `no-password`, `iam`.
    pub auth: Text,
    /// What the user may do, in Redis' own words: `on ~app:* +@read`.
    pub access: Text,
}

/// What the detail view knows beyond the row.
#[derive(Clone, Debug)]
pub struct CacheDetail {
    pub cache: Cache,
    /// Where it has users; empty elsewhere.
    pub users: Result<Vec<CacheUser>, Fault>,
    /// Newest first; empty for engines without snapshots.
    pub snapshots: Result<Vec<CacheSnapshot>, Fault>,
    /// Of the last 14 days, newest first.
    pub events: Result<Vec<Event>, Fault>,
}

/// A password typed by a person. It is never shown, written or sent anywhere but to the cache.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(pub String);

debug_as!(Secret, |_it| "•••");

/// Whether the connected user may flush there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MayFlush {
    Yes,
    /// The command was renamed, blocked, or is not for this user: a policy, told before anything is sent.
    No(Text),
    /// Nothing tells; sending it would.
    Unknown(Text),
}

/// What a primary (or a Memcached node) said when it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeLook {
    /// The shard's id as AWS or the cluster tells it; empty where there is one primary.
    pub shard: Text,
    /// As AWS or the cluster tells it.
    pub node: Endpoint,
    /// Where we connected to; another only through a tunnel.
    pub via: Endpoint,
    /// Keys by database number; Memcached has one, 0.
    pub keys: Vec<(u32, u64)>,
    /// Bytes.
    pub memory: u64,
    pub clients: u64,
    /// Since the server's start.
    pub hits: u64,
    pub misses: u64,
    /// A background save is under way, which FLUSHALL would abort.
    pub saving: bool,
    /// Who we are there: `default`, `app`; empty for Memcached.
    pub user: Text,
    pub may_flush: MayFlush,
}

impl NodeLook {
    pub fn key_count(&self) -> u64 {
        self.keys.iter().map(|(_, keys)| keys).sum()
    }
}

/// What a flush must know.
#[derive(Clone, Debug)]
pub struct FlushFacts {
    pub cache: Cache,
    /// Every primary, or why they could not be looked at.
    pub looks: Result<Vec<NodeLook>, Fault>,
    /// How it was connected: `TLS, user app, password from $X`; with "not verified" where so.
    pub connection: Text,
    pub snapshots: Result<Vec<CacheSnapshot>, Fault>,
    /// The databases of the environment with their status: what is asked when the cache is empty.
    pub databases: Result<Vec<(Text, Text)>, Fault>,
}
