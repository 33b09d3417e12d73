//! What stands on the page of golden signals: every layer on the way of a request, from the
//! edge inwards, the worst of each first.

use std::cmp::Ordering;

use crate::app::state::State;
use crate::app::store::Row;
use crate::domain::metric::Metric;
use crate::domain::text::Text;
use crate::kinds;
use crate::kinds::kind::Kind;
use crate::kinds::metric::{Layer, SparklineMetric, Worst};

/// Resources of a layer that are looked at; by health the worst of them.
const MOST: usize = 40;

/// One resource in a layer.
pub struct Entry<'a> {
    pub kind: &'static dyn Kind,
    pub layer: &'static Layer,
    pub row: &'a Row,
    /// One a signal of the layer; `None` where the resource has none of it.
    pub glances: Vec<Option<SparklineMetric>>,
}

/// A layer with its resources.
pub struct Section<'a> {
    pub layer: &'static Layer,
    pub entries: Vec<Entry<'a>>,
    /// Resources beside those.
    pub more: usize,
}

/// All layers that have a resource, from the edge inwards.
pub fn sections<'a>(state: &'a State) -> Vec<Section<'a>> {
    let Some(store) = state.store() else { return vec![] };
    let mut layers: Vec<(&'static dyn Kind, &'static Layer)> =
        kinds::registry().flat_map(|kind| kind.layers().iter().map(move |layer| (kind, layer))).collect();
    layers.sort_by_key(|(_, layer)| layer.place);
    let section = |(kind, layer): (&'static dyn Kind, &'static Layer)| {
        let mut rows: Vec<&Row> = store.listing(kind.id()).rows().filter(|row| layer.has(&*row.object)).collect();
        rows.sort_by_cached_key(|row| (row.diagnosis.health, row.object.name().clone(), row.object.id().clone()));
        let more = rows.len().saturating_sub(MOST);
        let entry = |row: &'a Row| {
            let glances = layer.signals.iter().map(|signal| signal.glance(&*row.object, &store.readings));
            Entry { kind, layer, row, glances: glances.collect() }
        };
        let mut entries: Vec<Entry> = rows.into_iter().take(MOST).map(entry).collect();
        // The order by name stays among equals.
        entries.sort_by(|a, b| {
            (a.row.diagnosis.health.cmp(&b.row.diagnosis.health)).then_with(|| first_signal(state, a, b))
        });
        Section { layer, entries, more }
    };
    layers.into_iter().map(section).filter(|section| !section.entries.is_empty()).collect()
}

/// The metrics of all that is shown.
pub fn metrics<'a>(sections: &'a [Section]) -> impl Iterator<Item = &'a Metric> {
    let entries = sections.iter().flat_map(|section| &section.entries);
    entries.flat_map(|entry| entry.glances.iter().flatten()).flat_map(|glance| &glance.metrics)
}

/// The target groups behind it: the metrics of their balancers are by both.
pub fn groups(sections: &[Section]) -> impl Iterator<Item = Text> {
    let entries = sections.iter().flat_map(|section| &section.entries);
    entries.flat_map(|entry| entry.kind.target_groups(&*entry.row.object)).cloned()
}

/// By the layer's first signal, the worse first; what has no value is last.
fn first_signal(state: &State, a: &Entry, b: &Entry) -> Ordering {
    let Some(store) = state.store() else { return Ordering::Equal };
    let value = |entry: &Entry| {
        let glance = entry.glances.first()?.as_ref()?;
        let value = glance.last(&store.readings, state.charts.window(), state.now)?;
        Some(if glance.worst == Worst::Highest { -value } else { value })
    };
    match (value(a), value(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// The row of the selection among all entries; the first where it is on none.
pub fn position(state: &State, sections: &[Section]) -> usize {
    let selected = state.charts.golden.as_ref();
    let place = selected.and_then(|(place, id)| {
        let mut entries = sections.iter().flat_map(|section| &section.entries);
        entries.position(|entry| entry.layer.place == *place && entry.row.object.id() == id)
    });
    place.unwrap_or(0)
}

/// Seconds since the oldest of what is shown was read.
pub fn age(state: &State, sections: &[Section]) -> Option<i64> {
    let store = state.store()?;
    let window = state.charts.window();
    metrics(sections).filter_map(|metric| store.readings.of(metric, window)?.age(state.now)).max()
}
