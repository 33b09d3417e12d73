//! What is said of a cache, by example.

mod flush;
mod snapshot;

use serde_json::json;

use super::CACHES;
use crate::domain::cache::*;
use crate::domain::event::Event;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::health::Health;
use crate::domain::resource::{Facts, ResourceId};
use crate::kinds;
use crate::kinds::action::Plan;
use crate::kinds::cell::Tone;
use crate::kinds::kind::Kind;
pub(super) use crate::kinds::testing::now;
use crate::kinds::testing::{ago, cells, json_of, tab};

fn kind() -> &'static dyn Kind {
    kinds::kind(CACHES).unwrap()
}

fn node(name: &str, shard: &str, primary: Option<bool>) -> Node {
    Node {
        name: name.into(),
        shard: shard.into(),
        primary,
        zone: "eu-west-1a".into(),
        status: "available".into(),
        endpoint: Some(Endpoint::new(format!("{name}.cache"), 6379)),
    }
}

/// A healthy group of a primary and a replica, with TLS.
pub fn group() -> Cache {
    Cache {
        id: ResourceId("arn:aws:elasticache:eu-west-1:123456789012:replicationgroup:web".into()),
        name: "web".into(),
        part: "replication groups".into(),
        form: Form::Group { sharded: false },
        engine: "redis".into(),
        version: "7.1".into(),
        class: "cache.r7g.large".into(),
        status: "available".into(),
        nodes: vec![node("web-001", "0001", Some(true)), node("web-002", "0001", Some(false))],
        shards: 1,
        tls: true,
        tls_mode: "required".into(),
        auth: Auth::Token,
        failover: "enabled".into(),
        multi_az: "enabled".into(),
        snapshot_retention: 3,
        snapshot_window: "03:00-04:00".into(),
        maintenance_window: "sun:04:30-sun:05:30".into(),
        parameter_group: "default.redis7".into(),
        parameter_status: "in-sync".into(),
        endpoint: Some(Endpoint::new("master.web.cache", 6379)),
        reader_endpoint: Some(Endpoint::new("replica.web.cache", 6379)),
        pending: vec![],
        description: "pages".into(),
        created: Some(ago(8_640_000)),
    }
}

fn sharded() -> Cache {
    let nodes = ["0001", "0002", "0003"];
    Cache {
        name: "sessions".into(),
        form: Form::Group { sharded: true },
        nodes: nodes
            .into_iter()
            .flat_map(|shard| ["1", "2"].map(|n| node(&format!("{shard}-{n}"), shard, None)))
            .collect(),
        shards: 3,
        auth: Auth::Users,
        ..group()
    }
}

fn memcached(nodes: usize) -> Cache {
    let nodes = (1..=nodes).map(|n| Node { shard: "".into(), ..node(&format!("000{n}"), "", None) }).collect();
    Cache {
        name: "rates".into(),
        form: Form::Cluster,
        engine: "memcached".into(),
        nodes,
        tls: false,
        tls_mode: "".into(),
        auth: Auth::None,
        failover: "".into(),
        ..group()
    }
}

fn serverless() -> Cache {
    Cache { form: Form::Serverless, class: "".into(), nodes: vec![], failover: "".into(), ..group() }
}

fn status(status: &str) -> Cache {
    Cache { status: status.into(), ..group() }
}

fn fault() -> Fault {
    let kind = FaultKind::Denied { action: "elasticache:DescribeSnapshots".into(), principal: "".into() };
    Fault::new(kind, "elasticache", "").with_remedy("ask for it")
}

#[track_caller]
fn assert_health(cache: &Cache, health: Health, why: &str) {
    let diagnosis = kind().diagnose(cache, now());
    assert_eq!((diagnosis.health, diagnosis.why.as_str()), (health, why));
}

#[test]
fn every_status_has_a_health_and_words() {
    for (word, health, why) in [
        ("available", Health::Ok, ""),
        ("create-failed", Health::Down, "create-failed: it could not be made"),
        ("incompatible-network", Health::Down, "incompatible-network: its network (VPC, subnets) does not fit"),
        ("restore-failed", Health::Down, "restore-failed: it could not be restored from its snapshot"),
        ("deleted", Health::Down, "deleted: it was deleted"),
        ("deleting", Health::Changing, "deleting: it is being deleted"),
        ("snapshotting", Health::Changing, "snapshotting: a snapshot is being taken"),
        ("modifying", Health::Changing, "modifying: it is modified"),
        ("creating", Health::Changing, "creating"),
        ("rebooting cluster nodes", Health::Changing, "rebooting cluster nodes: nodes reboot: what they held is lost"),
        ("failing-over", Health::Changing, "failing-over: it fails over"),
        ("", Health::Unknown, "AWS tells no status"),
        ("tomorrow", Health::Unknown, "tomorrow"),
    ] {
        assert_health(&status(word), health, why);
    }
}

