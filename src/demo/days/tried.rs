//! What somebody tried on a game day, and what came of it.

use serde_json::Value;

use crate::demo::prelude::*;

use super::{Day, Effect};

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

/// What a call of this name and these words is, that was taken, or refused for a reason.
pub fn of(
    day: &Day,
    (call, what, words): (&Call, String, &[String]),
    refused: Option<&str>,
    pain: f64,
    at: Timestamp,
) -> Tried {
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
    Tried { at, what: what.into(), effect: effect.into(), before: pain, after }
}

/// Whether it changes what the day is about.
pub fn is_about(day: &Day, words: &[String]) -> bool {
    day.culprits.iter().any(|(_, name)| words.iter().any(|word| word == name))
}

/// By which words a call is known, before it is made: its members (`desiredCount`), the names in their values and
/// those that the kind knows it by, and the families of those.
pub fn words(estate: &Estate, simulated: &dyn SimulatedKind, call: &Call) -> Vec<String> {
    let told = call.input.iter().filter(|(_, value)| **value != Value::Bool(false));
    let values = told.clone().filter_map(|(_, value)| value.as_str());
    let own = simulated.words(estate, call);
    let names = values.flat_map(|value| value.split(['/', ':'])).chain(own.iter().map(String::as_str));
    let members = told.map(|(member, _)| member.as_str());
    members.chain(names.flat_map(|name| [name, family(name)])).map(str::to_string).collect()
}
