//! Which reads should be running, derived from the state. Nobody starts or stops a poll by hand:
//! the runtime compares this list with what runs.

use std::time::Duration;

use super::environment_overview;
use super::metrics;
use super::report;
use super::session::Session;
use super::state::{Pane, State};
pub use super::subscription::Subscription;
use super::subscription::{ONCE, Subscriptions, block};
use super::target_health;
use super::views::{dispatch, golden, timeline};
use crate::domain::environment::Environment;
use crate::domain::query::Query;
use crate::kinds;
use crate::kinds::kind::Kind;

/// A list of more rows than this is not swept at the pace of its visible rows.
const SMALL: usize = 50;

/// Rows of a large list that are swept per second: three DescribeServices of ten (DOMAIN: a
/// quarter of the quota, less what the rest needs).
const SWEEP_ROWS_PER_SECOND: usize = 30;

/// How often we ask who we are.
const IDENTITY_EVERY: Duration = Duration::from_secs(300);

/// The preview is read when the selection rests, and calmly.
const PREVIEW_DELAY: Duration = Duration::from_millis(400);
const PREVIEW_EVERY: Duration = Duration::from_secs(20);

/// Between the end of a tail and its next beginning.
const TAIL_EVERY: Duration = Duration::from_secs(2);

/// Older lines that are still wanted are asked for again after that: the answer did not come.
const HISTORY_EVERY: Duration = Duration::from_secs(10);

/// The reads that the state wants.
pub fn subscriptions(state: &State) -> Vec<Subscription> {
    let mut all = Subscriptions::default();
    if let Some(env) = state.usable() {
        let session = state.session;
        let mut add = |query, every, delay, round| all.add(env, session, query, every, delay, round);
        add(Query::Identity, IDENTITY_EVERY, Duration::ZERO, state.round);
        for kind in kinds::registry() {
            list(state, env, kind, &mut add);
        }
        let in_view = target_health::in_view(state);
        // A report tells what the page of golden signals shows.
        let is_wanted = golden::view::is_open(state) || state.report.is_some();
        let sections = if is_wanted { golden::signals::sections(state) } else { vec![] };
        metrics::subscribe(state, &in_view, &sections, &mut add);
        target_health::subscribe(state, &in_view, &sections, &mut add);
        timeline::view::subscribe(state, &mut add);
        report::write::subscribe(state, &sections, &mut add);
        if let Some(detail) = &state.detail
            && let Some(kind) = kinds::kind(detail.kind)
        {
            let shown = kind.tabs().get(detail.tab).map_or(detail.kind.detail(), |tab| tab.facts(kind.id()));
            for set in [detail.kind.detail(), shown] {
                add(Query::Detail(set, detail.id.clone()), kind.cadence().detail, Duration::ZERO, state.round);
            }
        } else if let (Some(_), Some(kind)) = (state.layout.preview, state.focus.kind())
            && let Some(row) = state.selected(kind.id())
        {
            let query = Query::Detail(kind.id().detail(), row.object.id().clone());
            add(query, PREVIEW_EVERY.max(kind.cadence().detail), PREVIEW_DELAY, state.round);
        }
    }
    if let (Some(env), Some(logs)) = (state.usable(), &state.logs) {
        // A tail does not end by itself; should it, it is taken up again at once. Live Tail costs, so
        // a hidden tail polls.
        let query = Query::Tail { sources: logs.sources.clone(), live: logs.live && state.is_in_view(Pane::Logs) };
        all.add(env, state.session, query, TAIL_EVERY, Duration::ZERO, state.round);
        if let Some(moment) = logs.wants_before() {
            let query = Query::History(logs.sources.clone(), moment);
            all.add(env, state.session, query, HISTORY_EVERY, Duration::ZERO, state.round);
        }
    }
    if let Some(view) = &state.insights
        && let Some(query) = view.running()
    {
        all.add(&view.env, state.session, Query::Insights(query.clone()), ONCE, Duration::ZERO, 0);
    }
    dispatch::subscribe(state, &mut all);
    for forward in state.forwards.live() {
        all.add(&forward.env, Session::JOBS, forward.query(), ONCE, Duration::ZERO, 0);
    }
    for job in state.jobs.live() {
        if let Some((query, every)) = job.watch() {
            all.add(&job.env, Session::JOBS, query, every, Duration::ZERO, job.round);
        }
    }
    all.into_list().into_iter().chain(environment_overview::subscriptions(state)).collect()
}

fn list(state: &State, env: &Environment, kind: &dyn Kind, add: &mut impl FnMut(Query, Duration, Duration, u64)) {
    let Some(store) = state.store() else { return };
    let listing = store.listing(kind.id());
    let visible = env.refresh.unwrap_or(kind.cadence().visible);
    let seen = state.is_in_view(Pane::Kind(kind.id()));
    let sweep = Duration::from_secs((listing.len() / SWEEP_ROWS_PER_SECOND) as u64);
    let every = match (seen, listing.len() > SMALL) {
        (false, _) => kind.cadence().hidden.max(visible),
        (true, false) => visible,
        (true, true) => visible.max(sweep),
    };
    add(Query::List(kind.id()), every, Duration::ZERO, state.round);
    if seen && every > visible {
        let mut ids = block(state, kind);
        if !ids.is_empty() {
            ids.sort();
            add(Query::Some(kind.id(), ids), visible, visible, state.round);
        }
    }
    if let Some(every) = kind.cadence().endings {
        for part in listing.restless() {
            add(Query::Endings(kind.id(), part), every, Duration::ZERO, state.round);
        }
    }
    if let Some(every) = kind.cadence().wrong {
        add(Query::Wrong(kind.id(), listing.wrong_ids()), every, every, state.round);
    }
    // More than a screenful of moving rows is a storm; the sweep has to do.
    let moving = listing.moving();
    if every > kind.cadence().moving && !moving.is_empty() && moving.len() <= SMALL {
        let moving = moving.iter().cloned().collect();
        add(Query::Some(kind.id(), moving), kind.cadence().moving, kind.cadence().moving, state.round);
    }
}
