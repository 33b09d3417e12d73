//! A request to AWS as data: what a plan shows, the journal keeps, the adapter sends and IAM
//! permits, all from the same value.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::ops::{self, Op};
use super::text::Text;

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
            "ecs" if self.operation == "RegisterTaskDefinition" => self.register_cli(profile, region),
            _ => self.aws_cli(profile, region),
        }
    }

    /// The definition goes from one command to the other by a pipe, so that no value of its
    /// environment is ever an argument; what it becomes is kept for the next line.
    fn register_cli(&self, profile: Option<&str>, region: Option<&str>) -> String {
        let at = place(profile, region);
        let told: Vec<String> = TOLD_OF_DEFINITIONS.iter().map(|member| format!(".{member}")).collect();
        let (container, image) = (json!(self.str("container")), json!(self.str("image")));
        let filter = format!(
            "[.tags[]? | select(.key | ascii_downcase | startswith(\"aws:\") | not)] as $t | .taskDefinition | del({}) \
             | if $t == [] then . else .tags = $t end \
             | (.containerDefinitions[] | select(.name == {container})).image = {image}",
            told.join(", "),
        );
        format!(
            "{MADE}=$(aws ecs describe-task-definition --task-definition {} --include TAGS --output json{at} \
             | jq {} \
             | aws ecs register-task-definition --cli-input-json file:///dev/stdin \
             --query taskDefinition.taskDefinitionArn --output text{at})",
            quoted(self.str("taskDefinition")),
            quoted(&filter),
        )
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
                made if *made == Self::made() => line += &format!(" --{} \"${MADE}\"", kebab(member)),
                // Structures are written as JSON.
                value => line += &format!(" --{} {}", kebab(member), quoted(&plain(value))),
            }
        }
        line + &place(profile, region)
    }
}

/// What DescribeTaskDefinition tells of a task definition besides what RegisterTaskDefinition takes
/// (API model of ECS, TaskDefinition and RegisterTaskDefinitionRequest).
pub const TOLD_OF_DEFINITIONS: &[&str] = &[
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
];

/// The shell's variable for what a line made.
const MADE: &str = "MADE";

fn place(profile: Option<&str>, region: Option<&str>) -> String {
    let flag = |(flag, value): (&str, Option<&str>)| value.map(|value| format!(" --{flag} {}", quoted(value)));
    [("profile", profile), ("region", region)].into_iter().filter_map(flag).collect()
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
