//! Services, deployments, tasks and facts for the tests of this kind.

use crate::domain::history::History;
use crate::domain::resource::ResourceId;
use crate::domain::service::*;
use crate::domain::task::{Container, ContainerDefinition, Task, TaskDefinition};
pub use crate::kinds::testing::{NOW, ago, now};

/// A steady service of that many tasks on `api:42`, deployed two days ago.
pub fn service(tasks: u32) -> Service {
    Service {
        id: ResourceId("arn:aws:ecs:us-east-1:123456789012:service/marine/api".into()),
        name: "api".into(),
        cluster: "marine".into(),
        status: "ACTIVE".into(),
        desired: tasks,
        running: tasks,
        pending: 0,
        controller: Controller::Ecs,
        strategy: "ROLLING".into(),
        launch: "FARGATE".into(),
        scheduling: "REPLICA".into(),
        task_definition: revision(42),
        deployments: vec![Deployment {
            rollout: Some(Rollout::Completed),
            ..deployment("one", 42, tasks, tasks, 172_800)
        }],
        minimum_healthy: Some(100),
        maximum: Some(200),
        breaker: CircuitBreaker { enabled: true, rollback: true },
        events: vec![event(3600, "(service api) has reached a steady state.")],
        created: Some(ago(8_640_000)),
        exec_enabled: false,
        images: vec![image("api:42")],
        target_groups: vec![],
    }
}

/// A service whose `api:43` is being rolled out since that many seconds.
pub fn rollout(desired: u32, new: u32, old: u32, since: i64) -> Service {
    let mut s = service(desired);
    s.running = new + old;
    s.task_definition = revision(43);
    s.deployments[0].status = "ACTIVE".into();
    s.deployments[0].running = old;
    s.deployments.insert(0, deployment("two", 43, desired, new, since));
    s
}

pub fn revision(n: u32) -> TaskDefinitionRef {
    TaskDefinitionRef::new(format!("arn:aws:ecs:us-east-1:123456789012:task-definition/api:{n}"))
}

/// A PRIMARY deployment in progress, last updated when it was made.
pub fn deployment(id: &str, n: u32, desired: u32, running: u32, since: i64) -> Deployment {
    Deployment {
        id: format!("ecs-svc/{id}").into(),
        status: "PRIMARY".into(),
        task_definition: revision(n),
        desired,
        running,
        pending: 0,
        failed: 0,
        rollout: Some(Rollout::InProgress),
        rollout_reason: "".into(),
        created: Some(ago(since)),
        updated: Some(ago(since)),
    }
}

pub fn event(seconds_ago: i64, message: &str) -> ServiceEvent {
    ServiceEvent { at: Some(ago(seconds_ago)), message: message.into() }
}

pub fn image(name: &str) -> Image {
    Image { container: "app".into(), reference: format!("123456789012.dkr.ecr.us-east-1.amazonaws.com/{name}").into() }
}

pub fn definition(name: &str) -> TaskDefinition {
    TaskDefinition {
        reference: revision(42),
        status: "ACTIVE".into(),
        cpu: "512".into(),
        memory: "1024".into(),
        containers: vec![ContainerDefinition {
            image: image(name),
            essential: true,
            log_driver: "awslogs".into(),
            log_group: Some("/ecs/api".into()),
            log_region: Some("us-east-1".into()),
            log_prefix: Some("ecs".into()),
            ports: Vec::new(),
        }],
        task_role: Some("arn:aws:iam::123456789012:role/api-task".into()),
        execution_role: Some("arn:aws:iam::123456789012:role/api-execution".into()),
    }
}

/// Facts of a service without autoscaling, its image mutable and pushed two hours ago.
pub fn facts(service: Service) -> ServiceFacts {
    ServiceFacts {
        service,
        scaling: Ok(None),
        task_definition: Ok(definition("api:42")),
        images: vec![ImageFacts {
            image: image("api:42"),
            registry: Ok(Some(RegistryImage {
                mutable: true,
                digest: Some("sha256:ab12cd34ef56ab12cd34ef56".into()),
                pushed: Some(ago(7200)),
            })),
        }],
        stopped: Ok(Vec::new()),
    }
}

pub fn bounds(min: u32, max: u32) -> ScalingBounds {
    ScalingBounds { min, max, suspended_in: false, suspended_out: false, policies: Ok(Vec::new()) }
}

/// A task of deployment `two` whose container `app` exited with 1 after 41 seconds, that long ago.
pub fn stopped(seconds_ago: i64) -> Task {
    Task {
        arn: "arn:aws:ecs:us-east-1:123456789012:task/marine/1f3a9c0177e2b21d1f3a9c0177e2b21d".into(),
        status: "STOPPED".into(),
        desired_status: "STOPPED".into(),
        health: "UNKNOWN".into(),
        task_definition: revision(43),
        started_by: "ecs-svc/two".into(),
        zone: "us-east-1a".into(),
        address: None,
        cpu: "512".into(),
        memory: "1024".into(),
        launch: "FARGATE".into(),
        created: Some(ago(seconds_ago + 60)),
        started: Some(ago(seconds_ago + 41)),
        stopped: Some(ago(seconds_ago)),
        stop_code: "EssentialContainerExited".into(),
        stopped_reason: "Essential container in task exited".into(),
        containers: vec![Container {
            name: "app".into(),
            status: "STOPPED".into(),
            health: "UNKNOWN".into(),
            exit_code: Some(1),
            reason: "".into(),
            image: image("api:43"),
            digest: None,
            runtime_id: "".into(),
            exec_agent: "".into(),
        }],
        exec_enabled: false,
    }
}

/// A running task of `api:43` that fails its health check; its side container `proxy` has died.
pub fn crowded() -> Task {
    let app = Container {
        status: "RUNNING".into(),
        health: "UNHEALTHY".into(),
        exit_code: None,
        digest: Some("sha256:ab12cd34ef56".into()),
        ..stopped(0).containers.remove(0)
    };
    let proxy = Container {
        name: "proxy".into(),
        status: "STOPPED".into(),
        health: "".into(),
        exit_code: Some(139),
        reason: "CannotStop".into(),
        ..app.clone()
    };
    Task {
        status: "RUNNING".into(),
        health: "UNHEALTHY".into(),
        address: Some("10.0.0.7".into()),
        started: Some(ago(120)),
        stopped: None,
        stop_code: "".into(),
        stopped_reason: "".into(),
        containers: vec![app, proxy],
        ..stopped(0)
    }
}

/// A detail of a service in which nothing runs and nothing stopped.
pub fn detail_of(service: &Service) -> ServiceDetail {
    ServiceDetail {
        service: service.clone(),
        tasks: Ok(Vec::new()),
        stopped: Ok(Vec::new()),
        task_definition: Ok(definition("api:43")),
        scaling: Ok(None),
        history: Ok(History::default()),
    }
}
