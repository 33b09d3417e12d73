//! The virtual clock: it runs by itself in the console, and by hand in tests. And moments on it.

use std::task::Poll;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::domain::Timestamp;

/// A clock that began at a chosen moment.
#[derive(Debug)]
pub struct Clock {
    start: Timestamp,
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// As fast as the world.
    Live(Instant),
    /// Only when told.
    Manual(Mutex<Duration>),
}

impl Clock {
    pub fn live() -> Self {
        Self { start: Timestamp::now(), way: Way::Live(Instant::now()) }
    }

    pub fn manual(start: Timestamp) -> Self {
        Self { start, way: Way::Manual(Mutex::new(Duration::ZERO)) }
    }

    pub fn is_manual(&self) -> bool {
        matches!(self.way, Way::Manual(_))
    }

    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        match &self.way {
            Way::Live(began) => began.elapsed(),
            Way::Manual(elapsed) => *elapsed.lock(),
        }
    }

    pub fn now(&self) -> Timestamp {
        // A demo that ran past the year 9999 may stand still.
        self.start.checked_add(self.elapsed()).unwrap_or(Timestamp::MAX)
    }

    /// Waits. A manual clock wakes nobody: whoever moves it asks again.
    pub async fn sleep(&self, time: Duration) {
        match &self.way {
            Way::Live(_) => tokio::time::sleep(time).await,
            Way::Manual(_) => {
                let due = self.elapsed() + time;
                std::future::poll_fn(|_| if self.elapsed() >= due { Poll::Ready(()) } else { Poll::Pending }).await;
            }
        }
    }

    /// Moves a manual clock; a live one goes its own way.
    pub fn advance(&self, by: Duration) {
        if let Way::Manual(elapsed) = &self.way {
            *elapsed.lock() += by;
        }
    }
}

/// Seconds.
pub const DAY: i64 = 86_400;

/// A moment so many seconds after another.
pub fn later(at: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(at.as_second() + seconds).unwrap_or(at)
}

/// A moment in the last nights, at so many seconds after midnight UTC; night 1 is the last one.
pub fn night(now: Timestamp, nights: i64, seconds: i64) -> Timestamp {
    let midnight = now.as_second() - now.as_second().rem_euclid(DAY);
    let last = if midnight + seconds <= now.as_second() - 3600 { midnight + seconds } else { midnight + seconds - DAY };
    Timestamp::from_second(last - (nights - 1) * DAY).unwrap_or(now)
}
