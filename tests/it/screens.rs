//! The screen at three sizes, held as text and read with the eyes before it is accepted; and in
//! every theme, as what a theme may not lose.

use std::time::Duration;

use midwatch::app::msg::Msg;
use midwatch::app::seconds::Seconds;
use midwatch::port::CallCounter;
use midwatch::theme::{Depth, load, names};
use ratatui::backend::{Backend, CrosstermBackend, TestBackend};
use ratatui::{Terminal, buffer::Buffer};

use crate::drive::{Console, SIZES, screen_of};
use crate::hold;

fn hold(name: &str, keys: &str, seconds: u64) {
    let mut console = Console::start(SIZES[1], "bad-deploy");
    console.pass(seconds);
    console.keys(keys);
    hold!(name, console);
}

/// One resource of a pane and keys over it, on a quiet night.
fn hold_one(name: &str, pane: &str, resource: &str, keys: &str) {
    let mut console = Console::start(SIZES[1], "calm");
    console.keys(pane).select(resource).keys(keys);
    hold!(name, console);
}

#[test]
fn deck() {
    hold("deck", "g g", 45);
}

#[test]
fn alarms() {
    hold("alarms", "6 g g z", 120);
}

#[test]
fn alarm() {
    hold("alarm", "6 g g enter", 120);
}

#[test]
fn detail() {
    hold("detail", "g g enter right", 45);
}

#[test]
fn deployments() {
    hold("deployments", "g g enter right right", 45);
}

#[test]
fn recorded() {
    for (name, tab) in [("tasks", 1), ("deployments", 2)] {
        let mut console = crate::recorder::tab_of_recorded(tab, SIZES[1]);
        console.keys("G");
        hold!(format!("recorded-{name}"), console);
    }
}

#[test]
fn plan() {
    hold("plan", "g g d", 45);
}

#[test]
fn scale() {
    hold("scale", "g g s up up", 45);
}

#[test]
fn rollback() {
    hold("rollback", "g g b", 45);
}

#[test]
fn deploy_image() {
    hold("deploy-image", "g g D", 45);
}

#[test]
fn deploy_image_with_holes() {
    hold("deploy-image-holes", "g g D ctrl-u 4 1 - d e b u g enter", 45);
}

#[test]
fn rollback_to_one_mutable_tag() {
    hold_one("rollback-tag", "2", "harbour-reports-production", "b enter");
}

#[test]
fn stop_task() {
    hold("stop-task", "g g K", 45);
}

#[test]
fn run() {
    hold_one("run", "2", "harbour-worker-production", "! enter m i g r a t e space - - a l l enter");
}

/// The logs of the service with the bad deployment.
fn hold_logs(name: &str, keys: &str) {
    hold(&format!("logs-{name}"), &format!("2 g g l {keys}"), 45);
}

#[test]
fn logs_that_follow() {
    hold_logs("follow", "");
}

#[test]
fn logs_filtered_with_context() {
    hold_logs("context", "/ l e d g e r enter C x G E T enter k k k");
}

#[test]
fn logs_of_a_spike_with_a_mark_and_a_selection() {
    hold_logs("spike", "[ s m j j V j j");
}

#[test]
fn logs_with_a_line_opened() {
    hold_logs("opened", "] e k k k k [ e / m s g . * l e d g e r enter k enter j j a");
}

#[test]
fn logs_as_patterns() {
    hold_logs("patterns", "p j");
}

#[test]
fn logs_by_source() {
    hold_logs("sources", "s j enter s s");
}

#[test]
fn database() {
    hold_one("database", "3", "harbour-booking-production", "enter");
}

#[test]
fn databases_zoomed() {
    hold_one("databases", "3", "harbour-payments-production", "z");
}

#[test]
fn cache() {
    hold_one("cache", "4", "harbour-sessions-production", "enter");
}

#[test]
fn flush() {
    hold_one("flush", "4", "harbour-sessions-production", "F enter enter");
}

#[test]
fn invalidate() {
    hold_one("invalidate", "5", "E2HARBOURWEB01", "I / a enter / b / *");
}

#[test]
fn exec() {
    hold_one("exec", "2", "harbour-worker-production", "x");
}

#[test]
fn exec_that_cannot_be() {
    hold_one("exec-off", "2", "harbour-web-production", "x");
}

#[test]
fn forwards() {
    let keys = "p enter enter enter enter h a r b o u r - w o r k e r - p r o d u c t i o n enter P";
    hold_one("forwards", "2", "harbour-worker-production", keys);
}

#[test]
fn insights() {
    let mut console = crate::insights::insights(SIZES[1]);
    console.keys("enter j j");
    hold!("insights", console);
    console.keys("i");
    crate::insights::ask(&mut console, "fields @message, level, status | filter level = 'error' | limit 3");
    console.keys("enter");
    hold!("insights-row", console);
    console.keys("esc i");
    crate::insights::ask(&mut console, "fields @message | filter ms > | limit 3");
    hold!("insights-malformed", console);
}

#[test]
fn compare() {
    let mut console = crate::compare::compare(SIZES[1]);
    console.keys("j");
    hold!("compare", console);
    console.keys("a");
    hold!("compare-all", console);
}

#[test]
fn jobs() {
    let mut console = Console::with(SIZES[1], "calm", |environments| {
        environments[0].tier = midwatch::domain::environment::Tier::Staging;
    });
    console.select("harbour-search-production").keys("d y");
    console.pass(12);
    console.keys("J").read();
    insta::assert_snapshot!("jobs-120x40", console.screen());
}

#[test]
fn every_theme_shows_the_same_words() {
    let mut console = Console::start((120, 40), "bad-deploy");
    console.pass(45);
    let words = console.screen();
    for name in names() {
        for depth in [Depth::True, Depth::Indexed, Depth::Ansi, Depth::None] {
            assert_eq!(screen_of(&console.state, &load(name, depth).unwrap()), words, "{name}");
        }
    }
}

/// Bytes that a terminal gets for the difference of two frames.
fn written(before: &Buffer, after: &Buffer) -> usize {
    let diff = before.diff(after);
    let mut bytes = Vec::new();
    if !diff.is_empty() {
        CrosstermBackend::new(&mut bytes).draw(diff.into_iter()).unwrap();
    }
    bytes.len()
}

#[test]
fn a_second_in_which_nothing_happens_writes_little() {
    for scenario in ["calm", "crowd"] {
        let mut console = Console::start(SIZES[2], scenario);
        let mut terminal = Terminal::new(TestBackend::new(SIZES[2].0, SIZES[2].1)).unwrap();
        let mut frame = |console: &Console| {
            terminal.draw(|frame| midwatch::ui::view(&console.state, &console.theme, frame)).unwrap();
            terminal.backend().buffer().clone()
        };
        let (mut last, mut frames, mut bytes) = (frame(&console), 0, 0);
        let mut seconds = Seconds::default();
        for second in 1..=60 {
            console.demo.advance(Duration::from_secs(1));
            let before = console.state.revision();
            console.tell(Msg::Tick);
            // Calls go on, now more, now fewer.
            console.tell(Msg::CallCounter(CallCounter { calls: second * second % 17 + 3 * second, throttled: 0 }));
            if seconds.pass(&console.state, before) {
                let now = frame(&console);
                (frames, bytes) = (frames + 1, bytes + written(&last, &now));
                last = now;
            }
        }
        assert!(frames <= 14, "ages grow together, every five seconds: {frames} frames");
        assert!(bytes / 60 <= 60, "{bytes} bytes in a minute");
    }
}
