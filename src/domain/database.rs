//! A database of RDS: an instance, or a cluster (Aurora, Multi-AZ) with its members. DescribeDB…
//! also tells those of Neptune and DocumentDB; their engine says so.

use crate::domain::prelude::*;

use super::event::Event;
use super::resource::resource;

/// Which list a database is in, and so which calls work on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    Instance,
    Cluster,
}

impl Form {
    /// The part of the list, and the word for people.
    pub fn part(self) -> &'static str {
        match self {
            Self::Instance => "instances",
            Self::Cluster => "clusters",
        }
    }
}

/// What it is among others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DatabaseRole {
    /// An instance of its own.
    #[default]
    Alone,
    /// A read replica of the instance of this name.
    Replica {
        of: Text,
    },
    /// A member of the cluster of this name, which has the snapshots and the failover.
    Member {
        cluster: Text,
        /// Told by the cluster; `None` while that could not be read.
        writer: Option<bool>,
    },
    Cluster {
        members: Vec<Member>,
    },
}

/// A member of a cluster, as the cluster tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub name: Text,
    pub writer: bool,
    /// `in-sync`, `pending-reboot`.
    pub parameters: Text,
    /// 0 is the first to be promoted.
    pub promotion_tier: Option<i32>,
}

/// One database.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Database {
    /// The ARN.
    pub id: ResourceId,
    /// AWS's identifier.
    pub name: Text,
    pub part: Text,
    pub form: Form,
    pub role: DatabaseRole,
    /// `postgres`, `aurora-mysql`, `docdb`, …
    pub engine: Text,
    pub version: Text,
    /// `db.r6g.large`; empty for an Aurora cluster.
    pub class: Text,
    /// `available`, `storage-full`, …
    pub status: Text,
    pub multi_az: bool,
    pub zone: Text,
    /// GiB; `None` where it grows by itself (Aurora).
    pub storage: Option<u32>,
    /// GiB up to which storage autoscaling grows it.
    pub storage_limit: Option<u32>,
    /// `gp3`, `io2`, …
    pub storage_type: Text,
    pub encrypted: bool,
    /// `host:port`; of a cluster the writer's.
    pub endpoint: Option<Text>,
    pub reader_endpoint: Option<Text>,
    /// Days; 0 is none.
    pub backup_retention: u32,
    pub backup_window: Text,
    pub latest_restorable: Option<Timestamp>,
    pub maintenance_window: Text,
    /// Modifications that wait: member and value.
    pub pending: Vec<(Text, Text)>,
    pub deletion_protection: bool,
    pub performance_insights: bool,
    /// Parameter groups with their apply status (`in-sync`, `pending-reboot`).
    pub parameter_groups: Vec<(Text, Text)>,
    /// The certificate authority, and until when the server's certificate is valid.
    pub certificate: Option<(Text, Option<Timestamp>)>,
    /// Logs exported to CloudWatch.
    pub log_exports: Vec<Text>,
    pub created: Option<Timestamp>,
}

impl Database {
    /// The cluster that this is, or is a member of.
    pub fn cluster(&self) -> Option<&Text> {
        match &self.role {
            DatabaseRole::Cluster { .. } => Some(&self.name),
            DatabaseRole::Member { cluster, .. } => Some(cluster),
            DatabaseRole::Alone | DatabaseRole::Replica { .. } => None,
        }
    }

    pub fn members(&self) -> &[Member] {
        match &self.role {
            DatabaseRole::Cluster { members } => members,
            _ => &[],
        }
    }
}

resource!(Database, part);

/// A snapshot of an instance or a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    pub id: Text,
    /// `manual`, `automated`, `awsbackup`.
    pub kind: Text,
    /// `creating`, `available`, `failed`, …
    pub status: Text,
    /// 0 to 100.
    pub percent: Option<u8>,
    pub created: Option<Timestamp>,
    /// GiB.
    pub size: Option<u32>,
    pub encrypted: bool,
}

/// Maintenance that AWS wants to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintenance {
    /// `system-update`, `db-upgrade`, …
    pub action: Text,
    pub description: Text,
    /// When it is done by itself in a maintenance window, if opted in.
    pub auto_applied_after: Option<Timestamp>,
    /// When it is done in any case.
    pub forced_after: Option<Timestamp>,
    /// `immediate`, `next-maintenance`, `undo-opt-in`; cannot be undone once immediate.
    pub opt_in: Text,
}

/// What the detail view knows beyond the row.
#[derive(Clone, Debug)]
pub struct DatabaseDetail {
    pub database: Database,
    /// Newest first.
    pub snapshots: Result<Vec<Snapshot>, Fault>,
    /// Of the last 14 days, newest first.
    pub events: Result<Vec<Event>, Fault>,
    pub maintenance: Result<Vec<Maintenance>, Fault>,
}

/// What a plan over a database, and the watch after it, must know.
#[derive(Clone, Debug)]
pub struct DatabaseFacts {
    pub database: Database,
    /// Manual ones of this database, newest first.
    pub snapshots: Result<Vec<Snapshot>, Fault>,
    /// Of the last hour, newest first.
    pub events: Result<Vec<Event>, Fault>,
}
