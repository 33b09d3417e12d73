//! A service that writes 50,000 lines a second, read in a terminal: keys are answered all the same,
//! and every line is accounted for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use regex::Regex;

use super::DECK;
use super::terminal::Pty;

/// Lines of the flood that are written in one millisecond, and the tasks that write them in turn
/// (see the demo).
const STEP: u64 = 50;
const TASKS: u64 = 5;

/// The flood with its logs open.
fn flood() -> Pty {
    let mut pty = Pty::start(&["--demo", "flood"], DECK);
    pty.wait("417228905561");
    pty.send("/booking\r");
    pty.wait("1 of 14");
    pty.send("l");
    pty.wait("n=[0-9]+ GET");
    pty
}

/// The first number that a pattern finds on the screen.
fn number(screen: &str, pattern: &str) -> Option<u64> {
    Regex::new(pattern).unwrap().captures(screen)?[1].parse().ok()
}

/// Lines that came in, as the title accounts for them: shown, filtered and evicted.
fn accounted(screen: &str) -> Option<u64> {
    // What a new filter has not asked yet is neither.
    if screen.contains("filtering, ") {
        return None;
    }
    let kept = number(screen, r"of (\d+) ─").or_else(|| number(screen, r"(\d+) lines"))?;
    Some(kept + number(screen, r"(\d+) oldest dropped").unwrap_or(0))
}

/// How many lines were written up to the newest that is on the screen, it included.
fn written(screen: &str) -> Option<u64> {
    let n: u64 = Regex::new(r" n=(\d+) GET").unwrap().captures_iter(screen).last()?[1].parse().ok()?;
    // Of a millisecond, all lines of the first task come before those of the next.
    let (before, nth) = ((n - 1) / STEP * STEP, (n - 1) % STEP + 1);
    let of_task = if nth % TASKS == 0 { nth / TASKS } else { nth / TASKS + 1 };
    Some(before + nth % TASKS * (STEP / TASKS) + of_task)
}

/// How many lines were written that did not come in: those from before the tail began. It stays the
/// same unless one is lost or comes twice. Frames may be met half painted, so three must agree.
fn missing(pty: &Pty) -> i64 {
    let mut found: BTreeMap<i64, BTreeSet<u64>> = BTreeMap::new();
    let began = Instant::now();
    loop {
        let screen = pty.screen();
        if let (true, Some(written), Some(accounted)) =
            (screen.contains("following"), written(&screen), accounted(&screen))
        {
            let missing = written as i64 - accounted as i64;
            let frames = found.entry(missing).or_default();
            frames.insert(written);
            if frames.len() == 3 {
                return missing;
            }
        }
        assert!(began.elapsed() < Duration::from_secs(60), "no three frames agree: {found:?}\n{screen}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// How long it takes until a key is seen.
fn answer(pty: &mut Pty, key: &str, seen: impl Fn(&str) -> bool) -> Duration {
    let began = Instant::now();
    pty.send(key);
    while !seen(&pty.screen()) {
        assert!(began.elapsed() < Duration::from_secs(30), "{key:?} is not answered:\n{}", pty.screen());
        std::thread::sleep(Duration::from_micros(300));
    }
    began.elapsed()
}

/// Pauses, follows, types and empties a filter, looks at the patterns; how long each key took.
fn use_keys(pty: &mut Pty, answers: &mut Vec<Duration>) {
    for _ in 0..3 {
        answers.push(answer(pty, "k", |screen| screen.contains("paused")));
        answers.push(answer(pty, "\x1b", |screen| screen.contains("following")));
    }
    answers.push(answer(pty, "/", |screen| screen.contains("show / ")));
    for (i, letter) in "worker=7 ".char_indices() {
        let typed = format!("show / {}", &"worker=7 "[..=i]);
        answers.push(answer(pty, &letter.to_string(), |screen| screen.contains(&typed)));
    }
    answers.push(answer(pty, "\r", |screen| screen.contains("/worker=7 ") && !screen.contains("show /")));
    answers.push(answer(pty, "\x7f", |screen| !screen.contains("/worker=7 ")));
    answers.push(answer(pty, "p", |screen| screen.contains("PATTERN")));
    answers.push(answer(pty, "\x1b", |screen| !screen.contains("PATTERN")));
}

#[test]
fn keys_are_answered_in_a_flood_and_every_line_is_accounted_for() {
    let mut pty = flood();
    let before = missing(&pty);
    let lines = accounted(&pty.screen()).expect("it follows");
    use_keys(&mut pty, &mut vec![]);
    assert_eq!(missing(&pty), before, "{}", pty.screen());
    let began = Instant::now();
    while accounted(&pty.screen()).is_none_or(|now| now < lines + 50_000) {
        assert!(began.elapsed() < Duration::from_secs(60), "it does not go on:\n{}", pty.screen());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(missing(&pty), before, "{}", pty.screen());
    pty.send("q");
    assert_eq!(pty.exit(), 0);
}

/// `cargo test --release --test pty -- --ignored --nocapture flood` prints what it measured.
#[test]
#[ignore = "takes more than a minute, and its figures are for an idle machine"]
fn a_minute_of_flood() {
    let mut pty = flood();
    let before = missing(&pty);
    let (began, from) = (Instant::now(), written(&pty.screen()).unwrap());
    let mut answers = Vec::new();
    while began.elapsed() < Duration::from_secs(65) {
        use_keys(&mut pty, &mut answers);
        println!("{:>4.0} s  {:?} lines  {}", began.elapsed().as_secs_f64(), accounted(&pty.screen()), pty.usage());
    }
    let (ended, after) = (began.elapsed(), missing(&pty));
    let screen = pty.screen();
    let rate = (written(&screen).unwrap() - from) as f64 / began.elapsed().as_secs_f64();
    answers.sort();
    let share = |n: usize| answers[answers.len() * n / 1000];
    println!("{} keys: p50 {:?}, p99 {:?}, longest {:?}", answers.len(), share(500), share(990), answers.last());
    println!("{rate:.0} lines/s for {ended:?}; {}", pty.usage());
    assert_eq!(after, before, "{screen}");
    assert!(written(&screen).unwrap() - from > 2_500_000, "{screen}");
    pty.send("q");
    assert_eq!(pty.exit(), 0);
}
