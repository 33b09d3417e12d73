//! Where the console meets the console: the loop, the terminal, the clock, the tasks.

mod aside;
mod change;
mod input;
mod pace;
mod recorder_task;
pub mod registry;
mod terminal;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::Event;
use jiff::tz::TimeZone;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use crate::app::msg::{Effect, Msg};
use crate::app::seconds::{self, Seconds};
use crate::app::{self, State, subs};
use crate::journal::Journal;
use crate::port::{CallCounter, Cloud};
use crate::recorder::Recorder;
use crate::theme::Theme;
use crate::ui;
use aside::{LoopParts, SessionRequest};
use input::Input;
use pace::{Cause, Pacer};
use terminal::Screen;

/// Results that may wait; when more come, reads wait.
const RESULTS: usize = 256;

/// The longest that results are handled before a frame gets a look in; a key gets it at once.
const DRAIN: Duration = Duration::from_millis(2);

/// How long a change on the wire may still take when one leaves by a key, and by a signal.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(3));

/// All that a console needs.
pub struct Console {
    pub state: State,
    pub cloud: Arc<dyn Cloud>,
    pub theme: Theme,
    pub journal: Journal,
    /// `None`: nothing is recorded on disk.
    pub recorder: Option<Recorder>,
    /// The file that remembers the environment.
    pub last_used: Option<PathBuf>,
}

/// How the loop ended.
enum End {
    Quit,
    /// By a signal of this number.
    Signal(i32),
    /// The terminal is gone.
    HungUp,
}

/// Runs one future to its end, for what needs no screen.
///
/// # Errors
/// The system gives no event loop.
pub fn block_on<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future))
}

/// The time zone of the system, UTC if it names none that is known.
pub fn zone() -> TimeZone {
    TimeZone::try_system().unwrap_or(TimeZone::UTC)
}

/// Runs the console until it is left. Returns the exit code of the process.
///
/// # Errors
/// There is no terminal, or it cannot be used.
pub fn run(console: Console) -> anyhow::Result<u8> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let code = runtime.block_on(drive(console));
    // A credential process that hangs must not keep the shell waiting.
    runtime.shutdown_timeout(Duration::from_millis(200));
    code
}

async fn drive(console: Console) -> anyhow::Result<u8> {
    let Console { mut state, cloud, theme, journal, recorder, last_used } = console;
    // From the first moment on that there is a screen to give back, signals give it back.
    let signals = Signals::new()?;
    let mut screen = Screen::take(state.settings.mouse)?;
    // What the first activation wants done.
    let effects = std::mem::take(&mut state.effects);
    let (sender, results) = mpsc::channel(RESULTS);
    let mut console = App {
        state,
        theme,
        registry: registry::Registry::new(cloud.clone(), sender.clone()),
        recorder_task: recorder_task::RecorderTask::new(recorder, sender.clone()),
        changes: change::Sender::new(cloud.clone(), Arc::new(journal), sender),
        cloud,
        last_used,
        pacer: Pacer::default(),
        seconds: Seconds::default(),
        meter: CallCounter::default(),
        in_tmux: std::env::var_os("TMUX").is_some(),
        wants: LoopRequests::default(),
    };
    // The first frame comes before anything that takes time.
    if console.draw(&mut screen).is_err() {
        return Ok(0);
    }
    console.handle_command(effects);
    console.changes.recall();
    let end = console.event_loop(&mut screen, results, signals).await?;
    drop(screen);
    if let (End::Quit, Some(debrief)) = (&end, &console.state.debrief) {
        // Nobody may be there to read it.
        let _ = write!(std::io::stdout(), "{}", ui::views::debrief::as_text(debrief, console.state.size.0));
    }
    let App { registry, recorder_task, changes, .. } = console;
    let (code, patience) = match end {
        End::Quit | End::HungUp => (0, PATIENCE.0),
        End::Signal(number) => (128 + number, PATIENCE.1),
    };
    let short = patience.min(PATIENCE.1);
    tokio::join!(registry.finish(short), recorder_task.finish(short), changes.finish(patience));
    Ok(u8::try_from(code).unwrap_or(1))
}

