//! The filter of a list: `text`, a regular expression, `column:value`, `!` before a term inverts
//! it; terms are separated by blanks and must all hold.

use regex::{Regex, RegexBuilder};

/// A parsed filter. Empty lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    inverted: bool,
    /// The column's id; `None` looks into all columns.
    column: Option<String>,
    pattern: Regex,
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
            let named = rest.split_once(':').filter(|(name, _)| columns.contains(name));
            let (column, pattern) = named.map_or((None, rest), |(name, value)| (Some(name.to_string()), value));
            if pattern.is_empty() {
                continue;
            }
            let sensitive = pattern.chars().any(char::is_uppercase);
            let pattern = RegexBuilder::new(pattern)
                .case_insensitive(!sensitive)
                .size_limit(1 << 20)
                .build()
                .map_err(|e| format!("{word}: {}", last_line(&e.to_string())))?;
            terms.push(Term { inverted, column, pattern });
        }
        Ok(Self { terms })
    }

    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a row passes; its columns by id with their text.
    pub fn admits(&self, cells: &[(&str, &str)]) -> bool {
        self.terms.iter().all(|term| {
            let found = cells
                .iter()
                .filter(|(id, _)| term.column.as_deref().is_none_or(|column| column == *id))
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
        }
    }

    #[test]
    fn a_bad_regex_is_told_in_a_line() {
        assert_eq!(Filter::parse("a(", &[]).unwrap_err(), "a(: unclosed group");
    }
}
