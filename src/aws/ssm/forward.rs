//! A forwarded port: the plugin beside the console, for as long as its read is wanted.

use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::Mutex;
use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::{OpenForwards, PendingSessions};
use crate::aws::prelude::*;
use crate::aws::process::{pid, signal_group, spawn};
use crate::domain::cache::Endpoint;
use crate::domain::ops::ssm::START_SESSION;
use crate::domain::ssm::{ForwardPiece, Program};

/// How long the plugin may take to end its session before it is killed.
const FAREWELL: Duration = Duration::from_secs(2);

/// Programs that were told to end.
#[derive(Default)]
pub struct OrphanedPrograms(Mutex<Vec<Child>>);

impl OrphanedPrograms {
    /// Waits for all of them, and kills those that stay.
    pub async fn tidy(&self) {
        let left = std::mem::take(&mut *self.0.lock());
        join_all(left.into_iter().map(|mut child| async move {
            if timeout(FAREWELL, child.wait()).await.is_err() {
                signal_group(pid(&child), Signal::KILL);
                let _ = child.wait().await;
            }
        }))
        .await;
    }
}

/// A program that runs; dropped before its end it is told to end, and [`OrphanedPrograms`].
struct Running {
    child: Option<Child>,
    left: Arc<OrphanedPrograms>,
    open: Arc<OpenForwards>,
    /// The endpoint that its port leads to, and the port.
    leads: Option<(Endpoint, u16)>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some((endpoint, port)) = &self.leads {
            self.open.remove(endpoint, *port);
        }
        if let Some(child) = self.child.take() {
            // At Ctrl-C the plugin tells AWS that the session is over; killed, it would stay there idle.
            signal_group(pid(&child), Signal::INT);
            self.left.0.lock().push(child);
        }
    }
}

/// Holds the port of a session until it is not wanted any more, or the plugin ends.
pub async fn run(cx: &ReadContext, session: &str) -> Result<(), Fault> {
    let (pending, left) = (cx.aws.state::<PendingSessions>(), cx.aws.state());
    let open = cx.aws.state::<OpenForwards>();
    let fault = |why: String| Fault::new(FaultKind::Other, START_SESSION.to_string(), why);
    let taken = pending.take(session);
    let (program, remote) = taken.ok_or_else(|| fault("the session is not known any more".to_string()))?;
    let name = program.program.clone();
    let mut child = start(program).map_err(|why| fault(format!("{name} cannot be started: {why}")))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let mut running = Running { child: Some(child), left, open: Arc::clone(&open), leads: None };
    let (mut out, mut err) = (out.map(lines), err.map(lines));
    let mut said = String::new();
    loop {
        let line = tokio::select! {
            Some(line) = next(&mut out), if out.is_some() => line,
            Some(line) = next(&mut err), if err.is_some() => line,
            // Both are closed: it has ended, or is about to.
            else => break,
        };
        if let Some(port) = opened(&line) {
            if let Some(endpoint) = &remote {
                open.put(endpoint, port);
                running.leads = Some((endpoint.clone(), port));
            }
            cx.emit(Answer::Forward(ForwardPiece::Up(port))).await;
        }
        if !line.trim().is_empty() {
            said = line.trim().to_string();
        }
    }
    let status = match &mut running.child {
        Some(child) => child.wait().await,
        None => return Ok(()),
    };
    running.child = None;
    match status {
        Ok(status) if !status.success() || said.is_empty() => {
            said = if said.is_empty() { status.to_string() } else { format!("{said} ({status})") };
        }
        Ok(_) => {}
        Err(why) => said = why.to_string(),
    }
    cx.emit(Answer::Forward(ForwardPiece::Ended(Text::new(said)))).await;
    Ok(())
}

fn start(program: Program) -> std::io::Result<Child> {
    let Program { program, arguments, environment } = program;
    let mut command = Command::new(program);
    command.args(arguments.iter().map(|argument| &argument.0));
    spawn(command.envs(environment.iter().map(|(name, value)| (name, &value.0))))
}

fn lines<R: AsyncRead + Unpin>(reader: R) -> Lines<BufReader<R>> {
    BufReader::new(reader).lines()
}

/// The next line; at the end the reader is given up.
async fn next<R: AsyncRead + Unpin>(lines: &mut Option<Lines<BufReader<R>>>) -> Option<String> {
    let reader = lines.as_mut()?;
    match reader.next_line().await {
        Ok(Some(line)) => Some(line),
        _ => {
            *lines = None;
            None
        }
    }
}

/// The port of `Port 41000 opened for sessionId …`, which the plugin says when it listens.
fn opened(line: &str) -> Option<u16> {
    let (port, rest) = line.trim().strip_prefix("Port ")?.split_once(' ')?;
    rest.starts_with("opened").then(|| port.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plugin_says_which_port_it_opened() {
        assert_eq!(opened("Port 41000 opened for sessionId dana-0527."), Some(41_000));
        for line in ["", "Port 99999 opened", "Port x opened", "Port 41000 is in use", "Waiting for connections..."] {
            assert_eq!(opened(line), None, "{line}");
        }
    }
}
