//! Logs Insights over the lines that the estate writes: the commands that people use. What else
//! Insights knows is refused by its name, and never passes in silence.

mod parse;
mod run;

use super::logs;
use super::model::Estate;
use crate::domain::Timestamp;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::insights::{InsightsPiece, InsightsQuery, QueryStatus, Statistics};
use crate::domain::log::{LogEvent, LogSource};
use crate::domain::text::Text;
use parse::Pipeline;

/// How far back the demo keeps lines, in milliseconds: more would take long to make up.
const KEPT: i64 = 3 * 3600 * 1000;
/// What CloudWatch counts for an event besides its text (CloudWatch Logs quotas, "Event size").
const OVERHEAD: usize = 26;

/// What a query wrote that cannot be read, and which characters of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    pub said: String,
    pub at: (usize, usize),
}

/// A query with the lines that it searches.
pub struct Search {
    events: Vec<LogEvent>,
    account: &'static str,
    limit: usize,
    pipeline: Pipeline,
}

/// Reads the query and takes the lines; the piece that says why not.
///
/// # Errors
/// A source does not exist, or writes nothing to CloudWatch Logs.
pub fn prepare(
    estate: &Estate,
    query: &InsightsQuery,
    now: Timestamp,
) -> Result<(InsightsPiece, Result<Search, InsightsPiece>), Fault> {
    let found: Result<Vec<_>, Fault> = query.sources.iter().map(|source| logs::resolve(estate, source)).collect();
    let found: Vec<LogSource> = found?.concat();
    let mut groups: Vec<Text> = (found.iter().cloned())
        .filter_map(|source| match source {
            LogSource::Group(group) | LogSource::Streams { group, .. } => Some(group),
            LogSource::Matching(_) | LogSource::Resource(..) => None,
        })
        .collect();
    groups.sort();
    groups.dedup();
    let search = match parse::pipeline(query.text.as_str()) {
        Err(Wrong { said, at }) => {
            let fault = Fault::new(FaultKind::Invalid, "logs:StartQuery", said);
            Err(InsightsPiece::Malformed { fault, at: Some(at) })
        }
        Ok(pipeline) => {
            let from = (query.from * 1000).max(now.as_millisecond() - KEPT);
            // Both ends are inclusive, by the second.
            let to = ((query.to + 1) * 1000).min(now.as_millisecond());
            let mut events = logs::written(estate, &found, from, to);
            // Without a sort the newest come first.
            events.reverse();
            Ok(Search { events, account: estate.account, limit: query.limit() as usize, pipeline })
        }
    };
    Ok((InsightsPiece::Groups(groups), search))
}

/// The steps in which a search tells how far it is.
pub const STEPS: usize = 4;

impl Search {
    /// What it tells at a step, from 0; at the last it is complete.
    pub fn step(&self, step: usize) -> Vec<InsightsPiece> {
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
