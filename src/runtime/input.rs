//! What the terminal says, as messages. A thread of its own reads it, because only a reader that
//! is known to stand still takes no key from whom the terminal was lent to.

use std::io::{self, IsTerminal};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossterm::event::{self, Event, MouseButton, MouseEventKind};
use rustix::process::{Signal, getpid, kill_process};
use tokio::sync::mpsc;

use crate::app::msg::{Mouse, Msg};
use crate::keymap::Key;

/// Events that may wait for the loop.
const EVENTS: usize = 256;

/// How long the reader waits at once: crossterm spins through the last millisecond of each wait, so they
/// are few. Neither keys nor [`Input::stop`] wait for its end.
const LOOK: Duration = Duration::from_secs(30);

/// How often the reader is woken that shall stand still.
const WAKE: Duration = Duration::from_millis(10);

/// Lines of one notch of the wheel.
const NOTCH: i16 = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reader {
    Reads,
    ShallStop,
    Stands,
}

/// Where the loop and the reader agree on who has the terminal.
struct Gate {
    reader: Mutex<Reader>,
    moved: Condvar,
}

impl Gate {
    fn reader(&self) -> MutexGuard<'_, Reader> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, to: Reader) {
        *self.reader() = to;
        self.moved.notify_all();
    }

    /// Lets the reader through, at once or when it may read again.
    fn pass(&self) {
        let mut reader = self.reader();
        while *reader != Reader::Reads {
            *reader = Reader::Stands;
            self.moved.notify_all();
            reader = self.moved.wait(reader).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The events of the terminal.
pub struct Input {
    events: mpsc::Receiver<Event>,
    gate: Arc<Gate>,
}

impl Input {
    /// Reads from now on.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn read() -> io::Result<Self> {
        let (sender, events) = mpsc::channel(EVENTS);
        let gate = Arc::new(Gate { reader: Mutex::new(Reader::Reads), moved: Condvar::new() });
        let its = Arc::clone(&gate);
        std::thread::Builder::new().name("input".into()).spawn(move || read_on(&its, &sender))?;
        Ok(Self { events, gate })
    }

    /// The next event; `None` when the terminal is gone.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Whether an event is there already.
    pub fn waits(&self) -> bool {
        !self.events.is_empty()
    }

    /// An event that is there already.
    pub fn ready(&mut self) -> Option<Event> {
        self.events.try_recv().ok()
    }

    /// Keeps its hands off the terminal: from the return on nobody reads it but whom it is lent to.
    /// What was typed before is returned.
    pub fn stop(&mut self) -> Vec<Event> {
        let mut before = Vec::new();
        self.gate.run(Reader::ShallStop);
        loop {
            // The reader may wait for room.
            before.extend(std::iter::from_fn(|| self.ready()));
            let reader = self.gate.reader();
            if *reader == Reader::Stands || self.events.is_closed() {
                return before;
            }
            // What it waits for besides keys is a new size of the terminal.
            let _ = kill_process(getpid(), Signal::WINCH);
            drop(self.gate.moved.wait_timeout(reader, WAKE));
        }
    }

    /// Reads again.
    pub fn resume(&self) {
        self.gate.run(Reader::Reads);
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        self.events.close();
        self.resume();
    }
}

fn read_on(gate: &Gate, events: &mpsc::Sender<Event>) {
    while !events.is_closed() {
        gate.pass();
        match event::poll(LOOK).and_then(|is_there| is_there.then(event::read).transpose()) {
            Ok(Some(event)) => drop(events.blocking_send(event)),
            // A terminal that hung up says nothing more, and no error either.
            Ok(None) if io::stdin().is_terminal() => {}
            Ok(None) | Err(_) => return,
        }
    }
}

/// The message for an event; `None` for what means nothing here.
pub fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => Key::from_event(key).map(Msg::Key),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(width, height) => Some(Msg::Resize(width, height)),
        Event::Mouse(mouse) => {
            let (x, y) = (mouse.column, mouse.row);
            match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => Some(Msg::Mouse(Mouse::Press(x, y))),
                MouseEventKind::ScrollDown => Some(Msg::Mouse(Mouse::Wheel(x, y, NOTCH))),
                MouseEventKind::ScrollUp => Some(Msg::Mouse(Mouse::Wheel(x, y, -NOTCH))),
                _ => None,
            }
        }
        Event::FocusGained | Event::FocusLost => None,
    }
}
