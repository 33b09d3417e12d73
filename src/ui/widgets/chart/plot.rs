//! Lines over time as characters. Nothing is drawn where there is no point: a gap stays a gap.

use crate::theme::ChartGlyphs;

/// The room that values and times are drawn into.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Seconds since the epoch; `to` is not part of it.
    pub from: i64,
    pub to: i64,
    pub low: f64,
    pub high: f64,
}

impl Scale {
    /// Which of so many columns a moment is in.
    pub fn column(&self, moment: i64, columns: usize) -> Option<usize> {
        let span = (self.to - self.from).max(1);
        let place = i128::from(moment - self.from) * columns as i128 / i128::from(span);
        usize::try_from(place).ok().filter(|place| *place < columns)
    }

    /// From and to of one of so many columns, which takes a second at least.
    fn span(&self, x: usize, columns: usize) -> (i64, i64) {
        let span = i128::from(self.to - self.from);
        let edge = |x: usize| self.from + (x as i128 * span / columns as i128) as i64;
        (edge(x), edge(x + 1).max(edge(x) + 1))
    }

    /// How high a value is, in so many levels from 0; what lies outside is at the edge.
    pub fn level(&self, value: f64, levels: usize) -> usize {
        let top = levels.saturating_sub(1) as f64;
        let part = (value - self.low) / (self.high - self.low).max(f64::MIN_POSITIVE);
        (part * top).round().clamp(0.0, top) as usize
    }
}

/// One line.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Beginning of the period and value, oldest first.
    pub points: Vec<(i64, f64)>,
    /// Seconds of a point.
    pub period: i64,
    /// Which of the lines it is, from 0: the first is solid, the further ones have ever more gaps, so
    /// that they can be told apart without a colour.
    pub strand: usize,
    /// Of another day: hardly more than dots.
    pub before: bool,
}

/// What a cell shows, and whose it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    pub glyph: Option<char>,
    pub strand: usize,
    pub before: bool,
}

/// Dots of a Braille cell by row and column (Unicode, U+2800).
const DOTS: [[u8; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];

/// Eighths of a cell, from none to all.
pub const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// As [`EIGHTHS`], in ASCII.
pub const LEVELS: [char; 9] = [' ', '_', '.', '-', '=', '+', '*', '#', '@'];

/// What stands for a line that is no bar.
const SIGNS: [[char; 6]; 2] = [['█', '•', '×', '+', '∘', '◇'], ['#', 'o', 'x', '+', '%', '&']];

/// How a line looks in a legend.
pub fn sample(ink: ChartGlyphs, strand: usize) -> char {
    match ink {
        ChartGlyphs::Braille => ['━', '╍', '┅', '┉', '╌', '·'][strand % 6],
        ChartGlyphs::Blocks => SIGNS[0][strand % 6],
        ChartGlyphs::Ascii => SIGNS[1][strand % 6],
    }
}

/// The lines in so many columns and rows, the top row first. The first of them lie on top.
pub fn plot(ink: ChartGlyphs, (columns, rows): (usize, usize), traces: &[Trace], scale: Scale) -> Vec<Vec<Spot>> {
    let mut grid = vec![vec![Spot::default(); columns]; rows];
    if columns == 0 || rows == 0 || scale.to <= scale.from {
        return grid;
    }
    // What matters most is drawn last: of lines the first one. Its bars would cover the others' signs.
    let mut traces: Vec<&Trace> = traces.iter().collect();
    match ink {
        ChartGlyphs::Braille => traces.sort_by_key(|trace| (!trace.before, std::cmp::Reverse(trace.strand))),
        ChartGlyphs::Blocks | ChartGlyphs::Ascii => traces.sort_by_key(|trace| (trace.before, trace.strand)),
    }
    for trace in traces {
        match ink {
            ChartGlyphs::Braille => braille(&mut grid, trace, scale),
            ChartGlyphs::Blocks | ChartGlyphs::Ascii => bars(&mut grid, ink, trace, scale),
        }
    }
    grid
}

fn braille(grid: &mut [Vec<Spot>], trace: &Trace, scale: Scale) {
    let (columns, rows) = (grid[0].len(), grid.len());
    let (wide, high) = (columns * 2, rows * 4);
    let mut dot = |x: usize, level: usize| {
        let y = high - 1 - level;
        let spot = &mut grid[y / 4][x / 2];
        let bits = spot.glyph.map_or(0, |glyph| (u32::from(glyph) - 0x2800) as u8);
        let bits = bits | DOTS[y % 4][x % 2];
        *spot = Spot { glyph: char::from_u32(0x2800 + u32::from(bits)), strand: trace.strand, before: trace.before };
    };
    // Lines of other days have one dot in four.
    let step = if trace.before { 4 } else { 1 + trace.strand % 6 };
    for run in runs(trace) {
        let mut last: Option<usize> = None;
        for x in 0..wide {
            // The middle of the column's time says its value.
            let (from, to) = scale.span(x, wide);
            let Some((low, high_value)) = value_between(run, trace.period, from, to) else { continue };
            let (low, high_level) = (scale.level(low, high), scale.level(high_value, high));
            if step == 1 {
                // Steep lines stay whole.
                let (mut from, mut to) = (low.min(high_level), low.max(high_level));
                if let Some(last) = last {
                    if last < from {
                        from = last + 1;
                    } else if last > to {
                        to = last - 1;
                    }
                }
                (from..=to).for_each(|level| dot(x, level));
                last = Some((low + high_level) / 2);
            } else if x % step == 0 {
                dot(x, (low + high_level) / 2);
            }
        }
    }
}

/// Points that follow each other without a gap.
fn runs(trace: &Trace) -> impl Iterator<Item = &[(i64, f64)]> {
    trace.points.chunk_by(|a, b| b.0 - a.0 <= trace.period)
}

/// Least and greatest value of a run within some seconds, on a line between the middles of its
/// periods; `None` outside of all of them.
fn value_between(run: &[(i64, f64)], period: i64, from: i64, to: i64) -> Option<(f64, f64)> {
    let (first, last) = (run.first()?, run.last()?);
    if to <= first.0 || from >= last.0 + period {
        return None;
    }
    let half = period / 2;
    let at = |moment: i64| {
        let next = run.partition_point(|(at, _)| at + half <= moment);
        match (next.checked_sub(1).map(|i| run[i]), run.get(next)) {
            (Some((a, x)), Some((b, y))) => {
                let part = (moment - a - half) as f64 / (b - a).max(1) as f64;
                x + (y - x) * part
            }
            (Some((_, x)), None) => x,
            (None, Some((_, y))) => *y,
            (None, None) => 0.0,
        }
    };
    let middle = from + (to - from) / 2;
    let within = run.iter().filter(|(at, _)| (from..to).contains(&(at + half))).map(|(_, value)| *value);
    Some(within.chain([at(middle)]).fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v))))
}

