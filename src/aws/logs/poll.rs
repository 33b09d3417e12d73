//! The tail of one source by polling: its newest lines, then windows that overlap the one before, so
//! that what CloudWatch got late is not lost. A poll that fails moves nothing on: the next one begins
//! where the last good one ended.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::page::{BACKWARDS_SINCE, Span, Tries, emit, page};
use super::sources::Streams;
use super::tail::{Post, Scene};
use crate::aws::logs::pace::Seat;
use crate::aws::prelude::*;
use crate::domain::log::{LogEvent, LogPiece};
use crate::logs::event::EventId;

/// Lines that a first screen has at most, from each source.
const FIRST: usize = 500;
/// How far back the first screen looks, in milliseconds, until it has enough: a quiet group should
/// not cost a search of a week, nor show nothing.
const LOOKS: [i64; 3] = [15 * 60_000, 6 * 3_600_000, 7 * 86_400_000];
/// Pages of one look: CloudWatch gives empty ones while it searches.
const PAGES: usize = 40;
/// Between two polls of a source, where the quota allows.
pub const EVERY: Duration = Duration::from_secs(2);
/// The same while Live Tail tells its lines, for those that came late or were left out. Below this
/// nothing is gained but cost.
const FILL_EVERY: Duration = Duration::from_secs(30);
/// What a poll looks back behind the last one, in milliseconds; and now and then, for lines that
/// CloudWatch gets late (it has no filter by ingestion: who polls from the newest never sees them).
const OVERLAP: i64 = 10_000;
const DEEP_OVERLAP: i64 = 120_000;
const DEEP_EVERY: Duration = Duration::from_secs(30);
/// A deep poll takes no more than one part in so many of the time.
const DEEP_PART: u32 = 8;
/// After faults, doubling.
const LEAST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Failures after which the place in a window is given up and the window begun again.
const STUBBORN: u32 = 3;
/// Ids that are remembered of a source, so that overlaps are told once. The engine forgets doubles
/// too; this only spares it the work.
const REMEMBERED: usize = 200_000;

/// How a source is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By polls alone.
    Polled,
    /// Live Tail tells its lines, polls fill in the rest.
    Live,
    /// Live Tail tells a sample, polls tell all.
    Sampled,
    /// It is no part of what was asked any more.
    Over,
}

/// How long to wait after so many failures in a row.
pub fn after(failures: u32) -> Duration {
    let bound = LEAST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(6)).min(LONGEST_WAIT);
    bound.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// Milliseconds since 1970, by our clock.
pub fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// A poll under way. Times are milliseconds by our clock.
#[derive(Debug)]
struct Window {
    begun: i64,
    from: i64,
    deep: bool,
    /// Of the next page; lives for a day (API reference).
    token: Option<String>,
    pages: usize,
    started: Instant,
}

/// The tail of one source.
pub struct Tail<'a> {
    scene: &'a Scene<'a>,
    streams: Streams,
    post: Arc<Post>,
    mode: watch::Receiver<Mode>,
    seat: Option<Seat>,
    /// Everything before it was told; milliseconds by our clock, as are all times here.
    until: i64,
    /// The same of deep polls.
    deep_until: i64,
    deep_due: Instant,
    /// The newest lines were told once.
    has_first: bool,
    window: Option<Window>,
    /// When the ids seen happened.
    seen: HashMap<EventId, i64>,
    failures: u32,
    /// How far AWS's clock, by which lines are told, was from ours of late.
    skew: i64,
}

impl<'a> Tail<'a> {
    pub fn new(scene: &'a Scene<'a>, streams: Streams, post: Arc<Post>) -> Self {
        let mode = post.mode.subscribe();
        Self {
            scene,
            streams,
            post,
            mode,
            seat: None,
            until: scene.begun,
            deep_until: scene.begun,
            deep_due: Instant::now() + DEEP_EVERY,
            has_first: false,
            window: None,
            seen: HashMap::new(),
            failures: 0,
            skew: 0,
        }
    }

    /// Until the source is no part of the tail any more.
    pub async fn run(mut self) {
        let mut mode = self.post.mode.subscribe();
        tokio::select! {
            () = self.work() => {}
            _ = mode.wait_for(|mode| *mode == Mode::Over) => {}
        }
    }

    async fn work(&mut self) {
        loop {
            let done = self.read().await;
            let ended = Instant::now();
            match done {
                Ok(at) => {
                    self.failures = 0;
                    let source = self.streams.source();
                    self.scene.sink.emit(Answer::Logs(LogPiece::Until { source, at })).await;
                }
                Err(fault) => {
                    self.failures += 1;
                    if let Some(seat) = self.seat.as_ref().filter(|_| fault.kind == FaultKind::Throttled) {
                        seat.throttled();
                    }
                    let (source, since) = (self.streams.source(), self.until + self.skew);
                    self.scene.sink.emit(Answer::Logs(LogPiece::Broken { source, since, fault })).await;
                }
            }
            self.scene.mark_looked_at(&self.post).await;
            self.rest(ended).await;
        }
    }

    /// One reading; until which moment everything is told now.
    async fn read(&mut self) -> Result<i64, Fault> {
        let session = self.scene.session().await?;
        let tails = Arc::clone(&session.budget().tails);
        if !self.seat.as_ref().is_some_and(|seat| seat.is_of(&tails)) {
            self.seat = Some(tails.enter(self.wish()));
        }
        if self.has_first {
            self.poll(&session).await?
        } else {
            self.newest(&session).await?
        };
        self.skew = session.skew();
        Ok(self.until + self.skew)
    }

