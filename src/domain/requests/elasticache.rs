//! Snapshots of caches (API model of ElastiCache).

use crate::domain::ops::elasticache;

requests! {
    "PascalCase";

    /// Of a replication group or of a node, which is a cluster by itself.
    #[derive(Default)]
    CreateSnapshot [elasticache::CREATE_SNAPSHOT, check] {
        replication_group_id: Option<String>,
        cache_cluster_id: Option<String>,
        snapshot_name: String,
    }

    CreateServerlessCacheSnapshot [elasticache::CREATE_SERVERLESS_CACHE_SNAPSHOT] {
        serverless_cache_name: String,
        serverless_cache_snapshot_name: String,
    }
}

impl CreateSnapshot {
    fn check(&self) -> Result<(), String> {
        if self.replication_group_id.is_some() == self.cache_cluster_id.is_some() {
            return Err("one source must be given".into());
        }
        Ok(())
    }
}
