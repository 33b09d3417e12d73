//! Databases of RDS: what is read with how many requests, and that each change is sent once.

use std::collections::{BTreeMap, BTreeSet};

use midwatch::aws::{Aws, Timeouts};
use midwatch::domain::call::Call;
use midwatch::domain::database::{Database, DatabaseDetail, DatabaseFacts, DatabaseRole, Snapshot};
use midwatch::domain::environment::{Environment, Scope};
use midwatch::domain::fault::FaultKind;
use midwatch::domain::intent::{Outcome, Verdict};
use midwatch::domain::ops::{Op, rds};
use midwatch::domain::query::{Answer, Query};
use midwatch::domain::resource::{Resource, ResourceId, cast_facts};
use midwatch::kinds;
use midwatch::kinds::action::Applied;
use midwatch::kinds::databases::{DATABASES, FACTS};
use midwatch::port::Cloud;
use serde_json::{Value, json};

use crate::contract;
use crate::harness::{Room, ask, good, short};
use crate::read_result::{ReadResult, facts, list, plan, read, refused};

fn room(name: &str, databases: &Value) -> Room {
    let room = Room::new(name);
    room.seed(&json!({ "databases": databases }));
    room
}

/// A room with one of each: an instance, and a cluster whose second member writes.
fn one_of_each(name: &str) -> Room {
    room(
        name,
        &json!({
            "instances": [{ "name": "orders" }],
            "clusters": [{ "name": "shop", "members": ["shop-1", "shop-2", "shop-3"], "writer": "shop-2" }],
        }),
    )
}

async fn all(aws: &Aws, env: &Environment) -> ReadResult<Database> {
    list(aws, env, DATABASES).await
}

fn scoped(include: &[&str], exclude: &[&str], tags: &[(&str, &str)]) -> Environment {
    let owned = |globs: &[&str]| globs.iter().map(ToString::to_string).collect::<Vec<_>>();
    let tags = tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
    let mut env = good();
    env.scope = Scope::new(&owned(include), &owned(exclude), &[], &tags).unwrap();
    env
}

fn instance(room: &Room, name: &str) -> ResourceId {
    ResourceId(format!("arn:aws:rds:us-east-1:{}:db:{name}", room.account).into())
}

fn cluster(room: &Room, name: &str) -> ResourceId {
    ResourceId(format!("arn:aws:rds:us-east-1:{}:cluster:{name}", room.account).into())
}

async fn detail(room: &Room, id: ResourceId) -> DatabaseDetail {
    let facts = facts(&room.aws(), &good(), Query::Detail(DATABASES.detail(), id)).await;
    cast_facts::<DatabaseDetail>(&*facts).unwrap().clone()
}

// ------------------------------------------------------------------ lists

#[tokio::test]
async fn one_instance_is_two_requests() {
    let room = room("rds-one", &json!({ "instances": [{ "name": "orders", "set": { "multi_az": true } }] }));
    let aws = room.aws();
    let seen = all(&aws, &good()).await;
    let orders = &seen.items["orders"];
    assert_eq!((orders.id.clone(), orders.role.clone()), (instance(&room, "orders"), DatabaseRole::Alone));
    assert_eq!((orders.engine.as_str(), orders.class.as_str()), ("postgres", "db.t4g.medium"));
    assert_eq!((orders.status.as_str(), orders.multi_az, orders.storage), ("available", true, Some(100)));
    assert!(orders.endpoint.as_ref().is_some_and(|at| at.ends_with(":5432")), "{orders:?}");
    assert_eq!(seen.rosters["clusters"].len(), 0, "an empty part is told as empty");
    assert_eq!((room.total(), aws.meter().calls), (2, 2));
    assert_eq!(room.scopes("rds:DescribeDBInstances"), ["us-east-1/rds"]);
}

