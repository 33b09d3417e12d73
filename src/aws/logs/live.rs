//! Live Tail beside the polls: sessions that tell the lines of up to ten groups each within a second.
//! Polls go on, far apart, for what comes late; close together while CloudWatch tells only a sample;
//! and at once when a session begins or ends, so that no moment lies between the two. A session is
//! a future: it ends, and its cost with it, when the tail's stream is dropped.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::config::Builder;
use aws_sdk_cloudwatchlogs::config::retry::RetryConfig;
use aws_sdk_cloudwatchlogs::operation::start_live_tail::StartLiveTailOutput;
use aws_sdk_cloudwatchlogs::types::{
    LiveTailSessionLogEvent, LiveTailSessionUpdate, StartLiveTailResponseStream as Piece,
};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use parking_lot::Mutex;
use tokio::time::{Instant, timeout};

use super::client;
use super::page::emit;
use super::poll::{Mode, after, now};
use super::sources::Streams;
use super::tail::Scene;
use crate::aws::prelude::*;
use crate::domain::log::{LiveSession, LogEvent, LogPiece, RawLine};
use crate::domain::ops::logs::START_LIVE_TAIL;

/// Groups of a session, and stream prefixes of the one group that may have them (API model).
const GROUPS: usize = 10;
const PREFIXES: usize = 100;
/// An update comes each second, even an empty one; without any for so long the session is dead.
const SILENCE: Duration = Duration::from_secs(5);
/// For a session to begin.
const OPENING: Duration = Duration::from_secs(10);
/// For so long after a sample polls tell all: samples come and go with the rate.
const SAMPLED: Duration = Duration::from_secs(20);
/// A session that lived for so long was a good one.
const GOOD: Duration = Duration::from_secs(60);
/// After a refusal; an account has 15 sessions (CloudWatch Logs quotas), and others end theirs.
const REFUSED: Duration = Duration::from_secs(180);

/// What a session is for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Plan {
    groups: BTreeSet<Text>,
    /// Only streams that begin so, of a single group; none: all.
    prefixes: BTreeSet<Text>,
}

/// The prefixes by which a group's lines may be asked for; none if all streams are wanted.
fn prefixes_of(group: &Text, wanted: &BTreeSet<Streams>) -> BTreeSet<Text> {
    let of_group = || wanted.iter().filter(|streams| streams.group == *group);
    let prefixes: BTreeSet<Text> = of_group().filter_map(|streams| streams.prefix.clone()).collect();
    if of_group().any(|streams| streams.prefix.is_none()) || prefixes.len() > PREFIXES {
        BTreeSet::new()
    } else {
        prefixes
    }
}

impl Plan {
    /// It still tells what is wanted of its groups, and no group that is not.
    fn serves(&self, wanted: &BTreeSet<Streams>) -> bool {
        let is_wanted = |group: &Text| wanted.iter().any(|streams| streams.group == *group);
        let is_whole = |group: &Text| self.prefixes.is_empty() || self.prefixes == prefixes_of(group, wanted);
        self.groups.iter().all(|group| is_wanted(group) && is_whole(group))
    }
}

/// Sessions for the groups that `has` does not serve.
fn plans(wanted: &BTreeSet<Streams>, has: &[&Plan]) -> Vec<Plan> {
    let groups: BTreeSet<&Text> = wanted.iter().map(|streams| &streams.group).collect();
    let left: Vec<&Text> =
        groups.into_iter().filter(|group| !has.iter().any(|plan| plan.groups.contains(*group))).collect();
    (left.chunks(GROUPS))
        .map(|groups| Plan {
            groups: groups.iter().copied().cloned().collect(),
            prefixes: if let [group] = groups { prefixes_of(group, wanted) } else { BTreeSet::new() },
        })
        .collect()
}

/// What is told of all sessions together.
#[derive(Debug, Default)]
struct Tally {
    sessions: usize,
    since: Option<i64>,
    sampled: u64,
    told: Option<LiveSession>,
}

/// Live Tail of a tail.
struct Live<'a> {
    scene: &'a Scene<'a>,
    tally: Mutex<Tally>,
}

