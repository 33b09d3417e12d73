//! The requests that change a database.

use aws_types::request_id::RequestId;

use crate::aws::change::{Members, outcome};
use crate::aws::guard::Permission;
use crate::aws::session::Session;
use crate::domain::call::Call;
use crate::domain::fault::Fault;
use crate::domain::intent::{Outcome, Receipt};
use crate::domain::ops::Op;
use crate::domain::ops::rds::{
    CREATE_DB_CLUSTER_SNAPSHOT, CREATE_DB_SNAPSHOT, FAILOVER_DB_CLUSTER, REBOOT_DB_INSTANCE,
};
use crate::domain::text::Text;

/// One of them, understood.
#[derive(Debug, PartialEq)]
pub enum Change {
    Snapshot { instance: String, snapshot: String },
    ClusterSnapshot { cluster: String, snapshot: String },
    Reboot { instance: String, failover: Option<bool> },
    Failover { cluster: String, target: Option<String> },
}

impl Change {
    /// # Errors
    /// A member is unknown, missing or of the wrong type.
    pub fn of(op: Op, call: &Call) -> Result<Self, Fault> {
        let mut members = Members::of(op, call);
        let change = match op {
            CREATE_DB_SNAPSHOT => Self::Snapshot {
                instance: members.text("DBInstanceIdentifier")?,
                snapshot: members.text("DBSnapshotIdentifier")?,
            },
            CREATE_DB_CLUSTER_SNAPSHOT => Self::ClusterSnapshot {
                cluster: members.text("DBClusterIdentifier")?,
                snapshot: members.text("DBClusterSnapshotIdentifier")?,
            },
            REBOOT_DB_INSTANCE => Self::Reboot {
                instance: members.text("DBInstanceIdentifier")?,
                failover: members.flag("ForceFailover")?,
            },
            FAILOVER_DB_CLUSTER => Self::Failover {
                cluster: members.text("DBClusterIdentifier")?,
                target: members.text_if("TargetDBInstanceIdentifier")?,
            },
            _ => return Err(members.refused("midwatch cannot send this operation")),
        };
        members.end()?;
        Ok(change)
    }

    /// Sends it, once.
    pub async fn send(self, session: &Session, permission: Permission) -> Outcome {
        let client = session.client_for_change::<aws_sdk_rds::Client>(permission.clone());
        fn id(told: &impl RequestId) -> Text {
            told.request_id().map(Text::from).unwrap_or_default()
        }
        match self {
            Self::Snapshot { instance, snapshot } => {
                let request = client.create_db_snapshot().db_instance_identifier(instance);
                let sent = request.db_snapshot_identifier(&snapshot).send().await;
                outcome(CREATE_DB_SNAPSHOT, sent, &permission, session, |told| {
                    Receipt::of(id(&told), Some(snapshot.into()))
                })
            }
            Self::ClusterSnapshot { cluster, snapshot } => {
                let request = client.create_db_cluster_snapshot().db_cluster_identifier(cluster);
                let sent = request.db_cluster_snapshot_identifier(&snapshot).send().await;
                outcome(CREATE_DB_CLUSTER_SNAPSHOT, sent, &permission, session, |told| {
                    Receipt::of(id(&told), Some(snapshot.into()))
                })
            }
            Self::Reboot { instance, failover } => {
                let request = client.reboot_db_instance().db_instance_identifier(instance);
                let sent = request.set_force_failover(failover).send().await;
                outcome(REBOOT_DB_INSTANCE, sent, &permission, session, |told| Receipt::of(id(&told), None))
            }
            Self::Failover { cluster, target } => {
                let request = client.failover_db_cluster().db_cluster_identifier(cluster);
                let sent = request.set_target_db_instance_identifier(target).send().await;
                outcome(FAILOVER_DB_CLUSTER, sent, &permission, session, |told| Receipt::of(id(&told), None))
            }
        }
    }
}