#[tokio::test]
async fn a_hundred_and_one_are_two_pages() {
    let room = room(
        "rds-pages",
        &json!({
            "instances": [{ "name": "db", "count": 101 }],
            "clusters": (0..101).map(|n| json!({ "name": format!("c-{n:03}") })).collect::<Vec<_>>(),
        }),
    );
    let seen = all(&room.aws(), &good()).await;
    assert_eq!((seen.rosters["instances"].len(), seen.rosters["clusters"].len()), (101, 101));
    assert_eq!(seen.items.len(), 202);
    for operation in ["rds:DescribeDBInstances", "rds:DescribeDBClusters"] {
        let asked = room.forms(operation);
        assert_eq!(asked[0], BTreeMap::from([("MaxRecords".to_string(), "100".to_string())]));
        assert!(asked.len() == 2 && asked[1].contains_key("Marker"), "{asked:?}");
    }
}

#[tokio::test]
async fn a_cluster_tells_its_members_and_they_their_roles() {
    let room = one_of_each("rds-cluster");
    let seen = all(&room.aws(), &good()).await;
    let shop = &seen.items["shop"];
    let members: Vec<(&str, bool)> = shop.members().iter().map(|m| (m.name.as_str(), m.writer)).collect();
    assert_eq!(members, [("shop-1", false), ("shop-2", true), ("shop-3", false)]);
    assert_eq!(shop.storage, None, "it grows by itself");
    assert!(shop.endpoint.as_ref().is_some_and(|at| at.starts_with("shop.cluster-")));
    assert!(shop.reader_endpoint.as_ref().is_some_and(|at| at.starts_with("shop.cluster-ro-")));
    for (name, writer) in [("shop-1", false), ("shop-2", true)] {
        let member = DatabaseRole::Member { cluster: "shop".into(), writer: Some(writer) };
        assert_eq!(seen.items[name].role, member, "{name}");
        assert_eq!(seen.items[name].storage, None, "{name}: the volume is the cluster's");
    }
}

#[tokio::test]
async fn a_cluster_of_another_engine_without_a_size_has_none() {
    let room = room(
        "rds-docdb",
        &json!({
            "clusters": [{ "name": "docs", "members": ["docs-1"] }],
            // What DocumentDB and Neptune tell in DescribeDB…: their volumes have no allocated size.
            "set": { "docs": { "engine": "docdb", "allocated_storage": 1 }, "docs-1": { "engine": "docdb" } },
        }),
    );
    let seen = all(&room.aws(), &good()).await;
    assert_eq!(seen.items["docs"].engine, "docdb");
    assert_eq!((seen.items["docs"].storage, seen.items["docs-1"].storage), (None, None));
}

#[tokio::test]
async fn a_replica_names_its_source() {
    let room = room(
        "rds-replica",
        &json!({ "instances": [
            { "name": "orders" },
            { "name": "near", "replica_of": "orders" },
            // Of another Region: by its ARN (API model, ReadReplicaSourceDBInstanceIdentifier).
            { "name": "far", "replica_of": "arn:aws:rds:eu-west-1:111122223333:db:orders" },
        ] }),
    );
    let seen = all(&room.aws(), &good()).await;
    for name in ["near", "far"] {
        assert_eq!(seen.items[name].role, DatabaseRole::Replica { of: "orders".into() }, "{name}");
    }
}

#[tokio::test]
async fn a_denied_list_leaves_the_other_one() {
    let room = one_of_each("rds-denied");
    room.fault(json!({ "operation": "rds:DescribeDBInstances", "kind": "deny" }));
    let seen = all(&room.aws(), &good()).await;
    assert_eq!(seen.items.keys().collect::<Vec<_>>(), ["shop"]);
    assert_eq!(seen.failed.len(), 1);
    let FaultKind::Denied { action, principal } = &seen.failed["instances"].kind else { panic!("{seen:?}") };
    assert_eq!(action, "rds:DescribeDBInstances");
    assert!(principal.ends_with(":assumed-role/ops/dana"));
    assert!(!seen.rosters.contains_key("instances"), "what was known of it stays");

    room.fault(json!({ "operation": "rds:DescribeDBClusters", "kind": "deny" }));
    let seen = all(&room.aws(), &good()).await;
    assert_eq!(seen.rosters["instances"].len(), 4);
    let unknown = DatabaseRole::Member { cluster: "shop".into(), writer: None };
    assert_eq!(seen.items["shop-2"].role, unknown, "nobody is called a reader who may write");
}

