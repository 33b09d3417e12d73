//! One chart as lines of text: its name with what is to be read off it, the plot between its axes,
//! the times below.

mod plot;

use jiff::tz::TimeZone;
use ratatui::style::{Modifier, Style};

use crate::domain::Timestamp;
use crate::domain::metric::Range;
use crate::kinds::metric::Unit;
use crate::theme::{ChartGlyphs, Role};
use crate::ui::prelude::*;
pub use plot::spark;
use plot::{Scale, Spot, Trace, plot, sample};

/// Columns of the values beside a plot, with the axis.
const MARGIN: usize = 8;

/// Lines of a chart besides its plot: name, axis, times.
pub const FRAME: usize = 3;

/// A line of a chart.
#[derive(Clone, Debug, Default)]
pub struct Curve {
    pub label: String,
    /// Beginning of the period and drawn value, oldest first.
    pub points: Vec<(i64, f64)>,
    /// The same of the day before, moved to today.
    pub before: Vec<(i64, f64)>,
}

/// What is drawn.
#[derive(Clone, Debug)]
pub struct Chart<'a> {
    pub title: &'a str,
    pub unit: Unit,
    pub range: Range,
    /// From and to, in seconds since the epoch.
    pub bounds: (i64, i64),
    pub curves: Vec<Curve>,
    pub ceiling: Option<f64>,
    /// What an alarm compares it with.
    pub threshold: Option<f64>,
    /// Moments that explain it: a sign, and where.
    pub marks: Vec<(char, i64)>,
    /// The moment whose values are told.
    pub cursor: Option<i64>,
    /// What is said where there is no point.
    pub empty: String,
}

impl Chart<'_> {
    fn period(&self) -> i64 {
        i64::from(self.range.period())
    }

    fn scale(&self) -> Scale {
        let values = self.curves.iter().flat_map(|curve| curve.points.iter().chain(&curve.before));
        let most = values.map(|(_, value)| *value).fold(0.0, f64::max);
        // An alarm far above what happens must not press it flat.
        let threshold = self.threshold.filter(|threshold| *threshold <= most * 4.0 || self.ceiling.is_some());
        let most = most.max(threshold.unwrap_or(0.0));
        let high = match self.ceiling {
            Some(ceiling) if most <= ceiling => ceiling,
            _ => round_up(most, self.unit),
        };
        let (from, to) = self.bounds;
        Scale { from, to, low: 0.0, high }
    }

    /// The value of a curve that the legend tells: at the cursor, else the newest.
    fn legend_value(&self, points: &[(i64, f64)]) -> Option<f64> {
        match self.cursor {
            Some(cursor) => {
                let found = points.iter().find(|(at, _)| (*at..*at + self.period()).contains(&cursor));
                found.map(|(_, value)| *value)
            }
            None => points.last().map(|(_, value)| *value),
        }
    }
}

/// The next round number, so that the axis can be read: 1, 2, 2.5, 5, 10, of bytes a power of two.
fn round_up(value: f64, unit: Unit) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 1.0;
    }
    if matches!(unit, Unit::Bytes | Unit::BytesPerSecond) {
        return value.log2().ceil().exp2();
    }
    let base = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    // A value that is round already stays, whatever the last digit of its logarithm says.
    steps.into_iter().map(|step| step * base).find(|round| *round >= value * (1.0 - 1e-9)).unwrap_or(base * 10.0)
}

/// The colour of one of several things, as curves or sources of logs; it comes again after six.
pub fn role(strand: usize) -> Role {
    [Role::Series1, Role::Series2, Role::Series3, Role::Series4, Role::Series5, Role::Series6][strand % 6]
}

