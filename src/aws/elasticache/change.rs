//! The requests that take a snapshot of a cache.

use aws_types::request_id::RequestId;

use crate::aws::change::{Members, outcome};
use crate::aws::guard::Permission;
use crate::aws::session::Session;
use crate::domain::call::Call;
use crate::domain::fault::Fault;
use crate::domain::intent::{Outcome, Receipt};
use crate::domain::ops::Op;
use crate::domain::ops::elasticache::{CREATE_SERVERLESS_CACHE_SNAPSHOT, CREATE_SNAPSHOT};
use crate::domain::text::Text;

/// One of them, understood.
#[derive(Debug, PartialEq)]
pub enum Change {
    Snapshot { group: Option<String>, cluster: Option<String>, snapshot: String },
    ServerlessSnapshot { cache: String, snapshot: String },
}

impl Change {
    /// # Errors
    /// A member is unknown, missing or of the wrong type.
    pub fn of(op: Op, call: &Call) -> Result<Self, Fault> {
        let mut members = Members::of(op, call);
        let change = match op {
            CREATE_SNAPSHOT => {
                let (group, cluster) = (members.text_if("ReplicationGroupId")?, members.text_if("CacheClusterId")?);
                if group.is_some() == cluster.is_some() {
                    return Err(members.refused("one source must be given"));
                }
                Self::Snapshot { group, cluster, snapshot: members.text("SnapshotName")? }
            }
            CREATE_SERVERLESS_CACHE_SNAPSHOT => Self::ServerlessSnapshot {
                cache: members.text("ServerlessCacheName")?,
                snapshot: members.text("ServerlessCacheSnapshotName")?,
            },
            _ => return Err(members.refused("midwatch cannot send this operation")),
        };
        members.end()?;
        Ok(change)
    }

    /// Sends it, once.
    pub async fn send(self, session: &Session, permission: Permission) -> Outcome {
        let client = session.client_for_change::<aws_sdk_elasticache::Client>(permission.clone());
        fn id(told: &impl RequestId) -> Text {
            told.request_id().map(Text::from).unwrap_or_default()
        }
        match self {
            Self::Snapshot { group, cluster, snapshot } => {
                let request = client.create_snapshot().set_replication_group_id(group).set_cache_cluster_id(cluster);
                let sent = request.snapshot_name(&snapshot).send().await;
                outcome(CREATE_SNAPSHOT, sent, &permission, session, |told| {
                    Receipt::of(id(&told), Some(snapshot.into()))
                })
            }
            Self::ServerlessSnapshot { cache, snapshot } => {
                let request = client.create_serverless_cache_snapshot().serverless_cache_name(cache);
                let sent = request.serverless_cache_snapshot_name(&snapshot).send().await;
                outcome(CREATE_SERVERLESS_CACHE_SNAPSHOT, sent, &permission, session, |told| {
                    Receipt::of(id(&told), Some(snapshot.into()))
                })
            }
        }
    }
}
