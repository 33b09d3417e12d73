//! The estate as AWS would tell it: from the model to the domain.

use super::model::{self, Estate, State};
use crate::domain::Timestamp;
use crate::domain::resource::ResourceId;
use crate::domain::service::{
    Deployment, Image, ImageFacts, ROW_EVENTS, RegistryImage, Rollout, ScalingBounds, Service, ServiceEvent,
    TaskDefinitionRef,
};
use crate::domain::task::{Container, ContainerDefinition, Task, TaskDefinition};
use crate::domain::text::Text;

pub fn id(estate: &Estate, service: &model::Service) -> ResourceId {
    ResourceId(estate.service_arn(service).into())
}

/// A service as DescribeServices tells it; rows carry only the newest events.
pub fn service(estate: &Estate, service: &model::Service, all_events: bool, now: Timestamp) -> Service {
    let limit = if all_events { usize::MAX } else { ROW_EVENTS };
    let deployments: Vec<Deployment> = (service.deployments.iter().enumerate())
        .map(|(i, deployment)| shown_deployment(estate, service, deployment, i == 0, now))
        .collect();
    let revision = service.deployments.first().map_or(0, |deployment| deployment.revision);
    Service {
        id: id(estate, service),
        name: Text::new(&service.name),
        cluster: Text::new(&service.cluster),
        status: "ACTIVE".into(),
        desired: service.desired,
        running: deployments.iter().map(|d| d.running).sum(),
        pending: deployments.iter().map(|d| d.pending).sum(),
        controller: service.controller.clone(),
        strategy: "ROLLING".into(),
        launch: Text::new(&service.launch),
        scheduling: if service.daemon { "DAEMON" } else { "REPLICA" }.into(),
        task_definition: TaskDefinitionRef::new(estate.task_definition_arn(service, revision)),
        deployments,
        minimum_healthy: Some(service.minimum),
        maximum: Some(service.maximum),
        breaker: service.breaker,
        events: (service.events.iter().take(limit))
            .map(|(at, message)| ServiceEvent { at: Some(*at), message: Text::new(message) })
            .collect(),
        created: Some(service.created),
        exec_enabled: service.exec,
        images: vec![image(estate, service, revision)],
        target_groups: super::metrics::target_groups(estate, service),
    }
}

fn shown_deployment(
    estate: &Estate,
    service: &model::Service,
    deployment: &model::Deployment,
    newest: bool,
    now: Timestamp,
) -> Deployment {
    let rollout = match deployment.state {
        State::InProgress => Rollout::InProgress,
        State::Completed => Rollout::Completed,
        State::Failed => Rollout::Failed,
    };
    Deployment {
        id: Text::new(&deployment.id),
        status: if newest { "PRIMARY" } else { "ACTIVE" }.into(),
        task_definition: TaskDefinitionRef::new(estate.task_definition_arn(service, deployment.revision)),
        desired: if newest { service.desired } else { 0 },
        running: service.running(&deployment.id, now),
        pending: service.pending(&deployment.id, now),
        failed: deployment.failed,
        // Other controllers tell no rollout state.
        rollout: (service.controller == crate::domain::service::Controller::Ecs).then_some(rollout),
        rollout_reason: Text::new(&deployment.reason),
        created: Some(deployment.created),
        updated: Some(deployment.updated),
    }
}

pub fn image(estate: &Estate, service: &model::Service, revision: u32) -> Image {
    let tag = service.revision(revision).map_or("latest", |revision| revision.tag.as_str());
    Image {
        container: Text::new(model::family(&service.name)),
        reference: format!("{}:{tag}", estate.repository(service)).into(),
    }
}

