//! A query of Logs Insights: started once, looked at until it ends, and stopped when nobody listens
//! any more, for it costs by what it scans.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::config::Builder;
use aws_sdk_cloudwatchlogs::config::retry::RetryConfig;
use aws_sdk_cloudwatchlogs::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_cloudwatchlogs::operation::start_query::StartQueryError;
use aws_sdk_cloudwatchlogs::types::QueryStatus as SdkStatus;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::future::{BoxFuture, FutureExt, join_all};
use parking_lot::Mutex;
use tokio::time::{Instant, sleep};

use super::client;
use super::sources::{MOST, resolve};
use crate::aws::fault;
use crate::aws::prelude::*;
use crate::domain::insights::{InsightsPiece, InsightsQuery, MAX_GROUPS, QueryStatus, Rows, Statistics};
use crate::domain::ops::logs::{GET_QUERY_RESULTS, START_QUERY, STOP_QUERY};

/// How often a query is started that AWS refuses because too many run, or because it throttles.
const STARTS: u32 = 6;
/// Before the second start; it doubles.
const START_AGAIN: Duration = Duration::from_secs(1);
/// Faults in a row after which the status of a query is not asked for any more.
const FAULTS: u32 = 6;
/// AWS ends a query after 60 minutes (CloudWatch Logs quotas); one that does not end by then is left.
const LONGEST: Duration = Duration::from_secs(61 * 60);

/// Between two looks: quick at first, when most queries end, and calm later.
fn pace(since: Duration) -> Duration {
    Duration::from_millis(match since.as_secs() {
        0..3 => 400,
        3..15 => 800,
        _ => 2000,
    })
}

/// Why a query was not started.
struct NotStarted {
    fault: Fault,
    /// AWS said no for now, and did not start it.
    again: bool,
    /// It cannot be read, there.
    malformed: Option<Option<(usize, usize)>>,
}

/// How far a query is that must not be left alone.
enum At {
    /// Sent; its id is still to come.
    Starting(BoxFuture<'static, Result<String, NotStarted>>),
    Running(String),
    Ended,
}

/// Queries that were left while they ran. Dropping cannot wait for an answer of AWS, so that they
/// are kept here until somebody has the time ([`OrphanedQueries::tidy`]).
#[derive(Default)]
pub struct OrphanedQueries(Mutex<Vec<(Arc<Session>, At)>>);

impl OrphanedQueries {
    /// Stops all of them.
    pub async fn tidy(&self) {
        let left = std::mem::take(&mut *self.0.lock());
        join_all(left.into_iter().map(|(session, at)| stop(session, at))).await;
    }
}

async fn stop(session: Arc<Session>, at: At) {
    let id = match at {
        At::Starting(start) => start.await.ok(),
        At::Running(id) => Some(id),
        At::Ended => None,
    };
    let Some(id) = id else { return };
    let request = client(&session).stop_query().query_id(id).send();
    // One that has ended in between is refused, and nobody is there to be told of anything else.
    if let Err(fault) = session.ask(STOP_QUERY, Urgency::Now, request).await {
        tracing::warn!(%fault, "a query may still run");
    }
}

/// A query under way; dropped before its end, it is [`OrphanedQueries`].
struct Query {
    session: Arc<Session>,
    left: Arc<OrphanedQueries>,
    at: At,
}

impl Drop for Query {
    fn drop(&mut self) {
        match std::mem::replace(&mut self.at, At::Ended) {
            At::Ended => {}
            at => {
                let mut left = self.left.0.lock();
                left.push((Arc::clone(&self.session), at));
            }
        }
    }
}

impl Query {
    /// The id, when it has come.
    async fn started(&mut self) -> Result<String, NotStarted> {
        let At::Starting(start) = &mut self.at else {
            let fault = Fault::new(FaultKind::Other, START_QUERY.to_string(), "it was started before");
            return Err(NotStarted { fault, again: false, malformed: None });
        };
        let told = start.await;
        self.at = told.as_ref().map_or(At::Ended, |id| At::Running(id.clone()));
        told
    }
}

/// Starts the query and says how it goes, until it ends.
pub async fn run(cx: &ReadContext, query: &InsightsQuery) -> Result<(), Fault> {
    let (session, left) = (&cx.session, cx.aws.state::<OrphanedQueries>());
    let groups = groups(session, query).await?;
    cx.emit(Answer::Insights(InsightsPiece::Groups(groups.clone()))).await;
    let mut wait = START_AGAIN;
    for starts in 1.. {
        session.wait_for_budget(START_QUERY, Urgency::Now).await;
        let at = At::Starting(start(Arc::clone(session), query, &groups));
        let mut running = Query { session: Arc::clone(session), left: Arc::clone(&left), at };
        match running.started().await {
            Ok(id) => return follow(cx, &mut running, &id).await,
            Err(NotStarted { fault, malformed: Some(at), .. }) => {
                cx.emit(Answer::Insights(InsightsPiece::Malformed { fault, at })).await;
                return Ok(());
            }
            Err(NotStarted { fault, again: true, .. }) if starts < STARTS => {
                cx.emit(Answer::Insights(InsightsPiece::Trouble(fault))).await;
            }
            Err(NotStarted { fault, .. }) => return Err(fault),
        }
        sleep(wait.mul_f64(0.75 + fastrand::f64() / 2.0)).await;
        wait *= 2;
    }
    Ok(())
}

async fn groups(session: &Session, query: &InsightsQuery) -> Result<Vec<Text>, Fault> {
    let mut groups = BTreeSet::new();
    for source in &query.sources {
        let resolved = resolve(session, source).await?;
        // A pattern that stands for more groups than are taken: their number is not known here.
        if let Some(fault) = resolved.missing.filter(|_| resolved.streams.len() == MOST) {
            return Err(fault);
        }
        groups.extend(resolved.streams.into_iter().map(|streams| streams.group));
    }
    let refused = |said: String| Err(Fault::new(FaultKind::Invalid, START_QUERY.to_string(), said));
    match groups.len() {
        0 => refused("there is no group to search".to_string()),
        n if n > MAX_GROUPS => {
            refused(format!("a query searches {MAX_GROUPS} groups at most, and these sources have {n}"))
        }
        _ => Ok(groups.into_iter().collect()),
    }
}

/// The one request that starts it. An answer that was lost proves nothing, so that the SDK must not
/// send it again: the first may run, and cost, already.
fn start(
    session: Arc<Session>,
    query: &InsightsQuery,
    groups: &[Text],
) -> BoxFuture<'static, Result<String, NotStarted>> {
    let request = (client(&session).start_query())
        .set_log_group_names(Some(groups.iter().map(ToString::to_string).collect()))
        .start_time(query.from)
        .end_time(query.to)
        .query_string(query.text.as_str())
        .limit(i32::try_from(query.limit()).unwrap_or(i32::MAX))
        .customize()
        .config_override(Builder::new().retry_config(RetryConfig::disabled()));
    async move {
        let lost = |message: &str| Fault::new(FaultKind::Other, START_QUERY.to_string(), message);
        match request.send().await {
            Ok(told) => told.query_id.ok_or_else(|| NotStarted {
                fault: lost("AWS named no query"),
                again: false,
                malformed: None,
            }),
            Err(error) => {
                let failure = fault::read(&error);
                let (answered, unconnected) = (failure.answered, failure.unconnected);
                let malformed = match error.as_service_error() {
                    Some(StartQueryError::MalformedQueryException(told)) => {
                        let place = told.query_compile_error().and_then(|error| error.location());
                        let offset = |offset: Option<i32>| offset.and_then(|offset| usize::try_from(offset).ok());
                        let from = place.and_then(|place| offset(place.start_char_offset()));
                        let to = place.and_then(|place| offset(place.end_char_offset()));
                        Some(from.map(|from| (from, to.unwrap_or(from + 1).max(from + 1))))
                    }
                    _ => None,
                };
                let is_full = error.code() == Some("LimitExceededException");
                let mut fault = failure.into_fault(START_QUERY, &session.login);
                let again = answered && (is_full || fault.kind == FaultKind::Throttled);
                if is_full {
                    fault.remedy = "100 queries run at once in an account at most; others must end first".into();
                } else if !answered && !unconnected && fault.is_passing() {
                    fault.remedy = "it may have been started all the same: AWS ends it after 60 minutes".into();
                }
                Err(NotStarted { fault, again, malformed })
            }
        }
    }
    .boxed()
}

