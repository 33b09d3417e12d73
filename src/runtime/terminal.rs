//! The terminal: taken with a guard, given back on every way out, whole frames in one write.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{Command, cursor, execute, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::{Frame, Terminal};
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};

/// Whether the terminal is ours now. The panic hook asks it from any thread.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Collects a frame and sends it in one write, in brackets that make the terminal show it at once.
struct FrameBuffer {
    bytes: Vec<u8>,
    /// What the backend writes of a frame in which nothing differs from the one before; it is not sent.
    nothing: Vec<u8>,
    /// How long the last write took, for the pacer.
    written: Rc<Cell<Duration>>,
}

impl Write for FrameBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.written.set(Duration::ZERO);
        let bytes = std::mem::take(&mut self.bytes);
        // What was given back is not written to: the terminal's own end would complain on stderr of a
        // cursor that a hung-up line cannot show.
        if bytes.is_empty() || bytes == self.nothing || !TAKEN.load(Ordering::SeqCst) {
            return Ok(());
        }
        let mut frame = Vec::with_capacity(bytes.len() + 16);
        queue!(frame, BeginSynchronizedUpdate)?;
        frame.extend(bytes);
        queue!(frame, EndSynchronizedUpdate)?;
        let began = Instant::now();
        let mut out = io::stdout().lock();
        let result = out.write_all(&frame).and_then(|()| out.flush());
        self.written.set(began.elapsed());
        result
    }
}

/// A reset of all colours, with which the backend ends whatever it draws.
fn nothing() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    CrosstermBackend::new(&mut bytes).draw(std::iter::empty())?;
    Ok(bytes)
}

/// Draws a frame. Not [`Terminal::draw`]: that hides the cursor each time, which is hidden as long as the terminal
/// is ours.
fn draw<W: Write>(terminal: &mut Terminal<CrosstermBackend<W>>, view: impl FnOnce(&mut Frame)) -> io::Result<()> {
    terminal.autoresize()?;
    view(&mut terminal.get_frame());
    terminal.flush()?;
    terminal.swap_buffers();
    Backend::flush(terminal.backend_mut())
}

/// The screen, while it is ours. Dropping it gives the terminal back.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<FrameBuffer>>,
    written: Rc<Cell<Duration>>,
    mouse: bool,
    /// The modes of the terminal that was given away.
    left: Option<Termios>,
}

impl Screen {
    /// Takes the terminal and puts the panic hook before all others.
    ///
    /// # Errors
    /// Standard input or output is no terminal, or does not answer.
    pub fn take(mouse: bool) -> anyhow::Result<Self> {
        if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
            anyhow::bail!("midwatch needs a terminal; `midwatch status` works without one");
        }
        if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
            anyhow::bail!(
                "TERM=dumb cannot show a full screen; set TERM (for example xterm-256color), or run `midwatch status`"
            );
        }
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            // First the terminal, so that the message is read on a whole screen. A task's panic is
            // caught by the registry; only one that ends the program is shown.
            if std::thread::current().name() == Some("main") {
                give_back();
                previous(info);
            }
        }));
        enter(mouse)?;
        let written = Rc::new(Cell::new(Duration::ZERO));
        let buffer = FrameBuffer { bytes: Vec::new(), nothing: nothing()?, written: written.clone() };
        let terminal = Terminal::new(CrosstermBackend::new(buffer))?;
        Ok(Self { terminal, written, mouse, left: None })
    }

    /// Columns and rows.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        crossterm::terminal::size()
    }

    /// The terminal hung up. Its input ends then without an error, if it ends at all.
    pub fn is_gone(&self) -> bool {
        !io::stdin().is_terminal()
    }

    /// Draws a frame and returns how long writing it took.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame)) -> io::Result<Duration> {
        draw(&mut self.terminal, view)?;
        Ok(self.written.get())
    }

    /// Forgets what is on the screen: the next frame draws every cell.
    pub fn forget(&mut self) -> io::Result<()> {
        // Not `clear`: that asks the terminal where its cursor is, and waits for the answer.
        let size = self.terminal.size()?;
        self.terminal.resize(size.into())
    }

    /// Gives the terminal to another program, with nothing typed ahead for it: what was typed was meant
    /// for us. [`Screen::come_back`] takes it again.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn leave(&mut self) -> io::Result<()> {
        give_back();
        let stdin = io::stdin();
        self.left = Some(tcgetattr(&stdin)?);
        Ok(tcflush(&stdin, QueueSelector::IFlush)?)
    }

    /// Brings the terminal in the modes in which it was left, whatever the program did to them.
    pub fn settle(&self) {
        if let Some(modes) = &self.left {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, modes);
        }
    }

    /// Takes the terminal again. What was typed after the program's end was meant for it.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn come_back(&mut self) -> io::Result<()> {
        tcflush(io::stdin(), QueueSelector::IFlush)?;
        self.left = None;
        enter(self.mouse)?;
        self.forget()
    }

    /// Gives the terminal back, stops this process as the shell's Ctrl-Z does, and takes the
    /// terminal again when it goes on.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        // SIGSTOP cannot be caught, so nobody else's handler comes in between; to the shell it
        // looks the same.
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP)?;
        enter(self.mouse)?;
        self.forget()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Also when we end, or panic, while another program has it.
        self.settle();
        give_back();
    }
}

fn enter(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
    if mouse {
        execute!(out, EnableMouseCapture)?;
    }
    Ok(())
}

/// Undoes [`enter`], once. Errors are ignored: after a hang-up there is nobody to tell.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        let _ = execute!(
            out,
            EndSynchronizedUpdate,
            DisableMouseCapture,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = disable_raw_mode();
    }
}

/// The clipboard of the terminal at the other end (OSC 52), through tmux where it is between.
///
/// # Errors
/// The terminal is gone.
pub fn copy(text: &str, in_tmux: bool) -> anyhow::Result<()> {
    let mut sequence = String::new();
    crossterm::clipboard::CopyToClipboard::to_clipboard_from(text).write_ansi(&mut sequence)?;
    if in_tmux {
        // tmux passes on what is wrapped like this, with every escape doubled.
        sequence = format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"));
    }
    let mut out = io::stdout().lock();
    out.write_all(sequence.as_bytes())?;
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use ratatui::layout::Rect;
    use ratatui::{TerminalOptions, Viewport};

    use super::*;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Kept(Rc<RefCell<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_in_which_nothing_changed_writes_nothing() {
        let kept = Kept::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, 20, 2));
        let backend = CrosstermBackend::new(kept.clone());
        let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        let mut drawn = |text: &str| {
            draw(&mut terminal, |frame| frame.render_widget(text, frame.area())).unwrap();
            std::mem::take(&mut *kept.0.borrow_mut())
        };
        let nothing = nothing().unwrap();
        assert!(drawn("a line of text").len() > nothing.len());
        assert_eq!(drawn("a line of text"), nothing, "which the buffer does not send");
        assert!((nothing.len() + 1..60).contains(&drawn("a line of test").len()));
    }
}
