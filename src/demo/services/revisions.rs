//! The revisions of task definitions. The bad one lacks the variable that its tasks miss in the logs.

use super::model::Service;
use super::show;
use crate::demo::prelude::*;
use crate::domain::revision::{Aspect, Fields, Mark, Revision, Value};
use crate::domain::service::TaskDefinitionRef;

/// Revisions that are so much older than the newest had half the memory.
const SMALL_ONCE: u32 = 4;

/// A revision of the family of any service, in AWS's words where there is none.
pub fn read(estate: &Estate, reference: &TaskDefinitionRef) -> Result<Revision, Fault> {
    let number = reference.revision().parse::<u32>().unwrap_or(0);
    let is_of = |service: &&Service| reference.arn == estate.place.task_definition_arn(service, number);
    let service = estate.services().find(is_of).filter(|service| (1..=newest(service)).contains(&number));
    service.map(|service| revision(estate, service, number)).ok_or_else(|| {
        let said = "ClientException: Unable to describe task definition.";
        Fault::new(FaultKind::Invalid, "ecs:DescribeTaskDefinition", said)
    })
}

fn newest(service: &Service) -> u32 {
    service.revisions.iter().map(|revision| revision.number).max().unwrap_or(0)
}

fn revision(estate: &Estate, service: &Service, number: u32) -> Revision {
    // However often it is deployed, it was registered once.
    let deployments = service.deployments.iter().map(|deployment| (deployment.revision, deployment.created));
    let all = deployments.chain(service.releases.iter().map(|release| (release.revision, release.created)));
    let deployed = all.filter(|(revision, _)| *revision == number).map(|(_, at)| at).min();
    let oldest = service.deployments.last().map_or(service.created, |deployment| deployment.created);
    let age = i64::from(newest(service) - number);
    let registered = deployed.map_or(later(oldest, -age * 3 * DAY), |at| later(at, -90));
    let role = |name: &str| format!("arn:aws:iam::{}:role/{name}", estate.place.account);
    let known = service.revision(number);
    let (cpu, memory) = match known {
        Some(revision) => (revision.cpu, revision.memory),
        None => (512, if newest(service) - number > SMALL_ONCE { 512 } else { 1024 }),
    };
    let ec2 = service.launch == "EC2";
    let task = [
        (Aspect::Cpu, cpu.to_string()),
        (Aspect::Memory, format!("{memory} MiB")),
        (Aspect::TaskRole, role(&format!("{}-task", family(&service.name)))),
        (Aspect::ExecutionRole, role("harbour-ecs-execution")),
        (Aspect::NetworkMode, if ec2 { "host" } else { "awsvpc" }.to_string()),
        (Aspect::Platform, "LINUX X86_64".to_string()),
        (Aspect::Launch, if ec2 { "EC2" } else { "FARGATE" }.to_string()),
    ];
    let name = Text::new(family(&service.name));
    Revision {
        reference: TaskDefinitionRef::new(estate.place.task_definition_arn(service, number)),
        status: "ACTIVE".into(),
        registered: Some(registered),
        registered_by: format!("arn:aws:sts::{}:assumed-role/deploy/build-{number}", estate.place.account).into(),
        task: task.into_iter().map(|(aspect, value)| ((aspect, Text::default()), Value::visible(value))).collect(),
        containers: vec![(name, container(estate, service, number))],
    }
}

fn container(estate: &Estate, service: &Service, number: u32) -> Fields {
    let mut fields = Fields::new();
    let mut visible =
        |aspect, item: &str, value: String| fields.insert((aspect, Text::new(item)), Value::visible(value));
    let image = match service.revision(number) {
        Some(_) => show::image(estate, service, number).reference.to_string(),
        None if service.mutable => format!("{}:latest", estate.place.repository(service)),
        None => format!("{}:{number}", estate.place.repository(service)),
    };
    visible(Aspect::Image, "", image);
    visible(Aspect::Essential, "", "yes".to_string());
    visible(Aspect::Port, "8080/tcp", "host port 8080, http".to_string());
    let check = r#"["CMD-SHELL","curl -fs localhost:8080/health"], every 30 s, within 5 s, 3 retries"#;
    visible(Aspect::HealthCheck, "", check.to_string());
    visible(Aspect::StopTimeout, "", "30 s".to_string());
    visible(Aspect::LogDriver, "", "awslogs".to_string());
    visible(Aspect::LogOption, "awslogs-group", format!("/ecs/{}", service.name));
    visible(Aspect::LogOption, "awslogs-region", estate.place.region.to_string());
    visible(Aspect::LogOption, "awslogs-stream-prefix", family(&service.name).to_string());
    let secret = format!(
        "arn:aws:secretsmanager:{}:{}:secret:{}/database-AbCdEf",
        estate.place.region, estate.place.account, service.name
    );
    visible(Aspect::Secret, "DATABASE_PASSWORD", secret);
    let like = service.revision(number).map_or(number, |revision| revision.like);
    let mut variables =
        vec![("DATABASE_HOST", 1), ("LOG_LEVEL", 1), ("PORT", 1), ("FARES_VERSION", u64::from(like / 2))];
    if family(&service.name) == "booking-api" {
        let renamed = service.revision(number).is_some_and(|revision| revision.renamed);
        // Somebody tidied the names up, and the program still asks for the old one.
        variables.push((if renamed { "LEDGER_URL" } else { "BOOKING_LEDGER_URL" }, 1));
    }
    let masked =
        variables.into_iter().map(|(name, value)| ((Aspect::Environment, Text::new(name)), Value::masked(Mark(value))));
    fields.extend(masked);
    fields
}
