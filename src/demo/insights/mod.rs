//! Logs Insights over the lines that the estate writes: the commands that saved queries need. What else
//! Insights knows is refused by its name, and never passes in silence.

mod parse;
mod run;

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::{Shared, logs};
use crate::demo::prelude::*;
use crate::domain::insights::{InsightsPiece, InsightsQuery, QueryStatus, Statistics};
use crate::domain::log::LogEvent;
use crate::domain::ops;
use parse::Command;

/// How far back the demo keeps lines, in milliseconds, and how many about: more would take long to
/// make up.
const KEPT: i64 = 3 * 3600 * 1000;
const LINES: usize = 100_000;
/// What CloudWatch counts for an event besides its text (CloudWatch Logs quotas, "Event size").
const OVERHEAD: usize = 26;
/// Between two steps.
const PACE: Duration = Duration::from_millis(700);

/// What a query wrote that cannot be read, and which characters of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    pub said: String,
    pub at: (usize, usize),
}

/// A query with the lines that it searches.
struct Search {
    events: Vec<LogEvent>,
    account: &'static str,
    limit: usize,
    pipeline: Vec<Command>,
}

/// Answers a query in steps, as AWS takes its time; by a manual clock all of them at once.
pub fn search(
    shared: Arc<Shared>,
    env: Environment,
    query: InsightsQuery,
) -> BoxStream<'static, Result<Answer, Fault>> {
    let begin = async move {
        let prepared = match shared.inject_faults(&env, ops::logs::START_QUERY).await {
            Ok(()) => shared.with(&env, |estate, _, now| prepare(estate, &query, now)).flatten(),
            Err(fault) => Err(fault),
        };
        shared.calls.fetch_add(1, Ordering::Relaxed);
        let (groups, search) = match prepared {
            Ok((groups, search)) => (stream::iter([Ok(Answer::Insights(InsightsPiece::Groups(groups)))]), search),
            Err(fault) => return stream::iter([Err(fault)]).boxed(),
        };
        let search = match search {
            Ok(search) => search,
            Err(Wrong { said, at }) => {
                let fault = Fault::new(FaultKind::Invalid, "logs:StartQuery", said);
                let refused = InsightsPiece::Malformed { fault, at: Some(at) };
                return groups.chain(stream::iter([Ok(Answer::Insights(refused))])).boxed();
            }
        };
        let steps = stream::unfold((shared, search, 0), |(shared, search, step)| async move {
            if step == STEPS {
                return None;
            }
            if !shared.clock.is_manual() {
                tokio::time::sleep(PACE).await;
            }
            shared.calls.fetch_add(1, Ordering::Relaxed);
            let pieces = search.step(step).into_iter().map(|piece| Ok(Answer::Insights(piece)));
            Some((stream::iter(pieces), (shared, search, step + 1)))
        });
        groups.chain(steps.flatten()).boxed()
    };
    stream::once(begin).flatten().boxed()
}

/// The groups that are searched, and the lines of them; or what is wrong with the query.
fn prepare(
    estate: &Estate,
    query: &InsightsQuery,
    now: Timestamp,
) -> Result<(Vec<Text>, Result<Search, Wrong>), Fault> {
    let mut groups = Vec::new();
    for source in &query.sources {
        groups.extend(logs::resolve(estate, source)?.into_iter().filter_map(|source| match source {
            LogSource::Group(group) | LogSource::Streams { group, .. } => Some(group),
            LogSource::Matching(_) | LogSource::Resource(..) => None,
        }));
    }
    groups.sort();
    groups.dedup();
    let from = (query.from * 1000).max(now.as_millisecond() - KEPT);
    // Both ends are inclusive, by the second.
    let to = ((query.to + 1) * 1000).min(now.as_millisecond());
    let search = parse::pipeline(query.text.as_str()).map(|pipeline| {
        let sources: Vec<LogSource> = groups.iter().cloned().map(LogSource::Group).collect();
        let mut events = logs::newest(estate, &sources, (from, to), LINES).0;
        // Without a sort the newest come first.
        events.reverse();
        Search { events, account: estate.place.account, limit: query.limit() as usize, pipeline }
    });
    Ok((groups, search))
}

/// The steps in which a search tells how far it is.
const STEPS: usize = 4;

impl Search {
    /// What it tells at a step, from 0; at the last it is complete.
    fn step(&self, step: usize) -> Vec<InsightsPiece> {
        if step == 0 {
            return vec![InsightsPiece::Progress(QueryStatus::Scheduled, Statistics::default())];
        }
        let part = &self.events[..self.events.len() * step / (STEPS - 1)];
        let (rows, matched) = run::run(&self.pipeline, part, self.account, self.limit);
        let bytes: usize = part.iter().map(|event| event.line.as_raw().len() + OVERHEAD).sum();
        let statistics = Statistics { scanned: part.len() as u64, matched, bytes: bytes as u64 };
        let status = if step + 1 < STEPS { QueryStatus::Running } else { QueryStatus::Complete };
        vec![InsightsPiece::Rows(rows), InsightsPiece::Progress(status, statistics)]
    }
}
