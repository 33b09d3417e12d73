//! What is done to caches, lived to its end.

use super::super::estate::Place;
use super::super::world::tests::Production;
use super::*;
use crate::domain::call::Call;
use crate::domain::fault::FaultKind;
use crate::domain::ops::memcached::FLUSH_ALL;
use crate::domain::ops::redis::{FLUSHALL, FLUSHDB};

const SESSIONS: &str = "harbour-sessions-production";
const WEB_NODE: &str = "harbour-web-production-002";
const WEB: &str = "harbour-web-production";
const RATES: &str = "harbour-rates-production";
const SEARCH: &str = "harbour-search-production";

/// A fleet with its clock and its chance.
struct World {
    fleet: Fleet,
    now: Timestamp,
    rng: Rng,
}

impl World {
    fn new(calm: bool, stage: &'static str) -> Self {
        let now = "2026-03-04T02:40:00Z".parse().unwrap();
        let place = Place { profile: "", account: "417228905561", region: "eu-west-1", stage, calm };
        Self { fleet: Fleet::new(&place, now), now, rng: Rng::with_seed(3) }
    }

    fn pass(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.now = later(self.now, 1);
            self.fleet.step(self.now, &mut self.rng);
        }
    }

    fn held(&self, name: &str) -> &CacheState {
        self.fleet.held.iter().find(|held| &*held.row.name == name).unwrap()
    }

    fn looks(&self, name: &str) -> Vec<NodeLook> {
        self.held(name).looks(&MayFlush::Yes)
    }

    fn flush(&mut self, op: Op, cache: &str, node: &str, mode: &str, database: u64) -> Result<(), Refusal> {
        let mut call = Call::new(op, [("cache", cache.into()), ("node", node.into())]);
        let mut put = |name: &str, value: serde_json::Value| drop(call.input.insert(name.to_string(), value));
        if !mode.is_empty() {
            put("mode", mode.into());
        }
        if op == FLUSHDB {
            put("database", database.into());
        }
        self.fleet.flush(&call.request()?, self.now)
    }

    fn snapshot(&mut self, list: Form, cache: &str, name: &str) -> Result<Text, Refusal> {
        self.fleet.snapshot(list, cache, name, self.now)
    }

    fn newest(&self, name: &str) -> CacheSnapshot {
        self.fleet.snapshots_of(&name.into())[0].clone()
    }
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Refusal>, code: &str) {
    let Refusal(_, said) = outcome.unwrap_err();
    assert!(said.starts_with(code), "{said}");
}

/// Hits of a hundred reads in the next seconds.
fn rate(world: &mut World, name: &str, seconds: u32) -> u64 {
    let before = world.looks(name)[0].clone();
    world.pass(seconds);
    let after = world.looks(name)[0].clone();
    let (hits, misses) = (after.hits - before.hits, after.misses - before.misses);
    100 * hits / (hits + misses)
}

#[test]
fn a_flushed_cache_fills_again_while_reads_miss() {
    let mut world = World::new(true, "production");
    let before = world.looks(WEB)[0].clone();
    assert!(before.keys.len() == 2 && rate(&mut world, WEB, 10) > 90);
    world.flush(FLUSHALL, WEB, &before.node.to_string(), "ASYNC", 0).unwrap();
    let empty = world.looks(WEB)[0].clone();
    assert!(empty.key_count() == 0 && empty.memory < before.memory / 10, "{empty:?}");
    assert!(rate(&mut world, WEB, 10) < 10);
    let after = world.looks(WEB)[0].key_count();
    assert!((1..before.key_count() / 10).contains(&after), "{after}");
    world.pass(1500);
    assert!(world.looks(WEB)[0].key_count() > before.key_count() * 9 / 10);
    assert!(rate(&mut world, WEB, 10) > 85);
}

#[test]
fn a_flush_is_of_one_node_and_one_database() {
    let mut world = World::new(true, "production");
    let looks = world.looks(SESSIONS);
    assert_eq!(looks.iter().map(|look| &*look.shard).collect::<Vec<_>>(), ["0001", "0002", "0003"]);
    world.flush(FLUSHALL, SESSIONS, &looks[1].node.to_string(), "SYNC", 0).unwrap();
    let counts: Vec<u64> = world.looks(SESSIONS).iter().map(NodeLook::key_count).collect();
    assert!(counts[0] > 0 && counts[1] == 0 && counts[2] > 0, "{counts:?}");

    let node = world.looks(WEB)[0].node.to_string();
    world.flush(FLUSHDB, WEB, &node, "", 1).unwrap();
    assert!(matches!(world.looks(WEB)[0].keys[..], [(0, 1..)]));

    let rates = world.looks(RATES);
    assert!(rates.len() == 2 && rates.iter().all(|look| look.shard.is_empty() && look.user.is_empty()));
    world.flush(FLUSH_ALL, RATES, &rates[0].node.to_string(), "", 0).unwrap();
    assert_eq!(world.looks(RATES)[0].keys, [(0, 0)]);
    assert!(world.looks(RATES)[1].key_count() > 0);
}