#[tokio::test]
async fn a_throttled_read_is_tried_again_and_an_expired_one_is_not() {
    let room = one_of_each("rds-throttled");
    let aws = room.aws();
    room.fault(json!({ "operation": "rds:DescribeDBInstances", "kind": "throttle", "times": 2 }));
    assert_eq!(all(&aws, &good()).await.items.len(), 5);
    assert_eq!((room.count("rds:DescribeDBInstances"), aws.meter().throttled), (3, 2));
    room.fault(json!({ "operation": "rds:DescribeDBInstances", "kind": "expired" }));
    let seen = all(&aws, &good()).await;
    assert_eq!(seen.failed["instances"].kind, FaultKind::Expired);
    assert_eq!(room.count("rds:DescribeDBInstances"), 4);
}

#[tokio::test]
async fn the_scope_decides_what_belongs() {
    let room = room(
        "rds-scope",
        &json!({
            "instances": [
                { "name": "shop-orders", "tags": { "team": "shop" } },
                { "name": "shop-old", "tags": { "team": "attic" } },
                { "name": "billing", "tags": { "team": "shop" } },
            ],
            "clusters": [{ "name": "main", "members": ["shop-a", "shop-b"], "writer": "shop-b", "tags": { "team": "x" } }],
            "set": { "shop-a": { "tags": [{ "Key": "team", "Value": "shop" }] } },
        }),
    );
    let aws = room.aws();
    let names = |seen: &ReadResult<Database>| seen.items.keys().cloned().collect::<Vec<_>>();
    let seen = all(&aws, &scoped(&["shop-*"], &["*-old"], &[])).await;
    assert_eq!(names(&seen), ["shop-a", "shop-b", "shop-orders"]);
    assert_eq!((seen.rosters["instances"].len(), seen.rosters["clusters"].len()), (3, 0));
    let writes = |name: &str| match &seen.items[name].role {
        DatabaseRole::Member { writer, .. } => *writer,
        other => panic!("{other:?}"),
    };
    // The cluster is out of scope; what it tells of its members is known all the same.
    assert_eq!((writes("shop-a"), writes("shop-b")), (Some(false), Some(true)));
    let seen = all(&aws, &scoped(&[], &[], &[("team", "shop")])).await;
    assert_eq!(names(&seen), ["billing", "shop-a", "shop-orders"]);
}

#[tokio::test]
async fn another_region_is_another_estate() {
    let room = room("rds-regions", &json!({ "instances": [{ "name": "here" }] }));
    room.seed(&json!({ "region": "eu-west-1", "databases": { "instances": [{ "name": "there" }] } }));
    let aws = room.aws();
    let there = Environment::of_profile("there", Some("good"), Some("eu-west-1"));
    assert_eq!(all(&aws, &good()).await.items.into_keys().collect::<Vec<_>>(), ["here"]);
    let seen = all(&aws, &there).await;
    assert!(seen.items["there"].id.0.contains(":eu-west-1:") && seen.items.len() == 1, "{seen:?}");
    assert_eq!(room.scopes("rds:DescribeDBInstances"), ["eu-west-1/rds", "us-east-1/rds"]);
}

