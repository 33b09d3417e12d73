//! What a reboot and a failover plan and conclude, by example.

use super::*;
use crate::domain::intent::{Receipt, Verdict};
use crate::kinds::action::{Applied, Confirm, Plan, Progress};
use crate::kinds::cell::Tone;
use crate::kinds::testing::{inputs, intent, row};

fn reboot(database: Database, failover: &str) -> Result<Plan, String> {
    action("reboot").plan(&facts(database), &inputs(&[("failover", failover)]), now())
}

#[test]
fn a_reboot_plan_tells_the_outage_and_is_confirmed_by_name() {
    let plan = reboot(instance("db"), "no").unwrap();
    assert_eq!(cli(&plan), ["aws rds reboot-db-instance --db-instance-identifier db"]);
    assert_eq!((plan.confirm, plan.summary.as_str()), (Confirm::TypeName, "reboot db in place"));
    assert!(plan.warnings[0].0 == Tone::Down && plan.warnings[0].1.contains("refused until it is back"));
    let multi = Database { multi_az: true, ..instance("db") };
    let plan = reboot(multi.clone(), "yes").unwrap();
    assert_eq!(cli(&plan), ["aws rds reboot-db-instance --db-instance-identifier db --force-failover"]);
    assert_eq!(row(&plan, "reboot"), "by failover to the standby");
    assert_eq!(reboot(instance("db"), "yes").unwrap_err(), "it has no standby to fail over to");
    assert_eq!(reboot(status("stopped"), "no").unwrap_err(), "it is stopped: AWS reboots only what is available");
    assert!(action("reboot").check(&inputs(&[("failover", "perhaps")])).unwrap_err().1.contains("yes or no"));
    let asked = |database: &Database| action("reboot").fields(database, now()).len();
    assert_eq!((asked(&instance("db")), asked(&multi), asked(&part_of("c", None))), (0, 1, 0));

    let waits = Database { parameter_groups: vec![("mine".into(), "pending-reboot".into())], ..instance("db") };
    let warned = |plan: Plan, part: &str| plan.warnings.iter().any(|(_, text)| text.contains(part));
    assert!(warned(reboot(waits, "no").unwrap(), "the waiting parameters of mine come into force"));
    assert!(warned(reboot(part_of("c", Some(true)), "no").unwrap(), "nothing can be written meanwhile"));
    assert!(warned(reboot(part_of("c", Some(false)), "no").unwrap(), "it is a reader"));
}

/// A reboot that was sent so many seconds ago.
fn rebooted(sent: i64, status: &str, events: Result<Vec<Event>, Fault>) -> (Progress, Applied) {
    let intent = intent(&reboot(instance("db"), "no").unwrap(), &instance("db"), sent);
    let facts = DatabaseFacts { events, ..facts(self::status(status)) };
    let progress = action("reboot").progress(&intent, &Receipt::of("r", None), &facts, now());
    (progress, action("reboot").applied(&intent, &facts, now()))
}

#[test]
fn a_reboot_is_over_when_events_or_time_say_so() {
    let (progress, applied) = rebooted(10, "rebooting", Ok(vec![event(9, "DB instance shutdown")]));
    assert_eq!((progress.verdict, progress.line.as_str()), (None, "rebooting, 10s"));
    assert!(matches!(applied, Applied::Yes(_)) && progress.evidence == ["DB instance shutdown"]);
    // Available at once after it was sent: it has not begun.
    assert_eq!(rebooted(3, "available", Ok(vec![])).0.verdict, None);
    assert_eq!(
        rebooted(40, "available", Ok(vec![event(100, "DB instance restarted")])).0.verdict,
        None,
        "an older one"
    );
    let (progress, _) = rebooted(40, "available", Ok(vec![event(5, "DB instance restarted")]));
    assert_eq!(progress.verdict, Some(Verdict::Done));
    assert_eq!(progress.line, "available again after 40s in eu-west-1a");
    assert_eq!(rebooted(95, "available", Err(fault())).0.verdict, Some(Verdict::Done));
    let (progress, _) = rebooted(40, "storage-full", Ok(vec![]));
    assert_eq!((progress.verdict, progress.line.as_str()), (Some(Verdict::Failed), "it is storage-full now"));
    assert!(rebooted(601, "rebooting", Ok(vec![])).0.stalled && !rebooted(599, "rebooting", Ok(vec![])).0.stalled);
}

#[test]
fn a_reboot_without_an_answer_is_not_denied_before_its_events_can_be_there() {
    assert_eq!(rebooted(40, "available", Ok(vec![])).1, Applied::CannotTell);
    assert_eq!(rebooted(200, "available", Ok(vec![])).1, Applied::No);
    assert_eq!(rebooted(200, "available", Err(fault())).1, Applied::CannotTell);
    assert!(matches!(rebooted(200, "available", Ok(vec![event(170, "DB instance restarted")])).1, Applied::Yes(_)));
}