/// Runs Live Tail for all groups of the tail, and those that join, and never ends.
pub async fn run(scene: &Scene<'_>) {
    // The newest lines come by polls, and a session tells only what comes after it began.
    while !scene.is_caught_up() {
        scene.changed().await;
    }
    let live = Live { scene, tally: Mutex::default() };
    let mut running: Vec<(Plan, BoxFuture<'_, ()>)> = Vec::new();
    loop {
        let wanted: BTreeSet<Streams> = scene.posts().into_keys().collect();
        running.retain(|(plan, _)| plan.serves(&wanted));
        let mut new = plans(&wanted, &running.iter().map(|(plan, _)| plan).collect::<Vec<_>>());
        // Groups that join one by one would take a session each.
        if running.len() + new.len() > wanted.len().div_ceil(GROUPS) + 1 {
            running.clear();
            new = plans(&wanted, &[]);
        }
        running.extend(new.into_iter().map(|plan| (plan.clone(), live.run_sessions(plan).boxed())));
        live.report().await;
        let sessions = join_all(running.iter_mut().map(|(_, session)| session));
        tokio::select! {
            () = scene.changed() => {}
            _ = sessions, if !wanted.is_empty() => {}
        }
    }
}

impl Live<'_> {
    /// Tells what runs now, if that has changed.
    async fn report(&self) {
        let told = {
            let mut tally = self.tally.lock();
            let Tally { sessions, since, sampled, .. } = *tally;
            let now = since.filter(|_| sessions > 0).map(|since| LiveSession { since, sessions, sampled });
            if now == tally.told {
                return;
            }
            tally.told = now;
            now
        };
        self.scene.emit(LogPiece::Live(told)).await;
    }

    /// A session after the other.
    async fn run_sessions(&self, plan: Plan) {
        let mut failures = 0;
        loop {
            let begun = Instant::now();
            let ended = self.session(&plan).await;
            self.report().await;
            failures = if begun.elapsed() >= GOOD { 0 } else { failures + 1 };
            let wait = match ended {
                // The three hours are over, or the connection: at once, unless that happens again.
                Ok(()) if failures <= 1 => continue,
                Ok(()) => after(failures),
                Err(fault) => {
                    let soon = fault.is_passing() || fault.kind == FaultKind::Expired;
                    let wait = if soon { after(failures) } else { REFUSED };
                    // What mends it is told where a fault names nothing better.
                    let fault = match fault.kind {
                        FaultKind::Invalid => fault.with_remedy("the tail polls meanwhile; T ends Live Tail"),
                        _ => fault,
                    };
                    self.scene.sink.fail(fault).await;
                    wait
                }
            };
            tokio::time::sleep(wait.mul_f64(0.9 + fastrand::f64() / 5.0)).await;
        }
    }

    /// One session, from its beginning to its end, by whatever that comes.
    async fn session(&self, plan: &Plan) -> Result<(), Fault> {
        let session = self.scene.session().await?;
        let quiet =
            || Fault::new(FaultKind::TimedOut, START_LIVE_TAIL.to_string(), "the session did not begin in time");
        let mut told = timeout(OPENING, start(&session, plan)).await.map_err(|_| quiet())??;
        let mut open: Option<OpenSession> = None;
        loop {
            match timeout(SILENCE, told.response_stream.recv()).await {
                Ok(Ok(Some(Piece::SessionStart(_)))) => {
                    open = Some(OpenSession::new(self, plan, now() + session.skew()));
                    self.report().await;
                }
                Ok(Ok(Some(Piece::SessionUpdate(update)))) => {
                    if let Some(open) = &mut open {
                        open.take(update).await;
                    }
                }
                Ok(Ok(Some(_))) => {}
                // An end, with or without a word, or a silence: the polls know what is missing.
                Ok(Ok(None) | Err(_)) | Err(_) if open.is_some() => return Ok(()),
                Ok(Ok(None) | Err(_)) | Err(_) => return Err(quiet()),
            }
        }
    }
}

async fn start(session: &Session, plan: &Plan) -> Result<StartLiveTailOutput, Fault> {
    let identity = session.identity().await?;
    // `arn:PARTITION:sts::…`; FilterLogEvents reads groups of our own account alone, too.
    let partition = identity.arn.split(':').nth(1).unwrap_or("aws");
    let prefix = format!("arn:{partition}:logs:{}:{}:log-group", session.region, identity.account);
    let prefixes: Vec<String> = plan.prefixes.iter().map(ToString::to_string).collect();
    let request = (client(session).start_live_tail())
        .set_log_group_identifiers(Some(plan.groups.iter().map(|group| format!("{prefix}:{group}")).collect()))
        .set_log_stream_name_prefixes((!prefixes.is_empty()).then_some(prefixes))
        .customize()
        // To the SDK a limit of sessions is a throttle.
        .config_override(Builder::new().retry_config(RetryConfig::disabled()));
    session.ask(START_LIVE_TAIL, Urgency::Now, request.send()).await
}

