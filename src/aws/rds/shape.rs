//! RDS's answers as the domain's types.

use std::collections::HashMap;

use aws_sdk_rds::types as sdk;

use crate::aws::prelude::*;
use crate::aws::shape::tail;
use crate::domain::database::{Database, DatabaseRole, Form, Maintenance, Member, Snapshot};
use crate::domain::event::Event;

/// Which member of which cluster writes, as the clusters tell it: the instances do not.
pub type Writers = HashMap<Text, bool>;

/// What a cluster tells of its members.
pub fn writers(cluster: &Database) -> Writers {
    cluster.members().iter().map(|member| (member.name.clone(), member.writer)).collect()
}

/// Form and identifier of an ARN of RDS: `arn:aws:rds:REGION:ACCOUNT:db:NAME` or `…:cluster:NAME`.
pub fn form_of_arn(arn: &str) -> (Form, &str) {
    let form = if arn.contains(":cluster:") { Form::Cluster } else { Form::Instance };
    (form, tail(arn))
}

fn address(host: Option<&str>, port: Option<i32>) -> Option<Text> {
    let host = host.filter(|host| !host.is_empty())?;
    Some(match port {
        Some(port) => format!("{host}:{port}").into(),
        None => host.into(),
    })
}

/// GiB. Aurora, Neptune and DocumentDB tell 0 or 1, which means nothing: their volumes grow by
/// themselves. Of all others the smallest has 5.
fn size(told: Option<i32>) -> Option<u32> {
    told.filter(|size| *size > 1).map(count)
}

/// The logs that will be exported and no longer be, `+postgresql -upgrade`.
fn exports(told: &sdk::PendingCloudwatchLogsExports) -> Text {
    let on = told.log_types_to_enable().iter().map(|log| format!("+{log}"));
    on.chain(told.log_types_to_disable().iter().map(|log| format!("-{log}"))).collect::<Vec<_>>().join(" ").into()
}

/// `(name, value)` of every member that waits. AWS masks the password itself; it is masked here
/// again, because it would stay on the screen.
macro_rules! waiting {
    ($values:expr, $($member:ident),*) => {{
        let mut waiting: Vec<(Text, Text)> = Vec::new();
        if let Some(values) = $values {
            if values.master_user_password().is_some() {
                waiting.push(("master user password".into(), "****".into()));
            }
            if let Some(told) = values.pending_cloudwatch_logs_exports() {
                waiting.push(("cloudwatch logs".into(), exports(told)));
            }
            $(if let Some(value) = values.$member() {
                waiting.push((stringify!($member).replace('_', " ").into(), value.to_string().into()));
            })*
        }
        waiting
    }};
}

/// What instances and clusters tell alike, each by methods of its own.
macro_rules! database {
    ($told:ident, $form:expr) => {
        Database {
            part: $form.part().into(),
            form: $form,
            engine: text($told.engine()),
            version: text($told.engine_version()),
            multi_az: $told.multi_az().unwrap_or(false),
            storage: size($told.allocated_storage()),
            storage_type: text($told.storage_type()),
            encrypted: $told.storage_encrypted().unwrap_or(false),
            backup_retention: $told.backup_retention_period().map_or(0, count),
            backup_window: text($told.preferred_backup_window()),
            latest_restorable: moment($told.latest_restorable_time()),
            maintenance_window: text($told.preferred_maintenance_window()),
            deletion_protection: $told.deletion_protection().unwrap_or(false),
            performance_insights: $told.performance_insights_enabled().unwrap_or(false),
            log_exports: $told.enabled_cloudwatch_logs_exports().iter().map(Text::from).collect(),
            ..Database::default()
        }
    };
}

