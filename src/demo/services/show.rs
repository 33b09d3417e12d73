//! The estate as AWS would tell it: from the model to the domain.

use super::model::{self, State};
use crate::demo::prelude::*;
use crate::domain::service::{
    Deployment, Image, ImageFacts, ROW_EVENTS, RegistryImage, Rollout, ScalingBounds, Service, ServiceEvent,
    TaskDefinitionRef,
};
use crate::domain::task::{Container, ContainerDefinition, Network, Placement, Provider, Task, TaskDefinition};

/// A service as DescribeServices tells it; rows carry only the newest events.
pub fn service(estate: &Estate, service: &model::Service, all_events: bool, now: Timestamp) -> Service {
    let limit = if all_events { usize::MAX } else { ROW_EVENTS };
    let deployments: Vec<Deployment> = (service.deployments.iter().enumerate())
        .map(|(i, deployment)| shown_deployment(estate, service, deployment, i == 0, now))
        .collect();
    let revision = service.deployments.first().map_or(0, |deployment| deployment.revision);
    Service {
        id: service.id.clone(),
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
        task_definition: TaskDefinitionRef::new(estate.place.task_definition_arn(service, revision)),
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
        target_groups: estate.place.target_group(&service.name).into_iter().collect(),
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
        task_definition: TaskDefinitionRef::new(estate.place.task_definition_arn(service, deployment.revision)),
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
    let known = service.revision(revision);
    let tag = known.map_or("latest", |revision| revision.tag.as_str());
    let whole = known.and_then(|revision| revision.reference.clone());
    Image {
        container: Text::new(family(&service.name)),
        reference: whole.unwrap_or_else(|| format!("{}:{tag}", estate.place.repository(service))).into(),
    }
}

/// What ECR says of the images that run.
pub fn image_facts(estate: &Estate, service: &model::Service) -> Vec<ImageFacts> {
    let Some(deployment) = service.deployments.first() else { return vec![] };
    let pushed = Some(later(deployment.created, -600));
    vec![ImageFacts {
        image: image(estate, service, deployment.revision),
        registry: Ok(Some(registry(service, deployment.revision, pushed))),
    }]
}

/// What ECR says of the image of a revision.
pub fn registry(service: &model::Service, revision: u32, pushed: Option<Timestamp>) -> RegistryImage {
    let found = service.revision(revision).filter(|r| r.behaviour != model::Behaviour::Missing);
    // A tag that is pushed again stands for the newest.
    let newest = service.revisions.iter().rev().find(|r| r.reference.is_none()).map(|newest| newest.build);
    let mutable = service.mutable && found.is_none_or(|revision| revision.reference.is_none());
    let stands_for = |revision: &model::Revision| newest.filter(|_| mutable).unwrap_or(revision.build);
    RegistryImage { mutable, digest: found.map(|revision| digest(stands_for(revision))), pushed }
}

/// The digest of a build; an ordinary one has the number of the revision that came with it.
pub fn digest(build: u32) -> Text {
    let hash = format!("{:016x}", u64::from(build).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    format!("sha256:{}", hash.repeat(4)).into()
}

pub fn scaling(service: &model::Service) -> Option<ScalingBounds> {
    service.scaling.as_ref().map(|scaling| ScalingBounds {
        min: scaling.min,
        max: scaling.max,
        suspended_in: false,
        suspended_out: false,
        policies: Ok(vec![Text::new(&scaling.policy)]),
    })
}

pub fn task_definition(estate: &Estate, service: &model::Service) -> TaskDefinition {
    let number = service.deployments.first().map_or(0, |deployment| deployment.revision);
    let revision = service.revision(number);
    let family = family(&service.name);
    TaskDefinition {
        reference: TaskDefinitionRef::new(estate.place.task_definition_arn(service, number)),
        status: "ACTIVE".into(),
        cpu: revision.map_or(0, |r| r.cpu).to_string().into(),
        memory: revision.map_or(0, |r| r.memory).to_string().into(),
        containers: vec![ContainerDefinition {
            image: image(estate, service, number),
            essential: true,
            log_driver: "awslogs".into(),
            log_group: Some(format!("/ecs/{}", service.name).into()),
            log_region: Some(estate.place.region.into()),
            log_prefix: Some(family.into()),
            ports: vec![8080],
        }],
        task_role: Some(role(estate, "task")),
        execution_role: Some(role(estate, "execution")),
    }
}

fn role(estate: &Estate, of: &str) -> Text {
    format!("arn:aws:iam::{}:role/harbour-{of}", estate.place.account).into()
}

/// How a service starts its tasks.
pub fn placement(service: &model::Service) -> Placement {
    let on_hosts = service.launch == "EC2";
    let share = |share: &str| {
        let (name, weight) = share.split_once(' ')?;
        Some(Provider { name: name.into(), weight: weight.parse().ok()?, base: 0 })
    };
    let providers: Vec<Provider> = service.launch.split(", ").filter_map(share).collect();
    Placement {
        launch_type: if providers.is_empty() { service.launch.as_str() } else { "" }.into(),
        providers,
        platform: if on_hosts { "" } else { "LATEST" }.into(),
        network: (!on_hosts).then(|| Network {
            subnets: ["a", "b", "c"].map(|zone| format!("subnet-0harbour{zone}").into()).into(),
            security_groups: vec![format!("sg-0harbour{}", family(&service.name).len()).into()],
            public_address: "DISABLED".into(),
        }),
        managed_tags: true,
        tags_of: "TASK_DEFINITION".into(),
    }
}

/// Tasks that were started beside a service, newest first.
pub fn one_off(estate: &Estate, service: &model::Service, now: Timestamp) -> Vec<Task> {
    service.one_off.iter().rev().map(|one_off| shown_task(estate, service, &one_off.task, now)).collect()
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
        arn: format!(
            "arn:aws:ecs:{}:{}:task/{}/{}",
            estate.place.region, estate.place.account, service.cluster, task.id
        )
        .into(),
        status: status.into(),
        desired_status: if stop.is_some() { "STOPPED" } else { "RUNNING" }.into(),
        health: if status == "RUNNING" { "HEALTHY" } else { "UNKNOWN" }.into(),
        task_definition: TaskDefinitionRef::new(estate.place.task_definition_arn(service, task.revision)),
        started_by: Text::new(&task.deployment),
        zone: format!("{}{}", estate.place.region, task.zone).into(),
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
            name: Text::new(family(&service.name)),
            status: status.into(),
            health: if status == "RUNNING" { "HEALTHY" } else { "UNKNOWN" }.into(),
            exit_code: stop.and_then(|stop| stop.exit),
            reason: stop.map_or("", |stop| &stop.container_reason).into(),
            image: image(estate, service, task.revision),
            digest: None,
            runtime_id: format!("{}-0527074092", task.id).into(),
            exec_agent: if !service.exec { "" } else { status }.into(),
        }],
        exec_enabled: service.exec,
    }
}
