//! The tasks that stopped in a cluster, of all its services at once: listed cheaply, described once.

use std::collections::{HashMap, HashSet};

use aws_sdk_ecs::types::{DesiredStatus, Task as SdkTask};
use parking_lot::Mutex;

use super::detail::{Of, TASKS, arns, described};
use super::shape;
use crate::aws::prelude::*;
use crate::domain::record::What;

/// The ARNs of the tasks that were told, by cluster: no more than ECS still lists.
#[derive(Default)]
pub struct Endings(Mutex<HashMap<Text, HashSet<String>>>);

impl Endings {
    /// Which of those that are listed now were not told yet.
    fn not_emitted(&self, cluster: &Text, listed: Vec<String>) -> Vec<String> {
        let mut all = self.0.lock();
        let told = all.entry(cluster.clone()).or_default();
        let (known, new): (HashSet<String>, HashSet<String>) = listed.into_iter().partition(|arn| told.contains(arn));
        *told = known;
        new.into_iter().collect()
    }

    fn mark_emitted(&self, cluster: &Text, arns: impl Iterator<Item = String>) {
        let mut all = self.0.lock();
        all.entry(cluster.clone()).or_default().extend(arns);
    }
}

/// The tasks of services that stopped in a cluster since they were told last.
pub async fn new_in(cx: &ReadContext, cluster: &Text) -> Result<(), Fault> {
    let session = &cx.session;
    let listed = arns(session, cluster, &Of::Cluster, DesiredStatus::Stopped, Urgency::Sweep).await?;
    for batch in session.state::<Endings>().not_emitted(cluster, listed).chunks(TASKS as usize) {
        let tasks = described(session, cluster, batch, Urgency::Sweep).await?;
        let mut seen = Vec::new();
        let mut done = Vec::new();
        for task in &tasks {
            let shaped = shape::task(task);
            // One that is still on its way to its end is described again.
            if !shaped.has_ended() {
                continue;
            }
            done.push(shaped.arn.to_string());
            if let Some((name, id)) = service_of(task)
                && cx.scope().admits_name(name)
            {
                seen.push((id, What::Task(Box::new(shaped))));
            }
        }
        if !seen.is_empty() {
            cx.emit(Answer::Seen(seen)).await;
        }
        session.state::<Endings>().mark_emitted(cluster, done.into_iter());
    }
    Ok(())
}

/// The name and ARN of the service that started a task, as its group says; none of a task that
/// belongs to no service, or has the old form of ARN, which does not tell its cluster.
fn service_of(task: &SdkTask) -> Option<(&str, ResourceId)> {
    let name = task.group()?.strip_prefix("service:")?;
    let (head, path) = task.task_arn()?.split_once(":task/")?;
    let (cluster, _) = path.split_once('/')?;
    Some((name, ResourceId(format!("{head}:service/{cluster}/{name}").into())))
}
