//! What of a service is recorded because ECS forgets it, and how the tabs show it: apart from what ECS
//! tells now, with the time at which midwatch saw it.

use super::evidence::End;
use super::{detail, health, tasks};
use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::health::Health;
use crate::domain::history::RollbackFacts;
use crate::domain::record::{Record, What};
use crate::domain::resource::{AnyFacts, cast_facts};
use crate::domain::service::{Deployment, Service, ServiceDetail, ServiceEvent, ServiceFacts};
use crate::domain::task::Task;
use crate::kinds::cell::{Block, Cell, Tone};
use crate::kinds::detail_view::{dim, titles};
use crate::kinds::kind::RenderContext;

/// A deployment that nothing happened to for so long needs no record, in seconds: of thousands of
/// services that stand still each has one.
const RECENT: i64 = 86_400;

/// After its last event a service is looked at for so long, in seconds: ECS takes its time to tell a
/// task as stopped, and by then all may be well again.
const RESTLESS: i64 = 5 * 60;

/// Whether tasks of it may just have stopped.
pub fn is_restless(service: &Service, now: Timestamp) -> bool {
    let lately = |event: &ServiceEvent| event.at.is_some_and(|at| format::seconds_since(at, now) < RESTLESS);
    let goes_wrong = !matches!(health::state(service, now).health, Health::Ok | Health::Unknown);
    goes_wrong || service.events.first().is_some_and(lately)
}

/// Of a row: its deployments of late, and its events unless all is well.
pub fn of_row(service: &Service, now: Timestamp) -> Vec<What> {
    let recent = |d: &&Deployment| d.updated.or(d.created).is_some_and(|at| format::seconds_since(at, now) < RECENT);
    let mut seen: Vec<What> = service.deployments.iter().filter(recent).map(deployment).collect();
    if health::state(service, now).health != Health::Ok {
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

/// The recorded things of one sort that ECS does not tell now.
fn rest<'a, T>(
    look: RenderContext<'a>,
    of: fn(&'a What) -> Option<&'a T>,
    told: impl Fn(&T) -> bool,
) -> Vec<(&'a Record, &'a T)> {
    let recorded = look.recorded.iter().filter_map(|record| Some((record, of(&record.what)?)));
    recorded.filter(|(_, what)| !told(what)).collect()
}

/// Recorded tasks that are not among these.
pub fn tasks<'a>(told: &[Task], look: RenderContext<'a>) -> Vec<(&'a Record, &'a Task)> {
    let task = |what: &'a What| if let What::Task(task) = what { Some(&**task) } else { None };
    rest(look, task, |task| told.iter().any(|t| t.arn == task.arn))
}

/// Their section of the tab; `ends` are theirs, in their order.
pub fn task_section(tasks: &[(&Record, &Task)], ends: Vec<End>, now: Timestamp) -> Vec<Block> {
    let row = |((record, task), end): (&(&Record, &Task), End)| {
        let [age, task, revision, why] = tasks::stopped_row(task, end, now);
        vec![age, seen(record, now), task, revision, why]
    };
    let rows = tasks.iter().zip(ends).map(row).collect();
    section("tasks that ECS does not tell any more", &["AGE", "RECORDED", "TASK", "REVISION", "WHY"], rows)
}

/// Recorded deployments beside those that ECS tells.
pub fn deployments<'a>(told: &[Deployment], look: RenderContext<'a>) -> Vec<Block> {
    let of = |what: &'a What| if let What::Deployment(deployment) = what { Some(&**deployment) } else { None };
    let rest = rest(look, of, |deployment| told.iter().any(|t| t.id == deployment.id));
    let row = |(record, deployment): &(&Record, &Deployment)| {
        let [_, rollout, revision, tasks, failed, created, _, id] = detail::deployment_row(deployment, look.now);
        vec![created, seen(record, look.now), rollout, revision, tasks, failed, id]
    };
    let mut blocks = section(
        "deployments that ECS does not tell any more, as they were seen last",
        &["CREATED", "RECORDED", "ROLLOUT", "REVISION", "TASKS", "FAILED", "ID"],
        rest.iter().map(row).collect(),
    );
    blocks.extend(detail::reasons(rest.iter().map(|(_, deployment)| *deployment)));
    blocks
}

/// Recorded events beside those that ECS tells.
pub fn events<'a>(told: &[ServiceEvent], look: RenderContext<'a>) -> Vec<Block> {
    let of = |what: &'a What| if let What::Event(event) = what { Some(event) } else { None };
    let row = |(record, event): &(&Record, &ServiceEvent)| {
        let [_, age, message] = detail::event_row(event, look.now);
        let time = event.at.map_or_else(Cell::nothing, |at| Cell::text(format::moment(at), Tone::Dim));
        vec![time, age, seen(record, look.now), message]
    };
    let rest = rest(look, of, |event| told.contains(event));
    let rows = rest.iter().map(row).collect();
    section("events that ECS does not tell any more", &["TIME", "AGE", "RECORDED", "EVENT"], rows)
}

/// A section of its own, or nothing where nothing was recorded.
fn section(what: &str, columns: &[&str], rows: Vec<Vec<Cell>>) -> Vec<Block> {
    if rows.is_empty() {
        return Vec::new();
    }
    vec![Block::Gap, Block::Heading("Recorded".into()), dim(what), Block::Table { titles: titles(columns), rows }]
}

/// When midwatch saw it.
fn seen(record: &Record, now: Timestamp) -> Cell {
    Cell::text(format!("{} ago", format::age(record.seen, now)), Tone::Dim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::services::fixtures::{ago, detail_of, event, now, service, stopped};

    #[test]
    fn of_a_row_only_what_may_be_of_use_is_recorded() {
        let mut row = service(2);
        row.deployments[0].updated = Some(ago(2 * RECENT));
        row.events = vec![event(2 * RESTLESS, "(service api) has reached a steady state.")];
        assert!(of_row(&row, now()).is_empty() && !is_restless(&row, now()), "all is well and nothing is new");
        row.deployments[0].updated = Some(ago(60));
        assert!(matches!(of_row(&row, now())[..], [What::Deployment(_)]), "one that moved of late");
        row.running = 0;
        assert_eq!(of_row(&row, now()).len(), 2, "the event too of one that goes wrong");
        assert!(is_restless(&row, now()));
        // A task that was replaced at once: all is well again before ECS tells it as stopped.
        let well = Service { events: vec![event(60, "(service api) has started 1 tasks: (task a).")], ..service(2) };
        assert!(is_restless(&well, now()));
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

    #[test]
    fn what_ecs_tells_itself_is_not_shown_as_recorded() {
        let record = |what| Record { of: service(2).id, seen: ago(7200), what };
        let recorded = [task_of(30), task_of(8000)].map(record);
        let look = RenderContext { recorded: &recorded, ..RenderContext::at(now()) };
        let rest = tasks(&[stopped_at(30)], look);
        let [(seen, task)] = &rest[..] else { panic!("{rest:?}") };
        assert_eq!((task.stopped, seen.seen), (Some(ago(8000)), ago(7200)));
        let section = format!("{:?}", task_section(&rest, vec![super::super::evidence::end(task)], now()));
        assert!(section.contains("2h ago") && section.contains("app exited 1"), "{section}");
        assert!(task_section(&[], vec![], now()).is_empty());
    }

    fn stopped_at(seconds: i64) -> Task {
        Task { arn: format!("task/main/{seconds}").into(), ..stopped(seconds) }
    }

    fn task_of(seconds: i64) -> What {
        What::Task(Box::new(stopped_at(seconds)))
    }
}
