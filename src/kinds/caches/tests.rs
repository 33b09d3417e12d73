//! What is said of a cache, and what its two actions plan and conclude, by example.

use std::collections::BTreeMap;

use serde_json::json;

use super::{flush, kind};
use crate::domain::Timestamp;
use crate::domain::cache::*;
use crate::domain::event::Event;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::health::Health;
use crate::domain::intent::{Intent, Receipt, Verdict};
use crate::domain::resource::{Facts, ResourceId};
use crate::kinds::action::{ActionSpec, Applied, Confirm, Inputs, Plan, Progress, Rest};
use crate::kinds::cell::{Block, Tone};
use crate::kinds::kind::Look;

pub(super) fn now() -> Timestamp {
    ago(0)
}

fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_226_047 - seconds).unwrap()
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

fn cells(cache: &Cache) -> BTreeMap<&'static str, String> {
    kind().columns.iter().map(|c| (c.id, c.cell(cache, Look::at(now())).text)).collect()
}

#[test]
fn a_row_says_its_shape_and_when_it_is_not_well_how() {
    let row = cells(&group());
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
    let state = |cache: &Cache| cells(cache)["state"].clone();
    assert_eq!((state(&sharded()).as_str(), state(&serverless()).as_str()), ("3×2 nodes", "serverless"));
    let mut uneven = sharded();
    uneven.nodes.pop();
    assert_eq!((state(&uneven).as_str(), state(&memcached(1)).as_str()), ("3 shards, 5 nodes", "1 node"));
    assert_eq!(state(&status("snapshotting")), "snapshotting");
    let row = cells(&memcached(2));
    assert_eq!((row["tls"].as_str(), row["auth"].as_str(), row["failover"].as_str()), ("no", "none", "–"));
    assert_eq!(cells(&Cache { tls_mode: "preferred".into(), ..group() })["tls"], "preferred");
}

