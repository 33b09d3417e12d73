//! What is said of a distribution, and what an invalidation plans and concludes, by example.

use proptest::prelude::*;
use serde_json::json;

use super::DISTRIBUTIONS;
use crate::domain::distribution::{Distribution, DistributionDetail, Invalidation};
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::health::Health;
use crate::domain::intent::{Receipt, Verdict};
use crate::domain::resource::{Facts, ResourceId};
use crate::kinds;
use crate::kinds::action::{Applied, Confirm, Inputs, OPENED, Plan, Progress};
use crate::kinds::cell::Tone;
use crate::kinds::kind::Kind;
pub(super) use crate::kinds::testing::now;
use crate::kinds::testing::{action, ago, cells, intent, json_of, tab};

pub(super) fn distribution() -> Distribution {
    Distribution {
        id: ResourceId("arn:aws:cloudfront::123456789012:distribution/E1".into()),
        name: "E1".into(),
        part: "distributions".into(),
        domain: "d1.cloudfront.net".into(),
        aliases: vec!["www.example.com".into()],
        status: "Deployed".into(),
        enabled: true,
        comment: "web".into(),
        origins: vec![("lb".into(), "origin.example.com".into())],
        price_class: "PriceClass_100".into(),
        certificate: "default".into(),
        web_acl: "".into(),
        http_version: "http2".into(),
        modified: Some(ago(2 * 86_400)),
        invalidating: Some(0),
    }
}

fn kind() -> &'static dyn Kind {
    kinds::kind(DISTRIBUTIONS).unwrap()
}

fn fault() -> Fault {
    let action = "cloudfront:ListInvalidations".into();
    Fault::new(FaultKind::Denied { action, principal: "".into() }, "cloudfront", "")
}

#[test]
fn every_status_has_a_health_and_words() {
    let assert_health = |distribution: Distribution, health: Health, why: &str| {
        let diagnosis = kind().diagnose(&distribution, now());
        assert_eq!((diagnosis.health, diagnosis.why.as_str()), (health, why));
    };
    let status = |status: &str| Distribution { status: status.into(), ..distribution() };
    assert_health(distribution(), Health::Ok, "");
    assert_health(status("InProgress"), Health::Changing, "its configuration is spread to the edges");
    assert_health(status("Odd"), Health::Unknown, "AWS calls it \"Odd\"");
    assert_health(Distribution { enabled: false, ..distribution() }, Health::Ok, "disabled: it answers nobody");
    let invalidating = |n| Distribution { invalidating: n, ..distribution() };
    assert_health(invalidating(Some(1)), Health::Changing, "1 invalidation in progress");
    assert_health(invalidating(Some(2)), Health::Changing, "2 invalidations in progress");
    assert_health(invalidating(None), Health::Ok, "");
}

#[test]
fn a_row_is_known_by_its_alias() {
    let row = cells(kind(), &distribution());
    for (column, text) in [
        ("name", "E1"),
        ("status", "Deployed"),
        ("alias", "www.example.com"),
        ("origin", "origin.example.com"),
        ("modified", "2d"),
        ("comment", "web"),
        ("why", ""),
    ] {
        assert_eq!(row[column], text, "{column}");
    }
    let mut other = distribution();
    (other.enabled, other.comment) = (false, "".into());
    other.aliases.push("a.example.com".into());
    other.origins.push(("s3".into(), "bucket".into()));
    let row = cells(kind(), &other);
    let texts = ["status", "alias", "origin", "comment"].map(|column| row[column].as_str());
    assert_eq!(texts, ["disabled", "www.example.com +1", "origin.example.com +1", "–"]);
    (other.aliases, other.origins) = (vec![], vec![]);
    let row = cells(kind(), &other);
    assert_eq!((row["alias"].as_str(), row["origin"].as_str()), ("d1.cloudfront.net", "–"));
}

#[test]
fn the_json_row_is_stable() {
    let row = json_of(kind(), &distribution());
    for (member, value) in [
        ("name", json!("E1")),
        ("domain", json!("d1.cloudfront.net")),
        ("aliases", json!(["www.example.com"])),
        ("status", json!("Deployed")),
        ("enabled", json!(true)),
        ("origins", json!(["origin.example.com"])),
        ("price_class", json!("PriceClass_100")),
        ("web_acl", json!(null)),
        ("modified", json!(ago(2 * 86_400).to_string())),
        ("invalidating", json!(0)),
        ("health", json!("ok")),
        ("why", json!("")),
    ] {
        assert_eq!(row[member], value, "{member}");
    }
    let url = kind().console_url(&distribution(), "eu-west-1").unwrap();
    assert_eq!(url, "https://us-east-1.console.aws.amazon.com/cloudfront/v4/home#/distributions/E1");
}