#[tokio::test]
async fn some_are_read_again_and_the_missing_are_gone() {
    let room = one_of_each("rds-some");
    room.seed(&json!({ "databases": { "gone": ["orders"] } }));
    let wanted = vec![instance(&room, "orders"), instance(&room, "shop-2"), cluster(&room, "shop")];
    let seen: ReadResult<Database> = read(&room.aws(), &good(), Query::Some(DATABASES, wanted)).await;
    assert_eq!(seen.items.keys().collect::<Vec<_>>(), ["shop", "shop-2"]);
    assert_eq!(seen.gone, [instance(&room, "orders")]);
    assert!(seen.failed.is_empty() && seen.rosters.is_empty());
}

// ------------------------------------------------------------------ details and facts

#[tokio::test]
async fn the_detail_has_all_snapshots_and_events() {
    let room = room(
        "rds-detail",
        &json!({
            "instances": [{ "name": "orders" }, { "name": "other" }],
            "snapshots": { "orders": 130, "other": 3 },
            "events": { "orders": 250, "other": 2 },
            "waiting": { "orders": [{
                "Action": "system-update", "Description": "New OS", "OptInStatus": "next-maintenance",
                "ForcedApplyDate": "2026-12-24T03:00:00Z", "AutoAppliedAfterDate": "2026-12-01T03:00:00Z",
            }] },
            "set": { "orders": {
                "pending_modified_values": {
                    "DBInstanceClass": "db.r6g.large", "MasterUserPassword": "hunter2", "AllocatedStorage": 200,
                    "PendingCloudwatchLogsExports": { "LogTypesToEnable": ["postgresql"], "LogTypesToDisable": ["upgrade"] },
                },
                "certificate_details": { "CAIdentifier": "rds-ca-rsa2048-g1", "ValidTill": "2027-05-01T00:00:00Z" },
            } },
        }),
    );
    let detail = detail(&room, instance(&room, "orders")).await;
    let snapshots = detail.snapshots.as_ref().unwrap();
    assert_eq!(snapshots.len(), 130);
    assert!(snapshots.windows(2).all(|pair| pair[0].created > pair[1].created), "newest first");
    assert_eq!((snapshots[0].id.as_str(), snapshots[0].size), ("orders-old-0129", Some(100)));
    let asked = room.forms("rds:DescribeDBSnapshots");
    assert_eq!((asked.len(), asked[0]["DBInstanceIdentifier"].as_str()), (2, "orders"));
    assert!(!asked[0].contains_key("SnapshotType"), "automated ones as well");

    let events = detail.events.as_ref().unwrap();
    assert_eq!(events.len(), 250, "three pages");
    assert_eq!(
        (events[0].message.as_str(), events[249].message.as_str()),
        ("event 0249 of orders", "event 0000 of orders")
    );
    let asked = room.forms("rds:DescribeEvents");
    assert_eq!(asked.len(), 3);
    for form in &asked {
        assert_eq!((form["Duration"].as_str(), form["SourceType"].as_str()), ("20160", "db-instance"), "14 days");
    }

    let waiting = detail.maintenance.as_ref().unwrap();
    assert_eq!((waiting.len(), waiting[0].action.as_str()), (1, "system-update"));
    assert!(waiting[0].forced_after > waiting[0].auto_applied_after && waiting[0].auto_applied_after.is_some());
    let asked = room.forms("rds:DescribePendingMaintenanceActions");
    assert_eq!(asked[0]["ResourceIdentifier"], instance(&room, "orders").0.as_str());

    let pending: BTreeMap<&str, &str> =
        detail.database.pending.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!((pending["db instance class"], pending["allocated storage"]), ("db.r6g.large", "200"));
    assert_eq!(pending["cloudwatch logs"], "+postgresql -upgrade");
    assert_eq!(pending["master user password"], "****");
    assert!(!format!("{detail:?}").contains("hunter2"), "even where AWS would not mask it");
    let (authority, until) = detail.database.certificate.as_ref().unwrap();
    assert_eq!((authority.as_str(), until.unwrap().to_string()), ("rds-ca-rsa2048-g1", "2027-05-01T00:00:00Z".into()));
}