/// The chart in so many columns, its plot in so many rows. Always `rows + FRAME` lines, none wider
/// than `room`.
pub fn lines(paint: Paint, chart: &Chart, room: usize, rows: usize) -> Vec<Line<'static>> {
    let columns = room.saturating_sub(MARGIN);
    let scale = chart.scale();
    let ink = paint.theme.ink;
    let mut lines = vec![legend(paint, chart, room)];
    let traces: Vec<Trace> = (chart.curves.iter().enumerate())
        .flat_map(|(strand, curve)| {
            let trace = |points: &[(i64, f64)], before| Trace {
                points: points.to_vec(),
                period: chart.period(),
                strand,
                before,
            };
            [trace(&curve.points, false), trace(&curve.before, true)]
        })
        .collect();
    let grid = plot(ink, (columns, rows), &traces, scale);
    let threshold = chart.threshold.map(|threshold| (threshold, scale.level(threshold, rows)));
    let cursor = chart.cursor.and_then(|cursor| scale.column(cursor + chart.period() / 2, columns));
    let is_empty = chart.curves.iter().all(|curve| curve.points.is_empty() && curve.before.is_empty());
    for (row, spots) in grid.iter().enumerate() {
        let level = rows - 1 - row;
        let value = match row {
            _ if is_empty => None,
            0 => Some(scale.high),
            _ if level == 0 => Some(scale.low),
            // The middle of a plot that has one.
            _ if rows >= 5 && row == rows / 2 => Some(scale.low + (scale.high - scale.low) * 0.5),
            _ => None,
        };
        let label = value.map_or(String::new(), |value| chart.unit.brief(value));
        let axis = if ink == ChartGlyphs::Ascii { "|" } else { "│" };
        let label = text::fit_right(&label, MARGIN - 2);
        let mut spans = vec![paint.dim(text::cut(&format!("{label} {axis}"), room))];
        if is_empty && row == rows / 2 {
            let said = text::fit(&format!(" {}", chart.empty), columns);
            spans.push(paint.dim(said));
        } else {
            let at_threshold = threshold.is_some_and(|(value, at)| at == level && value <= scale.high);
            spans.extend(plotted(paint, spots, cursor, at_threshold && !is_empty));
        }
        lines.push(Line::from(spans));
    }
    lines.push(axis(paint, chart, columns, cursor, scale));
    lines.push(times(paint, chart, columns, scale));
    lines.into_iter().map(|line| text::cut_line(line, room)).collect()
}

/// One row of the plot, with what lies behind its lines.
fn plotted(paint: Paint, spots: &[Spot], cursor: Option<usize>, at_threshold: bool) -> Vec<Span<'static>> {
    let ascii = paint.theme.ink == ChartGlyphs::Ascii;
    let style = |spot: &Spot| match spot.before {
        true => paint.style(Role::Dim),
        false => paint.style(role(spot.strand)),
    };
    let cell = |(column, spot): (usize, &Spot)| -> (char, Style) {
        let is_cursor = cursor == Some(column);
        match spot.glyph {
            // Reverse is seen without a colour too.
            Some(glyph) if is_cursor => (glyph, style(spot).add_modifier(Modifier::REVERSED)),
            Some(glyph) => (glyph, style(spot)),
            None if is_cursor => (if ascii { '|' } else { '│' }, paint.style(Role::Accent)),
            None if at_threshold => (if ascii { '-' } else { '╌' }, paint.style(Role::Degraded)),
            None => (' ', Style::default()),
        }
    };
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (glyph, style) in spots.iter().enumerate().map(cell) {
        match spans.last_mut() {
            Some(last) if last.style == style => last.content.to_mut().push(glyph),
            _ => spans.push(Span::styled(glyph.to_string(), style)),
        }
    }
    spans
}

/// Name and values: of each line the newest and its extremes, or what it was at the cursor.
fn legend(paint: Paint, chart: &Chart, room: usize) -> Line<'static> {
    let dim = |said: String| paint.dim(said);
    let mut spans = vec![paint.styled(format!("{}  ", chart.title), Role::Strong)];
    let alone = chart.curves.len() == 1;
    for (strand, curve) in chart.curves.iter().enumerate() {
        let sign = sample(paint.theme.ink, strand);
        spans.push(paint.styled(format!("{sign} "), role(strand)));
        if !curve.label.is_empty() {
            spans.push(dim(format!("{} ", text::cut_middle(&curve.label, 24))));
        }
        let told = chart.legend_value(&curve.points).map_or("–".to_string(), |value| chart.unit.words(value));
        spans.push(paint.styled(told, Role::Strong));
        if let Some(before) = chart.legend_value(&curve.before) {
            spans.push(dim(format!(" (−1d {})", chart.unit.words(before))));
        }
        let extremes = curve.points.iter().map(|(_, value)| (*value, *value));
        let extremes = extremes.reduce(|(low, high), (value, _)| (low.min(value), high.max(value)));
        if let (Some((low, high)), true) = (extremes, chart.cursor.is_none() && curve.before.is_empty()) {
            let (low, high) = (chart.unit.words(low), chart.unit.words(high));
            // With several lines there is only room for what differs.
            spans.push(dim(if alone { format!("  min {low}  max {high}") } else { format!(" {low}…{high}") }));
        }
        spans.push(Span::raw("  "));
    }
    if let Some(threshold) = chart.threshold {
        let said = format!("alarm at {}", chart.unit.words(threshold));
        spans.push(paint.styled(said, Role::Degraded));
    }
    text::cut_line(Line::from(spans), room)
}

