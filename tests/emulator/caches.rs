//! Caches: how ElastiCache tells them, what is found inside of real servers, and what a flush sends
//! to those. The emulator tells the endpoints; what answers there is Redis or Memcached itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use midwatch::aws::{Aws, Timeouts};
use midwatch::domain::cache::{Auth, Cache, CacheDetail, Endpoint, FlushFacts, Form, MayFlush, Secret};
use midwatch::domain::cache_access::{CacheAccess, SecretSource};
use midwatch::domain::call::Call;
use midwatch::domain::environment::{Environment, Scope};
use midwatch::domain::fault::{Fault, FaultKind};
use midwatch::domain::intent::{Intent, Outcome, Receipt, Verdict};
use midwatch::domain::ops::{elasticache, redis};
use midwatch::domain::query::{Answer, ListingPiece, Query};
use midwatch::domain::resource::{Facts, ResourceId, cast, cast_facts};
use midwatch::kinds;
use midwatch::kinds::action::{Inputs, Plan};
use midwatch::kinds::caches::actions::flush::AUTH;
use midwatch::kinds::caches::{CACHES, FLUSH_FACTS};
use midwatch::kinds::cell::Tone;
use midwatch::port::Cloud;
use serde_json::{Value, json};

use crate::contract;
use crate::harness::{Room, ask, good, hurry, short};
use crate::servers::{self, Certificates, Server, Trick, cluster, forward, free_port, redis, tunnel, until};

pub const PASSWORD: &str = "correct-horse-battery-staple";
pub const HOST: &str = "127.0.0.1";

// ---------------------------------------------------------------------- helpers

/// What a list told.
#[derive(Debug, Default)]
struct Listed {
    rosters: BTreeMap<String, usize>,
    caches: BTreeMap<String, Cache>,
    failed: BTreeMap<String, Fault>,
    faults: Vec<Fault>,
    gone: Vec<ResourceId>,
}

async fn asked(aws: &Aws, env: &Environment, query: Query) -> Listed {
    let mut listed = Listed::default();
    for piece in ask(aws, env, query).await {
        match piece {
            Ok(Answer::Listing(ListingPiece::Parts(parts))) => {
                assert_eq!(parts, ["replication groups", "clusters", "serverless"])
            }
            Ok(Answer::Listing(ListingPiece::Roster { part, ids })) => {
                listed.rosters.insert(part.to_string(), ids.len());
            }
            Ok(Answer::Listing(ListingPiece::Items(items))) => {
                let caches = items.iter().map(|item| cast::<Cache>(&**item).unwrap().clone());
                listed.caches.extend(caches.map(|cache| (cache.name.to_string(), cache)));
            }
            Ok(Answer::Listing(ListingPiece::PartFailed { part, fault })) => {
                drop(listed.failed.insert(part.to_string(), fault))
            }
            Ok(Answer::Gone(ids)) => listed.gone.extend(ids),
            Ok(other) => panic!("unexpected {other:?}"),
            Err(fault) => listed.faults.push(fault),
        }
    }
    listed
}

async fn list(aws: &Aws, env: &Environment) -> Listed {
    asked(aws, env, Query::List(CACHES)).await
}

/// The ARN of a cache by the name that these tests give it.
fn arn(room: &Room, name: &str) -> ResourceId {
    let form = match name {
        "single" | "pages" => "cluster",
        "elastic" | "elastic-pages" => "serverlesscache",
        _ => "replicationgroup",
    };
    ResourceId(format!("arn:aws:elasticache:us-east-1:{}:{form}:{name}", room.account).into())
}

async fn answered(aws: &Aws, env: &Environment, query: Query) -> Facts {
    let answers = ask(aws, env, query).await;
    let [Ok(Answer::Facts(facts))] = &answers[..] else { panic!("{answers:?}") };
    facts.clone()
}

/// The detail, as a console that was just opened reads it: the budget of one that is open for long is
/// a request a second.
async fn detail(room: &Room, name: &str) -> CacheDetail {
    let facts = answered(&room.aws(), &good(), Query::Detail(CACHES.detail(), arn(room, name))).await;
    cast_facts::<CacheDetail>(&*facts).unwrap().clone()
}

/// What a flush knows of a cache, asked likewise.
async fn flush_facts(room: &Room, env: &Environment, name: &str) -> FlushFacts {
    facts_in(&room.aws(), room, env, name).await
}

async fn facts_in(aws: &Aws, room: &Room, env: &Environment, name: &str) -> FlushFacts {
    let facts = answered(aws, env, Query::Facts(FLUSH_FACTS, arn(room, name))).await;
    cast_facts::<FlushFacts>(&*facts).unwrap().clone()
}

