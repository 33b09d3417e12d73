//! Which metrics are to be read, and what the charts of a resource show.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::chart_keys;
use super::state::{Pane, State};
use super::store::Row;
use super::subscription::{REST, block};
use super::target_health::{self, KindRow};
use super::views::golden::{self, signals};
use crate::domain::Timestamp;
use crate::domain::metric::Metric;
use crate::domain::query::Query;
use crate::kinds;
use crate::kinds::kind::{Kind, Role};
use crate::kinds::metric::{Graph, ROW};

/// CloudWatch's own resolution: asking sooner tells nothing new, and each answer is billed.
pub const EVERY: Duration = Duration::from_secs(60);

/// The charts of the open resource.
pub fn graphs(state: &State) -> Vec<Graph> {
    let (Some((kind, row)), Some(store)) = (chart_keys::open(state), state.store()) else { return vec![] };
    kind.graphs(&*row.object, &store.readings)
}

/// The reads that the state wants: what is in view and nothing else, everything of a kind of view in
/// one request.
pub fn subscribe(
    state: &State,
    in_view: &[KindRow],
    sections: &[signals::Section],
    add: &mut impl FnMut(Query, Duration, Duration, u64),
) {
    let mut rows = BTreeSet::new();
    for kind in kinds::registry() {
        if state.is_in_view(Pane::Kind(kind.id())) {
            rows.extend(in_rows(state, kind));
        }
    }
    rows.extend(target_health::counts(state, in_view));
    // What is wrong is known on the first screen, whatever is in view there.
    rows.append(&mut state.store().map(|store| store.triage.asks.clone()).unwrap_or_default());
    let mut ask = |metrics: BTreeSet<Metric>, window, delay| {
        if !metrics.is_empty() {
            add(Query::Metrics(metrics.into_iter().collect(), window), EVERY, delay, state.round);
        }
    };
    ask(rows, ROW, REST);
    if chart_keys::open(state).is_some() {
        let metrics: BTreeSet<Metric> =
            graphs(state).into_iter().flat_map(|graph| graph.strands).map(|strand| strand.metric).collect();
        state.charts.windows().into_iter().for_each(|window| ask(metrics.clone(), window, Duration::ZERO));
    }
    if golden::view::is_open(state) {
        ask(signals::metrics(sections).cloned().collect(), state.charts.window(), Duration::ZERO);
    }
}

/// The metrics that the rows of a kind show, those in view and some around them.
fn in_rows(state: &State, kind: &dyn Kind) -> BTreeSet<Metric> {
    let Some(store) = state.store() else { return BTreeSet::new() };
    let Some(index) = store.index(kind.id()) else { return BTreeSet::new() };
    let rows = block(state, kind).into_iter().filter_map(|id| index.metrics(kind, &id));
    rows.flat_map(|metrics| metrics.iter().cloned()).collect()
}

/// What alarms compare metrics with, in points of the charts.
pub fn thresholds(state: &State) -> HashMap<&Metric, f64> {
    let Some(store) = state.store() else { return HashMap::new() };
    let watches = kinds::of_role(Role::Watcher)
        .flat_map(|kind| store.listing(kind.id()).rows().filter_map(move |row| kind.watch(&*row.object)));
    let lines = watches.filter(|watch| watch.scales.is_none()).filter_map(|watch| watch.line);
    lines.map(|line| (line.metric, line.among(state.charts.range.period()))).collect()
}

/// What happened at a moment of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Deployment,
    Incident,
}

/// The marks on the charts of a resource.
pub fn marks(state: &State, kind: &dyn Kind, row: &Row) -> Vec<(Timestamp, Mark)> {
    let deployed = kind.deployed_at(&*row.object).map(|at| (at, Mark::Deployment));
    let incident = state.charts.incident.map(|at| (at, Mark::Incident));
    deployed.into_iter().chain(incident).collect()
}
