//! Two revisions beside each other: in two columns where there is room, else one below the other.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::app::views::compare::CompareView;
use crate::app::views::compare::view::in_use;
use crate::domain::compare::{ComparedField, Comparison, FieldChange};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::revision::Revision;
use crate::domain::service::TaskDefinitionRef;
use crate::ui::prelude::*;

/// From this width on the revisions have a column each.
const TWO_COLUMNS: u16 = 110;
/// What stands before a row: the cursor, and the cue of its change.
const CUES: usize = 4;
/// Between the columns.
const GAP: usize = 2;
/// The column of names: the same for all revisions, so that nothing moves while one goes through them.
const NAMES: usize = 32;
/// Columns that a value takes at most: a command can be longer than the screen, copying gives all of it.
const LONGEST: usize = 400;
/// What of a longer value is shown before and behind the part that differs.
const AROUND: usize = 40;
/// What stands where a revision does not have the field.
const NOTHING: &str = "—";

/// Draws the overlay over `body`.
pub fn draw(paint: Paint, frame: &mut Frame, body: Rect, view: &CompareView) {
    paint.page(frame, body);
    let room = usize::from(body.width);
    let columns = (body.width >= TWO_COLUMNS).then(|| side(room));
    let (lines, selected) = rows(paint, view, columns, room);
    let mut head = vec![title(paint, view, room)];
    match columns {
        Some(columns) => head.extend(sides(paint, view, columns)),
        None => head.extend(one_below_the_other(paint, view, room)),
    }
    head.extend(summary(paint, view, room));
    head.push(Line::default());
    let height = (head.len() as u16).min(body.height);
    paint.lines(frame, Rect { height, ..body }, &head, 0);
    let rest = Rect { y: body.y + height, height: body.height - height, ..body };
    // The selected row stays in the middle, where what comes before and behind is in sight too.
    let free = usize::from(rest.height).saturating_sub(selected.len());
    paint.lines(frame, rest, &lines, selected.start.saturating_sub(free / 2));
}

/// Whose revisions they are, and how far down one is.
fn title(paint: Paint, view: &CompareView, room: usize) -> Line<'static> {
    let count = view.sections().map(|(_, rows)| rows.len()).sum::<usize>();
    let note = if count == 0 { String::new() } else { format!("field {} of {count} ", view.cursor.place() + 1) };
    let room = room.saturating_sub(text::width(&note));
    let said = format!(" Compare  {}", view.name);
    Line::from(vec![paint.styled(text::fit(&said, room), Role::TitleFocused), paint.styled(note, Role::Dim)])
}

/// The columns that each side takes.
fn side(room: usize) -> usize {
    room.saturating_sub(CUES + NAMES + 2 * GAP + 1) / 2
}

/// Three cells beside each other, each as high as it must be.
fn cells(side: usize, cues: Span<'static>, cells: [Vec<Line<'static>>; 3]) -> Vec<Line<'static>> {
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let line = |at: usize| {
        let mut spans = vec![if at == 0 { cues.clone() } else { Span::raw(" ".repeat(CUES)) }];
        for (cell, width) in cells.iter().zip([NAMES, side, side]) {
            let line = cell.get(at).cloned().unwrap_or_default();
            let blanks = (width + GAP).saturating_sub(line.width());
            spans.extend(line.spans);
            spans.push(Span::raw(" ".repeat(blanks)));
        }
        Line::from(spans)
    };
    (0..height).map(line).collect()
}

/// What is known of one of the two: its state, since when and by whom it is there, and what it does now.
fn about(paint: Paint, view: &CompareView, reference: &TaskDefinitionRef) -> [Span<'static>; 2] {
    let use_now = in_use(paint.state, view, reference);
    let use_now = paint.styled(use_now.unwrap_or_else(|| "in no deployment".to_string()), Role::Text);
    let registered = match view.revision(reference) {
        None => paint.styled("reading…", Role::Dim),
        Some(Err(fault)) if is_absent(fault) => paint.styled("not there", Role::NoticeError),
        Some(Err(fault)) => paint.styled(fault.word(), Role::NoticeError),
        Some(Ok(revision)) if revision.status == "INACTIVE" => {
            paint.styled(format!("deregistered (INACTIVE), {}", registered(paint, revision)), Role::Degraded)
        }
        Some(Ok(revision)) => paint.styled(registered(paint, revision), Role::Dim),
    };
    [use_now, registered]
}

