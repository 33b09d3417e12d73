//! Sessions of AWS Systems Manager into containers: what one needs, what it is, and the program that
//! holds it.

use std::fmt;

use crate::domain::prelude::*;

use super::cache::{Endpoint, Secret};
use super::task::Task;

/// The program of AWS that speaks with a session: session-manager-plugin, as found on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plugin {
    /// As it tells it: `1.2.650.0`.
    pub version: Text,
}

/// The last version that takes the session as an argument only (AWS CLI, `sessionmanager.py`).
const LAST_BY_ARGUMENT: [u32; 4] = [1, 2, 497, 0];

impl Plugin {
    /// It takes the session, and with it the token, from an environment variable. An argument can be read
    /// by everybody on the machine.
    pub fn reads_environment(&self) -> bool {
        let numbers: Option<Vec<u32>> = self.version.split('.').map(|part| part.trim().parse().ok()).collect();
        numbers.is_some_and(|numbers| numbers[..] > LAST_BY_ARGUMENT[..])
    }
}

/// What a plan of a session must know afresh.
#[derive(Clone, Debug)]
pub struct SessionFacts {
    /// What the session is for: the service, or what is reached through one of its tasks.
    pub name: Text,
    /// Where it leads beyond the container; `None` for the container itself.
    pub remote: Option<Remote>,
    /// enableExecuteCommand of the service, where the tasks are of one.
    pub enabled: Option<bool>,
    /// The tasks that can be gone through, the best first.
    pub tasks: Result<Vec<Task>, Fault>,
    /// Ports that containers of the task definition listen on, with the container's name.
    pub ports: Vec<(Text, u16)>,
    pub plugin: Result<Plugin, Fault>,
}

/// What stands for the local port in a [`Remote`]'s line until the port is known.
pub const PORT: &str = "PORT";

/// An endpoint that only the VPC reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    pub endpoint: Endpoint,
    /// A line for the shell that connects through the forward, with [`PORT`] in it.
    pub client: Option<Text>,
}

/// A program with a session: what is to be started, once. Its arguments and variables hold the
/// session's token, so that neither can be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Program {
    pub program: String,
    pub arguments: Vec<Secret>,
    /// Besides the environment that we have ourselves.
    pub environment: Vec<(String, Secret)>,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("program", &self.program).finish_non_exhaustive()
    }
}

/// What a forwarded port tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForwardPiece {
    /// This local port is open.
    Up(u16),
    /// It is over: the program's last words.
    Ended(Text),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_later_plugin_reads_the_environment() {
        for (version, reads) in [
            ("1.2.497.0", false),
            ("1.2.463.0", false),
            ("1.2.498.0", true),
            ("1.2.497.1", true),
            ("1.10.0.0", true),
            ("2", true),
            ("", false),
            ("1.2.x", false),
        ] {
            assert_eq!(Plugin { version: version.into() }.reads_environment(), reads, "{version}");
        }
    }

    #[test]
    fn a_program_prints_nothing_of_its_session() {
        let secret = || Secret("TOKEN".into());
        let program =
            Program { program: "p".into(), arguments: vec![secret()], environment: vec![("X".into(), secret())] };
        assert!(!format!("{program:?}").contains("TOKEN"));
    }
}
