//! ECS's answers as the domain's types. Whatever is absent, new or odd becomes an empty text, a
//! zero or `None`, never a panic.

use aws_sdk_ecs::types as sdk;

use crate::aws::prelude::*;
use crate::domain::history::{DeploymentStatus, Pause, RevisionImage, ServiceDeployment, ServiceRevision};
use crate::domain::service::{
    CircuitBreaker, Controller, Deployment, Image, Rollout, Service, ServiceEvent, TaskDefinitionRef,
};
use crate::domain::task::{Container, ContainerDefinition, Network, Placement, Provider, Task, TaskDefinition};

/// The name in a cluster's ARN, or the name itself.
pub fn cluster_name(arn: &str) -> Text {
    Text::new(arn.rsplit('/').next().unwrap_or_default())
}

/// Cluster and name of a service's ARN: `…:service/CLUSTER/NAME`, or the old `…:service/NAME`,
/// which is short of its cluster. That form exists only where accounts never opted in to the long
/// one, and AWS takes an unnamed cluster as `default`.
pub fn service_of_arn(arn: &str) -> (Text, Text) {
    let path = arn.split_once(":service/").map_or(arn, |(_, path)| path);
    match path.split_once('/') {
        Some((cluster, name)) => (Text::new(cluster), Text::new(name)),
        None => (Text::from("default"), Text::new(path)),
    }
}

fn controller(service: &sdk::Service) -> Controller {
    match service.deployment_controller().map(|c| c.r#type().as_str()) {
        Some("CODE_DEPLOY") => Controller::CodeDeploy,
        Some("EXTERNAL") => Controller::External,
        // ECS leaves the field out for its own; an unknown one is refused by ECS, if it must be.
        _ => Controller::Ecs,
    }
}

fn rollout(state: Option<&sdk::DeploymentRolloutState>) -> Option<Rollout> {
    match state?.as_str() {
        "COMPLETED" => Some(Rollout::Completed),
        "FAILED" => Some(Rollout::Failed),
        "IN_PROGRESS" => Some(Rollout::InProgress),
        _ => None,
    }
}

/// `FARGATE`, or the capacity providers with their weights.
fn launch(service: &sdk::Service) -> Text {
    let strategy = service.capacity_provider_strategy();
    if strategy.is_empty() {
        return text(service.launch_type().map(|t| t.as_str()));
    }
    let providers: Vec<String> = strategy
        .iter()
        .map(|item| match item.weight() {
            0 => item.capacity_provider().to_string(),
            weight => format!("{} {weight}", item.capacity_provider()),
        })
        .collect();
    Text::new(providers.join(", "))
}

fn deployment(d: &sdk::Deployment) -> Deployment {
    Deployment {
        id: text(d.id()),
        status: text(d.status()),
        task_definition: TaskDefinitionRef::new(text(d.task_definition())),
        desired: count(d.desired_count()),
        running: count(d.running_count()),
        pending: count(d.pending_count()),
        failed: count(d.failed_tasks()),
        rollout: rollout(d.rollout_state()),
        rollout_reason: text(d.rollout_state_reason()),
        created: moment(d.created_at()),
        updated: moment(d.updated_at()),
    }
}

/// A service, with its newest `events` and without its images, which DescribeServices does not
/// tell.
pub fn service(s: &sdk::Service, events: usize) -> Service {
    let arn = text(s.service_arn());
    let (cluster_of_arn, name_of_arn) = service_of_arn(&arn);
    let configuration = s.deployment_configuration();
    let percent = |value: Option<i32>| value.and_then(|v| u32::try_from(v).ok());
    let mut told: Vec<ServiceEvent> =
        s.events().iter().map(|e| ServiceEvent { at: moment(e.created_at()), message: text(e.message()) }).collect();
    told.sort_by_key(|e| std::cmp::Reverse(e.at));
    told.truncate(events);
    Service {
        name: s.service_name().map_or(name_of_arn, Text::new),
        cluster: s.cluster_arn().map_or(cluster_of_arn, cluster_name),
        id: ResourceId(arn),
        status: text(s.status()),
        desired: count(s.desired_count()),
        running: count(s.running_count()),
        pending: count(s.pending_count()),
        controller: controller(s),
        strategy: text(configuration.and_then(|c| c.strategy()).map(|strategy| strategy.as_str())),
        launch: launch(s),
        scheduling: text(s.scheduling_strategy().map(|strategy| strategy.as_str())),
        task_definition: TaskDefinitionRef::new(text(s.task_definition())),
        deployments: s.deployments().iter().map(deployment).collect(),
        minimum_healthy: percent(configuration.and_then(|c| c.minimum_healthy_percent())),
        maximum: percent(configuration.and_then(|c| c.maximum_percent())),
        breaker: configuration
            .and_then(|c| c.deployment_circuit_breaker())
            .map_or_else(CircuitBreaker::default, |b| CircuitBreaker { enabled: b.enable(), rollback: b.rollback() }),
        events: told,
        created: moment(s.created_at()),
        exec_enabled: s.enable_execute_command(),
        images: Vec::new(),
        target_groups: target_groups(s),
    }
}

