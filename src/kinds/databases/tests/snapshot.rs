//! What a snapshot of a database plans and concludes, by example.

use proptest::prelude::*;

use super::*;
use crate::domain::Timestamp;
use crate::domain::intent::{Receipt, Verdict};
use crate::kinds::action::{Applied, Confirm, Plan, Progress};
use crate::kinds::cell::Tone;
use crate::kinds::snapshots::{generated, valid};
use crate::kinds::testing::{inputs, intent, row};

#[test]
fn the_id_of_a_snapshot_keeps_the_rules_of_rds() {
    for id in ["a", "db-mw-20261121021407", "B2", &"x".repeat(255)] {
        assert_eq!(valid(id, 255), Ok(()), "{id}");
    }
    for (id, why) in [
        ("", "begin with a letter"),
        ("1a", "begin with a letter"),
        ("-a", "begin with a letter"),
        ("a-", "no hyphen at the end"),
        ("a--b", "no two in a row"),
        ("a_b", "'_' is none"),
        ("a b", "' ' is none"),
        ("é", "'é' is none"),
        ("rds:a", "':' is none"),
    ] {
        assert!(valid(id, 255).unwrap_err().contains(why), "{id}");
    }
    assert!(valid(&"x".repeat(256), 255).unwrap_err().contains("at most 255 characters: it has 256"));
    let snapshot = action("snapshot");
    assert_eq!(snapshot.check(&inputs(&[("id", "a--b")])).unwrap_err().0, "id");
    // A cluster's are shorter, which only the plan knows.
    let long = inputs(&[("id", &"x".repeat(64))]);
    assert_eq!(snapshot.check(&long), Ok(()));
    assert!(snapshot.plan(&facts(cluster()), &long, now()).unwrap_err().contains("at most 63"));
    assert!(snapshot.plan(&facts(instance("db")), &long, now()).is_ok());
}

proptest! {
    #[test]
    fn the_offered_id_is_valid_whatever_the_name_is(name in "(\\PC{0,80}|[a-zA-Z0-9-]{0,300})", second in 0..4_000_000_000_i64) {
        let at = Timestamp::from_second(second).unwrap();
        for longest in [50, 63, 255] {
            let id = generated(&name, at, longest);
            prop_assert_eq!(valid(&id, longest), Ok(()), "{}", id);
            prop_assert!(id.ends_with(&at.strftime("mw-%Y%m%d%H%M%S").to_string()));
        }
    }

    #[test]
    fn a_name_that_is_an_id_begins_the_offered_one(name in "[a-z][a-z0-9]{0,10}(-[a-z0-9]{1,10}){0,2}") {
        let head = format!("{name}-mw-");
        prop_assert!(generated(&name, now(), 63).starts_with(&head));
    }
}

fn take(facts: &DatabaseFacts, id: &str) -> Result<Plan, String> {
    action("snapshot").plan(facts, &inputs(&[("id", id)]), now())
}

#[test]
fn a_snapshot_plan_says_exactly_what_is_sent() {
    let plan = take(&facts(instance("db")), "db-1").unwrap();
    assert_eq!(cli(&plan), ["aws rds create-db-snapshot --db-instance-identifier db --db-snapshot-identifier db-1"]);
    assert_eq!(row(&plan, "source"), "instance postgres 16.4  200…500 GiB");
    assert_eq!(row(&plan, "last manual one"), "none");
    assert_eq!((plan.confirm, plan.summary.as_str()), (Confirm::Ask, "snapshot db as db-1"));
    assert!(plan.undo.ends_with("aws rds delete-db-snapshot --db-snapshot-identifier db-1"), "{}", plan.undo);
    assert!(plan.warnings[0].1.starts_with("Single-AZ: reads and writes pause"));

    let plan = take(&facts(cluster()), "c-1").unwrap();
    assert_eq!(
        cli(&plan),
        ["aws rds create-db-cluster-snapshot --db-cluster-identifier c --db-cluster-snapshot-identifier c-1"]
    );
    assert!(plan.warnings.is_empty() && plan.undo.contains("delete-db-cluster-snapshot"), "{plan:?}");
    let sqlserver = Database { multi_az: true, engine: "sqlserver-se".into(), ..instance("db") };
    assert!(take(&facts(sqlserver), "a").unwrap().warnings[0].1.starts_with("SQL Server"));
}

#[test]
fn a_snapshot_is_refused_where_aws_would() {
    for forbidden in ["backing-up", "storage-full", "stopped", "creating", "modifying"] {
        let why = take(&facts(status(forbidden)), "a").unwrap_err();
        assert_eq!(why, format!("it is {forbidden}: AWS takes a snapshot only of what is available"));
    }
    assert!(take(&facts(status("storage-optimization")), "a").is_ok());
    let mut known = facts(instance("db"));
    known.snapshots = Ok(vec![snapshot("db-1", "creating", Some(3)), snapshot("db-0", "available", Some(100))]);
    assert_eq!(take(&known, "DB-1").unwrap_err(), "there is a snapshot DB-1 already");
    let plan = take(&known, "db-2").unwrap();
    assert!(row(&plan, "last manual one").starts_with("db-1 (creating 3 %, 2026-"), "{plan:?}");
    assert!(plan.warnings.iter().any(|(_, text)| text == "db-1 is being taken now: AWS may refuse another one"));
    known.snapshots = Err(fault());
    let plan = take(&known, "db-1").unwrap();
    assert!(plan.warnings.iter().any(|(tone, text)| *tone == Tone::Unknown && text.contains("needs rds:")));
    assert!(row(&plan, "last manual one").starts_with("not read: "));
}

