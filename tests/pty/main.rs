//! The program as a person meets it: in a terminal, on the demo.

mod exec;
mod figures;
mod flood;
mod terminal;

use rustix::process::Signal;
use terminal::{Pty, pause};

const DECK: (u16, u16) = (120, 40);

fn demo() -> Pty {
    let pty = Pty::start(&["--demo", "calm"], DECK);
    pty.wait("DEMO");
    pty.wait("417228905561");
    pty.wait("steady");
    pty
}

#[test]
fn it_starts_moves_filters_and_leaves() {
    let mut pty = demo();
    pty.send("jj/api");
    pty.wait(r"/api");
    pty.send("\r");
    pty.wait("1 of 14");
    pty.send("\x1b");
    pty.wait("─ 14 ·");
    pty.send("?");
    pty.wait("everywhere");
    // Escape and a letter at once would be one key with alt.
    pty.send("\x1b");
    pty.until(|pty| !pty.screen().contains("everywhere"), "the end of the help");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    pty.assert_restored();
}

#[test]
fn a_scale_and_a_deployment_are_done_and_journalled() {
    let mut pty = Pty::start(&["--demo", "calm", "harbour-staging"], DECK);
    pty.wait("harbour-web-staging");
    // Nothing is changed before it is known who we are.
    pty.wait("608815332204");
    pty.send("/web\r");
    pty.wait("1 of 6");
    pty.send("s");
    pty.wait("desired tasks");
    pty.wait("desired is already 1");
    pty.send("\x1b[A");
    pty.wait("1 → 2");
    pty.send("\r");
    pty.wait("y scale");
    pause();
    pty.send("y");
    pty.wait("2/2");
    pty.wait("done: ");
    pty.send("d");
    pty.wait("y force deploy");
    pause();
    pty.send("y");
    pty.wait("1 job");
    // Leaving asks while a job runs.
    pty.send("q");
    pty.wait("Leave");
    pty.send("y");
    assert_eq!(pty.exit(), 0);
    pty.assert_restored();
    let journal = pty.journal();
    assert_eq!(journal.matches(r#""entry":"intent""#).count(), 2, "{journal}");
    assert_eq!(journal.matches(r#""outcome":"sent""#).count(), 2, "{journal}");
    assert_eq!(journal.matches(r#""verdict":"done""#).count(), 1, "{journal}");
}

#[test]
fn another_environment_is_a_few_keys_away() {
    let mut pty = demo();
    pty.send("estag");
    pty.wait("harbour-staging");
    pty.send("\r");
    pty.wait("harbour-web-staging");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
}

#[test]
fn every_signal_gives_the_terminal_back() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130)] {
        let mut pty = demo();
        pty.signal(signal);
        assert_eq!(pty.exit(), code);
        pty.assert_restored();
    }
}

#[test]
fn it_suspends_and_comes_back_whole() {
    for by_key in [true, false] {
        let mut pty = demo();
        if by_key {
            pty.send("\x1a");
        } else {
            pty.signal(Signal::TSTP);
        }
        pty.until(|pty| pty.process_state() == 'T', "the stop");
        pty.assert_restored();
        pty.signal(Signal::CONT);
        pty.until(|pty| pty.output().matches("\x1b[?1049h").count() == 2, "the return");
        pty.wait("steady");
        pty.send("q");
        assert_eq!(pty.exit(), 0);
        pty.assert_restored();
    }
}

#[test]
fn any_size_is_survived() {
    let mut pty = demo();
    for size in [(1, 1), (39, 9), (80, 24), (3, 200), (500, 2), (200, 60), (1, 1), DECK] {
        pty.resize(size.0, size.1);
        std::thread::sleep(std::time::Duration::from_millis(60));
    }
    pty.wait("steady");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    pty.assert_restored();
}

#[test]
fn without_a_terminal_it_says_what_works() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_midwatch")).arg("--demo").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "midwatch: midwatch needs a terminal; `midwatch status` works without one\n");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}