/// What effects ask of the loop itself.
#[derive(Default)]
struct LoopRequests {
    quit: bool,
    suspend: bool,
    aside: Option<SessionRequest>,
    redraw: bool,
}

impl LoopRequests {
    /// The next key is not for us.
    fn leaves_terminal(&self) -> bool {
        self.suspend || self.aside.is_some()
    }
}

struct App {
    state: State,
    theme: Theme,
    cloud: Arc<dyn Cloud>,
    registry: registry::Registry,
    recorder_task: recorder_task::RecorderTask,
    changes: change::Sender,
    last_used: Option<PathBuf>,
    pacer: Pacer,
    seconds: Seconds,
    meter: CallCounter,
    in_tmux: bool,
    wants: LoopRequests,
}

impl App {
    /// One biased select: signals before frames before time before keys before results.
    async fn event_loop(
        &mut self,
        screen: &mut Screen,
        mut results: mpsc::Receiver<Msg>,
        mut signals: Signals,
    ) -> anyhow::Result<End> {
        let mut input = Input::read()?;
        let mut tick = tokio::time::interval(Duration::from_secs(1));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.registry.reconcile(subs::subscriptions(&self.state));
        loop {
            let due = self.pacer.due();
            let frame = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            let told = tokio::select! {
                biased;
                number = signals.next(false) => match number {
                    Some(number) => return Ok(End::Signal(number)),
                    None => {
                        self.wants.suspend = true;
                        false
                    }
                },
                () = frame => {
                    if self.draw(screen).is_err() {
                        return Ok(End::HungUp);
                    }
                    false
                }
                _ = tick.tick() => {
                    if screen.is_gone() {
                        return Ok(End::HungUp);
                    }
                    self.second();
                    true
                }
                event = input.next() => {
                    let Some(event) = event else { return Ok(End::HungUp) };
                    self.on_event(event);
                    // All keys that are there already, before any frame.
                    while !self.wants.leaves_terminal() && let Some(event) = input.ready() {
                        self.on_event(event);
                    }
                    true
                }
                Some(msg) = results.recv() => {
                    self.receive(msg);
                    let began = Instant::now();
                    while began.elapsed() < DRAIN && !input.waits() && let Ok(msg) = results.try_recv() {
                        self.receive(msg);
                    }
                    true
                }
                // Nothing else waits: a slice of what is behind.
                () = tokio::task::yield_now(), if self.state.is_behind() => {
                    self.update(Msg::Work);
                    self.pacer.want(Cause::Data);
                    // Until it has caught up it wants to read what it wanted before.
                    !self.state.is_behind()
                }
            };
            if self.wants.quit {
                return Ok(End::Quit);
            }
            if std::mem::take(&mut self.wants.suspend) {
                let before = input.stop();
                if screen.suspend().is_err() {
                    return Ok(End::HungUp);
                }
                input.resume();
                self.pacer.want(Cause::Key);
                before.into_iter().for_each(|event| self.on_event(event));
            }
            if let Some(request) = self.wants.aside.take() {
                // What was typed before was meant for the console, which is not there any more.
                drop(input.stop());
                let mut around = LoopParts { screen, results: &mut results, signals: &mut signals, tick: &mut tick };
                if let Some(end) = self.step_aside(request, &mut input, &mut around).await {
                    return Ok(end);
                }
                input.resume();
                self.pacer.want(Cause::Key);
            }
            if std::mem::take(&mut self.wants.redraw) && screen.forget().is_err() {
                return Ok(End::HungUp);
            }
            if told {
                self.registry.reconcile(subs::subscriptions(&self.state));
            }
        }
    }

    fn draw(&mut self, screen: &mut Screen) -> std::io::Result<()> {
        // The event of a resize may still be on its way when the terminal has changed already.
        if let Ok((width, height)) = screen.size()
            && (width, height) != self.state.size
        {
            self.update(Msg::Resize(width, height));
        }
        let (state, theme) = (&self.state, &self.theme);
        let written = screen.draw(|frame| ui::view(state, theme, frame))?;
        self.pacer.drawn(written);
        self.update(Msg::Painted);
        Ok(())
    }

