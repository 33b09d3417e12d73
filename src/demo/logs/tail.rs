//! A tail as CloudWatch would tell it: the newest lines at once, then what is ingested, with the
//! troubles of the scenario.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::super::Shared;
use super::{before, ingested, pieces, resolve};
use crate::demo::prelude::*;
use crate::domain::log::{LiveSession, LogPiece};

/// Between two looks, and between two updates of Live Tail.
const POLL: Duration = Duration::from_millis(500);
const UPDATE: Duration = Duration::from_secs(1);
/// In the flood: half a second of it would keep the thread for so long that other tasks wait.
const FLOOD_POLL: Duration = Duration::from_millis(40);
/// Before something that failed is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// The most events of one update; above it CloudWatch tells a sample (StartLiveTail).
const SAMPLE: usize = 500;
/// In the scenario `throttled` the first source of a tail is not answered for so long in each
/// round; seconds.
const OUTAGE: std::ops::Range<i64> = 20..32;
const ROUND: i64 = 60;

type Pieces = Vec<Result<Answer, Fault>>;

/// A tail that runs.
struct Tail {
    shared: Arc<Shared>,
    env: Environment,
    sources: Vec<LogSource>,
    live: Option<LiveSession>,
    wants_live: bool,
    /// What the sources turned out to be, and until when each has been told (milliseconds).
    untils: BTreeMap<LogSource, i64>,
    wait: Option<Duration>,
}

/// The tail of some sources; it has no end.
pub fn tail(
    shared: Arc<Shared>,
    env: Environment,
    sources: Vec<LogSource>,
    live: bool,
) -> BoxStream<'static, Result<Answer, Fault>> {
    let tail = Tail { shared, env, sources, live: None, wants_live: live, untils: BTreeMap::new(), wait: None };
    stream::unfold(tail, |mut tail| async move {
        if let Some(wait) = tail.wait {
            tail.shared.clock.sleep(wait).await;
        }
        let told = tail.look();
        Some((stream::iter(told), tail))
    })
    .flatten()
    .boxed()
}

impl Tail {
    fn look(&mut self) -> Pieces {
        self.wait = Some(match self.wants_live {
            true => UPDATE,
            false if self.shared.scenario.name == "flood" => FLOOD_POLL,
            false => POLL,
        });
        if let Some(fault) = self.shared.expired(&self.env) {
            self.wait = Some(RETRY);
            return vec![Err(fault)];
        }
        let shared = self.shared.clone();
        let told = shared.with(&self.env.clone(), |estate, _, now| {
            shared.calls.fetch_add(1, Ordering::Relaxed);
            let now = now.as_millisecond();
            if self.untils.is_empty() { self.first(estate, now) } else { self.next(estate, now) }
        });
        told.unwrap_or_else(|fault| {
            self.wait = Some(RETRY);
            vec![Err(fault)]
        })
    }

    /// What there is to read, and the newest lines of it.
    fn first(&mut self, estate: &Estate, now: i64) -> Pieces {
        let mut faults = Vec::new();
        for source in &self.sources {
            match resolve(estate, source) {
                Ok(found) => self.untils.extend(found.into_iter().map(|source| (source, now))),
                Err(fault) => {
                    let broken = LogPiece::Broken { source: source.clone(), since: now, fault };
                    faults.push(Ok(Answer::Logs(broken)));
                }
            }
        }
        if self.untils.is_empty() {
            self.wait = Some(RETRY);
            return faults;
        }
        let found: Vec<LogSource> = self.untils.keys().cloned().collect();
        let mut told = vec![LogPiece::Sources(found.clone())];
        let whole: Vec<LogSource> = found.iter().skip(usize::from(self.is_out(now))).cloned().collect();
        let (mut events, mut back) = before(estate, &whole, now);
        events.retain(|event| event.ingested < now);
        told.extend(pieces(events));
        if let (true, Some(source)) = (self.is_out(now), found.first()) {
            let since = self.outage(now);
            let (events, from) = before(estate, std::slice::from_ref(source), since);
            back = back.max(from);
            self.untils.insert(source.clone(), since);
            told.extend(pieces(events.into_iter().filter(|event| event.ingested < since).collect()));
        }
        told.push(LogPiece::Back(back));
        if self.wants_live {
            self.live = Some(LiveSession { since: now, sessions: found.len().div_ceil(10), sampled: 0 });
        }
        told.extend([LogPiece::Live(self.live), LogPiece::CaughtUp]);
        told.extend(self.news(estate, now));
        told.into_iter().map(|piece| Ok(Answer::Logs(piece))).chain(faults).collect()
    }

    fn next(&mut self, estate: &Estate, now: i64) -> Pieces {
        self.news(estate, now).into_iter().map(|piece| Ok(Answer::Logs(piece))).collect()
    }

    /// What was ingested since each source was told, or why one cannot be read.
    fn news(&mut self, estate: &Estate, now: i64) -> Vec<LogPiece> {
        let is_out = self.is_out(now);
        let (mut told, mut events) = (Vec::new(), Vec::new());
        for (place, (source, until)) in self.untils.iter_mut().enumerate() {
            if is_out && place == 0 {
                let fault = Fault::new(FaultKind::Throttled, "logs:FilterLogEvents", "Rate exceeded");
                self.shared.throttled.fetch_add(1, Ordering::Relaxed);
                told.push(LogPiece::Broken { source: source.clone(), since: *until, fault });
                continue;
            }
            events.extend(ingested(estate, std::slice::from_ref(source), *until, now));
            *until = now;
            told.push(LogPiece::Until { source: source.clone(), at: now });
        }
        if let Some(live) = self.live.as_mut().filter(|_| events.len() > SAMPLE) {
            let step = events.len() / SAMPLE + 1;
            events = events.into_iter().step_by(step).collect();
            live.sampled += 1;
            told.push(LogPiece::Live(Some(*live)));
        }
        pieces(events).chain(told).collect()
    }

    /// The first source is not answered now.
    fn is_out(&self, now: i64) -> bool {
        self.shared.scenario.name == "throttled" && OUTAGE.contains(&self.second(now))
    }

    /// When the outage of now began, in milliseconds.
    fn outage(&self, now: i64) -> i64 {
        now - (self.second(now) - OUTAGE.start) * 1000
    }

    /// The second of the round.
    fn second(&self, now: i64) -> i64 {
        ((now - self.shared.clock.start().as_millisecond()) / 1000).rem_euclid(ROUND)
    }
}
