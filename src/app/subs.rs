//! Which reads should be running, derived from the state. Nobody starts or stops a poll by hand:
//! the runtime compares this list with what runs.

use std::sync::Arc;
use std::time::Duration;

use super::environment_overview;
use super::metrics;
use super::msg::{Asked, Session};
use super::report;
use super::state::{Overlay, Pane, State};
use super::target_health;
use crate::app::views::golden;
use crate::app::views::timeline;
use crate::domain::environment::Environment;
use crate::domain::query::Query;
use crate::domain::resource::ResourceId;
use crate::kinds;
use crate::kinds::kind::Kind;

/// One read that should be repeated while it is wanted. Equal [`Asked`] are one subscription.
#[derive(Clone, Debug)]
pub struct Subscription {
    pub env: Arc<Environment>,
    pub asked: Asked,
    /// Time from the end of one read to the start of the next.
    pub every: Duration,
    /// Time before the first read.
    pub delay: Duration,
    /// When this grows, a read under way is dropped and a new one starts at once; answers carry it.
    pub round: u64,
}

/// A list of more rows than this is not swept at the pace of its visible rows.
const SMALL: usize = 50;

/// Rows of a large list that are swept per second: three DescribeServices of ten (DOMAIN: a
/// quarter of the quota, less what the rest needs).
const SWEEP_ROWS_PER_SECOND: usize = 30;

/// Visible rows are read in blocks of so many, so that scrolling by a line asks nothing new.
const BLOCK: usize = 25;

/// While rows still come, or one scrolls, nothing is asked.
pub(super) const REST: Duration = Duration::from_millis(400);

/// How often we ask who we are.
const IDENTITY_EVERY: Duration = Duration::from_secs(300);

/// The preview is read when the selection rests, and calmly.
const PREVIEW_DELAY: Duration = Duration::from_millis(400);
const PREVIEW_EVERY: Duration = Duration::from_secs(20);

/// Between the end of a tail and its next beginning.
const TAIL_EVERY: Duration = Duration::from_secs(2);

/// Older lines that are still wanted are asked for again after that: the answer did not come.
const HISTORY_EVERY: Duration = Duration::from_secs(10);

/// A revision that could not be read is asked for again after that.
const REVISION_EVERY: Duration = Duration::from_secs(5);

/// Revisions that are only passed by are not read.
const REVISION_DELAY: Duration = Duration::from_millis(150);

/// For what is read once, and again only when a round asks for it.
const ONCE: Duration = Duration::from_secs(24 * 3600);

/// The reads that the state wants.
pub fn subscriptions(state: &State) -> Vec<Subscription> {
    let mut wanted = Wanted::default();
    if let Some(env) = state.usable() {
        let session = state.session;
        let mut want = |query, every, delay, round| wanted.add(env, session, query, every, delay, round);
        want(Query::Identity, IDENTITY_EVERY, Duration::ZERO, state.round);
        for kind in kinds::registry() {
            list(state, env, kind, &mut want);
        }
        let in_view = target_health::in_view(state);
        // A report tells what the page of golden signals shows.
        let is_wanted = golden::is_open(state) || state.report.is_some();
        let sections = if is_wanted { golden::sections(state) } else { vec![] };
        metrics::wanted(state, &in_view, &sections, &mut want);
        target_health::wanted(state, &in_view, &sections, &mut want);
        timeline::wanted(state, &mut want);
        report::wanted(state, &sections, &mut want);
        if let Some(detail) = &state.detail
            && let Some(kind) = kinds::kind(detail.kind)
        {
            let shown = kind.tabs.get(detail.tab).map_or(detail.kind.detail(), |tab| tab.facts);
            for set in [detail.kind.detail(), shown] {
                want(Query::Detail(set, detail.id.clone()), kind.cadence.detail, Duration::ZERO, state.round);
            }
        } else if let (Some(_), Some(kind)) = (state.layout.preview, state.focus.kind())
            && let Some(row) = state.selected(kind.id)
        {
            let query = Query::Detail(kind.id.detail(), row.object.id().clone());
            want(query, PREVIEW_EVERY.max(kind.cadence.detail), PREVIEW_DELAY, state.round);
        }
    }
    if let (Some(env), Some(logs)) = (state.usable(), &state.logs) {
        // A tail does not end by itself; should it, it is taken up again at once. Live Tail costs, so
        // a hidden tail polls.
        let query = Query::Tail { sources: logs.sources.clone(), live: logs.live && state.is_in_view(Pane::Logs) };
        wanted.add(env, state.session, query, TAIL_EVERY, Duration::ZERO, state.round);
        if let Some(moment) = logs.wants_before() {
            let query = Query::History(logs.sources.clone(), moment);
            wanted.add(env, state.session, query, HISTORY_EVERY, Duration::ZERO, state.round);
        }
    }
    if let Some(view) = &state.insights
        && let Some(query) = view.running()
    {
        wanted.add(&view.env, state.session, Query::Insights(query.clone()), ONCE, Duration::ZERO, 0);
    }
    for overlay in &state.overlays {
        match overlay {
            Overlay::Action(dialog) => {
                wanted.add(&dialog.env, dialog.session, dialog.query(), ONCE, Duration::ZERO, dialog.round);
            }
            Overlay::Compare(view) => {
                let delay = if view.moved { REVISION_DELAY } else { Duration::ZERO };
                for reference in view.wants() {
                    let query = Query::Revision(reference.clone());
                    wanted.add(&view.env, state.session, query, REVISION_EVERY, delay, state.round);
                }
            }
            _ => {}
        }
    }
    for forward in state.forwards.live() {
        wanted.add(&forward.env, Session::JOBS, forward.query(), ONCE, Duration::ZERO, 0);
    }
    for job in state.jobs.live() {
        if let Some((query, every)) = job.watch() {
            wanted.add(&job.env, Session::JOBS, query, every, Duration::ZERO, job.round);
        }
    }
    wanted.0.into_iter().chain(environment_overview::wanted(state)).collect()
}

