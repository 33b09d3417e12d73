//! How far apart polls are: all tails of an account and Region draw on one quota, each gets its
//! share of it, and a throttle slows all of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// The part of the budget that polls plan for; the rest is for history and what a person opens.
const SHARE: f64 = 0.8;
/// How a poll's pages weigh against what was known before: a burst is soon forgotten.
const WEIGHT: f64 = 0.3;
/// A throttle doubles all intervals up to so much, and each calm span halves them again.
const SLOWEST: f64 = 16.0;
const CALM: Duration = Duration::from_secs(20);
/// Throttles that come closer together than this are one: sources are refused at once.
const ONE_THROTTLE: Duration = Duration::from_secs(2);
/// What throttles make of an interval at most.
const LONGEST: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
struct Seats {
    next: u64,
    seats: BTreeMap<u64, Demand>,
    /// Throttles so far: how much longer the intervals are, and since when.
    slow: Option<(f64, Instant)>,
}

/// What a source asks for.
#[derive(Clone, Copy, Debug)]
struct Demand {
    /// Pages of a poll.
    pages: f64,
    /// How far apart its polls would be if there were no quota.
    wish: Duration,
}

impl Demand {
    /// Requests a second.
    fn rate(self) -> f64 {
        self.pages / self.wish.as_secs_f64()
    }
}

/// The pace of an account and Region.
#[derive(Debug)]
pub struct Pace {
    /// Requests a second, over all sources.
    rate: f64,
    seats: Mutex<Seats>,
}

impl Pace {
    /// `rate`: what the budget lets through, in requests a second.
    pub fn new(rate: f64) -> Self {
        Self { rate: rate * SHARE, seats: Mutex::default() }
    }

    /// A place among the sources that are polled.
    pub fn enter(self: &Arc<Self>, wish: Duration) -> Seat {
        let mut seats = self.seats.lock();
        let id = seats.next;
        seats.next += 1;
        seats.seats.insert(id, Demand { pages: 1.0, wish });
        Seat { pace: Arc::clone(self), id }
    }

    /// The rate that each source may have: who needs less leaves the rest to the others.
    fn fair(&self, seats: &Seats) -> f64 {
        let mut rates: Vec<f64> = seats.seats.values().map(|demand| demand.rate()).collect();
        rates.sort_by(f64::total_cmp);
        let (mut left, mut sources) = (self.rate, rates.len() as f64);
        for rate in rates {
            if rate * sources > left {
                return left / sources;
            }
            left -= rate;
            sources -= 1.0;
        }
        f64::INFINITY
    }
}

/// A source's place in a [`Pace`]; it leaves when this is dropped.
#[derive(Debug)]
pub struct Seat {
    pace: Arc<Pace>,
    id: u64,
}

impl Seat {
    pub fn is_of(&self, pace: &Arc<Pace>) -> bool {
        Arc::ptr_eq(&self.pace, pace)
    }

    /// How far apart this source's polls are to be now.
    pub fn interval(&self) -> Duration {
        let mut seats = self.pace.seats.lock();
        let now = Instant::now();
        if let Some((slow, since)) = seats.slow {
            let calm = now.saturating_duration_since(since).as_secs_f64() / CALM.as_secs_f64();
            let left = slow / 2f64.powf(calm.floor());
            seats.slow = if left <= 1.0 { None } else { Some((left, since + CALM.mul_f64(calm.floor()))) };
        }
        let Some(demand) = seats.seats.get(&self.id) else { return LONGEST };
        let fair = Duration::from_secs_f64(demand.pages / self.pace.fair(&seats));
        let interval = demand.wish.max(fair);
        match seats.slow {
            None => interval,
            Some((slow, _)) => interval.mul_f64(slow).min(LONGEST.max(interval)),
        }
    }

    pub fn set_wish(&self, wish: Duration) {
        if let Some(demand) = self.pace.seats.lock().seats.get_mut(&self.id) {
            demand.wish = wish;
        }
    }

