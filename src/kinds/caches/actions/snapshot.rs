//! Snapshot of a cache: what a flush cannot give back.

use serde_json::json;

use crate::domain::Timestamp;
use crate::domain::cache::{Cache, CacheDetail, CacheSnapshot, Form};
use crate::domain::format::seconds_since;
use crate::domain::intent::{Intent, Receipt, Verdict};
use crate::domain::ops::Op;
use crate::domain::ops::elasticache;
use crate::domain::requests::Request;
use crate::domain::requests::elasticache::{CreateServerlessCacheSnapshot, CreateSnapshot};
use crate::domain::resource::FactsId;
use crate::kinds::action::{ActionSpec, Applied, Confirm, Field, Inputs, Plan, Progress, worst_first};
use crate::kinds::caches::{AVAILABLE, CACHES, columns};
use crate::kinds::cell::{Span, Tone};
use crate::kinds::databases::{generated, valid};

/// The longest name that every form takes (ElastiCache User Guide, "Making manual backups").
const LONGEST: usize = 50;
/// A snapshot that is not in the list so long after it was taken has been deleted, in seconds.
const SHOWS_WITHIN: i64 = 120;
/// It should be done by then, in seconds.
const STALLED: i64 = 1800;

pub struct TakeSnapshot;

impl ActionSpec for TakeSnapshot {
    type Resource = Cache;
    type Facts = CacheDetail;

    const ID: &str = "snapshot-cache";
    const VERB: &str = "snapshot";
    const KEY: &str = "S";
    const HELP: &str = "Takes a snapshot (database or cache), and follows it until it is available.";
    const FACTS: FactsId = CACHES.detail();
    const CHANGES: &[Op] = &[elasticache::CREATE_SNAPSHOT, elasticache::CREATE_SERVERLESS_CACHE_SNAPSHOT];

    fn guard(&self, cache: &Cache) -> Result<(), String> {
        if cache.is_memcached() && cache.form != Form::Serverless {
            return Err("Memcached has no snapshots".into());
        }
        Ok(())
    }

    fn fields(&self, cache: &Cache, now: Timestamp) -> Vec<Field> {
        let initial = generated(&cache.name, now, LONGEST);
        vec![Field { name: "name", label: "snapshot name", initial, presets: Vec::new(), many: false }]
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        valid(name(inputs), LONGEST).map_err(|why| ("name", why))
    }

    fn plan(&self, facts: &CacheDetail, inputs: &Inputs, _: Timestamp) -> Result<Plan, String> {
        let (cache, name) = (&facts.cache, name(inputs));
        self.guard(cache)?;
        if cache.status != AVAILABLE {
            return Err(format!("it is {}: AWS takes a snapshot only of what is available", cache.status));
        }
        let mut warnings = Vec::new();
        match &facts.snapshots {
            Err(fault) => warnings.push((Tone::Unknown, format!("the snapshots there are not known: {fault}"))),
            Ok(known) => {
                if known.iter().any(|snapshot| snapshot.name.eq_ignore_ascii_case(name)) {
                    return Err(format!("there is a snapshot {name} already"));
                }
            }
        }
        if cache.form != Form::Serverless && cache.nodes.len() <= cache.shards.max(1) as usize {
            // ElastiCache User Guide, "Performance impact of backups".
            let text = "without a replica the primary itself writes it: slower for a while, and it needs free memory";
            warnings.push((Tone::Degraded, text.to_string()));
        }
        worst_first(&mut warnings);
        let of_node = |node: &str| {
            CreateSnapshot {
                cache_cluster_id: Some(node.into()),
                snapshot_name: name.into(),
                ..CreateSnapshot::default()
            }
            .call()
        };
        let call = match cache.form {
            Form::Group { sharded: true } => CreateSnapshot {
                replication_group_id: Some(cache.name.to_string()),
                snapshot_name: name.into(),
                ..CreateSnapshot::default()
            }
            .call(),
            // "Cannot snapshot a replication group with cluster-mode disabled": a node is named instead.
            Form::Group { sharded: false } => {
                of_node(writer(cache).ok_or("AWS tells none of its nodes, and one must be named for the snapshot")?)
            }
            Form::Cluster => of_node(&cache.name),
            Form::Serverless => CreateServerlessCacheSnapshot {
                serverless_cache_name: cache.name.to_string(),
                serverless_cache_snapshot_name: name.into(),
            }
            .call(),
        };
        let shape = columns::shape_words(cache);
        let delete = match cache.form {
            Form::Serverless => {
                format!("aws elasticache delete-serverless-cache-snapshot --serverless-cache-snapshot-name {name}")
            }
            Form::Group { .. } | Form::Cluster => format!("aws elasticache delete-snapshot --snapshot-name {name}"),
        };
        Ok(Plan {
            rows: vec![
                (
                    "source".to_string(),
                    vec![
                        format!("{} {}", cache.engine, cache.version).into(),
                        Span::new(format!("  {shape}"), Tone::Dim),
                    ],
                ),
                ("status".to_string(), vec![cache.status.as_str().into()]),
            ],
            warnings,
            calls: vec![call],
            undo: format!("nothing changes but the bill; to delete it: {delete}"),
            then: "followed until it is available".to_string(),
            confirm: Confirm::Ask,
            before: json!({ "form": cache.form.part() }),
            summary: format!("snapshot {} as {name}", cache.name),
        })
    }

