//! A request to AWS as data: what a plan shows, the journal keeps, the adapter sends and IAM
//! permits, all from the same value.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::domain::prelude::*;

use super::ops;
use super::requests::{self, Request};

/// One request that changes AWS. `input` has the members of the API model, spelled as there
/// (`desiredCount`), and only those that are to change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    pub service: String,
    pub operation: String,
    pub input: Map<String, Value>,
}

impl Call {
    pub fn new<const N: usize>(op: Op, input: [(&str, Value); N]) -> Self {
        Self {
            service: op.service.to_string(),
            operation: op.name.to_string(),
            input: input.into_iter().map(|(k, v)| (k.to_string(), v)).collect(),
        }
    }

    /// The value of a member that only the answer to the call before it gives: the id of what that
    /// one made.
    pub fn made() -> Value {
        json!({ "made by": "the call before" })
    }

    /// The call as it is sent after one that made this.
    ///
    /// # Errors
    /// It needs what the call before made, and that told nothing.
    pub fn after(&self, made: Option<&Text>) -> Result<Self, Fault> {
        let mut call = self.clone();
        for (member, value) in call.input.iter_mut().filter(|(_, value)| **value == Self::made()) {
            *value = made.map(|made| json!(made)).ok_or_else(|| {
                let why = format!("{member} is what the call before made, which told nothing of it");
                Fault::refused(format!("{}:{}", self.service, self.operation), why)
            })?;
        }
        Ok(call)
    }

    /// Whether this is that operation.
    pub fn is(&self, op: Op) -> bool {
        self.service == op.service && self.operation == op.name
    }

    /// Whether IAM permits it, as for [`Op::is_iam`].
    pub fn is_iam(&self) -> bool {
        ops::is_iam(&self.service)
    }

    /// A string member, or "".
    pub fn str(&self, member: &str) -> &str {
        self.input.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// The members as a plan shows them, `desiredCount 5`, in the order given. Structures are left
    /// to the line for the shell: JSON is not read twice.
    pub fn members(&self) -> impl Iterator<Item = (&str, String)> {
        let shown = |v: &Value| match v {
            v if *v == Self::made() => Some("the one that was made".to_string()),
            v => (!v.is_object()).then(|| plain(v)),
        };
        self.input.iter().filter_map(move |(k, v)| Some((k.as_str(), shown(v)?)))
    }

    /// The same request as a line for a POSIX shell: for the AWS CLI, or what the cache's own
    /// clients take.
    pub fn cli(&self, profile: Option<&str>, region: Option<&str>) -> String {
        let place = Place { profile, region };
        requests::cli(self, place).unwrap_or_else(|| aws_cli(self, place))
    }

    /// The request that this is, understood to its last member.
    ///
    /// # Errors
    /// It is another operation, or a member is unknown, missing, empty or of the wrong type: nothing is
    /// sent that was not meant.
    pub fn request<R: Request>(&self) -> Result<R, Fault> {
        let refused = |why: String| Fault::refused(format!("{}:{}", self.service, self.operation), why);
        let Some(op) = self.op_of::<R>() else { return Err(refused("another operation was expected".into())) };
        let is_nothing = |(name, value): &(&String, &Value)| {
            value.is_null() || (**value == "" && !R::MAY_BE_EMPTY.contains(&name.as_str()))
        };
        if let Some((name, value)) = self.input.iter().find(is_nothing) {
            return Err(refused(format!("{name} {value} cannot be sent")));
        }
        let request = read::<R>(&self.input).map_err(|why| refused(explain::<R>(&self.input, &why)))?.with_op(op);
        if request.op() != op {
            return Err(refused(format!("its members are those of {}", request.op())));
        }
        request.check().map_err(refused)?;
        Ok(request)
    }

    /// The request that was meant, as far as it can be read: for the watch over it and for people.
    pub fn meant<R: Request>(&self) -> Option<R> {
        let op = self.op_of::<R>()?;
        Some(read::<R>(&self.input).ok()?.with_op(op))
    }

    fn op_of<R: Request>(&self) -> Option<Op> {
        R::OPS.iter().find(|op| self.is(**op)).copied()
    }
}

fn read<R: Request>(input: &Map<String, Value>) -> serde_json::Result<R> {
    serde_json::from_value(Value::Object(input.clone()))
}

/// Serde names a member only where it is missing or unknown. A wrong one is found by leaving it out: the
/// error is another one then, or none.
fn explain<R: Request>(input: &Map<String, Value>, error: &serde_json::Error) -> String {
    let said = error.to_string();
    let is_it = |name: &String| {
        let mut rest = input.clone();
        rest.shift_remove(name);
        read::<R>(&rest).err().is_none_or(|other| other.to_string() != said)
    };
    let wrong = input.iter().find(|(name, _)| !said.starts_with("missing field") && is_it(name));
    wrong.map_or_else(|| said.clone(), |(name, value)| format!("{name} {value} cannot be sent: {said}"))
}

/// Where a line for the AWS CLI is meant to work.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    pub profile: Option<&'a str>,
    pub region: Option<&'a str>,
}

