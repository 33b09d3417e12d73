//! What the console costs in a terminal: a key, an idle second, memory; with few services and with thousands.
//! The demo's estate is in the same process: `cargo bench` tells what the console itself has allocated.

use std::time::{Duration, Instant};

use super::terminal::Pty;

const SCREEN: (u16, u16) = (200, 60);

/// Between two keys of a hand that holds one down.
const REPEAT: Duration = Duration::from_millis(33);

/// Scenarios by the services of their environment, and what tells that all of them were read.
const ESTATES: [(&str, &str); 2] = [("calm", "14 ·"), ("crowd:5000", "5014 ·")];

/// Processor time so far, in seconds: of the threads that own the state and the keys, and of all.
fn cpu(pty: &Pty) -> (f64, f64) {
    let (mut own, mut all) = (0.0, 0.0);
    for task in std::fs::read_dir(format!("/proc/{}/task", pty.pid())).unwrap().flatten() {
        let read = |file: &str| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        // schedstat: nanoseconds on the processor first (kernel documentation, sched-stats).
        let seconds = read("schedstat").split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9;
        own += if matches!(read("comm").trim(), "midwatch" | "input") { seconds } else { 0.0 };
        all += seconds;
    }
    (own, all)
}

/// Presses keys one by one and prints how long each took to its frame and what it took of the processor.
fn press(pty: &mut Pty, what: &str, keys: impl IntoIterator<Item = String>) {
    std::thread::sleep(Duration::from_secs(2));
    let (began, before) = (Instant::now(), cpu(pty));
    let mut waits = Vec::new();
    for key in keys {
        let (frames, _) = pty.written();
        let sent = Instant::now();
        pty.send(&key);
        let painted = loop {
            if let Some(at) = pty.frame(frames) {
                break at;
            }
            assert!(sent.elapsed() < Duration::from_secs(10), "{key:?} is not answered:\n{}", pty.screen());
            std::thread::sleep(Duration::from_micros(200));
        };
        waits.push(painted - sent);
        std::thread::sleep(REPEAT.saturating_sub(sent.elapsed()));
    }
    let (after, elapsed) = (cpu(pty), began.elapsed());
    let each = |before: f64, after: f64| (after - before) * 1000.0 / waits.len() as f64;
    let (own, all) = (each(before.0, after.0), each(before.1, after.1));
    waits.sort();
    let share = |n: usize| waits[(waits.len() * n / 100).min(waits.len() - 1)].as_secs_f64() * 1000.0;
    println!(
        "  {what:<14} p50 {:5.1} ms, p99 {:5.1} ms; CPU {own:5.2} ms a key, {all:5.2} with the estate; {} keys in {:.0} s",
        share(50),
        share(99),
        waits.len(),
        elapsed.as_secs_f64()
    );
}

/// Watches without a key.
fn idle(pty: &Pty, seconds: u64) {
    let (before, (frames, bytes)) = (cpu(pty), pty.written());
    std::thread::sleep(Duration::from_secs(seconds));
    let (after, (more_frames, more_bytes)) = (cpu(pty), pty.written());
    let share = |before: f64, after: f64| (after - before) * 100.0 / seconds as f64;
    println!(
        "  idle {seconds} s      CPU {:.2} %, {:.2} % with the estate; {} B/s in {:.2} frames/s; {}",
        share(before.0, after.0),
        share(before.1, after.1),
        (more_bytes - bytes) as u64 / seconds,
        (more_frames - frames) as f64 / seconds as f64,
        pty.memory(),
    );
}

/// `cargo test --release --test pty -- --ignored --nocapture figures` prints what it measured.
#[test]
#[ignore = "takes minutes, and its figures are for an idle machine"]
fn figures() {
    for (scenario, all) in ESTATES {
        let began = Instant::now();
        let mut pty = Pty::start(&["--demo", scenario], SCREEN);
        pty.wait("417228905561");
        println!("{scenario}: identity after {:.0} ms", began.elapsed().as_secs_f64() * 1000.0);
        pty.wait(all);
        std::thread::sleep(Duration::from_secs(10));
        idle(&pty, 60);
        let times = |key: &str, n: usize| vec![key.to_string(); n];
        // Up and down, so that each moves the selection however short the list is.
        press(&mut pty, "j, k", (0..200).map(|i| if i / 10 % 2 == 0 { "j" } else { "k" }.to_string()));
        press(&mut pty, "sort", times(">", 40));
        press(&mut pty, "open, close", (0..40).map(|i| if i % 2 == 0 { "\r" } else { "\x1b" }.to_string()));
        pty.send("/");
        let word = "route-1 !x 2";
        let typed = word.chars().map(String::from).chain(times("\x7f", word.len()));
        press(&mut pty, "filter", typed.clone().chain(typed));
        pty.send("\x1b");
        pty.wait(all);
        press(&mut pty, "zoom", times("z", 20));
        press(&mut pty, "switch", (0..8).map(|i| if i % 2 == 0 { "estag\r" } else { "eprod\r" }.to_string()));
        idle(&pty, 30);
        pty.send("q");
        assert_eq!(pty.exit(), 0);
    }
}
