//! ECS services: the declaration.

mod columns;
mod deploy;
mod detail;
mod evidence;
mod health;
mod metrics;
mod room;
mod scale;
mod watch;

#[cfg(test)]
mod build;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::kind::{Align, Cadence, Kind};
use crate::domain::call::Op;
use crate::domain::resource::{ActionId, KindId};
use crate::domain::service::{Service, ServiceDetail};

pub const SERVICES: KindId = KindId("services");

/// Scale: another desired count.
pub const SCALE: ActionId = ActionId("scale");
/// Force a new deployment of what is in force.
pub const DEPLOY: ActionId = ActionId("deploy");

/// The one request behind both actions.
const UPDATE_SERVICE: Op = Op::new("ecs", "UpdateService");

const READS: &[Op] = &[
    Op::new("ecs", "ListClusters"),
    Op::new("ecs", "ListServices"),
    Op::new("ecs", "DescribeServices"),
    Op::new("ecs", "DescribeTaskDefinition"),
    Op::new("ecs", "ListTasks"),
    Op::new("ecs", "DescribeTasks"),
    Op::new("application-autoscaling", "DescribeScalableTargets"),
    Op::new("application-autoscaling", "DescribeScalingPolicies"),
];

/// The declaration of the kind.
///
/// The columns' least widths add up to 62 (name, tasks, rollout, CPU, image, since), 92 (and memory, task
/// definition, cluster) and 132 (and why), without the gaps between them.
pub fn kind() -> Kind {
    Kind::of::<Service>(
        SERVICES,
        ("Services", "Services", "service"),
        Cadence {
            moving: Duration::from_secs(3),
            visible: Duration::from_secs(5),
            hidden: Duration::from_secs(60),
            detail: Duration::from_secs(5),
        },
        READS,
        health::diagnose,
        columns::json,
    )
    .moving::<Service>(health::moves)
    .with_logs()
    .deployed::<Service>(|service| service.deployments.iter().filter_map(|deployment| deployment.created).max())
    .console::<Service>(columns::console_url)
    .column::<Service>(("name", "SERVICE"), (20, 60), Align::Left, 0, columns::name)
    .column::<Service>(("tasks", "TASKS"), (7, 12), Align::Left, 1, columns::tasks)
    .column::<Service>(("rollout", "ROLLOUT"), (14, 24), Align::Left, 2, columns::rollout)
    .glance::<Service>(("cpu", "CPU"), 4, 4, metrics::cpu)
    .glance::<Service>(("mem", "MEM"), 4, 6, metrics::memory)
    .column::<Service>(("image", "IMAGE"), (12, 30), Align::Left, 5, columns::image)
    .column::<Service>(("taskdef", "TASKDEF"), (12, 30), Align::Left, 7, columns::task_definition)
    .column::<Service>(("cluster", "CLUSTER"), (14, 30), Align::Left, 8, columns::cluster)
    .column::<Service>(("since", "SINCE"), (5, 5), Align::Right, 3, columns::since)
    .column::<Service>(("why", "WHY"), (40, 120), Align::Left, 9, columns::why)
    .apart_by("cluster")
    .tab::<Service, ServiceDetail>("Overview", detail::overview)
    .tab::<Service, ServiceDetail>("Tasks", detail::tasks)
    .tab::<Service, ServiceDetail>("Deployments", detail::deployments)
    .tab::<Service, ServiceDetail>("Events", detail::events)
    .graphs::<Service>(metrics::graphs)
    .target_groups::<Service>(metrics::target_groups)
    .layers(metrics::layers())
    .action(scale::action())
    .action(deploy::action())
}

/// A service that is being deleted takes no change.
fn active(service: &Service) -> Result<(), String> {
    match service.status.as_str() {
        "ACTIVE" => Ok(()),
        "DRAINING" => Err("the service is DRAINING: it is being deleted".into()),
        "INACTIVE" => Err("the service is INACTIVE: it was deleted".into()),
        other => Err(format!("the service is not ACTIVE but {other:?}")),
    }
}
