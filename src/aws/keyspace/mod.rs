//! What is inside of a cache: how a node of Redis, Valkey or Memcached is connected, looked at and
//! flushed. Nothing here writes but `flush`, and nothing is tried twice.

mod cluster;
mod connect;
mod failure;
pub mod memcached;
mod redis;
mod token;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

pub use self::cluster::primaries;
pub use self::redis::{Look, flush, look};
pub use self::token::iam_token;
use crate::domain::cache::{Endpoint, Secret};
use crate::domain::fault::Fault;

/// How to connect to one node.
#[derive(Clone, Debug)]
pub struct Target {
    pub address: Endpoint,
    pub tls: Option<Tls>,
    pub user: Option<String>,
    pub password: Option<Secret>,
}

impl Target {
    /// Who is asked for; without a user the server takes a client for `default`.
    fn user(&self) -> &str {
        self.user.as_deref().unwrap_or("default")
    }
}

/// Encryption in transit.
#[derive(Clone, Debug)]
pub struct Tls {
    /// What the certificate must be for; over a tunnel not the name that is connected to.
    pub server_name: String,
    /// PEM; added to the system's roots.
    pub ca_file: Option<PathBuf>,
    pub verify: bool,
}

/// How long to wait.
#[derive(Clone, Copy, Debug)]
pub struct NodeTimeouts {
    /// Until TCP and TLS stand.
    pub connect: Duration,
    /// For the answer to each command.
    pub answer: Duration,
}

/// What is flushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    All,
    Database(u32),
}

/// A flush that the server said it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flushed {
    /// Keys.
    pub before: u64,
    /// `None`: nothing tells. Memcached forgets lazily and goes on counting; a Redis may not have
    /// answered the question any more.
    pub after: Option<u64>,
    /// From the command to its answer.
    pub took: Duration,
}

/// A flush that came to no good end. At most one of the two is true; with neither, nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub fault: Fault,
    /// Written, and no answer seen: nobody knows whether it was done.
    pub sent: bool,
    /// The server itself said no, to this command or to one before it.
    pub answered: bool,
}

impl Broken {
    fn unsent(fault: Fault) -> Self {
        Self { fault, sent: false, answered: false }
    }
}

impl From<Broken> for Fault {
    fn from(broken: Broken) -> Self {
        broken.fault
    }
}
