//! What a plan of a session must know: the tasks that it can go through, and the plugin.

use std::cmp::Reverse;

use aws_sdk_ecs::types::DesiredStatus;
use futures_util::future::{join, join3};

use super::plugin;
use crate::aws::ecs::{self, definitions, detail, list, shape};
use crate::aws::prelude::*;
use crate::aws::{elasticache, rds};
use crate::domain::ops::ecs::{DESCRIBE_TASKS, LIST_TASKS};
use crate::domain::ssm::{Remote, SessionFacts};
use crate::domain::task::Task;
use crate::kinds::ssm::forward::{remote_of_cache, remote_of_database};

/// The tasks of a cluster that are looked at for a way: one page and one call (API model).
const TASKS: i32 = 100;
/// Clusters that are looked into for a way.
const CLUSTERS: usize = 10;

/// Of a service: its own tasks.
pub async fn of_service(cx: &ReadContext, id: &ResourceId) -> Result<Option<Facts>, Fault> {
    let session = &cx.session;
    let Some(service) = list::one(session, id).await? else { return Ok(None) };
    let (tasks, definition, plugin) = join3(
        detail::tasks(session, &service, DesiredStatus::Running),
        definitions::describe(session, &service.task_definition.arn, Urgency::Now),
        plugin::find(session.options().process_patience),
    )
    .await;
    let containers = definition.as_ref().map_or(&[][..], |definition| &definition.containers);
    let ports = containers.iter().flat_map(|c| c.ports.iter().map(|port| (c.image.container.clone(), *port)));
    let facts = SessionFacts {
        name: service.name.clone(),
        remote: None,
        enabled: Some(service.exec_enabled),
        tasks: tasks.map(running_first),
        ports: ports.collect(),
        plugin,
    };
    Ok(Some(Arc::new(facts)))
}

/// Of a database: any task that takes sessions may lead there.
pub async fn of_database(cx: &ReadContext, id: &ResourceId) -> Result<Option<Facts>, Fault> {
    let Some(database) = rds::list::one(&cx.session, id).await? else { return Ok(None) };
    Ok(Some(through(cx, &database.name, remote_of_database(&database)).await))
}

/// Of a cache, as of a database.
pub async fn of_cache(cx: &ReadContext, id: &ResourceId) -> Result<Option<Facts>, Fault> {
    let Some(cache) = elasticache::list::one(&cx.session, id).await? else { return Ok(None) };
    Ok(Some(through(cx, &cache.name, remote_of_cache(&cache)).await))
}

async fn through(cx: &ReadContext, name: &Text, remote: Option<Remote>) -> Facts {
    let (session, scope) = (&cx.session, cx.scope());
    let (tasks, plugin) = join(ways(session, scope, name), plugin::find(session.options().process_patience)).await;
    Arc::new(SessionFacts { name: name.clone(), remote, enabled: None, tasks, ports: Vec::new(), plugin })
}

fn running_first(mut tasks: Vec<Task>) -> Vec<Task> {
    tasks.sort_by_key(|task| task.status != "RUNNING");
    tasks
}

/// Tasks that take sessions, those whose service is named most like the goal first: they are the likeliest
/// to be let through to it.
async fn ways(session: &Session, scope: &Scope, name: &str) -> Result<Vec<Task>, Fault> {
    let clusters = list::clusters(session, scope).await?;
    let mut found: Vec<(usize, Task)> = Vec::new();
    for cluster in clusters.iter().take(CLUSTERS) {
        let request = ecs::client(session).list_tasks().cluster(cluster.as_str()).max_results(TASKS).send();
        let page = session.ask(LIST_TASKS, Urgency::Now, request).await?;
        if page.task_arns().is_empty() {
            continue;
        }
        let request = ecs::client(session)
            .describe_tasks()
            .cluster(cluster.as_str())
            .set_tasks(Some(page.task_arns().to_vec()))
            .send();
        let told = session.ask(DESCRIBE_TASKS, Urgency::Now, request).await?;
        for told in told.tasks() {
            let task = shape::task(told);
            let is_ready = task.containers.iter().any(|container| container.exec_agent == "RUNNING");
            if task.exec_enabled && is_ready {
                let group = told.group().unwrap_or_default();
                let service = group.strip_prefix("service:").unwrap_or(group);
                let alike = service.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
                found.push((alike, task));
            }
        }
    }
    found.sort_by_key(|(alike, task)| (Reverse(*alike), Reverse(task.started)));
    Ok(found.into_iter().map(|(_, task)| task).collect())
}
