//! The caches of Harbour Lines as they are at the start.

use super::super::clock::night;
use super::primary::{Keys, Primary};
use super::{CacheState, Fleet};
use crate::demo::prelude::*;
use crate::domain::cache::{Auth, Cache, CacheSnapshot, Endpoint, Form, Node};

/// Seconds after midnight at which the nightly snapshot begins.
const BACKUP: i64 = 3 * 3600 + 7 * 60;

/// The account's own part of the endpoints' names.
const DOMAIN: &str = "h4rbr7";

impl Fleet {
    /// The caches of a stage.
    pub fn new(place: &Place, now: Timestamp) -> Self {
        let mut fleet =
            Self { held: vec![], snapshots: vec![], events: vec![], coming: vec![], flushes: vec![], begun: now };
        match place.stage {
            "production" => fleet.production(place, now),
            "staging" => {
                let mut web = group(place, now, "web", ("redis", "7.1"), Form::Group { sharded: false }, (1, 1));
                (web.failover, web.multi_az) = ("disabled".into(), "disabled".into());
                web.class = "cache.t4g.micro".into();
                fleet.add(web, &[(0, 8_200)], 30);
            }
            _ => {
                let mut web = cluster(place, now, "web", ("redis", "7.1"), 1);
                web.class = "cache.t4g.micro".into();
                fleet.add(web, &[(0, 610)], 4);
            }
        }
        fleet.nights(now);
        fleet
    }

    fn production(&mut self, place: &Place, now: Timestamp) {
        let sharded = Form::Group { sharded: true };
        let mut sessions = group(place, now, "sessions", ("valkey", "7.2"), sharded, (3, 2));
        sessions.auth = Auth::Users;
        sessions.description = "sessions of passengers".into();
        sessions.snapshot_retention = 5;
        self.add(sessions, &[(0, 184_000)], 420);

        let mut web = group(place, now, "web", ("redis", "7.1"), Form::Group { sharded: false }, (1, 2));
        web.auth = Auth::Token;
        web.description = "pages and timetables".into();
        web.snapshot_retention = 3;
        let name = web.name.clone();
        self.add(web, &[(0, 402_000), (1, 1_850)], 900);
        if let (false, Some(primary)) = (place.calm, self.held.last_mut().and_then(|held| held.primaries.last_mut())) {
            // More and more is to be kept, and there will not be room for all of it.
            primary.room = 452_000;
            primary.databases[0].growth = 300;
        }
        let message = format!("Failover from master node {name}-002 to replica node {name}-001 completed");
        self.record_event(&name, later(now, -6 * DAY), message);

        let mut rates = cluster(place, now, "rates", ("memcached", "1.6.22"), 2);
        rates.description = "exchange rates".into();
        self.add(rates, &[(0, 12_400)], 260);

        self.serverless(place, now);
    }

    fn serverless(&mut self, place: &Place, now: Timestamp) {
        let mut search = cluster(place, now, "search", ("valkey", "8.0"), 0);
        let host = |reader| {
            let host = format!("{}-{DOMAIN}.serverless.{}.cache.amazonaws.com", search.name, short(place.region));
            Some(Endpoint::new(host, if reader { 6380 } else { 6379 }))
        };
        (search.endpoint, search.reader_endpoint) = (host(false), host(true));
        search.id = place.arn("elasticache", &format!("serverlesscache:{}", search.name));
        (search.form, search.part) = (Form::Serverless, Form::Serverless.part().into());
        search.class = Text::default();
        search.tls = true;
        search.snapshot_retention = 2;
        (search.parameter_group, search.parameter_status) = (Text::default(), Text::default());
        search.maintenance_window = Text::default();
        search.description = "search suggestions".into();
        self.add(search, &[(0, 58_000)], 350);
    }

    /// Adds a cache with so many keys by database on each of its primaries, and reads a second.
    fn add(&mut self, row: Cache, keys: &[(u32, u64)], reads: u64) {
        let primary = |shard: &Text, node: &Endpoint, i: u64| {
            let spread = |keys: u64| keys + keys * i / 70;
            let databases: Vec<Keys> = keys
                .iter()
                .map(|(number, keys)| Keys { number: *number, keys: spread(*keys), usual: spread(*keys), growth: 0 })
                .collect();
            Primary {
                shard: shard.clone(),
                node: node.clone(),
                room: databases.iter().map(|database| database.usual).sum::<u64>() * 2,
                databases,
                weight: 2_600,
                clients: 12 + reads / 20,
                reads,
                hits: reads * 3_000_000,
                misses: reads * 92_000,
            }
        };
        let primaries = match (row.form, row.is_memcached()) {
            (Form::Group { sharded: true }, _) | (_, true) => {
                let firsts = row.nodes.iter().filter(|node| node.name.ends_with("-001") || row.is_memcached());
                let served = firsts.filter_map(|node| Some((&node.shard, node.endpoint.as_ref()?)));
                (0..).zip(served).map(|(i, (shard, endpoint))| primary(shard, endpoint, i)).collect()
            }
            // Where there is one primary no shard needs to be told apart.
            _ => row.endpoint.iter().map(|endpoint| primary(&Text::default(), endpoint, 0)).collect(),
        };
        self.held.push(CacheState { row, primaries });
    }

