//! The filter of a list: `text`, a regular expression, `column:value`, `column>number`; `!` before a term
//! inverts it; terms are separated by blanks and must all hold.

use regex::{Regex, RegexBuilder};

use crate::domain::schema::complaint::nearest;

/// What makes a text a regular expression.
const SIGNS: &[char] = &['\\', '.', '+', '*', '?', '(', ')', '|', '[', ']', '{', '}', '^', '$'];

/// A parsed filter. Empty lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    inverted: bool,
    /// The column's id with its place; `None` looks into all columns.
    column: Option<(usize, String)>,
    pattern: Regex,
    /// The pattern is a text as it stands, without any sign of a regular expression.
    is_plain: bool,
    /// Cells can be asked all at once whether any has it: `\A` and flags look at more than a line.
    is_of_lines: bool,
    /// The number in the cell is compared, instead of the pattern.
    limit: Option<Limit>,
}

/// What a number in a cell is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Limit {
    /// More passes, not less.
    above: bool,
    /// So does the number itself.
    or_equal: bool,
    number: f64,
}

impl Limit {
    /// Reads `cpu>50` or `mem<=1.5G`: the column, and the limit.
    fn parse(word: &str) -> Option<(&str, Self)> {
        let at = word.find(['<', '>'])?;
        let (name, rest) = word.split_at(at);
        let above = rest.starts_with('>');
        let (or_equal, number) = rest[1..].strip_prefix('=').map_or((false, &rest[1..]), |number| (true, number));
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        Some((name, Self { above, or_equal, number: quantity(number)? })).filter(|_| is_name)
    }

    fn admits(self, cell: &str) -> bool {
        quantity(cell).is_some_and(|number| match number.partial_cmp(&self.number) {
            Some(std::cmp::Ordering::Equal) => self.or_equal,
            order => order == Some(if self.above { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Less }),
        })
    }
}

/// The number at the beginning of a cell, with its unit: `71%`, `1.5G`, `12ms`, `3h`, `3/5`.
fn quantity(text: &str) -> Option<f64> {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    let unit = text[end..].split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let scale = match unit {
        "K" | "k" | "KiB" => 1e3,
        "M" | "MiB" => 1e6,
        "G" | "GiB" => 1e9,
        "T" | "TiB" => 1e12,
        "ms" => 1e-3,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => 1.0,
    };
    Some(number * scale)
}

impl Term {
    fn matches(&self, cell: &str) -> bool {
        self.limit.map_or_else(|| self.pattern.is_match(cell), |limit| limit.admits(cell))
    }

    /// Whether one of the cells, each on a line of its own, has it.
    fn is_in(&self, cells: &str) -> bool {
        if let Some((place, _)) = &self.column {
            return cells.split('\n').nth(*place).is_some_and(|cell| self.matches(cell));
        }
        match (self.is_plain, self.is_of_lines) {
            (true, _) => self.pattern.is_match(cells),
            // A pattern that takes anything but a letter could go on in the next cell.
            (false, true) => self.pattern.is_match(cells) && cells.split('\n').any(|cell| self.pattern.is_match(cell)),
            (false, false) => cells.split('\n').any(|cell| self.pattern.is_match(cell)),
        }
    }

    /// Whether it lets nothing through that the other one does not.
    fn narrows(&self, other: &Self) -> bool {
        let (own, others) = (self.pattern.as_str(), other.pattern.as_str());
        let is_sensitive = |text: &str| text.chars().any(char::is_uppercase);
        let is_longer =
            !self.inverted && self.is_plain && other.is_plain && !is_sensitive(others) && self.limit.is_none();
        let has =
            |text: &str| if is_sensitive(text) { text.to_lowercase().contains(others) } else { text.contains(others) };
        self.inverted == other.inverted
            && self.column == other.column
            && self.limit == other.limit
            && (own == others || (is_longer && has(own)))
    }
}

