//! Stepping aside: a program gets the terminal, and the console comes back as it was.

use rustix::process::Signal;

use crate::terminal::{Pty, pause};

const DECK: (u16, u16) = (120, 40);
/// The alternate screen is entered.
const ENTERED: &str = "\x1b[?1049h";

/// The demo with a shell in a container of the staging environment.
fn in_a_shell() -> Pty {
    let mut pty = Pty::start(&["--demo", "calm", "harbour-staging"], DECK);
    pty.wait("608815332204");
    pty.send("/web\r");
    pty.wait("1 of 6");
    pty.wait("harbour-web-staging");
    pty.send("x");
    pty.wait("agent RUNNING");
    pty.send("\r\r\r");
    pty.wait("y exec");
    pause();
    assert_eq!(pty.output().matches(ENTERED).count(), 1);
    pty.send("y");
    pty.wait("there is no container");
    pty.wait("/app # ");
    pty.assert_restored();
    pty
}

#[track_caller]
fn is_back(pty: &Pty) {
    pty.until(|pty| pty.output().matches(ENTERED).count() == 2, "the return");
    pty.wait("608815332204");
    pty.wait("harbour-web-staging");
}

#[test]
fn the_shell_has_the_keys_and_the_console_comes_back_as_it_was() {
    let mut pty = in_a_shell();
    // Each of these is a key of the console, too.
    pty.send("q?dsx/\r");
    pty.wait(r"the demo runs nothing: q\?dsx/");
    pty.send("\x03");
    pty.wait("is for the shell here");
    // Ctrl-Z stops a shell that does not hear it; it goes on.
    pty.send("\x1a");
    pause();
    pty.send("still\r");
    pty.wait("the demo runs nothing: still");
    // Long enough to be a session: the console comes back by itself.
    std::thread::sleep(std::time::Duration::from_secs(3));
    pty.send("exit\r");
    is_back(&pty);
    let screen = pty.wait("done: the session ended after");
    // The filter is as it was.
    assert!(screen.contains("1 of 6"), "{screen}");
    assert!(!screen.contains("everywhere") && !screen.contains("Leave"), "a key was stolen:\n{screen}");
    // It hears keys again.
    pty.send("?");
    pty.wait("everywhere");
    pty.send("?");
    pty.until(|pty| !pty.screen().contains("everywhere"), "the end of the help");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    pty.assert_restored();
    let journal = pty.journal();
    assert_eq!(journal.matches("ExecuteCommand").count(), 1, "{journal}");
    assert_eq!(journal.matches(r#""outcome":"sent""#).count(), 1, "{journal}");
    assert_eq!(journal.matches(r#""verdict":"done""#).count(), 1, "{journal}");
}

#[test]
fn a_short_session_leaves_its_words_until_a_key() {
    let mut pty = in_a_shell();
    pty.send("\x04");
    pty.wait("any key comes back");
    assert_eq!(pty.output().matches(ENTERED).count(), 1);
    // The key that comes back means nothing else.
    pty.send("q");
    is_back(&pty);
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    pty.assert_restored();
}

#[test]
fn another_size_while_away_is_the_size_when_back() {
    let mut pty = in_a_shell();
    pty.resize(80, 24);
    pty.send("exit\r");
    pty.wait("any key comes back");
    pty.send(" ");
    is_back(&pty);
    // The key bar is at the bottom of the smaller screen.
    pty.until(|pty| pty.screen().lines().nth(23).is_some_and(|line| line.contains("scale")), "the key bar");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
}

#[test]
fn a_signal_while_away_ends_both_and_leaves_the_terminal_whole() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let mut pty = in_a_shell();
        pty.signal(signal);
        assert_eq!(pty.exit(), code);
        assert_eq!(pty.output().matches(ENTERED).count(), 1);
        pty.assert_restored();
    }
    // Those that keys send are for the shell.
    let mut pty = in_a_shell();
    for signal in [Signal::INT, Signal::QUIT, Signal::TSTP] {
        pty.signal(signal);
    }
    pause();
    pty.send("exit\r");
    pty.wait("any key comes back");
    pty.send(" ");
    is_back(&pty);
    pty.send("q");
    assert_eq!(pty.exit(), 0);
}