#[test]
fn every_tab_speaks_before_and_after_the_detail_and_of_its_faults() {
    let said = |title: &str, detail: Option<&Facts>| tab(kind(), &distribution(), title, detail);
    let told = |invalidations| -> Facts { std::sync::Arc::new(detail(invalidations)) };
    let one = told(Ok(vec![invalidation("I1", "InProgress", &["/a", "/b/*"], "r")]));
    for title in ["Overview", "Invalidations"] {
        assert!(said(title, None).contains("reading…"), "{title}");
        assert!(said(title, Some(&one)).contains("InProgress | I1 | /a  /b/*"), "{title}");
        assert!(said(title, Some(&told(Ok(vec![])))).contains("none so far"), "{title}");
        assert!(said(title, Some(&told(Err(fault())))).contains("needs cloudfront:ListInvalidations"), "{title}");
    }
    assert!(said("Configuration", None).contains("web ACL: none"));
}

fn invalidation(id: &str, status: &str, paths: &[&str], reference: &str) -> Invalidation {
    Invalidation {
        id: id.into(),
        status: status.into(),
        created: Some(ago(60)),
        paths: Some(paths.iter().map(|path| (*path).into()).collect()),
        caller_reference: reference.into(),
    }
}

fn detail(invalidations: Result<Vec<Invalidation>, Fault>) -> DistributionDetail {
    DistributionDetail { distribution: distribution(), invalidations }
}

fn inputs(paths: &str) -> Inputs {
    Inputs::from([("paths".to_string(), paths.to_string()), (OPENED.to_string(), "2026-11-21T02:14:07Z".to_string())])
}

fn plan(facts: &DistributionDetail, paths: &str) -> Result<Plan, String> {
    action("invalidate").plan(facts, &inputs(paths), now())
}

fn wrong(paths: &str) -> String {
    let (field, why) = action("invalidate").check(&inputs(paths)).unwrap_err();
    assert_eq!(field, "paths");
    why
}

#[test]
fn paths_keep_the_rules_of_cloudfront() {
    let longest = format!("/{}", "x".repeat(3999));
    for paths in ["/", "/*", "/index.html", "/images/*", "/a?b=c&d", "/caf%C3%A9", "/a\n/b*\n/c", &longest] {
        assert_eq!(action("invalidate").check(&inputs(paths)), Ok(()), "{paths}");
    }
    for (paths, why) in [
        ("", "type a path, as /index.html or /images/*"),
        ("index.html", "a path begins with /: index.html"),
        ("*", "a path begins with /: *"),
        ("/a*b", "* may only be the last character: /a*b"),
        ("/**", "* may only be the last character: /**"),
        ("/a b", "' ' must be written as in the URL (%20, …): /a b"),
        ("/é", "'é' must be written as in the URL (%20, …): /é"),
        ("/a\nb\n/c", "a path begins with /: b"),
    ] {
        assert_eq!(wrong(paths), why, "{paths}");
    }
    assert_eq!(wrong(&format!("{longest}x")), "a path has at most 4000 characters");
}

proptest! {
    #[test]
    fn no_text_is_too_odd_to_be_looked_at(paths in "\\PC{0,40}(\n/\\PC{0,10}){0,3}") {
        let _ = action("invalidate").check(&inputs(&paths));
        let _ = plan(&detail(Ok(vec![])), &paths);
    }
}

#[test]
fn a_plan_says_exactly_what_is_sent() {
    let plan = plan(&detail(Ok(vec![])), "/index.html\n/images/*").unwrap();
    assert_eq!(
        plan.calls[0].cli(Some("prod"), Some("eu-west-1")),
        r#"aws cloudfront create-invalidation --distribution-id E1 --invalidation-batch '{"Paths":{"Quantity":2,"Items":["/index.html","/images/*"]},"CallerReference":"midwatch-2026-11-21T02:14:07Z"}' --profile prod --region eu-west-1"#
    );
    assert_eq!((plan.confirm, plan.summary.as_str()), (Confirm::Ask, "invalidate 2 paths of www.example.com"));
    assert!(plan.warnings.iter().any(|(tone, text)| *tone == Tone::Degraded && text.contains("wildcards")));
    assert_eq!(plan.undo, "cannot be cancelled");
}