#[test]
fn nodes_that_do_not_serve_are_told_of_a_cache_that_is_available() {
    let mut cache = group();
    cache.nodes[1].status = "creating".into();
    assert_health(&cache, Health::Degraded, "web-002 creating");
    cache.nodes[0].status = "incompatible-network".into();
    assert_health(&cache, Health::Down, "web-001 incompatible-network, web-002 creating");
    let mut cache = group();
    (cache.parameter_status, cache.pending) = ("pending-reboot".into(), vec![("NumCacheNodes".into(), "3".into())]);
    assert_health(&cache, Health::Ok, "parameters of default.redis7 wait for a reboot; 1 modification pending");
    assert_health(&serverless(), Health::Ok, "");
}

#[test]
fn a_row_says_its_shape_and_when_it_is_not_well_how() {
    let row = cells(kind(), &group());
    for (column, text) in [
        ("name", "web"),
        ("state", "2 nodes"),
        ("engine", "redis 7.1"),
        ("class", "cache.r7g.large"),
        ("tls", "yes"),
        ("auth", "token"),
        ("failover", "enabled"),
        ("status", "available"),
        ("why", ""),
    ] {
        assert_eq!(row[column], text, "{column}");
    }
    let state = |cache: &Cache| cells(kind(), cache)["state"].clone();
    assert_eq!((state(&sharded()).as_str(), state(&serverless()).as_str()), ("3×2 nodes", "serverless"));
    let mut uneven = sharded();
    uneven.nodes.pop();
    assert_eq!((state(&uneven).as_str(), state(&memcached(1)).as_str()), ("3 shards, 5 nodes", "1 node"));
    assert_eq!(state(&status("snapshotting")), "snapshotting");
    let row = cells(kind(), &memcached(2));
    assert_eq!((row["tls"].as_str(), row["auth"].as_str(), row["failover"].as_str()), ("no", "none", "–"));
    assert_eq!(cells(kind(), &Cache { tls_mode: "preferred".into(), ..group() })["tls"], "preferred");
}

#[test]
fn the_json_row_is_stable() {
    let row = json_of(kind(), &group());
    for (member, value) in [
        ("name", json!("web")),
        ("form", json!("group")),
        ("engine", json!("redis")),
        ("class", json!("cache.r7g.large")),
        ("shards", json!(1)),
        ("tls", json!(true)),
        ("auth", json!("token")),
        ("failover", json!("enabled")),
        ("endpoint", json!("master.web.cache:6379")),
        ("health", json!("ok")),
        ("why", json!("")),
    ] {
        assert_eq!(row[member], value, "{member}");
    }
    let node =
        json!({"name": "web-001", "shard": "0001", "role": "primary", "zone": "eu-west-1a", "status": "available"});
    assert_eq!(row["nodes"][0], node);
    let row = json_of(kind(), &memcached(1));
    assert_eq!(
        (&row["form"], &row["failover"], &row["nodes"][0]["role"]),
        (&json!("cluster"), &json!(null), &json!(null))
    );
    let row = json_of(kind(), &serverless());
    assert_eq!((&row["form"], &row["class"], &row["nodes"]), (&json!("serverless"), &json!(null), &json!([])));
    let url = |cache: &Cache| kind().console_url(cache, "eu-west-1").unwrap();
    assert!(url(&memcached(1)).ends_with("#/memcached/rates") && url(&serverless()).ends_with("#/serverless/web"));
}

fn taken(name: &str, status: &str, size: &str) -> CacheSnapshot {
    CacheSnapshot {
        name: name.into(),
        kind: "manual".into(),
        status: status.into(),
        created: Some(ago(60)),
        size: size.into(),
    }
}

#[test]
fn every_tab_speaks_before_and_after_the_detail_and_of_its_faults() {
    for title in ["Overview", "Snapshots", "Events"] {
        assert!(tab(kind(), &group(), title, None).contains("reading…"), "{title}");
    }
    let detail: Facts = std::sync::Arc::new(CacheDetail {
        cache: group(),
        users: Ok(vec![]),
        snapshots: Ok(vec![taken("s", "available", "12 MB")]),
        events: Err(fault()),
    });
    assert!(tab(kind(), &group(), "Snapshots", Some(&detail)).contains("s | manual | available | 1m | 12 MB"));
    assert!(
        tab(kind(), &group(), "Overview", Some(&detail)).contains("needs elasticache:DescribeSnapshots\nask for it")
    );
    assert!(
        tab(kind(), &group(), "Nodes", None)
            .contains("web-001 | 0001 | primary | eu-west-1a | available | web-001.cache:6379")
    );
    assert!(tab(kind(), &sharded(), "Nodes", None).contains("asked by a flush"));
    assert_eq!(tab(kind(), &serverless(), "Nodes", None), "a serverless cache shows no nodes\n");
    assert_eq!(tab(kind(), &memcached(1), "Snapshots", None), "Memcached keeps nothing: it has no snapshots\n");
}

fn cli(plan: &Plan) -> Vec<String> {
    plan.calls.iter().map(|call| call.cli(Some("prod"), None)).collect()
}

fn warned(plan: &Plan, tone: Tone, part: &str) -> bool {
    plan.warnings.iter().any(|(of, text)| *of == tone && text.contains(part))
}