/// The line below the plot, with the marks upon it.
fn axis(paint: Paint, chart: &Chart, columns: usize, cursor: Option<usize>, scale: Scale) -> Line<'static> {
    let ascii = paint.theme.ink == ChartGlyphs::Ascii;
    let (corner, line, tick) = if ascii { ('+', '-', '+') } else { ('└', '─', '┴') };
    let mut glyphs = vec![(line, Role::Dim); columns];
    for (at, _) in ticks(chart.range, chart.bounds, columns) {
        if let Some(column) = scale.column(at, columns) {
            glyphs[column] = (tick, Role::Dim);
        }
    }
    for (sign, at) in &chart.marks {
        if let Some(column) = scale.column(*at, columns) {
            glyphs[column] = (*sign, Role::Changing);
        }
    }
    if let Some(column) = cursor {
        glyphs[column].1 = Role::Accent;
    }
    let head = format!("{}{corner}", " ".repeat(MARGIN - 1));
    let mut spans = vec![paint.dim(head)];
    for (glyph, role) in glyphs {
        spans.push(paint.styled(glyph.to_string(), role));
    }
    Line::from(spans)
}

/// The times below their ticks.
fn times(paint: Paint, chart: &Chart, columns: usize, scale: Scale) -> Line<'static> {
    let mut said = String::new();
    for (at, label) in ticks(chart.range, chart.bounds, columns) {
        let Some(column) = scale.column(at, columns) else { continue };
        // Centred below its tick, as far as that is possible.
        let place = column.saturating_sub(label.len() / 2);
        let used = said.chars().count();
        if (place < used + 1 && used > 0) || place + label.len() > columns {
            continue;
        }
        said += &" ".repeat(place.saturating_sub(used));
        said += &label;
    }
    Line::from(paint.dim(format!("{}{said}", " ".repeat(MARGIN))))
}