/// Its own, the other side's of ECS's blue/green, and those of task sets, with which CodeDeploy and
/// external controllers do the same.
fn target_groups(s: &sdk::Service) -> Vec<Text> {
    let of_sets = s.task_sets().iter().flat_map(|set| set.load_balancers());
    let mut groups: Vec<Text> = Vec::new();
    for balancer in s.load_balancers().iter().chain(of_sets) {
        let other = balancer.advanced_configuration().and_then(|side| side.alternate_target_group_arn());
        for arn in balancer.target_group_arn().into_iter().chain(other).map(Text::new) {
            if !groups.contains(&arn) {
                groups.push(arn);
            }
        }
    }
    groups
}

/// A service deployment.
pub fn service_deployment(d: &sdk::ServiceDeployment) -> ServiceDeployment {
    let arn_of = |summary: &sdk::ServiceRevisionSummary| text(summary.arn());
    let rollback = d.rollback();
    let waits = |hook: &&sdk::DeploymentLifecycleHookDetail| {
        let is = |word: Option<&str>, wanted| word == Some(wanted);
        is(hook.target_type().map(|t| t.as_str()), "PAUSE") && is(hook.status().map(|s| s.as_str()), "AWAITING_ACTION")
    };
    let breaker = d.deployment_circuit_breaker();
    let watches = |breaker: &&sdk::ServiceDeploymentCircuitBreaker| {
        breaker.status().is_some_and(|status| status.as_str() != "DISABLED")
    };
    ServiceDeployment {
        arn: text(d.service_deployment_arn()),
        status: DeploymentStatus::of(d.status().map_or("", |status| status.as_str())),
        reason: text(d.status_reason().or_else(|| rollback.and_then(|rollback| rollback.reason()))),
        target: d.target_service_revision().map(arn_of).unwrap_or_default(),
        sources: d.source_service_revisions().iter().map(arn_of).collect(),
        created: moment(d.created_at()),
        started: moment(d.started_at()),
        finished: moment(d.finished_at().or_else(|| d.stopped_at())),
        stage: text(d.lifecycle_stage().map(|stage| stage.as_str())),
        pause: d.lifecycle_hook_details().iter().find(waits).map(|hook| Pause {
            hook: text(hook.hook_id()),
            expires: moment(hook.expires_at()),
            then: text(hook.timeout_action().map(|action| action.as_str())),
        }),
        back_to: rollback.and_then(|rollback| rollback.service_revision_arn()).map(Text::new),
        failures: breaker.filter(watches).map(|b| (count(b.failure_count()), count(b.threshold()))),
        alarms: d
            .alarms()
            .map(|alarms| alarms.triggered_alarm_names())
            .unwrap_or_default()
            .iter()
            .map(Text::new)
            .collect(),
    }
}

/// A service revision.
pub fn service_revision(r: &sdk::ServiceRevision) -> ServiceRevision {
    let image = |image: &sdk::ContainerImage| RevisionImage {
        image: Image { container: text(image.container_name()), reference: text(image.image()) },
        digest: image.image_digest().map(Text::new),
    };
    ServiceRevision {
        arn: text(r.service_revision_arn()),
        task_definition: TaskDefinitionRef::new(text(r.task_definition())),
        images: r.container_images().iter().map(image).collect(),
    }
}

