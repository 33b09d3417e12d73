//! Run: a command in a task of its own, with the service's task definition, roles and network, followed
//! with its log to the exit code. Database migrations are run like this.

use super::{IMAGES, PASS_ROLE, watch};
use crate::domain::argv;
use crate::domain::log::LogSource;
use crate::domain::ops::ecs;
use crate::domain::requests::ecs::{
    AwsVpcConfiguration, CapacityProviderStrategyItem, ContainerOverride, NetworkConfiguration, RunTask, TaskOverride,
};
use crate::domain::service::{Rollout, Service};
use crate::domain::task::{ContainerDefinition, Placement, Provider, Task, TaskDefinition, TaskFacts};
use crate::domain::text::Text;
use crate::kinds::action::prelude::*;
use crate::kinds::action::{Grant, OPENED};
use crate::kinds::services::stop_reason::{self, Signature};
use crate::kinds::services::{RUN_FACTS, active, evidence};
use crate::logs::redact::Redactor;

/// How long AWS may take to show what it accepted, in seconds: its reads are eventually consistent.
const SHOWS_WITHIN: i64 = 60;

/// ECS takes no longer overrides (API reference, TaskOverride: 8192 characters with all that they hold).
const MOST: usize = 8000;

pub struct Run;

impl ActionSpec for Run {
    type Resource = Service;
    type Facts = TaskFacts;

    const ID: &str = "run";
    const KEY: &str = "!";
    const HELP: &str = "Runs a command in a task of its own beside the service, such as a migration, to its exit code.";
    const FACTS: FactsId = RUN_FACTS;
    const READS: &[Op] = IMAGES;
    const GRANTS: &[Grant] = &[PASS_ROLE];
    const CHANGES: &[Op] = &[ecs::RUN_TASK];
    const WATCH_EVERY: Duration = Duration::from_secs(3);
    const IS_SELDOM: bool = true;

    fn guard(&self, service: &Service) -> Result<(), String> {
        active(service)
    }

    fn fields(&self, _: &Service, _: Timestamp) -> Vec<Field> {
        vec![Field::new("container", "in container"), Field::new("command", "command")]
    }

    /// The containers of the task definition. It begins with the first essential one.
    fn choices(&self, field: &str, facts: &TaskFacts, _: &Inputs, _: Timestamp) -> Vec<Choice> {
        let ("container", Ok(definition)) = (field, &facts.facts.task_definition) else { return Vec::new() };
        let main = definition.containers.iter().position(|c| c.essential).unwrap_or(0);
        let choice = |(place, c): (usize, &ContainerDefinition)| Choice {
            value: c.image.container.to_string(),
            columns: vec![
                c.image.container.as_str().into(),
                Span::new(format!("{}:{}", c.image.repository(), c.image.tag()), Tone::Dim),
                Span::new(if c.essential { "essential" } else { "" }, Tone::Dim),
            ],
            suggested: place == main,
        };
        definition.containers.iter().enumerate().map(choice).collect()
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        words(inputs).map(drop).map_err(|why| ("command", why))
    }

