//! What is said of a database, and what its three actions plan and conclude, by example.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::{generated, kind, valid};
use crate::domain::Timestamp;
use crate::domain::database::{Database, DatabaseDetail, DatabaseFacts, Form, Maintenance, Member, Role, Snapshot};
use crate::domain::event::Event;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::health::Health;
use crate::domain::intent::{Intent, Receipt, Verdict};
use crate::domain::resource::{Facts, ResourceId};
use crate::kinds::action::{ActionSpec, Applied, Confirm, Inputs, Plan, Progress};
use crate::kinds::cell::{Block, Tone};
use crate::kinds::kind::Look;

pub(super) fn now() -> Timestamp {
    ago(0)
}

pub(super) fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_226_047 - seconds).unwrap()
}

const DAY: i64 = 86_400;

/// A healthy instance, Single-AZ.
pub fn instance(name: &str) -> Database {
    Database {
        id: ResourceId(format!("arn:aws:rds:eu-west-1:123456789012:db:{name}").into()),
        name: name.into(),
        part: "instances".into(),
        form: Form::Instance,
        role: Role::Alone,
        engine: "postgres".into(),
        version: "16.4".into(),
        class: "db.r6g.large".into(),
        status: "available".into(),
        multi_az: false,
        zone: "eu-west-1a".into(),
        storage: Some(200),
        storage_limit: Some(500),
        storage_type: "gp3".into(),
        encrypted: true,
        endpoint: Some(format!("{name}.x.eu-west-1.rds.amazonaws.com:5432").into()),
        reader_endpoint: None,
        backup_retention: 7,
        backup_window: "02:00-02:30".into(),
        latest_restorable: Some(ago(200)),
        maintenance_window: "sun:03:30-sun:04:00".into(),
        pending: vec![],
        deletion_protection: true,
        performance_insights: true,
        parameter_groups: vec![("default.postgres16".into(), "in-sync".into())],
        certificate: Some(("rds-ca-rsa2048-g1".into(), Some(ago(-300 * DAY)))),
        log_exports: vec!["postgresql".into()],
        created: Some(ago(100 * DAY)),
    }
}

fn member(name: &str, writer: bool, tier: i32) -> Member {
    Member { name: name.into(), writer, parameters: "in-sync".into(), promotion_tier: Some(tier) }
}

/// A cluster of a writer and two readers.
pub(super) fn cluster() -> Database {
    Database {
        form: Form::Cluster,
        part: "clusters".into(),
        role: Role::Cluster { members: vec![member("c-1", true, 0), member("c-3", false, 2), member("c-2", false, 1)] },
        engine: "aurora-postgresql".into(),
        class: "".into(),
        multi_az: true,
        storage: None,
        storage_limit: None,
        reader_endpoint: Some("c.ro:5432".into()),
        certificate: None,
        ..instance("c")
    }
}

fn part_of(cluster: &str, writer: Option<bool>) -> Database {
    Database { role: Role::Member { cluster: cluster.into(), writer }, ..instance("c-1") }
}

pub(super) fn status(status: &str) -> Database {
    Database { status: status.into(), ..instance("db") }
}

fn facts(database: Database) -> DatabaseFacts {
    DatabaseFacts { database, snapshots: Ok(vec![]), events: Ok(vec![]) }
}

fn fault() -> Fault {
    Fault::new(FaultKind::Denied { action: "rds:DescribeEvents".into(), principal: "".into() }, "rds", "")
}

pub(super) fn event(seconds: i64, message: &str) -> Event {
    Event { at: Some(ago(seconds)), source: "db".into(), message: message.into(), categories: vec![] }
}

fn snapshot(id: &str, status: &str, percent: Option<u8>) -> Snapshot {
    Snapshot {
        id: id.into(),
        kind: "manual".into(),
        status: status.into(),
        percent,
        created: Some(ago(60)),
        size: Some(200),
        encrypted: true,
    }
}

