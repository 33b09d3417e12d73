//! Exec: a shell in a container of a service, on this terminal. Planned against everything that ECS Exec
//! silently needs.

use std::time::Duration;

use serde_json::json;

use super::{READS, cluster, container, lacking, offers, rows, said, seen_by_others, session_facts, short, task};
use crate::domain::Timestamp;
use crate::domain::ops::ecs;
use crate::domain::requests::Request;
use crate::domain::requests::ecs::ExecuteCommand;
use crate::domain::resource::ActionId;
use crate::domain::service::Service;
use crate::domain::ssm::SessionFacts;
use crate::kinds::action::{ActionSpec, Applied, Behaviour, Confirm, Field, Inputs, Opens, Plan, Progress, Words};
use crate::kinds::cell::Tone;
use crate::kinds::services::{SERVICES, active};

pub const EXEC: ActionId = ActionId("exec");

const SHELL: &str = "shell";

/// The most that ExecuteCommand takes is not told; a shell with arguments is shorter.
const LONGEST: usize = 1000;

pub fn action() -> ActionSpec {
    ActionSpec::of::<Service, SessionFacts>(
        Words {
            id: EXEC,
            verb: "exec",
            kind: SERVICES,
            key: "x",
            label: "exec",
            help: "A shell in a container of a task; the console steps aside and comes back when it ends.",
            facts: session_facts(SERVICES),
            reads: READS,
            changes: &[ecs::EXECUTE_COMMAND],
            watch_every: Duration::from_secs(60),
        },
        Behaviour {
            guard: active,
            fields,
            check,
            plan,
            progress: |_, _, _, _| Progress::moving(None, "it has the terminal"),
            // ECS lists no sessions.
            applied: |_, _, _| Applied::NeverTells,
        },
    )
    .with_offers(offers)
    .opening(Opens::Terminal)
    .beginning(|settings| (SHELL, &settings.exec.shell))
}

fn fields(_: &Service, _: Timestamp) -> Vec<Field> {
    let field = |name| Field { name, label: name, initial: String::new(), presets: Vec::new(), many: false };
    vec![field("task"), field("container"), field(SHELL)]
}

fn check(inputs: &Inputs) -> Result<(), (&'static str, String)> {
    match said(inputs, SHELL) {
        "" => Err((SHELL, "the program to start there: /bin/sh".into())),
        long if long.chars().count() > LONGEST => Err((SHELL, format!("longer than {LONGEST} characters"))),
        _ => Ok(()),
    }
}

fn plan(facts: &SessionFacts, inputs: &Inputs, now: Timestamp) -> Result<Plan, String> {
    let task = task(facts, inputs)?;
    let container = container(task, inputs)?;
    let lacking = lacking(facts, task, container);
    if !lacking.is_empty() {
        return Err(lacking.join("; and "));
    }
    let shell = said(inputs, SHELL);
    let mut warnings: Vec<(Tone, String)> = seen_by_others(facts).into_iter().collect();
    let text = "what is typed there is done at once, mostly as root, and journalled nowhere here";
    warnings.push((Tone::Plain, text.into()));
    let request = ExecuteCommand {
        cluster: cluster(task).to_string(),
        task: task.id().to_string(),
        container: container.name.to_string(),
        command: shell.to_string(),
        interactive: true,
    };
    Ok(Plan {
        rows: rows(facts, task, container, now),
        warnings,
        calls: vec![request.call()],
        undo: "nothing to undo: what is done in the shell is".into(),
        then: "the console steps aside for it, reads on, and comes back when it ends".into(),
        confirm: Confirm::Ask,
        before: json!({ "task": task.arn, "runtime": container.runtime_id }),
        summary: format!("exec {shell} in {} of {} {}", container.name, facts.name, short(task)),
    })
}
