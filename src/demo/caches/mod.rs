//! The caches of the estate: how keys come and go, and what flushes and snapshots do to them.

mod logs;
mod metrics;
mod primary;
mod seed;
#[cfg(test)]
mod tests;

use super::services;
use crate::demo::prelude::*;
use crate::domain::cache::{Auth, Cache, CacheDetail, CacheSnapshot, CacheUser, FlushFacts, Form, MayFlush, NodeLook};
use crate::domain::event::Event;
use crate::domain::ops::elasticache;
use crate::domain::requests::Request;
use crate::domain::requests::elasticache::{CreateServerlessCacheSnapshot, CreateSnapshot};
use crate::domain::requests::flush::Flush;
use crate::kinds::caches::{CACHES, EVENTS};
use crate::kinds::ssm::{forward, session_facts};
use crate::kinds::timeline;
use primary::Primary;

/// The list of replication groups.
const GROUP: Form = Form::Group { sharded: false };

/// A cache misses what it had.
pub const COLD: Strain = Strain("cold");

/// What the server says to users that may not flush, after its code.
const NOT_PERMITTED: &str = "User ops has no permissions to run the 'flushall' command";

/// What an estate has of caches. The rows are kept as AWS tells them.
#[derive(Clone, Debug)]
pub struct Fleet {
    held: Vec<CacheState>,
    /// By cache, newest first.
    snapshots: Vec<(Text, CacheSnapshot)>,
    /// By cache, newest first.
    events: Vec<(Text, Event)>,
    /// Snapshots that are being made: when they are done, of which cache, their names.
    coming: Vec<(Timestamp, Text, Text)>,
    /// Which cache was emptied, and when.
    flushes: Vec<(Text, Timestamp)>,
    begun: Timestamp,
}

/// A cache, and what is found inside of it.
#[derive(Clone, Debug)]
struct CacheState {
    row: Cache,
    /// One a shard; of Memcached every node.
    primaries: Vec<Primary>,
}

impl CacheState {
    fn looks(&self, may_flush: &MayFlush) -> Vec<NodeLook> {
        let user = match (self.row.is_memcached(), self.row.auth) {
            (true, _) => "",
            (false, Auth::Users) => "ops",
            (false, _) => "default",
        };
        let look = |primary: &Primary| NodeLook {
            shard: primary.shard.clone(),
            node: primary.node.clone(),
            via: primary.node.clone(),
            keys: primary.key_counts(self.row.is_memcached()),
            memory: primary.memory(),
            clients: primary.clients,
            hits: primary.hits,
            misses: primary.misses,
            saving: &*self.row.status == "snapshotting",
            user: user.into(),
            may_flush: may_flush.clone(),
        };
        self.primaries.iter().map(look).collect()
    }

    /// How the console is connected to it.
    fn connection(&self) -> Text {
        let tls = if self.row.tls { "TLS" } else { "no TLS" };
        let who = match self.row.auth {
            Auth::None => "no password",
            Auth::Token => "AUTH token",
            Auth::Users => "user ops",
        };
        format!("{tls}, {who}").into()
    }
}

impl Fleet {
    pub fn rows(&self) -> impl Iterator<Item = &Cache> {
        self.held.iter().map(|held| &held.row)
    }

    /// How much (0 to 1) a cache misses at a moment of what it had before it was emptied.
    pub fn miss_rate(&self, what: &str, at: i64) -> f64 {
        let of = self.flushes.iter().filter(|(name, flushed)| family(name) == what && flushed.as_second() <= at);
        of.map(|(_, flushed)| (-((at - flushed.as_second()) as f64) / primary::RETURN as f64).exp()).fold(0.0, f64::max)
    }

    /// How much (0 to 1) of the room that was left at the start is taken at a moment, by the growth that
    /// was there from the start.
    pub fn fullness(&self, what: &str, at: i64) -> f64 {
        let of = self.held.iter().filter(|held| family(&held.row.name) == what);
        let crowded = of.flat_map(|held| &held.primaries).map(|primary| primary.fullness(at - self.begun.as_second()));
        crowded.fold(0.0, f64::max)
    }