#[track_caller]
fn assert_health(database: &Database, health: Health, why: &str) {
    let diagnosis = kind().diagnose(database, now());
    assert_eq!((diagnosis.health, diagnosis.why.as_str()), (health, why));
}

#[test]
fn every_status_has_a_health_and_words() {
    for (word, health, why) in [
        ("available", Health::Ok, ""),
        ("storage-full", Health::Down, "storage-full: its storage is full: writes fail until it is grown"),
        ("failed", Health::Down, "failed: RDS could not recover it: restore from a snapshot"),
        ("stopped", Health::Down, "stopped: RDS starts it again after seven days"),
        (
            "inaccessible-encryption-credentials-recoverable",
            Health::Down,
            "inaccessible-encryption-credentials-recoverable: its KMS key cannot be used: enable the key, then start it",
        ),
        ("restore-error", Health::Down, "restore-error: restoring it failed"),
        ("deleting", Health::Changing, "deleting: it is being deleted"),
        ("failing-over", Health::Changing, "failing-over: it fails over: connections are dropped"),
        ("rebooting", Health::Changing, "rebooting: it reboots: connections are refused"),
        ("backing-up", Health::Changing, "backing-up: a backup is being taken"),
        ("configuring-enhanced-monitoring", Health::Changing, "configuring-enhanced-monitoring: it is configured"),
        ("resetting-master-credentials", Health::Changing, "resetting-master-credentials: it is configured"),
        ("creating", Health::Changing, "creating"),
        ("", Health::Unknown, "AWS tells no status"),
        ("a-status-of-tomorrow", Health::Unknown, "a-status-of-tomorrow"),
    ] {
        assert_health(&status(word), health, why);
    }
    assert!(kind().moves(&status("backing-up"), now()) && !kind().moves(&status("failed"), now()));
    for incompatible in ["network", "parameters", "option-group", "restore", "create"] {
        assert_eq!(kind().diagnose(&status(&format!("incompatible-{incompatible}")), now()).health, Health::Down);
    }
}

#[test]
fn what_will_not_wait_is_told_of_a_database_that_is_available() {
    let with = |days: i64| Database { certificate: Some(("ca".into(), Some(ago(-days * DAY)))), ..instance("db") };
    assert_health(&with(40), Health::Ok, "");
    assert_health(&with(29), Health::Degraded, "its certificate (ca) runs out in 29 days");
    assert_health(&with(1), Health::Degraded, "its certificate (ca) runs out in 1 day");
    assert_health(&with(-1), Health::Degraded, "its certificate (ca) has run out");
    let none = Role::Cluster { members: vec![] };
    let readers = Role::Cluster { members: vec![member("c-2", false, 1)] };
    let of = |role| Database { role, ..cluster() };
    assert_health(&of(none), Health::Down, "the cluster has no instance: nothing answers");
    assert_health(&of(readers), Health::Degraded, "no member is the writer: nothing can be written");
    let waits = Database {
        parameter_groups: vec![("mine".into(), "pending-reboot".into())],
        pending: vec![("DBInstanceClass".into(), "db.t4g.large".into())],
        ..instance("db")
    };
    let why = "parameters of mine wait for a reboot; 1 modification pending for the maintenance window";
    assert_health(&waits, Health::Ok, why);
}

fn cells(database: &Database) -> BTreeMap<&'static str, String> {
    kind().columns.iter().map(|c| (c.id, c.cell(database, Look::at(now())).text)).collect()
}

#[test]
fn a_row_says_what_it_is_and_when_it_is_not_well_how() {
    let row = cells(&instance("db"));
    for (column, text) in [
        ("name", "db"),
        ("state", "instance"),
        ("engine", "postgres 16.4"),
        ("class", "db.r6g.large"),
        ("az", "eu-west-1a"),
        ("storage", "200…500 GiB"),
        ("backup", "7 d"),
        ("status", "available"),
        ("why", ""),
    ] {
        assert_eq!(row[column], text, "{column}");
    }
    let row = cells(&cluster());
    let texts = ["state", "class", "az", "storage"].map(|column| row[column].as_str());
    assert_eq!(texts, ["cluster of 3", "–", "multi", "–"]);
    let state = |database: &Database| cells(database)["state"].clone();
    assert_eq!(state(&status("storage-full")), "storage-full");
    assert_eq!(state(&Database { role: Role::Replica { of: "p".into() }, ..instance("db") }), "replica");
    let roles = [Some(true), Some(false), None].map(|writer| state(&part_of("c", writer)));
    assert_eq!(roles, ["writer", "reader", "member"]);
    assert_eq!(cells(&Database { backup_retention: 0, ..instance("db") })["backup"], "none");
}

