//! The Metrics tab of a resource: all its charts over one time.

use jiff::tz::TimeZone;

use crate::app::metrics::{self, Mark};
use crate::app::store::{Row, Store};
use crate::domain::fault::Fault;
use crate::domain::metric::{Metric, Range, Window};
use crate::domain::{Timestamp, format};
use crate::kinds::kind::Kind;
use crate::kinds::metric::{Absent, Graph, Strand};
use crate::theme::{ChartGlyphs, Role};
use crate::ui::prelude::*;
use crate::ui::widgets::chart::{self, Chart, Curve, FRAME};

/// The least columns of a chart where several stand beside each other, and between two.
const LEAST: usize = 56;
const GAP: usize = 2;

/// Newest points that may still come: until then nothing is known of them.
const LATE: i64 = 3;

const DAY: i64 = 86_400;

/// Draws the tab.
pub fn draw(paint: Paint, frame: &mut Frame, rect: Rect, kind: &dyn Kind, row: &Row, scroll: usize) {
    let (state, room) = (paint.state, usize::from(rect.width));
    let Some(store) = state.store() else { return };
    let graphs = kind.graphs(&*row.object, &store.readings);
    let windows = state.charts.windows();
    let metrics = graphs.iter().flat_map(|graph| &graph.strands).map(|strand| &strand.metric);
    let told = metrics.filter_map(|metric| store.readings.of(metric, windows[0]));
    let (age, fault) = told.fold((None, None), |(age, fault): (Option<i64>, Option<&Fault>), fetched| {
        (age.max(fetched.age(state.now)), fault.or(fetched.fault()))
    });
    frame.render_widget(head(paint, windows[0], age, room), Rect { height: rect.height.min(1), ..rect });
    let mut body = Rect { y: rect.y + 1, height: rect.height.saturating_sub(1), ..rect };
    if let Some(fault) = fault {
        // The charts keep what was read before; why they grow old is said above them.
        let what = if age.is_some() { "not read again" } else { "not read" };
        for line in told_fault(paint, what, fault, room) {
            frame.render_widget(line, Rect { height: body.height.min(1), ..body });
            body = Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body };
        }
    }

    let columns = (room / LEAST).clamp(1, 3);
    let width = (room - (columns - 1) * GAP.min(room)) / columns;
    let lines_of_all = graphs.len().div_ceil(columns).max(1);
    let rows = (usize::from(body.height) / lines_of_all).saturating_sub(FRAME).clamp(4, 10);
    let thresholds = metrics::thresholds(state);
    let marks: Vec<(char, i64)> = (metrics::marks(state, kind, row).into_iter())
        .map(|(at, mark)| (sign(mark, paint.theme.ink), at.as_second()))
        .collect();
    let mut lines: Vec<Line<'static>> = Vec::new();
    if let Some(fault) = kind.target_groups(&*row.object).iter().find_map(|g| store.readings.balancers_fault(g)) {
        lines.extend(told_fault(paint, "load balancers", fault, room));
    }
    for beside in graphs.chunks(columns) {
        let charts: Vec<Vec<Line<'static>>> = (beside.iter())
            .map(|graph| {
                let threshold = graph.strands.iter().find_map(|strand| thresholds.get(&strand.metric));
                let mut chart = of_graph(paint, store, graph);
                chart.threshold = threshold.map(|value| graph.unit.drawn(*value, state.charts.range.period()));
                chart.marks.clone_from(&marks);
                chart::lines(paint, &chart, width, rows)
            })
            .collect();
        for i in 0..rows + FRAME {
            let mut spans = Vec::new();
            for (n, chart) in charts.iter().enumerate() {
                let used = text::total(&spans);
                spans.push(Span::raw(" ".repeat((n * (width + GAP)).saturating_sub(used))));
                spans.extend(chart[i].spans.iter().cloned());
            }
            lines.push(Line::from(spans));
        }
    }
    paint.lines(frame, body, &lines, scroll);
}