pub fn instance(told: &sdk::DbInstance, writers: &Writers) -> Database {
    let name = text(told.db_instance_identifier());
    let cluster = told.db_cluster_identifier().filter(|cluster| !cluster.is_empty());
    let source = told.read_replica_source_db_instance_identifier().filter(|source| !source.is_empty());
    let role = match (cluster, source) {
        (Some(cluster), _) => DatabaseRole::Member { cluster: cluster.into(), writer: writers.get(&name).copied() },
        // A replica of another Region names its source by the ARN.
        (None, Some(source)) => DatabaseRole::Replica { of: tail(source).into() },
        (None, None) => DatabaseRole::Alone,
    };
    let certificate = told
        .certificate_details()
        .map(|certificate| (text(certificate.ca_identifier()), moment(certificate.valid_till())))
        .or_else(|| told.ca_certificate_identifier().map(|authority| (authority.into(), None)));
    Database {
        id: ResourceId(text(told.db_instance_arn())),
        name,
        role,
        class: text(told.db_instance_class()),
        status: text(told.db_instance_status()),
        zone: text(told.availability_zone()),
        storage_limit: told.max_allocated_storage().map(count),
        endpoint: told.endpoint().and_then(|endpoint| address(endpoint.address(), endpoint.port())),
        pending: waiting!(
            told.pending_modified_values(),
            db_instance_class,
            allocated_storage,
            port,
            backup_retention_period,
            multi_az,
            engine_version,
            license_model,
            iops,
            storage_throughput,
            db_instance_identifier,
            storage_type,
            ca_certificate_identifier,
            db_subnet_group_name,
            iam_database_authentication_enabled,
            dedicated_log_volume,
            engine
        ),
        parameter_groups: (told.db_parameter_groups().iter())
            .map(|group| (text(group.db_parameter_group_name()), text(group.parameter_apply_status())))
            .collect(),
        certificate,
        created: moment(told.instance_create_time()),
        ..database!(told, Form::Instance)
    }
}

pub fn cluster(told: &sdk::DbCluster) -> Database {
    let member = |member: &sdk::DbClusterMember| Member {
        name: text(member.db_instance_identifier()),
        writer: member.is_cluster_writer().unwrap_or(false),
        parameters: text(member.db_cluster_parameter_group_status()),
        promotion_tier: member.promotion_tier(),
    };
    Database {
        id: ResourceId(text(told.db_cluster_arn())),
        name: text(told.db_cluster_identifier()),
        role: DatabaseRole::Cluster { members: told.db_cluster_members().iter().map(member).collect() },
        class: text(told.db_cluster_instance_class()),
        status: text(told.status()),
        zone: told.availability_zones().join(", ").into(),
        endpoint: address(told.endpoint(), told.port()),
        reader_endpoint: address(told.reader_endpoint(), told.port()),
        pending: waiting!(
            told.pending_modified_values(),
            db_cluster_identifier,
            iam_database_authentication_enabled,
            engine_version,
            backup_retention_period,
            storage_type,
            allocated_storage,
            iops
        ),
        // A cluster tells its group's name; the members tell whether it is applied.
        parameter_groups: (told.db_cluster_parameter_group())
            .map(|group| {
                let members = told.db_cluster_members();
                let waits = members.iter().any(|m| m.db_cluster_parameter_group_status() == Some("pending-reboot"));
                (group.into(), if waits { "pending-reboot" } else { "in-sync" }.into())
            })
            .into_iter()
            .collect(),
        certificate: told.certificate_details().map(|c| (text(c.ca_identifier()), moment(c.valid_till()))),
        created: moment(told.cluster_create_time()),
        ..database!(told, Form::Cluster)
    }
}

fn percent(percent: Option<i32>) -> Option<u8> {
    percent.and_then(|percent| u8::try_from(percent).ok()).map(|percent| percent.min(100))
}

pub fn snapshot(told: &sdk::DbSnapshot) -> Snapshot {
    Snapshot {
        id: text(told.db_snapshot_identifier()),
        kind: text(told.snapshot_type()),
        status: text(told.status()),
        percent: percent(told.percent_progress()),
        created: moment(told.snapshot_create_time()),
        size: told.allocated_storage().map(count),
        encrypted: told.encrypted().unwrap_or(false),
    }
}

pub fn cluster_snapshot(told: &sdk::DbClusterSnapshot) -> Snapshot {
    Snapshot {
        id: text(told.db_cluster_snapshot_identifier()),
        kind: text(told.snapshot_type()),
        status: text(told.status()),
        percent: percent(told.percent_progress()),
        created: moment(told.snapshot_create_time()),
        size: size(told.allocated_storage()),
        encrypted: told.storage_encrypted().unwrap_or(false),
    }
}

pub fn event(told: &sdk::Event) -> Event {
    Event {
        at: moment(told.date()),
        source: text(told.source_identifier()),
        message: text(told.message()),
        categories: told.event_categories().iter().map(Text::from).collect(),
    }
}

pub fn maintenance(told: &sdk::PendingMaintenanceAction) -> Maintenance {
    Maintenance {
        action: text(told.action()),
        description: text(told.description()),
        auto_applied_after: moment(told.auto_applied_after_date()),
        forced_after: moment(told.forced_apply_date()),
        opt_in: text(told.opt_in_status()),
    }
}