#[test]
fn the_json_row_is_stable() {
    let row = kind().json(&instance("db"), now());
    for (member, value) in [
        ("name", json!("db")),
        ("arn", json!("arn:aws:rds:eu-west-1:123456789012:db:db")),
        ("form", json!("instance")),
        ("role", json!("alone")),
        ("cluster", json!(null)),
        ("source", json!(null)),
        ("members", json!([])),
        ("class", json!("db.r6g.large")),
        ("storage", json!(200)),
        ("storage_limit", json!(500)),
        ("multi_az", json!(false)),
        ("pending", json!([])),
        ("health", json!("ok")),
        ("why", json!("")),
    ] {
        assert_eq!(row[member], value, "{member}");
    }
    let row = kind().json(&cluster(), now());
    assert_eq!((&row["role"], &row["class"], &row["storage"]), (&json!("cluster"), &json!(null), &json!(null)));
    assert_eq!(row["members"][0], json!({"name": "c-1", "writer": true}));
    let row = kind().json(&part_of("c", Some(false)), now());
    assert_eq!((&row["role"], &row["cluster"]), (&json!("reader"), &json!("c")));
    let url = kind().console_url(&cluster(), "eu-west-1").unwrap();
    assert!(url.ends_with("#database:id=c;is-cluster=true"), "{url}");
}

/// All that blocks say, a line each.
fn said(blocks: &[Block]) -> String {
    let spans = |spans: &[crate::kinds::cell::Span]| spans.iter().map(|s| s.text.as_str()).collect::<String>();
    let block = |block: &Block| match block {
        Block::Fields(fields) => fields.iter().map(|(label, value)| format!("{label}: {}\n", spans(value))).collect(),
        Block::Table { rows, .. } => {
            let row =
                |row: &Vec<crate::kinds::cell::Cell>| row.iter().map(|c| c.text.clone() + "|").collect::<String>();
            rows.iter().map(|cells| row(cells) + "\n").collect()
        }
        Block::Heading(text) => format!("{text}\n"),
        Block::Line(line) => format!("{}\n", spans(line)),
        Block::Gap => String::new(),
    };
    blocks.iter().map(block).collect()
}

#[test]
fn every_tab_speaks_before_and_after_the_detail_and_of_its_faults() {
    let look = Look::at(now());
    let tabs = kind().tabs;
    let tab = |title: &str, detail: Option<&Facts>| {
        said(&tabs.iter().find(|tab| tab.title == title).unwrap().view(&cluster(), detail, look))
    };
    for title in ["Overview", "Snapshots", "Events"] {
        assert!(tab(title, None).contains("reading…"), "{title}");
    }
    let detail = |answers: bool| -> Facts {
        let maintenance = Maintenance {
            action: "system-update".into(),
            description: "New".into(),
            auto_applied_after: None,
            forced_after: Some(ago(-3 * DAY)),
            opt_in: "".into(),
        };
        std::sync::Arc::new(DatabaseDetail {
            database: cluster(),
            snapshots: if answers { Ok(vec![snapshot("s", "creating", Some(45))]) } else { Err(fault()) },
            events: if answers { Ok(vec![event(90, "DB instance restarted")]) } else { Err(fault()) },
            maintenance: if answers { Ok(vec![maintenance]) } else { Err(fault()) },
        })
    };
    let overview = tab("Overview", Some(&detail(true)));
    for part in
        ["why: ● available", "c-1|writer|0|in-sync|", "system-update: New, forced after", "DB instance restarted"]
    {
        assert!(overview.contains(part), "{part}: {overview}");
    }
    assert!(tab("Snapshots", Some(&detail(true))).contains("s|manual|creating 45 %|1m|200 GiB|encrypted|"));
    for title in ["Overview", "Snapshots", "Events"] {
        assert!(tab(title, Some(&detail(false))).contains("needs rds:DescribeEvents"), "{title}");
    }
    assert!(tab("Overview", Some(&detail(false))).contains("maintenance: not read: "));
    assert!(tab("Configuration", None).contains("deletion guard: yes"));
}

