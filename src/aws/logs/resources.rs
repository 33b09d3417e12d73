//! The log groups of a resource, as AWS tells them: none is guessed from a name.

use super::sources::{Resolved, Streams, invalid};
use crate::aws::ecs;
use crate::aws::prelude::*;
use crate::aws::{elasticache, rds};
use crate::domain::cache;
use crate::domain::database;
use crate::domain::ops::elasticache::{DESCRIBE_CACHE_CLUSTERS, DESCRIBE_REPLICATION_GROUPS};
use crate::domain::ops::rds::{DESCRIBE_DB_CLUSTERS, DESCRIBE_DB_INSTANCES};

fn gone(what: &str) -> Fault {
    Fault::new(FaultKind::NotFound, "logs", format!("the {what} does not exist any more"))
}

/// A service's come from the log configuration of its task definitions.
pub async fn of_service(session: &Session, id: &ResourceId) -> Result<Resolved, Fault> {
    let service = ecs::list::one(session, id).await?.ok_or_else(|| gone("service"))?;
    // While it rolls, tasks of two definitions write.
    let mut definitions: Vec<Text> = service.deployments.iter().map(|d| d.task_definition.arn.clone()).collect();
    definitions.push(service.task_definition.arn.clone());
    definitions.sort();
    definitions.dedup();
    let mut found = Vec::new();
    let mut elsewhere = Vec::new();
    let mut abroad = Vec::new();
    for arn in definitions {
        let definition = ecs::definitions::describe(session, &arn, Urgency::Now).await?;
        for container in definition.containers {
            let name = &container.image.container;
            match (container.log_group, container.log_prefix) {
                (Some(group), prefix) if container.log_driver == "awslogs" => {
                    if let Some(region) = container.log_region.filter(|region| **region != *session.region) {
                        abroad.push(format!("{name}: {group} in {region}"));
                        continue;
                    }
                    // Streams are PREFIX/CONTAINER/TASK (ECS developer guide, awslogs-stream-prefix).
                    let prefix = prefix.map(|prefix| format!("{prefix}/{name}/").into());
                    found.push(Streams { group, prefix });
                }
                _ if container.log_driver.is_empty() => elsewhere.push(format!("{name}: no log driver")),
                _ => elsewhere.push(format!("{name}: {}", container.log_driver)),
            }
        }
    }
    abroad.sort();
    abroad.dedup();
    let missing = (!abroad.is_empty()).then(|| {
        invalid(format!("it logs to another Region ({})", abroad.join(", ")))
            .with_remedy("open an environment of that Region and name the group")
    });
    if found.is_empty() {
        let message = format!("no container writes to CloudWatch Logs ({})", elsewhere.join(", "));
        return Err(missing.unwrap_or_else(|| invalid(message)));
    }
    Ok(Resolved { missing, ..found.into() })
}

/// The groups of the logs that a database exports: `/aws/rds/instance/NAME/TYPE` or
/// `/aws/rds/cluster/NAME/TYPE` (RDS user guide, "Publishing database logs to CloudWatch Logs").
pub async fn of_database(session: &Session, id: &ResourceId) -> Result<Resolved, Fault> {
    let (form, name) = rds::form_of_arn(&id.0);
    if form == database::Form::Cluster {
        return of_cluster(session, name, None).await;
    }
    let request = rds::client(session).describe_db_instances().db_instance_identifier(name).send();
    let told = session.find(DESCRIBE_DB_INSTANCES, Urgency::Now, request).await?;
    let instance = told.as_ref().and_then(|told| told.db_instances().first()).ok_or_else(|| gone("database"))?;
    match instance.db_cluster_identifier().filter(|cluster| !cluster.is_empty()) {
        // A member's logs are exported by its cluster.
        Some(cluster) => of_cluster(session, cluster, Some(name)).await,
        None => exported("instance", name, instance.enabled_cloudwatch_logs_exports(), None),
    }
}

async fn of_cluster(session: &Session, name: &str, member: Option<&str>) -> Result<Resolved, Fault> {
    let request = rds::client(session).describe_db_clusters().db_cluster_identifier(name).send();
    let told = session.find(DESCRIBE_DB_CLUSTERS, Urgency::Now, request).await?;
    let cluster = told.as_ref().and_then(|told| told.db_clusters().first()).ok_or_else(|| gone("database"))?;
    exported("cluster", name, cluster.enabled_cloudwatch_logs_exports(), member)
}

/// `member`: only the streams of this instance, whose names begin with its own.
fn exported(form: &str, name: &str, types: &[String], member: Option<&str>) -> Result<Resolved, Fault> {
    if types.is_empty() {
        let option =
            format!("aws rds modify-db-{form} --db-{form}-identifier {name} --cloudwatch-logs-export-configuration");
        return Err(invalid(format!("the {form} {name} exports no log to CloudWatch Logs")).with_remedy(format!(
            "switch it on: {option} '{{\"EnableLogTypes\":[\"error\"]}}' (PostgreSQL: postgresql)"
        )));
    }
    let prefix: Option<Text> = member.map(Text::new);
    let group = |kind: &String| format!("/aws/rds/{form}/{name}/{kind}").into();
    Ok(types.iter().map(|kind| Streams { group: group(kind), prefix: prefix.clone() }).collect::<Vec<_>>().into())
}

/// The groups that a cache's slow and engine logs are delivered to. Caches may share one, and the
/// streams of this one cannot be told by their beginning alone: they name the engine as it was when
/// the delivery began (ElastiCache user guide, "Logging destinations").
pub async fn of_cache(session: &Session, id: &ResourceId) -> Result<Resolved, Fault> {
    let (form, name) = elasticache::form_of_arn(&id.0);
    let told = match form {
        // "Log delivery is not supported for serverless caches" (ElastiCache user guide).
        cache::Form::Serverless => return Err(invalid("a serverless cache delivers no logs")),
        cache::Form::Group { .. } => {
            let request = elasticache::client(session).describe_replication_groups().replication_group_id(name).send();
            let told = session.find(DESCRIBE_REPLICATION_GROUPS, Urgency::Now, request).await?;
            told.and_then(|told| Some(told.replication_groups().first()?.log_delivery_configurations().to_vec()))
        }
        cache::Form::Cluster => {
            let request = elasticache::client(session).describe_cache_clusters().cache_cluster_id(name).send();
            let told = session.find(DESCRIBE_CACHE_CLUSTERS, Urgency::Now, request).await?;
            told.and_then(|told| Some(told.cache_clusters().first()?.log_delivery_configurations().to_vec()))
        }
    };
    let deliveries = told.ok_or_else(|| gone("cache"))?;
    let (mut found, mut elsewhere) = (Vec::new(), Vec::new());
    for delivery in &deliveries {
        let details = delivery.destination_details().and_then(|details| details.cloud_watch_logs_details());
        match details.and_then(|details| details.log_group()).filter(|group| !group.is_empty()) {
            Some(group) => found.push(Streams::of_group(group)),
            None => {
                let word = |value: Option<&str>| value.unwrap_or("?").to_string();
                let kind = word(delivery.log_type().map(|kind| kind.as_str()));
                elsewhere.push(format!("{kind}: {}", word(delivery.destination_type().map(|to| to.as_str()))));
            }
        }
    }
    if found.is_empty() {
        let where_to = if elsewhere.is_empty() { String::new() } else { format!(" ({})", elsewhere.join(", ")) };
        return Err(invalid(format!("the cache delivers no log to CloudWatch Logs{where_to}"))
            .with_remedy("switch on the delivery of its slow log or engine log: it needs Redis OSS 6.0 or Valkey"));
    }
    Ok(found.into())
}
