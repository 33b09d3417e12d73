//! A tail: each source is resolved and polled by itself, so that none waits for another; Live Tail
//! runs beside them where it is wanted. It ends with its stream and by nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc, watch};

use super::live;
use super::poll::{EVERY, Mode, Tail, after, now};
use super::sources::{MOST, Streams, cut, is_fixed, resolve};
use crate::aws::Aws;
use crate::aws::answer_sink::AnswerSink;
use crate::aws::prelude::*;
use crate::aws::session::Key;
use crate::domain::log::{LogPiece, LogSource};

/// Between two looks at what a source is made of: tasks of a new definition and new groups join by
/// that, and what it is no longer made of leaves at the second look.
const RESOLVE_EVERY: Duration = Duration::from_secs(10);
/// What the pace changes by when it is told.
const MUCH: f64 = 1.5;

/// What is known of one source's polls, and what they are told.
pub struct Post {
    pub mode: watch::Sender<Mode>,
    has_looked: AtomicBool,
    /// From when on the first look told everything; milliseconds.
    back: AtomicI64,
    /// Milliseconds.
    interval: AtomicU64,
}

impl Post {
    fn new() -> Self {
        Self {
            mode: watch::Sender::new(Mode::Polled),
            has_looked: AtomicBool::new(false),
            back: AtomicI64::new(i64::MIN),
            interval: AtomicU64::new(0),
        }
    }

    pub fn set_back(&self, back: i64) {
        self.back.store(back, Ordering::Relaxed);
    }

