//! Exec: a shell in a container of a service, on this terminal. Planned against everything that ECS Exec
//! silently needs.

use crate::domain::ops::ecs;
use crate::domain::requests::ecs::ExecuteCommand;
use crate::domain::service::Service;
use crate::domain::ssm::SessionFacts;
use crate::kinds::action::prelude::*;
use crate::kinds::action::{Offer, Opens, Prefill};
use crate::kinds::services::{SERVICES, active};
use crate::kinds::ssm::{cluster, destination, offers, rows, seen_by_others, session_facts, short};

const SHELL: &str = "shell";

/// The most that ExecuteCommand takes is not told; a shell with arguments is shorter.
const LONGEST: usize = 1000;

pub struct Exec;

impl ActionSpec for Exec {
    type Resource = Service;
    type Facts = SessionFacts;

    const ID: &str = "exec";
    const KEY: &str = "x";
    const HELP: &str = "A shell in a container of a task; the console steps aside and comes back when it ends.";
    const FACTS: FactsId = session_facts(SERVICES);
    const OPENS: Option<Opens> = Some(Opens::Terminal);
    const PREFILL: Option<Prefill> = Some(|settings| (SHELL, &settings.exec.shell));
    const WATCH_EVERY: Duration = Duration::from_secs(60);
    const CHANGES: &[Op] = &[ecs::EXECUTE_COMMAND];

    fn guard(&self, service: &Service) -> Result<(), String> {
        active(service)
    }

    fn fields(&self, _: &Service, _: Timestamp) -> Vec<Field> {
        ["task", "container", SHELL].map(|name| Field::new(name, name)).into()
    }

    fn offers(&self, facts: &SessionFacts, inputs: &Inputs) -> Vec<Offer> {
        offers(facts, inputs)
    }

    fn check(&self, inputs: &Inputs) -> Result<(), (&'static str, String)> {
        match input(inputs, SHELL) {
            "" => Err((SHELL, "the program to start there: /bin/sh".into())),
            long if long.chars().count() > LONGEST => Err((SHELL, format!("longer than {LONGEST} characters"))),
            _ => Ok(()),
        }
    }

    fn plan(&self, facts: &SessionFacts, inputs: &Inputs, now: Timestamp) -> Result<Plan, String> {
        let (task, container) = destination(facts, inputs)?;
        let shell = input(inputs, SHELL);
        let mut warnings = Warnings::default();
        warnings.extend(seen_by_others(facts));
        let text = "what is typed there is done at once, mostly as root, and journalled nowhere here";
        warnings.add(Tone::Plain, text);
        let request = ExecuteCommand {
            cluster: cluster(task).to_string(),
            task: task.id().to_string(),
            container: container.name.to_string(),
            command: shell.to_string(),
            interactive: true,
        };
        Ok(Plan {
            rows: rows(facts, task, container, now),
            warnings: warnings.worst_first(),
            calls: vec![request.call()],
            undo: "nothing to undo: what is done in the shell is".into(),
            then: "the console steps aside for it, reads on, and comes back when it ends".into(),
            confirm: Confirm::Ask,
            before: json!({ "task": task.arn, "runtime": container.runtime_id }),
            summary: format!("exec {shell} in {} of {} {}", container.name, facts.name, short(task)),
        })
    }

    fn progress(&self, _: &Intent, _: &Receipt, _: &SessionFacts, _: Timestamp) -> Progress {
        Progress::moving(None, "it has the terminal")
    }

    /// ECS lists no sessions.
    fn applied(&self, _: &Intent, _: &SessionFacts, _: Timestamp) -> Applied {
        Applied::NeverTells
    }
}