fn container(c: &sdk::Container) -> Container {
    let is_exec = |a: &&sdk::ManagedAgent| a.name().is_some_and(|name| name.as_str() == "ExecuteCommandAgent");
    let agent = c.managed_agents().iter().find(is_exec);
    Container {
        name: text(c.name()),
        status: text(c.last_status()),
        health: text(c.health_status().map(|h| h.as_str())),
        exit_code: c.exit_code(),
        reason: text(c.reason()),
        image: Image { container: text(c.name()), reference: text(c.image()) },
        digest: c.image_digest().map(Text::new),
        runtime_id: text(c.runtime_id()),
        exec_agent: text(agent.and_then(|agent| agent.last_status())),
    }
}

/// A task. The overrides it was started with are not read: they may hold secrets.
pub fn task(t: &sdk::Task) -> Task {
    let attached = || {
        let details = t.attachments().iter().flat_map(|a| a.details());
        details.filter(|d| d.name() == Some("privateIPv4Address")).find_map(|d| d.value())
    };
    // Without an attachment (bridge mode, an external controller) a container may still tell it.
    let of_container =
        || t.containers().iter().flat_map(|c| c.network_interfaces()).find_map(|n| n.private_ipv4_address());
    Task {
        arn: text(t.task_arn()),
        status: text(t.last_status()),
        desired_status: text(t.desired_status()),
        health: text(t.health_status().map(|h| h.as_str())),
        task_definition: TaskDefinitionRef::new(text(t.task_definition_arn())),
        started_by: text(t.started_by()),
        zone: text(t.availability_zone()),
        address: attached().or_else(of_container).map(Text::new),
        cpu: text(t.cpu()),
        memory: text(t.memory()),
        launch: text(t.capacity_provider_name().or_else(|| t.launch_type().map(|l| l.as_str()))),
        created: moment(t.created_at()),
        started: moment(t.started_at()),
        stopped: moment(t.stopped_at()),
        stop_code: text(t.stop_code().map(|c| c.as_str())),
        stopped_reason: text(t.stopped_reason()),
        containers: t.containers().iter().map(container).collect(),
        exec_enabled: t.enable_execute_command(),
    }
}

fn container_definition(c: &sdk::ContainerDefinition) -> ContainerDefinition {
    let log = c.log_configuration();
    let option = |name: &str| {
        let options = log.and_then(|l| l.options());
        options.and_then(|o| o.get(name)).map(Text::new)
    };
    ContainerDefinition {
        image: Image { container: text(c.name()), reference: text(c.image()) },
        // AWS: a container is essential unless it says otherwise.
        essential: c.essential().unwrap_or(true),
        log_driver: text(log.map(|l| l.log_driver().as_str())),
        log_group: option("awslogs-group"),
        log_region: option("awslogs-region"),
        log_prefix: option("awslogs-stream-prefix"),
        ports: c.port_mappings().iter().filter_map(|p| u16::try_from(p.container_port()?).ok()).collect(),
    }
}

/// A task definition. Environment, secrets and other log options are left where they are.
pub fn task_definition(d: &sdk::TaskDefinition) -> TaskDefinition {
    TaskDefinition {
        reference: TaskDefinitionRef::new(text(d.task_definition_arn())),
        status: text(d.status().map(|s| s.as_str())),
        cpu: text(d.cpu()),
        memory: text(d.memory()),
        containers: d.container_definitions().iter().map(container_definition).collect(),
        task_role: d.task_role_arn().map(Text::new),
        execution_role: d.execution_role_arn().map(Text::new),
    }
}

