//! What somebody tried on a game day, and what came of it.

use std::cmp::Ordering;

use serde_json::Value;

use super::super::model::{Estate, family};
use super::{Day, Effect};
use crate::domain::Timestamp;
use crate::domain::call::Call;
use crate::domain::text::Text;

/// One change.
#[derive(Clone)]
pub struct Tried {
    pub at: Timestamp,
    pub what: Text,
    /// What is to be said of it.
    pub effect: Text,
    /// How much the users suffered (0 to 1) when it was sent.
    pub before: f64,
    /// And when it was judged.
    pub after: Option<f64>,
}

/// What a call that was taken, or refused for a reason, is; `None` for the steps on the way to another and
/// for looking around.
pub fn of(
    day: &Day,
    (call, words): (&Call, &[String]),
    refused: Option<&str>,
    pain: f64,
    at: Timestamp,
) -> Option<Tried> {
    let what = what(call)?;
    let fits = |(operation, parts, _): &&Effect| {
        // The case of what is sent to a cache itself differs from engine to engine.
        let same = call.operation.to_ascii_lowercase().starts_with(&operation.to_ascii_lowercase());
        same && parts.iter().all(|part| words.iter().any(|word| word == part))
    };
    let effect = match (refused, day.effects.iter().find(fits)) {
        (Some(why), _) => format!("Refused: {why}"),
        (None, Some((.., says))) => (*says).to_string(),
        (None, None) => "It has nothing to do with it.".to_string(),
    };
    let after = refused.map(|_| pain);
    Some(Tried { at, what: what.into(), effect: effect.into(), before: pain, after })
}

/// Whether it changes what the day is about.
pub fn is_about(day: &Day, words: &[String]) -> bool {
    day.culprits.iter().any(|(_, name)| words.iter().any(|word| word == name))
}

/// By which words a call is known, before it is made: its members (`desiredCount`), the names in their values,
/// the families of those, and `up` or `down` where more or fewer tasks are wanted than there should be by then.
pub fn words(estate: &Estate, call: &Call) -> Vec<String> {
    let told = call.input.iter().filter(|(_, value)| **value != Value::Bool(false));
    let values = told.clone().filter_map(|(_, value)| value.as_str());
    // A task is named by its id alone.
    let id = call.str("task");
    let of_task = estate.services.values().find(|service| service.tasks.iter().any(|task| task.id == id));
    let names = values.flat_map(|value| value.split(['/', ':'])).chain(of_task.map(|service| service.name.as_str()));
    let mut words: Vec<String> = told.map(|(member, _)| member.clone()).collect();
    words.extend(names.flat_map(|name| [name, family(name)]).map(str::to_string));
    let service = estate.services.get(&(call.str("cluster").to_string(), call.str("service").to_string()));
    if let (Some(wanted), Some(service)) = (call.input.get("desiredCount").and_then(Value::as_u64), service) {
        match wanted.cmp(&u64::from(service.desired)) {
            Ordering::Greater => words.push("up".to_string()),
            Ordering::Less => words.push("down".to_string()),
            Ordering::Equal => {}
        }
    }
    words
}

fn what(call: &Call) -> Option<String> {
    let string = |member: &str| Some(call.str(member)).filter(|value| !value.is_empty());
    let of = ["service", "DBInstanceIdentifier", "DBClusterIdentifier", "cache", "task", "taskDefinition"];
    let of = of.into_iter().find_map(string).unwrap_or_default();
    let short = |text: &str| text.rsplit(['/', ':']).next().unwrap_or_default().to_string();
    let revision = |text: &str| text.rsplit('/').next().unwrap_or_default().to_string();
    Some(match call.operation.as_str() {
        "RegisterTaskDefinition" | "StartSession" | "ExecuteCommand" => return None,
        "UpdateService" => match (call.input.get("desiredCount"), string("taskDefinition")) {
            (Some(count), _) => format!("{of} scaled to {count}"),
            (_, Some(definition)) => format!("{of} deployed as {}", revision(definition)),
            _ => format!("{of} deployed again, by force"),
        },
        "StopServiceDeployment" => "deployment stopped and rolled back".to_string(),
        "StopTask" => format!("task {} stopped", short(of).chars().take(8).collect::<String>()),
        "RunTask" => format!("a command run as a task of {}", revision(of)),
        "RebootDBInstance" => format!("{of} rebooted"),
        "FailoverDBCluster" => format!("{of} failed over"),
        "CreateDBSnapshot" | "CreateDBClusterSnapshot" => format!("snapshot of {of}"),
        operation if operation.to_ascii_lowercase().starts_with("flush") => format!("{} flushed", short(of)),
        operation => format!("{operation} {of}").trim_end().to_string(),
    })
}