    fn plan(&self, facts: &TaskFacts, inputs: &Inputs, _: Timestamp) -> Result<Plan, String> {
        let service = &facts.facts.service;
        active(service)?;
        let command = words(inputs)?;
        let definition = facts.facts.task_definition.as_ref().map_err(|fault| format!("not read: {fault}"))?;
        let short = definition.reference.short();
        if definition.reference.arn.is_empty() {
            return Err("its task definitions stand in its task sets, which another controller keeps".into());
        }
        if definition.status == "INACTIVE" {
            return Err(format!("{short} is deregistered (INACTIVE), and ECS starts no task of it"));
        }
        let name = input(inputs, "container");
        let container = definition.containers.iter().find(|c| c.image.container == *name);
        let container = container.ok_or_else(|| format!("{short} has no container {name}"))?;
        let log = log(container, service);
        let line = argv::joined(&command);
        let mut warnings = gather_warnings(facts, definition, container);
        let driver = if container.log_driver.is_empty() { "nowhere" } else { container.log_driver.as_str() };
        let text = format!("its output cannot be followed here (log driver: {driver}); the exit code can");
        warnings.add_if(log.is_none(), Tone::Degraded, text);
        let logs = match &log {
            Some((group, prefix)) => Span::from(format!("{group}  {prefix}/{name}/…")),
            None => Span::new("none that can be followed", Tone::Degraded),
        };
        let role = |role: &Option<Text>| role.as_ref().map_or("none", |arn| last_part(arn)).to_string();
        Ok(Plan {
            rows: vec![
                row("arguments", [Span::new(json!(command).to_string(), Tone::Strong)]),
                row("task definition", [short]),
                row("runs on", [place(&facts.placement)]),
                row("network", [network(&facts.placement)]),
                row(
                    "roles",
                    [
                        format!("task {}, execution {}", role(&definition.task_role), role(&definition.execution_role))
                            .into(),
                        Span::new("  needs iam:PassRole on them", Tone::Dim),
                    ],
                ),
                row("log", [logs]),
            ],
            warnings: warnings.worst_first(),
            calls: vec![request(facts, definition, name, command, inputs).call()],
            undo: "what the command does stays; K stops the task while it runs".into(),
            then: match log {
                Some(_) => "its log opens, and it is followed to the exit code".into(),
                None => "followed to the exit code".into(),
            },
            confirm: Confirm::TypeName,
            before: json!({
                "task_definition": definition.reference.arn,
                "log": log.map(|(group, prefix)| json!({ "group": group, "prefix": prefix })),
            }),
            summary: format!("run {line} in {name} beside {}", service.name),
        })
    }

    fn progress(&self, intent: &Intent, receipt: &Receipt, facts: &TaskFacts, now: Timestamp) -> Progress {
        let tasks = match &facts.one_off {
            Ok(tasks) => tasks,
            Err(fault) => return Progress::moving(None, format!("how far it is cannot be read: {fault}")),
        };
        let Some(task) = tasks.iter().find(|task| Some(&task.arn) == receipt.started.as_ref()) else {
            return watch::unlisted_task(intent, SHOWS_WITHIN, now);
        };
        let name = input(&intent.inputs, "container");
        if task.has_ended() {
            return ended(task, name);
        }
        let container = task.containers.iter().find(|container| container.name == *name);
        let definition = facts.facts.task_definition.as_ref().ok();
        let essential = definition.and_then(|d| d.containers.iter().find(|c| c.image.container == *name));
        if let (Some(code), Some(false)) = (container.and_then(|c| c.exit_code), essential.map(|c| c.essential)) {
            let verdict = if code == 0 { Verdict::Done } else { Verdict::Failed };
            return Progress::ended(verdict, format!("{name} exited {code}; the task still runs: K stops it"));
        }
        match (task.status.as_str(), task.started) {
            ("RUNNING", Some(at)) => Progress::moving(None, format!("{name} runs since {}", format::age(at, now))),
            (status, _) => Progress::moving(None, status.to_lowercase()),
        }
    }

    /// Its mark tells it from every other task.
    fn applied(&self, intent: &Intent, facts: &TaskFacts, _: Timestamp) -> Applied {
        let Ok(tasks) = &facts.one_off else { return Applied::CannotTell };
        let mark = intent.request::<RunTask>().map(|run| run.started_by);
        match tasks.iter().find(|task| mark.as_ref().is_some_and(|mark| *task.started_by == **mark)) {
            Some(task) => Applied::yes(task.arn.clone()),
            None => Applied::No,
        }
    }

    /// The stream of the container, once the task is known.
    fn logs(&self, intent: &Intent, receipt: &Receipt) -> Option<LogSource> {
        let log = intent.before.get("log")?;
        let id = last_part(receipt.started.as_ref()?);
        let (group, prefix) = (log.get("group")?.as_str()?, log.get("prefix")?.as_str()?);
        let prefix = format!("{prefix}/{}/{id}", input(&intent.inputs, "container"));
        Some(LogSource::Streams { group: group.into(), prefix: prefix.into() })
    }
}

