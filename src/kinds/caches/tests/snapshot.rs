//! What a snapshot of a cache plans and concludes, by example.

use super::*;
use crate::domain::intent::{Receipt, Verdict};
use crate::kinds::action::{Applied, Confirm, Plan, Progress};
use crate::kinds::cell::Tone;
use crate::kinds::testing::{action, inputs, intent};

fn detail(cache: Cache, snapshots: Vec<CacheSnapshot>) -> CacheDetail {
    CacheDetail { cache, users: Ok(vec![]), snapshots: Ok(snapshots), events: Ok(vec![]) }
}

fn take(detail: &CacheDetail, name: &str) -> Result<Plan, String> {
    action("snapshot-cache").plan(detail, &inputs(&[("name", name)]), now())
}

#[test]
fn a_snapshot_is_taken_by_the_call_of_its_form() {
    let lines = |cache: Cache| {
        let plan = take(&detail(cache, vec![]), "s-1").unwrap();
        let (_, delete) = plan.undo.split_once("to delete it: ").unwrap();
        (cli(&plan).remove(0), delete.to_string())
    };
    let delete = "aws elasticache delete-snapshot --snapshot-name s-1";
    assert_eq!(
        lines(group()),
        (
            "aws elasticache create-snapshot --cache-cluster-id web-002 --snapshot-name s-1 --profile prod".to_string(),
            delete.to_string()
        )
    );
    assert_eq!(
        lines(Cache { form: Form::Cluster, ..group() }).0,
        "aws elasticache create-snapshot --cache-cluster-id web --snapshot-name s-1 --profile prod"
    );
    assert_eq!(
        lines(serverless()),
        (
            "aws elasticache create-serverless-cache-snapshot --serverless-cache-name web \
             --serverless-cache-snapshot-name s-1 --profile prod"
                .to_string(),
            "aws elasticache delete-serverless-cache-snapshot --serverless-cache-snapshot-name s-1".to_string()
        )
    );
}

#[test]
fn a_snapshot_is_refused_where_elasticache_would() {
    assert_eq!(action("snapshot-cache").guard(&memcached(1)).unwrap_err(), "Memcached has no snapshots");
    assert!(take(&detail(memcached(1), vec![]), "a").is_err(), "fresh facts are guarded again");
    for forbidden in ["snapshotting", "modifying", "creating", "deleting"] {
        let why = take(&detail(status(forbidden), vec![]), "a").unwrap_err();
        assert_eq!(why, format!("it is {forbidden}: AWS takes a snapshot only of what is available"));
    }
    let known = detail(group(), vec![taken("s-1", "available", "")]);
    assert_eq!(take(&known, "S-1").unwrap_err(), "there is a snapshot S-1 already");
    let plan = take(&known, "s-2").unwrap();
    assert_eq!((plan.confirm, plan.warnings.len()), (Confirm::Ask, 0));
    let alone = Cache { nodes: vec![node("web-001", "", Some(true))], ..group() };
    assert!(warned(&take(&detail(alone, vec![]), "a").unwrap(), Tone::Degraded, "without a replica"));
    let check = |name: &str| action("snapshot-cache").check(&inputs(&[("name", name)]));
    assert!(check(&"x".repeat(50)).is_ok() && check(&"x".repeat(51)).unwrap_err().1.contains("at most 50"));
    let offered = action("snapshot-cache").fields(&group(), now()).remove(0).initial;
    assert!(offered.starts_with("web-mw-2026") && check(&offered).is_ok(), "{offered}");
}

fn taking(sent: i64, seen: Result<Vec<CacheSnapshot>, Fault>) -> (Progress, Applied) {
    let intent = intent(&take(&detail(group(), vec![]), "s-1").unwrap(), &group(), sent);
    let event = |seconds, message: &str| Event {
        at: Some(ago(seconds)),
        source: "web".into(),
        message: message.into(),
        categories: vec![],
    };
    let events = Ok(vec![event(5, "Snapshot failed: no memory"), event(9000, "older")]);
    let facts = CacheDetail { snapshots: seen, events, ..detail(status("snapshotting"), vec![]) };
    let progress = action("snapshot-cache").progress(&intent, &Receipt::of("r", None), &facts, now());
    (progress, action("snapshot-cache").applied(&intent, &facts, now()))
}

#[test]
fn a_snapshot_is_followed_to_its_verdict() {
    let (progress, applied) = taking(20, Ok(vec![taken("s-1", "creating", "")]));
    assert_eq!((progress.verdict, progress.line.as_str()), (None, "creating, 20s"));
    assert_eq!(applied, Applied::Yes(Receipt::of("", Some("s-1".into()))));
    assert!(taking(1801, Ok(vec![taken("s-1", "creating", "")])).0.stalled);
    let (progress, _) = taking(20, Ok(vec![taken("s-1", "available", "12 MB")]));
    assert_eq!((progress.verdict, progress.line.as_str()), (Some(Verdict::Done), "s-1 is available 12 MB"));
    let (progress, _) = taking(20, Ok(vec![taken("s-1", "failed", "")]));
    assert_eq!((progress.verdict, progress.line.as_str()), (Some(Verdict::Failed), "Snapshot failed: no memory"));
    assert_eq!(progress.evidence.len(), 1);
    assert_eq!(taking(20, Ok(vec![taken("s-1", "deleting", "")])).0.verdict, Some(Verdict::Superseded));
    let (progress, applied) = taking(20, Ok(vec![]));
    assert_eq!((progress.verdict, applied), (None, Applied::No));
    assert_eq!(taking(121, Ok(vec![])).0.verdict, Some(Verdict::Lost));
    let (progress, applied) = taking(500, Err(fault()));
    assert!(progress.line.starts_with("its progress is not known") && applied == Applied::CannotTell);
}
