//! Stop a task: one that hangs, or one that was started beside the service. What the service wants it
//! starts anew.

use super::watch::{self, Watched};
use crate::domain::ops::ecs;
use crate::domain::requests::ecs::StopTask;
use crate::domain::service::{Service, ServiceFacts};
use crate::domain::task::{Task, TaskFacts};
use crate::kinds::action::prelude::*;
use crate::kinds::services::{TASK_FACTS, evidence, tabs::tasks::short_id};

/// What ECS shows as the reason of the stop, behind "stopped by a person".
const REASON: &str = "stopped with midwatch";

/// How long AWS may take to show what it accepted, in seconds: its reads are eventually consistent.
const SHOWS_WITHIN: i64 = 30;

pub struct Stop;

impl ActionSpec for Stop {
    type Resource = Service;
    type Facts = TaskFacts;

    const ID: &str = "stop-task";
    const KEY: &str = "K";
    const LABEL: &str = "stop task";
    const HELP: &str =
        "Stops one task, of the service or run beside it, and follows it until the service has its count again.";
    const FACTS: FactsId = TASK_FACTS;
    const CHANGES: &[Op] = &[ecs::STOP_TASK];
    const WATCH_EVERY: Duration = Duration::from_secs(3);
    const IS_SELDOM: bool = true;

    fn fields(&self, _: &Service, _: Timestamp) -> Vec<Field> {
        vec![Field::new("task", "task")]
    }

    /// The tasks in columns. It begins with the first that is unhealthy.
    fn choices(&self, _: &str, facts: &TaskFacts, _: &Inputs, now: Timestamp) -> Vec<Choice> {
        let unwell = alive(facts).position(|task| task.health == "UNHEALTHY").unwrap_or(0);
        let choice = |(place, task): (usize, &Task)| Choice {
            value: task.id().to_string(),
            columns: vec![
                short_id(task).into(),
                Span::new(
                    task.status.to_lowercase(),
                    if task.status == "RUNNING" { Tone::Plain } else { Tone::Changing },
                ),
                health(task),
                Span::new(age(task, now), Tone::Plain),
                task.task_definition.short().into(),
                Span::new(task.zone.as_str(), Tone::Dim),
                Span::new(if task.is_of_a_service() { "" } else { "one-off" }, Tone::Accent),
            ],
            suggested: place == unwell,
        };
        alive(facts).enumerate().map(choice).collect()
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        if input(inputs, "task").is_empty() {
            Err(("task", "the id of a task, or its beginning".into()))
        } else {
            Ok(())
        }
    }

    fn plan(&self, facts: &TaskFacts, inputs: &Inputs, now: Timestamp) -> Result<Plan, String> {
        let service = &facts.facts.service;
        let task = chosen(facts, input(inputs, "task"))?;
        let own = task.is_of_a_service();
        let mut warnings = Warnings::default();
        let text = "its containers get SIGTERM, and what still runs after the stop timeout (30s by default) is killed";
        warnings.add(Tone::Plain, text);
        let last = own && task.status == "RUNNING" && service.running <= 1;
        let text = "this is the only running task: requests fail until its replacement runs";
        warnings.add_if(last, Tone::Down, text);
        warnings.add_if(!own, Tone::Degraded, "what it has done so far stays: a migration may be half done");
        warnings.add_unknown("tasks beside the service are not known", &facts.one_off);
        let request =
            StopTask { cluster: service.cluster.to_string(), task: task.id().to_string(), reason: REASON.to_string() };
        Ok(Plan {
            rows: vec![
                row(
                    "task",
                    [
                        Span::new(short_id(task), Tone::Strong),
                        format!("  {} since {}  ", task.status.to_lowercase(), age(task, now)).into(),
                        health(task),
                    ],
                ),
                row("revision", [task.task_definition.short()]),
                row("afterwards", [afterwards(service, task)]),
            ],
            warnings: warnings.worst_first(),
            calls: vec![request.call()],
            undo: "cannot be undone: a stopped task never runs again".into(),
            then: match own {
                true => "followed until it is stopped and the service has its count again".into(),
                false => "followed until it is stopped".into(),
            },
            confirm: if last { Confirm::TypeName } else { Confirm::Ask },
            before: json!({ "task": task.arn, "one_off": !own, "desired": service.desired }),
            summary: match own {
                true => format!("stop task {} of {}", short_id(task), service.name),
                false => format!("stop one-off task {} beside {}", short_id(task), service.name),
            },
        })
    }

