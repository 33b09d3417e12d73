//! A tail under load: nothing that came in may be unaccounted for at its end.

use midwatch::logs::buffer::{Buffer, BufferLimits, EventKey};
use midwatch::logs::event::{Event, EventId, SourceId};
use midwatch::logs::filter::{Stack, Term, Test};
use midwatch::logs::histogram::{Histogram, Measure};
use midwatch::logs::merge::{MergeLimits, Merger};
use midwatch::logs::view::FilteredView;

const EVENTS: i64 = 200_000;
const BEGIN: i64 = 1_795_255_200_000;

/// The `i`th event: ten in a millisecond, of eight sources, every seventh a match, some with
/// several lines.
fn event(i: i64) -> Event {
    let text = match i % 7 {
        0 => format!("ERROR request {i} failed: upstream timeout"),
        1 => format!("INFO stack of {i}\r\n\tat a.b.C(D.java:{i})\n\tat e.f.G(H.java:1)"),
        _ => format!("INFO request {i} done in {}ms", i % 97),
    };
    let at = BEGIN + i / 10;
    Event::new(EventId::of(&format!("id-{i}")), at, at + 400, SourceId((i % 8) as u16), &text)
}

#[test]
fn every_event_of_a_busy_tail_is_accounted_for() {
    let mut merger = Merger::new(MergeLimits { held: 20_000, ..MergeLimits::default() });
    let mut buffer = Buffer::new(BufferLimits { events: 150_000, ..BufferLimits::default() });
    let mut stack = Stack::default();
    stack.push(Test::Include(Term::new("timeout").unwrap()));
    let mut view = FilteredView::new(stack.clone());
    let mut histogram = Histogram::default();
    let mut matching_seen = 0u64;
    let mut now = BEGIN;
    let mut take = |merger: &mut Merger, batch: Vec<Event>, now: i64, ends: bool| {
        merger.take(batch, now);
        let released = if ends { merger.release_all(now) } else { merger.release(now, usize::MAX) };
        for one in released {
            matching_seen += u64::from(one.event.text().contains("timeout"));
            let key = buffer.push(&one.event);
            view.push(&buffer, key);
            histogram.add(key.at, buffer.get(key).and_then(|entry| entry.level), now);
        }
        // As a frame would: a slice, whatever is left.
        view.work(&buffer, 500);
        let counts = view.counts(&buffer);
        assert_eq!(counts.seen, counts.shown + counts.filtered + counts.left + counts.evicted);
    };
    // Batches of five seconds overlap, are turned about, and some come very late.
    let mut late = Vec::new();
    for begin in (0..EVENTS).step_by(5_000) {
        now += 500;
        let overlap = (begin - 2_500).max(0);
        let mut batch: Vec<Event> = (overlap..begin + 5_000).map(event).collect();
        batch.reverse();
        batch.rotate_left(1_777);
        if begin % 20_000 == 5_000 {
            late.push(std::mem::take(&mut batch));
        }
        take(&mut merger, batch, now, false);
        if late.len() > 3 {
            take(&mut merger, late.remove(0), now, false);
        }
    }
    for batch in late {
        take(&mut merger, batch, now, false);
    }
    take(&mut merger, vec![], now, true);

    let merged = merger.counts();
    assert_eq!(merged.seen, merged.repeated + merged.released);
    assert_eq!(merged.released, EVENTS as u64);
    assert!(merged.late > 0 && merged.repeated > 0 && merged.forgot_early == 0);
    while !view.work(&buffer, 10_000).is_done {}
    let counts = view.counts(&buffer);
    assert_eq!(counts.seen, EVENTS as u64);
    assert_eq!(counts.left, 0);
    // Counted by hand, not by taking one from the other.
    let held: Vec<_> = buffer.forward(EventKey::MIN).collect();
    assert!(held.is_sorted_by_key(|entry| entry.key));
    let shown = held.iter().filter(|entry| entry.text.contains("timeout")).count() as u64;
    assert_eq!((counts.shown, counts.filtered), (shown, held.len() as u64 - shown));
    assert_eq!(counts.shown + counts.filtered + counts.evicted, EVENTS as u64);
    assert_eq!(counts.evicted, 50_000);
    assert_eq!(matching_seen, (0..EVENTS).filter(|i| i % 7 == 0).count() as u64);
    let (from, to) = histogram.span().unwrap();
    let counted = histogram.columns(from, to, 40).list;
    assert_eq!(counted.iter().map(|c| c.count.all).sum::<u32>() as u64 + histogram.outside(), EVENTS as u64);
    assert_eq!(counted.iter().map(|c| c.count.of(Measure::Errors)).sum::<u32>() as u64, matching_seen);
    // Another stack, slice by slice, over the same events.
    stack.remove(0);
    view.set_stack(stack);
    assert_eq!(view.counts(&buffer).left, 150_000);
    while !view.work(&buffer, 7_777).is_done {}
    assert_eq!(view.counts(&buffer).shown, 150_000);
}
