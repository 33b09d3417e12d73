//! ElastiCache's answers as the domain's types.

use aws_sdk_elasticache::types as sdk;

use crate::aws::prelude::*;
use crate::domain::cache::{Auth, Cache, CacheSnapshot, CacheUser, Endpoint, Form, Node};
use crate::domain::event::Event;

/// Which form an ARN of ElastiCache has, and the cache's name:
/// `arn:aws:elasticache:REGION:ACCOUNT:replicationgroup:NAME`, `…:cluster:NAME`, `…:serverlesscache:NAME`.
/// Whether a group is sharded an ARN does not tell.
pub fn form_of_arn(arn: &str) -> (Form, &str) {
    let form = if arn.contains(":replicationgroup:") {
        Form::Group { sharded: false }
    } else if arn.contains(":serverlesscache:") {
        Form::Serverless
    } else {
        Form::Cluster
    };
    (form, crate::aws::shape::tail(arn))
}

fn endpoint(told: Option<&sdk::Endpoint>) -> Option<Endpoint> {
    let told = told?;
    let host = told.address().filter(|host| !host.is_empty())?;
    Some(Endpoint::new(host, told.port().and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0)?))
}

/// A replication group; `members` are the clusters that it is made of, which alone tell version,
/// parameters and how each node is.
pub fn group(told: &sdk::ReplicationGroup, clusters: &[sdk::CacheCluster]) -> Cache {
    let of_member = |id: Option<&str>| clusters.iter().find(|cluster| cluster.cache_cluster_id() == id);
    let first = told.member_clusters().first().and_then(|id| of_member(Some(id)));
    let nodes = told.node_groups().iter().flat_map(|shard| {
        shard.node_group_members().iter().map(move |member| {
            let cluster = of_member(member.cache_cluster_id());
            let own = cluster.and_then(|cluster| cluster.cache_nodes().first());
            Node {
                name: text(member.cache_cluster_id()),
                shard: text(shard.node_group_id()),
                // Told only where cluster mode is off (API model, NodeGroupMember$CurrentRole).
                primary: member.current_role().map(|role| role == "primary"),
                zone: text(member.preferred_availability_zone()),
                status: text(cluster.and_then(|cluster| cluster.cache_cluster_status())),
                endpoint: endpoint(member.read_endpoint()).or_else(|| endpoint(own.and_then(|node| node.endpoint()))),
            }
        })
    });
    let shards = told.node_groups();
    let only = shards.first().filter(|_| shards.len() == 1);
    let sharded = told.cluster_enabled().unwrap_or(shards.len() > 1);
    let auth = match (told.user_group_ids().is_empty(), told.auth_token_enabled().unwrap_or(false)) {
        (false, _) => Auth::Users,
        (true, true) => Auth::Token,
        (true, false) => Auth::None,
    };
    let parameters = first.and_then(|cluster| cluster.cache_parameter_group());
    let mut pending: Vec<(Text, Text)> = Vec::new();
    if let Some(values) = told.pending_modified_values() {
        let mut wait = |name: &str, value: Option<&str>| pending.extend(value.map(|value| (name.into(), value.into())));
        wait("primary", values.primary_cluster_id());
        wait("failover", values.automatic_failover_status().map(|status| status.as_str()));
        wait("auth token", values.auth_token_status().map(|status| status.as_str()));
        wait("TLS mode", values.transit_encryption_mode().map(|mode| mode.as_str()));
        wait("cluster mode", values.cluster_mode().map(|mode| mode.as_str()));
        wait("resharding", values.resharding().map(|_| "under way"));
        wait("user groups", values.user_groups().map(|_| "under way"));
    }
    Cache {
        id: ResourceId(text(told.arn())),
        name: text(told.replication_group_id()),
        part: Form::Group { sharded }.part().into(),
        form: Form::Group { sharded },
        engine: text(told.engine().or_else(|| first.and_then(|cluster| cluster.engine()))),
        version: text(first.and_then(|cluster| cluster.engine_version())),
        class: text(told.cache_node_type()),
        status: text(told.status()),
        nodes: nodes.collect(),
        shards: u32::try_from(shards.len()).unwrap_or(u32::MAX),
        tls: told.transit_encryption_enabled().unwrap_or(false),
        tls_mode: text(told.transit_encryption_mode().map(|mode| mode.as_str())),
        auth,
        failover: text(told.automatic_failover().map(|status| status.as_str())),
        multi_az: text(told.multi_az().map(|status| status.as_str())),
        snapshot_retention: told.snapshot_retention_limit().map_or(0, count),
        snapshot_window: text(told.snapshot_window()),
        maintenance_window: text(first.and_then(|cluster| cluster.preferred_maintenance_window())),
        parameter_group: text(parameters.and_then(|group| group.cache_parameter_group_name())),
        parameter_status: text(parameters.and_then(|group| group.parameter_apply_status())),
        endpoint: endpoint(told.configuration_endpoint())
            .or_else(|| endpoint(only.and_then(|shard| shard.primary_endpoint()))),
        reader_endpoint: endpoint(only.and_then(|shard| shard.reader_endpoint())),
        pending,
        description: text(told.description()),
        created: moment(told.replication_group_create_time()),
    }
}

