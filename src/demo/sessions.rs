//! Sessions into containers that the demo has not: exec gets a demonstration that answers in the
//! container's place, a forward a port that nobody listens on.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use fastrand::Rng;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::life::hex;
use super::model::{Estate, Service};
use super::show;
use super::simulated_kind::{Refusal, View};
use crate::domain::cache::Secret;
use crate::domain::call::Call;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::intent::Receipt;
use crate::domain::ops::{ecs, ssm};
use crate::domain::query::Answer;
use crate::domain::ssm::{ForwardPiece, Plugin, Program, Remote, SessionFacts};
use crate::domain::task::Task;
use crate::domain::text::Text;

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
    pub fn keep(&self, call: &Call, started: &Text) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = PORTS + u16::try_from(kept.len()).unwrap_or(0);
        let asked = call.input.get("Parameters").and_then(|p| p["localPortNumber"][0].as_str()?.parse().ok());
        let is_shell = call.is(ecs::EXECUTE_COMMAND);
        if !is_shell && !call.is(ssm::START_SESSION) {
            return;
        }
        kept.insert(started.clone(), if is_shell { Kept::Shell } else { Kept::Port(asked.unwrap_or(next)) });
    }

    /// The demonstration, for a session of exec; once.
    pub fn take(&self, started: &str) -> Option<Program> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Kept::Shell) = kept.get(started) else { return None };
        kept.remove(started);
        let arguments = ["-c", SHELL].map(|argument| Secret(argument.to_string())).to_vec();
        Some(Program { program: "/bin/sh".to_string(), arguments, environment: vec![] })
    }

    /// A port that is said to be open until it is not wanted any more.
    pub fn hold(&self, started: &str) -> BoxStream<'static, Result<Answer, Fault>> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).get(started) {
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

/// What a session into a service's own tasks must know.
pub fn of_service(view: View, service: &Service) -> SessionFacts {
    let View { estate, now, .. } = view;
    let definition = show::task_definition(estate, service);
    let ports = definition.containers.iter();
    SessionFacts {
        name: Text::new(&service.name),
        remote: None,
        enabled: Some(service.exec),
        tasks: Ok(running_first(show::tasks(estate, service, false, now))),
        ports: ports.flat_map(|c| c.ports.iter().map(|port| (c.image.container.clone(), *port))).collect(),
        plugin: plugin(),
    }
}

/// What a way through any task must know.
pub fn through(view: View, name: &Text, remote: Option<Remote>) -> SessionFacts {
    let View { estate, now, .. } = view;
    let services = estate.services.values().filter(|service| service.exec);
    let tasks = services.flat_map(|service| show::tasks(estate, service, false, now)).collect();
    SessionFacts {
        name: name.clone(),
        remote,
        enabled: None,
        tasks: Ok(running_first(tasks)),
        ports: Vec::new(),
        plugin: plugin(),
    }
}

fn running_first(mut tasks: Vec<Task>) -> Vec<Task> {
    tasks.sort_by_key(|task| task.status != "RUNNING");
    tasks
}

fn plugin() -> Result<Plugin, Fault> {
    Ok(Plugin { version: "1.2.707.0".into() })
}

/// Starts a session, or refuses it as AWS does.
pub fn start(estate: &Estate, call: &Call, rng: &mut Rng) -> Result<Receipt, Refusal> {
    let wanted = if call.is(ecs::EXECUTE_COMMAND) {
        call.str("task").rsplit('/').next().unwrap_or_default().to_string()
    } else {
        call.str("Target").split('_').nth(1).unwrap_or_default().to_string()
    };
    let of = |service: &&Service| service.tasks.iter().any(|task| task.id == wanted && task.stopped.is_none());
    match estate.services.values().find(of) {
        None => Err(Refusal::invalid("InvalidParameterException: The specified task was not found.")),
        Some(service) if !service.exec => Err(Refusal::invalid(
            "InvalidParameterException: The execute command failed because execute command was not enabled when the \
             task was run or the execute command agent isn't running.",
        )),
        Some(_) => {
            let session = format!("ecs-execute-command-{}", hex(rng, 16));
            Ok(super::simulated_kind::receipt(rng, Some(session.into())))
        }
    }
}
