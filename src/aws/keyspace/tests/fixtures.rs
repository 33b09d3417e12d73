//! Real servers, which the tests on the emulator have too, and how the keyspace connects to them.

use std::path::PathBuf;
use std::time::Duration;

use super::super::{NodeTimeouts, Target, Tls};
use crate::domain::cache::{Endpoint, Secret};

#[path = "../../../../tests/emulator/servers.rs"]
#[allow(dead_code, reason = "the tests on the emulator need more of it")]
mod servers;

pub use self::servers::*;

pub const T: NodeTimeouts = NodeTimeouts { connect: Duration::from_secs(5), answer: Duration::from_secs(5) };
pub const HURRY: NodeTimeouts =
    NodeTimeouts { connect: Duration::from_millis(300), answer: Duration::from_millis(300) };

/// What can be connected to.
pub trait Reached {
    fn target(&self) -> Target;
}

impl Reached for Server {
    fn target(&self) -> Target {
        target(self.port)
    }
}

pub fn target(port: u16) -> Target {
    Target { address: Endpoint::new("127.0.0.1", port), tls: None, user: None, password: None }
}

impl Target {
    pub fn with_login(mut self, user: Option<&str>, password: &str) -> Self {
        self.user = user.map(str::to_string);
        self.password = Some(Secret(password.into()));
        self
    }

    pub fn with_tls(mut self, server_name: &str, ca_file: Option<PathBuf>, verify: bool) -> Self {
        self.tls = Some(Tls { server_name: server_name.into(), ca_file, verify });
        self
    }
}
