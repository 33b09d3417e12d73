//! How long the console's own work takes with a thousand services (a key, a frame, a filter, a
//! whole answer) and with a million log lines. Compare runs of one machine with each other, never
//! with a fixed figure.

#[path = "../it/drive.rs"]
#[allow(dead_code)]
mod drive;
mod logs;

use criterion::{Criterion, criterion_group, criterion_main};
use drive::{Console, screen_of};
use midwatch::app::msg::Msg;
use midwatch::keymap::Key;

fn thousand(c: &mut Criterion) {
    let mut console = Console::start((200, 60), "crowd");
    let mut group = c.benchmark_group("1000 services");
    let down = Key::parse("j").unwrap();
    group.bench_function("a key", |b| b.iter(|| console.tell(Msg::Key(down))));
    group.bench_function("a frame on an empty screen", |b| b.iter(|| screen_of(&console.state, &console.theme)));
    group.bench_function("reading and ordering all of them", |b| b.iter(|| console.read()));
    console.tell(Msg::Key(Key::parse("/").unwrap()));
    let (letter, back) = (Key::parse("7").unwrap(), Key::parse("backspace").unwrap());
    group.bench_function("a letter of the filter", |b| {
        b.iter(|| {
            console.tell(Msg::Key(letter));
            console.tell(Msg::Key(back));
        });
    });
    group.finish();
}

criterion_group!(benches, thousand, logs::million);
criterion_main!(benches);
