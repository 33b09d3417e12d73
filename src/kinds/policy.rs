//! The least IAM policy for what midwatch can do, derived from the declarations, so that it can
//! neither ask for more than the code needs nor lag behind it.

use serde_json::{Value, json};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::action::Grant;
use super::kind::Kind;
use super::{LOGS, METRICS, TIMELINE, registry};
use crate::domain::ops::{Op, sts};

/// Who the policy is for: the words of `midwatch policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray, EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum PolicyRole {
    /// Looks at everything, changes nothing.
    ReadOnly,
    /// Also plans, sends and follows every action.
    Operator,
}

impl PolicyRole {
    pub const ALL: &[Self] = Self::VARIANTS;

    pub fn word(self) -> &'static str {
        self.into()
    }

    /// The role of that word.
    pub fn parse(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

/// An IAM policy document. One statement a need: reading a kind; then for an operator, what an action
/// reads besides, what it changes, and what that needs on a condition. sts:GetCallerIdentity is left out: it needs no permission
/// (STS API reference).
pub fn policy(role: PolicyRole) -> Value {
    policy_of(registry(), role)
}

fn policy_of(kinds: impl Iterator<Item = &'static dyn Kind>, role: PolicyRole) -> Value {
    let mut statements: Vec<Value> = statement("Read logs", LOGS.iter()).into_iter().collect();
    statements.extend(statement("Read metrics", METRICS.iter()));
    statements.extend(statement("Read changes", TIMELINE.iter()));
    for kind in kinds {
        statements.extend(statement(&format!("Read {}", kind.id().0), kind.reads().iter()));
        if role == PolicyRole::Operator {
            for action in kind.actions() {
                let besides = action.reads().iter().filter(|op| !kind.reads().contains(op));
                statements.extend(statement(&format!("Plan {} {}", kind.id().0, action.id()), besides));
                let change = format!("Do {} {}", kind.id().0, action.id());
                statements.extend(statement(&change, action.changes().iter()));
                for Grant { op, when: (key, value) } in action.grants() {
                    let narrowed =
                        statement(&format!("{change} {}", op.name), std::iter::once(op)).map(|mut allowed| {
                            allowed["Condition"] = json!({ "StringEquals": { *key: value } });
                            allowed
                        });
                    statements.extend(narrowed);
                }
            }
        }
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// `None` for no operation: IAM refuses an empty statement.
fn statement<'a>(need: &str, ops: impl Iterator<Item = &'a Op>) -> Option<Value> {
    let mut actions: Vec<String> =
        ops.filter(|op| **op != sts::GET_CALLER_IDENTITY && op.is_iam()).map(Op::to_string).collect();
    actions.sort();
    actions.dedup();
    (!actions.is_empty()).then(|| json!({ "Sid": sid(need), "Effect": "Allow", "Action": actions, "Resource": "*" }))
}

/// `Read services` → `ReadServices`: IAM takes letters and digits only.
fn sid(need: &str) -> String {
    let mut sid = String::new();
    for word in need.split(|c: char| !c.is_ascii_alphanumeric()) {
        let mut chars = word.chars();
        sid.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        sid.push_str(chars.as_str());
    }
    sid
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::ops::{self, Access, secrets};
    use crate::kinds::{self, changes, reads};

    fn statements(role: PolicyRole) -> Vec<Value> {
        policy(role)["Statement"].as_array().unwrap().clone()
    }

    fn actions(role: PolicyRole) -> BTreeSet<String> {
        let of = |s: &Value| {
            s["Action"].as_array().unwrap().iter().map(|a| a.as_str().unwrap().to_string()).collect::<Vec<_>>()
        };
        statements(role).iter().flat_map(of).collect()
    }

    #[test]
    fn an_operator_may_do_exactly_what_the_declarations_need() {
        let granted: Vec<Op> = kinds::actions().flat_map(|action| action.grants()).map(|grant| grant.op).collect();
        let ops = [reads(), changes(), granted].concat();
        let needed: BTreeSet<String> =
            ops.iter().filter(|op| **op != sts::GET_CALLER_IDENTITY && op.is_iam()).map(Op::to_string).collect();
        assert_eq!(actions(PolicyRole::Operator), needed);
        assert!(needed.contains("ecs:UpdateService") && needed.contains("ecr:DescribeImages"));
    }

    #[test]
    fn declarations_and_the_operation_table_agree() {
        let rows = |access: Access| -> BTreeSet<Op> {
            ops::ALL.iter().filter(|op| op.access == access && **op != secrets::GET_SECRET_VALUE).copied().collect()
        };
        assert_eq!(reads().into_iter().collect::<BTreeSet<_>>(), rows(Access::Read));
        assert_eq!(changes().into_iter().collect::<BTreeSet<_>>(), rows(Access::Change));
        let grants = kinds::actions().flat_map(|action| action.grants());
        assert!(grants.into_iter().all(|grant| grant.op.access == Access::Unsent));
    }

    #[test]
    fn roles_are_passed_to_tasks_alone() {
        let passes = |s: &&Value| s["Action"] == json!(["iam:PassRole"]);
        let all = statements(PolicyRole::Operator);
        let passing: Vec<&Value> = all.iter().filter(passes).collect();
        let to_tasks = json!({ "StringEquals": { "iam:PassedToService": "ecs-tasks.amazonaws.com" } });
        assert!(!passing.is_empty() && passing.iter().all(|s| s["Condition"] == to_tasks));
        assert!(!statements(PolicyRole::ReadOnly).iter().any(|s| passes(&s)));
    }

    #[test]
    fn read_only_can_change_nothing() {
        let allowed = actions(PolicyRole::ReadOnly);
        assert!(changes().iter().all(|op| !allowed.contains(&op.to_string())));
        assert!(allowed.contains("ecs:DescribeServices") && !allowed.contains("sts:GetCallerIdentity"));
        let harmless = |action: &String| {
            // Insights: a query is a read that is started and stopped.
            if ["logs:StartQuery", "logs:StopQuery"].contains(&action.as_str()) {
                return true;
            }
            let name = action.split(':').nth(1).unwrap();
            ["Describe", "List", "Get", "Filter", "Lookup", "StartLiveTail"].iter().any(|verb| name.starts_with(verb))
        };
        assert!(allowed.iter().all(harmless), "{allowed:?}");
    }

    #[test]
    fn the_document_is_one_that_iam_takes() {
        for &role in PolicyRole::ALL {
            assert_eq!(PolicyRole::parse(role.word()), Some(role));
            assert_eq!(policy(role)["Version"], "2012-10-17");
            let mut sids = BTreeSet::new();
            for statement in statements(role) {
                let sid = statement["Sid"].as_str().unwrap().to_string();
                assert!(sid.chars().all(|c| c.is_ascii_alphanumeric()), "{sid}");
                assert!(sids.insert(sid), "a Sid is used once");
                assert_eq!((&statement["Effect"], &statement["Resource"]), (&json!("Allow"), &json!("*")));
            }
        }
        assert_eq!(PolicyRole::parse("admin"), None);
    }
}