/// A cluster that belongs to no group: one node of Redis, or nodes of Memcached.
pub fn cluster(told: &sdk::CacheCluster) -> Cache {
    let memcached = told.engine() == Some("memcached");
    let nodes = told.cache_nodes().iter().map(|node| Node {
        name: format!("{}-{}", told.cache_cluster_id().unwrap_or_default(), node.cache_node_id().unwrap_or_default())
            .into(),
        shard: Text::default(),
        primary: (!memcached).then_some(true),
        zone: text(node.customer_availability_zone().or_else(|| told.preferred_availability_zone())),
        status: text(node.cache_node_status()),
        endpoint: endpoint(node.endpoint()),
    });
    let parameters = told.cache_parameter_group();
    let mut pending: Vec<(Text, Text)> = Vec::new();
    if let Some(values) = told.pending_modified_values() {
        let mut wait = |name: &str, value: Option<String>| pending.extend(value.map(|v| (name.into(), v.into())));
        wait("nodes", values.num_cache_nodes().map(|n| n.to_string()));
        wait("version", values.engine_version().map(str::to_string));
        wait("node type", values.cache_node_type().map(str::to_string));
        wait("auth token", values.auth_token_status().map(|status| status.as_str().to_string()));
    }
    let only = told.cache_nodes().first().and_then(|node| endpoint(node.endpoint()));
    Cache {
        id: ResourceId(text(told.arn())),
        name: text(told.cache_cluster_id()),
        part: Form::Cluster.part().into(),
        form: Form::Cluster,
        engine: text(told.engine()),
        version: text(told.engine_version()),
        class: text(told.cache_node_type()),
        status: text(told.cache_cluster_status()),
        nodes: nodes.collect(),
        tls: told.transit_encryption_enabled().unwrap_or(false),
        tls_mode: text(told.transit_encryption_mode().map(|mode| mode.as_str())),
        auth: if told.auth_token_enabled().unwrap_or(false) { Auth::Token } else { Auth::None },
        snapshot_retention: told.snapshot_retention_limit().map_or(0, count),
        snapshot_window: text(told.snapshot_window()),
        maintenance_window: text(told.preferred_maintenance_window()),
        parameter_group: text(parameters.and_then(|group| group.cache_parameter_group_name())),
        parameter_status: text(parameters.and_then(|group| group.parameter_apply_status())),
        endpoint: endpoint(told.configuration_endpoint()).or(only),
        pending,
        created: moment(told.cache_cluster_create_time()),
        ..Cache::default()
    }
}

pub fn serverless(told: &sdk::ServerlessCache) -> Cache {
    Cache {
        id: ResourceId(text(told.arn())),
        name: text(told.serverless_cache_name()),
        part: Form::Serverless.part().into(),
        form: Form::Serverless,
        engine: text(told.engine()),
        version: text(told.full_engine_version().or_else(|| told.major_engine_version())),
        // In capitals here, unlike everywhere else in ElastiCache (API model).
        status: told.status().unwrap_or_default().to_ascii_lowercase().into(),
        // Always (ElastiCache User Guide, "In-transit encryption").
        tls: true,
        auth: if told.user_group_id().is_some_and(|id| !id.is_empty()) { Auth::Users } else { Auth::None },
        snapshot_retention: told.snapshot_retention_limit().map_or(0, count),
        snapshot_window: text(told.daily_snapshot_time()),
        endpoint: endpoint(told.endpoint()),
        reader_endpoint: endpoint(told.reader_endpoint()),
        description: text(told.description()),
        created: moment(told.create_time()),
        ..Cache::default()
    }
}

pub fn snapshot(told: &sdk::Snapshot) -> CacheSnapshot {
    let nodes = told.node_snapshots();
    // Empty while it is being made.
    let sizes: Vec<&str> = nodes.iter().filter_map(|node| node.cache_size()).filter(|size| !size.is_empty()).collect();
    CacheSnapshot {
        name: text(told.snapshot_name()),
        kind: text(told.snapshot_source()),
        status: text(told.snapshot_status()),
        created: nodes.iter().filter_map(|node| moment(node.snapshot_create_time())).min(),
        size: sizes.join(" + ").into(),
    }
}

pub fn serverless_snapshot(told: &sdk::ServerlessCacheSnapshot) -> CacheSnapshot {
    CacheSnapshot {
        name: text(told.serverless_cache_snapshot_name()),
        kind: text(told.snapshot_type()),
        status: told.status().unwrap_or_default().to_ascii_lowercase().into(),
        created: moment(told.create_time()),
        size: told.bytes_used_for_cache().map_or(String::new(), |bytes| format!("{bytes} B")).into(),
    }
}

pub fn user(told: &sdk::User) -> CacheUser {
    CacheUser {
        name: text(told.user_name()),
        auth: text(told.authentication().and_then(|auth| auth.r#type()).map(|kind| kind.as_str())),
        access: text(told.access_string()),
    }
}

pub fn event(told: &sdk::Event) -> Event {
    Event {
        at: moment(told.date()),
        source: text(told.source_identifier()),
        message: text(told.message()),
        categories: Vec::new(),
    }
}
