//! ECS services: the declaration.

mod actions;
mod candidates;
mod columns;
mod evidence;
mod health;
mod metrics;
mod recorded;
mod revisions;
mod rollout_headroom;
mod rules;
mod stop_reason;
mod tabs;
mod timeline;

#[cfg(test)]
pub mod fixtures;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde_json::Value;

use super::action::Action;
use super::column::Column;
use super::kind::{Address, Cadence, FindRevisions, KindSpec, RenderContext, ResourceChange, Role, Scaled};
use super::metric::{Graph, Layer};
use super::rule::Rule;
use super::tab::Tab;
use super::timeline::Trail;
use crate::domain::Timestamp;
use crate::domain::call::Call;
use crate::domain::health::Diagnosis;
use crate::domain::metric::{Metric, Readings};
use crate::domain::ops::Op;
use crate::domain::ops::{autoscaling, ecs, elb};
use crate::domain::record::{Record, What};
use crate::domain::resource::{AnyFacts, FactsId, KindId, cast_facts};
use crate::domain::scaling::ScalingActivity;
use crate::domain::service::{Service, ServiceDetail};
use crate::domain::target_health::TARGET_GROUP;
use crate::domain::text::Text;
use crate::domain::timeline::{About, TimelineEvent, TimelineSource};

pub const SERVICES: KindId = KindId("services");

/// Deployments and events of services, as they are read with their rows and recorded.
pub const EVENTS: TimelineSource = TimelineSource::known(10, "ECS", "ECS");

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

/// The declaration of the kind.
pub struct Services;

impl KindSpec for Services {
    type Resource = Service;

    const ID: KindId = SERVICES;
    const TITLE: &str = "Services";
    const NOUN: &str = "service";
    const SYNONYMS: &str = "svc ecs fargate";
    const CADENCE: Cadence = Cadence { endings: Some(Duration::from_secs(30)), ..Cadence::of_seconds(3, 5, 60, 5) };
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
    const ACTIONS: &[&dyn Action] = actions::ALL;
    const DISAMBIGUATED_BY: Option<&str> = Some("cluster");
    const HAS_LOGS: bool = true;
    const TRAIL: Option<Trail> = Some(Trail {
        service: "ecs.amazonaws.com",
        names: &[],
        told: &[
            "taskDefinition",
            "family",
            "desiredCount",
            "forceNewDeployment",
            "stopType",
            "minCapacity",
            "maxCapacity",
            "policyName",
        ],
    });
    const ROLE: Role = Role::Compute;
    const DIMENSIONS: &[&str] = &["TargetGroup"];
    const RELEASE_RULE: Option<&str> = Some("bad-deploy");
    const EVENT_SOURCE: Option<TimelineSource> = Some(EVENTS);

    /// The least widths add up to 62 (name, tasks, rollout, CPU, image, since), 92 (and memory, task
    /// definition, cluster) and 132 (and why), without the gaps between them.
    fn columns(&self) -> Vec<Column> {
        vec![
            Column::left(("name", "SERVICE"), (20, 60), 0, columns::name),
            Column::left(("tasks", "TASKS"), (7, 12), 1, columns::tasks),
            Column::left(("rollout", "ROLLOUT"), (14, 24), 2, columns::rollout),
            Column::metric(("cpu", "CPU"), 4, 4, metrics::cpu),
            Column::metric(("mem", "MEM"), 4, 6, metrics::memory),
            Column::left(("image", "IMAGE"), (12, 30), 5, columns::image),
            Column::left(("taskdef", "TASKDEF"), (12, 30), 7, columns::task_definition),
            Column::left(("cluster", "CLUSTER"), (14, 30), 8, columns::cluster),
            Column::right(("since", "SINCE"), (5, 5), 3, columns::since),
            Column::why((40, 120), 9),
        ]
    }

    fn tabs(&self) -> Vec<Tab> {
        vec![
            Tab::new("Overview", tabs::overview::tab),
            Tab::new("Tasks", tabs::tasks::tab),
            Tab::new("Deployments", tabs::deployments::tab),
            Tab::new("Events", tabs::events::tab),
            Tab::new("Targets", tabs::targets::tab),
            Tab::new("Scaling", tabs::scaling::tab),
            Tab::charts(),
        ]
    }