#[tokio::test]
async fn the_newest_events_are_told_though_there_are_more_than_are_read() {
    let room = room("rds-noisy", &json!({ "instances": [{ "name": "orders" }], "events": { "orders": [1300, 10] } }));
    let events = detail(&room, instance(&room, "orders")).await.events.unwrap();
    assert_eq!(events[0].message, "event 1299 of orders");
    assert!(events.windows(2).all(|pair| pair[0].at > pair[1].at), "each once, newest first");
    assert_eq!(room.count("rds:DescribeEvents"), 11, "ten pages from the oldest on, and the last hour");
}

#[tokio::test]
async fn a_cluster_in_depth_is_asked_for_as_a_cluster() {
    let room = one_of_each("rds-detail-cluster");
    room.seed(&json!({ "databases": { "snapshots": { "shop": 101 }, "events": { "shop": 2 } } }));
    let detail = detail(&room, cluster(&room, "shop")).await;
    let snapshots = detail.snapshots.as_ref().unwrap();
    assert_eq!((snapshots.len(), snapshots[0].size), (101, None));
    assert_eq!(room.count("rds:DescribeDBClusterSnapshots"), 2);
    assert_eq!(detail.events.as_ref().unwrap().len(), 2);
    assert_eq!(room.forms("rds:DescribeEvents")[0]["SourceType"], "db-cluster");
    assert_eq!(detail.maintenance, Ok(Vec::new()));
}

#[tokio::test]
async fn a_member_in_depth_knows_whether_it_writes() {
    let room = one_of_each("rds-detail-member");
    let told = detail(&room, instance(&room, "shop-2")).await;
    assert_eq!(told.database.role, DatabaseRole::Member { cluster: "shop".into(), writer: Some(true) });
    room.fault(json!({ "operation": "rds:DescribeDBClusters", "kind": "deny" }));
    let told = detail(&room, instance(&room, "shop-2")).await;
    assert_eq!(told.database.role, DatabaseRole::Member { cluster: "shop".into(), writer: None });
}

#[tokio::test]
async fn each_piece_of_the_detail_fails_on_its_own() {
    let room = one_of_each("rds-pieces");
    room.seed(&json!({ "databases": { "snapshots": { "orders": 2 }, "events": { "orders": 2 } } }));
    for operation in ["DescribeDBSnapshots", "DescribeEvents", "DescribePendingMaintenanceActions"] {
        room.fault(json!({ "operation": format!("rds:{operation}"), "kind": "deny" }));
        let told = detail(&room, instance(&room, "orders")).await;
        let faults = [told.snapshots.err(), told.events.err(), told.maintenance.err()];
        let named: Vec<String> = faults.iter().flatten().map(ToString::to_string).collect();
        assert_eq!(named, [format!("access denied: needs rds:{operation}")]);
    }
}

#[tokio::test]
async fn the_facts_of_a_plan_are_manual_snapshots_and_the_last_hour() {
    let room = one_of_each("rds-facts");
    room.seed(&json!({ "databases": { "snapshots": { "orders": 2 }, "events": { "orders": 5 } } }));
    let facts = facts(&room.aws(), &good(), Query::Facts(FACTS, instance(&room, "orders"))).await;
    let facts = cast_facts::<DatabaseFacts>(&*facts).unwrap();
    assert_eq!((facts.snapshots.as_ref().unwrap().len(), facts.events.as_ref().unwrap().len()), (2, 1));
    assert!(room.forms("rds:DescribeDBSnapshots").iter().all(|form| form["SnapshotType"] == "manual"));
    assert!(room.forms("rds:DescribeEvents").iter().all(|form| form["Duration"] == "60"));
    assert_eq!(room.count("rds:DescribePendingMaintenanceActions"), 0);
}