    /// A poll took so many pages.
    pub fn polled(&self, pages: usize) {
        if let Some(demand) = self.pace.seats.lock().seats.get_mut(&self.id) {
            let pages = pages.max(1) as f64;
            // More is known at once, or a poll of many pages would be repeated too soon.
            demand.pages = if pages > demand.pages { pages } else { demand.pages + WEIGHT * (pages - demand.pages) };
        }
    }

    /// AWS asked for fewer requests.
    pub fn throttled(&self) {
        let mut seats = self.pace.seats.lock();
        let now = Instant::now();
        seats.slow = match seats.slow {
            Some((slow, since)) if now.saturating_duration_since(since) < ONE_THROTTLE => Some((slow, since)),
            Some((slow, _)) => Some(((slow * 2.0).min(SLOWEST), now)),
            None => Some((2.0, now)),
        };
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.pace.seats.lock().seats.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WISH: Duration = Duration::from_secs(2);

    /// Requests a second of all of them together.
    fn rate(seats: &[Seat]) -> f64 {
        let pages = |seat: &Seat| seat.pace.seats.lock().seats[&seat.id].pages;
        seats.iter().map(|seat| pages(seat) / seat.interval().as_secs_f64()).sum()
    }

    #[test]
    fn few_sources_have_their_wish_and_many_share() {
        let pace = Arc::new(Pace::new(2.5));
        let mut seats: Vec<Seat> = (0..4).map(|_| pace.enter(WISH)).collect();
        assert!(seats.iter().all(|seat| seat.interval() == WISH), "2 a second, of 2");
        seats.extend((0..36).map(|_| pace.enter(WISH)));
        assert!(seats.iter().all(|seat| seat.interval() == Duration::from_secs(20)));
        assert!((rate(&seats) - 2.0).abs() < 0.01);
        seats.truncate(1);
        assert_eq!(seats[0].interval(), WISH, "whoever leaves leaves room");
    }

    #[test]
    fn a_source_of_many_pages_waits_and_the_others_do_not() {
        let pace = Arc::new(Pace::new(2.5));
        let seats: Vec<Seat> = (0..3).map(|_| pace.enter(WISH)).collect();
        seats[0].polled(50);
        assert_eq!(seats[1].interval(), WISH);
        assert_eq!(seats[2].interval(), WISH);
        assert_eq!(seats[0].interval(), Duration::from_secs(50), "what the others leave: 1 a second");
        assert!((rate(&seats) - 2.0).abs() < 0.01);
        for _ in 0..30 {
            seats[0].polled(1);
        }
        assert_eq!(seats[0].interval(), WISH, "a burst is soon forgotten");
    }

    #[test]
    fn those_that_live_tail_feeds_leave_room() {
        let pace = Arc::new(Pace::new(2.5));
        let seats: Vec<Seat> = (0..8).map(|_| pace.enter(WISH)).collect();
        assert_eq!(seats[7].interval(), Duration::from_secs(4));
        for seat in &seats[..6] {
            seat.set_wish(Duration::from_secs(30));
        }
        assert_eq!((seats[0].interval(), seats[7].interval()), (Duration::from_secs(30), WISH));
    }

    #[tokio::test(start_paused = true)]
    async fn throttles_slow_everyone_and_are_forgotten() {
        let pace = Arc::new(Pace::new(6.25));
        let seats: Vec<Seat> = (0..3).map(|_| pace.enter(WISH)).collect();
        for seat in &seats {
            seat.throttled();
        }
        assert!(seats.iter().all(|seat| seat.interval() == 2 * WISH), "three refusals at once are one");
        for _ in 0..10 {
            tokio::time::advance(Duration::from_secs(3)).await;
            seats[0].throttled();
        }
        assert_eq!(seats[2].interval(), Duration::from_secs(32));
        tokio::time::advance(Duration::from_secs(45)).await;
        assert_eq!(seats[2].interval(), Duration::from_secs(8));
        tokio::time::advance(Duration::from_secs(45)).await;
        assert_eq!(seats[2].interval(), WISH);
    }
}
