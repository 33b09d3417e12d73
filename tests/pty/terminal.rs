//! The program in a pseudo-terminal, with a terminal emulator behind it.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use regex::Regex;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A plan counts as read only after a moment on the screen.
pub fn pause() {
    std::thread::sleep(Duration::from_millis(700));
}

pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<Mutex<Seen>>,
    home: tempdir::Folder,
}

struct Seen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    /// When each frame was complete.
    frames: Vec<Instant>,
}

/// Ends a synchronized update: the frame before it is on the screen.
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// A folder that goes away with its test.
pub mod tempdir {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};

    pub struct Folder(pub PathBuf);

    static NEXT: AtomicU32 = AtomicU32::new(0);

    impl Folder {
        pub fn new() -> Self {
            let name = format!("midwatch-pty-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
            let path = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

impl Pty {
    /// Starts midwatch with a home of its own.
    pub fn start(arguments: &[&str], (columns, rows): (u16, u16)) -> Self {
        Self::start_with(arguments, &[], (columns, rows))
    }

    pub fn start_with(arguments: &[&str], environment: &[(&str, &str)], (cols, rows): (u16, u16)) -> Self {
        let home = tempdir::Folder::new();
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_midwatch"));
        command.args(arguments);
        command.env_clear();
        command.env("HOME", &home.0);
        command.env("PATH", std::env::var("PATH").unwrap_or_default());
        command.env("TERM", "xterm-256color");
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let seen = Arc::new(Mutex::new(Seen {
            parser: vt100::Parser::new(size(rows), size(cols), 0),
            bytes: vec![],
            frames: vec![],
        }));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let sink = seen.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                let now = Instant::now();
                let mut seen = sink.lock().unwrap();
                // An end may be split between two reads.
                let from = seen.bytes.len().saturating_sub(FRAME_END.len() - 1);
                seen.bytes.extend_from_slice(&buffer[..n]);
                let ends = seen.bytes[from..].windows(FRAME_END.len()).filter(|part| *part == FRAME_END).count();
                seen.frames.extend(std::iter::repeat_n(now, ends));
                seen.parser.process(&buffer[..n]);
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Self { master: pair.master, writer, child, seen, home }
    }

    pub fn screen(&self) -> String {
        self.seen.lock().unwrap().parser.screen().contents()
    }

    /// Everything that was written so far, escapes included.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap().bytes).into_owned()
    }

    /// How many frames came so far, and how many bytes.
    pub fn written(&self) -> (usize, usize) {
        let seen = self.seen.lock().unwrap();
        (seen.frames.len(), seen.bytes.len())
    }

    /// When the frame of this number (from 0) was complete; `None` while it is not.
    pub fn frame(&self, number: usize) -> Option<Instant> {
        self.seen.lock().unwrap().frames.get(number).copied()
    }

    /// Waits until the screen matches.
    #[track_caller]
    pub fn wait(&self, pattern: &str) -> String {
        let regex = Regex::new(pattern).unwrap();
        self.until(|pty| regex.is_match(&pty.screen()), pattern);
        self.screen()
    }

    #[track_caller]
    pub fn until(&self, met: impl Fn(&Self) -> bool, what: &str) {
        let began = Instant::now();
        while !met(self) {
            assert!(began.elapsed() < PATIENCE, "waited in vain for {what}; the screen is\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn send(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    pub fn resize(&self, cols: u16, rows: u16) {
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        self.seen.lock().unwrap().parser.screen_mut().set_size(size(rows), size(cols));
    }

    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.process_id().unwrap()).unwrap()
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.pid()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// The demo's journal of this run.
    pub fn journal(&self) -> String {
        let folder = self.home.0.join(".local/state/midwatch/demo");
        let files = std::fs::read_dir(folder).unwrap();
        files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }

    /// One letter of /proc: S sleeping, T stopped, …
    pub fn process_state(&self) -> char {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        stat.rsplit(") ").next().and_then(|rest| rest.chars().next()).unwrap_or('?')
    }

    /// The memory that it has, the most that it had, and the time that it took of the processor so
    /// far, as /proc tells them.
    pub fn usage(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let lines = status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        let ticks = stat.rsplit(") ").next().into_iter().flat_map(|rest| rest.split(' ').skip(11).take(2));
        let ticks: u64 = ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        format!("{}, {:.1} s", lines.collect::<Vec<_>>().join(", ").replace(['\t', ' '], ""), ticks as f64 / 100.0)
    }

    /// The memory in use, as /proc tells it: anonymous is what was allocated, the rest is the program itself.
    pub fn memory(&self) -> String {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let lines = status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("RssAnon"));
        lines.collect::<Vec<_>>().join(", ").replace(['\t', ' '], "")
    }

    /// Waits for the end and returns the exit code.
    #[track_caller]
    pub fn exit(&mut self) -> u32 {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // The last bytes may still be on their way to the reader.
                std::thread::sleep(Duration::from_millis(100));
                return status.exit_code();
            }
            assert!(began.elapsed() < PATIENCE, "it does not end; the screen is\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Every mode that was set was undone.
    #[track_caller]
    pub fn assert_restored(&self) {
        for (set, undone, what) in [
            ("\x1b[?1049h", "\x1b[?1049l", "alternate screen"),
            ("\x1b[?2004h", "\x1b[?2004l", "bracketed paste"),
            ("\x1b[?25l", "\x1b[?25h", "cursor"),
            ("\x1b[?1000h", "\x1b[?1000l", "mouse"),
        ] {
            // A stopped process may have written what the reader has yet to read.
            let restored = |output: String| output.rfind(set).is_none_or(|last| output[last..].contains(undone));
            self.until(|pty| restored(pty.output()), &format!("the {what}, which was not given back"));
        }
        if let Some(termios) = self.master.get_termios() {
            let flags = format!("{:?}", termios.local_flags);
            assert!(Regex::new(r"\bECHO\b").unwrap().is_match(&flags), "echo was not given back: {flags}");
        }
    }
}

fn size(n: u16) -> std::num::NonZero<u16> {
    std::num::NonZero::new(n).unwrap()
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