    fn progress(&self, intent: &Intent, _: &Receipt, facts: &TaskFacts, now: Timestamp) -> Progress {
        let ServiceFacts { service, .. } = &facts.facts;
        let Some(task) = found(intent, facts) else {
            return watch::unlisted_task(intent, SHOWS_WITHIN, now);
        };
        let watched = Watched::of(&facts.facts, intent.at, None);
        if !task.has_ended() {
            let line = format!("{}, on its way to STOPPED", task.status);
            return watched.explain(Progress::moving(Some(0.2), line), now);
        }
        let code = evidence::culprit(&task.containers).map(|(c, code)| format!(" ({} exited {code})", c.name));
        let stopped = format!("stopped{}", code.unwrap_or_default());
        let running = format!("{} of {} run", service.running, service.desired);
        let count_is_back = service.is_daemon() || service.status != "ACTIVE" || service.running >= service.desired;
        if !task.is_of_a_service() || count_is_back {
            let line = if task.is_of_a_service() { format!("{stopped}; {running}") } else { stopped };
            return Progress::ended(Verdict::Done, line);
        }
        let starting = match service.pending {
            0 => String::new(),
            n => format!(", {} starting", count(n as usize, "task")),
        };
        let line = format!("{stopped}; {running}{starting}");
        watched.explain(Progress::moving(Some(0.6), line), now)
    }

    /// A task stops for good, so it tells by itself.
    fn applied(&self, intent: &Intent, facts: &TaskFacts, _: Timestamp) -> Applied {
        match found(intent, facts) {
            Some(task) if task.desired_status == "STOPPED" => Applied::yes(task.arn.clone()),
            Some(_) => Applied::No,
            None => Applied::CannotTell,
        }
    }
}

/// What runs or starts: the service's tasks, then those beside it, newest first.
fn alive(facts: &TaskFacts) -> impl Iterator<Item = &Task> {
    let runs = |task: &&Task| task.desired_status != "STOPPED" && task.status != "STOPPED";
    facts.tasks.iter().flatten().chain(facts.one_off.iter().flatten()).filter(runs)
}

fn age(task: &Task, now: Timestamp) -> String {
    task.started.or(task.created).map(|at| format::age(at, now)).unwrap_or_default()
}

/// What the containers say of themselves where they are not of one mind, else the task.
fn health(task: &Task) -> Span {
    let tone = |health: &str| match health {
        "HEALTHY" => Tone::Ok,
        "UNHEALTHY" => Tone::Down,
        _ => Tone::Dim,
    };
    let unwell: Vec<&str> =
        task.containers.iter().filter(|c| c.health == "UNHEALTHY").map(|c| c.name.as_str()).collect();
    let said = task.health.to_lowercase();
    if task.containers.len() > 1 && !unwell.is_empty() {
        return Span::new(format!("{said}: {}", unwell.join(", ")), tone(&task.health));
    }
    Span::new(said, tone(&task.health))
}

fn chosen<'a>(facts: &'a TaskFacts, id: &str) -> Result<&'a Task, String> {
    let mut found = alive(facts).filter(|task| task.id().starts_with(id));
    match (found.next(), found.next()) {
        (Some(task), None) => Ok(task),
        (Some(_), Some(_)) => Err(format!("several tasks begin with {id}")),
        (None, _) => Err(match facts.tasks.as_ref().and(facts.one_off.as_ref()) {
            Err(fault) => format!("the tasks are not known: {fault}"),
            Ok(_) if alive(facts).next().is_none() => "no task runs".into(),
            Ok(_) => format!("no task that runs begins with {id}"),
        }),
    }
}

/// Whether another one comes in its place (ECS guide, service scheduler).
fn afterwards(service: &Service, task: &Task) -> String {
    let Service { desired, running, pending, .. } = service;
    if !task.is_of_a_service() {
        return "no other is started: no service keeps it".into();
    }
    if service.status != "ACTIVE" {
        return format!("no other is started: the service is {}", service.status);
    }
    if service.is_daemon() {
        return "the service starts another one on the same instance".into();
    }
    if running + pending > *desired {
        return format!("no other is started: {} of {desired} wanted run", running + pending);
    }
    format!("the service starts another one: it wants {desired}, and {running} run now")
}

/// The task that was stopped, wherever it is listed now.
fn found<'a>(intent: &Intent, facts: &'a TaskFacts) -> Option<&'a Task> {
    let id = intent.request::<StopTask>()?.task;
    let all = facts.facts.stopped.iter().flatten().chain(facts.one_off.iter().flatten());
    all.chain(facts.tasks.iter().flatten()).find(|task| task.id() == id)
}
