//! Exec and port-forward on the demo: from the key to the journal and back.

use midwatch::app::msg::Msg;
use midwatch::domain::intent::Verdict;

use crate::drive::Console;

const DECK: (u16, u16) = (120, 40);

/// A shell in the worker of production, which the console steps aside for.
fn in_a_shell(console: &mut Console) {
    console.select("harbour-worker-production").keys("x enter enter enter");
    console.shows("ecs ExecuteCommand");
    console.shows("to confirm");
    console.type_in("harbour-worker-production").keys("enter");
}

#[test]
fn exec_is_confirmed_sent_once_and_journalled_to_its_end() {
    let mut console = Console::start(DECK, "calm");
    in_a_shell(&mut console);
    assert_eq!((console.calls.len(), console.aside.len()), (1, 1));
    assert_eq!(console.calls[0].operation, "ExecuteCommand");
    assert_eq!(console.verdicts(), []);
    // While it is away everything is read on.
    console.pass(5);
    let (session, program) = console.aside.remove(0);
    assert!(program.program.ends_with("sh"));
    console.tell(Msg::Returned { session: session.clone(), ended: Ok("the session ended after 5s".into()) });
    assert_eq!(console.verdicts(), [Verdict::Done]);
    console.shows("the session ended after 5s");
    // Told again, it is not journalled again.
    console.tell(Msg::Returned { session, ended: Err("twice".into()) });
    assert_eq!(console.verdicts(), [Verdict::Done]);
}

#[test]
fn a_session_that_dies_is_told_as_failed() {
    let mut console = Console::start(DECK, "calm");
    in_a_shell(&mut console);
    let (session, _) = console.aside.remove(0);
    console.tell(Msg::Returned { session, ended: Err("the session ended after 0s (exit status: 1)".into()) });
    assert_eq!(console.verdicts(), [Verdict::Failed]);
    console.shows("failed: the session ended after 0s (exit status: 1)");
}

#[test]
fn where_exec_is_not_enabled_the_plan_says_how_it_is() {
    let mut console = Console::start(DECK, "calm");
    console.select("harbour-web-production").keys("x");
    console.shows("--enable-execute-command");
    console.keys("enter enter enter y enter");
    assert_eq!((console.calls.len(), console.aside.len()), (0, 0));
}

#[test]
fn read_only_opens_nothing() {
    let mut console =
        Console::with(DECK, "calm", |environments| environments.iter_mut().for_each(|env| env.read_only = true));
    for key in ["x", "p"] {
        console.select("harbour-worker-production").keys(key);
        console.shows("is read-only");
    }
    assert!(console.calls.is_empty());
}

#[test]
fn a_port_is_held_listed_copied_and_closed() {
    let mut console = Console::start(DECK, "calm");
    console.keys("3");
    let name = console.state.selected(console.state.focus.kind().unwrap().id()).unwrap().object.name().to_string();
    console.keys("p enter enter");
    console.shows("AWS-StartPortForwardingSessionToRemoteHost");
    console.type_in(&name).keys("enter");
    assert_eq!(console.calls.len(), 1);
    console.read();
    assert_eq!(console.verdicts(), [Verdict::Done], "it is up");
    console.shows("1 port");
    // The forward outlives a switch of the environment.
    console.keys("e").type_in("staging").keys("enter");
    console.shows("1 port");
    console.keys("P");
    console.shows("Forwarded ports");
    console.shows("127.0.0.1:41000");
    console.keys("c");
    assert!(console.copied[0].contains("port=41000") && console.copied[0].starts_with("psql"), "{:?}", console.copied);
    console.keys("x");
    console.shows("closed");
    console.keys("esc");
    // The line that was copied has the word, too.
    assert!(!console.screen().lines().next().unwrap().contains("1 port"));
    console.keys("q");
    assert!(console.has_quit, "nothing is open any more");
}

#[test]
fn leaving_asks_while_a_port_is_open() {
    let mut console = Console::start(DECK, "calm");
    console.select("harbour-worker-production").keys("p enter enter enter enter");
    console.shows("port 8080 of worker");
    console.type_in("harbour-worker-production").keys("enter q");
    console.shows("1 forwarded port is closed with the console");
    assert!(!console.has_quit);
    console.keys("y");
    assert!(console.has_quit);
}
