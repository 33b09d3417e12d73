//! What the tests of every kind share: a fixed moment, and what a kind, a tab, a plan say as text.

use std::collections::BTreeMap;

use serde_json::Value;

use super::action::{Action, Inputs, Plan};
use super::cell::{Block, Span};
use super::kind::{Kind, RenderContext};
use crate::domain::Timestamp;
use crate::domain::intent::Intent;
use crate::domain::resource::{Facts, Resource};

/// A fixed moment, and moments before it: 2026-11-21T02:14:07Z.
pub const NOW: i64 = 1_795_227_247;

pub fn now() -> Timestamp {
    ago(0)
}

pub fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW - seconds).unwrap()
}

/// What stands in the columns of a row.
pub fn cells(kind: &dyn Kind, resource: &dyn Resource) -> BTreeMap<&'static str, String> {
    let diagnosis = kind.diagnose(resource, now());
    let look = RenderContext::at(now()).of(&diagnosis);
    kind.columns().iter().map(|column| (column.id, column.cell(resource, look).text)).collect()
}

fn text(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

fn said(block: &Block) -> String {
    match block {
        Block::Fields(fields) => fields.iter().map(|(label, value)| format!("{label}: {}\n", text(value))).collect(),
        Block::Table { rows, .. } => {
            let cells = |row: &Vec<super::cell::Cell>| row.iter().map(|c| c.text.clone()).collect::<Vec<_>>();
            rows.iter().map(|row| cells(row).join(" | ") + "\n").collect()
        }
        Block::Heading(text) => format!("{text}\n"),
        Block::Line(line) => text(line) + "\n",
        Block::Gap => String::new(),
    }
}

/// Its entry in `status --json`.
pub fn json_of(kind: &dyn Kind, resource: &dyn Resource) -> Value {
    kind.entry(resource, &kind.diagnose(resource, now()), now())
}

/// What a tab of the detail says.
pub fn tab(kind: &dyn Kind, resource: &dyn Resource, title: &str, detail: Option<&Facts>) -> String {
    let tab = kind.tabs().iter().find(|tab| tab.title == title).unwrap_or_else(|| panic!("no tab {title}"));
    let diagnosis = kind.diagnose(resource, now());
    tab.view(resource, detail, RenderContext::at(now()).of(&diagnosis)).iter().map(said).collect()
}

pub fn action(id: &str) -> &'static dyn Action {
    super::action(id).unwrap_or_else(|| panic!("no action {id}"))
}

pub fn inputs(fields: &[(&str, &str)]) -> Inputs {
    fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// What a row of a plan says.
pub fn row(plan: &Plan, label: &str) -> String {
    let (_, spans) = plan.rows.iter().find(|(l, _)| l == label).unwrap_or_else(|| panic!("{label}: {plan:?}"));
    text(spans)
}

/// The intent of a plan over a resource, sent that many seconds ago.
pub fn intent(plan: &Plan, resource: &dyn Resource, sent: i64) -> Intent {
    Intent {
        id: "i".into(),
        at: ago(sent),
        environment: "e".into(),
        profile: None,
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        identity: "".into(),
        action: "".into(),
        kind: "".into(),
        resource: resource.id().clone(),
        name: resource.name().clone(),
        calls: plan.calls.clone(),
        inputs: BTreeMap::new(),
        before: plan.before.clone(),
        summary: "".into(),
    }
}
