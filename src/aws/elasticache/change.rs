//! The requests that take a snapshot of a cache.

use crate::aws::change::{SendChange, Sending, Sent, outcome, receipt};
use crate::domain::ops::elasticache::{CREATE_SERVERLESS_CACHE_SNAPSHOT, CREATE_SNAPSHOT};
use crate::domain::requests::elasticache::{CreateServerlessCacheSnapshot, CreateSnapshot};

impl SendChange for CreateSnapshot {
    async fn send(self, to: Sending<'_>) -> Sent {
        let request = to.client::<aws_sdk_elasticache::Client>().create_snapshot();
        let request = request.set_replication_group_id(self.replication_group_id);
        let request = request.set_cache_cluster_id(self.cache_cluster_id).snapshot_name(&self.snapshot_name);
        outcome(CREATE_SNAPSHOT, request.send().await, &to, |told| receipt(&told, Some(&self.snapshot_name)))
    }
}

impl SendChange for CreateServerlessCacheSnapshot {
    async fn send(self, to: Sending<'_>) -> Sent {
        let name = self.serverless_cache_snapshot_name;
        let request = to.client::<aws_sdk_elasticache::Client>().create_serverless_cache_snapshot();
        let request = request.serverless_cache_name(self.serverless_cache_name).serverless_cache_snapshot_name(&name);
        outcome(CREATE_SERVERLESS_CACHE_SNAPSHOT, request.send().await, &to, |told| receipt(&told, Some(&name)))
    }
}