impl fmt::Display for Place<'_> {
    /// Its flags, each with a space before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (flag, value) in [("profile", self.profile), ("region", self.region)] {
            if let Some(value) = value {
                write!(f, " --{flag} {}", quoted(value))?;
            }
        }
        Ok(())
    }
}

/// A call as a line for the AWS CLI.
pub(super) fn aws_cli(call: &Call, place: Place) -> String {
    let mut line = format!("aws {} {}", call.service, kebab(&call.operation));
    for (member, value) in &call.input {
        match value {
            Value::Bool(true) => line += &format!(" --{}", kebab(member)),
            Value::Bool(false) => line += &format!(" --no-{}", kebab(member)),
            Value::Array(items) => {
                line += &format!(" --{}", kebab(member));
                for item in items {
                    line += &format!(" {}", quoted(&plain(item)));
                }
            }
            made if *made == Call::made() => line += &format!(" --{} \"${MADE}\"", kebab(member)),
            // Structures are written as JSON.
            value => line += &format!(" --{} {}", kebab(member), quoted(&plain(value))),
        }
    }
    line + &place.to_string()
}

/// The shell's variable for what a line made.
pub(super) const MADE: &str = "MADE";

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

/// `forceNewDeployment` → `force-new-deployment`, `CreateDBSnapshot` → `create-db-snapshot`:
/// the AWS CLI's own rule, where a run of capitals is one word.
fn kebab(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        if c.is_ascii_uppercase() {
            let after_small = i > 0 && !chars[i - 1].is_ascii_uppercase();
            let before_small = chars.get(i + 1).is_some_and(char::is_ascii_lowercase);
            if i > 0 && (after_small || before_small) {
                out.push('-');
            }
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Quotes a word for a POSIX shell when it needs it.
pub(super) fn quoted(word: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        word.to_string()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ops::ecs;

    #[test]
    fn a_call_takes_what_the_one_before_made() {
        let update = ecs::UPDATE_SERVICE;
        let call = Call::new(update, [("service", "api".into()), ("taskDefinition", Call::made())]);
        assert_eq!(call.cli(None, None), r#"aws ecs update-service --service api --task-definition "$MADE""#);
        let shown: Vec<_> = call.members().collect();
        assert_eq!(shown[1], ("taskDefinition", "the one that was made".to_string()));
        assert_eq!(call.after(None).unwrap_err().kind, crate::domain::fault::FaultKind::Refused);
        let sent = call.after(Some(&"arn:api:2".into())).unwrap();
        assert_eq!((sent.str("service"), sent.str("taskDefinition")), ("api", "arn:api:2"));
        assert_eq!(sent.after(None).unwrap(), sent, "what needs nothing stays as it is");
    }

    #[test]
    fn a_call_is_spelled_for_the_cli() {
        let call = Call::new(
            ecs::UPDATE_SERVICE,
            [
                ("cluster", "main".into()),
                ("service", "it's".into()),
                ("desiredCount", 5.into()),
                ("forceNewDeployment", true.into()),
            ],
        );
        assert_eq!(
            call.cli(Some("prod"), Some("eu-west-1")),
            r"aws ecs update-service --cluster main --service 'it'\''s' --desired-count 5 --force-new-deployment --profile prod --region eu-west-1"
        );
        assert_eq!(kebab("CreateDBSnapshot"), "create-db-snapshot");
    }
}
