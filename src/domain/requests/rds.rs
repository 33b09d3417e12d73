//! Changes of databases (API model of RDS).

use serde::{Deserialize, Serialize};

use super::{Request, RequestType};
use crate::domain::ops::{Op, rds};

pub(super) const REQUESTS: &[RequestType] = &[
    RequestType::of::<CreateDbSnapshot>(),
    RequestType::of::<CreateDbClusterSnapshot>(),
    RequestType::of::<RebootDbInstance>(),
    RequestType::of::<FailoverDbCluster>(),
];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateDbSnapshot {
    #[serde(rename = "DBInstanceIdentifier")]
    pub db_instance_identifier: String,
    #[serde(rename = "DBSnapshotIdentifier")]
    pub db_snapshot_identifier: String,
}

impl Request for CreateDbSnapshot {
    const OPS: &'static [Op] = &[rds::CREATE_DB_SNAPSHOT];
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateDbClusterSnapshot {
    #[serde(rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: String,
    #[serde(rename = "DBClusterSnapshotIdentifier")]
    pub db_cluster_snapshot_identifier: String,
}

impl Request for CreateDbClusterSnapshot {
    const OPS: &'static [Op] = &[rds::CREATE_DB_CLUSTER_SNAPSHOT];
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RebootDbInstance {
    #[serde(rename = "DBInstanceIdentifier")]
    pub db_instance_identifier: String,
    #[serde(rename = "ForceFailover")]
    pub force_failover: Option<bool>,
}

impl Request for RebootDbInstance {
    const OPS: &'static [Op] = &[rds::REBOOT_DB_INSTANCE];
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailoverDbCluster {
    #[serde(rename = "DBClusterIdentifier")]
    pub db_cluster_identifier: String,
    /// `None`: AWS chooses, by promotion tier.
    #[serde(rename = "TargetDBInstanceIdentifier")]
    pub target_db_instance_identifier: Option<String>,
}

impl Request for FailoverDbCluster {
    const OPS: &'static [Op] = &[rds::FAILOVER_DB_CLUSTER];
}
