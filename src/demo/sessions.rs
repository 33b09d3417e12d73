//! Sessions into containers that the demo has not: exec gets a demonstration that answers in the
//! container's place, a forward a port that nobody listens on.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use parking_lot::Mutex;

use crate::demo::prelude::*;
use crate::domain::cache::Secret;
use crate::domain::ops::ecs;
use crate::domain::requests::ssm::StartSession;
use crate::domain::ssm::{ForwardPiece, Program};

/// The first port that the demo says it opened, where none is asked for.
const PORTS: u16 = 41_000;

/// What answers instead of a container. It runs nothing of what is typed.
const SHELL: &str = r#"
echo 'This is the demo: there is no container, and nothing that you type is run.'
echo 'exit (or Ctrl-D) goes back to the console.'
trap 'interrupted=yes; echo; echo "^C is for the shell here, not for the console."' INT
while printf '/app # '; read -r line || [ -n "$interrupted" ]; do
    interrupted=
    case $line in
        exit) exit 0 ;;
        '') ;;
        ps*) echo 'PID   USER     COMMAND'; echo '    1 root     /app/server' ;;
        ls*) echo 'Dockerfile  server' ;;
        *) echo "the demo runs nothing: $line" ;;
    esac
    line=
done
echo
"#;

/// The sessions that were started: those for the terminal, and those for a port.
#[derive(Default)]
pub struct Sessions(Mutex<BTreeMap<Text, Kept>>);

#[derive(Clone, Copy)]
enum Kept {
    Shell,
    Port(u16),
}

impl Sessions {
    /// Remembers what a call started.
    pub fn register(&self, call: &Call, started: &Text) {
        let mut kept = self.0.lock();
        let next = PORTS + u16::try_from(kept.len()).unwrap_or(0);
        let session = if call.is(ecs::EXECUTE_COMMAND) {
            Kept::Shell
        } else if let Some(StartSession { parameters, .. }) = call.meant() {
            Kept::Port(parameters.local_port_number.and_then(|[port]| port.parse().ok()).unwrap_or(next))
        } else {
            return;
        };
        kept.insert(started.clone(), session);
    }

    /// The demonstration, for a session of exec; once.
    pub fn take(&self, started: &str) -> Option<Program> {
        let mut kept = self.0.lock();
        let Some(Kept::Shell) = kept.get(started) else { return None };
        kept.remove(started);
        let arguments = ["-c", SHELL].map(|argument| Secret(argument.to_string())).to_vec();
        Some(Program { program: "/bin/sh".to_string(), arguments, environment: vec![] })
    }

    /// A port that is said to be open until it is not wanted any more.
    pub fn open_port(&self, started: &str) -> BoxStream<'static, Result<Answer, Fault>> {
        match self.0.lock().get(started) {
            Some(Kept::Port(port)) => {
                let up = Ok(Answer::Forward(ForwardPiece::Up(*port)));
                stream::iter([up]).chain(stream::pending()).boxed()
            }
            _ => {
                let fault = Fault::new(FaultKind::NotFound, "ssm:StartSession", "there is no such session");
                stream::iter([Err(fault)]).boxed()
            }
        }
    }
}