#[tokio::test]
async fn what_was_deleted_is_gone() {
    let room = one_of_each("rds-gone");
    room.seed(&json!({ "databases": { "gone": ["orders", "shop"] } }));
    for id in [instance(&room, "orders"), cluster(&room, "shop")] {
        for query in [Query::Detail(DATABASES.detail(), id.clone()), Query::Facts(FACTS, id.clone())] {
            let answers = ask(&room.aws(), &good(), query).await;
            assert!(matches!(&answers[..], [Ok(Answer::Gone(ids))] if *ids == [id.clone()]), "{answers:?}");
        }
    }
}

#[tokio::test]
async fn aws_keeps_the_contract() {
    let room = one_of_each("rds-contract");
    contract::holds(&room.aws(), &good(), &["databases"]).await;
}

// ------------------------------------------------------------------ changes

fn call(operation: &'static str, members: &[(&str, Value)]) -> Call {
    let mut call = Call::new(Op { name: operation, ..rds::REBOOT_DB_INSTANCE }, []);
    call.input.extend(members.iter().map(|(name, value)| (name.to_string(), value.clone())));
    call
}

/// One call of each operation, with what the query protocol makes of its members.
fn changes() -> Vec<(Call, &'static [(&'static str, &'static str)])> {
    vec![
        (
            call(
                "CreateDBSnapshot",
                &[("DBInstanceIdentifier", "orders".into()), ("DBSnapshotIdentifier", "s".into())],
            ),
            &[("DBInstanceIdentifier", "orders"), ("DBSnapshotIdentifier", "s")],
        ),
        (
            call(
                "CreateDBClusterSnapshot",
                &[("DBClusterIdentifier", "shop".into()), ("DBClusterSnapshotIdentifier", "s".into())],
            ),
            &[("DBClusterIdentifier", "shop"), ("DBClusterSnapshotIdentifier", "s")],
        ),
        (call("RebootDBInstance", &[("DBInstanceIdentifier", "orders".into())]), &[("DBInstanceIdentifier", "orders")]),
        (
            call("RebootDBInstance", &[("DBInstanceIdentifier", "orders".into()), ("ForceFailover", true.into())]),
            &[("DBInstanceIdentifier", "orders"), ("ForceFailover", "true")],
        ),
        (call("FailoverDBCluster", &[("DBClusterIdentifier", "shop".into())]), &[("DBClusterIdentifier", "shop")]),
        (
            call(
                "FailoverDBCluster",
                &[("DBClusterIdentifier", "shop".into()), ("TargetDBInstanceIdentifier", "shop-3".into())],
            ),
            &[("DBClusterIdentifier", "shop"), ("TargetDBInstanceIdentifier", "shop-3")],
        ),
    ]
}

fn name(call: &Call) -> String {
    format!("rds:{}", call.operation)
}

#[tokio::test]
async fn each_change_is_one_request_with_the_members_given() {
    let room = one_of_each("rds-changes");
    let aws = room.aws();
    for (call, members) in changes() {
        let before = room.count(&name(&call));
        let Outcome::Sent(receipt) = aws.change(&good(), call.clone()).await else { panic!("{call:?}") };
        assert!(!receipt.request_id.is_empty(), "{call:?}");
        assert_eq!(receipt.started.as_deref(), call.operation.contains("Snapshot").then_some("s"), "{call:?}");
        assert_eq!(room.count(&name(&call)) - before, 1, "{call:?}");
        let sent = room.forms(&name(&call)).pop().unwrap();
        let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(sent, members, "{call:?}");
    }
    let shop = &all(&aws, &good()).await.items["shop"];
    assert!(shop.members().iter().any(|member| member.name == "shop-3" && member.writer), "{shop:?}");
}

