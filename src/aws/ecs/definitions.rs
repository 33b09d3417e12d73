//! Which images a task definition runs. Task definitions never change, so each is read once and
//! remembered.

use std::collections::{HashMap, HashSet, VecDeque};

use futures_util::stream::{self, StreamExt};
use parking_lot::Mutex;

use super::client;
use super::shape;
use crate::aws::prelude::*;
use crate::domain::ops::ecs::DESCRIBE_TASK_DEFINITION;
use crate::domain::service::Image;
use crate::domain::task::TaskDefinition;

/// The most that are remembered; the oldest goes first. A few hundred bytes each.
const KEPT: usize = 5_000;

/// How many are read at the same time.
const AT_ONCE: usize = 4;

#[derive(Debug, Default)]
struct Memory {
    images: HashMap<Text, Vec<Image>>,
    order: VecDeque<Text>,
}

/// The images of the task definitions seen so far, by ARN.
#[derive(Debug, Default)]
pub struct Definitions(Mutex<Memory>);

impl Definitions {
    pub fn images(&self, arn: &Text) -> Option<Vec<Image>> {
        self.0.lock().images.get(arn).cloned()
    }

    pub fn remember(&self, arn: Text, images: Vec<Image>) {
        let mut memory = self.0.lock();
        if memory.images.insert(arn.clone(), images).is_none() {
            memory.order.push_back(arn);
            if memory.order.len() > KEPT
                && let Some(oldest) = memory.order.pop_front()
            {
                memory.images.remove(&oldest);
            }
        }
    }
}

/// Reads one task definition and remembers its images.
pub async fn describe(session: &Session, arn: &Text, urgency: Urgency) -> Result<TaskDefinition, Fault> {
    let request = client(session).describe_task_definition().task_definition(arn.as_str()).send();
    let told = session.ask(DESCRIBE_TASK_DEFINITION, urgency, request).await?;
    let definition = told.task_definition().map(shape::task_definition).ok_or_else(|| {
        Fault::new(FaultKind::NotFound, DESCRIBE_TASK_DEFINITION.to_string(), format!("no task definition {arn}"))
    })?;
    session.lasting::<Definitions>().remember(arn.clone(), definition.images().cloned().collect());
    Ok(definition)
}

/// Reads those of `wanted` that are not known yet, as many as the budget has room for right now:
/// the list must not wait for its image column, the next refresh goes on. Gives the fault that
/// ended it, if one did.
pub async fn learn(session: &Session, wanted: HashSet<Text>) -> Option<Fault> {
    let mut unknown: Vec<Text> =
        wanted.into_iter().filter(|arn| session.lasting::<Definitions>().images(arn).is_none()).collect();
    unknown.sort_unstable();
    let budget = session.budget();
    let affordable =
        unknown.into_iter().take_while(|_| budget.try_take(DESCRIBE_TASK_DEFINITION, Urgency::Sweep).is_ok());
    let mut answers = stream::iter(affordable)
        .map(|arn| async move {
            let request = client(session).describe_task_definition().task_definition(arn.as_str()).send();
            let told = request.await.map_err(|e| crate::aws::fault::of(DESCRIBE_TASK_DEFINITION, &e, &session.login));
            (arn, told)
        })
        .buffer_unordered(AT_ONCE);
    while let Some((arn, told)) = answers.next().await {
        match told {
            Ok(told) => {
                let definition = told.task_definition().map(shape::task_definition);
                let images = definition.map(|d| d.images().cloned().collect()).unwrap_or_default();
                session.lasting::<Definitions>().remember(arn, images);
            }
            // It was deleted for good, while a service still names it: that will not change either.
            Err(fault) if matches!(fault.kind, FaultKind::NotFound | FaultKind::Invalid) => {
                session.lasting::<Definitions>().remember(arn, Vec::new());
            }
            Err(fault) => return Some(fault),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_the_oldest_goes_first() {
        let definitions = Definitions::default();
        for n in 0..=KEPT {
            definitions.remember(format!("td:{n}").into(), Vec::new());
        }
        assert_eq!(definitions.images(&"td:0".into()), None);
        assert!(definitions.images(&"td:1".into()).is_some());
        definitions.remember("td:1".into(), Vec::new());
        assert_eq!(definitions.0.lock().order.len(), KEPT);
    }
}