/// A snapshot `db-2` that was sent so many seconds ago, by what is read now.
fn taken(sent: i64, seen: Vec<Snapshot>) -> (Progress, Applied) {
    let intent = intent(&take(&facts(instance("db")), "db-2").unwrap(), &instance("db"), sent);
    let mut facts = facts(status("backing-up"));
    facts.snapshots = Ok(seen);
    facts.events = Ok(vec![event(5, "Snapshot failed: no space"), event(9000, "an older one")]);
    let receipt = Receipt::of("r", Some("db-2".into()));
    let progress = action("snapshot").progress(&intent, &receipt, &facts, now());
    (progress, action("snapshot").applied(&intent, &facts, now()))
}

#[test]
fn a_snapshot_is_followed_in_percent_to_its_verdict() {
    let (progress, applied) = taken(60, vec![snapshot("db-2", "creating", Some(45))]);
    assert_eq!((progress.verdict, progress.fraction), (None, Some(0.45)));
    assert_eq!((progress.line.as_str(), progress.stalled), ("creating 45 %", false));
    assert_eq!(applied, Applied::Yes(Receipt::of("", Some("db-2".into()))));

    let (progress, _) = taken(60, vec![snapshot("db-2", "available", Some(100))]);
    assert_eq!((progress.verdict, progress.fraction), (Some(Verdict::Done), Some(1.0)));
    assert_eq!(progress.line, "db-2 is available, 200 GiB");

    let (progress, _) = taken(60, vec![snapshot("db-2", "failed", None)]);
    assert_eq!((progress.verdict, progress.line.as_str()), (Some(Verdict::Failed), "db: Snapshot failed: no space"));
    assert_eq!(progress.evidence.len(), 1, "what was before it was sent is no evidence");

    let (progress, _) = taken(60, vec![snapshot("db-2", "deleting", None)]);
    assert_eq!(progress.verdict, Some(Verdict::Superseded));

    let (progress, applied) = taken(60, vec![]);
    assert_eq!((progress.verdict, progress.line.as_str()), (None, "AWS does not list it yet"));
    assert_eq!(applied, Applied::No);
    let (progress, _) = taken(130, vec![]);
    assert_eq!(progress.verdict, Some(Verdict::Lost));
    assert_eq!(progress.line, "it is not in the list: somebody deleted it");
}

#[test]
fn a_large_snapshot_is_slow_and_one_that_stands_still_is_stalled() {
    let stalled = |sent, percent| taken(sent, vec![snapshot("db-2", "creating", percent)]).0.stalled;
    assert!(!stalled(3500, Some(0)));
    assert!(stalled(3700, Some(0)) && stalled(3700, None));
    assert!(!stalled(7200, Some(30)), "it goes on");
    assert!(stalled(12 * 3600, Some(30)));
}

#[test]
fn without_the_list_nobody_knows_of_a_snapshot() {
    let intent = intent(&take(&facts(instance("db")), "db-2").unwrap(), &instance("db"), 500);
    let mut facts = facts(instance("db"));
    facts.snapshots = Err(fault());
    let progress = action("snapshot").progress(&intent, &Receipt::of("r", None), &facts, now());
    assert!(progress.verdict.is_none() && progress.line.starts_with("its progress is not known: access denied"));
    assert_eq!(action("snapshot").applied(&intent, &facts, now()), Applied::CannotTell);
}

#[test]
fn the_line_for_later_restores_what_was_taken() {
    let spec = action("snapshot");
    let mut single = intent(&take(&facts(instance("db")), "db-2").unwrap(), &instance("db"), 60);
    single.profile = Some("it's".into());
    assert_eq!(
        spec.follow_up(&single).unwrap(),
        r"aws rds restore-db-instance-from-db-snapshot --db-snapshot-identifier db-2 --db-instance-identifier db-restored --profile 'it'\''s' --region eu-west-1"
    );
    let cluster = intent(&take(&facts(cluster()), "c-2").unwrap(), &instance("c"), 60);
    assert_eq!(
        spec.follow_up(&cluster).unwrap(),
        "aws rds restore-db-cluster-from-snapshot --snapshot-identifier c-2 --engine aurora-postgresql \
         --db-cluster-identifier c-restored --region eu-west-1 && aws rds create-db-instance --db-cluster-identifier \
         c-restored --db-instance-identifier c-restored-1 --engine aurora-postgresql --db-instance-class CLASS \
         --region eu-west-1"
    );
    assert_eq!(action("reboot").follow_up(&cluster), None);
}
