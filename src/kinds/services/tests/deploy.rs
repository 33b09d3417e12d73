//! What a deployment plans and concludes, by example.

use super::*;
use crate::domain::intent::{Receipt, Verdict};
use crate::kinds::action::{Applied, Confirm, Inputs, Plan, Progress};
use crate::kinds::testing::{action, intent, row};

fn deploy(facts: &ServiceFacts) -> Plan {
    action("deploy").plan(facts, &Inputs::new(), now()).unwrap()
}

#[test]
fn a_deploy_plan_tells_what_will_run() {
    let plan = deploy(&facts(service(2)));
    assert_eq!(
        plan.calls[0].cli(None, None),
        "aws ecs update-service --cluster marine --service api --force-new-deployment"
    );
    assert_eq!(
        row(&plan, "image app"),
        "api:42 is mutable: what it points to now, sha256:ab12cd34…, pushed 2h ago, will run"
    );
    assert_eq!(row(&plan, "task definition"), "api:42 stays");
    assert_eq!(row(&plan, "rollout"), "100/200 % of 2: min 2, max 4: new tasks start before old ones stop");
    assert_eq!((plan.confirm, plan.warnings.len()), (Confirm::Ask, 0));
    assert_eq!(plan.before["deployment"], "ecs-svc/one");
}

#[test]
fn an_image_that_is_gone_or_no_room_to_roll_needs_the_name() {
    let mut gone = facts(service(2));
    gone.images[0].registry = Ok(Some(RegistryImage { mutable: false, digest: None, pushed: None }));
    let plan = deploy(&gone);
    assert_eq!(plan.confirm, Confirm::TypeName);
    assert!(plan.warnings[0].0 == Tone::Down && plan.warnings[0].1.contains("no task will start"));

    let stuck = Service { minimum_healthy: Some(75), maximum: Some(125), ..service(2) };
    let plan = deploy(&facts(stuck));
    assert_eq!(plan.confirm, Confirm::TypeName);
    assert!(row(&plan, "rollout").ends_with("min 2, max 2: no room to roll: raise maximum to 150"));

    let mut unknown = facts(service(2));
    unknown.images[0].registry = Err(Fault::new(FaultKind::TimedOut, "ecr", ""));
    assert_eq!(deploy(&unknown).confirm, Confirm::Ask);
    let plan = deploy(&facts(rollout(5, 1, 5, 60)));
    assert!(plan.warnings.iter().any(|(_, w)| w.contains("under way")), "{plan:?}");
}

/// Deployment `two` was started from `one` that many seconds ago.
fn deployed(sent: i64, seen: &ServiceFacts, started: Option<&str>) -> (Progress, Applied) {
    let mut plan = deploy(&facts(service(3)));
    plan.before = json!({"deployment": "ecs-svc/one"});
    let intent = intent(&plan, &service(1), sent);
    let receipt = Receipt::of("", started.map(Into::into));
    let progress = action("deploy").progress(&intent, &receipt, seen, now());
    (progress, action("deploy").applied(&intent, seen, now()))
}

fn verdict(sent: i64, seen: Service) -> Option<Verdict> {
    deployed(sent, &facts(seen), Some("ecs-svc/two")).0.verdict
}

#[test]
fn a_deployment_is_followed_by_its_id() {
    let (progress, applied) = deployed(60, &facts(rollout(3, 1, 3, 60)), Some("ecs-svc/two"));
    assert_eq!((progress.verdict, progress.fraction), (None, Some(1.0 / 3.0)));
    assert_eq!(applied, Applied::Yes(Receipt::of("", Some("ecs-svc/two".into()))));
    let mut s = rollout(3, 3, 0, 60);
    s.deployments[0].rollout = Some(Rollout::Completed);
    assert_eq!(verdict(60, s), Some(Verdict::Done));
}

#[test]
fn a_rollback_is_never_done() {
    let mut s = rollout(3, 0, 3, 300);
    s.deployments[0].rollout = Some(Rollout::Failed);
    s.deployments[0].updated = Some(ago(5));
    assert_eq!(verdict(300, s.clone()), None, "its rollback shows in a moment");
    assert_eq!(
        verdict(300, Service { breaker: CircuitBreaker { enabled: true, rollback: false }, ..s.clone() }),
        Some(Verdict::Failed)
    );
    s.deployments[0].status = "ACTIVE".into();
    s.deployments.insert(0, deployment("three", 42, 3, 1, 5));
    assert_eq!(verdict(300, s.clone()), Some(Verdict::RolledBack));

    // Afterwards the service looks steady, and only an event remembers.
    let mut s = service(3);
    s.deployments[0].id = "ecs-svc/three".into();
    s.deployments[0].created = Some(ago(60));
    s.events = vec![
        event(10, "(service api) has reached a steady state."),
        event(60, "(service api) rolling back to deployment ecs-svc/one."),
        event(61, "(service api) (deployment ecs-svc/two) deployment failed: tasks failed to start."),
    ];
    assert_eq!(verdict(300, s), Some(Verdict::RolledBack));
}

#[test]
fn a_newer_deployment_supersedes_and_a_vanished_one_is_not_guessed() {
    let mut s = rollout(3, 1, 3, 60);
    s.deployments[0].status = "ACTIVE".into();
    s.deployments.insert(0, deployment("three", 44, 3, 0, 5));
    assert_eq!(verdict(60, s), Some(Verdict::Superseded));
    let mut s = service(3);
    s.deployments[0].id = "ecs-svc/three".into();
    assert_eq!(verdict(300, s.clone()), Some(Verdict::Lost));
    s.events.insert(0, event(100, "(service api) (deployment ecs-svc/two) deployment completed."));
    assert_eq!(verdict(300, s), Some(Verdict::Done));
    assert_eq!(verdict(5, service(3)), None, "not shown yet");
}

#[test]
fn a_deployment_that_fails_again_and_again_is_stalled_with_the_reasons() {
    let mut seen = facts(rollout(3, 0, 3, 120));
    seen.stopped = Ok(vec![stopped(10), stopped(40), stopped(70)]);
    let (progress, _) = deployed(120, &seen, Some("ecs-svc/two"));
    assert!(progress.stalled && progress.verdict.is_none());
    assert_eq!(progress.evidence[0], "3 tasks: app exited 1");
    assert!(!deployed(120, &facts(rollout(3, 0, 3, 120)), Some("ecs-svc/two")).0.stalled);
    assert!(deployed(400, &facts(rollout(3, 0, 3, 400)), Some("ecs-svc/two")).0.stalled);
}

#[test]
fn a_deployment_without_an_answer_is_found_or_not() {
    assert_eq!(deployed(20, &facts(service(3)), None).1, Applied::No);
    assert_eq!(deployed(300, &facts(service(3)), None).0.verdict, Some(Verdict::NotDone));
    let (progress, applied) = deployed(60, &facts(rollout(3, 1, 3, 58)), None);
    assert!(
        matches!(applied, Applied::Yes(r) if r.started.as_deref() == Some("ecs-svc/two")) && progress.verdict.is_none()
    );
    // Somebody else's, made much later.
    assert_eq!(deployed(4000, &facts(rollout(3, 1, 3, 58)), None).1, Applied::CannotTell);
}

#[test]
fn without_a_rollout_state_a_deployment_ends_by_counts() {
    let mut s = rollout(3, 3, 0, 60);
    s.deployments.iter_mut().for_each(|d| d.rollout = None);
    assert_eq!(verdict(60, s.clone()), None, "an old deployment is still there");
    s.deployments.truncate(1);
    assert_eq!(verdict(60, s), Some(Verdict::Done));
}