fn bars(grid: &mut [Vec<Spot>], ink: ChartGlyphs, trace: &Trace, scale: Scale) {
    let (columns, rows) = (grid[0].len(), grid.len());
    let signs = SIGNS[usize::from(ink == ChartGlyphs::Ascii)];
    let levels = if ink == ChartGlyphs::Ascii { LEVELS } else { EIGHTHS };
    for (x, (from, to)) in (0..columns).map(|x| (x, scale.span(x, columns))) {
        let within = trace.points.iter().filter(|(at, _)| *at < to && at + trace.period > from);
        let Some(value) = within.map(|(_, value)| *value).reduce(f64::max) else { continue };
        let mut put = |row: usize, glyph: char| {
            grid[row][x] = Spot { glyph: Some(glyph), strand: trace.strand, before: trace.before };
        };
        if trace.before {
            put(rows - 1 - scale.level(value, rows), if ink == ChartGlyphs::Ascii { '\'' } else { '·' });
        } else if trace.strand == 0 {
            // What is there never looks like nothing.
            let eighths = scale.level(value, rows * 8 + 1).max(1);
            (0..eighths / 8).for_each(|row| put(rows - 1 - row, if ink == ChartGlyphs::Ascii { '#' } else { '█' }));
            if !eighths.is_multiple_of(8) {
                put(rows - 1 - eighths / 8, levels[eighths % 8]);
            }
        } else {
            put(rows - 1 - scale.level(value, rows), signs[trace.strand % 6]);
        }
    }
}