fn fail_over(database: Database, target: &str) -> Result<Plan, String> {
    action("failover").plan(&facts(database), &inputs(&[("target", target)]), now())
}

#[test]
fn a_failover_plan_names_the_old_writer_and_the_new() {
    let field = action("failover").fields(&cluster(), now()).remove(0);
    let offered: Vec<&str> = field.presets.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!((field.initial.as_str(), &offered[..]), ("c-2", &["c-2", "c-3", "any"][..]), "the first tier first");
    let plan = fail_over(cluster(), "c-3").unwrap();
    assert_eq!(
        cli(&plan),
        ["aws rds failover-db-cluster --db-cluster-identifier c --target-db-instance-identifier c-3"]
    );
    assert_eq!(row(&plan, "writer"), "c-1 → c-3");
    assert_eq!((plan.confirm, plan.undo.as_str()), (Confirm::TypeName, "fail over back to c-1"));
    assert_eq!(plan.before, json!({ "writer": "c-1" }));
    let plan = fail_over(cluster(), "any").unwrap();
    assert_eq!(cli(&plan), ["aws rds failover-db-cluster --db-cluster-identifier c"]);
    assert_eq!(fail_over(cluster(), "c-1").unwrap_err(), "c-1 is not one of its readers: c-2, c-3");
    let moving = Database { status: "failing-over".into(), ..cluster() };
    assert!(fail_over(moving, "any").unwrap_err().contains("fails over only what is available"));
    assert_eq!(action("failover").check(&inputs(&[("target", "")])).unwrap_err().0, "target");
}

/// A failover to `target` that was sent so many seconds ago: the status and the writer now.
fn failed_over(sent: i64, target: &str, status: &str, writer: &str) -> (Progress, Applied) {
    let intent = intent(&fail_over(cluster(), target).unwrap(), &instance("c"), sent);
    let members = ["c-1", "c-2", "c-3"].map(|name| member(name, name == writer, 1)).to_vec();
    let facts = facts(Database { status: status.into(), role: DatabaseRole::Cluster { members }, ..cluster() });
    let progress = action("failover").progress(&intent, &Receipt::of("r", None), &facts, now());
    (progress, action("failover").applied(&intent, &facts, now()))
}

#[test]
fn a_failover_ends_with_the_writer_that_was_asked_for() {
    let (progress, applied) = failed_over(5, "c-2", "failing-over", "c-1");
    assert_eq!((progress.verdict, progress.line.as_str()), (None, "failing-over, 5s; c-1 is the writer"));
    assert!(matches!(applied, Applied::Yes(_)));
    let (progress, applied) = failed_over(30, "c-2", "available", "c-2");
    assert_eq!((progress.verdict, progress.line.as_str()), (Some(Verdict::Done), "c-2 is the writer after 30s"));
    assert!(matches!(applied, Applied::Yes(_)));
    assert_eq!(failed_over(30, "any", "available", "c-3").0.verdict, Some(Verdict::Done));
}

#[test]
fn a_failover_to_another_member_or_to_nobody_is_not_done() {
    let (progress, _) = failed_over(30, "c-2", "available", "c-3");
    assert_eq!((progress.verdict, progress.line.as_str()), (Some(Verdict::Superseded), "c-3 is the writer, not c-2"));
    let (progress, applied) = failed_over(60, "c-2", "available", "c-1");
    assert_eq!((progress.verdict, applied), (None, Applied::No), "it may still begin");
    let (progress, _) = failed_over(130, "c-2", "available", "c-1");
    assert_eq!(progress.verdict, Some(Verdict::NotDone));
    assert!(progress.line.starts_with("c-1 is still the writer: AWS made nothing of it"));
    assert!(failed_over(301, "c-2", "failing-over", "nobody").0.stalled);
}

#[test]
fn a_cluster_without_a_writer_does_not_look_failed_over() {
    let members = vec![member("c-2", false, 1), member("c-3", false, 2)];
    let headless = Database { role: DatabaseRole::Cluster { members }, ..cluster() };
    let plan = fail_over(headless.clone(), "c-2").unwrap();
    assert_eq!(
        (row(&plan, "writer").as_str(), plan.undo.as_str()),
        ("nobody → c-2", "cannot be undone: the cluster has no writer now")
    );
    let intent = intent(&plan, &instance("c"), 40);
    assert_eq!(action("failover").applied(&intent, &facts(headless), now()), Applied::No);
}