    pub fn set_interval(&self, interval: Duration) {
        self.interval.store(u64::try_from(interval.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// What is known of the sources. Held for no longer than it is looked at.
#[derive(Default)]
struct Roster {
    /// What each source that was asked for is made of: now, and at the look before.
    found: BTreeMap<usize, (BTreeSet<Streams>, BTreeSet<Streams>)>,
    posts: BTreeMap<Streams, Arc<Post>>,
    /// Sources that were asked for and not looked at yet.
    unresolved: usize,
    caught_up: bool,
    /// From when on the first screen is whole, in milliseconds.
    back: Option<i64>,
    pace: Duration,
}

/// What all parts of a tail share.
pub struct Scene<'a> {
    aws: &'a Aws,
    key: &'a Key,
    pub sink: &'a AnswerSink,
    /// When it began: milliseconds by our clock.
    pub begun: i64,
    roster: Mutex<Roster>,
    /// Sources that are to be polled from now on.
    joining: mpsc::Sender<(Streams, Arc<Post>)>,
    /// The sources, or whether they were all looked at.
    change: Notify,
}

impl Scene<'_> {
    /// The environment's session as it is now: after a login it is another.
    pub async fn session(&self) -> Result<Arc<Session>, Fault> {
        self.aws.session(self.key).await
    }

    pub async fn emit(&self, piece: LogPiece) {
        self.sink.emit(Answer::Logs(piece)).await;
    }

    /// All sources that are polled.
    pub fn posts(&self) -> BTreeMap<Streams, Arc<Post>> {
        self.roster.lock().posts.clone()
    }

    /// Waits for a change of the sources, or for the first screen to be whole.
    pub async fn changed(&self) {
        self.change.notified().await;
    }

    pub fn is_caught_up(&self) -> bool {
        self.roster.lock().caught_up
    }

    /// From when on the first screen is said to be whole; `None` before that.
    pub fn back(&self) -> Option<i64> {
        self.roster.lock().back
    }

    /// A source has been looked at for the first time, or cannot be read; when all have, the first
    /// screen is whole.
    pub async fn mark_looked_at(&self, post: &Post) {
        if !post.has_looked.swap(true, Ordering::Relaxed) {
            self.catch_up().await;
        }
    }

    async fn catch_up(&self) {
        let back = {
            let mut roster = self.roster.lock();
            let has_looked = |post: &Arc<Post>| post.has_looked.load(Ordering::Relaxed);
            if roster.caught_up
                || roster.unresolved > 0
                || roster.posts.is_empty()
                || !roster.posts.values().all(has_looked)
            {
                return;
            }
            roster.caught_up = true;
            let backs = roster.posts.values().map(|post| post.back.load(Ordering::Relaxed));
            roster.back = backs.max().filter(|back| *back > i64::MIN);
            roster.back
        };
        if let Some(back) = back {
            self.emit(LogPiece::Back(back)).await;
        }
        self.emit(LogPiece::CaughtUp).await;
        self.change.notify_one();
    }

    /// Tells how far apart the polls are when that has changed by much.
    pub async fn emit_pace(&self) {
        let pace = {
            let mut roster = self.roster.lock();
            let polled = roster.posts.values().filter(|post| *post.mode.borrow() != Mode::Live);
            let Some(pace) = polled.map(|post| post.interval.load(Ordering::Relaxed)).max() else { return };
            let pace = Duration::from_millis(pace).max(EVERY);
            let (now, told) = (pace.as_secs_f64(), roster.pace.as_secs_f64());
            if pace == roster.pace || (now < told * MUCH && told < now * MUCH && pace != EVERY) {
                return;
            }
            roster.pace = pace;
            pace
        };
        self.emit(LogPiece::Paced(pace)).await;
    }

    /// What a source is made of now. New ones are polled from now on, others leave. All together may
    /// be more than can be followed; the fault says so.
    async fn update_source(&self, index: usize, streams: Vec<Streams>) -> Option<Fault> {
        let (joined, all, left_out) = {
            let mut roster = self.roster.lock();
            let found = roster.found.entry(index).or_default();
            found.1 = std::mem::replace(&mut found.0, streams.into_iter().collect());
            let wanted: BTreeSet<Streams> = roster.found.values().flat_map(|(now, before)| now | before).collect();
            let mut wanted: Vec<Streams> = wanted.into_iter().collect();
            let left_out = cut(&mut wanted, "all together");
            let had = roster.posts.len();
            roster.posts.retain(|streams, post| {
                let stays = wanted.contains(streams);
                if !stays {
                    post.mode.send_replace(Mode::Over);
                }
                stays
            });
            let mut joined = Vec::new();
            let is_changed = roster.posts.len() != had;
            for streams in wanted {
                if let std::collections::btree_map::Entry::Vacant(entry) = roster.posts.entry(streams) {
                    let streams = entry.key().clone();
                    joined.push((streams, Arc::clone(entry.insert(Arc::new(Post::new())))));
                }
            }
            let all = (is_changed || !joined.is_empty())
                .then(|| roster.posts.keys().map(Streams::source).collect::<Vec<_>>());
            (joined, all, left_out)
        };
        if let Some(all) = all {
            self.emit(LogPiece::Sources(all)).await;
            self.change.notify_one();
        }
        for one in joined {
            // The receiver lives as long as this does.
            let _ = self.joining.send(one).await;
        }
        left_out
    }

    /// Looks again and again at what a source is made of.
    async fn watch(&self, index: usize, source: &LogSource) {
        let (mut failures, mut first, mut since, mut is_broken) = (0, true, self.begun, false);
        loop {
            let begun = now();
            let resolved = match self.session().await {
                Ok(session) => resolve(&session, source).await,
                Err(fault) => Err(fault),
            };
            let fault = match resolved {
                Ok(resolved) => {
                    failures = 0;
                    let left_out = self.update_source(index, resolved.streams).await;
                    resolved.missing.or(left_out)
                }
                Err(fault) => {
                    failures += 1;
                    Some(fault)
                }
            };
            match fault {
                Some(fault) => {
                    is_broken = true;
                    self.emit(LogPiece::Broken { source: source.clone(), since, fault }).await;
                }
                None => {
                    since = begun;
                    if std::mem::take(&mut is_broken) {
                        self.emit(LogPiece::Until { source: source.clone(), at: begun }).await;
                    }
                }
            }
            if std::mem::take(&mut first) {
                self.roster.lock().unresolved -= 1;
                self.catch_up().await;
            }
            if failures == 0 && is_fixed(source) {
                return;
            }
            tokio::time::sleep(if failures == 0 { RESOLVE_EVERY } else { after(failures) }).await;
        }
    }
}

/// Follows the sources until nobody listens. `is_live`: by Live Tail as well.
pub async fn follow(cx: &ReadContext, sources: &[LogSource], is_live: bool) -> Result<(), Fault> {
    let (aws, key, sink) = (&cx.aws, &Key::of(&cx.env), &cx.sink);
    let (joining, mut joined) = mpsc::channel(MOST);
    let roster = Roster { unresolved: sources.len(), pace: EVERY, ..Roster::default() };
    let scene = Scene { aws, key, sink, begun: now(), roster: Mutex::new(roster), joining, change: Notify::new() };
    let resolving = async {
        join_all(sources.iter().enumerate().map(|(index, source)| scene.watch(index, source))).await;
        std::future::pending::<()>().await;
    };
    let live = async {
        if is_live {
            live::run(&scene).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::pin!(resolving, live);
    let mut tails = FuturesUnordered::new();
    loop {
        tokio::select! {
            () = &mut resolving => {}
            () = &mut live => {}
            Some((streams, post)) = joined.recv() => tails.push(Tail::new(&scene, streams, post).run()),
            Some(()) = tails.next(), if !tails.is_empty() => {}
        }
    }
}
