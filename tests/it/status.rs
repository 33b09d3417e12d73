//! `midwatch status`: one look says what is wrong, as the console would after some minutes.

use std::time::Duration;

use midwatch::cli::status;
use midwatch::demo::{Demo, Options};
use midwatch::domain::environment::Environment;
use serde_json::{Value, json};

use crate::drive::START;

/// The first look at a scenario, so many seconds after its start.
async fn look(scenario: &str, seconds: u64) -> (Value, String, u8) {
    let demo = Demo::new(Options::manual(Some(scenario), START.parse().unwrap())).unwrap();
    demo.advance(Duration::from_secs(seconds));
    let env = Environment::of_profile("harbour-production", Some("harbour-production"), Some("eu-west-1"));
    let report = status::look(&demo, &env).await;
    (report.json(), report.text(), report.exit_code())
}

fn rows<'a>(json: &'a Value, member: &str) -> &'a Vec<Value> {
    json[member].as_array().unwrap()
}

#[tokio::test]
async fn a_cause_comes_first_with_its_effects_its_evidence_and_what_to_do() {
    let (json, text, code) = look("bad-deploy", 150).await;
    let first = &rows(&json, "findings")[0];
    let arn = "arn:aws:ecs:eu-west-1:417228905561:service/harbour-core/harbour-booking-api-production";
    assert_eq!(first["id"], format!("bad-deploy@{arn}"));
    for (member, value) in [
        ("rule", "bad-deploy"),
        ("kind", "services"),
        ("resource", "harbour-booking-api-production"),
        ("state", "active"),
        ("since", "2026-11-21T02:14:15Z"),
    ] {
        assert_eq!(first[member], value, "{first:#}");
    }
    assert!(["critical", "warning"].contains(&first["severity"].as_str().unwrap()), "{first:#}");
    assert_eq!(first["change_before"]["what"], "booking-api:42 deployed");
    assert!(!rows(first, "evidence").is_empty() && rows(first, "evidence")[0]["field"].is_string());
    assert!(rows(first, "next").iter().any(|next| next["command"] == "roll-back"), "{first:#}");
    let ids: Vec<&Value> = rows(&json, "findings").iter().map(|finding| &finding["id"]).collect();
    let effects = rows(first, "cause_of");
    assert!(!effects.is_empty() && effects.iter().all(|effect| ids.contains(&effect)), "{first:#}");
    assert_eq!(code, 1);
    let line = text.lines().skip_while(|line| !line.starts_with("Findings: ")).nth(1).unwrap();
    assert!(line.contains("bad deploy  harbour-booking-api-production"), "{text}");
}

#[tokio::test]
async fn one_look_reads_what_the_rules_over_numbers_need() {
    let (json, text, code) = look("secret-rotation", 240).await;
    let rules: Vec<&str> = rows(&json, "findings").iter().map(|finding| finding["rule"].as_str().unwrap()).collect();
    assert!(rules.contains(&"target-5xx"), "{text}");
    assert_eq!(code, 1);
    let not_read = rows(&json, "not_checked").iter().filter(|row| row["why"] == "not read");
    assert_eq!(not_read.count(), 0, "{:#}", json["not_checked"]);
}

#[tokio::test]
async fn what_is_well_is_no_finding() {
    let (json, text, code) = look("calm", 30).await;
    assert!(rows(&json, "findings").iter().all(|finding| finding["severity"] == "notice"), "{text}");
    assert_eq!(code, 0);
}

#[tokio::test]
async fn what_was_not_checked_names_the_permission() {
    let (json, text, code) = look("denied", 30).await;
    let row = rows(&json, "not_checked").iter().find(|row| row["permission"] == "ecs:ListServices");
    let row = row.unwrap_or_else(|| panic!("{:#}", json["not_checked"]));
    assert_eq!((&row["kind"], &row["rule"]), (&json!("services"), &Value::Null));
    assert!(text.contains("Not checked: services (access denied: needs ecs:ListServices)"), "{text}");
    assert!(code > 0);
}