fn action(id: &str) -> ActionSpec {
    kind().actions.into_iter().find(|action| action.id.0 == id).unwrap()
}

fn inputs(field: &str, value: &str) -> Inputs {
    Inputs::from([(field.to_string(), value.to_string())])
}

fn row(plan: &Plan, label: &str) -> String {
    let (_, spans) = plan.rows.iter().find(|(l, _)| l == label).unwrap_or_else(|| panic!("{label}: {plan:?}"));
    spans.iter().map(|span| span.text.as_str()).collect()
}

fn cli(plan: &Plan) -> Vec<String> {
    plan.calls.iter().map(|call| call.cli(None, None)).collect()
}

/// The intent of a plan over a database, sent that many seconds ago.
fn intent(plan: &Plan, name: &str, sent: i64) -> Intent {
    Intent {
        id: "i".into(),
        at: ago(sent),
        environment: "e".into(),
        profile: Some("it's".into()),
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        identity: "".into(),
        action: "".into(),
        kind: "databases".into(),
        resource: instance(name).id,
        name: name.into(),
        calls: plan.calls.clone(),
        inputs: BTreeMap::new(),
        before: plan.before.clone(),
        summary: "".into(),
    }
}

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
    assert_eq!(snapshot.check(&inputs("id", "a--b")).unwrap_err().0, "id");
    // A cluster's are shorter, which only the plan knows.
    let long = inputs("id", &"x".repeat(64));
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

#[test]
fn guards_name_what_is_to_be_selected_instead() {
    let reader = part_of("harbour", Some(false));
    for (id, database, why) in [
        ("snapshot", &reader, Some("its snapshots are the cluster's: select harbour")),
        ("snapshot", &instance("db"), None),
        ("snapshot", &cluster(), None),
        ("reboot", &reader, None),
        ("reboot", &cluster(), Some("a cluster is not rebooted: select a member, or fail over")),
        ("failover", &reader, Some("the cluster fails over: select harbour")),
        ("failover", &instance("db"), Some("there is nothing to fail over to")),
        (
            "failover",
            &Database { multi_az: true, ..instance("db") },
            Some("an instance fails over by a reboot with failover (B)"),
        ),
        (
            "failover",
            &Database { role: Role::Cluster { members: vec![member("c-1", true, 0)] }, ..cluster() },
            Some("there is no reader to fail over to"),
        ),
        ("failover", &cluster(), None),
    ] {
        let guard = action(id).guard(database);
        assert_eq!(guard.err().as_deref(), why, "{id} {}", database.name);
        if why.is_some() {
            let plan = action(id).plan(&facts(database.clone()), &Inputs::new(), now());
            assert!(plan.is_err(), "fresh facts are guarded again");
        }
    }
}

fn take(facts: &DatabaseFacts, id: &str) -> Result<Plan, String> {
    action("snapshot").plan(facts, &inputs("id", id), now())
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
    let intent = intent(&take(&facts(instance("db")), "db-2").unwrap(), "db", sent);
    let mut facts = facts(status("backing-up"));
    facts.snapshots = Ok(seen);
    facts.events = Ok(vec![event(5, "Snapshot failed: no space"), event(9000, "an older one")]);
    let receipt = Receipt::of("r", Some("db-2".into()));
    let progress = action("snapshot").progress(&intent, &receipt, &facts, now()).unwrap();
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
    let intent = intent(&take(&facts(instance("db")), "db-2").unwrap(), "db", 500);
    let mut facts = facts(instance("db"));
    facts.snapshots = Err(fault());
    let progress = action("snapshot").progress(&intent, &Receipt::of("r", None), &facts, now()).unwrap();
    assert!(progress.verdict.is_none() && progress.line.starts_with("its progress is not known: access denied"));
    assert_eq!(action("snapshot").applied(&intent, &facts, now()), Applied::CannotTell);
}

