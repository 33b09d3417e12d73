//! The terminal: taken with a guard, given back on every way out, whole frames in one write.

use std::io::{self, IsTerminal, Write};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::{Frame, Terminal};
use rustix::termios::{OptionalActions, QueueSelector, Termios, tcflush, tcgetattr, tcsetattr};

/// Whether the terminal is ours now. The panic hook asks it from any thread.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Collects a frame and sends it in one write, in brackets that make the terminal show it at once.
#[derive(Debug, Default)]
struct FrameBuffer {
    bytes: Vec<u8>,
    /// How long the last write took, for the pacer.
    written: Rc<std::cell::Cell<Duration>>,
}

impl Write for FrameBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.is_empty() {
            queue!(self.bytes, BeginSynchronizedUpdate)?;
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // What was given back is not written to: the terminal's own end would complain on stderr of a
        // cursor that a hung-up line cannot show.
        if self.bytes.is_empty() || !TAKEN.load(Ordering::SeqCst) {
            self.bytes.clear();
            self.written.set(Duration::ZERO);
            return Ok(());
        }
        queue!(self.bytes, EndSynchronizedUpdate)?;
        let began = Instant::now();
        let mut out = io::stdout().lock();
        let result = out.write_all(&self.bytes).and_then(|()| out.flush());
        self.bytes.clear();
        self.written.set(began.elapsed());
        result
    }
}

/// Writes what differs from the frame before, and nothing for a frame in which nothing does.
struct Changes<W: Write>(CrosstermBackend<W>);

impl<W: Write> Backend for Changes<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        // The backend ends whatever it draws with a reset of all colours.
        if content.peek().is_some() { self.0.draw(content) } else { Ok(()) }
    }

    /// It is hidden as long as the terminal is ours.
    fn hide_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.0.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.0.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.0.clear()
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        self.0.clear_region(region)
    }

    fn size(&self) -> io::Result<Size> {
        self.0.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.0.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.0)
    }
}

/// The screen, while it is ours. Dropping it gives the terminal back.
pub struct Screen {
    terminal: Terminal<Changes<FrameBuffer>>,
    written: Rc<std::cell::Cell<Duration>>,
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
        let buffer = FrameBuffer::default();
        let written = buffer.written.clone();
        let terminal = Terminal::new(Changes(CrosstermBackend::new(buffer)))?;
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
        self.terminal.draw(view)?;
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
    let mut sequence = Vec::new();
    queue!(sequence, crossterm::clipboard::CopyToClipboard::to_clipboard_from(text))?;
    let mut out = io::stdout().lock();
    if in_tmux {
        // tmux passes on what is wrapped like this, with every escape doubled.
        out.write_all(b"\x1bPtmux;")?;
        for byte in &sequence {
            if *byte == 0x1b {
                out.write_all(b"\x1b")?;
            }
            out.write_all(&[*byte])?;
        }
        out.write_all(b"\x1b\\")?;
    } else {
        out.write_all(&sequence)?;
    }
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::{TerminalOptions, Viewport};

    use super::*;

    /// Counts what is written.
    #[derive(Clone, Default)]
    struct Counter(Rc<std::cell::Cell<usize>>);

    impl Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.set(self.0.get() + bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_in_which_nothing_changed_writes_nothing() {
        let counter = Counter::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, 20, 2));
        let backend = Changes(CrosstermBackend::new(counter.clone()));
        let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        let mut draw = |text: &str| {
            let before = counter.0.get();
            terminal.draw(|frame| frame.render_widget(text, frame.area())).unwrap();
            counter.0.get() - before
        };
        assert!(draw("a line of text") > 0);
        assert_eq!(draw("a line of text"), 0);
        assert!((1..60).contains(&draw("a line of test")));
    }
}
