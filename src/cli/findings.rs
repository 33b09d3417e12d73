//! What is wrong, and what was not checked, as scripts read it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::app::triage::Triage;
use crate::diagnosis::Finding;
use crate::domain::health::Health;
use crate::domain::{Timestamp, format};

/// A moment as AWS writes it.
pub fn rfc3339(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The word that scripts compare: what does not serve is critical, what serves with less than it should a warning.
pub fn severity(health: Health) -> &'static str {
    match health {
        Health::Down => "critical",
        Health::Degraded => "warning",
        Health::Unknown | Health::Changing | Health::Ok => "notice",
    }
}

/// How bad a finding is: a cause is at least as bad as the worst of its effects.
pub fn worst(triage: &Triage, finding: &Finding) -> Health {
    effects(triage, finding).map(|effect| effect.found.health).chain([finding.found.health]).min().unwrap_or(Health::Ok)
}

/// By what a finding is the same from one look to the next: `db-cpu@arn:…`.
pub fn id(finding: &Finding) -> String {
    format!("{}@{}", finding.rule, finding.of.0)
}

fn effects<'a>(triage: &'a Triage, cause: &'a Finding) -> impl Iterator<Item = &'a Finding> {
    let is_of = |other: &&Finding| {
        other.because.and_then(|(place, _)| triage.findings.get(place)).is_some_and(|known| known.key() == cause.key())
    };
    triage.findings.iter().filter(is_of)
}

/// Causes first, worst first, each before its effects; what ended comes last.
pub fn findings(triage: &Triage) -> Value {
    triage.all().map(|(finding, ended)| entry(triage, finding, ended)).collect()
}

/// The same for people.
pub fn text(triage: &Triage) -> String {
    let mut out = format!("\nFindings: {}\n", triage.findings.len());
    for finding in &triage.findings {
        let health = worst(triage, finding);
        let branch = if finding.because.is_some() { "  " } else { "" };
        let since = triage.since(finding).map_or_else(String::new, |at| format!(", since {}", format::moment(at)));
        let (cue, severity, what) = (health.cue(), severity(health), &finding.found.what);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{branch}{cue} {severity:<8}  {}  {}  {what}{since}", finding.title, finding.name);
    }
    let unread = triage.unread.iter().map(|unread| format!("{} ({})", unread.what, unread.why));
    let unread: Vec<String> = unread.collect();
    if !unread.is_empty() {
        let _ = writeln!(out, "Not checked: {}", unread.join("; "));
    }
    out
}

fn entry(triage: &Triage, finding: &Finding, ended: Option<Timestamp>) -> Value {
    let found = &finding.found;
    let evidence = found.evidence.iter();
    let evidence = evidence.map(|e| json!({ "field": e.field, "value": e.value, "at": e.at.map(rfc3339) }));
    let change = triage.change_before(finding);
    json!({
        "id": id(finding),
        "rule": finding.rule,
        "kind": finding.kind.0,
        "resource": finding.name.as_str(),
        "severity": severity(worst(triage, finding)),
        "state": if ended.is_some() { "ended" } else { "active" },
        "since": triage.since(finding).map(rfc3339),
        "ended": ended.map(rfc3339),
        "what": found.what,
        "evidence": evidence.collect::<Vec<_>>(),
        "cause_of": effects(triage, finding).map(id).collect::<Vec<_>>(),
        "change_before": change.map(|c| json!({ "of": c.of.as_str(), "what": c.what, "at": rfc3339(c.at) })),
        "next": found.next.iter().map(|n| json!({ "command": n.command, "say": n.say })).collect::<Vec<_>>(),
    })
}

/// A row for each rule that could not look at what it needs; where a list failed, one for all rules of its kind.
pub fn not_checked(triage: &Triage) -> Value {
    let rows = triage.unread.iter().flat_map(|unread| {
        let rules = unread.rules.iter().map(|rule| Some(*rule));
        let all = unread.rules.is_empty().then_some(None);
        rules.chain(all).map(|rule| {
            json!({
                "rule": rule,
                "kind": unread.kind.0,
                "what": unread.what,
                "resources": unread.of,
                "why": unread.why,
                "permission": unread.permission.as_ref().map(|permission| permission.as_str()),
            })
        })
    });
    rows.collect()
}
