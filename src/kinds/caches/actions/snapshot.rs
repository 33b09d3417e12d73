//! Snapshot of a cache: what a flush cannot give back.

use crate::domain::cache::{Cache, CacheDetail, Form};
use crate::domain::event;
use crate::domain::ops::elasticache;
use crate::domain::requests::elasticache::{CreateServerlessCacheSnapshot, CreateSnapshot};
use crate::kinds::action::prelude::*;
use crate::kinds::caches::{AVAILABLE, CACHES, columns};
use crate::kinds::snapshots::{self, generated, valid};

/// The longest name that every form takes (ElastiCache User Guide, "Making manual backups").
const LONGEST: usize = 50;
/// It should be done by then, in seconds.
const STALLED: i64 = 1800;

pub struct TakeSnapshot;

impl ActionSpec for TakeSnapshot {
    type Resource = Cache;
    type Facts = CacheDetail;

    const ID: &str = "snapshot-cache";
    const VERB: &str = "snapshot";
    const KEY: &str = "S";
    const HELP: &str = snapshots::HELP;
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
        vec![Field::new("name", "snapshot name").starting(initial)]
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        valid(input(inputs, "name"), LONGEST).map_err(|why| ("name", why))
    }

    fn plan(&self, facts: &CacheDetail, inputs: &Inputs, _: Timestamp) -> Result<Plan, String> {
        let (cache, name) = (&facts.cache, input(inputs, "name"));
        self.guard(cache)?;
        snapshots::guard(cache.status == AVAILABLE, &cache.status, &facts.snapshots, name)?;
        let mut warnings = Warnings::default();
        warnings.add_unknown("the snapshots there are not known", &facts.snapshots);
        // ElastiCache User Guide, "Performance impact of backups".
        let is_alone = cache.form != Form::Serverless && cache.nodes.len() <= cache.shards.max(1) as usize;
        let text = "without a replica the primary itself writes it: slower for a while, and it needs free memory";
        warnings.add_if(is_alone, Tone::Degraded, text);
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
        let delete = match cache.form {
            Form::Serverless => {
                format!("aws elasticache delete-serverless-cache-snapshot --serverless-cache-snapshot-name {name}")
            }
            Form::Group { .. } | Form::Cluster => format!("aws elasticache delete-snapshot --snapshot-name {name}"),
        };
        Ok(Plan {
            rows: vec![
                row(
                    "source",
                    [
                        format!("{} {}", cache.engine, cache.version).into(),
                        Span::new(format!("  {}", columns::shape_words(cache)), Tone::Dim),
                    ],
                ),
                row("status", [cache.status.as_str()]),
            ],
            warnings: warnings.worst_first(),
            calls: vec![call],
            undo: format!("nothing changes but the bill; to delete it: {delete}"),
            then: "followed until it is available".to_string(),
            confirm: Confirm::Ask,
            before: json!({ "form": cache.form.part() }),
            summary: format!("snapshot {} as {name}", cache.name),
        })
    }

    fn progress(&self, intent: &Intent, _: &Receipt, facts: &CacheDetail, now: Timestamp) -> Progress {
        let evidence = event::since(&facts.events, intent.at).take(3).map(|event| event.message.to_string()).collect();
        snapshots::progress((intent, requested(intent)), &facts.snapshots, evidence, now, |snapshot, since| Progress {
            stalled: since > STALLED,
            ..Progress::moving(None, format!("{}, {since}s", snapshot.status))
        })
    }

    fn applied(&self, intent: &Intent, facts: &CacheDetail, _: Timestamp) -> Applied {
        snapshots::applied(requested(intent), &facts.snapshots)
    }
}

/// The node that writes the snapshot of a group of one shard: a replica, as it disturbs nobody.
fn writer(cache: &Cache) -> Option<&str> {
    let replica = cache.nodes.iter().find(|node| node.primary == Some(false));
    replica.or(cache.nodes.first()).map(|node| node.name.as_str())
}

/// The name that was asked for.
fn requested(intent: &Intent) -> Option<String> {
    let of_serverless = || Some(intent.request::<CreateServerlessCacheSnapshot>()?.serverless_cache_snapshot_name);
    intent.request::<CreateSnapshot>().map(|request| request.snapshot_name).or_else(of_serverless)
}
