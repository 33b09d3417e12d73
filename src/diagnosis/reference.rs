//! The rules in a table, for the README.

use super::{LAST, UNWELL, own};
use crate::domain::rules::Limit;
use crate::kinds::rule::Rule;

/// Every rule in the order of the ranks, in a Markdown table; the README holds it.
pub fn reference() -> String {
    type Row<'a> = (u8, &'a str, &'a str, &'a str, &'a str, Option<Limit>);
    let of = |rule: &'static Rule, noun: &'static str| -> Row<'static> {
        (rule.rank, rule.id, rule.title, noun, rule.means, rule.limit)
    };
    let kinds = crate::kinds::registry();
    let mut rows: Vec<Row> = kinds.flat_map(|kind| kind.rules().iter().map(|rule| of(rule, kind.noun()))).collect();
    rows.push((own::RANK, own::THROTTLED.id, own::TITLE, "midwatch", own::MEANS, own::THROTTLED.limit));
    rows.push((LAST, UNWELL, "unwell", "any", "its health is wrong or unknown, and no other rule says more", None));
    rows.sort_by_key(|(rank, id, ..)| (*rank, *id));
    let mut text = String::from("| rank | rule | at | found by | threshold |\n|---|---|---|---|---|\n");
    for (rank, id, title, noun, means, limit) in rows {
        let limit = limit.map_or("–".to_string(), |limit| limit.words(limit.default));
        text += &format!("| {rank} | `{id}` {title} | {noun} | {means} | {limit} |\n");
    }
    text
}