/// `registered 3d ago by deploy/build-42`.
fn registered(paint: Paint, revision: &Revision) -> String {
    let age = revision.registered.map(|at| format!(" {} ago", format::age(at, paint.state.now))).unwrap_or_default();
    let by = if revision.by().is_empty() { String::new() } else { format!(" by {}", revision.by()) };
    format!("registered{age}{by}")
}

fn sides(paint: Paint, view: &CompareView, columns: usize) -> Vec<Line<'static>> {
    let (before, after) = (about(paint, view, &view.before), about(paint, view, &view.after));
    let cell = |span: &Span<'static>| vec![text::cut_line(Line::from(span.clone()), columns)];
    let line = |name: &'static str, before: &Span<'static>, after: &Span<'static>| {
        let name = vec![Line::from(paint.styled(name, Role::Header))];
        cells(columns, Span::raw(" ".repeat(CUES)), [name, cell(before), cell(after)])
    };
    let name = |reference: &TaskDefinitionRef| paint.styled(reference.short().to_string(), Role::Strong);
    [
        line("", &paint.styled("before", Role::Header), &paint.styled("after", Role::Header)),
        line("revision", &name(&view.before), &name(&view.after)),
        line("now", &before[0], &after[0]),
        line("", &before[1], &after[1]),
    ]
    .concat()
}

fn one_below_the_other(paint: Paint, view: &CompareView, room: usize) -> Vec<Line<'static>> {
    let sides = [("-", "before", &view.before), ("+", "after ", &view.after)];
    let line = |(cue, word, reference): (&str, &str, &TaskDefinitionRef)| {
        let [use_now, registered] = about(paint, view, reference);
        let head = [
            paint.styled(format!("  {cue} {word}  "), Role::Header),
            paint.styled(reference.short().to_string(), Role::Strong),
            paint.styled("  ", Role::Text),
            use_now,
        ];
        let below = vec![paint.styled(" ".repeat(12), Role::Text), registered];
        [text::cut_line(Line::from(head.to_vec()), room), text::cut_line(Line::from(below), room)]
    };
    sides.into_iter().flat_map(line).collect()
}

/// How much differs, and what no field can tell.
fn summary(paint: Paint, view: &CompareView, room: usize) -> Vec<Line<'static>> {
    let Some(comparison) = &view.comparison else { return vec![] };
    let said = if view.before == view.after {
        paint.styled(" both sides are the same revision", Role::Degraded)
    } else {
        paint.styled(format!(" {}", counted(comparison)), Role::Text)
    };
    let mut lines = vec![Line::from(vec![paint.styled(text::cut(&said.content, room), Role::Text).style(said.style)])];
    let mut tags: Vec<&str> =
        comparison.same_tags().map(|image| image.text().rsplit('/').next().unwrap_or("")).collect();
    tags.dedup();
    if view.before != view.after && !tags.is_empty() {
        let said = format!(" ▲ both name {}: a tag that was pushed again is another image", tags.join(", "));
        lines.extend(text::wrap(&[paint.styled(said, Role::Degraded)], room, 3));
    }
    lines
}

/// `1 changed, 1 added, 17 the same`.
fn counted(comparison: &Comparison) -> String {
    let counts = comparison.counts();
    let parts =
        [(counts.changed, "changed"), (counts.added, "added"), (counts.removed, "removed"), (counts.same, "the same")];
    let said: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    match counts.differing() {
        0 => format!("no field differs: {}", format::count(counts.same, "field")),
        _ => said.join(", "),
    }
}

