//! Saved queries of Logs Insights: `[query]` for all environments, `[environment.NAME.query]`.

use super::document::{Document, Value, in_order};
use crate::domain::insights::one_line;
use crate::domain::text::{MAX_CHARS, Text};

/// Reads one table of names and queries, in the order of the file; what is wrong in it is complained
/// of. A query of several lines becomes one.
pub fn parse<'a>(document: &mut Document<'a>, key: &str, value: &Value<'a>) -> Vec<(Text, Text)> {
    let mut queries = Vec::new();
    for (name, span, value) in document.table(key, value).map(in_order).unwrap_or_default() {
        let Some(text) = document.filled(name, value) else { continue };
        if name.trim().is_empty() {
            document.complain(span, "a query has no name", "\"slow requests\" = \"filter …\"");
        } else if text.chars().count() > MAX_CHARS {
            let said = format!("`{name}` has more than {MAX_CHARS} characters");
            document.complain(value.span(), said, "paste it into the query's line instead");
        } else {
            queries.push((name.into(), one_line(&text).into()));
        }
    }
    queries
}

/// Those of an environment, then those of all that have another name.
pub fn merged(own: &[(Text, Text)], all: &[(Text, Text)]) -> Vec<(Text, Text)> {
    let others = all.iter().filter(|(name, _)| own.iter().all(|(other, _)| other != name));
    own.iter().chain(others).cloned().collect()
}