/// What ECR says of the images that run.
pub fn image_facts(estate: &Estate, service: &model::Service) -> Vec<ImageFacts> {
    let Some(deployment) = service.deployments.first() else { return vec![] };
    let revision = service.revision(deployment.revision);
    let digest = format!("sha256:{:064x}", u64::from(deployment.revision).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let registry = RegistryImage {
        mutable: service.mutable,
        digest: revision.filter(|r| r.behaviour != model::Behaviour::Missing).map(|_| digest.into()),
        pushed: Some(super::seed::later(deployment.created, -600)),
    };
    vec![ImageFacts { image: image(estate, service, deployment.revision), registry: Ok(Some(registry)) }]
}

pub fn scaling(service: &model::Service) -> Option<ScalingBounds> {
    service.scaling.as_ref().map(|scaling| ScalingBounds {
        min: scaling.min,
        max: scaling.max,
        suspended_in: false,
        suspended_out: false,
        policies: vec![Text::new(&scaling.policy)],
    })
}

pub fn task_definition(estate: &Estate, service: &model::Service) -> TaskDefinition {
    let number = service.deployments.first().map_or(0, |deployment| deployment.revision);
    let revision = service.revision(number);
    let family = model::family(&service.name);
    TaskDefinition {
        reference: TaskDefinitionRef::new(estate.task_definition_arn(service, number)),
        status: "ACTIVE".into(),
        cpu: revision.map_or(0, |r| r.cpu).to_string().into(),
        memory: revision.map_or(0, |r| r.memory).to_string().into(),
        containers: vec![ContainerDefinition {
            image: image(estate, service, number),
            essential: true,
            log_driver: "awslogs".into(),
            log_group: Some(format!("/ecs/{}", service.name).into()),
            log_region: Some(estate.region.into()),
            log_prefix: Some(family.into()),
        }],
    }
}

/// Tasks that run or begin, or those that stopped, newest first.
pub fn tasks(estate: &Estate, service: &model::Service, stopped: bool, now: Timestamp) -> Vec<Task> {
    let mut tasks: Vec<Task> = (service.tasks.iter().filter(|task| task.stopped.is_some() == stopped))
        .map(|task| shown_task(estate, service, task, now))
        .collect();
    tasks.sort_by_key(|task| std::cmp::Reverse(task.stopped.or(task.created)));
    tasks
}

fn shown_task(estate: &Estate, service: &model::Service, task: &model::Task, now: Timestamp) -> Task {
    let status = match (&task.stopped, task.is_running(now)) {
        (Some(_), _) => "STOPPED",
        (None, true) => "RUNNING",
        (None, false) if now.as_second() - task.created.as_second() < 4 => "PROVISIONING",
        (None, false) => "PENDING",
    };
    let stop = task.stopped.as_ref();
    let revision = service.revision(task.revision);
    Task {
        arn: format!("arn:aws:ecs:{}:{}:task/{}/{}", estate.region, estate.account, service.cluster, task.id).into(),
        status: status.into(),
        desired_status: if stop.is_some() { "STOPPED" } else { "RUNNING" }.into(),
        health: if status == "RUNNING" { "HEALTHY" } else { "UNKNOWN" }.into(),
        task_definition: TaskDefinitionRef::new(estate.task_definition_arn(service, task.revision)),
        started_by: Text::new(&task.deployment),
        zone: format!("{}{}", estate.region, task.zone).into(),
        address: Some(Text::new(&task.address)),
        cpu: revision.map_or(0, |r| r.cpu).to_string().into(),
        memory: revision.map_or(0, |r| r.memory).to_string().into(),
        launch: if service.launch == "EC2" { "EC2" } else { "FARGATE" }.into(),
        created: Some(task.created),
        started: task.runs_at.filter(|at| *at <= now && stop.is_none_or(|stop| *at < stop.at)),
        stopped: stop.map(|stop| stop.at),
        stop_code: stop.map_or("", |stop| stop.code).into(),
        stopped_reason: stop.map_or("", |stop| &stop.reason).into(),
        containers: vec![Container {
            name: Text::new(model::family(&service.name)),
            status: status.into(),
            health: if status == "RUNNING" { "HEALTHY" } else { "UNKNOWN" }.into(),
            exit_code: stop.and_then(|stop| stop.exit),
            reason: stop.map_or("", |stop| &stop.container_reason).into(),
            image: image(estate, service, task.revision),
            digest: None,
        }],
    }
}
