//! A request to AWS as data: what a plan shows, the journal keeps, the adapter sends and IAM
//! permits, all from the same value.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An API operation by the names of AWS's service authorization reference: the IAM prefix of the
/// service (`ecs`, `application-autoscaling`) and the operation (`UpdateService`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Op {
    pub service: &'static str,
    pub name: &'static str,
}

impl Op {
    pub const fn new(service: &'static str, name: &'static str) -> Self {
        Self { service, name }
    }

    /// Whether IAM permits it; what is sent to a cache itself is permitted there.
    pub fn is_iam(&self) -> bool {
        is_iam(self.service)
    }
}

fn is_iam(service: &str) -> bool {
    !matches!(service, "redis" | "memcached")
}

impl fmt::Display for Op {
    /// The IAM action, `ecs:UpdateService`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.name)
    }
}

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

    /// Whether this is that operation.
    pub fn is(&self, op: Op) -> bool {
        self.service == op.service && self.operation == op.name
    }

    /// Whether IAM permits it, as for [`Op::is_iam`].
    pub fn is_iam(&self) -> bool {
        is_iam(&self.service)
    }

    /// A string member, or "".
    pub fn str(&self, member: &str) -> &str {
        self.input.get(member).and_then(Value::as_str).unwrap_or_default()
    }

    /// The members as a plan shows them, `desiredCount 5`, in the order given. Structures are left
    /// to the line for the shell: JSON is not read twice.
    pub fn members(&self) -> impl Iterator<Item = (&str, String)> {
        self.input.iter().filter(|(_, v)| !v.is_object()).map(|(k, v)| (k.as_str(), plain(v)))
    }

    /// The same request as a line for a POSIX shell: for the AWS CLI, or what the cache's own
    /// clients take. A password is asked for there, never part of the line.
    pub fn cli(&self, profile: Option<&str>, region: Option<&str>) -> String {
        let at = if self.str("via").is_empty() { self.str("node") } else { self.str("via") };
        let node = || at.rsplit_once(':').unwrap_or((at, ""));
        let is = |member: &str| self.input.get(member).and_then(Value::as_bool).unwrap_or(false);
        match self.service.as_str() {
            "redis" => {
                let (host, port) = node();
                let mut line = format!("redis-cli -h {} -p {port}", quoted(host.trim_matches(['[', ']'])));
                for (member, flag) in [("tls", " --tls"), ("auth", " --askpass")] {
                    line += if is(member) { flag } else { "" };
                }
                if let Some(user) = self.input.get("user").and_then(Value::as_str) {
                    line += &format!(" --user {}", quoted(user));
                }
                if let Some(database) = self.input.get("database") {
                    line += &format!(" -n {database}");
                }
                format!("{line} {} {}", self.operation, self.str("mode"))
            }
            "memcached" => {
                let (host, port) = node();
                format!("printf '{}\\r\\nquit\\r\\n' | nc {} {port}", self.operation, quoted(host))
            }
            _ => self.aws_cli(profile, region),
        }
    }

    fn aws_cli(&self, profile: Option<&str>, region: Option<&str>) -> String {
        let mut line = format!("aws {} {}", self.service, kebab(&self.operation));
        for (member, value) in &self.input {
            match value {
                Value::Bool(true) => line += &format!(" --{}", kebab(member)),
                Value::Bool(false) => line += &format!(" --no-{}", kebab(member)),
                Value::Array(items) => {
                    line += &format!(" --{}", kebab(member));
                    for item in items {
                        line += &format!(" {}", quoted(&plain(item)));
                    }
                }
                // Structures are written as JSON.
                value => line += &format!(" --{} {}", kebab(member), quoted(&plain(value))),
            }
        }
        for (flag, value) in [("profile", profile), ("region", region)] {
            if let Some(value) = value {
                line += &format!(" --{flag} {}", quoted(value));
            }
        }
        line
    }
}

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

    #[test]
    fn a_call_is_spelled_for_the_cli() {
        let call = Call::new(
            Op::new("ecs", "UpdateService"),
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