#[test]
fn the_json_row_is_stable() {
    let row = kind().json(&group(), now());
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
    let row = kind().json(&memcached(1), now());
    assert_eq!(
        (&row["form"], &row["failover"], &row["nodes"][0]["role"]),
        (&json!("cluster"), &json!(null), &json!(null))
    );
    let row = kind().json(&serverless(), now());
    assert_eq!((&row["form"], &row["class"], &row["nodes"]), (&json!("serverless"), &json!(null), &json!([])));
    let url = |cache: &Cache| kind().console_url(cache, "eu-west-1").unwrap();
    assert!(url(&memcached(1)).ends_with("#/memcached/rates") && url(&serverless()).ends_with("#/serverless/web"));
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

fn tab(cache: &Cache, title: &str, detail: Option<&Facts>) -> String {
    let tabs = kind().tabs;
    said(&tabs.iter().find(|tab| tab.title == title).unwrap().view(cache, detail, Look::at(now())))
}

#[test]
fn every_tab_speaks_before_and_after_the_detail_and_of_its_faults() {
    for title in ["Overview", "Snapshots", "Events"] {
        assert!(tab(&group(), title, None).contains("reading…"), "{title}");
    }
    let detail: Facts = std::sync::Arc::new(CacheDetail {
        cache: group(),
        users: Ok(vec![]),
        snapshots: Ok(vec![taken("s", "available", "12 MB")]),
        events: Err(fault()),
    });
    assert!(tab(&group(), "Snapshots", Some(&detail)).contains("s|manual|available|1m|12 MB|"));
    assert!(tab(&group(), "Overview", Some(&detail)).contains("needs elasticache:DescribeSnapshots\nask for it"));
    assert!(tab(&group(), "Nodes", None).contains("web-001|0001|primary|eu-west-1a|available|web-001.cache:6379|"));
    assert!(tab(&sharded(), "Nodes", None).contains("asked by a flush"));
    assert_eq!(tab(&serverless(), "Nodes", None), "a serverless cache shows no nodes\n");
    assert_eq!(tab(&memcached(1), "Snapshots", None), "Memcached keeps nothing: it has no snapshots\n");
}

fn action(id: &str) -> ActionSpec {
    kind().actions.into_iter().find(|action| action.id.0 == id).unwrap()
}

fn inputs(fields: &[(&str, &str)]) -> Inputs {
    fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn row(plan: &Plan, label: &str) -> String {
    let (_, spans) = plan.rows.iter().find(|(l, _)| l == label).unwrap_or_else(|| panic!("{label}: {plan:?}"));
    spans.iter().map(|span| span.text.as_str()).collect()
}

fn cli(plan: &Plan) -> Vec<String> {
    plan.calls.iter().map(|call| call.cli(Some("prod"), None)).collect()
}

fn warned(plan: &Plan, tone: Tone, part: &str) -> bool {
    plan.warnings.iter().any(|(of, text)| *of == tone && text.contains(part))
}

fn intent(plan: &Plan, sent: i64) -> Intent {
    Intent {
        id: "i".into(),
        at: ago(sent),
        environment: "e".into(),
        profile: None,
        account: "123456789012".into(),
        region: "eu-west-1".into(),
        identity: "".into(),
        action: "".into(),
        kind: "caches".into(),
        resource: group().id,
        name: "web".into(),
        calls: plan.calls.clone(),
        inputs: BTreeMap::new(),
        before: plan.before.clone(),
        summary: "".into(),
    }
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
    let intent = intent(&take(&detail(group(), vec![]), "s-1").unwrap(), sent);
    let event = |seconds, message: &str| Event {
        at: Some(ago(seconds)),
        source: "web".into(),
        message: message.into(),
        categories: vec![],
    };
    let events = Ok(vec![event(5, "Snapshot failed: no memory"), event(9000, "older")]);
    let facts = CacheDetail { snapshots: seen, events, ..detail(status("snapshotting"), vec![]) };
    let progress = action("snapshot-cache").progress(&intent, &Receipt::of("r", None), &facts, now()).unwrap();
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

fn look(shard: &str, host: &str, keys: &[(u32, u64)]) -> NodeLook {
    NodeLook {
        shard: shard.into(),
        node: Endpoint::new(host, 6379),
        via: Endpoint::new(host, 6379),
        keys: keys.to_vec(),
        memory: 3 << 20,
        clients: 12,
        hits: 97,
        misses: 3,
        saving: false,
        user: "default".into(),
        may_flush: MayFlush::Yes,
    }
}

fn facts(cache: Cache, looks: Vec<NodeLook>) -> FlushFacts {
    FlushFacts {
        cache,
        looks: Ok(looks),
        connection: "TLS, AUTH token".into(),
        snapshots: Ok(vec![taken("night", "available", "")]),
        databases: Ok(vec![("db".into(), "available".into())]),
    }
}

/// Three primaries of the sharded cache.
fn shards() -> FlushFacts {
    let looks = (1..=3).map(|n| look(&format!("000{n}"), &format!("p{n}"), &[(0, 100 * n)])).collect();
    facts(sharded(), looks)
}

fn one() -> FlushFacts {
    facts(group(), vec![look("", "master", &[(0, 400), (1, 2)])])
}

fn flush(facts: &FlushFacts, fields: &[(&str, &str)]) -> Result<Plan, String> {
    action("flush").plan(facts, &inputs(fields), now())
}

#[test]
fn a_flush_goes_to_every_primary_in_order() {
    let plan = flush(&shards(), &[("shards", "all"), ("mode", "async")]).unwrap();
    assert_eq!(
        cli(&plan),
        ["p1", "p2", "p3"].map(|host| format!("redis-cli -h {host} -p 6379 --tls --askpass FLUSHALL ASYNC"))
    );
    assert_eq!((plan.confirm, plan.summary.as_str()), (Confirm::TypeName, "flush sessions"));
    assert_eq!(row(&plan, "would be lost"), "600 keys  9 MiB");
    assert_eq!(row(&plan, "0002"), "200 keys  3 MiB  12 clients  hit rate 97 %");
    assert_eq!(row(&plan, "last snapshot"), "night  S takes one first");
    assert_eq!(plan.before, json!({ "nodes": ["p1:6379", "p2:6379", "p3:6379"] }));
    assert!(
        warned(&plan, Tone::Degraded, "600 keys are missed at once")
            && warned(&plan, Tone::Plain, "one after the other")
    );
    assert_eq!(plan.then, "keys are counted again on 3 primaries");
}

#[test]
fn some_shards_are_chosen_by_their_ids() {
    let plan = flush(&shards(), &[("shards", " 0003 , 0001 ")]).unwrap();
    let nodes: Vec<&str> = plan.calls.iter().map(|call| call.str("node")).collect();
    assert_eq!((nodes, plan.summary.as_str()), (vec!["p1:6379", "p3:6379"], "flush sessions (0001, 0003)"));
    assert_eq!(row(&plan, "would be lost"), "400 keys  6 MiB");
    let plan = flush(&shards(), &[("shards", "0002")]).unwrap();
    assert_eq!(plan.then, "keys are counted again on 1 primary");
    assert_eq!(flush(&shards(), &[("shards", "0004")]).unwrap_err(), "there is no 0004; there are 0001, 0002, 0003");
    let check = |field, value| action("flush").check(&inputs(&[(field, value)]));
    for nothing in ["", " ", ",", " , ,"] {
        let wrong = check("shards", nothing).unwrap_err();
        assert_eq!(wrong, ("shards", "all, or ids with commas between".to_string()), "nothing named is not everything");
    }
    for (field, value) in [("database", ""), ("database", "-1"), ("database", "x"), ("mode", ""), ("mode", "all")] {
        assert_eq!(check(field, value).unwrap_err().0, field, "{value:?}");
    }
    assert!(flush(&facts(sharded(), vec![]), &[]).unwrap_err().contains("no primary"));
}

#[test]
fn one_database_is_flushed_by_its_number() {
    let plan = flush(&one(), &[("database", "1"), ("mode", "sync")]).unwrap();
    assert_eq!(cli(&plan), ["redis-cli -h master -p 6379 --tls --askpass -n 1 FLUSHDB SYNC"]);
    assert_eq!(plan.summary, "flush database 1 of web");
    assert_eq!(row(&plan, "would be lost"), "2 keys", "what one database takes of the memory nobody tells");
    assert!(warned(&plan, Tone::Degraded, "SYNC: each server answers nobody"));
    let plan = flush(&one(), &[]).unwrap();
    assert_eq!(row(&plan, "master:6379"), "db0 400, db1 2  3 MiB  12 clients  hit rate 97 %");
    let empty = flush(&one(), &[("database", "7")]).unwrap();
    assert_eq!(row(&empty, "would be lost"), "0 keys");
    assert!(warned(&empty, Tone::Plain, "there are no keys now") && !warned(&empty, Tone::Degraded, "missed"));
    let single = facts(group(), vec![look("", "master", &[(0, 1)])]);
    let plan = flush(&single, &[]).unwrap();
    assert_eq!(row(&plan, "would be lost"), "1 key  3 MiB");
    assert!(warned(&plan, Tone::Degraded, "1 key is missed at once"));
}

#[test]
fn fields_follow_the_form_of_the_cache() {
    let names = |cache: &Cache| action("flush").fields(cache, now()).iter().map(|f| f.name).collect::<Vec<_>>();
    assert_eq!(names(&sharded()), ["shards", "mode"]);
    assert_eq!(names(&group()), ["database", "mode"]);
    assert_eq!(names(&serverless()), ["mode"]);
    assert_eq!((names(&memcached(1)), names(&memcached(2))), (vec![], vec!["shards"]));
    for cache in [sharded(), group(), serverless(), memcached(2)] {
        let fields = action("flush").fields(&cache, now());
        let offered: Inputs = fields.into_iter().map(|f| (f.name.to_string(), f.initial)).collect();
        assert_eq!(action("flush").check(&offered), Ok(()), "what is offered is right");
    }
}

#[test]
fn memcached_is_flushed_node_by_node() {
    let mut facts = facts(memcached(2), vec![look("", "n1", &[(0, 7)]), look("", "n2", &[(0, 8)])]);
    facts.connection = "no TLS, no password".into();
    let plan = flush(&facts, &[("shards", "all")]).unwrap();
    assert_eq!(cli(&plan), ["n1", "n2"].map(|host| format!(r"printf 'flush_all\r\nquit\r\n' | nc {host} 6379")));
    assert_eq!(plan.then, "keys are counted again on 2 nodes");
    assert!(plan.rows.iter().all(|(label, _)| label != "last snapshot") && plan.undo.contains("fills again"));
    let plan = flush(&facts, &[("shards", "n2:6379")]).unwrap();
    assert_eq!((plan.calls.len(), plan.summary.as_str()), (1, "flush rates (n2:6379)"));
    let rest = Rest { calls: &plan.calls, taken: None, is_certain: true };
    assert_eq!(action("flush").rest(rest).unwrap(), "flush with nodes n2:6379 does the rest");
}

#[test]
fn the_line_connects_as_the_console_did() {
    let line = |connection: &str, edit: &dyn Fn(&mut NodeLook)| {
        let mut facts = one();
        facts.connection = connection.into();
        edit(&mut facts.looks.as_mut().unwrap()[0]);
        cli(&flush(&facts, &[]).unwrap()).remove(0)
    };
    assert_eq!(line("no TLS, no password", &|_| ()), "redis-cli -h master -p 6379 FLUSHALL ASYNC");
    assert_eq!(
        line("TLS, user app, password from $X", &|look| look.user = "app".into()),
        "redis-cli -h master -p 6379 --tls --askpass --user app FLUSHALL ASYNC"
    );
    assert_eq!(
        line("TLS not verified, IAM token", &|look| look.via = Endpoint::new("::1", 16379)),
        "redis-cli -h ::1 -p 16379 --tls --askpass FLUSHALL ASYNC"
    );
}

#[test]
fn warnings_come_worst_first() {
    let mut facts = shards();
    facts.connection = "TLS not verified, no password".into();
    facts.looks.as_mut().unwrap()[0].saving = true;
    facts.looks.as_mut().unwrap()[1].may_flush = MayFlush::Unknown("it does not tell".into());
    facts.databases = Ok(vec![("db".into(), "storage-full".into())]);
    let plan = flush(&facts, &[]).unwrap();
    let tones: Vec<Tone> = plan.warnings.iter().map(|(tone, _)| *tone).collect();
    assert_eq!(tones, [Tone::Down, Tone::Down, Tone::Degraded, Tone::Unknown, Tone::Plain]);
    assert!(warned(&plan, Tone::Down, "FLUSHALL aborts it") && warned(&plan, Tone::Down, "db is storage-full"));
    assert!(warned(&plan, Tone::Degraded, "certificate is not verified"));
    facts.databases = Err(fault());
    facts.snapshots = Err(fault());
    let plan = flush(&facts, &[]).unwrap();
    assert!(warned(&plan, Tone::Degraded, "not known how they are"));
    assert!(row(&plan, "last snapshot").starts_with("not read: access denied"));
}

#[test]
fn what_may_not_be_flushed_is_refused_before_anything_is_sent() {
    for forbidden in ["creating", "deleting", "create-failed"] {
        assert_eq!(action("flush").guard(&status(forbidden)).unwrap_err(), format!("it is {forbidden}"));
    }
    assert!(action("flush").guard(&memcached(1)).is_ok());
    let mut facts = shards();
    facts.looks.as_mut().unwrap()[2].may_flush = MayFlush::No("User app may not".into());
    assert_eq!(flush(&facts, &[]).unwrap_err(), "shard 0003: User app may not; nothing was sent");
    assert!(flush(&facts, &[("shards", "0001,0002")]).is_ok(), "of the others nobody said no");
    facts.looks = Err(Fault::new(FaultKind::Unreachable, "p1:6379", "no route").with_remedy("open a tunnel"));
    assert_eq!(flush(&facts, &[]).unwrap_err(), "nothing was sent: p1:6379: no route; open a tunnel");
}

#[test]
fn a_password_is_wanted_only_when_the_cache_asks_for_one() {
    let wants = |action: &str| {
        let kind = FaultKind::Denied { action: action.into(), principal: "".into() };
        let facts = FlushFacts { looks: Err(Fault::new(kind, "x", "")), ..shards() };
        self::action("flush").wants_secret(&facts)
    };
    assert!(wants(flush::AUTH) && !wants("elasticache:Connect"));
    assert!(!action("flush").wants_secret(&shards()));
    assert!(!action("snapshot-cache").wants_secret(&shards()), "facts of another action");
}

/// A flush of all shards of which so many calls were taken, by what is read now.
fn flushed(taken: usize, seen: &FlushFacts) -> Progress {
    let intent = intent(&flush(&shards(), &[]).unwrap(), 10);
    let told = |n: usize| vec![format!("p{n}: {n}00 keys → 0").into()];
    let receipt = |n: usize| Receipt { told: told(n), ..Receipt::of("", None) };
    let receipt = (2..=taken).fold(receipt(1), |all, n| all.then(receipt(n)));
    action("flush").progress(&intent, &receipt, seen, now()).unwrap()
}

#[test]
fn a_flush_ends_when_its_calls_are_answered() {
    let mut seen = shards();
    seen.looks.as_mut().unwrap().iter_mut().for_each(|look| look.keys = vec![(0, 2)]);
    seen.looks.as_mut().unwrap().push(look("0004", "p4", &[(0, 5000)]));
    let progress = flushed(3, &seen);
    assert_eq!(
        (progress.verdict, progress.line.as_str()),
        (Some(Verdict::Done), "3 primaries flushed; 6 keys there now")
    );
    assert_eq!(progress.evidence, ["p1: 100 keys → 0", "p2: 200 keys → 0", "p3: 300 keys → 0"]);
    seen.looks = Err(fault());
    assert_eq!(flushed(3, &seen).line, "3 primaries flushed", "it is over whether they can be counted or not");
}

#[test]
fn a_flush_of_one_server_says_what_the_server_said() {
    let intent = intent(&flush(&one(), &[("database", "1")]).unwrap(), 10);
    let end = |told: Vec<crate::domain::text::Text>| {
        let receipt = Receipt { told, ..Receipt::of("", None) };
        action("flush").progress(&intent, &receipt, &one(), now()).unwrap().line
    };
    assert_eq!(end(vec!["master: 2 keys → 0".into()]), "master: 2 keys → 0; 2 keys there now", "of database 1 alone");
    assert_eq!(end(vec![]), "1 primary flushed; 2 keys there now");
}

#[test]
fn a_flush_that_broke_off_names_what_is_left() {
    let progress = flushed(1, &shards());
    assert_eq!(progress.verdict, Some(Verdict::Failed));
    assert_eq!(progress.line, "1 of 3 flushed; flush with shards 0002,0003 does the rest");
    assert_eq!(progress.evidence, ["p1: 100 keys → 0"]);
}

#[test]
fn reading_tells_of_a_flush_only_when_the_server_is_empty() {
    let all = intent(&flush(&shards(), &[]).unwrap(), 10);
    // Only the call in doubt is asked about.
    let second = Intent { calls: vec![all.calls[1].clone()], ..all };
    let applied = |seen: &FlushFacts| action("flush").applied(&second, seen, now());
    let mut seen = shards();
    assert_eq!(applied(&seen), Applied::NeverTells, "keys may have come since");
    seen.looks.as_mut().unwrap()[1].keys = vec![];
    assert_eq!(applied(&seen), Applied::Yes(Receipt::of("", None)));
    seen.looks = Err(fault());
    assert_eq!(applied(&seen), Applied::CannotTell);
}