#[test]
fn the_line_for_later_restores_what_was_taken() {
    let spec = action("snapshot");
    let instance = intent(&take(&facts(instance("db")), "db-2").unwrap(), "db", 60);
    assert_eq!(
        spec.later(&instance).unwrap(),
        r"aws rds restore-db-instance-from-db-snapshot --db-snapshot-identifier db-2 --db-instance-identifier db-restored --profile 'it'\''s' --region eu-west-1"
    );
    let mut cluster = intent(&take(&facts(cluster()), "c-2").unwrap(), "c", 60);
    cluster.profile = None;
    assert_eq!(
        spec.later(&cluster).unwrap(),
        "aws rds restore-db-cluster-from-snapshot --snapshot-identifier c-2 --engine aurora-postgresql \
         --db-cluster-identifier c-restored --region eu-west-1 && aws rds create-db-instance --db-cluster-identifier \
         c-restored --db-instance-identifier c-restored-1 --engine aurora-postgresql --db-instance-class CLASS \
         --region eu-west-1"
    );
    assert_eq!(action("reboot").later(&cluster), None);
}

fn reboot(database: Database, failover: &str) -> Result<Plan, String> {
    action("reboot").plan(&facts(database), &inputs("failover", failover), now())
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
    assert!(action("reboot").check(&inputs("failover", "perhaps")).unwrap_err().1.contains("yes or no"));
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
    let intent = intent(&reboot(instance("db"), "no").unwrap(), "db", sent);
    let facts = DatabaseFacts { events, ..facts(self::status(status)) };
    let progress = action("reboot").progress(&intent, &Receipt::of("r", None), &facts, now()).unwrap();
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
    action("failover").plan(&facts(database), &inputs("target", target), now())
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
    assert_eq!(fail_over(cluster(), "c-1").unwrap_err(), "c-1 is no reader of it; there are c-2, c-3");
    let moving = Database { status: "failing-over".into(), ..cluster() };
    assert!(fail_over(moving, "any").unwrap_err().contains("fails over only what is available"));
    assert_eq!(action("failover").check(&inputs("target", "")).unwrap_err().0, "target");
}

/// A failover to `target` that was sent so many seconds ago: the status and the writer now.
fn failed_over(sent: i64, target: &str, status: &str, writer: &str) -> (Progress, Applied) {
    let intent = intent(&fail_over(cluster(), target).unwrap(), "c", sent);
    let members = ["c-1", "c-2", "c-3"].map(|name| member(name, name == writer, 1)).to_vec();
    let facts = facts(Database { status: status.into(), role: Role::Cluster { members }, ..cluster() });
    let progress = action("failover").progress(&intent, &Receipt::of("r", None), &facts, now()).unwrap();
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
    let headless = Database { role: Role::Cluster { members }, ..cluster() };
    let plan = fail_over(headless.clone(), "c-2").unwrap();
    assert_eq!(
        (row(&plan, "writer").as_str(), plan.undo.as_str()),
        ("nobody → c-2", "cannot be undone: there is no writer now")
    );
    let intent = intent(&plan, "c", 40);
    assert_eq!(action("failover").applied(&intent, &facts(headless), now()), Applied::No);
}

/// A detail in which only this event of so many seconds ago stands.
pub fn detail_with(name: &str, seconds: i64, message: &str) -> Facts {
    let (snapshots, maintenance) = (Ok(vec![]), Ok(vec![]));
    let events = Ok(vec![event(seconds, message)]);
    std::sync::Arc::new(DatabaseDetail { database: instance(name), snapshots, events, maintenance })
}
