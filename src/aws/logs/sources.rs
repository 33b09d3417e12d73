//! From what a person names to groups and stream prefixes: a service's come from its task
//! definition's log configuration and are never guessed.

use crate::aws::budget::Urgency;
use crate::aws::ecs;
use crate::aws::session::Session;
use crate::domain::fault::{Fault, FaultKind};
use crate::domain::log::LogSource;
use crate::domain::resource::ResourceId;
use crate::domain::text::Text;
use crate::kinds::services::SERVICES;

/// A group, and how the names of its streams begin.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Streams {
    pub group: Text,
    pub prefix: Option<Text>,
}

impl Streams {
    /// For the screen.
    pub fn source(&self) -> LogSource {
        match &self.prefix {
            None => LogSource::Group(self.group.clone()),
            Some(prefix) => LogSource::Streams { group: self.group.clone(), prefix: prefix.clone() },
        }
    }
}

/// What a source is made of now.
///
/// # Errors
/// The service or its task definition cannot be read, or it logs elsewhere.
pub async fn resolve(session: &Session, source: &LogSource) -> Result<Vec<Streams>, Fault> {
    match source {
        LogSource::Group(group) => Ok(vec![Streams { group: group.clone(), prefix: None }]),
        LogSource::Streams { group, prefix } => {
            Ok(vec![Streams { group: group.clone(), prefix: Some(prefix.clone()) }])
        }
        LogSource::Resource(SERVICES, id) => of_service(session, id).await,
        LogSource::Resource(..) | LogSource::Matching(_) => {
            Err(Fault::new(FaultKind::Invalid, "logs", "nothing is known of its logs"))
        }
    }
}

async fn of_service(session: &Session, id: &ResourceId) -> Result<Vec<Streams>, Fault> {
    let gone = || Fault::new(FaultKind::NotFound, "logs", "the service does not exist any more");
    let service = ecs::list::one(session, id).await?.ok_or_else(gone)?;
    // While it rolls, tasks of two definitions write.
    let mut definitions: Vec<Text> = service.deployments.iter().map(|d| d.task_definition.arn.clone()).collect();
    definitions.push(service.task_definition.arn.clone());
    definitions.sort();
    definitions.dedup();
    let mut found = Vec::new();
    let mut elsewhere = Vec::new();
    for arn in definitions {
        let definition = ecs::definitions::describe(session, &arn, Urgency::Now).await?;
        for container in definition.containers {
            match (container.log_group, container.log_prefix) {
                (Some(group), prefix) if container.log_driver == "awslogs" => {
                    // Streams are PREFIX/CONTAINER/TASK (ECS developer guide, awslogs-stream-prefix).
                    let prefix = prefix.map(|prefix| format!("{prefix}/{}/", container.image.container).into());
                    found.push(Streams { group, prefix });
                }
                _ if container.log_driver.is_empty() => {
                    elsewhere.push(format!("{}: no log driver", container.image.container))
                }
                _ => elsewhere.push(format!("{}: {}", container.image.container, container.log_driver)),
            }
        }
    }
    found.sort();
    found.dedup();
    if found.is_empty() {
        let message = format!("no container writes to CloudWatch Logs ({})", elsewhere.join(", "));
        return Err(Fault::new(FaultKind::Invalid, "logs", message));
    }
    Ok(found)
}