/// A session that runs. When it is dropped, its groups are polled as before.
struct OpenSession<'a> {
    live: &'a Live<'a>,
    plan: &'a Plan,
    mode: Mode,
    /// When a sample came last.
    sampled: Option<Instant>,
}

impl<'a> OpenSession<'a> {
    fn new(live: &'a Live<'a>, plan: &'a Plan, at: i64) -> Self {
        let mut tally = live.tally.lock();
        tally.sessions += 1;
        tally.since.get_or_insert(at);
        drop(tally);
        let open = Self { live, plan, mode: Mode::Live, sampled: None };
        open.set_modes();
        open
    }

    /// Sources that joined since are among them.
    fn set_modes(&self) {
        for (streams, post) in self.live.scene.posts() {
            if self.plan.groups.contains(&streams.group) {
                post.mode.send_if_modified(|mode| {
                    let changes = *mode != self.mode && *mode != Mode::Over;
                    if changes {
                        *mode = self.mode;
                    }
                    changes
                });
            }
        }
    }

    async fn take(&mut self, update: LiveTailSessionUpdate) {
        let wanted: Vec<Streams> = self.live.scene.posts().into_keys().collect();
        let is_sample = update.session_metadata().is_some_and(|metadata| metadata.sampled());
        let events = update.session_results.unwrap_or_default().into_iter().map(event);
        let events: Vec<LogEvent> =
            events.filter(|event| wanted.iter().any(|streams| streams.has(&event.group, &event.stream))).collect();
        emit(self.live.scene.sink, events).await;
        if is_sample {
            self.sampled = Some(Instant::now());
            self.live.tally.lock().sampled += 1;
            self.live.report().await;
        }
        let is_sampled = self.sampled.is_some_and(|at| at.elapsed() < SAMPLED);
        self.mode = if is_sampled { Mode::Sampled } else { Mode::Live };
        self.set_modes();
    }
}

impl Drop for OpenSession<'_> {
    fn drop(&mut self) {
        self.live.tally.lock().sessions -= 1;
        self.mode = Mode::Polled;
        self.set_modes();
    }
}

/// It has no id: the engine knows it again by what it says.
fn event(event: LiveTailSessionLogEvent) -> LogEvent {
    // "The name or ARN of the log group" (API model); a name has no colon.
    let group = event.log_group_identifier.unwrap_or_default();
    LogEvent {
        id: Text::default(),
        at: event.timestamp.unwrap_or_default(),
        ingested: event.ingestion_time.unwrap_or_default(),
        group: group.trim_end_matches(":*").rsplit(':').next().unwrap_or_default().into(),
        stream: Text::new(event.log_stream_name.unwrap_or_default()),
        line: RawLine::new(event.message.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams(group: &str, prefix: Option<&str>) -> Streams {
        Streams { group: group.into(), prefix: prefix.map(Text::new) }
    }

    #[test]
    fn ten_groups_share_a_session_and_one_has_prefixes() {
        let many: BTreeSet<Streams> = (0..21).map(|n| streams(&format!("g{n:02}"), Some("app/"))).collect();
        let made = plans(&many, &[]);
        assert_eq!(made.iter().map(|plan| plan.groups.len()).collect::<Vec<_>>(), [10, 10, 1]);
        let prefixes: Vec<usize> = made.iter().map(|plan| plan.prefixes.len()).collect();
        assert_eq!(prefixes, [0, 0, 1], "CloudWatch takes prefixes with a single group alone");
        let some = plans(&many, &[&made[0], &made[2]]);
        assert_eq!(some, [made[1].clone()], "only for those that have none");
        let whole = BTreeSet::from([streams("g", None), streams("g", Some("app/"))]);
        assert!(plans(&whole, &[])[0].prefixes.is_empty(), "all streams of it are wanted as well");
    }

    #[test]
    fn a_session_serves_while_its_groups_are_wanted() {
        let one = BTreeSet::from([streams("a", Some("app/"))]);
        let plan = plans(&one, &[]).remove(0);
        assert!(plan.serves(&one));
        assert!(!plan.serves(&BTreeSet::from([streams("a", Some("app/")), streams("a", Some("web/"))])));
        assert!(!plan.serves(&BTreeSet::new()));
        let wide = plans(&BTreeSet::from([streams("a", None)]), &[]).remove(0);
        assert!(wide.serves(&BTreeSet::from([streams("a", Some("web/")), streams("b", None)])));
    }
}