#[tokio::test]
async fn where_it_may_not_be_nothing_is_sent() {
    let room = one_of_each("rds-forbidden");
    let aws = room.aws();
    let mut read_only = good();
    read_only.read_only = true;
    let mut pinned = good();
    pinned.account = Some("999999999999".into());
    for (call, _) in changes() {
        for env in [&read_only, &pinned] {
            assert_eq!(refused(&aws.change(env, call.clone()).await).kind, FaultKind::Refused, "{call:?}");
        }
        let mut more = call.clone();
        more.input.insert("Tags".into(), json!([]));
        let mut less = call.clone();
        let first = less.input.keys().next().unwrap().clone();
        less.input.remove(&first);
        let mut empty = call.clone();
        empty.input.insert(first.clone(), "".into());
        let mut wrong = call.clone();
        wrong.input.insert(first, 7.into());
        for call in [more, less, empty, wrong] {
            assert_eq!(refused(&aws.change(&good(), call.clone()).await).kind, FaultKind::Refused, "{call:?}");
        }
    }
    for operation in ["DeleteDBInstance", "ModifyDBInstance", "DescribeDBInstances"] {
        let call = call(operation, &[("DBInstanceIdentifier", "orders".into())]);
        assert_eq!(refused(&aws.change(&good(), call).await).kind, FaultKind::Refused);
    }
    let sent: u64 = changes().iter().map(|(call, _)| room.count(&name(call))).sum();
    assert_eq!((sent, room.count("rds:DeleteDBInstance"), room.count("rds:ModifyDBInstance")), (0, 0, 0));
}

#[tokio::test]
async fn what_nobody_knows_is_unknown_and_was_sent_once() {
    let room = one_of_each("rds-unknown");
    // Even with attempts to spare.
    let aws = Aws::new(room.options(Timeouts { attempts: 3, ..short() }));
    for kind in ["drop", "error500", "html", "truncate", "hang"] {
        // One of each operation; one hang is enough, they take their time.
        for (call, _) in changes().into_iter().step_by(if kind == "hang" { 9 } else { 1 }) {
            let before = room.count(&name(&call));
            room.fault(json!({ "operation": name(&call), "kind": kind }));
            let outcome = aws.change(&good(), call.clone()).await;
            assert!(matches!(outcome, Outcome::Unknown { .. }), "{kind} {call:?}: {outcome:?}");
            assert_eq!(room.count(&name(&call)) - before, 1, "{kind} {call:?}");
        }
    }
}

#[tokio::test]
async fn what_aws_refuses_was_not_done_and_is_told_in_its_words() {
    let room = one_of_each("rds-refused");
    let aws = room.aws();
    let [snapshot, cluster_snapshot] = [changes()[0].0.clone(), changes()[1].0.clone()];
    for (call, code) in [
        (&snapshot, "a snapshot with the identifier s already exists. (DBSnapshotAlreadyExists)"),
        (&cluster_snapshot, "(DBClusterSnapshotAlreadyExistsFault)"),
    ] {
        assert!(matches!(aws.change(&good(), call.clone()).await, Outcome::Sent(_)));
        let outcome = aws.change(&good(), call.clone()).await;
        let fault = refused(&outcome);
        assert_eq!(fault.kind, FaultKind::Invalid);
        assert!(fault.message.contains(code), "{fault:?}");
    }
    room.seed(&json!({ "databases": { "set": { "orders": { "status": "modifying" } } } }));
    let reboot = changes()[2].0.clone();
    let mut another = snapshot.clone();
    another.input.insert("DBSnapshotIdentifier".into(), "s2".into());
    for (call, words) in [
        (&another, "orders is not currently in the available state. (InvalidDBInstanceState)"),
        (&reboot, "Instance orders is not in available state. (InvalidDBInstanceState)"),
    ] {
        let outcome = aws.change(&good(), call.clone()).await;
        assert!(refused(&outcome).message.ends_with(words), "{outcome:?}");
    }
    let mut missing = reboot.clone();
    missing.input.insert("DBInstanceIdentifier".into(), "nothing".into());
    assert_eq!(refused(&aws.change(&good(), missing).await).kind, FaultKind::NotFound);
    for (kind, fault) in [("throttle", FaultKind::Throttled), ("expired", FaultKind::Expired)] {
        let before = room.count("rds:RebootDBInstance");
        room.fault(json!({ "operation": "rds:RebootDBInstance", "kind": kind }));
        assert_eq!(refused(&aws.change(&good(), reboot.clone()).await).kind, fault);
        assert_eq!(room.count("rds:RebootDBInstance") - before, 1, "{kind} is not tried again");
    }
    room.fault(json!({ "operation": "rds:RebootDBInstance", "kind": "deny" }));
    let outcome = aws.change(&good(), reboot).await;
    assert_eq!(refused(&outcome).to_string(), "access denied: needs rds:RebootDBInstance");
}

