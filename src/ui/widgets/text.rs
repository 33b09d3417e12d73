//! Text in cells: width by grapheme, cutting with `…`, wrapping.

use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::fault::Fault;

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Cuts a text to `room` columns, with `…` where something is missing.
pub fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_string();
    }
    if room == 0 {
        return String::new();
    }
    taken(text.graphemes(true), room - 1).concat() + "…"
}

/// The first of some graphemes, as many as there is room for.
fn taken<'a>(graphemes: impl Iterator<Item = &'a str>, room: usize) -> Vec<&'a str> {
    let mut used = 0;
    let fits = |grapheme: &&str| {
        used += width(grapheme);
        used <= room
    };
    graphemes.take_while(fits).collect()
}

/// As [`cut`], for styled text.
pub fn cut_line(line: Line<'static>, room: usize) -> Line<'static> {
    let mut left = room;
    let mut cut = Line::default();
    for span in line.spans {
        if left == 0 {
            break;
        }
        let content = self::cut(&span.content, left);
        left -= width(&content).min(left);
        cut.push_span(Span::styled(content, span.style));
    }
    cut
}

/// A cell of exactly `room` columns. Identifiers differ at both ends; a sentence begins with what
/// matters.
pub fn fit_cell(text: &str, room: usize) -> String {
    if text.contains(' ') { fit(text, room) } else { fit(&cut_middle(text, room), room) }
}

/// Cuts in the middle: names that differ at their ends stay different.
pub fn cut_middle(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_string();
    }
    if room < 5 {
        return cut(text, room);
    }
    let tail_room = (room - 1) / 2;
    let head_room = room - 1 - tail_room;
    let head = taken(text.graphemes(true), head_room);
    let mut tail = taken(text.graphemes(true).rev(), tail_room);
    tail.reverse();
    format!("{}…{}", head.concat(), tail.concat())
}

/// Fills a text with blanks to `room` columns, cutting it when it is longer.
pub fn fit(text: &str, room: usize) -> String {
    let cut = cut(text, room);
    let blanks = room.saturating_sub(width(&cut));
    cut + &" ".repeat(blanks)
}

/// As [`fit`], with the text on the right.
pub fn fit_right(text: &str, room: usize) -> String {
    let cut = cut(text, room);
    " ".repeat(room.saturating_sub(width(&cut))) + &cut
}

/// How many bytes two texts have in common at their beginning, and at their end behind that; never
/// within a grapheme.
pub fn common_ends(a: &str, b: &str) -> (usize, usize) {
    let same = |of: &mut dyn Iterator<Item = (&str, &str)>| of.take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum();
    let head: usize = same(&mut a.graphemes(true).zip(b.graphemes(true)));
    let tail: usize = same(&mut a[head..].graphemes(true).rev().zip(b[head..].graphemes(true).rev()));
    (head, tail)
}

/// Breaks styled text at blanks to lines of at most `room` columns; words longer than a line are
/// broken where they must. Lines after the first are indented by `indent`.
pub fn wrap(spans: &[Span<'static>], room: usize, indent: usize) -> Vec<Line<'static>> {
    let room = room.max(1);
    let indent = if indent + 8 > room { 0 } else { indent };
    let mut lines: Vec<Line<'static>> = vec![Line::default()];
    let mut used = 0;
    let start = |lines: &mut Vec<Line<'static>>| {
        lines.push(Line::from(" ".repeat(indent)));
        indent
    };
    for span in spans {
        for word in span.content.split_inclusive(' ') {
            let bare = width(word.trim_end());
            if used + bare > room && used > indent {
                used = start(&mut lines);
            }
            let mut rest = word;
            while width(rest.trim_end()) > room - used.min(room - 1) && !rest.is_empty() {
                let space = room - used.min(room - 1);
                let mut end = 0;
                let mut w = 0;
                for (at, grapheme) in rest.grapheme_indices(true) {
                    if w + width(grapheme) > space && end > 0 {
                        break;
                    }
                    w += width(grapheme);
                    end = at + grapheme.len();
                }
                if let Some(line) = lines.last_mut() {
                    line.push_span(Span::styled(rest[..end].to_string(), span.style));
                }
                rest = &rest[end..];
                if !rest.is_empty() {
                    used = start(&mut lines);
                }
            }
            if !rest.is_empty() {
                if let Some(line) = lines.last_mut() {
                    line.push_span(Span::styled(rest.to_string(), span.style));
                }
                used += width(rest);
            }
        }
    }
    lines
}

/// Lines beside what stands before the first of them, which takes so many columns.
pub fn beside(head: Vec<Span<'static>>, width: usize, lines: Vec<Line<'static>>) -> Vec<Line<'static>> {
    let mut head = Some(head);
    let mut line = |line: Line<'static>| {
        let mut spans = head.take().unwrap_or_else(|| vec![Span::raw(" ".repeat(width))]);
        spans.extend(line.spans);
        Line::from(spans)
    };
    lines.into_iter().map(&mut line).collect()
}

/// The widest of some columns, with two blanks behind each, give way until all fit; none below `least`.
pub fn shrink(widths: &mut [usize], least: usize, room: usize) {
    while widths.iter().map(|width| width + 2).sum::<usize>() > room
        && let Some(widest) = widths.iter_mut().max().filter(|width| **width > least)
    {
        *widest -= 1;
    }
}

/// Columns that spans take.
pub fn total(spans: &[Span]) -> usize {
    spans.iter().map(Span::width).sum()
}

/// A fault with what mends it.
pub fn fault(fault: &Fault) -> String {
    if fault.remedy.is_empty() { fault.to_string() } else { format!("{fault}; {}", fault.remedy) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cutting_marks_what_is_missing() {
        assert_eq!(cut("marine-api", 6), "marin…");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(cut_middle("marine-safety-api-production", 15), "marine-…duction");
        assert_eq!(fit_right("2m", 4), "  2m");
    }

    #[test]
    fn wrapping_breaks_at_blanks_and_indents() {
        let lines = wrap(&["one two three four".into()], 9, 0);
        let lines: Vec<String> = lines.iter().map(|line| line.to_string().trim_end().to_string()).collect();
        assert_eq!(lines, ["one two", "three", "four"]);
    }

    proptest! {
        #[test]
        fn nothing_is_ever_wider_than_its_room(text in "\\PC{0,60}", room in 0usize..40) {
            prop_assert!(width(&cut(&text, room)) <= room);
            prop_assert!(width(&cut_middle(&text, room)) <= room);
        }

        #[test]
        fn common_ends_are_common_and_as_long_as_can_be(a in "[ab🚢é]{0,6}", b in "[ab🚢é]{0,6}") {
            let (head, tail) = common_ends(&a, &b);
            let parts = |text: &str| [&text[..head], &text[head..text.len() - tail], &text[text.len() - tail..]].map(String::from);
            let ([a1, am, a2], [b1, bm, b2]) = (parts(&a), parts(&b));
            prop_assert!(a1 == b1 && a2 == b2);
            prop_assert!(am.is_empty() || bm.is_empty() || (am.chars().next() != bm.chars().next() && am.chars().last() != bm.chars().last()));
        }

        #[test]
        fn wrapping_loses_nothing(text in "[a-z ]{0,200}", room in 1usize..40) {
            let lines = wrap(&[text.clone().into()], room, 0);
            let joined: String = lines.iter().map(ToString::to_string).collect();
            prop_assert_eq!(joined, text);
        }
    }
}