#[test]
fn a_wrong_flush_is_refused() {
    let mut world = World::new(true, "production");
    let node = world.looks(WEB)[0].node.to_string();
    let other = world.looks(SESSIONS)[0].node.to_string();
    let replica = world.held(WEB).row.nodes[1].endpoint.clone().unwrap().to_string();
    let primary = world.held(WEB).row.nodes[0].endpoint.clone().unwrap().to_string();
    refused(world.flush(FLUSHALL, WEB, &other, "", 0), &other);
    refused(world.flush(FLUSHALL, WEB, "nowhere:1", "", 0), "nowhere:1 is no primary");
    refused(world.flush(FLUSHALL, WEB, &replica, "", 0), "READONLY ");
    refused(world.flush(FLUSHALL, WEB, &node, "LATER", 0), "mode \"LATER\" cannot be sent");
    refused(world.flush(FLUSHDB, WEB, &node, "", 16), "ERR DB index is out of range");
    refused(world.flush(FLUSHDB, SESSIONS, &other, "", 1), "ERR SELECT is not allowed in cluster mode");
    refused(world.flush(FLUSH_ALL, WEB, &node, "", 0), WEB);
    refused(world.flush(FLUSHALL, "none", &node, "", 0), "there is no cache");
    assert!(world.looks(WEB)[0].key_count() > 0);
    world.flush(FLUSHALL, WEB, &primary, "", 0).unwrap();
    assert_eq!(world.looks(WEB)[0].key_count(), 0);
}

#[test]
fn a_snapshot_is_made_and_a_flush_aborts_it() {
    let mut world = World::new(true, "production");
    assert_eq!(&*world.snapshot(Form::Cluster, WEB_NODE, "before").unwrap(), "before");
    assert_eq!(&*world.held(WEB).row.status, "snapshotting");
    assert!(world.looks(WEB)[0].saving);
    refused(world.snapshot(Form::Cluster, WEB_NODE, "again"), "InvalidCacheClusterState: ");
    refused(world.snapshot(GROUP, WEB, "again"), "InvalidParameterValue: ");
    world.pass(14);
    assert_eq!(&*world.newest(WEB).status, "creating");
    world.pass(1);
    let made = world.newest(WEB);
    assert!(&*made.status == "available" && made.size.ends_with(" MB"), "{made:?}");
    assert_eq!(&*world.held(WEB).row.status, "available");
    refused(world.snapshot(Form::Cluster, WEB_NODE, "before"), "SnapshotAlreadyExistsFault: ");

    world.snapshot(GROUP, SESSIONS, "aborted").unwrap();
    world.pass(5);
    let node = world.looks(SESSIONS)[2].node.to_string();
    world.flush(FLUSHALL, SESSIONS, &node, "", 0).unwrap();
    assert_eq!(&*world.newest(SESSIONS).status, "failed");
    assert_eq!(&*world.held(SESSIONS).row.status, "available");
    world.pass(30);
    assert_eq!(&*world.newest(SESSIONS).status, "failed");
    let events = events_of(&world.fleet.events, SESSIONS, world.now, 60);
    assert!(events[0].message.starts_with("Snapshot failed"), "{events:?}");
}

#[test]
fn snapshots_of_other_forms() {
    let mut world = World::new(true, "production");
    refused(world.snapshot(Form::Cluster, RATES, "one"), "SnapshotFeatureNotSupportedFault: ");
    refused(world.snapshot(GROUP, RATES, "one"), "ReplicationGroupNotFoundFault: ");
    refused(world.snapshot(Form::Cluster, "none", "one"), "CacheClusterNotFound: ");
    world.snapshot(Form::Serverless, SEARCH, "one").unwrap();
    assert_eq!(&*world.held(SEARCH).row.status, "available");
    world.pass(15);
    assert_eq!(&*world.newest(SEARCH).status, "available");
    refused(world.snapshot(Form::Serverless, SEARCH, "one"), "ServerlessCacheSnapshotAlreadyExistsFault: ");

    let mut development = World::new(true, "development");
    development.snapshot(Form::Cluster, "harbour-web-development", "one").unwrap();
    development.pass(15);
    assert_eq!(&*development.newest("harbour-web-development").status, "available");
}

#[test]
fn what_has_no_room_is_evicted_and_missed() {
    let mut world = World::new(false, "production");
    let before = world.looks(WEB)[0].clone();
    assert!(rate(&mut world, WEB, 10) > 90);
    let after = world.looks(WEB)[0].clone();
    assert!(after.memory > before.memory && after.key_count() > before.key_count());
    world.pass(600);
    let room = world.held(WEB).primaries[0].room;
    assert!((room * 99 / 100..=room).contains(&world.looks(WEB)[0].key_count()));
    assert!(rate(&mut world, WEB, 10) < 80);
    let mut calm = World::new(true, "production");
    calm.pass(600);
    assert!(rate(&mut calm, WEB, 10) > 90);
}

#[test]
fn connections_and_refusals_follow_who_one_is() {
    let world = World::new(true, "production");
    for (name, connection) in [
        (SESSIONS, "TLS, user ops"),
        (WEB, "TLS, AUTH token"),
        (RATES, "no TLS, no password"),
        (SEARCH, "TLS, no password"),
    ] {
        assert_eq!(&*world.held(name).connection(), connection, "{name}");
    }
    for (scenario, refused) in [("denied", true), ("calm", false)] {
        let mut world = Production::new(scenario);
        let node = world.estate().caches().held[0].primaries[0].node.to_string();
        let call = Call::new(FLUSHALL, [("cache", SESSIONS.into()), ("node", node.into())]);
        match world.ask(&call) {
            Ok(receipt) => assert!(!refused && receipt.told[0].contains(" keys → 0")),
            Err(Refusal(kind, said)) => {
                assert!(refused && kind == FaultKind::Invalid && said.starts_with("NOPERM User ops has"), "{said}");
            }
        }
    }
}

#[test]
fn the_same_seed_lives_the_same_life() {
    let live = || {
        let mut world = World::new(false, "production");
        world.snapshot(Form::Cluster, WEB_NODE, "one").unwrap();
        world.pass(7);
        let node = world.looks(WEB)[0].node.to_string();
        world.flush(FLUSHALL, WEB, &node, "", 0).unwrap();
        world.pass(100);
        format!("{:?}", world.fleet)
    };
    assert_eq!(live(), live());
}
