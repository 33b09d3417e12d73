//! When the next frame is due: soon after a key, a little later for data, never for nothing, and
//! more rarely when the link is slow.

use std::time::Duration;

use tokio::time::Instant;

/// A key is on the screen within this time of the last frame: so soon that it is within 8 ms, drawing included.
const AFTER_KEY: Duration = Duration::from_millis(4);

/// Data waits this long for more data.
const AFTER_DATA: Duration = Duration::from_millis(33);

/// Why a frame is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    Data,
    Key,
}

/// Decides when to draw.
#[derive(Debug, Default)]
pub struct Pacer {
    wanted: Option<Cause>,
    last: Option<Instant>,
    /// How long the last frame took to write.
    written: Duration,
}

impl Pacer {
    /// Something changed.
    pub fn want(&mut self, cause: Cause) {
        self.wanted = self.wanted.max(Some(cause));
    }

    /// When the next frame is due; `None` while nothing changed. A moment in the past is now.
    pub fn due(&self) -> Option<Instant> {
        let cause = self.wanted?;
        let gap = match cause {
            Cause::Key => AFTER_KEY,
            Cause::Data => AFTER_DATA,
        };
        let now = Instant::now();
        Some(self.last.map_or(now, |last| last + gap.max(self.written * 2)))
    }

    /// A frame was drawn, and writing it took so long.
    pub fn drawn(&mut self, written: Duration) {
        self.wanted = None;
        self.last = Some(Instant::now());
        self.written = written;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn keys_are_quick_data_waits_and_nothing_draws_nothing() {
        let mut pacer = Pacer::default();
        assert_eq!(pacer.due(), None);
        pacer.want(Cause::Data);
        assert_eq!(pacer.due(), Some(Instant::now()), "the first frame is due at once");
        pacer.drawn(Duration::from_millis(1));
        assert_eq!(pacer.due(), None);
        pacer.want(Cause::Data);
        assert_eq!(pacer.due(), Some(Instant::now() + AFTER_DATA));
        pacer.want(Cause::Key);
        pacer.want(Cause::Data);
        assert_eq!(pacer.due(), Some(Instant::now() + AFTER_KEY), "data does not slow a key down");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_link_gets_time_between_frames() {
        let mut pacer = Pacer::default();
        pacer.drawn(Duration::from_millis(300));
        pacer.want(Cause::Key);
        assert_eq!(pacer.due(), Some(Instant::now() + Duration::from_millis(600)));
    }
}