/// Plans a snapshot, sends it, and follows it to its end by the action's own judgement.
async fn followed(room: &Room, database: &Database) {
    let aws = room.aws();
    let spec = kinds::action("snapshot").unwrap();
    let (plan, intent) = plan(&aws, &good(), "snapshot", database, &[("id", "Before-The-Change")]).await;
    let read = async || facts(&aws, &good(), Query::Facts(FACTS, database.id().clone())).await;
    assert_eq!(spec.applied(&intent, &*read().await, aws.now()), Applied::No, "nothing there yet");
    let Outcome::Sent(receipt) = aws.change(&good(), plan.calls[0].clone()).await else { panic!() };
    let (mut fractions, mut ids) = (Vec::new(), BTreeSet::new());
    let end = loop {
        let facts = read().await;
        assert!(matches!(spec.applied(&intent, &*facts, aws.now()), Applied::Yes(_)), "what was sent is found again");
        let told = cast_facts::<DatabaseFacts>(&*facts).unwrap().snapshots.as_ref().unwrap();
        let newest: &Snapshot = &told[0];
        ids.insert(newest.id.to_string());
        assert_eq!(newest.created.is_none(), newest.status == "creating", "{newest:?}");
        let progress = spec.progress(&intent, &receipt, &*facts, aws.now());
        match progress.verdict {
            Some(verdict) => break (verdict, progress.line),
            None => fractions.push(progress.fraction.unwrap()),
        }
        assert!(fractions.len() < 10, "{fractions:?}");
    };
    assert_eq!(ids, BTreeSet::from(["before-the-change".to_string()]), "the one under way is the newest");
    assert_eq!(fractions, [0.6]);
    assert_eq!(end.0, Verdict::Done, "{end:?}");
    assert!(end.1.starts_with("before-the-change is available"), "{end:?}");
    assert_eq!(room.count(&name(&plan.calls[0])), 1);
}

#[tokio::test]
async fn a_snapshot_is_followed_until_it_is_available() {
    let room = one_of_each("rds-follow");
    room.seed(&json!({ "databases": { "snapshots": { "orders": 3, "shop": 3 } } }));
    let seen = all(&room.aws(), &good()).await;
    followed(&room, &seen.items["orders"]).await;
    followed(&room, &seen.items["shop"]).await;
}

#[tokio::test]
async fn a_failover_is_followed_until_the_other_one_writes() {
    let room = one_of_each("rds-failover");
    let aws = room.aws();
    let shop = all(&aws, &good()).await.items["shop"].clone();
    let spec = kinds::action("failover").unwrap();
    let (plan, intent) = plan(&aws, &good(), "failover", &shop, &[("target", "shop-3")]).await;
    let Outcome::Sent(receipt) = aws.change(&good(), plan.calls[0].clone()).await else { panic!() };
    let after = facts(&aws, &good(), Query::Facts(FACTS, shop.id.clone())).await;
    assert!(matches!(spec.applied(&intent, &*after, aws.now()), Applied::Yes(_)));
    let progress = spec.progress(&intent, &receipt, &*after, aws.now());
    assert_eq!(progress.verdict, Some(Verdict::Done), "{progress:?}");
}