    fn progress(&self, intent: &Intent, _: &Receipt, facts: &CacheDetail, now: Timestamp) -> Progress {
        let since = seconds_since(intent.at, now);
        let Some(snapshot) = found(intent, facts) else {
            return match &facts.snapshots {
                Err(fault) => Progress::waiting(format!("its progress is not known: {fault}")),
                Ok(_) if since < SHOWS_WITHIN => Progress::waiting("AWS does not list it yet"),
                Ok(_) => Progress::ended(Verdict::Lost, "it is not in the list: somebody deleted it"),
            };
        };
        match snapshot.status.as_str() {
            AVAILABLE => {
                let line = format!("{} is available {}", snapshot.name, snapshot.size);
                Progress { fraction: Some(1.0), ..Progress::ended(Verdict::Done, line.trim_end()) }
            }
            "failed" => {
                let events = facts.events.iter().flatten().filter(|event| event.at.is_some_and(|at| at >= intent.at));
                let evidence: Vec<String> = events.take(3).map(|event| event.message.to_string()).collect();
                let line = evidence.first().cloned().unwrap_or_else(|| "AWS says only that it failed".to_string());
                Progress { evidence, ..Progress::ended(Verdict::Failed, line) }
            }
            // A flush aborts a snapshot under way.
            "deleting" => Progress::ended(Verdict::Superseded, "it is being deleted"),
            status => Progress { stalled: since > STALLED, ..Progress::moving(None, format!("{status}, {since}s")) },
        }
    }

    fn applied(&self, intent: &Intent, facts: &CacheDetail, _: Timestamp) -> Applied {
        match (found(intent, facts), &facts.snapshots) {
            (Some(snapshot), _) => Applied::Yes(Receipt::of("", Some(snapshot.name.clone()))),
            (None, Ok(_)) => Applied::No,
            (None, Err(_)) => Applied::CannotTell,
        }
    }
}

fn name(inputs: &Inputs) -> &str {
    inputs.get("name").map_or("", String::as_str)
}

/// The node that writes the snapshot of a group of one shard: a replica, as it disturbs nobody.
fn writer(cache: &Cache) -> Option<&str> {
    let replica = cache.nodes.iter().find(|node| node.primary == Some(false));
    replica.or(cache.nodes.first()).map(|node| node.name.as_str())
}

fn found<'a>(intent: &Intent, facts: &'a CacheDetail) -> Option<&'a CacheSnapshot> {
    let of_serverless = || Some(intent.request::<CreateServerlessCacheSnapshot>()?.serverless_cache_snapshot_name);
    let asked = intent.request::<CreateSnapshot>().map(|request| request.snapshot_name).or_else(of_serverless)?;
    facts.snapshots.as_ref().ok()?.iter().find(|snapshot| snapshot.name.eq_ignore_ascii_case(&asked))
}
