//! What of a service is recorded because ECS forgets it, and how the tabs show it: apart from what ECS
//! tells now, with the time at which midwatch saw it.

use super::evidence::End;
use super::{detail, health, tasks};
use crate::domain::Timestamp;
use crate::domain::health::Health;
use crate::domain::record::{Record, What};
use crate::domain::resource::{AnyFacts, cast_facts};
use crate::domain::service::{Deployment, Service, ServiceDetail, ServiceEvent, ServiceFacts};
use crate::domain::task::Task;
use crate::domain::words;
use crate::kinds::blocks::{dim, titles};
use crate::kinds::cell::{Block, Cell, Tone};
use crate::kinds::kind::Look;

/// A deployment that nothing happened to for so long needs no record, in seconds: of thousands of
/// services that stand still each has one.
const RECENT: i64 = 86_400;

/// After its last event a service is looked at for so long, in seconds: ECS takes its time to tell a
/// task as stopped, and by then all may be well again.
const RESTLESS: i64 = 5 * 60;

/// Whether tasks of it may just have stopped.
pub fn is_restless(service: &Service, now: Timestamp) -> bool {
    let lately = |event: &ServiceEvent| event.at.is_some_and(|at| words::seconds_since(at, now) < RESTLESS);
    let goes_wrong = !matches!(health::state(service, now).health, Health::Ok | Health::Unknown);
    goes_wrong || service.events.first().is_some_and(lately)
}

/// Of a row: its deployments of late, and its events unless all is well.
pub fn of_row(service: &Service, now: Timestamp) -> Vec<What> {
    let recent = |d: &&Deployment| d.updated.or(d.created).is_some_and(|at| words::seconds_since(at, now) < RECENT);
    let mut seen: Vec<What> = service.deployments.iter().filter(recent).map(deployment).collect();
    if health::state(service, now).health != Health::Ok {
        seen.extend(service.events.iter().cloned().map(What::Event));
    }
    seen
}

/// Of a service that is opened, planned for or watched: all that ECS forgets.
pub fn of_facts(facts: &dyn AnyFacts) -> Vec<What> {
    let (service, stopped) = match (cast_facts::<ServiceDetail>(facts), cast_facts::<ServiceFacts>(facts)) {
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

/// The recorded things of one sort that ECS does not tell now.
fn rest<'a, T>(
    look: Look<'a>,
    of: fn(&'a What) -> Option<&'a T>,
    told: impl Fn(&T) -> bool,
) -> Vec<(&'a Record, &'a T)> {
    let recorded = look.recorded.iter().filter_map(|record| Some((record, of(&record.what)?)));
    recorded.filter(|(_, what)| !told(what)).collect()
}

/// Recorded tasks that are not among these.
pub fn tasks<'a>(told: &[Task], look: Look<'a>) -> Vec<(&'a Record, &'a Task)> {
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
pub fn deployments<'a>(told: &[Deployment], look: Look<'a>) -> Vec<Block> {
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
pub fn events<'a>(told: &[ServiceEvent], look: Look<'a>) -> Vec<Block> {
    let of = |what: &'a What| if let What::Event(event) = what { Some(event) } else { None };
    let row = |(record, event): &(&Record, &ServiceEvent)| {
        let [_, age, message] = detail::event_row(event, look.now);
        let time = event.at.map_or_else(Cell::nothing, |at| Cell::text(words::moment(at), Tone::Dim));
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
    Cell::text(format!("{} ago", words::age(record.seen, now)), Tone::Dim)
}
