//! Which metrics are to be read, and what the keys of a chart do: one range, one day before and one
//! cursor for all charts, so that they can be compared.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::command::Command;
use super::state::{Overlay, Pane, State};
use super::store::Row;
use super::subs::{REST, block};
use super::target_health;
use crate::app::views::golden;
use crate::domain::Timestamp;
use crate::domain::alarm::{Alarm, Watched};
use crate::domain::metric::{Metric, Range, Window};
use crate::domain::query::Query;
use crate::domain::resource::cast;
use crate::domain::service::Service;
use crate::kinds;
use crate::kinds::kind::Kind;
use crate::kinds::metric::{Graph, ROW};

/// CloudWatch's own resolution: asking sooner tells nothing new, and each answer is billed.
pub(super) const EVERY: Duration = Duration::from_secs(60);

/// How all charts are shown.
#[derive(Clone, Debug)]
pub struct Charts {
    pub range: Range,
    /// The same time a day before is drawn too.
    pub day_before: bool,
    /// The moment whose values are told, in seconds since the epoch; `None` is the newest.
    pub cursor: Option<i64>,
    /// When the incident began, once somebody has said so.
    pub incident: Option<Timestamp>,
    pub golden: golden::View,
}

impl Default for Charts {
    fn default() -> Self {
        Self { range: Range::H1, day_before: false, cursor: None, incident: None, golden: golden::View::default() }
    }
}

impl Charts {
    /// The newest points of the range.
    pub fn window(&self) -> Window {
        Window::newest(self.range)
    }

    /// The windows that are drawn.
    pub fn windows(&self) -> Vec<Window> {
        let before = self.day_before.then(|| Window::day_before(self.range));
        [self.window()].into_iter().chain(before).collect()
    }

    /// The cursor, so many points later or earlier; it comes in from the newest point.
    fn step(&mut self, by: i64, now: Timestamp) {
        let period = i64::from(self.range.period());
        let (from, to) = self.window().bounds(now);
        let place = match self.cursor {
            Some(cursor) => cursor.div_euclid(period) * period + by * period,
            None if by > 0 => return,
            None => to + by * period,
        };
        self.cursor = Some(place.clamp(from, to - period));
    }

    fn turn(&mut self, by: isize) {
        let place = Range::ALL.iter().position(|range| *range == self.range).unwrap_or(0);
        self.range = Range::ALL[place.saturating_add_signed(by).min(Range::ALL.len() - 1)];
    }
}

/// The resource whose charts are open, with its kind.
pub fn open(state: &State) -> Option<(&'static Kind, &Row)> {
    let detail = state.detail.as_ref()?;
    let kind = kinds::kind(detail.kind)?;
    kind.tabs.get(detail.tab).filter(|tab| tab.is_metrics())?;
    Some((kind, state.store()?.listing(detail.kind).row(&detail.id)?))
}

/// The charts have the keys.
pub fn has_keys(state: &State) -> bool {
    match state.overlays.last() {
        Some(Overlay::Golden) => true,
        Some(_) => false,
        None => state.is_in_detail() && open(state).is_some(),
    }
}

/// The charts of the open resource.
pub fn graphs(state: &State) -> Vec<Graph> {
    let (Some((kind, row)), Some(store)) = (open(state), state.store()) else { return vec![] };
    kind.graphs_of(&*row.object, &store.readings)
}

/// The reads that the state wants: what is in view and nothing else, everything of a kind of view in
/// one request.
pub fn wanted(
    state: &State,
    in_view: &[&Service],
    sections: &[golden::Section],
    want: &mut impl FnMut(Query, Duration, Duration, u64),
) {
    let mut rows = BTreeSet::new();
    for kind in kinds::registry() {
        if state.is_in_view(Pane::Kind(kind.id)) {
            rows.extend(in_rows(state, kind));
        }
    }
    rows.extend(target_health::counts(state, in_view));
    // What is wrong is known on the first screen, whatever is in view there.
    rows.extend(state.store().into_iter().flat_map(|store| store.triage.asks.iter().cloned()));
    let mut ask = |metrics: BTreeSet<Metric>, window, delay| {
        if !metrics.is_empty() {
            want(Query::Metrics(metrics.into_iter().collect(), window), EVERY, delay, state.round);
        }
    };
    ask(rows, ROW, REST);
    if open(state).is_some() {
        let metrics: BTreeSet<Metric> =
            graphs(state).into_iter().flat_map(|graph| graph.strands).map(|strand| strand.metric).collect();
        state.charts.windows().into_iter().for_each(|window| ask(metrics.clone(), window, Duration::ZERO));
    }
    if golden::is_open(state) {
        ask(golden::metrics(sections).cloned().collect(), state.charts.window(), Duration::ZERO);
    }
}

/// The metrics that the rows of a kind show, those in view and some around them.
fn in_rows(state: &State, kind: &Kind) -> BTreeSet<Metric> {
    let Some(store) = state.store() else { return BTreeSet::new() };
    let ids = block(state, kind);
    let rows = ids.iter().filter_map(|id| store.listing(kind.id).row(id));
    let glances = rows.flat_map(|row| kind.columns.iter().filter_map(|column| column.glance(&*row.object)));
    glances.flat_map(|glance| glance.metrics).collect()
}

/// What alarms compare metrics with, in points of the charts: the sum of five minutes is compared
/// with more than that of one.
pub fn thresholds<'a>(state: &'a State) -> HashMap<&'a Metric, f64> {
    let Some(store) = state.store() else { return HashMap::new() };
    let rows = kinds::registry().iter().flat_map(|kind| store.listing(kind.id).rows());
    let alarms = rows.filter_map(|row| cast::<Alarm>(&*row.object)).filter(|alarm| alarm.scaling().is_none());
    let threshold = |alarm: &'a Alarm| match &alarm.watched {
        Watched::Metric(metric, condition) => {
            let longer = match metric.stat.as_str() {
                "Sum" | "SampleCount" if condition.period > 0 => {
                    f64::from(state.charts.range.period()) / f64::from(condition.period)
                }
                _ => 1.0,
            };
            condition.threshold.map(|threshold| (metric, threshold * longer))
        }
        _ => None,
    };
    alarms.filter_map(threshold).collect()
}

/// What happened at a moment of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Deployment,
    Incident,
}

/// The marks on the charts of a resource.
pub fn marks(state: &State, kind: &Kind, row: &Row) -> Vec<(Timestamp, Mark)> {
    let deployed = kind.deployed_at(&*row.object, state.now).map(|at| (at, Mark::Deployment));
    let incident = state.charts.incident.map(|at| (at, Mark::Incident));
    deployed.into_iter().chain(incident).collect()
}

/// Does a command of the charts; `false` leaves it to the rest of the console.
pub fn handle_command(state: &mut State, command: Command) -> bool {
    let now = state.now;
    let charts = &mut state.charts;
    match command {
        Command::LongerRange => charts.turn(1),
        Command::ShorterRange => charts.turn(-1),
        Command::DayBefore => charts.day_before = !charts.day_before,
        Command::Earlier => charts.step(-1, now),
        Command::Later => charts.step(1, now),
        Command::MuchEarlier => charts.step(-10, now),
        Command::MuchLater => charts.step(10, now),
        // First the cursor, then what the charts are in.
        Command::Back if charts.cursor.is_some() => charts.cursor = None,
        _ => return false,
    }
    true
}
