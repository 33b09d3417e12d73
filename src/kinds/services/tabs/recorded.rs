//! What was recorded of a service beside what ECS tells now, with the time at which midwatch saw it.

use super::{deployments as deployment_rows, events as event_rows, tasks as task_rows};
use crate::domain::Timestamp;
use crate::domain::format;
use crate::domain::record::{Record, What};
use crate::domain::service::{Deployment, ServiceEvent};
use crate::domain::task::Task;
use crate::kinds::cell::{Block, Cell, Tone};
use crate::kinds::detail_view::{dim, table};
use crate::kinds::kind::RenderContext;
use crate::kinds::services::evidence::End;

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
        let [age, task, revision, why] = task_rows::stopped_row(task, end, now);
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
        let [_, rollout, revision, tasks, failed, created, _, id] =
            deployment_rows::deployment_row(deployment, look.now);
        vec![created, seen(record, look.now), rollout, revision, tasks, failed, id]
    };
    let mut blocks = section(
        "deployments that ECS does not tell any more, as they were seen last",
        &["CREATED", "RECORDED", "ROLLOUT", "REVISION", "TASKS", "FAILED", "ID"],
        rest.iter().map(row).collect(),
    );
    blocks.extend(deployment_rows::reasons(rest.iter().map(|(_, deployment)| *deployment)));
    blocks
}

/// Recorded events beside those that ECS tells.
pub fn events<'a>(told: &[ServiceEvent], look: RenderContext<'a>) -> Vec<Block> {
    let of = |what: &'a What| if let What::Event(event) = what { Some(event) } else { None };
    let row = |(record, event): &(&Record, &ServiceEvent)| {
        let [_, age, message] = event_rows::event_row(event, look.now);
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
    vec![Block::Gap, Block::Heading("Recorded".into()), dim(what), table(columns, rows)]
}

/// When midwatch saw it.
fn seen(record: &Record, now: Timestamp) -> Cell {
    Cell::text(format!("{} ago", format::age(record.seen, now)), Tone::Dim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::services::evidence::end;
    use crate::kinds::services::fixtures::{ago, now, service, stopped};

    #[test]
    fn what_ecs_tells_itself_is_not_shown_as_recorded() {
        let record = |what| Record { of: service(2).id, seen: ago(7200), what };
        let recorded = [task_of(30), task_of(8000)].map(record);
        let look = RenderContext { recorded: &recorded, ..RenderContext::at(now()) };
        let rest = tasks(&[stopped_at(30)], look);
        let [(seen, task)] = &rest[..] else { panic!("{rest:?}") };
        assert_eq!((task.stopped, seen.seen), (Some(ago(8000)), ago(7200)));
        let section = format!("{:?}", task_section(&rest, vec![end(task)], now()));
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