/// Parts of the greatest (0 to 1) as one line of characters; `None` is a gap.
pub fn spark(ink: ChartGlyphs, trend: &[Option<f32>]) -> String {
    let levels = if ink == ChartGlyphs::Ascii { LEVELS } else { EIGHTHS };
    // What is there never looks like nothing.
    let glyph = |part: &Option<f32>| part.map_or(' ', |part| levels[((part * 8.0).round() as usize).clamp(1, 8)]);
    trend.iter().map(glyph).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn trace(points: Vec<(i64, f64)>) -> Trace {
        Trace { points, period: 60, strand: 0, before: false }
    }

    fn text(grid: &[Vec<Spot>]) -> Vec<String> {
        grid.iter().map(|row| row.iter().map(|spot| spot.glyph.unwrap_or(' ')).collect()).collect()
    }

    #[test]
    fn a_rise_is_a_rise_in_every_ink() {
        let points = (0..8).map(|n| (n * 60, n as f64)).collect();
        let scale = Scale { from: 0, to: 480, low: 0.0, high: 7.0 };
        let drawn = |ink| text(&plot(ink, (8, 2), &[trace(Vec::clone(&points))], scale));
        assert_eq!(drawn(ChartGlyphs::Blocks), ["    ▁▃▆█", "▁▂▅▇████"]);
        assert_eq!(drawn(ChartGlyphs::Ascii), ["    _-*#", "_.+#####"]);
        let braille = drawn(ChartGlyphs::Braille);
        assert!(braille[0].starts_with("    ") && !braille[0].ends_with(' '), "{braille:?}");
        assert!(!braille[1].starts_with(' ') && braille[1].ends_with("  "), "{braille:?}");
    }

    #[test]
    fn a_flat_line_has_no_hole_and_a_gap_has_no_dot() {
        let points = vec![(0, 5.0), (60, 5.0), (240, 5.0), (300, 5.0)];
        let scale = Scale { from: 0, to: 360, low: 0.0, high: 10.0 };
        for ink in [ChartGlyphs::Braille, ChartGlyphs::Blocks, ChartGlyphs::Ascii] {
            let drawn = plot(ink, (12, 3), &[trace(points.clone())], scale);
            let is_drawn = |column: usize| drawn.iter().any(|row| row[column].glyph.is_some());
            let columns: String = (0..12).map(|column| if is_drawn(column) { 'x' } else { '.' }).collect();
            assert_eq!(columns, "xxxx....xxxx", "{ink:?}");
        }
    }

    #[test]
    fn the_first_line_lies_on_top() {
        let flat = |strand| Trace { strand, ..trace((0..10).map(|n| (n * 60, 5.0)).collect()) };
        let scale = Scale { from: 0, to: 600, low: 0.0, high: 10.0 };
        let drawn = plot(ChartGlyphs::Braille, (10, 1), &[flat(0), flat(1)], scale);
        assert!(drawn[0].iter().all(|spot| spot.strand == 0));
    }

    #[test]
    fn a_spark_has_a_level_for_all_that_is_there() {
        let trend = [None, Some(0.0), Some(0.5), Some(1.0)];
        assert_eq!(spark(ChartGlyphs::Braille, &trend), " ▁▄█");
        assert_eq!(spark(ChartGlyphs::Ascii, &trend), " _=@");
    }

    proptest! {
        #[test]
        fn nothing_is_drawn_outside_the_area_or_in_a_gap(
            points in proptest::collection::btree_map(-5i64..65, -1e9..1e9f64, 0..70),
            columns in 0usize..50,
            rows in 0usize..9,
            strand in 0usize..8,
            before: bool,
            high in 0.0..1e9f64,
        ) {
            let points: Vec<(i64, f64)> = points.into_iter().map(|(at, value)| (at * 60, value)).collect();
            let scale = Scale { from: 0, to: 3600, low: 0.0, high };
            for ink in [ChartGlyphs::Braille, ChartGlyphs::Blocks, ChartGlyphs::Ascii] {
                let trace = Trace { points: points.clone(), period: 60, strand, before };
                let drawn = plot(ink, (columns, rows), &[trace], scale);
                prop_assert_eq!(drawn.len(), rows);
                for (x, row) in (0..columns).flat_map(|x| drawn.iter().map(move |row| (x, row))) {
                    prop_assert_eq!(row.len(), columns);
                    let (from, to) = (x as i64 * 3600 / columns as i64, (x as i64 + 1) * 3600 / columns as i64 + 1);
                    let is_known = points.iter().any(|(at, _)| *at < to && at + 60 > from);
                    prop_assert!(row[x].glyph.is_none() || is_known, "column {} of {}", x, columns);
                }
            }
        }

        #[test]
        fn every_bar_that_is_known_is_seen(value in 0.0..1e6f64, columns in 1usize..40) {
            let points = (0..60).map(|n| (n * 60, value)).collect();
            let scale = Scale { from: 0, to: 3600, low: 0.0, high: 1e6 };
            for ink in [ChartGlyphs::Braille, ChartGlyphs::Blocks, ChartGlyphs::Ascii] {
                let drawn = plot(ink, (columns, 4), &[trace(Vec::clone(&points))], scale);
                prop_assert!((0..columns).all(|x| drawn.iter().any(|row| row[x].glyph.is_some())));
            }
        }
    }
}
