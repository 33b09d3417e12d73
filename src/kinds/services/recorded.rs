//! What of a service is recorded because ECS forgets it, and what is known of its deployments with that.

use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::health::{Diagnosis, Health};
use crate::domain::history::RollbackFacts;
use crate::domain::record::{Record, What};
use crate::domain::resource::{AnyFacts, cast_facts};
use crate::domain::service::{Deployment, Service, ServiceDetail, ServiceFacts};
use crate::kinds::kind::ResourceChange;

/// A deployment that nothing happened to for so long needs no record, in seconds: of thousands of
/// services that stand still each has one.
const RECENT: i64 = 86_400;

/// Of a row: its deployments of late, and its events unless all is well.
pub fn of_row(service: &Service, diagnosis: &Diagnosis, now: Timestamp) -> Vec<What> {
    let recent = |d: &&Deployment| d.updated.or(d.created).is_some_and(|at| format::seconds_since(at, now) < RECENT);
    let mut seen: Vec<What> = service.deployments.iter().filter(recent).map(deployment).collect();
    if diagnosis.health != Health::Ok {
        seen.extend(service.events.iter().cloned().map(What::Event));
    }
    seen
}

/// Of a service that is opened, planned for or watched: all that ECS forgets.
pub fn of_facts(facts: &dyn AnyFacts) -> Vec<What> {
    let of_plan = || cast_facts::<ServiceFacts>(facts).or_else(|| Some(&cast_facts::<RollbackFacts>(facts)?.facts));
    let (service, stopped) = match (cast_facts::<ServiceDetail>(facts), of_plan()) {
        (Some(detail), _) => (&detail.service, &detail.stopped),
        (_, Some(facts)) => (&facts.service, &facts.stopped),
        _ => return Vec::new(),
    };
    let tasks = stopped.iter().flatten().filter(|task| task.has_ended()).map(|task| What::Task(Box::new(task.clone())));
    let events = service.events.iter().cloned().map(What::Event);
    tasks.chain(events).chain(service.deployments.iter().map(deployment)).collect()
}

fn deployment(deployment: &Deployment) -> What {
    What::Deployment(Box::new(deployment.clone()))
}

/// All deployments that are known of a service, what ECS tells now and what was recorded; what began first
/// is first.
pub fn all_deployments<'a>(service: &'a Service, recorded: &'a [Record]) -> Vec<&'a Deployment> {
    let told = |deployment: &Deployment| service.deployments.iter().any(|told| told.id == deployment.id);
    let recorded = recorded.iter().filter_map(|record| match &record.what {
        What::Deployment(deployment) if !told(deployment) => Some(&**deployment),
        _ => None,
    });
    let mut all: Vec<&Deployment> = service.deployments.iter().chain(recorded).collect();
    all.sort_by_key(|deployment| deployment.created);
    all
}

/// Whether a deployment brought a revision that was not there before: neither anew nor as a way back.
fn is_new(deployment: &Deployment, all: &[&Deployment]) -> bool {
    let number = |deployment: &Deployment| deployment.task_definition.revision().parse::<u32>().ok();
    let family = |deployment: &Deployment| deployment.task_definition.family().to_string();
    let mut before = all.iter().take_while(|other| other.id != deployment.id);
    // Numbers count within a family.
    before.all(|other| {
        other.task_definition != deployment.task_definition
            && (family(other) != family(deployment) || number(other) < number(deployment))
    })
}

/// The deployments since a moment, as changes.
pub fn changes(service: &Service, recorded: &[Record], since: Timestamp) -> Vec<ResourceChange> {
    let lately = |deployment: &Deployment| deployment.created.filter(|at| *at > since);
    // Of thousands of services hardly any was deployed of late.
    if recorded.is_empty() && !service.deployments.iter().any(|deployment| lately(deployment).is_some()) {
        return vec![];
    }
    let all = all_deployments(service, recorded);
    let newest = service.primary().map(|primary| &primary.task_definition);
    // The first that is known may have been the first of its revision.
    let before = std::iter::once(None).chain(all.iter().map(Some));
    let told = before.zip(&all).filter_map(|(before, deployment)| {
        let at = lately(deployment)?;
        let is_anew = before.is_some_and(|before| before.task_definition == deployment.task_definition);
        let word = if is_anew { "deployed anew" } else { "deployed" };
        let brings = is_new(deployment, &all);
        let in_force = brings && newest == Some(&deployment.task_definition);
        Some(ResourceChange { what: format!("{} {word}", deployment.task_definition.short()), at, brings, in_force })
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::task::Task;
    use crate::kinds::services::fixtures::{ago, detail_of, event, now, service, stopped};
    use crate::kinds::services::health::{RESTLESS, diagnose};

    fn told(row: &Service) -> Vec<What> {
        of_row(row, &diagnose(row, now()), now())
    }

    fn is_restless(row: &Service) -> bool {
        diagnose(row, now()).is_restless
    }

    #[test]
    fn of_a_row_only_what_may_be_of_use_is_recorded() {
        let mut row = service(2);
        row.deployments[0].updated = Some(ago(2 * RECENT));
        row.events = vec![event(2 * RESTLESS, "(service api) has reached a steady state.")];
        assert!(told(&row).is_empty() && !is_restless(&row), "all is well and nothing is new");
        row.deployments[0].updated = Some(ago(60));
        assert!(matches!(told(&row)[..], [What::Deployment(_)]), "one that moved of late");
        row.running = 0;
        assert_eq!(told(&row).len(), 2, "the event too of one that goes wrong");
        assert!(is_restless(&row));
        // A task that was replaced at once: all is well again before ECS tells it as stopped.
        let well = Service { events: vec![event(60, "(service api) has started 1 tasks: (task a).")], ..service(2) };
        assert!(is_restless(&well));
    }

    #[test]
    fn of_a_detail_all_is_recorded_that_will_not_change() {
        let leaving = Task { status: "DEPROVISIONING".into(), ..stopped(10) };
        let row = Service { events: vec![event(60, "x")], ..service(2) };
        let detail = ServiceDetail { stopped: Ok(vec![leaving, stopped(30)]), ..detail_of(&row) };
        let seen = of_facts(&detail);
        assert_eq!(seen.iter().filter(|what| matches!(what, What::Task(_))).count(), 1, "one has no exit code yet");
        assert_eq!(seen.len(), 2 + row.deployments.len());
        assert!(of_facts(&"something else").is_empty());
    }
}