/// All lines of the fields, and which of them are the selected row's.
fn rows(paint: Paint, view: &CompareView, columns: Option<usize>, room: usize) -> (Vec<Line<'static>>, Range<usize>) {
    let mut lines = missing(paint, view, room);
    let (mut at, mut selected) = (0, 0..0);
    for (section, rows) in view.sections() {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        let title = text::cut(&format!(" {}", section.title()), room);
        lines.push(Line::from(paint.styled(title, Role::Header)));
        for row in rows {
            let is_selected = at == view.cursor.place();
            let cues = paint
                .styled(format!("{} {} ", if is_selected { "▸" } else { " " }, row.change().cue()), role(row.change()));
            let own = match columns {
                Some(columns) => beside(paint, row, cues, columns),
                None => unified(paint, row, cues, room),
            };
            let start = lines.len();
            lines.extend(own.into_iter().map(|line| match is_selected {
                true => paint.selected(line, Role::Selection),
                false => line,
            }));
            if is_selected {
                selected = start..lines.len();
            }
            at += 1;
        }
    }
    (lines, selected)
}

/// Which revision could not be read, and why.
fn missing(paint: Paint, view: &CompareView, room: usize) -> Vec<Line<'static>> {
    let mut sides = vec![&view.before, &view.after];
    sides.dedup();
    let faults = sides.into_iter().filter_map(|side| Some((side, view.revision(side)?.as_ref().err()?)));
    let lines = faults.flat_map(|(side, fault)| {
        let mut lines = text::wrap(&[paint.styled(wrong(side, fault), Role::NoticeError)], room, 1);
        if !fault.remedy.is_empty() {
            lines.extend(text::wrap(&[paint.styled(format!(" {}", fault.remedy), Role::NoticeInfo)], room, 1));
        }
        lines
    });
    lines.collect()
}

fn wrong(side: &TaskDefinitionRef, fault: &Fault) -> String {
    let word = if is_absent(fault) { " is not there: it was never registered, or it was deleted:" } else { ":" };
    format!(" {}{word} {fault}", side.short())
}

/// Whether AWS has no such revision; it says no more than that it is unable to describe it.
fn is_absent(fault: &Fault) -> bool {
    matches!(fault.kind, FaultKind::Invalid | FaultKind::NotFound)
}

fn role(change: FieldChange) -> Role {
    match change {
        FieldChange::Same => Role::Dim,
        FieldChange::Changed => Role::Changing,
        FieldChange::Added => Role::Accent,
        FieldChange::Removed => Role::Degraded,
    }
}

/// The value of each side, with what differs in it, or that there is none.
fn values(paint: Paint, row: &ComparedField) -> [Vec<Span<'static>>; 2] {
    let change = row.change();
    let (before, after) = row.words();
    if let (FieldChange::Changed, Some(before), Some(after)) = (change, &before, &after) {
        let (head, tail) = difference(before, after);
        let spans = |said: &str| {
            let (rest, tail) = said.split_at(said.len() - tail);
            let (head, own) = rest.split_at(head);
            parts(head, own, tail)
                .map(|(part, differs)| paint.styled(part, if differs { role(change) } else { Role::Text }))
        };
        return [spans(before).to_vec(), spans(after).to_vec()];
    }
    let side = |said: Option<String>| match said {
        Some(said) => vec![paint.styled(text::cut(&said, LONGEST), role(change))],
        None => vec![paint.styled(NOTHING, Role::Dim)],
    };
    [side(before), side(after)]
}

/// How many bytes two texts have in common at both ends, in whole words: of `:41` and `:42` the
/// numbers differ, not a digit.
fn difference(a: &str, b: &str) -> (usize, usize) {
    let (head, tail) = text::common_ends(a, b);
    let of_word = char::is_alphanumeric;
    let run = |graphemes: &mut dyn Iterator<Item = &str>| -> usize {
        graphemes.take_while(|grapheme| grapheme.starts_with(of_word)).map(str::len).sum()
    };
    // A word that ends where the two part is whole, and one that begins where they meet.
    let middles = [&a[head..a.len() - tail], &b[head..b.len() - tail]];
    let broken = match middles.iter().any(|middle| middle.starts_with(of_word)) {
        true => run(&mut a[..head].graphemes(true).rev()),
        false => 0,
    };
    let behind = match middles.iter().any(|middle| middle.ends_with(of_word)) {
        true => run(&mut a[a.len() - tail..].graphemes(true)),
        false => 0,
    };
    (head - broken, tail - behind)
}