impl Filter {
    /// Reads a filter. `columns` are the ids that may stand before a colon; any other colon is
    /// part of the text (`api:42`), unless a column is nearly called so. Capital letters make a term
    /// case-sensitive.
    ///
    /// # Errors
    /// The column that there is not, or the term that is not a regular expression, and why, in one line.
    pub fn parse(text: &str, columns: &[&str]) -> Result<Self, String> {
        let mut terms = Vec::new();
        for word in text.split_whitespace() {
            let (inverted, rest) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
            let place_of = |name: &str| {
                let place = columns.iter().position(|column| *column == name)?;
                Some((place, name.to_string()))
            };
            let limit = Limit::parse(rest);
            let (column, pattern) = match (limit, rest.split_once(':')) {
                (Some((name, _)), _) => (Some(place_of(name).ok_or_else(|| no_column(name, columns))?), rest),
                (None, Some((name, value))) => match place_of(name) {
                    Some(column) => (Some(column), value),
                    None if nearest(name, columns).is_some() => return Err(no_column(name, columns)),
                    None => (None, rest),
                },
                (None, None) => (None, rest),
            };
            if pattern.is_empty() {
                continue;
            }
            let limit = limit.map(|(_, limit)| limit);
            let sensitive = pattern.chars().any(char::is_uppercase);
            let pattern = RegexBuilder::new(pattern)
                .case_insensitive(!sensitive)
                // In one cell, which is one line, it makes no difference.
                .multi_line(true)
                .size_limit(1 << 20)
                .build()
                .map_err(|e| format!("{word}: {}", last_line(&e.to_string())))?;
            let is_plain = !pattern.as_str().contains(SIGNS);
            let is_of_lines = !["\\A", "\\z", "(?"].iter().any(|sign| pattern.as_str().contains(sign));
            terms.push(Term { inverted, column, pattern, is_plain, is_of_lines, limit });
        }
        Ok(Self { terms })
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a row passes whose cells stand on a line each, in the order of the columns.
    pub fn passes(&self, cells: &str) -> bool {
        self.terms.iter().all(|term| term.is_in(cells) != term.inverted)
    }

    /// Whether nothing passes that does not pass the other one: each of its terms is here too, or a longer one.
    pub fn narrows(&self, other: &Self) -> bool {
        other.terms.iter().all(|old| self.terms.iter().any(|term| term.narrows(old)))
    }

    /// Whether a row passes; its columns by id with their text.
    pub fn admits(&self, cells: &[(&str, &str)]) -> bool {
        self.terms.iter().all(|term| {
            let found = cells
                .iter()
                .filter(|(id, _)| term.column.as_ref().is_none_or(|(_, column)| column == id))
                .any(|(_, text)| term.matches(text));
            found != term.inverted
        })
    }
}

fn no_column(name: &str, columns: &[&str]) -> String {
    match nearest(name, columns) {
        Some(near) => format!("no such column: {name}; did you mean {near}?"),
        None => format!("no such column: {name}; columns: {}", columns.join(", ")),
    }
}

/// The regex crate draws its errors over several lines; the last says what is wrong.
fn last_line(message: &str) -> &str {
    message.lines().last().unwrap_or_default().trim().trim_start_matches("error: ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn admits(filter: &str, cells: &[(&str, &str)]) -> bool {
        Filter::parse(filter, &["name", "cluster"]).unwrap().admits(cells)
    }

    #[test]
    fn terms_columns_regex_and_inversion() {
        let row = [("name", "marine-API"), ("cluster", "main"), ("image", "api:42")];
        for (filter, passes) in [
            ("", true),
            ("api", true),
            ("API", true),
            ("Api", false),
            ("^marine-", true),
            ("cluster:main", true),
            ("cluster:api", false),
            ("!cluster:main", false),
            ("!worker api", true),
            ("api:42", true),
            ("name:", true),
            ("!name:worker", true),
        ] {
            assert_eq!(admits(filter, &row), passes, "{filter}");
            let filter = Filter::parse(filter, &["name", "cluster", "image"]).unwrap();
            assert_eq!(filter.passes("marine-API\nmain\napi:42"), passes, "{filter:?}");
        }
    }

    #[test]
    fn numbers_are_compared_in_their_units() {
        for (cell, filter, passes) in [
            ("71%", "cpu>50", true),
            ("71%", "cpu>71", false),
            ("71%", "cpu>=71", true),
            ("71%", "!cpu>50", false),
            ("1.5G", "cpu>900M", true),
            ("3m", "cpu<200s", true),
            ("3/5 +2", "cpu<5", true),
            ("–", "cpu>0", false),
            ("12ms", "cpu<1s", true),
        ] {
            let filter = Filter::parse(filter, &["cpu"]).unwrap();
            assert_eq!(filter.passes(cell), passes, "{cell} {filter:?}");
        }
        // An arrow, or a comparison with no number, is a text.
        for text in ["->", "a>b", ">5"] {
            assert!(Filter::parse(text, &["cpu"]).unwrap().passes(text), "{text}");
        }
    }

    #[test]
    fn a_column_that_there_is_not_is_named() {
        for (typed, said) in [
            ("cpuu>5", "no such column: cpuu; did you mean cpu?"),
            ("memory>5", "no such column: memory; columns: cpu, tasks"),
            ("task:3", "no such column: task; did you mean tasks?"),
        ] {
            assert_eq!(Filter::parse(typed, &["cpu", "tasks"]).unwrap_err(), said);
        }
    }

    proptest! {
        /// Whatever is typed, cells on lines are as cells one by one, and what narrows lets nothing new through.
        #[test]
        fn lines_are_cells_and_narrowing_narrows(
            typed in "!?(name:)?[aAb^$.|x-]{0,3}( !?[abA.]{1,2})?",
            more in "[abA.x ]{0,2}",
            cells in proptest::collection::vec("[aAbBx-]{0,4}", 2),
        ) {
            const COLUMNS: &[&str] = &["name", "other"];
            let named: Vec<(&str, &str)> = COLUMNS.iter().copied().zip(cells.iter().map(String::as_str)).collect();
            let lines = cells.join("\n");
            let longer = Filter::parse(&format!("{typed}{more}"), COLUMNS);
            if let Ok(filter) = Filter::parse(&typed, COLUMNS) {
                prop_assert_eq!(filter.passes(&lines), filter.admits(&named));
                if let Ok(longer) = longer
                    && longer.narrows(&filter)
                    && longer.passes(&lines)
                {
                    prop_assert!(filter.passes(&lines));
                }
            }
        }
    }

    #[test]
    fn a_longer_text_narrows() {
        let filter = |typed: &str| Filter::parse(typed, &["name"]).unwrap();
        for (longer, shorter, narrows) in [
            ("rou", "ro", true),
            ("ro x", "ro", true),
            ("ro", "", true),
            ("rO", "ro", true),
            ("ro", "rou", false),
            ("!rou", "!ro", false),
            ("ro.", "ro", false),
            ("rO", "RO", false),
            ("name:rou", "name:ro", true),
            ("name:ro", "ro", false),
        ] {
            assert_eq!(filter(longer).narrows(&filter(shorter)), narrows, "{longer} {shorter}");
        }
    }

    #[test]
    fn a_bad_regex_is_told_in_a_line() {
        assert_eq!(Filter::parse("a(", &[]).unwrap_err(), "a(: unclosed group");
    }
}