    fn wish(&self) -> Duration {
        if *self.mode.borrow() == Mode::Live { FILL_EVERY } else { EVERY }
    }

    /// Waits for the next turn, which a change of mode brings near: when Live Tail begins or ends,
    /// what lies between its lines and those of the last poll is asked for at once.
    async fn rest(&mut self, ended: Instant) {
        let wish = self.wish();
        let paced = self.seat.as_ref().map_or(wish, |seat| {
            seat.set_wish(wish);
            seat.interval()
        });
        self.post.set_interval(paced);
        self.scene.emit_pace().await;
        let wait = if self.failures == 0 { paced } else { paced.max(after(self.failures)) };
        tokio::select! {
            () = tokio::time::sleep_until(ended + wait.mul_f64(0.9 + fastrand::f64() / 5.0)) => {}
            // The sender lives as long as the post does.
            _ = self.mode.changed() => {}
        }
    }

    /// The newest lines, looking back further while there are few. What a first screen leaves out
    /// comes with the history, which begins where all sources are told: so a source that comes later
    /// is read back to there.
    async fn newest(&mut self, session: &Session) -> Result<(), Fault> {
        let begun = now();
        let (mut back, mut until) = (begun, begun);
        let reach = self.scene.back().map(|back| begun + session.skew() - back);
        let (looks, enough) = match &reach {
            Some(reach) => (std::slice::from_ref(reach), usize::MAX),
            None => (LOOKS.as_slice(), FIRST),
        };
        for look in looks {
            let from = begun + session.skew() - look;
            // A page as large as AWS makes them, where all is wanted.
            let limit = i32::try_from(enough).ok();
            let span = Span { from, to: None, backwards: true, limit };
            let (mut token, mut oldest, mut newest) = (None, None, i64::MIN);
            let (mut count, mut backwards) = (0, true);
            for _ in 0..PAGES {
                let (events, next) = page(session, &self.streams, span, token, Tries::Several).await?;
                let (first, last) = (events.first().map(|event| event.at), events.last().map(|event| event.at));
                // Some emulators tell the oldest first whatever is asked; stopping there would leave
                // a gap.
                backwards &= first >= last;
                oldest = oldest.into_iter().chain(events.iter().map(|event| event.at)).min();
                newest = events.iter().map(|event| event.at).fold(newest, i64::max);
                count += events.len();
                self.emit(events).await;
                token = next;
                if token.is_none() || (count >= enough && backwards) {
                    break;
                }
            }
            back = match (&token, oldest) {
                (None, _) => from.max(BACKWARDS_SINCE),
                // Of its millisecond there may be more on the next page.
                (Some(_), Some(oldest)) if backwards => oldest + 1,
                (Some(_), _) => begun + session.skew(),
            };
            if token.is_some() && !backwards {
                until = until.min(newest.saturating_sub(session.skew()));
            }
            if count >= FIRST / 5 {
                break;
            }
        }
        if let Some(seat) = &self.seat {
            seat.polled(1);
        }
        self.has_first = true;
        self.post.set_back(back);
        // A source that joined later, or could not be read at first, is read from the tail's own
        // beginning on: the first screen may have left lines out since.
        let is_late = self.failures > 0 || self.scene.is_caught_up();
        self.until = if is_late { self.scene.begun } else { until };
        self.deep_until = self.until;
        Ok(())
    }

    async fn poll(&mut self, session: &Session) -> Result<(), Fault> {
        let mut window = self.window.take().unwrap_or_else(|| {
            let deep = Instant::now() >= self.deep_due;
            let from =
                if deep { (self.deep_until - DEEP_OVERLAP).min(self.until - OVERLAP) } else { self.until - OVERLAP };
            Window { begun: now(), from, deep, token: None, pages: 0, started: Instant::now() }
        });
        loop {
            let span = Span { from: window.from + session.skew(), to: None, backwards: false, limit: None };
            match page(session, &self.streams, span, window.token.clone(), Tries::One).await {
                Ok((events, next)) => {
                    self.emit(events).await;
                    window.pages += 1;
                    window.token = next;
                    if window.token.is_none() {
                        break;
                    }
                }
                Err(fault) => {
                    // A long window goes on where it failed, unless the failure is the token's.
                    if window.token.is_some() && fault.kind != FaultKind::Invalid && self.failures < STUBBORN {
                        self.window = Some(window);
                    }
                    return Err(fault);
                }
            }
        }
        if let Some(seat) = &self.seat {
            // A deep poll is counted as what it takes of the time.
            let part = if window.deep { DEEP_PART as usize } else { 1 };
            seat.polled(window.pages.div_ceil(part));
        }
        if window.deep {
            self.deep_until = window.begun;
            self.deep_due = Instant::now() + DEEP_EVERY.max(window.started.elapsed() * DEEP_PART);
        }
        self.until = window.begun;
        let horizon = window.begun.min(self.deep_until) + session.skew() - 2 * DEEP_OVERLAP;
        self.seen.retain(|_, at| *at >= horizon);
        Ok(())
    }

    /// Tells what was not told before.
    async fn emit(&mut self, events: Vec<LogEvent>) {
        let is_new = |event: &LogEvent| self.seen.insert(EventId::of(&event.id), event.at).is_none();
        let new: Vec<LogEvent> = events.into_iter().filter(is_new).collect();
        if self.seen.len() > REMEMBERED {
            self.seen.clear();
        }
        emit(self.scene.sink, new).await;
    }
}
