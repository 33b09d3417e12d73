//! Snapshots of caches (API model of ElastiCache).

use serde::{Deserialize, Serialize};

use super::{Request, RequestType};
use crate::domain::ops::{Op, elasticache};

pub(super) const REQUESTS: &[RequestType] =
    &[RequestType::of::<CreateSnapshot>(), RequestType::of::<CreateServerlessCacheSnapshot>()];

/// Of a replication group or of a node, which is a cluster by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateSnapshot {
    pub replication_group_id: Option<String>,
    pub cache_cluster_id: Option<String>,
    pub snapshot_name: String,
}

impl Request for CreateSnapshot {
    const OPS: &'static [Op] = &[elasticache::CREATE_SNAPSHOT];

    fn check(&self) -> Result<(), String> {
        if self.replication_group_id.is_some() == self.cache_cluster_id.is_some() {
            return Err("one source must be given".into());
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CreateServerlessCacheSnapshot {
    pub serverless_cache_name: String,
    pub serverless_cache_snapshot_name: String,
}

impl Request for CreateServerlessCacheSnapshot {
    const OPS: &'static [Op] = &[elasticache::CREATE_SERVERLESS_CACHE_SNAPSHOT];
}
