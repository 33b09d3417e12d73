//! The requests that change a database.

use crate::aws::change::{SendChange, Sending, Sent, outcome, receipt};
use crate::domain::ops::rds::{
    CREATE_DB_CLUSTER_SNAPSHOT, CREATE_DB_SNAPSHOT, FAILOVER_DB_CLUSTER, REBOOT_DB_INSTANCE,
};
use crate::domain::requests::rds::{CreateDbClusterSnapshot, CreateDbSnapshot, FailoverDbCluster, RebootDbInstance};

impl SendChange for CreateDbSnapshot {
    async fn send(self, to: Sending<'_>) -> Sent {
        let id = self.db_snapshot_identifier;
        let request = to.client::<aws_sdk_rds::Client>().create_db_snapshot();
        let request = request.db_instance_identifier(self.db_instance_identifier).db_snapshot_identifier(&id);
        outcome(CREATE_DB_SNAPSHOT, request.send().await, &to, |told| receipt(&told, Some(&id)))
    }
}

impl SendChange for CreateDbClusterSnapshot {
    async fn send(self, to: Sending<'_>) -> Sent {
        let id = self.db_cluster_snapshot_identifier;
        let request = to.client::<aws_sdk_rds::Client>().create_db_cluster_snapshot();
        let request = request.db_cluster_identifier(self.db_cluster_identifier).db_cluster_snapshot_identifier(&id);
        outcome(CREATE_DB_CLUSTER_SNAPSHOT, request.send().await, &to, |told| receipt(&told, Some(&id)))
    }
}

impl SendChange for RebootDbInstance {
    async fn send(self, to: Sending<'_>) -> Sent {
        let request = to.client::<aws_sdk_rds::Client>().reboot_db_instance();
        let request = request.db_instance_identifier(self.db_instance_identifier);
        let sent = request.set_force_failover(self.force_failover).send().await;
        outcome(REBOOT_DB_INSTANCE, sent, &to, |told| receipt(&told, None))
    }
}

impl SendChange for FailoverDbCluster {
    async fn send(self, to: Sending<'_>) -> Sent {
        let request = to.client::<aws_sdk_rds::Client>().failover_db_cluster();
        let request = request.db_cluster_identifier(self.db_cluster_identifier);
        let sent = request.set_target_db_instance_identifier(self.target_db_instance_identifier).send().await;
        outcome(FAILOVER_DB_CLUSTER, sent, &to, |told| receipt(&told, None))
    }
}