    /// The nodes of a cache were replaced, and what they held is lost.
    pub fn recovers(&mut self, name: &Text, now: Timestamp) {
        let Some(held) = self.held.iter().find(|held| held.row.name == *name) else { return };
        let nodes: Vec<&str> = held.row.nodes.iter().map(|node| node.name.as_str()).collect();
        let nodes = nodes.join(", ");
        self.record_event(name, later(now, -40), format!("Recovering cache nodes {nodes}"));
        self.record_event(name, now, format!("Finished recovery for cache nodes {nodes}"));
    }

    /// A cache holds no more than this part (0 to 1) of what it usually has.
    pub fn holds_at_most(&mut self, name: &str, part: f64) {
        let held = self.held.iter_mut().filter(|held| *held.row.name == *name);
        for database in held.flat_map(|held| &mut held.primaries).flat_map(|primary| &mut primary.databases) {
            database.keys = database.keys.min((database.usual as f64 * part) as u64);
        }
    }

    /// A zone is lost: where the primary of a group was there, a replica in another takes its place.
    pub fn lose_zone(&mut self, letter: &str, now: Timestamp) {
        let mut said = Vec::new();
        for row in self.held.iter_mut().map(|held| &mut held.row) {
            let lost = row.nodes.iter().position(|node| node.primary == Some(true) && node.zone.ends_with(letter));
            let other = row.nodes.iter().position(|node| node.primary == Some(false) && !node.zone.ends_with(letter));
            if let (Some(lost), Some(other)) = (lost, other) {
                (row.nodes[lost].primary, row.nodes[other].primary) = (Some(false), Some(true));
                let (from, to) = (&row.nodes[lost].name, &row.nodes[other].name);
                said.push((
                    row.name.clone(),
                    format!("Failover from master node {from} to replica node {to} completed"),
                ));
            }
        }
        for (name, message) in said {
            self.record_event(&name, later(now, 20), message);
        }
    }

    fn step(&mut self, now: Timestamp, rng: &mut Rng) {
        for held in &mut self.held {
            held.primaries.iter_mut().for_each(|primary| primary.step(rng));
        }
        let (due, coming) = std::mem::take(&mut self.coming).into_iter().partition(|(at, ..)| *at <= now);
        self.coming = coming;
        for (_, cache, name) in due {
            self.end_snapshot(&cache, &name, true, now);
        }
    }

    /// A snapshot is made, or was aborted.
    fn end_snapshot(&mut self, cache: &Text, name: &Text, made: bool, now: Timestamp) {
        let Some(held) = self.held.iter_mut().find(|held| held.row.name == *cache) else { return };
        held.row.status = "available".into();
        let bytes: u64 = held.primaries.iter().map(Primary::memory).sum();
        let (what, ..) = words(held.row.form);
        if let Some((_, snapshot)) = self.snapshots.iter_mut().find(|(of, s)| of == cache && s.name == *name) {
            snapshot.status = if made { "available" } else { "failed" }.into();
            snapshot.size = if made { format!("{} MB", bytes >> 20).into() } else { Text::default() };
        }
        let how = if made { "succeeded" } else { "failed" };
        self.record_event(
            cache,
            now,
            format!("Snapshot {how} for snapshot with ID '{name}' of {what} with ID '{cache}'"),
        );
    }

    fn find(&self, id: &ResourceId) -> Option<&CacheState> {
        self.held.iter().find(|held| held.row.id == *id)
    }

    fn record_event(&mut self, cache: &Text, at: Timestamp, message: String) {
        let event = Event { at: Some(at), source: cache.clone(), message: message.into(), categories: vec![] };
        self.events.insert(0, (cache.clone(), event));
    }

