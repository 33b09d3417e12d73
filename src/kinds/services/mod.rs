//! ECS services: the declaration.

mod candidates;
mod columns;
mod deploy;
mod deploy_image;
mod evidence;
mod health;
mod image_candidates;
mod metrics;
mod reads;
mod recorded;
mod revisions;
mod rollback;
mod rollout_headroom;
mod rules;
mod run;
mod scale;
mod stop_reason;
mod stop_task;
mod tabs;
mod timeline;
mod watch;

#[cfg(test)]
pub mod fixtures;
#[cfg(test)]
mod tests;

pub use metrics::unhealthy_hosts;
pub use recorded::all_deployments;
pub use rules::is_suspect;

use std::time::Duration;

use super::action::Grant;
use super::kind::{Align, Cadence, Kind};
use super::ssm::{exec, forward};
use crate::domain::ops::Op;
use crate::domain::ops::{autoscaling, ecs, elb, iam};
use crate::domain::resource::{ActionId, FactsId, KindId};
use crate::domain::service::{Service, ServiceDetail};

pub const SERVICES: KindId = KindId("services");

/// Scale: another desired count.
pub const SCALE: ActionId = ActionId("scale");
/// Force a new deployment of what is in force.
pub const DEPLOY: ActionId = ActionId("deploy");

/// Deploy another image, in a new revision of the task definition.
pub const DEPLOY_IMAGE: ActionId = ActionId("deploy-image");
/// Roll back, or deploy another revision of the family.
pub const ROLLBACK: ActionId = ActionId("rollback");

/// A task takes on its definition's roles; they may be handed to tasks alone.
const PASS_ROLE: Grant = Grant { op: iam::PASS_ROLE, when: ("iam:PassedToService", "ecs-tasks.amazonaws.com") };

/// Stop one task.
pub const STOP_TASK: ActionId = ActionId("stop-task");
/// Run a command in a task of its own.
pub const RUN: ActionId = ActionId("run");

/// What a plan over a service needs: [`crate::domain::service::ServiceFacts`], without its images.
pub const FACTS: FactsId = FactsId::new(SERVICES, "facts");
/// The same with the images that new tasks would pull, as ECR has them.
pub const FACTS_WITH_IMAGES: FactsId = FactsId::new(SERVICES, "facts with images");
/// [`crate::domain::image::DeployImageFacts`].
pub const DEPLOY_IMAGE_FACTS: FactsId = FactsId::new(SERVICES, "newer images");
/// [`crate::domain::history::RollbackFacts`].
pub const ROLLBACK_FACTS: FactsId = FactsId::new(SERVICES, "earlier revisions");
/// [`crate::domain::task::TaskFacts`], without the tasks that no service keeps.
pub const TASK_FACTS: FactsId = FactsId::new(SERVICES, "tasks");
/// The same with them.
pub const RUN_FACTS: FactsId = FactsId::new(SERVICES, "tasks and one-off tasks");

const READS: &[Op] = &[
    ecs::LIST_CLUSTERS,
    ecs::LIST_SERVICES,
    ecs::DESCRIBE_SERVICES,
    ecs::LIST_SERVICE_DEPLOYMENTS,
    ecs::DESCRIBE_SERVICE_DEPLOYMENTS,
    ecs::DESCRIBE_SERVICE_REVISIONS,
    ecs::DESCRIBE_TASK_DEFINITION,
    ecs::LIST_TASKS,
    ecs::DESCRIBE_TASKS,
    autoscaling::DESCRIBE_SCALABLE_TARGETS,
    autoscaling::DESCRIBE_SCALING_POLICIES,
    autoscaling::DESCRIBE_SCALING_ACTIVITIES,
    elb::DESCRIBE_TARGET_HEALTH,
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
            endings: Some(Duration::from_secs(30)),
        },
        READS,
        health::diagnose,
        columns::json,
    )
    .with_logs()
    .known_as::<Service>(columns::names)
    .deployed::<Service>(|service| service.deployments.iter().filter_map(|deployment| deployment.created).max())
    .revisions::<Service>(revisions::revisions)
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
    .why((40, 120), 9)
    .disambiguated_by("cluster")
    .tab::<Service, ServiceDetail>("Overview", tabs::overview::tab)
    .tab::<Service, ServiceDetail>("Tasks", tabs::tasks::tab)
    .tab::<Service, ServiceDetail>("Deployments", tabs::deployments::tab)
    .tab::<Service, ServiceDetail>("Events", tabs::events::tab)
    .tab::<Service, ServiceDetail>("Targets", tabs::targets::tab)
    .tab::<Service, ServiceDetail>("Scaling", tabs::scaling::tab)
    .recorded::<Service>(recorded::of_row, recorded::of_facts)
    .happened::<Service>(timeline::of_row, timeline::of_facts, timeline::of_record)
    .rules(rules::rules())
    .graphs::<Service>(metrics::graphs)
    .target_groups::<Service>(metrics::target_groups)
    .layers(metrics::layers())
    .action(scale::action())
    .action(deploy::action())
    .action(rollback::action())
    .action(deploy_image::action())
    .action(stop_task::action())
    .action(run::action())
    .action(exec::action())
    .action(forward::of_service())
}

/// A service that is being deleted takes no change.
///
/// # Errors
/// In which state it is.
pub fn active(service: &Service) -> Result<(), String> {
    match service.status.as_str() {
        "ACTIVE" => Ok(()),
        "DRAINING" => Err("the service is DRAINING: it is being deleted".into()),
        "INACTIVE" => Err("the service is INACTIVE: it was deleted".into()),
        other => Err(format!("the service is not ACTIVE but {other:?}")),
    }
}