/// The ranges, the time that is shown, its age, the cursor.
pub fn head(paint: Paint, window: Window, age: Option<i64>, room: usize) -> Line<'static> {
    let state = paint.state;
    let mut spans: Vec<Span<'static>> = (Range::ALL.iter())
        .map(|range| {
            let role = if *range == window.range { Role::Selection } else { Role::Dim };
            paint.styled(format!(" {} ", range.word()), role)
        })
        .collect();
    let (from, to) = window.bounds(state.now);
    let moment = |at: i64, form: &str| {
        let at = Timestamp::from_second(at).unwrap_or_default();
        at.to_zoned(TimeZone::UTC).strftime(form).to_string()
    };
    let mut said = match state.charts.cursor {
        Some(cursor) => {
            spans.push(paint.styled(format!("  at {}", moment(cursor, "%b %d %H:%MZ")), Role::Accent));
            String::new()
        }
        None => format!("  {} to {}", moment(from, "%b %d %H:%M"), moment(to, "%H:%MZ")),
    };
    if state.charts.day_before {
        said += " · dotted: a day before";
    }
    said += &age.map_or(" · reading …".to_string(), |age| format!(" · read {} ago", format::age_of(age)));
    spans.push(paint.dim(said));
    text::cut_line(Line::from(spans), room)
}

fn sign(mark: Mark, ink: ChartGlyphs) -> char {
    match (mark, ink) {
        (Mark::Deployment, ChartGlyphs::Ascii) => '^',
        (Mark::Deployment, _) => '▲',
        (Mark::Incident, ChartGlyphs::Ascii) => '!',
        (Mark::Incident, _) => '◆',
    }
}

fn told_fault(paint: Paint, what: &str, fault: &Fault, room: usize) -> Vec<Line<'static>> {
    text::wrap(&[paint.styled(format!("{what}: {}", text::fault(fault)), Role::Degraded)], room, 2)
}

/// A graph with what was read of it.
fn of_graph<'a>(paint: Paint, store: &Store, graph: &'a Graph) -> Chart<'a> {
    let charts = &paint.state.charts;
    let now = paint.state.now;
    let window = charts.window();
    let curve = |strand: &Strand| {
        let before =
            charts.day_before.then(|| points(store, graph, &strand.metric, Window::day_before(charts.range), now));
        let before = before.unwrap_or_default().into_iter().map(|(at, value)| (at + DAY, value)).collect();
        Curve { label: strand.label.clone(), points: points(store, graph, &strand.metric, window, now), before }
    };
    let fetched = || graph.strands.iter().filter_map(|strand| store.readings.of(&strand.metric, window));
    let fault = fetched().find_map(|fetched| fetched.fault());
    let is_read = fetched().any(|fetched| fetched.value().is_some());
    let empty = match (fault, is_read, graph.note) {
        (Some(_), ..) => "not read".to_string(),
        (None, false, _) => "reading …".to_string(),
        (None, true, "") => "no data in this time".to_string(),
        (None, true, note) => format!("no data: {note}"),
    };
    Chart {
        title: graph.title,
        unit: graph.unit,
        range: charts.range,
        bounds: window.bounds(now),
        curves: graph.strands.iter().map(curve).collect(),
        ceiling: graph.ceiling,
        threshold: None,
        marks: vec![],
        cursor: charts.cursor,
        empty,
    }
}

/// The points of a metric in a window as they are drawn.
fn points(store: &Store, graph: &Graph, metric: &Metric, window: Window, now: Timestamp) -> Vec<(i64, f64)> {
    let Some(series) = store.readings.series(metric, window) else { return vec![] };
    let (from, to) = window.bounds(now);
    let drawn = series.points.iter().map(|(at, value)| (at.as_second(), graph.unit.drawn(*value, series.period)));
    let told: Vec<(i64, f64)> = drawn.filter(|(at, _)| (from..to).contains(at)).collect();
    if graph.absent == Absent::Gap {
        return told;
    }
    let period = i64::from(series.period.max(1));
    let newest = told.last().map_or(from, |(at, _)| *at);
    // Of the newest points nothing is known yet.
    let known = newest.max(to - (LATE + 1) * period);
    let mut told = told.into_iter().peekable();
    (from..=known)
        .step_by(usize::try_from(period).unwrap_or(60))
        .map(|at| told.next_if(|(told, _)| *told <= at).unwrap_or((at, 0.0)))
        .collect()
}
