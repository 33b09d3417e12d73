//! What is said of a database, by example.

mod restart;
mod snapshot;

use serde_json::json;

use super::DATABASES;
use crate::domain::database::{
    Database, DatabaseDetail, DatabaseFacts, DatabaseRole, Form, Maintenance, Member, Snapshot,
};
use crate::domain::event::Event;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::health::Health;
use crate::domain::resource::{Facts, ResourceId};
use crate::kinds;
use crate::kinds::action::{Inputs, Plan};
use crate::kinds::kind::Kind;
use crate::kinds::testing::{self, action, cells, json_of};
pub(super) use crate::kinds::testing::{ago, now};

const DAY: i64 = 86_400;

fn kind() -> &'static dyn Kind {
    kinds::kind(DATABASES).unwrap()
}

/// A healthy instance, Single-AZ.
pub fn instance(name: &str) -> Database {
    Database {
        id: ResourceId(format!("arn:aws:rds:eu-west-1:123456789012:db:{name}").into()),
        name: name.into(),
        part: "instances".into(),
        form: Form::Instance,
        role: DatabaseRole::Alone,
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
pub fn cluster() -> Database {
    Database {
        form: Form::Cluster,
        part: "clusters".into(),
        role: DatabaseRole::Cluster {
            members: vec![member("c-1", true, 0), member("c-3", false, 2), member("c-2", false, 1)],
        },
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
    Database { role: DatabaseRole::Member { cluster: cluster.into(), writer }, ..instance("c-1") }
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
    let is_moving = |word| kind().diagnose(&status(word), now()).is_moving;
    assert!(is_moving("backing-up") && !is_moving("failed"));
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
    let none = DatabaseRole::Cluster { members: vec![] };
    let readers = DatabaseRole::Cluster { members: vec![member("c-2", false, 1)] };
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

#[test]
fn a_row_says_what_it_is_and_when_it_is_not_well_how() {
    let row = cells(kind(), &instance("db"));
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
    let row = cells(kind(), &cluster());
    let texts = ["state", "class", "az", "storage"].map(|column| row[column].as_str());
    assert_eq!(texts, ["cluster of 3", "–", "multi", "–"]);
    let state = |database: &Database| cells(kind(), database)["state"].clone();
    assert_eq!(state(&status("storage-full")), "storage-full");
    assert_eq!(state(&Database { role: DatabaseRole::Replica { of: "p".into() }, ..instance("db") }), "replica");
    let roles = [Some(true), Some(false), None].map(|writer| state(&part_of("c", writer)));
    assert_eq!(roles, ["writer", "reader", "member"]);
    assert_eq!(cells(kind(), &Database { backup_retention: 0, ..instance("db") })["backup"], "none");
}

#[test]
fn the_json_row_is_stable() {
    let row = json_of(kind(), &instance("db"));
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
    let row = json_of(kind(), &cluster());
    assert_eq!((&row["role"], &row["class"], &row["storage"]), (&json!("cluster"), &json!(null), &json!(null)));
    assert_eq!(row["members"][0], json!({"name": "c-1", "writer": true}));
    let row = json_of(kind(), &part_of("c", Some(false)));
    assert_eq!((&row["role"], &row["cluster"]), (&json!("reader"), &json!("c")));
    let url = kind().console_url(&cluster(), "eu-west-1").unwrap();
    assert!(url.ends_with("#database:id=c;is-cluster=true"), "{url}");
}

#[test]
fn every_tab_speaks_before_and_after_the_detail_and_of_its_faults() {
    let tab = |title: &str, detail: Option<&Facts>| testing::tab(kind(), &cluster(), title, detail);
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
        ["why: ● available", "c-1 | writer | 0 | in-sync", "system-update: New, forced after", "DB instance restarted"]
    {
        assert!(overview.contains(part), "{part}: {overview}");
    }
    assert!(tab("Snapshots", Some(&detail(true))).contains("s | manual | creating 45 % | 1m | 200 GiB | encrypted"));
    for title in ["Overview", "Snapshots", "Events"] {
        assert!(tab(title, Some(&detail(false))).contains("needs rds:DescribeEvents"), "{title}");
    }
    assert!(tab("Overview", Some(&detail(false))).contains("maintenance: not read: "));
    assert!(tab("Configuration", None).contains("deletion guard: yes"));
}

fn cli(plan: &Plan) -> Vec<String> {
    plan.calls.iter().map(|call| call.cli(None, None)).collect()
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
            &Database { role: DatabaseRole::Cluster { members: vec![member("c-1", true, 0)] }, ..cluster() },
            Some("no reader to fail over to"),
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

/// A detail in which only this event of so many seconds ago stands.
pub fn detail_with(name: &str, seconds: i64, message: &str) -> Facts {
    let (snapshots, maintenance) = (Ok(vec![]), Ok(vec![]));
    let events = Ok(vec![event(seconds, message)]);
    std::sync::Arc::new(DatabaseDetail { database: instance(name), snapshots, events, maintenance })
}