/// How a service starts its tasks.
pub fn placement(s: &sdk::Service) -> Placement {
    let network = s.network_configuration().and_then(|network| network.awsvpc_configuration());
    Placement {
        launch_type: text(s.launch_type().map(|launch| launch.as_str())),
        providers: (s.capacity_provider_strategy().iter())
            .map(|item| Provider { name: item.capacity_provider().into(), weight: item.weight(), base: item.base() })
            .collect(),
        platform: text(s.platform_version()),
        network: network.map(|vpc| Network {
            subnets: vpc.subnets().iter().map(Text::new).collect(),
            security_groups: vpc.security_groups().iter().map(Text::new).collect(),
            public_address: text(vpc.assign_public_ip().map(|assign| assign.as_str())),
        }),
        managed_tags: s.enable_ecs_managed_tags(),
        tags_of: text(s.propagate_tags().map(|of| of.as_str())),
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::*;

    #[test]
    fn arns_old_new_and_odd_are_read() {
        for (arn, cluster, name) in [
            ("arn:aws:ecs:eu-west-1:1:service/main/api", "main", "api"),
            ("arn:aws-cn:ecs:cn-north-1:1:service/api", "default", "api"),
            ("api", "default", "api"),
            ("", "default", ""),
        ] {
            let (c, n) = service_of_arn(arn);
            assert_eq!((c.as_str(), n.as_str()), (cluster, name), "{arn}");
        }
        assert_eq!(cluster_name("arn:aws:ecs:eu-west-1:1:cluster/main"), "main");
    }

    #[test]
    fn an_empty_service_is_read_without_a_panic() {
        let read = service(&sdk::Service::builder().build(), 5);
        assert_eq!((read.desired, read.controller), (0, Controller::Ecs));
        assert!(read.deployments.is_empty() && read.created.is_none());
    }

    #[test]
    fn unknown_words_and_negative_counts_are_not_believed() {
        let odd = sdk::Service::builder()
            .desired_count(-1)
            .deployment_controller(sdk::DeploymentController::builder().r#type("ROCKET".into()).build().unwrap())
            .scheduling_strategy("SWARM".into())
            .deployments(sdk::Deployment::builder().rollout_state("PAUSED".into()).build())
            .created_at(DateTime::from_secs(i64::MAX))
            .build();
        let read = service(&odd, 5);
        assert_eq!((read.desired, read.controller, read.scheduling.as_str()), (0, Controller::Ecs, "SWARM"));
        assert_eq!((read.deployments[0].rollout, read.created), (None, None));
    }

    #[test]
    fn both_sides_of_blue_green_are_its_target_groups() {
        let arn = |name: &str| format!("arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/{name}/1");
        let balancer = |name: &str, other: Option<&str>| {
            let other =
                other.map(|other| sdk::AdvancedConfiguration::builder().alternate_target_group_arn(arn(other)).build());
            sdk::LoadBalancer::builder().target_group_arn(arn(name)).set_advanced_configuration(other).build()
        };
        let set = |name| sdk::TaskSet::builder().load_balancers(balancer(name, None)).build();
        let groups = |service: sdk::Service| -> Vec<String> {
            let groups = super::service(&service, 0).target_groups;
            groups.iter().map(|arn| crate::domain::target_health::group_name(arn).to_string()).collect()
        };
        let own = sdk::Service::builder().load_balancers(balancer("blue", Some("green")));
        assert_eq!(groups(own.build()), ["blue", "green"]);
        let code_deploy = sdk::Service::builder().load_balancers(balancer("one", None));
        assert_eq!(groups(code_deploy.task_sets(set("one")).task_sets(set("two")).build()), ["one", "two"]);
        let classic = sdk::LoadBalancer::builder().load_balancer_name("old").build();
        assert!(groups(sdk::Service::builder().load_balancers(classic).build()).is_empty());
    }

    #[test]
    fn a_row_keeps_the_newest_events() {
        let event =
            |s: i64| sdk::ServiceEvent::builder().created_at(DateTime::from_secs(s)).message(s.to_string()).build();
        let told = sdk::Service::builder().events(event(1)).events(event(3)).events(event(2)).build();
        let messages: Vec<String> = service(&told, 2).events.iter().map(|e| e.message.to_string()).collect();
        assert_eq!(messages, ["3", "2"]);
    }

    #[test]
    fn of_a_log_configuration_only_three_options_are_read() {
        let log = sdk::LogConfiguration::builder()
            .log_driver("splunk".into())
            .options("splunk-token", "SECRET")
            .options("awslogs-group", "/ecs/x")
            .build()
            .unwrap();
        let told = sdk::TaskDefinition::builder()
            .container_definitions(
                sdk::ContainerDefinition::builder()
                    .log_configuration(log)
                    .environment(sdk::KeyValuePair::builder().name("PASSWORD").value("SECRET").build())
                    .build(),
            )
            .build();
        let read = task_definition(&told);
        assert!(!format!("{read:?}").contains("SECRET"));
        assert_eq!(read.containers[0].log_group, Some("/ecs/x".into()));
        assert!(read.containers[0].essential);
    }
}