#[test]
fn everything_needs_the_name_and_a_path_is_sent_once() {
    let plan = |paths| plan(&detail(Ok(vec![])), paths).unwrap();
    let everything = plan("/a\n/*");
    assert_eq!((everything.confirm, everything.warnings[0].0), (Confirm::TypeName, Tone::Down));
    assert_eq!(everything.summary, "invalidate everything of www.example.com");
    let twice = plan("/a\n/b\n/a");
    assert_eq!(twice.calls[0].input["InvalidationBatch"]["Paths"], json!({"Quantity": 2, "Items": ["/a", "/b"]}));
    assert_eq!(plan("/a").warnings.len(), 1);
}

#[test]
fn the_quotas_count_what_is_in_progress() {
    let lines = |n: usize, tail: &str| (0..n).map(|i| format!("/{i}{tail}")).collect::<Vec<_>>().join("\n");
    let none = detail(Ok(vec![]));
    assert!(plan(&none, &lines(15, "*")).is_ok() && plan(&none, &lines(3000, "")).is_ok());
    assert!(plan(&none, &lines(16, "*")).unwrap_err().starts_with("at most 15 paths with *"));
    assert!(plan(&none, &lines(3001, "")).unwrap_err().starts_with("at most 3000 files"));
    let moving = detail(Ok(vec![
        invalidation("I2", "InProgress", &["/a/*", "/b/*", "/c"], "r2"),
        invalidation("I1", "Completed", &["/d/*", "/e"], "r1"),
    ]));
    assert!(plan(&moving, &lines(13, "*")).is_ok() && plan(&moving, &lines(2999, "")).is_ok());
    assert_eq!(plan(&moving, &lines(14, "*")).unwrap_err(), "at most 15 paths with * may be in progress, and 2 are");
    assert!(plan(&moving, &lines(3000, "")).unwrap_err().ends_with("and 1 are"));
    let unknown = plan(&detail(Err(fault())), "/a").unwrap();
    assert!(unknown.warnings.iter().any(|(tone, text)| *tone == Tone::Unknown && text.contains("not known")));
}

#[test]
fn a_disabled_distribution_has_nothing_to_forget() {
    let mut facts = detail(Ok(vec![]));
    facts.distribution.enabled = false;
    let why = "it is disabled: no edge keeps anything of it";
    assert_eq!(action("invalidate").guard(&facts.distribution).unwrap_err(), why);
    assert_eq!(plan(&facts, "/a").unwrap_err(), why);
    assert!(action("invalidate").guard(&distribution()).is_ok());
}

/// An invalidation that became `I2`, sent so many seconds ago.
fn sent(seconds: i64, seen: Result<Vec<Invalidation>, Fault>) -> (Progress, Applied) {
    let plan = plan(&detail(Ok(vec![])), "/a").unwrap();
    let intent = intent(&plan, &distribution(), seconds);
    let facts = detail(seen);
    let progress = action("invalidate").progress(&intent, &Receipt::of("r", Some("I2".into())), &facts, now());
    (progress, action("invalidate").applied(&intent, &facts, now()))
}

const REFERENCE: &str = "midwatch-2026-11-21T02:14:07Z";

#[test]
fn an_invalidation_is_followed_by_its_id() {
    let ours = |status: &str| {
        Ok(vec![invalidation("I3", "InProgress", &["/z"], "x"), invalidation("I2", status, &["/a"], REFERENCE)])
    };
    let (progress, applied) = sent(20, ours("InProgress"));
    assert_eq!((progress.verdict, progress.line.as_str()), (None, "I2 in progress, 20s"));
    assert_eq!(applied, Applied::Yes(Receipt::of("", Some("I2".into()))));
    assert!(!progress.stalled && sent(901, ours("InProgress")).0.stalled);
    let (progress, _) = sent(70, ours("Completed"));
    assert_eq!((progress.verdict, progress.line.as_str()), (Some(Verdict::Done), "I2 completed after 70s"));
}

#[test]
fn an_invalidation_that_is_not_listed_is_waited_for_and_not_guessed() {
    assert_eq!(sent(5, Ok(vec![])).0.line, "AWS does not list it yet");
    let newer = (0..20).map(|n| invalidation(&format!("N{n}"), "Completed", &["/z"], "x")).collect();
    assert_eq!(sent(900, Ok(newer)).0.verdict, Some(Verdict::Lost));
    let (progress, applied) = sent(5, Err(fault()));
    assert!(progress.line.starts_with("its progress is not known") && applied == Applied::CannotTell);
}

#[test]
fn the_reference_tells_whether_an_invalidation_was_made() {
    let other = || invalidation("I1", "Completed", &["/a"], "release-7");
    let unread = Invalidation { caller_reference: "".into(), paths: None, ..other() };
    assert_eq!(sent(5, Ok(vec![other()])).1, Applied::No);
    assert_eq!(sent(5, Ok(vec![other(), unread])).1, Applied::CannotTell);
}