    fn second(&mut self) {
        let before = self.state.revision();
        self.update(Msg::Tick);
        let meter = self.cloud.meter();
        if meter != self.meter || self.state.rate.calls > 0.04 {
            self.meter = meter;
            self.update(Msg::CallCounter(meter));
        }
        if let Some(env) = self.state.environment() {
            let looked_at = app::views::dispatch::looked_at(&self.state);
            let (spending, debrief) = (self.cloud.api_usage(env), self.cloud.debrief(env, &looked_at));
            self.update(Msg::ApiUsage(spending));
            self.update(Msg::Debrief(debrief));
        }
        if self.seconds.pass(&self.state, before) {
            self.pacer.want(Cause::Data);
        }
    }

    fn on_event(&mut self, event: Event) {
        if let Some(msg) = input::message(event) {
            self.update(msg);
            self.pacer.want(Cause::Key);
        }
    }

    fn receive(&mut self, msg: Msg) {
        let (is_of_rows, before) = (seconds::is_of_rows(&self.state, &msg), self.state.revision());
        self.update(msg);
        if !is_of_rows || self.state.revision() != before {
            self.pacer.want(Cause::Data);
        }
    }

    fn update(&mut self, msg: Msg) {
        let effects = app::update(&mut self.state, msg, self.cloud.now());
        self.handle_command(effects);
    }

    fn handle_command(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Change(change) => self.changes.send(*change),
                Effect::Recall(scope) => self.recorder_task.recall(scope, self.cloud.now()),
                Effect::Keep(scope, records) => self.recorder_task.keep(scope, records),
                Effect::Record(entry) => self.changes.record(entry),
                Effect::Copy(text) => {
                    if let Err(why) = terminal::copy(&text, self.in_tmux) {
                        self.update(Msg::Notice(format!("not copied: {why}")));
                    }
                }
                Effect::Remember(name) => {
                    // Forgetting it costs one key at the next start: not worth a fault.
                    if let Some(file) = &self.last_used {
                        let _ = file.parent().map(std::fs::create_dir_all);
                        let _ = std::fs::write(file, name.as_str());
                    }
                }
                Effect::Unlock { env, id, secret } => self.cloud.unlock(&env, &id, secret),
                Effect::ForgetCredentials(env) => self.cloud.forget_credentials(&env),
                Effect::Save { file, text, more } => self.changes.save(file, text, more),
                Effect::StepAside { session, what } => self.wants.aside = Some(SessionRequest { session, what }),
                Effect::Suspend => self.wants.suspend = true,
                Effect::Theme(name) => {
                    let Theme { ink, depth, .. } = self.theme;
                    self.theme = Theme::builtin(name, depth);
                    self.theme.ink = ink;
                    self.pacer.want(Cause::Key);
                }
                Effect::Redraw => {
                    self.wants.redraw = true;
                    self.pacer.want(Cause::Key);
                }
                Effect::Quit => self.wants.quit = true,
            }
        }
    }
}

/// The signals that end or suspend the program.
struct Signals {
    term: Signal,
    hup: Signal,
    int: Signal,
    quit: Signal,
    stop: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            hup: signal(SignalKind::hangup())?,
            int: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
        })
    }

    /// The number of a signal to end by, or `None` to suspend. While another program has the terminal, what keys
    /// send (Ctrl-C, Ctrl-\) is for that and falls away here; `None` is Ctrl-Z then, at which it may have stopped.
    async fn next(&mut self, is_away: bool) -> Option<i32> {
        use rustix::process::Signal as Number;
        loop {
            let (number, is_by_key) = tokio::select! {
                _ = self.term.recv() => (Number::TERM, false),
                _ = self.hup.recv() => (Number::HUP, false),
                _ = self.int.recv() => (Number::INT, true),
                _ = self.quit.recv() => (Number::QUIT, true),
                _ = self.stop.recv() => return None,
            };
            if !(is_away && is_by_key) {
                return Some(number.as_raw());
            }
        }
    }
}