/// Round moments of a range with their names in UTC, as many as there is room for.
fn ticks(range: Range, (from, to): (i64, i64), columns: usize) -> Vec<(i64, String)> {
    /// Columns that a tick takes at least.
    const EACH: i64 = 9;
    const STEPS: [i64; 9] = [300, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];
    let columns = i64::try_from(columns).unwrap_or(0).max(1);
    let step = STEPS.into_iter().find(|step| (to - from) / step * EACH <= columns).unwrap_or(172_800);
    let first = from.div_euclid(step) * step + step;
    let name = |at: i64| {
        let at = Timestamp::from_second(at).unwrap_or_default().to_zoned(TimeZone::UTC);
        if range == Range::D7 { at.strftime("%b %d").to_string() } else { at.strftime("%H:%M").to_string() }
    };
    (0..=(to - first).max(-1) / step).map(|n| first + n * step).map(|at| (at, name(at))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::State;
    use crate::keymap::Keymap;
    use crate::settings::Settings;
    use crate::theme::{Depth, Theme};
    use proptest::prelude::*;

    fn at() -> Timestamp {
        "2026-11-21T02:14:00Z".parse().unwrap()
    }

    fn chart(range: Range, values: &[f64]) -> Chart<'static> {
        let bounds = crate::domain::metric::Window::newest(range).bounds(at());
        let period = i64::from(range.period());
        let points = (0..).zip(values).map(|(n, value)| (bounds.0 + n * period, *value)).collect();
        let curves = vec![Curve { label: String::new(), points, before: vec![] }];
        Chart {
            title: "CPU",
            unit: Unit::Percent,
            range,
            bounds,
            curves,
            ceiling: Some(100.0),
            threshold: None,
            marks: vec![],
            cursor: None,
            empty: "no data".to_string(),
        }
    }

    fn drawn(chart: &Chart, ink: ChartGlyphs, room: usize, rows: usize) -> Vec<String> {
        let state = State::new(vec![], Keymap::default().into(), Settings::default(), (80, 24), at());
        let mut theme = Theme::builtin("mono", Depth::None);
        theme.ink = ink;
        let paint = Paint { state: &state, theme: &theme };
        lines(paint, chart, room, rows).iter().map(|line| line.to_string().trim_end().to_string()).collect()
    }

    #[test]
    fn a_chart_in_ascii_can_be_read() {
        let mut chart = chart(Range::M15, &[10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0]);
        chart.threshold = Some(75.0);
        chart.marks = vec![('^', chart.bounds.0 + 300)];
        assert_eq!(
            drawn(&chart, ChartGlyphs::Ascii, 46, 5),
            [
                "CPU  # 100 %  min 10 %  max 100 %  alarm at 7…",
                "  100% |                    ==####",
                "       |---------------==#########------------",
                "   50% |          ==##############",
                "       |     ==###################",
                "    0% |==########################",
                "       +--+---------^--+-----------+----------",
                "        02:00        02:05       02:10",
            ]
        );
    }

    #[test]
    fn the_cursor_tells_the_values_of_its_time() {
        let mut chart = chart(Range::M15, &[10.0, 20.0, 30.0]);
        chart.cursor = Some(chart.bounds.0 + 60);
        let told = drawn(&chart, ChartGlyphs::Ascii, 60, 3);
        assert!(told[0].starts_with("CPU  # 20 %") && !told[0].contains("min"), "{told:?}");
        chart.cursor = Some(chart.bounds.0 + 600);
        let told = drawn(&chart, ChartGlyphs::Ascii, 60, 3);
        assert!(told[0].starts_with("CPU  # –"), "a gap has no value: {told:?}");
        assert!(told[1].contains("|") && told[1].rfind('|') > Some(20), "{told:?}");
    }

    #[test]
    fn nothing_is_said_as_nothing() {
        let told = drawn(&chart(Range::H1, &[]), ChartGlyphs::Braille, 60, 3);
        assert!(told[2].ends_with("no data"), "{told:?}");
        assert!(!told.iter().any(|line| line.contains("100")), "a scale without values is none: {told:?}");
    }

    #[test]
    fn a_scale_ends_at_a_round_number() {
        for (value, unit, end) in [
            (0.0, Unit::Count, 1.0),
            (7.0, Unit::Count, 10.0),
            (10.0, Unit::Count, 10.0),
            (1000.0, Unit::Count, 1000.0),
            (230.0, Unit::Count, 250.0),
            (0.003, Unit::Seconds, 0.005),
            (3.0e9, Unit::Bytes, 4_294_967_296.0),
        ] {
            assert!((round_up(value, unit) - end).abs() < end * 1e-9, "{value}: {}", round_up(value, unit));
        }
        let above = chart(Range::M15, &[140.0]);
        assert_eq!(above.scale().high, 200.0, "a task may use more than it reserved");
    }

    proptest! {
        #[test]
        fn a_chart_has_its_lines_and_stays_in_its_room(
            values in proptest::collection::vec(0.0..1e7f64, 0..60),
            room in 0usize..130,
            rows in 0usize..9,
            cursor in proptest::option::of(-100i64..4000),
            threshold in proptest::option::of(0.0..1e8f64),
            range in 0usize..6,
        ) {
            let mut chart = chart(Range::ALL[range], &values);
            chart.cursor = cursor.map(|cursor| chart.bounds.0 + cursor);
            chart.threshold = threshold;
            chart.marks = vec![('▲', chart.bounds.1 - 1), ('▲', chart.bounds.1)];
            for ink in [ChartGlyphs::Braille, ChartGlyphs::Blocks, ChartGlyphs::Ascii] {
                let told = drawn(&chart, ink, room, rows);
                prop_assert_eq!(told.len(), rows + FRAME);
                prop_assert!(told.iter().all(|line| text::width(line) <= room), "{:?}", told);
            }
        }
    }
}