    /// The automated snapshots of the last nights.
    fn nights(&mut self, now: Timestamp) {
        for held in &self.held {
            let bytes: u64 = held.primaries.iter().map(Primary::memory).sum();
            for nights in 1..=i64::from(held.row.snapshot_retention) {
                let at = night(now, nights, BACKUP);
                let snapshot = CacheSnapshot {
                    name: format!("automatic.{}-{}", held.row.name, at.strftime("%Y-%m-%d-%H-%M")).into(),
                    kind: "automated".into(),
                    status: "available".into(),
                    created: Some(at),
                    size: format!("{} MB", bytes >> 20).into(),
                };
                self.snapshots.push((held.row.name.clone(), snapshot));
            }
        }
        for (cache, snapshot) in self.snapshots.clone() {
            let at = snapshot.created.map_or(now, |at| later(at, 95));
            self.record_event(&cache, at, format!("Snapshot succeeded for snapshot with ID '{}'", snapshot.name));
        }
        self.snapshots.sort_by_key(|(_, snapshot)| std::cmp::Reverse(snapshot.created));
        self.events.sort_by_key(|(_, event)| std::cmp::Reverse(event.at));
    }
}

/// A Region as ElastiCache writes it in names.
fn short(region: &str) -> &'static str {
    if region == "eu-west-1" { "euw1" } else { "euc1" }
}

/// A cache without a group, with so many nodes.
fn cluster(place: &Place, now: Timestamp, what: &str, (engine, version): (&str, &str), nodes: u32) -> Cache {
    let name = place.name(what);
    let memcached = engine == "memcached";
    let port = if memcached { 11211 } else { 6379 };
    let host = |middle: &str| {
        Endpoint::new(format!("{name}.{DOMAIN}.{middle}.{}.cache.amazonaws.com", short(place.region)), port)
    };
    let node = |number: u32| Node {
        name: format!("{number:04}").into(),
        shard: Text::default(),
        primary: None,
        zone: place.zone(if number == 1 { "a" } else { "b" }),
        status: "available".into(),
        endpoint: Some(host(&format!("{number:04}"))),
    };
    Cache {
        id: place.arn("elasticache", &format!("cluster:{name}")),
        part: Form::Cluster.part().into(),
        engine: engine.into(),
        version: version.into(),
        class: "cache.r7g.large".into(),
        status: "available".into(),
        nodes: (1..=nodes).map(node).collect(),
        shards: 1,
        snapshot_window: if memcached { "" } else { "03:00-04:00" }.into(),
        maintenance_window: "sun:04:30-sun:05:30".into(),
        parameter_group: if memcached { "default.memcached1.6".into() } else { format!("default.{engine}7").into() },
        parameter_status: "in-sync".into(),
        endpoint: Some(host(if memcached { "cfg" } else { "0001" })),
        created: Some(later(now, -500 * DAY)),
        name,
        ..Cache::default()
    }
}

/// A replication group with TLS: so many shards of so many nodes.
fn group(
    place: &Place,
    now: Timestamp,
    what: &str,
    engine: (&str, &str),
    form: Form,
    (shards, nodes): (u32, u32),
) -> Cache {
    let mut cache = cluster(place, now, what, engine, 0);
    let name = cache.name.clone();
    let sharded = form == Form::Group { sharded: true };
    let host = |first: &str| {
        Endpoint::new(format!("{first}.{name}.{DOMAIN}.{}.cache.amazonaws.com", short(place.region)), 6379)
    };
    for shard in 1..=shards {
        for (number, letter) in (1..=nodes).zip(["a", "b", "c", "a", "b"]) {
            let node = if sharded { format!("{name}-{shard:04}-{number:03}") } else { format!("{name}-{number:03}") };
            cache.nodes.push(Node {
                endpoint: Some(host(&node)),
                name: node.into(),
                shard: format!("{shard:04}").into(),
                primary: (!sharded).then_some(number == 1),
                zone: place.zone(letter),
                status: "available".into(),
            });
        }
    }
    cache.id = place.arn("elasticache", &format!("replicationgroup:{name}"));
    (cache.form, cache.part) = (form, form.part().into());
    cache.shards = shards;
    (cache.tls, cache.tls_mode) = (true, "required".into());
    (cache.failover, cache.multi_az) = ("enabled".into(), "enabled".into());
    cache.endpoint = Some(host(if sharded { "clustercfg" } else { "master" }));
    cache.reader_endpoint = (!sharded).then(|| host("replica"));
    cache
}
