//! The filter of a list: `text`, a regular expression, `column:value`, `!` before a term inverts
//! it; terms are separated by blanks and must all hold.

use regex::{Regex, RegexBuilder};

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
}

impl Term {
    /// Whether one of the cells, each on a line of its own, has it.
    fn is_in(&self, cells: &str) -> bool {
        if let Some((place, _)) = &self.column {
            return cells.split('\n').nth(*place).is_some_and(|cell| self.pattern.is_match(cell));
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
        let is_longer = !self.inverted && self.is_plain && other.is_plain && !is_sensitive(others);
        let has =
            |text: &str| if is_sensitive(text) { text.to_lowercase().contains(others) } else { text.contains(others) };
        self.inverted == other.inverted && self.column == other.column && (own == others || (is_longer && has(own)))
    }
}

impl Filter {
    /// Reads a filter. `columns` are the ids that may stand before a colon; any other colon is
    /// part of the text (`api:42`). Capital letters make a term case-sensitive.
    ///
    /// # Errors
    /// The term that is not a regular expression, and why, in one line.
    pub fn parse(text: &str, columns: &[&str]) -> Result<Self, String> {
        let mut terms = Vec::new();
        for word in text.split_whitespace() {
            let (inverted, rest) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
            let named = rest.split_once(':').and_then(|(name, value)| {
                Some(((columns.iter().position(|column| *column == name)?, name.to_string()), value))
            });
            let (column, pattern) = named.map_or((None, rest), |(column, value)| (Some(column), value));
            if pattern.is_empty() {
                continue;
            }
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
            terms.push(Term { inverted, column, pattern, is_plain, is_of_lines });
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
                .any(|(_, text)| term.pattern.is_match(text));
            found != term.inverted
        })
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
        ] {
            assert_eq!(admits(filter, &row), passes, "{filter}");
            let filter = Filter::parse(filter, &["name", "cluster", "image"]).unwrap();
            assert_eq!(filter.passes("marine-API\nmain\napi:42"), passes, "{filter:?}");
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