fn list(state: &State, env: &Environment, kind: &Kind, want: &mut impl FnMut(Query, Duration, Duration, u64)) {
    let Some(store) = state.store() else { return };
    let listing = store.listing(kind.id);
    let visible = env.refresh.unwrap_or(kind.cadence.visible);
    let seen = state.is_in_view(Pane::Kind(kind.id));
    let sweep = Duration::from_secs((listing.len() / SWEEP_ROWS_PER_SECOND) as u64);
    let every = match (seen, listing.len() > SMALL) {
        (false, _) => kind.cadence.hidden.max(visible),
        (true, false) => visible,
        (true, true) => visible.max(sweep),
    };
    want(Query::List(kind.id), every, Duration::ZERO, state.round);
    if seen && every > visible {
        let mut ids = block(state, kind);
        if !ids.is_empty() {
            ids.sort();
            want(Query::Some(kind.id, ids), visible, visible, state.round);
        }
    }
    if let Some(every) = kind.cadence.endings {
        for part in listing.restless() {
            want(Query::Endings(kind.id, part), every, Duration::ZERO, state.round);
        }
    }
    if let Some(every) = kind.wrong_every {
        want(Query::Wrong(kind.id, listing.wrong_ids()), every, every, state.round);
    }
    // More than a screenful of moving rows is a storm; the sweep has to do.
    let moving = listing.moving();
    if every > kind.cadence.moving && !moving.is_empty() && moving.len() <= SMALL {
        want(
            Query::Some(kind.id, moving.iter().cloned().collect()),
            kind.cadence.moving,
            kind.cadence.moving,
            state.round,
        );
    }
}

/// The block of rows around what is on the screen.
pub(super) fn block(state: &State, kind: &Kind) -> Vec<ResourceId> {
    let Some(view) = state.list(Pane::Kind(kind.id)) else { return vec![] };
    let first = view.offset / BLOCK * BLOCK;
    view.order().iter().skip(first).take(2 * BLOCK).cloned().collect()
}

/// In the order of the wishes.
#[derive(Default)]
struct Wanted(Vec<Subscription>);

impl Wanted {
    /// Two wishes for the same read are one, at the quicker pace and the later round.
    fn add(
        &mut self,
        env: &Arc<Environment>,
        session: Session,
        query: Query,
        every: Duration,
        delay: Duration,
        round: u64,
    ) {
        let asked = Asked { environment: env.name.clone(), session, query };
        match self.0.iter_mut().find(|old| old.asked == asked) {
            Some(old) => {
                old.every = old.every.min(every);
                old.delay = old.delay.min(delay);
                old.round = old.round.max(round);
            }
            None => self.0.push(Subscription { env: env.clone(), asked, every, delay, round }),
        }
    }
}