/// The parts of a value, each with whether it differs; of a long one those around the difference.
fn parts(head: &str, own: &str, tail: &str) -> [(String, bool); 3] {
    if text::width(head) + text::width(own) + text::width(tail) <= LONGEST {
        return [(head.to_string(), false), (own.to_string(), true), (tail.to_string(), false)];
    }
    let graphemes: Vec<&str> = head.graphemes(true).collect();
    let near = graphemes[graphemes.len().saturating_sub(AROUND)..].concat();
    let head = if near.len() < head.len() { format!("…{near}") } else { near };
    [(head, false), (text::cut(own, LONGEST - 2 * AROUND), true), (text::cut(tail, AROUND), false)]
}

fn beside(paint: Paint, row: &ComparedField, cues: Span<'static>, columns: usize) -> Vec<Line<'static>> {
    let name = text::wrap(&[paint.styled(row.label(), name_role(row))], NAMES, 2);
    let [before, after] = values(paint, row).map(|spans| text::wrap(&spans, columns, 0));
    cells(columns, cues, [name, before, after])
}

fn name_role(row: &ComparedField) -> Role {
    if row.change() == FieldChange::Same { Role::Dim } else { Role::Strong }
}

fn unified(paint: Paint, row: &ComparedField, cues: Span<'static>, room: usize) -> Vec<Line<'static>> {
    let name = paint.styled(row.label(), name_role(row));
    let [before, after] = values(paint, row);
    if row.change() != FieldChange::Changed {
        let value = if row.after.is_some() { after } else { before };
        let spans = [vec![cues, name, Span::raw("  ")], value].concat();
        return text::wrap(&spans, room, CUES + 2);
    }
    let mut lines = text::wrap(&[cues, name], room, CUES + 2);
    for (cue, value) in [("-", before), ("+", after)] {
        let head = paint.styled(format!("{}{cue} ", " ".repeat(CUES)), role(FieldChange::Changed));
        lines.extend(text::wrap(&[vec![head], value].concat(), room, CUES + 2));
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(a: &str, b: &str) -> (String, String) {
        let (head, tail) = difference(a, b);
        (a[head..a.len() - tail].to_string(), b[head..b.len() - tail].to_string())
    }

    #[test]
    fn whole_words_differ() {
        for (a, b, differs) in [
            ("r/app:41", "r/app:42", ("41", "42")),
            ("512 MiB", "1024 MiB", ("512", "1024")),
            ("r/app:1.2.3", "r/app:1.3.3", ("2", "3")),
            ("serve", "serve --fast", ("", " --fast")),
            ("x", "x (another value)", ("", " (another value)")),
            ("aba", "ababa", ("aba", "ababa")),
        ] {
            assert_eq!(marked(a, b), (differs.0.to_string(), differs.1.to_string()), "{a} {b}");
        }
    }

    #[test]
    fn of_a_long_value_the_difference_is_in_sight() {
        let (a, b) = (
            format!("{}41{}", "x ".repeat(900), " y".repeat(900)),
            format!("{}42{}", "x ".repeat(900), " y".repeat(900)),
        );
        let (head, tail) = difference(&a, &b);
        let (rest, end) = a.split_at(a.len() - tail);
        let shown = parts(&rest[..head], &rest[head..], end);
        assert!(shown[0].0.starts_with('…') && shown[2].0.ends_with('…'), "{shown:?}");
        assert_eq!(shown[1], ("41".to_string(), true));
        assert!(shown.iter().map(|(part, _)| text::width(part)).sum::<usize>() <= 2 * AROUND + 3);
    }

    proptest! {
        #[test]
        fn what_does_not_differ_is_the_same_on_both_sides(a in "[ab:é🚢 ]{0,8}", b in "[ab:é🚢 ]{0,8}") {
            let (head, tail) = difference(&a, &b);
            prop_assert_eq!(&a[..head], &b[..head]);
            prop_assert_eq!(&a[a.len() - tail..], &b[b.len() - tail..]);
            prop_assert!(head + tail <= a.len().min(b.len()));
        }
    }
}
