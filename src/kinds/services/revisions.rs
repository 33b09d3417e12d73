//! What changed in the newest deployment of a service: its revision, and the one that ran before.

use crate::domain::service::{Deployment, Rollout, Service};
use crate::kinds::kind::Revisions;

/// The revision of the primary deployment beside that of the deployment it replaces; once nothing
/// is left of that one, beside the family's revision before it. AWS keeps no deployment that is
/// over in DescribeServices.
pub fn revisions(service: &Service) -> Result<Revisions, String> {
    let after = service.primary().map_or(&service.task_definition, |primary| &primary.task_definition);
    if after.arn.is_empty() {
        return Err("its own controller keeps the revisions: AWS names none for the service".to_string());
    }
    let replaced = service.deployments.iter().filter(|d| !d.is_primary() && d.task_definition != *after);
    let before = match replaced.max_by_key(|d| d.created) {
        Some(replaced) => replaced.task_definition.clone(),
        None => after.after(-1).ok_or_else(|| format!("{} is the first of its family", after.short()))?,
    };
    let in_use = service.deployments.iter().map(|d| (d.task_definition.clone(), words(d)));
    Ok(Revisions { before, after: after.clone(), in_use: in_use.collect() })
}

/// `PRIMARY, in progress, 3 running`.
fn words(deployment: &Deployment) -> String {
    let rollout = match deployment.rollout {
        Some(Rollout::InProgress) => ", in progress",
        Some(Rollout::Failed) => ", failed",
        Some(Rollout::Completed) | None => "",
    };
    let rollout = if deployment.is_primary() || rollout == ", failed" { rollout } else { ", being replaced" };
    format!("{}{rollout}, {} running", deployment.status, deployment.running)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{revision, rollout, service};
    use super::*;
    use crate::domain::service::TaskDefinitionRef;

    fn pair(service: &Service) -> Result<(String, String), String> {
        revisions(service).map(|r| (r.before.short().to_string(), r.after.short().to_string()))
    }

    fn told(before: &str, after: &str) -> Result<(String, String), String> {
        Ok((before.to_string(), after.to_string()))
    }

    #[test]
    fn what_is_replaced_comes_before_what_the_numbers_say() {
        assert_eq!(pair(&service(2)), told("api:41", "api:42"), "nothing is left of the deployment before");
        let mut s = rollout(2, 1, 2, 60);
        assert_eq!(pair(&s), told("api:42", "api:43"));
        let in_use: Vec<String> = revisions(&s).unwrap().in_use.into_iter().map(|(_, words)| words).collect();
        assert_eq!(in_use, ["PRIMARY, in progress, 1 running", "ACTIVE, being replaced, 2 running"]);
        s.deployments[1].task_definition = revision(7);
        assert_eq!(pair(&s), told("api:7", "api:43"), "not the number before: what ran");
        // Rolled back: the primary is the older one.
        (s.deployments[0].task_definition, s.deployments[1].task_definition) = (revision(42), revision(43));
        s.deployments[1].rollout = Some(Rollout::Failed);
        assert_eq!(pair(&s), told("api:43", "api:42"));
        assert_eq!(revisions(&s).unwrap().in_use[1].1, "ACTIVE, failed, 2 running");
    }

    #[test]
    fn the_same_revision_again_is_beside_the_one_before_it() {
        let mut s = rollout(2, 1, 2, 60);
        s.deployments[1].task_definition = revision(43);
        assert_eq!(pair(&s), told("api:42", "api:43"));
    }

    #[test]
    fn where_there_is_nothing_to_compare_it_says_why() {
        let mut s = service(1);
        s.deployments[0].task_definition = revision(1);
        assert_eq!(pair(&s), Err("api:1 is the first of its family".to_string()));
        (s.deployments, s.task_definition) = (vec![], TaskDefinitionRef::default());
        assert!(pair(&s).unwrap_err().contains("its own controller"));
    }
}