/// The command in its words.
fn words(inputs: &Inputs) -> Result<Vec<String>, String> {
    let line = input(inputs, "command");
    let words = argv::split(line)?;
    if words.first().is_none_or(String::is_empty) {
        return Err("a command as in a shell: python manage.py migrate".into());
    }
    if line.len() > MOST {
        return Err(format!("longer than {MOST} bytes, which is more than ECS takes"));
    }
    if Redactor::default().redact(line) != line {
        return Err("it holds a secret, which journal, CloudTrail and DescribeTasks would keep".into());
    }
    Ok(words)
}

fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or_default()
}

/// Group and stream prefix, where the streams can be told beforehand and read here: without a prefix
/// they have the name of Docker's container (ECS guide, awslogs log driver).
fn log<'a>(container: &'a ContainerDefinition, service: &Service) -> Option<(&'a str, &'a str)> {
    let region = service.id.0.split(':').nth(3).unwrap_or_default();
    let here = container.log_region.as_ref().is_none_or(|of| **of == *region);
    let (group, prefix) = (container.log_group.as_ref()?, container.log_prefix.as_ref()?);
    (here && container.log_driver == "awslogs").then_some((group.as_str(), prefix.as_str()))
}

fn place(placement: &Placement) -> String {
    let platform = match placement.platform.as_str() {
        "" => String::new(),
        version => format!(", platform {version}"),
    };
    if placement.providers.is_empty() {
        let launch = placement.launch_type.as_str();
        let launch = if launch.is_empty() { "the cluster's default" } else { launch };
        return format!("{launch}{platform}");
    }
    let share = |provider: &Provider| match provider {
        Provider { name, weight: 0 | 1, base: 0 } => name.to_string(),
        Provider { name, weight, base: 0 } => format!("{name} {weight}"),
        Provider { name, weight, base } => format!("{name} {weight}, base {base}"),
    };
    format!("{}{platform}", placement.providers.iter().map(share).collect::<Vec<_>>().join(", "))
}

fn network(placement: &Placement) -> String {
    let Some(network) = &placement.network else { return "that of its host".into() };
    let groups: Vec<&str> = network.security_groups.iter().map(|group| group.as_str()).collect();
    let address = if network.public_address == "ENABLED" { ", with a public address" } else { "" };
    format!(
        "as the service: {} with {}{address}",
        count(network.subnets.len(), "subnet"),
        match groups.is_empty() {
            true => "the VPC's default security group".to_string(),
            false => groups.join(", "),
        }
    )
}

/// What is to be thought of beforehand.
fn gather_warnings(facts: &TaskFacts, definition: &TaskDefinition, container: &ContainerDefinition) -> Warnings {
    let service = &facts.facts.service;
    let name = &container.image.container;
    let mut warnings = Warnings::default();
    let always = [
        "it runs with the rights, environment and secrets of the service, and none of its traffic",
        "a migration that it makes is not undone by rolling the service back",
        "the command takes the place of CMD alone: an ENTRYPOINT of the image stays before it",
        "leaving midwatch does not stop it; journal, CloudTrail and DescribeTasks keep the command",
    ];
    warnings.extend(always.map(|text| (Tone::Plain, text.to_string())));
    let others: Vec<&str> = definition
        .containers
        .iter()
        .map(|c| c.image.container.as_str())
        .filter(|other| *other != name.as_str())
        .collect();
    let essential = definition.containers.iter().filter(|c| c.essential && c.image.container != *name).count();
    if !container.essential {
        let text = format!("{name} is not essential: the task goes on after it, until it is stopped (K)");
        warnings.add(Tone::Degraded, text);
    } else if essential > 0 {
        let text =
            format!("{} start with it, and if an essential one of them ends, the command is killed", others.join(", "));
        warnings.add(Tone::Degraded, text);
    } else if !others.is_empty() {
        warnings.add(Tone::Plain, format!("{} start with it, and end with it", others.join(", ")));
    }
    let is_deploying = service.primary().is_some_and(|primary| primary.rollout == Some(Rollout::InProgress));
    let text = format!("{} is still being deployed: it may be the bad one", definition.reference.short());
    warnings.add_if(is_deploying, Tone::Degraded, text);
    let is_on_spot = facts.placement.providers.iter().any(|provider| provider.name.contains("SPOT"));
    warnings.add_if(is_on_spot, Tone::Degraded, "on Spot: AWS may take the host back in the middle of it");
    for image in &facts.facts.images {
        match &image.registry {
            Ok(Some(found)) if found.digest.is_none() => {
                let text = format!("{} is gone from ECR: it cannot start", image.image.tag());
                warnings.add(Tone::Down, format!("{}: {text}", image.image.repository()));
            }
            // Of a service ECS keeps the digest; of a single task it resolves the tag anew.
            Ok(Some(found)) if found.mutable => {
                let text = format!(
                    "{}:{} is mutable: what it stands for now runs, which may not be what the service runs",
                    image.image.repository(),
                    image.image.tag()
                );
                warnings.add(Tone::Plain, text);
            }
            _ => {}
        }
    }
    let alive = facts.one_off.iter().flatten().filter(|task| !task.has_ended()).count();
    let runs = if alive == 1 { "a one-off task runs".to_string() } else { format!("{alive} one-off tasks run") };
    warnings.add_if(alive > 0, Tone::Degraded, format!("{runs} beside this service already"));
    warnings
}