    fn diagnose(&self, service: &Service, now: Timestamp) -> Diagnosis {
        health::diagnose(service, now)
    }

    fn json(&self, service: &Service, context: RenderContext) -> Value {
        columns::json(service, context)
    }

    fn rules(&self) -> Vec<Rule> {
        rules::rules()
    }

    fn layers(&self) -> Vec<Layer> {
        metrics::layers()
    }

    fn graphs(&self, service: &Service, readings: &Readings) -> Vec<Graph> {
        metrics::graphs(service, readings)
    }

    fn target_groups<'r>(&self, service: &'r Service) -> &'r [Text] {
        &service.target_groups
    }

    fn is_suspect(&self, service: &Service, now: Timestamp, readings: &Readings) -> bool {
        rules::is_suspect(service, now, readings)
    }

    fn watched_metrics(&self, service: &Service, readings: &Readings) -> Vec<Metric> {
        metrics::unhealthy_hosts(service, readings)
    }

    fn scaled(&self, service: &Service, facts: Option<&dyn AnyFacts>) -> Option<Scaled> {
        let bounds =
            facts.and_then(cast_facts::<ServiceDetail>).and_then(|detail| detail.scaling.as_ref().ok()?.as_ref());
        let max = bounds.map(|bounds| bounds.max);
        Some(Scaled { resource: service.scaling_resource().into(), desired: service.desired, max })
    }

    /// ECS names a service by its cluster too: neither of the two alone is one.
    fn named_by(&self, dimensions: &[(Text, Text)]) -> Option<Text> {
        let of = |name: &str| dimensions.iter().find(|(own, _)| own == name).map(|(_, value)| value);
        match (of("ClusterName"), of("ServiceName")) {
            (Some(cluster), Some(service)) => Some(format!("{cluster}/{service}").into()),
            _ => Self::DIMENSIONS.iter().find_map(|name| of(name)).cloned(),
        }
    }

    fn part_of(&self, name: &str) -> Option<Text> {
        let (cluster, _) = name.split_once('/').filter(|_| !name.starts_with(TARGET_GROUP))?;
        Some(cluster.into())
    }

    fn addresses(&self, service: &Service, readings: &Readings) -> Vec<Address> {
        let balancers = service.target_groups.iter().flat_map(|group| readings.balancers(group));
        let names = balancers.filter_map(|balancer| balancer.split('/').nth(1));
        names.map(|name| Address::Balancer(name.into())).collect()
    }

    fn changes(&self, service: &Service, recorded: &[Record], since: Timestamp) -> Vec<ResourceChange> {
        recorded::changes(service, recorded, since)
    }

    fn names(&self, service: &Service) -> Vec<Text> {
        columns::names(service)
    }

    fn deployed_at(&self, service: &Service) -> Option<Timestamp> {
        service.deployments.iter().filter_map(|deployment| deployment.created).max()
    }

    fn revisions(&self) -> Option<FindRevisions<Service>> {
        Some(revisions::revisions)
    }

    fn console_url(&self, service: &Service, region: &str) -> Option<String> {
        Some(columns::console_url(service, region))
    }

    fn records(&self, service: &Service, diagnosis: &Diagnosis, now: Timestamp) -> Vec<What> {
        recorded::of_row(service, diagnosis, now)
    }

    fn records_of_facts(&self, facts: &dyn AnyFacts) -> Vec<What> {
        recorded::of_facts(facts)
    }

    fn events(&self, service: &Service, since: Timestamp) -> Vec<TimelineEvent> {
        timeline::of_row(service, since)
    }

    fn events_of_facts(&self, facts: &dyn AnyFacts) -> Vec<TimelineEvent> {
        timeline::of_facts(facts)
    }

    fn trail_target(&self, request: &Value) -> Option<(About, Vec<Text>)> {
        timeline::trail_target(request)
    }

    fn activity(&self, told: &ScalingActivity) -> Option<TimelineEvent> {
        timeline::activity(told)
    }

    /// The answer to a scale has the deployment in force, which it did not begin.
    fn begins(&self, call: &Call) -> bool {
        call.operation != ecs::UPDATE_SERVICE.name || timeline::deploys(&call.input)
    }

    fn event_of_record(&self, record: &Record) -> Option<TimelineEvent> {
        timeline::of_record(record)
    }
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
