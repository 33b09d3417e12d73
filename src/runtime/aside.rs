//! Stepping aside: the terminal goes to a program until it ends, and reads go on meanwhile.

use std::io::{self, Write};
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyEventKind};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::Interval;

use super::input::Input;
use super::terminal::Screen;
use super::{App, End, Signals};
use crate::app::msg::Msg;
use crate::app::subs;
use crate::domain::format;
use crate::domain::ssm::Program;
use crate::domain::text::Text;

/// A session that ends sooner than that was none: what it said is left to be read.
const TOO_SHORT: Duration = Duration::from_secs(3);

/// A wish for a program on the terminal.
pub struct SessionRequest {
    pub session: Text,
    pub what: Text,
}

/// What the loop goes on with while the console is away.
pub struct LoopParts<'a> {
    pub screen: &'a mut Screen,
    pub results: &'a mut mpsc::Receiver<Msg>,
    pub signals: &'a mut Signals,
    pub tick: &'a mut Interval,
}

impl App {
    /// Gives the terminal away until the program ends. Nobody of ours may be reading it now. `Some`: the
    /// console itself is to end.
    pub async fn step_aside(
        &mut self,
        request: SessionRequest,
        input: &mut Input,
        around: &mut LoopParts<'_>,
    ) -> Option<End> {
        let SessionRequest { session, what } = request;
        let Some(program) = self.cloud.take_session(&session) else {
            let ended = Err("the session is not known any more".to_string());
            self.receive(Msg::Returned { session, ended });
            return None;
        };
        if around.screen.leave().is_err() {
            return Some(End::HungUp);
        }
        let began = Instant::now();
        print(&format!("midwatch: {what}\n"));
        let ended = match start(program) {
            Ok(child) => match self.wait_for(child, around).await {
                Ok(status) => session_outcome(status, began.elapsed()),
                Err(end) => {
                    around.screen.settle();
                    return Some(end);
                }
            },
            Err(why) => Err(why),
        };
        // What it left undone: it may have been killed.
        around.screen.settle();
        let (Ok(line) | Err(line)) = &ended;
        print(&format!("\nmidwatch: {line}\n"));
        if (ended.is_err() || began.elapsed() < TOO_SHORT)
            && let Some(end) = self.wait_for_key(input, around).await
        {
            return Some(end);
        }
        self.receive(Msg::Returned { session, ended });
        around.screen.come_back().is_err().then_some(End::HungUp)
    }

    /// One thing of what goes on meanwhile: messages are taken, nothing is drawn and no key is read.
    /// `Some`: a signal, as [`Signals::next`] tells it.
    async fn meanwhile(&mut self, around: &mut LoopParts<'_>) -> Option<Option<i32>> {
        tokio::select! {
            biased;
            signal = around.signals.next(true) => return Some(signal),
            _ = around.tick.tick() => self.second(),
            Some(msg) = around.results.recv() => self.receive(msg),
            () = tokio::task::yield_now(), if self.state.is_behind() => self.update(Msg::Work),
        }
        self.registry.reconcile(subs::subscriptions(&self.state));
        None
    }

    async fn wait_for(&mut self, mut child: Child, around: &mut LoopParts<'_>) -> Result<io::Result<ExitStatus>, End> {
        loop {
            tokio::select! {
                status = child.wait() => return Ok(status),
                signal = self.meanwhile(around) => match signal {
                    Some(Some(number)) => return Err(End::Signal(number)),
                    Some(None) => go_on(&child),
                    None => {}
                },
            }
        }
    }

    async fn wait_for_key(&mut self, input: &mut Input, around: &mut LoopParts<'_>) -> Option<End> {
        if crossterm::terminal::enable_raw_mode().is_err() {
            return Some(End::HungUp);
        }
        print("midwatch: any key comes back to the console\r\n");
        input.resume();
        let end = loop {
            tokio::select! {
                event = input.next() => match event {
                    Some(Event::Key(key)) if key.kind == KeyEventKind::Press => break None,
                    Some(_) => {}
                    None => break Some(End::HungUp),
                },
                signal = self.meanwhile(around) => if let Some(Some(number)) = signal {
                    break Some(End::Signal(number));
                },
            }
        };
        drop(input.stop());
        let _ = crossterm::terminal::disable_raw_mode();
        end
    }
}

/// A program that does not hear Ctrl-Z itself stops at it, and would leave the terminal to nobody.
fn go_on(child: &Child) {
    if let Some(pid) = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
        let _ = kill_process(pid, Signal::CONT);
    }
}

/// On the ordinary screen. After a hang-up there is nobody to tell.
fn print(text: &str) {
    let mut out = io::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// The program, in our process group: so it is the terminal's own, and the shell stops and goes on with
/// both of us alike.
fn start(program: Program) -> Result<Child, String> {
    let Program { program, arguments, environment } = program;
    Command::new(&program)
        .args(arguments.iter().map(|argument| &argument.0))
        .envs(environment.iter().map(|(name, value)| (name, &value.0)))
        .stdin(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .map_err(|why| format!("{program} cannot be started: {why}"))
}

fn session_outcome(status: io::Result<ExitStatus>, took: Duration) -> Result<String, String> {
    let took = format::span(i64::try_from(took.as_secs()).unwrap_or(i64::MAX));
    match status {
        Ok(status) if status.success() => Ok(format!("the session ended after {took}")),
        Ok(status) => Err(format!("the session ended after {took} ({status})")),
        Err(why) => Err(format!("the session was lost after {took}: {why}")),
    }
}