/// Unique for a dialog, and the same each time its plan is made: by it AWS knows a request that came
/// before, and we the task.
fn mark(inputs: &Inputs) -> String {
    input(inputs, OPENED).chars().filter(char::is_ascii_digit).collect()
}

fn request(
    facts: &TaskFacts,
    definition: &TaskDefinition,
    container: &str,
    command: Vec<String>,
    inputs: &Inputs,
) -> RunTask {
    let Placement { launch_type, providers, platform, network, managed_tags, tags_of } = &facts.placement;
    let given = |text: &Text| (!text.is_empty()).then(|| text.to_string());
    let texts = |texts: &[Text]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    let strategy = providers.iter().map(|Provider { name, weight, base }| CapacityProviderStrategyItem {
        capacity_provider: name.to_string(),
        weight: *weight,
        base: *base,
    });
    let network = network.as_ref().map(|network| AwsVpcConfiguration {
        subnets: texts(&network.subnets),
        security_groups: Some(texts(&network.security_groups)).filter(|groups| !groups.is_empty()),
        assign_public_ip: given(&network.public_address),
    });
    let mark = mark(inputs);
    RunTask {
        cluster: facts.facts.service.cluster.to_string(),
        task_definition: definition.reference.short().to_string(),
        count: 1,
        capacity_provider_strategy: Some(strategy.collect()).filter(|_| !providers.is_empty()),
        launch_type: given(launch_type).filter(|_| providers.is_empty()),
        platform_version: given(platform),
        network_configuration: network.map(|awsvpc_configuration| NetworkConfiguration { awsvpc_configuration }),
        overrides: TaskOverride {
            container_overrides: vec![ContainerOverride { name: container.to_string(), command }],
        },
        enable_ecs_managed_tags: managed_tags.then_some(true),
        // RunTask refuses SERVICE (API reference).
        propagate_tags: given(tags_of).filter(|of| of == "TASK_DEFINITION"),
        started_by: format!("midwatch/{mark}"),
        client_token: format!("midwatch-{mark}"),
    }
}

/// How the command ended, by its own exit code. One that was killed from outside has not done its
/// work, whatever it exited with.
fn ended(task: &Task, name: &str) -> Progress {
    let code = task.containers.iter().find(|container| container.name == *name).and_then(|c| c.exit_code);
    let by_itself = matches!(task.stop_code.as_str(), "EssentialContainerExited" | "");
    let why = evidence::end(task).why;
    let after = task.lived().map(|seconds| format!(" after {}", format::span(seconds))).unwrap_or_default();
    if let (Some(0), true) = (code, by_itself) {
        return Progress::ended(Verdict::Done, format!("{name} exited 0{after}"));
    }
    let line = match (code, by_itself) {
        (Some(code), true) => format!("{name} exited {code}{}{after}", evidence::meaning(code)),
        (Some(code), false) => format!("{why} ({name} exited {code})"),
        (None, _) => why.clone(),
    };
    let next = stop_reason::of(task).filter(|sign| *sign != Signature::Exited);
    let mut evidence: Vec<String> = (why != line).then_some(why).into_iter().collect();
    evidence.extend(next.map(|sign| format!("{}: {}", sign.word(), sign.next())));
    Progress { evidence, ..Progress::ended(Verdict::Failed, line) }
}