    fn snapshots_of(&self, cache: &Text) -> Vec<CacheSnapshot> {
        self.snapshots.iter().filter(|(of, _)| of == cache).map(|(_, snapshot)| snapshot.clone()).collect()
    }

    fn detail(&self, id: &ResourceId, now: Timestamp) -> Option<CacheDetail> {
        let row = &self.find(id)?.row;
        Some(CacheDetail {
            cache: row.clone(),
            users: Ok(users(row)),
            snapshots: Ok(self.snapshots_of(&row.name)),
            events: Ok(events_of(&self.events, &row.name, now, 14 * DAY)),
        })
    }

    /// `list`: the form whose list the source is looked for in.
    fn snapshot(&mut self, list: Form, cache: &str, name: &str, now: Timestamp) -> Result<Text, Refusal> {
        let (what, code, state) = words(list);
        let one_shard = |held: &CacheState| held.row.form == GROUP;
        let is_meant = |held: &CacheState| {
            let by_name = list.part() == held.row.form.part() && *held.row.name == *cache;
            let by_node = one_shard(held) && held.row.nodes.iter().any(|node| *node.name == *cache);
            by_name || (list == Form::Cluster && by_node)
        };
        let found = self.held.iter().position(is_meant);
        if list == GROUP && found.is_some_and(|at| one_shard(&self.held[at])) {
            return Err(Refusal::invalid(
                "InvalidParameterValue: Cannot snapshot a replication group with cluster-mode disabled.",
            ));
        }
        let Some(at) = found else {
            return Err(Refusal::missing(format!("{code}: {what} {cache} not found.")));
        };
        let row = &self.held[at].row;
        if row.is_memcached() {
            return Err(Refusal::invalid(
                "SnapshotFeatureNotSupportedFault: Snapshots are not supported for the engine memcached.",
            ));
        }
        // A serverless cache's snapshots have names of their own.
        let serverless = list == Form::Serverless;
        let is_serverless =
            |of: &Text| self.held.iter().any(|held| held.row.name == *of && held.row.form == Form::Serverless);
        if self.snapshots.iter().any(|(of, s)| *s.name == *name && is_serverless(of) == serverless) {
            let fault =
                if serverless { "ServerlessCacheSnapshotAlreadyExistsFault" } else { "SnapshotAlreadyExistsFault" };
            return Err(Refusal::invalid(format!("{fault}: Snapshot with specified name already exists.")));
        }
        if &*row.status != "available" {
            return Err(Refusal::invalid(format!(
                "{state}: Cannot create a snapshot because {what} {cache} is in {} state.",
                row.status
            )));
        }
        let (cache, name) = (row.name.clone(), Text::new(name));
        if !serverless {
            self.held[at].row.status = "snapshotting".into();
        }
        let snapshot = CacheSnapshot {
            name: name.clone(),
            kind: "manual".into(),
            status: "creating".into(),
            created: Some(now),
            size: Text::default(),
        };
        self.snapshots.insert(0, (cache.clone(), snapshot));
        self.coming.push((later(now, 15), cache, name.clone()));
        Ok(name)
    }

