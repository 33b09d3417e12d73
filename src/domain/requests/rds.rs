//! Changes of databases (API model of RDS).

use crate::domain::ops::rds;

requests! {
    "PascalCase";

    CreateDbSnapshot [rds::CREATE_DB_SNAPSHOT] {
        #[serde(rename = "DBInstanceIdentifier")]
        db_instance_identifier: String,
        #[serde(rename = "DBSnapshotIdentifier")]
        db_snapshot_identifier: String,
    }

    CreateDbClusterSnapshot [rds::CREATE_DB_CLUSTER_SNAPSHOT] {
        #[serde(rename = "DBClusterIdentifier")]
        db_cluster_identifier: String,
        #[serde(rename = "DBClusterSnapshotIdentifier")]
        db_cluster_snapshot_identifier: String,
    }

    RebootDbInstance [rds::REBOOT_DB_INSTANCE] {
        #[serde(rename = "DBInstanceIdentifier")]
        db_instance_identifier: String,
        force_failover: Option<bool>,
    }

    FailoverDbCluster [rds::FAILOVER_DB_CLUSTER] {
        #[serde(rename = "DBClusterIdentifier")]
        db_cluster_identifier: String,
        /// `None`: AWS chooses, by promotion tier.
        #[serde(rename = "TargetDBInstanceIdentifier")]
        target_db_instance_identifier: Option<String>,
    }
}
