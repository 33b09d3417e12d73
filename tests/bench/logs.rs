//! How long the log engine takes for a million lines, which is as many as a tail holds, and how
//! much memory they need.

use std::time::Instant;

use criterion::{BatchSize, Criterion};
use midwatch::logs::buffer::{Buffer, EventKey};
use midwatch::logs::event::{Event, EventId, SourceId};
use midwatch::logs::filter::{Stack, Term, Test};
use midwatch::logs::level::{self, Level};
use midwatch::logs::merge::Merger;
use midwatch::logs::patterns::Patterns;
use midwatch::logs::view::FilteredView;

const LINES: u64 = 1_000_000;

/// A line of about 120 bytes, of one of several forms.
fn line(i: u64) -> String {
    let x = i.wrapping_mul(6_364_136_223_846_793_005) >> 33;
    match i % 20 {
        0..8 => format!(
            r#"{{"level":30,"time":{i},"pid":7,"hostname":"ip-10-0-1-{}","reqId":"req-{x:x}","msg":"request completed","ms":{}}}"#,
            x % 250,
            x % 900
        ),
        8..14 => format!(
            "2026-11-21T10:00:00.{:03}Z INFO  shop.orders.OrderService - order {x} of customer {} was confirmed in {}ms by worker-7",
            i % 1000,
            x % 9999,
            x % 300
        ),
        14..18 => format!(
            "10.0.{}.{} - - [21/Nov/2026:10:00:00 +0000] \"GET /api/orders/{x}?page={} HTTP/1.1\" {} 5316 \"-\" \"curl/8.5\"",
            x % 250,
            i % 250,
            x % 9,
            if x.is_multiple_of(50) { 502 } else { 200 }
        ),
        18 => format!(
            "level=info ts={i} caller=cache.go:{} msg=\"cache miss for key user:{x}\" shard={} took=1.{}ms host=a-1",
            x % 400,
            x % 16,
            x % 99
        ),
        _ => format!(
            "2026-11-21 10:00:00,{:03} ERROR [worker-{}] c.s.PaymentClient: call to upstream {x} failed: Read timed out after 30000 ms",
            i % 1000,
            x % 16
        ),
    }
}

fn event(i: u64) -> Event {
    let at = 1_795_255_200_000 + i as i64 / 10;
    Event::new(EventId(i.wrapping_mul(0x9e37_79b9_7f4a_7c15)), at, at + 300, SourceId((i % 40) as u16), &line(i))
}

fn filled() -> Buffer {
    let mut buffer = Buffer::default();
    for i in 0..LINES {
        buffer.push(&event(i));
    }
    buffer
}

fn stack(tests: impl IntoIterator<Item = Test>) -> Stack {
    let mut stack = Stack::default();
    tests.into_iter().for_each(|test| stack.push(test));
    stack
}

pub fn million(c: &mut Criterion) {
    let buffer = filled();
    let raw: usize = buffer.forward(EventKey::MIN).map(|entry| entry.text.len()).sum();
    let per_line = |bytes: usize| bytes as f64 / LINES as f64;
    println!("a line has {:.0} bytes and takes {:.1}", per_line(raw), per_line(buffer.allocated()));

    let mut group = c.benchmark_group("1000000 log lines");
    group.sample_size(10);
    group.bench_function("ingest, from raw text to the buffer", |b| {
        let lines: Vec<String> = (0..LINES).map(line).collect();
        b.iter_custom(|times| {
            let start = Instant::now();
            for _ in 0..times {
                let mut buffer = Buffer::default();
                for (i, line) in lines.iter().enumerate() {
                    let at = i as i64 / 10;
                    buffer.push(&Event::new(EventId(i as u64), at, at, SourceId(0), line));
                }
                assert_eq!(buffer.seen() - buffer.evicted(), lines.len() as u64);
            }
            start.elapsed()
        });
    });
    group.bench_function("merge, in batches of 1000", |b| {
        let events: Vec<Event> = (0..LINES).map(event).collect();
        let merge = |events: Vec<Event>| {
            let mut merger = Merger::default();
            let mut released = 0;
            let mut events = events.into_iter().peekable();
            while let Some(first) = events.peek() {
                let now = first.at + 1_000;
                merger.take(events.by_ref().take(1_000), now);
                released += merger.release(now, usize::MAX).len();
            }
            released
        };
        b.iter_batched(|| events.clone(), merge, BatchSize::PerIteration);
    });
    let include = |pattern| Test::Include(Term::new(pattern).unwrap());
    let filters: [(&str, Vec<Test>); 9] = [
        ("a word in any case, rare", vec![include("timed out")]),
        ("a word in any case, frequent", vec![include("request")]),
        ("a word with a capital", vec![include("PaymentClient")]),
        ("a pattern", vec![include(r"upstream \d+ failed")]),
        ("a pattern that takes any blank", vec![include(r"failed:\s+read")]),
        ("alternatives", vec![include("timed out|refused|deadlock|502")]),
        ("nothing with a word", vec![Test::Exclude(Term::new("completed").unwrap())]),
        ("at least error", vec![Test::Level(Level::Error)]),
        ("a field", vec![Test::Field { path: "ms".into(), value: "77".into(), not: false }]),
    ];
    for (name, tests) in filters {
        let stack = stack(tests);
        group.bench_function(format!("filter: {name}"), |b| {
            b.iter(|| {
                let mut view = FilteredView::new(stack.clone());
                while !view.work(&buffer, 20_000).is_done {}
                view.keys().rank(EventKey::MAX)
            });
        });
    }
    group.bench_function("the first screenful of a rare word", |b| {
        let stack = stack([include("timed out")]);
        b.iter(|| {
            let mut view = FilteredView::new(stack.clone());
            while view.keys().rank(EventKey::MAX) < 60 && !view.work(&buffer, 1_000).is_done {}
        });
    });
    group.bench_function("patterns", |b| {
        b.iter(|| {
            let mut patterns = Patterns::default();
            for entry in buffer.forward(EventKey::MIN) {
                patterns.add(entry.text, entry.level, entry.key.at, entry.key.at);
            }
            patterns.list().len()
        });
    });
    group.bench_function("levels", |b| {
        b.iter(|| buffer.forward(EventKey::MIN).filter(|entry| level::of(entry.text) >= Some(Level::Error)).count());
    });
    group.finish();
}