    /// Removes keys of one node; the error is what the server would say.
    fn flush(&mut self, asked: &Flush, now: Timestamp) -> Result<(), Refusal> {
        let Flush { cache, node, shard, .. } = asked;
        let held = self.held.iter_mut().find(|held| is_called(&held.row, cache));
        let Some(held) = held else {
            return Err(Refusal::missing(format!("there is no cache {cache}")));
        };
        if held.row.is_memcached() != asked.memcached {
            return Err(Refusal::invalid(format!("{cache} is {}: it has no {}", held.row.engine, asked.op().name)));
        }
        let own = held.row.nodes.iter().find(|found| found.endpoint.as_ref() == Some(node));
        let primary = held.primaries.iter_mut().find(|primary| {
            // The primary endpoint of a group and its primary node are the same server.
            let same = primary.node == *node || own.is_some_and(|own| own.primary == Some(true));
            same && (shard.is_empty() || primary.shard.is_empty() || *primary.shard == **shard)
        });
        let Some(primary) = primary else {
            return Err(Refusal::invalid(match own {
                Some(_) => "READONLY You can't write against a read only replica.".to_string(),
                None => format!("{node} is no primary of {cache}"),
            }));
        };
        let database = asked.database.map(u64::from);
        match database {
            Some(1..) if held.row.is_sharded() => {
                return Err(Refusal::invalid("ERR SELECT is not allowed in cluster mode"));
            }
            Some(16..) => return Err(Refusal::invalid("ERR DB index is out of range")),
            _ => primary.flush(database),
        }
        self.flushes.push((held.row.name.clone(), now));
        if &*held.row.status == "snapshotting" {
            let name = held.row.name.clone();
            let (aborted, coming) = std::mem::take(&mut self.coming).into_iter().partition(|(_, of, _)| *of == name);
            self.coming = coming;
            for (_, cache, snapshot) in aborted {
                self.end_snapshot(&cache, &snapshot, false, now);
            }
        }
        Ok(())
    }
}

/// What AWS calls a cache of this list, and its codes for "not found" and for "not now".
fn words(form: Form) -> (&'static str, &'static str, &'static str) {
    match form {
        Form::Group { .. } => ("replication group", "ReplicationGroupNotFoundFault", "InvalidReplicationGroupState"),
        Form::Cluster => ("cache cluster", "CacheClusterNotFound", "InvalidCacheClusterState"),
        Form::Serverless => ("serverless cache", "ServerlessCacheNotFoundFault", "InvalidServerlessCacheStateFault"),
    }
}

impl Estate {
    pub fn caches(&self) -> &Fleet {
        self.state()
    }

    pub fn caches_mut(&mut self) -> &mut Fleet {
        self.state_mut()
    }
}

/// Whether the console's user may flush a cache.
fn may_flush(estate: &Estate, row: &Cache) -> MayFlush {
    if estate.scenario.name == "denied" && &*row.name == "harbour-sessions-production" {
        MayFlush::No(NOT_PERMITTED.into())
    } else {
        MayFlush::Yes
    }
}

/// Who may use a cache that has users.
fn users(row: &Cache) -> Vec<CacheUser> {
    let user = |name: &str, auth: &str, access: &str| CacheUser {
        name: name.into(),
        auth: auth.into(),
        access: access.into(),
    };
    match row.auth {
        Auth::Users => vec![user("default", "no-password", "off ~* -@all"), user("ops", "iam", "on ~* +@all")],
        Auth::None | Auth::Token => Vec::new(),
    }
}

fn snapshot(moment: &mut Moment, list: Form, source: &str, name: &str) -> Result<Receipt, Refusal> {
    let started = moment.estate.caches_mut().snapshot(list, source, name, moment.now)?;
    Ok(receipt(moment.rng, Some(started)))
}

impl Perform for CreateSnapshot {
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        match (&self.replication_group_id, &self.cache_cluster_id) {
            (Some(group), _) => snapshot(moment, GROUP, group, &self.snapshot_name),
            (None, node) => {
                let node = node.as_deref().unwrap_or_default();
                snapshot(moment, Form::Cluster, node, &self.snapshot_name)
            }
        }
    }
}

impl Perform for CreateServerlessCacheSnapshot {
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        let (cache, name) = (&self.serverless_cache_name, &self.serverless_cache_snapshot_name);
        snapshot(moment, Form::Serverless, cache, name)
    }
}

/// By its name or its ARN.
fn is_called(row: &Cache, name: &str) -> bool {
    *row.name == *name || *row.id.0 == *name
}

