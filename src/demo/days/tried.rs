//! What somebody tried on a game day, and what came of it.

use serde_json::Value;

use super::Day;
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

/// What a call is; `None` for the steps on the way to another.
pub fn of(day: &Day, call: &Call, refused: Option<&str>, pain: f64, at: Timestamp) -> Option<Tried> {
    let what = what(call)?;
    let haystack = words(call);
    let fits = |(operation, parts, _): &&(&str, &str, &str)| {
        // The case of what is sent to a cache itself differs from engine to engine.
        let same = call.operation.to_ascii_lowercase().starts_with(&operation.to_ascii_lowercase());
        same && parts.split(' ').all(|part| haystack.contains(part))
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
pub fn is_about(day: &Day, call: &Call) -> bool {
    let words = words(call);
    day.culprits.iter().any(|tail| words.contains(super::name_of(tail)))
}

/// Names and texts of all members: `desiredCount`, `harbour-web-production`.
fn words(call: &Call) -> String {
    let told = call.input.iter().filter(|(_, value)| **value != Value::Bool(false));
    told.map(|(member, value)| format!("{member} {value} ")).collect()
}

fn what(call: &Call) -> Option<String> {
    let string = |member: &str| Some(call.str(member)).filter(|value| !value.is_empty());
    let of = ["service", "DBInstanceIdentifier", "DBClusterIdentifier", "cache", "task", "taskDefinition"];
    let of = of.into_iter().find_map(string).unwrap_or_default();
    let short = |text: &str| text.rsplit(['/', ':']).next().unwrap_or_default().to_string();
    let revision = |text: &str| text.rsplit('/').next().unwrap_or_default().to_string();
    Some(match call.operation.as_str() {
        "RegisterTaskDefinition" | "StartSession" => return None,
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
