//! How long the console's own work takes with few services and with thousands (a key, a frame, a second, a
//! whole answer), what it allocates, and how long a million log lines take. Compare runs of one machine with
//! each other, never with a fixed figure.

mod allocations;
#[path = "../it/drive.rs"]
#[allow(dead_code)]
mod drive;
mod logs;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use drive::Console;
use midwatch::app::msg::Msg;
use midwatch::app::subs;
use midwatch::keymap::Key;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

const SCREEN: (u16, u16) = (200, 60);

/// The console with a terminal that keeps its last frame, as the real one does.
struct Driven {
    console: Console,
    terminal: Terminal<TestBackend>,
}

impl Driven {
    fn start(scenario: &str) -> Self {
        let console = Console::start(SCREEN, scenario);
        Self { console, terminal: Terminal::new(TestBackend::new(SCREEN.0, SCREEN.1)).unwrap() }
    }

    /// What the loop does after each message.
    fn turn(&mut self) -> usize {
        let Console { state, theme, .. } = &self.console;
        self.terminal.draw(|frame| midwatch::ui::view(state, theme, frame)).unwrap();
        subs::subscriptions(state).len()
    }

    fn keys(&mut self, keys: &str) {
        for key in keys.split(' ') {
            self.console.tell(Msg::Key(Key::parse(key).unwrap()));
            self.turn();
        }
    }
}

fn services(c: &mut Criterion, scenario: &str) {
    let (before, with_estate) = (allocations::now(), allocations::of_demo(scenario));
    let mut driven = Driven::start(scenario);
    driven.turn();
    let mib = |bytes: usize| bytes as f64 / 1024.0 / 1024.0;
    let own = allocations::now().saturating_sub(before + with_estate);
    println!("{scenario}: {:.1} MiB are allocated, and {:.1} MiB for the estate", mib(own), mib(with_estate));
    let mut group = c.benchmark_group(scenario);
    // Up and down again, so that each is pressed as often as one likes.
    for (what, keys) in [
        ("two keys: down and up", "j k"),
        ("two keys: by the next column and back", "> <"),
        ("two keys: open and close", "enter esc"),
        ("eight keys: a filter and its end", "/ r o u t e 7 esc"),
    ] {
        group.bench_function(what, |b| b.iter(|| driven.keys(keys)));
    }
    driven.keys("/ esc");
    let names: Vec<_> = driven.console.state.environments.iter().take(2).map(|env| env.name.clone()).collect();
    group.bench_function("two switches: there and back", |b| {
        b.iter(|| {
            for name in names.iter().rev() {
                midwatch::app::activate(&mut driven.console.state, name);
                driven.turn();
            }
        });
    });
    group.bench_function("a second in which nothing happens", |b| {
        b.iter(|| {
            driven.console.demo.advance(Duration::from_secs(1));
            driven.console.tell(Msg::Tick);
            driven.turn();
        });
    });
    group.bench_function("a frame", |b| b.iter(|| driven.turn()));
    group.sample_size(10);
    group.bench_function("reading and ordering all of them", |b| b.iter(|| driven.console.read()));
    group.finish();
}

fn few(c: &mut Criterion) {
    services(c, "calm");
}

fn many(c: &mut Criterion) {
    services(c, "crowd:5000");
}

criterion_group!(benches, few, many, logs::million);
criterion_main!(benches);