impl Perform for Flush {
    fn perform(self, moment: &mut Moment) -> Result<Receipt, Refusal> {
        let Moment { estate, now, .. } = moment;
        let row = estate.caches().rows().find(|row| is_called(row, &self.cache));
        if let Some(MayFlush::No(said)) = row.map(|row| may_flush(estate, row)) {
            return Err(Refusal::invalid(format!("NOPERM {said}")));
        }
        let fleet = estate.caches_mut();
        let keys = |fleet: &Fleet| -> u64 {
            let looks = fleet.held.iter().flat_map(|held| held.looks(&MayFlush::Yes));
            looks.filter(|look| look.node == self.node).map(|look| look.key_count()).sum()
        };
        let before = keys(fleet);
        fleet.flush(&self, *now)?;
        let told = format!("{}: {before} keys → {}", self.node, keys(fleet));
        // A server that flushed says no more than OK: there is no request id.
        Ok(Receipt { told: vec![told.into()], ..Receipt::of("", None) })
    }

    fn attempt_label(&self) -> Option<String> {
        Some(format!("{} flushed", self.cache.rsplit(['/', ':']).next().unwrap_or_default()))
    }
}

/// ElastiCache, and the servers inside of it.
pub struct Simulated;

impl SimulatedKind for Simulated {
    fn kind(&self) -> KindId {
        CACHES
    }

    fn reads(&self) -> Op {
        elasticache::DESCRIBE_REPLICATION_GROUPS
    }

    fn seed(&self, Moment { estate, now, .. }: &mut Moment) {
        estate.insert_state(Fleet::new(&estate.place, *now));
    }

    fn step(&self, moment: &mut Moment) {
        moment.estate.caches_mut().step(moment.now, moment.rng);
    }

    fn parts(&self, _: View) -> Vec<Text> {
        [GROUP, Form::Cluster, Form::Serverless].map(|form| form.part().into()).to_vec()
    }

    fn rows(&self, view: View, wanted: &dyn Fn(&ResourceId) -> bool) -> Vec<Object> {
        shown(view.estate.caches().rows(), wanted)
    }

    fn detail(&self, view: View, id: &ResourceId) -> Option<Facts> {
        Some(Arc::new(view.estate.caches().detail(id, view.now)?))
    }

    fn facts(&self, view: View, set: FactsId, id: &ResourceId) -> Option<Facts> {
        let fleet = view.estate.caches();
        let held = fleet.find(id)?;
        if set == session_facts(CACHES) {
            return Some(Arc::new(services::through(view, &held.row.name, forward::remote_of_cache(&held.row))));
        }
        let databases = view.estate.databases().rows.iter().filter(|row| view.env.scope.admits_name(&row.name));
        Some(Arc::new(FlushFacts {
            cache: held.row.clone(),
            looks: Ok(held.looks(&may_flush(view.estate, &held.row))),
            connection: held.connection(),
            snapshots: Ok(fleet.snapshots_of(&held.row.name)),
            databases: Ok(databases.map(|row| (row.name.clone(), row.status.clone())).collect()),
        }))
    }

    fn metric<'a>(&self, estate: &'a Estate, metric: &'a Metric, by: &[(&'a str, &'a str)]) -> Option<Curve<'a>> {
        metrics::curve(estate, metric, by)
    }

    fn sources(&self) -> &'static [(TimelineSource, Op)] {
        &[(EVENTS, elasticache::DESCRIBE_EVENTS)]
    }

    fn events(&self, view: View, source: TimelineSource) -> Vec<TimelineEvent> {
        let own = view.estate.caches().events.iter().filter(|_| source == EVENTS);
        own.filter_map(|(_, event)| timeline::event(source, event)).collect()
    }

    fn streams<'a>(&self, estate: &'a Estate) -> Vec<Stream<'a>> {
        estate.caches().rows().filter_map(logs::stream).collect()
    }

    fn logs(&self, estate: &Estate, id: &ResourceId) -> Result<Vec<LogSource>, Fault> {
        logs::sources(estate.caches().find(id).map(|held| &held.row))
    }

    fn changes(&self) -> &'static [Change] {
        const { &[Change::of::<CreateSnapshot>(), Change::of::<CreateServerlessCacheSnapshot>(), Change::of::<Flush>()] }
    }
}
