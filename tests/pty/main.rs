//! The program as a person meets it: in a terminal, on the demo.

mod terminal;

use rustix::process::Signal;
use terminal::Pty;

const DECK: (u16, u16) = (120, 40);

fn demo() -> Pty {
    let pty = Pty::start(&["--demo", "calm"], DECK);
    pty.wait("DEMO");
    pty.wait(r"steady");
    pty
}

#[test]
fn it_starts_moves_filters_and_leaves() {
    let mut pty = demo();
    pty.send("jj/api");
    pty.wait(r"/api");
    pty.send("\r");
    pty.send("\x1b");
    pty.send("?");
    pty.wait("everywhere");
    pty.send("\x1b");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
    pty.assert_restored();
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
