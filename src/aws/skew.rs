//! How far our clock is from AWS's. A poll asks for times by AWS's clock: with ours ten minutes
//! ahead it would ask for lines of the future and find none.

use std::sync::atomic::{AtomicI64, Ordering};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// Less than this is none, in milliseconds: the header has whole seconds and was on its way.
const LEAST: i64 = 3_000;

/// See the module.
#[derive(Debug, Default)]
pub struct Skew(AtomicI64);

impl Skew {
    /// An answer came at `now` (milliseconds by our clock) with this `Date` header.
    pub fn record(&self, date: &str, now: i64) {
        let Some(theirs) = DateTime::from_str(date, Format::HttpDate).ok().and_then(|date| date.to_millis().ok())
        else {
            return;
        };
        let skew = theirs + 500 - now;
        self.0.store(if skew.abs() < LEAST { 0 } else { skew }, Ordering::Relaxed);
    }

    /// What to add to our clock, in milliseconds.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_is_noticed_and_a_mended_one_too() {
        let skew = Skew::default();
        let theirs = 1_795_255_200_000;
        let hear = |now| {
            skew.record("Sat, 21 Nov 2026 10:00:00 GMT", now);
            skew.get()
        };
        assert_eq!(hear(theirs + 600_500), -600_000);
        assert_eq!(hear(theirs - 3_599_500), 3_600_000);
        skew.record("yesterday", 0);
        assert_eq!(skew.get(), 3_600_000, "what cannot be read changes nothing");
        assert_eq!(hear(theirs + 1_200), 0, "the way takes time");
    }
}
