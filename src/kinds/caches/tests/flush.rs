//! What a flush plans and concludes, by example.

use super::*;
use crate::domain::intent::{Intent, Receipt, Verdict};
use crate::kinds::action::{Applied, Confirm, Inputs, Plan, Progress, Remainder};
use crate::kinds::caches::actions::flush;
use crate::kinds::cell::Tone;
use crate::kinds::testing::{action, inputs, intent, row};

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
    let rest = Remainder { calls: &plan.calls, accepted: None, is_certain: true };
    assert_eq!(action("flush").remainder(rest).unwrap(), "flush with nodes n2:6379 does the rest");
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
        self::action("flush").needs_password(&facts)
    };
    assert!(wants(flush::AUTH) && !wants("elasticache:Connect"));
    assert!(!action("flush").needs_password(&shards()));
    assert!(!action("snapshot-cache").needs_password(&shards()), "facts of another action");
}

/// A flush of all shards of which so many calls were taken, by what is read now.
fn flushed(taken: usize, seen: &FlushFacts) -> Progress {
    let intent = intent(&flush(&shards(), &[]).unwrap(), &group(), 10);
    let told = |n: usize| vec![format!("p{n}: {n}00 keys → 0").into()];
    let receipt = |n: usize| Receipt { told: told(n), ..Receipt::of("", None) };
    let receipt = (2..=taken).fold(receipt(1), |all, n| all.then(receipt(n)));
    action("flush").progress(&intent, &receipt, seen, now())
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
    let intent = intent(&flush(&one(), &[("database", "1")]).unwrap(), &group(), 10);
    let end = |told: Vec<crate::domain::text::Text>| {
        let receipt = Receipt { told, ..Receipt::of("", None) };
        action("flush").progress(&intent, &receipt, &one(), now()).line
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
    let all = intent(&flush(&shards(), &[]).unwrap(), &group(), 10);
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