fn plan<F: std::any::Any + std::fmt::Debug + Send + Sync>(
    action: &str,
    cache: &Cache,
    facts: &F,
    chosen: &[(&str, &str)],
) -> Result<Plan, String> {
    let (spec, now) = (kinds::action(action).unwrap(), jiff::Timestamp::now());
    let mut inputs: Inputs =
        spec.fields(cache, now).into_iter().map(|field| (field.name.to_string(), field.initial)).collect();
    inputs.extend(chosen.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    spec.plan(facts, &inputs, now)
}

fn flush_plan(facts: &FlushFacts, chosen: &[(&str, &str)]) -> Result<Plan, String> {
    plan("flush", &facts.cache, facts, chosen)
}

/// What the journal would hold of a plan.
fn intent(action: &str, cache: &Cache, plan: &Plan) -> Intent {
    Intent {
        id: "test".into(),
        at: jiff::Timestamp::now(),
        environment: "good".into(),
        profile: None,
        account: "".into(),
        region: "".into(),
        identity: "".into(),
        action: action.into(),
        kind: CACHES.0.into(),
        resource: cache.id.clone(),
        name: cache.name.clone(),
        calls: plan.calls.clone(),
        inputs: BTreeMap::new(),
        before: plan.before.clone(),
        summary: plan.summary.as_str().into(),
    }
}

fn sent(outcome: Outcome) -> Receipt {
    let Outcome::Sent(receipt) = outcome else { panic!("{outcome:?}") };
    receipt
}

fn refused(outcome: Outcome) -> Fault {
    let Outcome::Refused { fault } = outcome else { panic!("{outcome:?}") };
    fault
}

/// The environment `good` with a way to a cache.
fn reaching(cache: &str, access: CacheAccess) -> Environment {
    let mut env = good();
    env.caches.insert(cache.into(), access);
    env
}

fn local(port: u16) -> Endpoint {
    Endpoint::new(HOST, port)
}

/// A group of one shard whose only node is this port.
fn group(name: &str, port: u16) -> Value {
    json!({ "name": name, "shards": [[[HOST, port]]] })
}

fn room_of(name: &str, caches: &Value) -> Room {
    let room = Room::new(name);
    room.caches(caches);
    room
}

/// A line that a server answers to, over a connection of our own.
fn said(port: u16, password: Option<&str>, lines: &[&str]) -> String {
    let mut stream = TcpStream::connect((HOST, port)).unwrap();
    let login = password.map_or(String::new(), |password| format!("AUTH {password}\r\n"));
    write!(stream, "{login}{}\r\nQUIT\r\n", lines.join("\r\n")).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

pub fn keys(port: u16, password: Option<&str>) -> u64 {
    let answer = said(port, password, &["DBSIZE"]);
    answer.lines().find_map(|line| line.strip_prefix(':')?.parse().ok()).unwrap_or_else(|| panic!("{answer}"))
}

/// FLUSHALLs that a server was given.
pub fn flushes(port: u16, password: Option<&str>) -> u64 {
    let stats = said(port, password, &["INFO commandstats"]);
    let calls = stats.lines().find_map(|line| line.strip_prefix("cmdstat_flushall:calls=")?.split(',').next());
    calls.map_or(0, |calls| calls.parse().unwrap())
}

pub fn fill(port: u16, password: Option<&str>, keys: usize) {
    let lines: Vec<String> = (0..keys).map(|i| format!("SET key:{i} value")).collect();
    said(port, password, &lines.iter().map(String::as_str).collect::<Vec<_>>());
}

/// A Redis with a password that speaks TLS on the second port.
pub fn guarded() -> (Server, u16) {
    let port = free_port();
    (redis(&format!("{}requirepass {PASSWORD}", Certificates::get().config(port))), port)
}

/// The way into it: what its certificate is for, and who signed it.
fn trusting(secret: Option<SecretSource>) -> CacheAccess {
    let ca = Certificates::get().file("ca.pem").to_string_lossy().into_owned();
    let access = CacheAccess { ca_file: Some(ca), server_name: Some("cache.test".into()), ..CacheAccess::default() };
    match secret {
        Some(source) => from(source, access),
        None => access,
    }
}

/// With the password from there.
fn from(source: SecretSource, access: CacheAccess) -> CacheAccess {
    match source {
        SecretSource::Command(argv) => CacheAccess { password_command: Some(argv), ..access },
        SecretSource::Variable(name) => CacheAccess { password_env: Some(name), ..access },
        SecretSource::Secret { id, key } => CacheAccess { secret_id: Some(id), secret_key: key, ..access },
        SecretSource::Iam => CacheAccess { iam: true, ..access },
    }
}

fn denial(fault: &Fault) -> &str {
    let FaultKind::Denied { action, .. } = &fault.kind else { panic!("{fault:?}") };
    action
}

fn looks_fault(facts: &FlushFacts) -> &Fault {
    facts.looks.as_ref().unwrap_err()
}

/// Whether the dialog would ask for a password.
fn asks(facts: &FlushFacts) -> bool {
    kinds::action("flush").unwrap().needs_password(facts)
}

// ---------------------------------------------------------------------- lists

/// One of everything; nobody answers at its endpoints.
fn everything() -> Value {
    let nobody = free_port();
    json!({
        "groups": [
            { "name": "shop", "shards": [[[HOST, nobody], [HOST, nobody]]], "tls": true, "auth": "token" },
            { "name": "wide", "shards": [[[HOST, nobody]], [[HOST, nobody]]], "sharded": true, "auth": "users" },
        ],
        "clusters": [
            { "name": "single", "engine": "redis", "nodes": [[HOST, nobody]] },
            { "name": "pages", "engine": "memcached", "nodes": [[HOST, nobody], [HOST, nobody]] },
        ],
        "serverless": [{ "name": "elastic", "endpoint": [HOST, nobody], "users": true }],
    })
}

#[tokio::test]
async fn the_contract_holds_for_caches() {
    hurry(10);
    let room = room_of("caches-contract", &everything());
    contract::holds(&room.aws(), &good(), &["caches"]).await;
}

#[tokio::test]
async fn a_cache_is_told_as_aws_tells_it() {
    let room = room_of("caches-shapes", &everything());
    let aws = room.aws();
    let listed = list(&aws, &good()).await;
    assert!(listed.failed.is_empty() && listed.faults.is_empty(), "{listed:?}");
    assert_eq!(listed.caches.len(), 5, "members are no caches of their own");
    let shop = &listed.caches["shop"];
    assert_eq!(
        (shop.form, shop.auth, shop.tls, &*shop.tls_mode),
        (Form::Group { sharded: false }, Auth::Token, true, "required")
    );
    assert_eq!((&*shop.version, &*shop.parameter_group, &*shop.class), ("7.1.0", "default.redis", "cache.t4g.small"));
    let roles: Vec<_> = shop.nodes.iter().map(|node| (&*node.name, node.primary, &*node.status)).collect();
    assert_eq!(roles, [("shop-001", Some(true), "available"), ("shop-002", Some(false), "available")]);
    assert!(shop.endpoint.is_some() && shop.reader_endpoint.is_some());

    let wide = &listed.caches["wide"];
    assert_eq!((wide.form, wide.auth, wide.shards), (Form::Group { sharded: true }, Auth::Users, 2));
    let nodes: Vec<_> = wide.nodes.iter().map(|node| (&*node.name, &*node.shard, node.primary)).collect();
    assert_eq!(nodes, [("wide-0001-001", "0001", None), ("wide-0002-001", "0002", None)]);
    assert!(wide.nodes.iter().all(|node| node.endpoint.is_some()), "the members tell what the group does not");

    let single = &listed.caches["single"];
    assert_eq!((single.form, single.nodes[0].primary, single.endpoint.is_some()), (Form::Cluster, Some(true), true));
    let pages = &listed.caches["pages"];
    assert_eq!((pages.is_memcached(), pages.nodes.len(), pages.nodes[0].primary), (true, 2, None));
    let elastic = &listed.caches["elastic"];
    assert_eq!(
        (elastic.form, elastic.auth, elastic.tls, elastic.nodes.len()),
        (Form::Serverless, Auth::Users, true, 0)
    );
    assert_eq!((&*elastic.status, &*elastic.version), ("available", "7.1"));

    // What was deleted since is gone, and what is there is told again.
    let ids = vec![shop.id.clone(), elastic.id.clone(), pages.id.clone()];
    room.caches(&json!({ "delete": ["shop"], "change": { "pages": { "CacheClusterStatus": "modifying" } } }));
    let again = asked(&aws, &good(), Query::Some(CACHES, ids)).await;
    assert_eq!(again.gone, std::slice::from_ref(&shop.id));
    assert_eq!(again.caches.keys().collect::<Vec<_>>(), ["elastic", "pages"]);
    assert_eq!(&*again.caches["pages"].status, "modifying");
    assert_eq!(room.count("elasticache:DescribeReplicationGroups"), 2);
}

#[tokio::test]
async fn every_page_of_the_three_lists_is_read() {
    let groups: Vec<Value> = (0..101).map(|n| group(&format!("g-{n:03}"), 6379)).collect();
    let serverless: Vec<Value> =
        (0..51).map(|n| json!({ "name": format!("s-{n:02}"), "endpoint": [HOST, 1] })).collect();
    let room = room_of("caches-pages", &json!({ "groups": groups, "many": 101, "serverless": serverless }));
    let listed = list(&room.aws(), &good()).await;
    assert!(listed.failed.is_empty() && listed.faults.is_empty(), "{:?} {:?}", listed.failed, listed.faults);
    let expected = [("clusters", 101), ("replication groups", 101), ("serverless", 51)];
    assert_eq!(listed.rosters, expected.map(|(part, n)| (part.to_string(), n)).into());
    assert_eq!(listed.caches.len(), 253);
    // The members of the groups are clusters too.
    assert_eq!(room.count("elasticache:DescribeCacheClusters"), 3);
    assert_eq!(room.count("elasticache:DescribeReplicationGroups"), 2);
    assert_eq!(room.count("elasticache:DescribeServerlessCaches"), 2);
    assert_eq!(room.total(), 7);
}

#[tokio::test]
async fn a_denied_list_leaves_the_others_and_names_its_permission() {
    for (operation, part, left) in [
        ("DescribeReplicationGroups", "replication groups", ["elastic", "pages", "single"].as_slice()),
        ("DescribeCacheClusters", "clusters", &["elastic", "shop", "wide"]),
        ("DescribeServerlessCaches", "serverless", &["pages", "shop", "single", "wide"]),
    ] {
        let room = room_of(&format!("caches-denied-{operation}"), &everything());
        let operation = format!("elasticache:{operation}");
        room.fault(json!({ "operation": operation, "kind": "deny" }));
        let listed = list(&room.aws(), &good()).await;
        assert_eq!(listed.failed.keys().collect::<Vec<_>>(), [part]);
        assert_eq!(denial(&listed.failed[part]), operation);
        assert_eq!(listed.caches.keys().collect::<Vec<_>>(), left);
        assert_eq!(room.count(&operation), 1, "not tried again");
    }
}

#[tokio::test]
async fn a_list_is_of_the_scope() {
    hurry(10);
    let room = room_of("caches-scope", &everything());
    room.caches(&json!({ "tags": { "shop": { "team": "shop" }, "elastic": { "team": "shop", "x": "y" }, "pages": { "team": "web" } } }));
    let scoped = |include: &[&str], exclude: &[&str], tags: &[(&str, &str)]| {
        let texts = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let tags = tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        let mut env = good();
        env.scope = Scope::new(&texts(include), &texts(exclude), &[], &tags).unwrap();
        env
    };
    for (env, found) in [
        (scoped(&["s*"], &[], &[]), ["shop", "single"].as_slice()),
        (scoped(&["*s*"], &["*-x", "pag*", "el*"], &[]), &["shop", "single"]),
        (scoped(&[], &[], &[("team", "shop")]), &["elastic", "shop"]),
        (scoped(&["s*"], &[], &[("team", "shop")]), &["shop"]),
    ] {
        assert_eq!(list(&room.aws(), &env).await.caches.keys().collect::<Vec<_>>(), found);
    }
    assert_eq!(room.count("elasticache:ListTagsForResource"), 5 + 2, "one for each that the names admit");
    room.fault(json!({ "operation": "elasticache:ListTagsForResource", "kind": "deny", "match": "serverlesscache" }));
    let listed = list(&room.aws(), &scoped(&[], &[], &[("team", "shop")])).await;
    assert_eq!(denial(&listed.failed["serverless"]), "elasticache:ListTagsForResource");
    assert_eq!(listed.caches.keys().collect::<Vec<_>>(), ["shop"]);
}

#[tokio::test]
async fn a_cache_whose_tags_aws_does_not_tell_hides_no_other() {
    hurry(10);
    let room = room_of("caches-untold-tags", &everything());
    room.caches(
        &json!({ "tags": { "shop": { "team": "shop" }, "wide": { "team": "shop" }, "single": { "team": "shop" } } }),
    );
    let mut env = good();
    env.scope = Scope::new(&[], &[], &[], &[("team".to_string(), "shop".to_string())].into()).unwrap();
    let busy =
        json!({ "change": { "shop": { "Status": "modifying" }, "single": { "CacheClusterStatus": "snapshotting" } } });

    // Told before: what is known of them holds while they are modified.
    let aws = room.aws();
    assert_eq!(list(&aws, &env).await.caches.len(), 3);
    room.caches(&busy);
    let listed = list(&aws, &env).await;
    assert_eq!(listed.caches.keys().collect::<Vec<_>>(), ["shop", "single", "wide"]);
    assert!(listed.faults.is_empty() && listed.failed.is_empty(), "{listed:?}");
    assert_eq!(room.count("elasticache:ListTagsForResource"), 5, "asked once for each, and not by every list");

    // Never told: they are left out, and named.
    let listed = list(&room.aws(), &env).await;
    assert_eq!(listed.caches.keys().collect::<Vec<_>>(), ["wide"]);
    let told: Vec<&str> = listed.faults.iter().map(|fault| fault.message.as_str()).collect();
    assert!(told.iter().any(|text| text.starts_with("tags of shop, modifying: ")), "{told:?}");
    assert!(told.iter().any(|text| text.starts_with("tags of single, snapshotting: ")), "{told:?}");
}

// ---------------------------------------------------------------------- details

#[tokio::test]
async fn a_detail_tells_how_each_user_is_known() {
    let room = room_of("caches-users", &everything());
    room.caches(&json!({ "users": 120 }));
    for name in ["wide", "elastic"] {
        let told = detail(&room, name).await.users.unwrap();
        let mut told: Vec<_> = told.iter().map(|user| (&*user.name, &*user.auth)).collect();
        told.sort_unstable();
        assert_eq!(told, [("app", "iam"), ("default", "no-password")], "of {name}, from two pages of users");
    }
    let asked = room.count("elasticache:DescribeUsers");
    assert_eq!(detail(&room, "shop").await.users.unwrap(), [], "a token is no user");
    assert_eq!(room.count("elasticache:DescribeUsers"), asked);
    room.fault(json!({ "operation": "elasticache:DescribeUserGroups", "kind": "deny" }));
    assert_eq!(denial(&detail(&room, "wide").await.users.unwrap_err()), "elasticache:DescribeUserGroups");
}

#[tokio::test]
async fn a_detail_has_snapshots_and_fourteen_days_of_events() {
    let room = room_of("caches-detail", &everything());
    let snapshot = |name: &str, of: &str, source: &str, minutes: u32, size: &str| {
        json!({ "SnapshotName": name, of: source, "SnapshotStatus": "available", "SnapshotSource": "manual",
                "NodeSnapshots": [{ "CacheSize": size, "SnapshotCreateTime": minutes }, { "CacheSize": "3 MB", "SnapshotCreateTime": minutes + 1 }] })
    };
    let event = |source: &str, kind: &str, message: &str, minutes: u32| json!({ "SourceIdentifier": source, "SourceType": kind, "Message": message, "minutes": minutes });
    let of_elastic: Vec<Value> = (0..51)
        .map(|n| json!({ "ServerlessCacheSnapshotName": format!("e-{n:02}"), "SnapshotType": "manual", "Status": "AVAILABLE", "CreateTime": n,
                         "BytesUsedForCache": "1048576", "ServerlessCacheConfiguration": { "ServerlessCacheName": "elastic" } }))
        .collect();
    room.caches(&json!({
        "snapshots": [
            snapshot("wide-old", "ReplicationGroupId", "wide", 900, "12 MB"),
            snapshot("wide-new", "ReplicationGroupId", "wide", 90, "12 MB"),
            snapshot("single-1", "CacheClusterId", "single", 5, "1 MB"),
            snapshot("shop-of-member", "CacheClusterId", "shop-002", 7, "1 MB"),
            { "SnapshotName": "shop-making", "CacheClusterId": "shop-001", "SnapshotStatus": "creating", "SnapshotSource": "manual",
              "NodeSnapshots": [{ "CacheSize": "" }] },
        ],
        "serverless_snapshots": of_elastic,
        "events": [
            event("shop", "replication-group", "Failover to shop-002 completed", 20_000),
            event("shop-002", "cache-cluster", "Snapshot failed for snapshot shop-x", 30),
            event("shop", "replication-group", "too long ago", 20_200),
            event("other-001", "cache-cluster", "of somebody else", 3),
            event("single", "cache-cluster", "Cache cluster created", 61),
            event("elastic", "serverless-cache", "Limits changed", 100),
        ],
    }));
    let names = |detail: &CacheDetail| -> Vec<String> {
        detail.snapshots.as_ref().unwrap().iter().map(|s| s.name.to_string()).collect()
    };
    let events = |detail: &CacheDetail| -> Vec<String> {
        detail.events.as_ref().unwrap().iter().map(|e| e.message.to_string()).collect()
    };

    let wide = detail(&room, "wide").await;
    assert_eq!(names(&wide), ["wide-new", "wide-old"]);
    let first = &wide.snapshots.as_ref().unwrap()[0];
    assert_eq!((&*first.size, &*first.kind, &*first.status), ("12 MB + 3 MB", "manual", "available"));
    assert_eq!(events(&wide), Vec::<String>::new());
    // Only of this group is asked.
    let forms = room.forms("elasticache:DescribeSnapshots");
    assert_eq!(forms.iter().map(|form| &*form["ReplicationGroupId"]).collect::<Vec<_>>(), ["wide"]);

    // Those of one shard are taken from its members, and a member's events are the group's.
    let shop = detail(&room, "shop").await;
    assert_eq!(names(&shop), ["shop-making", "shop-of-member"]);
    assert_eq!(&*shop.snapshots.as_ref().unwrap()[0].size, "");
    assert_eq!(events(&shop), ["Snapshot failed for snapshot shop-x", "Failover to shop-002 completed"]);

    let single = detail(&room, "single").await;
    assert_eq!(
        (names(&single), events(&single)),
        (vec!["single-1".to_string()], vec!["Cache cluster created".to_string()])
    );

    let elastic = detail(&room, "elastic").await;
    assert_eq!((names(&elastic).len(), names(&elastic)[0].as_str()), (51, "e-00"));
    assert_eq!(&*elastic.snapshots.as_ref().unwrap()[0].status, "available", "capitals or not");
    assert_eq!(events(&elastic), ["Limits changed"]);

    // Memcached keeps nothing, so nothing is asked.
    let before = room.count("elasticache:DescribeSnapshots");
    assert_eq!(names(&detail(&room, "pages").await), Vec::<String>::new());
    assert_eq!(room.count("elasticache:DescribeSnapshots"), before);
    let all = |form: &BTreeMap<String, String>| form["Duration"] == "20160";
    assert!(room.forms("elasticache:DescribeEvents").iter().all(all));

    // One of the two denied leaves the other.
    room.fault(json!({ "operation": "elasticache:DescribeEvents", "kind": "deny" }));
    let shop = detail(&room, "shop").await;
    assert_eq!(denial(shop.events.as_ref().unwrap_err()), "elasticache:DescribeEvents");
    assert_eq!(names(&shop).len(), 2);
    room.fault(json!({ "operation": "elasticache:DescribeSnapshots", "kind": "deny" }));
    let shop = detail(&room, "shop").await;
    assert_eq!(denial(shop.snapshots.as_ref().unwrap_err()), "elasticache:DescribeSnapshots");
    assert_eq!(events(&shop).len(), 2);
}

// ---------------------------------------------------------------------- the way in

#[tokio::test]
async fn a_password_comes_from_where_the_operator_said() {
    let (server, port) = guarded();
    fill(server.port, Some(PASSWORD), 40);
    // Another password of the same user, which is in the environment of every process.
    let home = std::env::var("HOME").unwrap();
    said(server.port, Some(PASSWORD), &[&format!("ACL SETUSER default >{home}")]);
    let room = Room::new("caches-passwords");
    room.caches(&json!({ "groups": [{ "name": "shop", "shards": [[[HOST, port]]], "tls": true, "auth": "token" }] }));
    room.secrets(
        &json!({ "shop/json": json!({ "auth_token": PASSWORD, "port": 6379 }).to_string(), "shop/plain": PASSWORD }),
    );
    let command = |script: &str| SecretSource::Command(vec!["sh".into(), "-c".into(), script.into()]);
    let stored = |id: &str, key: Option<&str>| SecretSource::Secret { id: id.into(), key: key.map(str::to_string) };

    // The program's input is empty, so that it cannot take the keys that a person types.
    let reading = format!("read line && echo \"$line\"; echo {PASSWORD}; echo more");
    for (source, connection) in [
        (stored("shop/json", Some("auth_token")), "TLS, password from secret shop/json, key auth_token"),
        (stored("shop/plain", None), "TLS, password from secret shop/plain"),
        (SecretSource::Variable("HOME".into()), "TLS, password from $HOME"),
        (command(&reading), "TLS, password from sh"),
    ] {
        let facts = flush_facts(&room, &reaching("shop", trusting(Some(source))), "shop").await;
        let looks = facts.looks.as_ref().unwrap_or_else(|fault| panic!("{connection}: {fault:?}"));
        assert_eq!((looks.len(), looks[0].key_count(), looks[0].via.clone()), (1, 40, local(port)));
        assert_eq!((&*facts.connection, &*looks[0].user, &looks[0].may_flush), (connection, "default", &MayFlush::Yes));
        assert!(!asks(&facts) && !format!("{facts:?}").contains(PASSWORD));
    }
    assert_eq!(room.count("secretsmanager:GetSecretValue"), 2);

    for (source, kind, told) in [
        (stored("shop/json", Some("nothing")), FaultKind::Invalid, "the secret shop/json has no text nothing"),
        (stored("shop/json", Some("port")), FaultKind::Invalid, "the secret shop/json has no text port"),
        (stored("shop/plain", Some("key")), FaultKind::Invalid, "the secret shop/plain is no JSON"),
        (stored("shop/none", None), FaultKind::NotFound, ""),
        (
            SecretSource::Variable("MIDWATCH_NOT_SET".into()),
            FaultKind::Invalid,
            "the environment variable MIDWATCH_NOT_SET is not set",
        ),
        (
            command(&format!("echo {PASSWORD}; echo the vault is locked >&2; exit 3")),
            FaultKind::Invalid,
            "sh failed (exit status: 3): the vault is locked",
        ),
        (command("true"), FaultKind::Invalid, "sh printed nothing"),
        (
            SecretSource::Command(vec!["/nowhere/program".into()]),
            FaultKind::Invalid,
            "/nowhere/program cannot be started",
        ),
    ] {
        let facts = flush_facts(&room, &reaching("shop", trusting(Some(source.clone()))), "shop").await;
        let fault = looks_fault(&facts);
        assert!(fault.kind == kind && fault.message.contains(told), "{source:?}: {fault:?}");
        assert!(!format!("{fault:?}").contains(PASSWORD), "{fault:?}");
        assert!(!asks(&facts), "a person cannot mend it by typing: {fault:?}");
    }

    room.fault(json!({ "operation": "secretsmanager:GetSecretValue", "kind": "deny" }));
    let facts = flush_facts(&room, &reaching("shop", trusting(Some(stored("shop/plain", None)))), "shop").await;
    assert_eq!(denial(looks_fault(&facts)), "secretsmanager:GetSecretValue");
}

#[tokio::test]
async fn a_typed_password_is_kept_in_memory_for_its_cache_alone() {
    let (server, port) = guarded();
    fill(server.port, Some(PASSWORD), 7);
    let room = Room::new("caches-typed");
    let of = |name: &str| json!({ "name": name, "shards": [[[HOST, port]]], "tls": true, "auth": "token" });
    room.caches(&json!({ "groups": [of("shop"), of("twin")] }));
    let aws = room.aws();
    let mut env = reaching("shop", trusting(None));
    env.caches.insert("twin".into(), trusting(None));
    let id = arn(&room, "shop");

    let facts = facts_in(&aws, &room, &env, "shop").await;
    assert_eq!((denial(looks_fault(&facts)), asks(&facts), &*facts.connection), (AUTH, true, "TLS, no password"));
    assert!(flush_plan(&facts, &[]).unwrap_err().starts_with("nothing was sent: "));

    aws.unlock(&env, &id, Secret("wrong".into()));
    let facts = facts_in(&aws, &room, &env, "shop").await;
    assert_eq!((denial(looks_fault(&facts)), asks(&facts), &*facts.connection), (AUTH, true, "TLS, password as typed"));

    aws.unlock(&env, &id, Secret(PASSWORD.into()));
    let facts = facts_in(&aws, &room, &env, "shop").await;
    assert_eq!(facts.looks.as_ref().unwrap()[0].key_count(), 7);
    // The change has it too, and what is written down of it does not.
    let plan = flush_plan(&facts, &[]).unwrap();
    assert!(!format!("{plan:?}").contains(PASSWORD));
    let receipt = sent(aws.change(&env, plan.calls[0].clone()).await);
    assert!(!serde_json::to_string(&receipt).unwrap().contains(PASSWORD));
    assert_eq!((keys(server.port, Some(PASSWORD)), flushes(server.port, Some(PASSWORD))), (0, 1));

    // Neither another cache, nor another environment, nor the next console.
    assert!(asks(&facts_in(&aws, &room, &env, "twin").await));
    let other = Environment { name: "other".into(), ..env.clone() };
    assert!(asks(&facts_in(&aws, &room, &other, "shop").await));
    assert!(asks(&flush_facts(&room, &env, "shop").await));
    for file in std::fs::read_dir(&room.home).unwrap() {
        assert!(!std::fs::read_to_string(file.unwrap().path()).unwrap().contains(PASSWORD));
    }
}

#[tokio::test]
async fn a_wrong_password_of_the_config_is_asked_for() {
    let (_server, port) = guarded();
    let room = Room::new("caches-wrong-password");
    room.caches(&json!({ "groups": [{ "name": "shop", "shards": [[[HOST, port]]], "tls": true, "auth": "token" }] }));
    let aws = room.aws();
    let env = reaching("shop", trusting(Some(SecretSource::Command(vec!["echo".into(), "wrong".into()]))));
    let facts = facts_in(&aws, &room, &env, "shop").await;
    assert_eq!((denial(looks_fault(&facts)), asks(&facts)), (AUTH, true));
    // What is typed then goes before what the config says.
    aws.unlock(&env, &facts.cache.id, Secret(PASSWORD.into()));
    let facts = facts_in(&aws, &room, &env, "shop").await;
    assert!(facts.looks.is_ok() && &*facts.connection == "TLS, password as typed", "{facts:?}");
}

#[tokio::test]
async fn tls_is_as_the_config_says() {
    let port = free_port();
    let server = redis(&Certificates::get().config(port));
    let room = Room::new("caches-tls");
    // The name that AWS tells is what the certificate is for; it is reached through a tunnel.
    room.caches(&json!({ "groups": [{ "name": "shop", "shards": [[["cache.test", 6379]]], "tls": true }] }));
    let mouth = Some(local(forward(port)));
    let tunnelled = CacheAccess { endpoint: mouth.clone(), server_name: None, ..trusting(None) };
    let facts = flush_facts(&room, &reaching("shop", tunnelled.clone()), "shop").await;
    let look = &facts.looks.as_ref().unwrap()[0];
    assert_eq!((look.node.to_string(), Some(&look.via)), ("cache.test:6379".into(), mouth.as_ref()));
    assert_eq!(&*facts.connection, "TLS, no password");

    for (access, remedy) in [
        (CacheAccess { server_name: Some("other.test".into()), ..tunnelled.clone() }, "server_name"),
        (CacheAccess { ca_file: None, ..tunnelled.clone() }, "ca_file"),
        (CacheAccess { tls: Some(false), ..tunnelled.clone() }, "tls = true"),
    ] {
        let facts = flush_facts(&room, &reaching("shop", access.clone()), "shop").await;
        let fault = looks_fault(&facts);
        assert!(fault.kind == FaultKind::Unreachable && fault.remedy.contains(remedy), "{access:?}: {fault:?}");
    }

    // A server without TLS waits for the rest of a line that never comes.
    let hurry = Aws::new(room.options(Timeouts { connect: Duration::from_secs(2), ..short() }));
    let access = CacheAccess { endpoint: Some(local(forward(server.port))), ..tunnelled.clone() };
    let facts = facts_in(&hurry, &room, &reaching("shop", access), "shop").await;
    assert!(looks_fault(&facts).remedy.contains("tls = false"), "{facts:?}");

    let anyone =
        CacheAccess { verify: false, ca_file: None, server_name: Some("other.test".into()), ..tunnelled.clone() };
    let facts = flush_facts(&room, &reaching("shop", anyone), "shop").await;
    assert_eq!(&*facts.connection, "TLS, not verified, no password");
    let plan = flush_plan(&facts, &[]).unwrap();
    assert!(
        plan.warnings.iter().any(|(tone, text)| *tone == Tone::Degraded && text.contains("not verified")),
        "{plan:?}"
    );

    let plain = CacheAccess { tls: Some(false), endpoint: Some(local(server.port)), ..CacheAccess::default() };
    let facts = flush_facts(&room, &reaching("shop", plain), "shop").await;
    assert!(facts.looks.is_ok() && &*facts.connection == "no TLS, no password", "{facts:?}");
}

#[tokio::test]
async fn a_cache_that_cannot_be_reached_says_vpc_and_tunnel() {
    let room = room_of("caches-unreachable", &json!({ "groups": [group("shop", free_port())] }));
    let facts = flush_facts(&room, &good(), "shop").await;
    let fault = looks_fault(&facts);
    assert_eq!(fault.kind, FaultKind::Unreachable);
    assert!(fault.remedy.contains("VPC") && fault.remedy.contains("tunnel"), "{fault:?}");
    let why = flush_plan(&facts, &[]).unwrap_err();
    assert!(why.starts_with("nothing was sent: ") && why.contains("VPC"), "{why}");
    assert!(!asks(&facts));

    room.caches(&json!({ "change": { "shop": { "NodeGroups": [], "Status": "modifying" } } }));
    let facts = flush_facts(&room, &good(), "shop").await;
    assert!(looks_fault(&facts).message.contains("AWS tells no endpoint while it is modifying"), "{facts:?}");
}

#[tokio::test]
async fn a_user_who_may_not_flush_is_told_before_anything_is_sent() {
    let server = redis("");
    fill(server.port, None, 5);
    said(server.port, None, &[&format!("ACL SETUSER app on >{PASSWORD} ~* +@all -flushall -flushdb")]);
    let room = Room::new("caches-acl");
    room.caches(&json!({ "groups": [{ "name": "shop", "shards": [[[HOST, server.port]]], "auth": "users" }] }));
    let aws = room.aws();
    let access = CacheAccess { user: Some("app".into()), ..CacheAccess::default() };
    let env = reaching("shop", from(SecretSource::Command(vec!["echo".into(), PASSWORD.into()]), access));
    let facts = flush_facts(&room, &env, "shop").await;
    let look = &facts.looks.as_ref().unwrap()[0];
    assert_eq!((&*look.user, look.key_count(), &*facts.connection), ("app", 5, "no TLS, user app, password from echo"));
    assert!(matches!(&look.may_flush, MayFlush::No(why) if why.contains("flushall")), "{look:?}");
    let why = flush_plan(&facts, &[]).unwrap_err();
    assert!(why.ends_with("nothing was sent") && why.contains("flushall"), "{why}");

    // And if it were sent, the server's no is a no.
    let call =
        Call::new(redis::FLUSHALL, [("cache", "shop".into()), ("node", format!("{HOST}:{}", server.port).into())]);
    assert_eq!(denial(&refused(aws.change(&env, call).await)), "redis FLUSHALL");
    assert_eq!((keys(server.port, None), flushes(server.port, None)), (5, 0));
}

// ---------------------------------------------------------------------- flush

#[tokio::test]
async fn a_flush_is_one_flushall_at_the_primary() {
    let (server, port) = guarded();
    let room = Room::new("caches-flush");
    room.caches(&json!({ "groups": [{ "name": "shop", "shards": [[[HOST, port]]], "tls": true, "auth": "token" }] }));
    room.secrets(&json!({ "shop": PASSWORD }));
    let aws = room.aws();
    let env = reaching("shop", trusting(Some(SecretSource::Secret { id: "shop".into(), key: None })));
    for (mode, flushed) in [("async", 1), ("sync", 2)] {
        fill(server.port, Some(PASSWORD), 120);
        let facts = flush_facts(&room, &env, "shop").await;
        let plan = flush_plan(&facts, &[("mode", mode)]).unwrap();
        let [call] = &plan.calls[..] else { panic!("{plan:?}") };
        assert!(call.is(redis::FLUSHALL) && !format!("{call:?}").contains(PASSWORD), "{call:?}");
        assert_eq!(keys(server.port, Some(PASSWORD)), 120, "a plan changes nothing");
        let receipt = sent(aws.change(&env, call.clone()).await);
        assert!(receipt.told[0].starts_with(&format!("{HOST}:{port}: 120 keys → 0 in ")), "{receipt:?}");
        assert_eq!((keys(server.port, Some(PASSWORD)), flushes(server.port, Some(PASSWORD))), (0, flushed));
        let after = flush_facts(&room, &env, "shop").await;
        let spec = kinds::action("flush").unwrap();
        let progress = spec.progress(&intent("flush", &after.cache, &plan), &receipt, &after, jiff::Timestamp::now());
        assert_eq!(progress.verdict, Some(Verdict::Done), "{progress:?}");
    }
    // One database: redis::FLUSHDB, and the others stay.
    said(server.port, Some(PASSWORD), &["SET a 1", "SELECT 3", "SET b 1", "SET c 1"]);
    let facts = flush_facts(&room, &env, "shop").await;
    let plan = flush_plan(&facts, &[("database", "3")]).unwrap();
    sent(aws.change(&env, plan.calls[0].clone()).await);
    assert_eq!((keys(server.port, Some(PASSWORD)), flushes(server.port, Some(PASSWORD))), (1, 2));
    assert!(said(server.port, Some(PASSWORD), &["SELECT 3", "DBSIZE"]).contains(":0"));
}

#[tokio::test]
async fn where_nothing_may_be_changed_nothing_is_flushed() {
    let server = redis("");
    fill(server.port, None, 9);
    let room = room_of("caches-forbidden", &json!({ "groups": [group("shop", server.port)] }));
    let aws = room.aws();
    let call = flush_plan(&flush_facts(&room, &good(), "shop").await, &[]).unwrap().calls.remove(0);
    let connections = || {
        let stats = said(server.port, None, &["INFO stats"]);
        let line = stats.lines().find_map(|line| line.strip_prefix("total_connections_received:")).unwrap();
        line.parse::<u64>().unwrap()
    };
    let before = connections();
    let mut read_only = good();
    read_only.read_only = true;
    let mut pinned = good();
    pinned.account = Some("999999999999".into());
    let with = |member: &str, value: Value| {
        let mut call = call.clone();
        call.input.insert(member.into(), value);
        call
    };
    let without = |member: &str| {
        let mut call = call.clone();
        call.input.remove(member);
        call
    };
    for (env, call) in [
        (&read_only, call.clone()),
        (&pinned, call.clone()),
        (&good(), with("pattern", "session:*".into())),
        (&good(), with("mode", "LAZY".into())),
        (&good(), with("node", "no-port".into())),
        (&good(), with("database", 3.into())),
        (&good(), with("shard", 1.into())),
        (&good(), without("cache")),
        (&good(), without("node")),
        (&good(), Call { operation: "SHUTDOWN".into(), ..call.clone() }),
    ] {
        assert_eq!(refused(aws.change(env, call.clone()).await).kind, FaultKind::Refused, "{call:?}");
    }
    assert_eq!(connections() - before, 1, "but for the count's own, nobody connected");
    assert_eq!((keys(server.port, None), flushes(server.port, None)), (9, 0));
}

/// Three shards with 300 keys, which tell names where nobody listens, as ElastiCache's do outside of
/// the VPC; and what they tell.
fn far_cluster() -> (Vec<Server>, Vec<Endpoint>) {
    let servers = cluster(0);
    servers[0].set(0, 300);
    let told: Vec<Endpoint> = servers.iter().map(|server| Endpoint::new("127.0.0.2", server.port)).collect();
    for server in &servers {
        server.cli(&["config", "set", "cluster-announce-hostname", "127.0.0.2"]);
        server.cli(&["config", "set", "cluster-preferred-endpoint-type", "hostname"]);
    }
    until("the names of the nodes", || {
        servers.iter().all(|server| {
            let shards = server.cli(&["cluster", "shards"]);
            // Of each its endpoint and its name.
            shards.lines().filter(|line| *line == "127.0.0.2").count() == 6
        })
    });
    (servers, told)
}

fn sharded(name: &str, told: &[Endpoint]) -> Value {
    let shards: Vec<Value> = told.iter().map(|node| json!([[node.host, node.port]])).collect();
    json!({ "groups": [{ "name": name, "shards": shards, "sharded": true, "endpoint": ["127.0.0.2", 6379] }] })
}

fn counts(servers: &[Server]) -> Vec<u64> {
    servers.iter().map(|server| keys(server.port, None)).collect()
}

fn flushed(servers: &[Server]) -> Vec<u64> {
    servers.iter().map(|server| flushes(server.port, None)).collect()
}

#[tokio::test]
async fn a_sharded_group_is_flushed_through_a_tunnel_for_each_primary() {
    let (servers, told) = far_cluster();
    let room = room_of("caches-sharded", &sharded("wide", &told));
    let aws = room.aws();
    let mouths: Vec<Endpoint> = servers.iter().map(|server| local(forward(server.port))).collect();
    let mouth = CacheAccess { endpoint: Some(mouths[1].clone()), ..CacheAccess::default() };

    // The mouth alone leads to one of three.
    let facts = flush_facts(&room, &reaching("wide", mouth.clone()), "wide").await;
    let fault = looks_fault(&facts);
    assert!(fault.kind == FaultKind::Unreachable && fault.message.contains("127.0.0.2:"), "{fault:?}");
    assert!(fault.remedy.starts_with("each primary needs a tunnel of its own: add \"127.0.0.2:"), "{fault:?}");

    let nodes: Vec<(Endpoint, Endpoint)> = told.iter().cloned().zip(mouths.iter().cloned()).collect();
    let env = reaching("wide", CacheAccess { nodes: nodes.clone(), ..mouth });
    let facts = flush_facts(&room, &env, "wide").await;
    let looks = facts.looks.as_ref().unwrap();
    let found: BTreeSet<_> = looks.iter().map(|look| (look.node.clone(), look.via.clone())).collect();
    assert_eq!(found, nodes.into_iter().collect());
    assert_eq!(looks.iter().map(|look| look.key_count()).sum::<u64>(), 300);
    let plan = flush_plan(&facts, &[]).unwrap();
    assert_eq!(plan.calls.len(), 3);
    for call in &plan.calls {
        sent(aws.change(&env, call.clone()).await);
    }
    assert_eq!((counts(&servers), flushed(&servers)), (vec![0, 0, 0], vec![1, 1, 1]));
}

#[tokio::test]
async fn after_a_cut_in_the_middle_the_rest_is_flushed_by_a_second_flush() {
    let servers = cluster(0);
    servers[0].set(0, 300);
    let told: Vec<Endpoint> = servers.iter().map(|server| local(server.port)).collect();
    let room = room_of("caches-cut", &sharded("wide", &told));
    let aws = room.aws();
    let mouth = CacheAccess { endpoint: Some(told[0].clone()), ..CacheAccess::default() };
    // In the order of their slots, which is that of the plan.
    let looks = flush_facts(&room, &reaching("wide", mouth.clone()), "wide").await.looks.unwrap();
    let ports: Vec<u16> = looks.iter().map(|look| look.node.port).collect();
    let keys_at = |place: usize| keys(ports[place], None);
    let before: Vec<u64> = (0..3).map(keys_at).collect();

    // The link to the second breaks when the flush is on it, and not when it is asked who may.
    let broken = local(tunnel(ports[1], "FLUSHALL\r\n$5\r\nASYNC", Trick::Cut));
    let env = reaching("wide", CacheAccess { nodes: vec![(local(ports[1]), broken)], ..mouth.clone() });
    let facts = flush_facts(&room, &env, "wide").await;
    let plan = flush_plan(&facts, &[]).unwrap();
    let receipt = sent(aws.change(&env, plan.calls[0].clone()).await);
    let outcome = aws.change(&env, plan.calls[1].clone()).await;
    let Outcome::Unknown { fault } = outcome else { panic!("{outcome:?}") };
    assert!(fault.remedy.contains("look at its keys"), "{fault:?}");
    // It was done, but nobody was told; the first is empty, and the third as it was.
    assert_eq!([keys_at(0), keys_at(1), keys_at(2)], [0, 0, before[2]]);
    assert_eq!(ports.iter().map(|port| flushes(*port, None)).collect::<Vec<_>>(), [1, 1, 0]);

    let spec = kinds::action("flush").unwrap();
    let progress = spec.progress(&intent("flush", &facts.cache, &plan), &receipt, &facts, jiff::Timestamp::now());
    let (_, rest) = progress.line.split_once("flush with shards ").unwrap_or_else(|| panic!("{progress:?}"));
    let rest = rest.split(' ').next().unwrap();
    assert_eq!(progress.verdict, Some(Verdict::Failed));
    let env = reaching("wide", mouth);
    let plan = flush_plan(&flush_facts(&room, &env, "wide").await, &[("shards", rest)]).unwrap();
    assert_eq!(plan.calls.len(), 2, "{plan:?}");
    for call in &plan.calls {
        sent(aws.change(&env, call.clone()).await);
    }
    assert_eq!([keys_at(0), keys_at(1), keys_at(2)], [0, 0, 0]);
    assert_eq!(ports.iter().map(|port| flushes(*port, None)).collect::<Vec<_>>(), [1, 2, 1], "each call is one");
}

#[tokio::test]
async fn a_flush_that_never_left_was_refused() {
    let server = redis("");
    fill(server.port, None, 3);
    let room = room_of("caches-never-left", &json!({ "groups": [group("shop", server.port)] }));
    let aws = room.aws();
    let plan = flush_plan(&flush_facts(&room, &good(), "shop").await, &[]).unwrap();
    let mut call = plan.calls[0].clone();
    call.input.insert("via".into(), format!("{HOST}:{}", free_port()).into());
    assert_eq!(refused(aws.change(&good(), call.clone()).await).kind, FaultKind::Unreachable);
    // Cut before: INFO is asked first, and the connection ends there.
    call.input.insert("via".into(), format!("{HOST}:{}", tunnel(server.port, "INFO", Trick::Cut)).into());
    refused(aws.change(&good(), call).await);
    assert_eq!((keys(server.port, None), flushes(server.port, None)), (3, 0));
}

#[tokio::test]
async fn every_node_of_memcached_is_flushed() {
    let nodes = [servers::memcached(&[]), servers::memcached(&[])];
    let speak = |node: &Server, lines: &str| {
        let mut stream = TcpStream::connect((HOST, node.port)).unwrap();
        stream.write_all(format!("{lines}quit\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    for node in &nodes {
        speak(node, "set a 0 0 1\r\n1\r\nset b 0 0 1\r\n2\r\n");
    }
    let room = Room::new("caches-memcached");
    let points: Vec<Value> = nodes.iter().map(|node| json!([HOST, node.port])).collect();
    room.caches(&json!({ "clusters": [{ "name": "pages", "engine": "memcached", "nodes": points }] }));
    let aws = room.aws();
    let facts = flush_facts(&room, &good(), "pages").await;
    let looks = facts.looks.as_ref().unwrap();
    assert_eq!(looks.iter().map(|look| look.key_count()).collect::<Vec<_>>(), [2, 2]);
    assert_eq!(facts.snapshots.as_ref().unwrap().len(), 0);

    // One alone, by its address.
    let first = looks[0].node.to_string();
    let plan = flush_plan(&facts, &[("shards", &first)]).unwrap();
    assert_eq!(plan.calls.len(), 1);
    let receipt = sent(aws.change(&good(), plan.calls[0].clone()).await);
    assert!(receipt.told[0].contains("2 keys → not told"), "{receipt:?}");
    let left =
        || nodes.iter().map(|node| speak(node, "get a\r\nget b\r\n").matches("VALUE").count()).collect::<Vec<_>>();
    assert_eq!(left(), [0, 2]);
    let plan = flush_plan(&facts, &[]).unwrap();
    for call in &plan.calls {
        sent(aws.change(&good(), call.clone()).await);
    }
    assert_eq!(left(), [0, 0]);
    let flushes = |node: &Server| {
        let stats = speak(node, "stats\r\n");
        stats.lines().find_map(|line| line.strip_prefix("STAT cmd_flush ")).unwrap().trim().parse::<u32>().unwrap()
    };
    assert_eq!([flushes(&nodes[0]), flushes(&nodes[1])], [2, 1]);
}

#[tokio::test]
async fn a_serverless_cache_is_flushed_at_its_endpoint() {
    let made = Certificates::get();
    let port = free_port();
    let server = redis(&made.config(port));
    fill(server.port, None, 12);
    let files =
        format!("ssl_chain_cert={},ssl_key={}", made.file("node.pem").display(), made.file("node.key").display());
    let memcached = servers::memcached(&["-Z", "-o", &files]);
    let room = Room::new("caches-serverless");
    room.caches(&json!({ "serverless": [
        { "name": "elastic", "endpoint": [HOST, port] },
        { "name": "elastic-pages", "endpoint": [HOST, memcached.port], "engine": "memcached" },
    ] }));
    let aws = room.aws();
    let mut env = reaching("elastic", trusting(None));
    env.caches.insert("elastic-pages".into(), trusting(None));
    let facts = flush_facts(&room, &env, "elastic").await;
    let plan = flush_plan(&facts, &[]).unwrap();
    assert_eq!((plan.calls.len(), &plan.calls[0].input["serverless"]), (1, &json!(true)));
    sent(aws.change(&env, plan.calls[0].clone()).await);
    assert_eq!((keys(server.port, None), flushes(server.port, None)), (0, 1));

    // Memcached shows no nodes there either.
    let facts = flush_facts(&room, &env, "elastic-pages").await;
    assert_eq!(facts.looks.as_ref().unwrap().len(), 1);
    let plan = flush_plan(&facts, &[]).unwrap();
    let receipt = sent(aws.change(&env, plan.calls[0].clone()).await);
    assert!(receipt.told[0].contains("0 keys → not told"), "{receipt:?}");
}

// ---------------------------------------------------------------------- snapshots

#[tokio::test]
async fn a_snapshot_is_one_request_and_followed_until_it_is_available() {
    let room = room_of("caches-snapshots", &everything());
    let aws = room.aws();
    let caches = list(&aws, &good()).await.caches;
    for (name, operation, source, member) in [
        ("wide", "CreateSnapshot", "ReplicationGroupId", "SnapshotName"),
        ("single", "CreateSnapshot", "CacheClusterId", "SnapshotName"),
        ("elastic", "CreateServerlessCacheSnapshot", "ServerlessCacheName", "ServerlessCacheSnapshotName"),
    ] {
        let operation = format!("elasticache:{operation}");
        let cache = &caches[name];
        let before = room.count(&operation);
        let snapshot = format!("{name}-mw-1");
        let plan = plan("snapshot-cache", cache, &detail(&room, name).await, &[("name", &snapshot)]).unwrap();
        assert_eq!((plan.calls.len(), room.count(&operation)), (1, before));
        let intent = intent("snapshot-cache", cache, &plan);
        let receipt = sent(aws.change(&good(), plan.calls[0].clone()).await);
        assert_eq!((receipt.started.as_deref(), receipt.request_id.is_empty()), (Some(snapshot.as_str()), false));
        assert_eq!(room.count(&operation), before + 1);
        let form: BTreeMap<_, _> =
            [(source, name), (member, &snapshot)].map(|(k, v)| (k.to_string(), v.to_string())).into();
        assert_eq!(room.forms(&operation).last(), Some(&form));

        // Its own progress ends when AWS has made it, which takes a few questions here.
        let spec = kinds::action("snapshot-cache").unwrap();
        let mut lines = Vec::new();
        loop {
            let facts = detail(&room, name).await;
            let progress = spec.progress(&intent, &receipt, &facts, jiff::Timestamp::now());
            lines.push(progress.line.clone());
            assert!(lines.len() < 9, "{lines:?}");
            match progress.verdict {
                None => continue,
                verdict => assert_eq!(verdict, Some(Verdict::Done), "{lines:?}"),
            }
            break;
        }
        assert!(lines[0].starts_with("creating") && lines.last().unwrap().contains("is available"), "{lines:?}");
        assert_eq!(room.count(&operation), before + 1, "following sends nothing");
        // The same name again: AWS's no is a no.
        let outcome = aws.change(&good(), plan.calls[0].clone()).await;
        assert!(refused(outcome).message.to_string().contains("exists"), "{name}");
    }
}

#[tokio::test]
async fn a_group_of_one_shard_is_copied_from_a_member() {
    let room = room_of("caches-member-snapshot", &everything());
    let aws = room.aws();
    let call = |source: &str, id: &str| {
        Call::new(elasticache::CREATE_SNAPSHOT, [(source, id.into()), ("SnapshotName", "shop-1".into())])
    };
    let fault = refused(aws.change(&good(), call("ReplicationGroupId", "shop")).await);
    assert!(fault.message.contains("Please specify a cache cluster instead"), "{fault:?}");
    sent(aws.change(&good(), call("CacheClusterId", "shop-002")).await);
    let told = detail(&room, "shop").await.snapshots.unwrap();
    assert_eq!((told.len(), &*told[0].name, &*told[0].status), (1, "shop-1", "creating"), "the group's, by its member");
    let both = {
        let mut call = call("CacheClusterId", "shop-002");
        call.input.insert("ReplicationGroupId".into(), "shop".into());
        call
    };
    assert_eq!(refused(aws.change(&good(), both).await).kind, FaultKind::Refused);
}

#[tokio::test]
async fn a_snapshot_whose_answer_is_lost_is_unknown_and_was_sent_once() {
    let room = room_of("caches-snapshot-unknown", &everything());
    let aws = Aws::new(room.options(short()));
    let facts = detail(&room, "wide").await;
    let plan = plan("snapshot-cache", &facts.cache, &facts, &[("name", "wide-1")]).unwrap();
    for kind in ["drop", "error500", "html"] {
        let before = room.count("elasticache:CreateSnapshot");
        room.fault(json!({ "operation": "elasticache:CreateSnapshot", "kind": kind }));
        let outcome = aws.change(&good(), plan.calls[0].clone()).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{kind}: {outcome:?}");
        assert_eq!(room.count("elasticache:CreateSnapshot") - before, 1, "{kind}");
    }
    room.fault(json!({ "operation": "elasticache:CreateSnapshot", "kind": "deny" }));
    assert_eq!(denial(&refused(aws.change(&good(), plan.calls[0].clone()).await)), "elasticache:CreateSnapshot");
}

#[tokio::test]
async fn a_flush_during_a_snapshot_warns() {
    // A second for each key: the save lasts longer than the test.
    let server = redis("rdb-key-save-delay 1000000");
    fill(server.port, None, 300);
    let room = room_of(
        "caches-snapshotting",
        &json!({ "clusters": [{ "name": "single", "engine": "redis", "nodes": [[HOST, server.port]] }] }),
    );
    let aws = room.aws();
    let warned = |plan: &Plan| plan.warnings[0].0 == Tone::Down && plan.warnings[0].1.contains("FLUSHALL aborts it");
    let facts = flush_facts(&room, &good(), "single").await;
    assert!(!warned(&flush_plan(&facts, &[]).unwrap()));
    assert_eq!(facts.databases.as_ref().map(Vec::len), Ok(0));

    let call =
        Call::new(elasticache::CREATE_SNAPSHOT, [("CacheClusterId", "single".into()), ("SnapshotName", "s-1".into())]);
    sent(aws.change(&good(), call).await);
    let facts = flush_facts(&room, &good(), "single").await;
    assert_eq!(&*facts.cache.status, "snapshotting");
    assert!(warned(&flush_plan(&facts, &[]).unwrap()), "{facts:?}");
    flush_facts(&room, &good(), "single").await;
    let facts = flush_facts(&room, &good(), "single").await;
    assert!(!warned(&flush_plan(&facts, &[]).unwrap()), "it is available by now: {facts:?}");

    // The server itself tells of a save that AWS does not.
    server.cli(&["bgsave"]);
    let facts = flush_facts(&room, &good(), "single").await;
    assert!(facts.looks.as_ref().unwrap()[0].saving);
    let plan = flush_plan(&facts, &[]).unwrap();
    assert!(warned(&plan));
    // And the warning is true.
    sent(aws.change(&good(), plan.calls[0].clone()).await);
    until("the end of the save", || server.cli(&["info", "persistence"]).contains("rdb_bgsave_in_progress:0"));
}