/// Looks until it ends.
async fn follow(cx: &ReadContext, running: &mut Query, id: &str) -> Result<(), Fault> {
    let begun = Instant::now();
    let (mut faults, mut told_rows) = (0, Rows::default());
    loop {
        sleep(pace(begun.elapsed())).await;
        let session = &running.session;
        let request = client(session).get_query_results().query_id(id).send();
        let told = match session.ask(GET_QUERY_RESULTS, Urgency::Now, request).await {
            Ok(told) => told,
            Err(fault) if fault.is_passing() && faults + 1 < FAULTS => {
                faults += 1;
                cx.emit(Answer::Insights(InsightsPiece::Trouble(fault))).await;
                sleep(Duration::from_millis(500 << faults)).await;
                continue;
            }
            Err(fault) => return Err(fault),
        };
        faults = 0;
        let (status, statistics) = progress(&told);
        if status.is_end() {
            running.at = At::Ended;
        }
        let rows = rows(told);
        if rows != told_rows {
            told_rows.clone_from(&rows);
            cx.emit(Answer::Insights(InsightsPiece::Rows(rows))).await;
        }
        cx.emit(Answer::Insights(InsightsPiece::Progress(status, statistics))).await;
        if status.is_end() {
            return Ok(());
        }
        if begun.elapsed() > LONGEST {
            let said = "it did not end within 60 minutes";
            return Err(Fault::new(FaultKind::TimedOut, GET_QUERY_RESULTS.to_string(), said));
        }
    }
}

fn progress(told: &GetQueryResultsOutput) -> (QueryStatus, Statistics) {
    let status = match told.status() {
        Some(SdkStatus::Scheduled) => QueryStatus::Scheduled,
        Some(SdkStatus::Running) => QueryStatus::Running,
        Some(SdkStatus::Complete) => QueryStatus::Complete,
        Some(SdkStatus::Failed) => QueryStatus::Failed,
        Some(SdkStatus::Cancelled) => QueryStatus::Cancelled,
        Some(SdkStatus::Timeout) => QueryStatus::Timeout,
        _ => QueryStatus::Unknown,
    };
    // AWS counts in fractions; a cast keeps within the bounds of the integer.
    let statistics = told.statistics().map_or_else(Statistics::default, |told| Statistics {
        scanned: told.records_scanned() as u64,
        matched: told.records_matched() as u64,
        bytes: told.bytes_scanned() as u64,
    });
    (status, statistics)
}

fn rows(told: GetQueryResultsOutput) -> Rows {
    let fields = |row: Vec<aws_sdk_cloudwatchlogs::types::ResultField>| {
        row.into_iter().map(|field| (field.field.unwrap_or_default(), field.value.unwrap_or_default()))
    };
    Rows::of(told.results.unwrap_or_default().into_iter().map(fields))
}
