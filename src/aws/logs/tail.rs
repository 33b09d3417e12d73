//! A tail: the newest lines at once, then polling over a window that overlaps the one before, so
//! that what CloudWatch got late is not lost. It ends with its stream and by nothing else.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::page::{Span, page};
use super::sources::{Streams, resolve};
use crate::aws::budget::Urgency;
use crate::aws::session::Session;
use crate::aws::tell::Teller;
use crate::domain::Timestamp;
use crate::domain::fault::Fault;
use crate::domain::log::{LogEvent, LogPiece, LogSource};
use crate::domain::query::Answer;

/// Lines that a first screen has at most, from each source.
const FIRST: usize = 500;
/// How far back the first screen looks, in milliseconds, until it has enough: a quiet group should
/// not cost a search of a week, nor show nothing.
const LOOKS: [i64; 3] = [15 * 60_000, 6 * 3_600_000, 7 * 86_400_000];
/// Pages of one look: CloudWatch gives empty ones while it searches.
const PAGES: usize = 40;
/// Between two polls of a source.
const EVERY: Duration = Duration::from_secs(2);
/// What a poll looks back behind the last one, in milliseconds; and now and then, for lines that
/// CloudWatch gets late (DOMAIN: a late line is never seen again by who polls from the newest).
const OVERLAP: i64 = 10_000;
const DEEP_OVERLAP: i64 = 120_000;
const DEEP_EVERY: Duration = Duration::from_secs(30);
/// Between two looks at what the sources are made of: tasks of a new definition join by that.
const RESOLVE_EVERY: Duration = Duration::from_secs(60);
/// After faults, doubling.
const LEAST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Ids that are remembered of a source, so that overlaps are told once.
const REMEMBERED: usize = 200_000;
/// Lines told in one piece.
const BATCH: usize = 512;

fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Follows the sources until nobody listens.
pub async fn follow(session: &Session, sources: &[LogSource], teller: &Teller) {
    let mut known: BTreeSet<Streams> = BTreeSet::new();
    let mut running = FuturesUnordered::new();
    let mut failures = 0;
    loop {
        let mut found = Vec::new();
        let mut fault = None;
        for source in sources {
            match resolve(session, source).await {
                Ok(streams) => found.extend(streams),
                Err(why) => fault = Some(why),
            }
        }
        let new: Vec<Streams> = found.into_iter().filter(|streams| known.insert(streams.clone())).collect();
        if !new.is_empty() {
            let all = known.iter().map(Streams::source).collect();
            teller.tell(Answer::Logs(LogPiece::Sources(all))).await;
            running.extend(new.into_iter().map(|streams| Tail::new(streams).run(session, teller)));
        }
        let wait = match fault {
            None => {
                failures = 0;
                RESOLVE_EVERY
            }
            Some(fault) => {
                teller.fail(fault).await;
                failures += 1;
                after(failures)
            }
        };
        let pause = tokio::time::sleep(wait);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                // A tail does not end by itself.
                Some(()) = running.next(), if !running.is_empty() => {}
            }
        }
    }
}

fn after(failures: u32) -> Duration {
    let bound = LEAST_WAIT.saturating_mul(1 << failures.min(6)).min(LONGEST_WAIT);
    bound.mul_f64(0.5 + fastrand::f64() / 2.0)
}

/// The tail of one source.
struct Tail {
    streams: Streams,
    /// Everything before it was told; milliseconds.
    until: i64,
    /// When the ids seen happened.
    seen: HashMap<crate::domain::text::Text, i64>,
    deep: Instant,
}

impl Tail {
    fn new(streams: Streams) -> Self {
        Self { streams, until: now(), seen: HashMap::new(), deep: Instant::now() }
    }

    async fn run(mut self, session: &Session, teller: &Teller) {
        let mut failures = 0;
        let mut first = true;
        loop {
            let done = if first { self.newest(session, teller).await } else { self.poll(session, teller).await };
            let wait = match done {
                Ok(()) => {
                    if std::mem::take(&mut first) {
                        teller.tell(Answer::Logs(LogPiece::CaughtUp)).await;
                    }
                    failures = 0;
                    EVERY
                }
                // Nothing moves on: the next poll begins where the last good one ended.
                Err(fault) => {
                    teller.fail(fault).await;
                    failures += 1;
                    after(failures)
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// The newest lines, looking back further while there are few.
    async fn newest(&mut self, session: &Session, teller: &Teller) -> Result<(), Fault> {
        let begun = now();
        let mut count = 0;
        for back in LOOKS {
            let span = Span { from: begun - back, to: None, backwards: true, limit: i32::try_from(FIRST).ok() };
            let mut token = None;
            for _ in 0..PAGES {
                let (events, next) = page(session, &self.streams, span, token, Urgency::Now).await?;
                // Emulators tell the oldest first whatever is asked; stopping there would leave a gap.
                let backwards = events.first().zip(events.last()).is_none_or(|(first, last)| first.at >= last.at);
                count += self.tell(events, teller).await;
                token = next;
                if token.is_none() || (count >= FIRST && backwards) {
                    break;
                }
            }
            if count >= FIRST / 5 {
                break;
            }
        }
        self.until = begun;
        teller.tell(Answer::Logs(LogPiece::Until { source: self.streams.source(), at: begun })).await;
        Ok(())
    }

    async fn poll(&mut self, session: &Session, teller: &Teller) -> Result<(), Fault> {
        let begun = now();
        let deep = self.deep.elapsed() >= DEEP_EVERY;
        let from = self.until - if deep { DEEP_OVERLAP } else { OVERLAP };
        let span = Span { from, to: None, backwards: false, limit: None };
        let mut token = None;
        loop {
            let (events, next) = page(session, &self.streams, span, token, Urgency::Now).await?;
            self.tell(events, teller).await;
            token = next;
            if token.is_none() {
                break;
            }
        }
        if deep {
            self.deep = Instant::now();
        }
        self.until = begun;
        let horizon = begun - 2 * DEEP_OVERLAP;
        self.seen.retain(|_, at| *at >= horizon);
        teller.tell(Answer::Logs(LogPiece::Until { source: self.streams.source(), at: begun })).await;
        Ok(())
    }

    /// Tells what was not told before; how many those are.
    async fn tell(&mut self, events: Vec<LogEvent>, teller: &Teller) -> usize {
        let mut new: Vec<LogEvent> =
            events.into_iter().filter(|event| self.seen.insert(event.id.clone(), event.at).is_none()).collect();
        if self.seen.len() > REMEMBERED {
            // The engine forgets doubles too; this only spares it the work.
            self.seen.clear();
        }
        let count = new.len();
        while !new.is_empty() {
            let rest = new.split_off(new.len().min(BATCH));
            teller.tell(Answer::Logs(LogPiece::Events(std::mem::replace(&mut new, rest)))).await;
        }
        count
    }
}
